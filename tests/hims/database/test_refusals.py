"""Why there is no embedded server, or why it is not removed, in one sentence."""

import subprocess
import sys
from pathlib import Path

import pytest

from hims import database
from hims.database.errors import explain
from tests.hims.database.embedded import CHECKOUT, HOLD, IS_ROOT, started


def one_sentence(process: subprocess.Popen) -> str:
    """Return the last line of a failed process: the error, without its name."""
    error = process.communicate()[1].strip().splitlines()[-1]
    assert error.startswith("hims.database.errors.DatabaseUnavailable: "), error
    return error.split(": ", 1)[1]


def test_a_named_folder_without_programs_is_named_in_one_sentence(var, tmp_path):
    process = started("database.ensure_running(var)", var, env={"PG_BINDIR": str(tmp_path)})
    said = one_sentence(process)
    assert said == f"{tmp_path} holds no PostgreSQL: the program initdb is not in it."


def test_programs_that_do_not_run_say_so(var, tmp_path):
    for name in ("initdb", "postgres"):
        (tmp_path / name).write_text("#!/bin/sh\necho lib.so is missing >&2; exit 127\n")
        (tmp_path / name).chmod(0o755)
    process = started("database.ensure_running(var)", var, env={"PG_BINDIR": str(tmp_path)})
    assert "does not run: lib.so is missing" in one_sentence(process)


def test_data_of_another_major_version_are_not_touched(ready_var):
    version = ready_var / "postgres/data/PG_VERSION"
    made_by = version.read_text()
    version.write_text("14\n")
    process = started("database.ensure_running(var)", ready_var)
    assert one_sentence(process).startswith("The data were made by PostgreSQL 14, but")
    version.write_text(made_by)


def test_a_folder_that_cannot_be_made_is_told_plainly(tmp_path):
    (tmp_path / "file").touch()
    process = started("database.ensure_running(var)", tmp_path / "file" / "var")
    assert "cannot be made or written (Not a directory)" in one_sentence(process)


@pytest.mark.skipif(not IS_ROOT, reason="only root can make a small disk")
def test_a_full_disk_is_named_as_such(tmp_path):
    small_disk = ["unshare", "--mount", "sh", "-c", 'mount -t tmpfs -o size=20m x "$0" && "$@"']
    if subprocess.run([*small_disk, tmp_path, "true"], capture_output=True).returncode:
        pytest.skip("this system forbids making a small disk")
    code = f"from hims import database; database.ensure_running({str(tmp_path / 'var')!r})"
    said = subprocess.run(
        [*small_disk, tmp_path, sys.executable, "-c", code],
        capture_output=True,
        text=True,
        cwd=CHECKOUT,
    )
    last = said.stderr.strip().splitlines()[-1]
    assert last.endswith(f": The disk that holds {tmp_path}/var/postgres is full.")


@pytest.mark.parametrize(
    ("log", "word"),
    [
        ('FATAL:  could not write to file "pg_wal/x": No space left on device', "is full"),
        ("FATAL:  database files are incompatible with server", "another version"),
        ("FATAL:  could not create any Unix-domain sockets", "socket"),
        ("FATAL:  could not map anonymous shared memory: Cannot allocate memory", "memory"),
        ('FATAL:  data directory "x" has wrong ownership', "another user"),
        ("FATAL:  something new", "(something new)"),
    ],
)
def test_why_it_did_not_start_is_one_sentence(log, word):
    sentence = explain(log, home=Path("/h"), log_file=Path("/h/log"))
    assert word in sentence
    assert sentence.endswith(".")
    assert "\n" not in sentence


def test_a_database_in_use_is_not_removed(ready_var):
    process = started(HOLD, ready_var)
    process.stdout.readline()
    with pytest.raises(database.DatabaseUnavailable, match="in use"):
        database.remove(ready_var)
    process.communicate("\n")
