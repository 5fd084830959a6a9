"""The one error of the embedded database, and the words in which it is told."""

import re
from pathlib import Path

import psycopg


class DatabaseUnavailable(psycopg.OperationalError):
    """The embedded database cannot be had; its text is one sentence that says what to do.

    It is an OperationalError, so that Django and everything above treats it as a lost connection.
    """


def explain(log: str, *, home: Path, log_file: Path) -> str:
    """Turn what PostgreSQL wrote before it gave up into one sentence."""
    for pattern, sentence in (
        (
            r"No space left on device|[Dd]isk quota|free disk space",
            f"The disk that holds {home} is full.",
        ),
        (r"Read-only file system", f"The disk that holds {home} cannot be written."),
        (
            r"database files are incompatible|initialized by PostgreSQL version",
            f"The data in {home} were made by another version of PostgreSQL: name its programs in "
            "PG_BINDIR, or restore a backup into a new folder.",
        ),
        (
            r"could not (?:bind|create|set permissions of).*(?:Unix|socket)|path .* is too long",
            f"PostgreSQL cannot make its socket below {home}: choose a folder on a local disk with "
            "HIMS_VAR.",
        ),
        (
            r"Cannot allocate memory|could not create shared memory|out of memory",
            "There is not enough memory for the database: end other programs and try again.",
        ),
        (
            r"[Pp]ermission denied|has wrong ownership|must be owned by|could not access directory",
            f"The database may not use its own files below {home}: they belong to another user; "
            "run as that user, or name another folder with HIMS_VAR.",
        ),
    ):
        if re.search(pattern, log):
            return sentence
    last = [line for line in log.splitlines() if re.search(r"FATAL|PANIC|rror", line)]
    reason = re.sub(r"^.*?(?:FATAL|PANIC|ERROR|error):\s*", "", last[-1]) if last else "no reason"
    return f"The embedded database did not start ({reason}); its log is {log_file}."
