"""A backup: one file that holds the database of one moment and the uploaded files, with digests.

The file is a tar of `database.dump` (pg_dump's custom format), `files/…` and, last,
`manifest.json`, which names every member with its SHA-256 and the migrations of the database.
Sessions are left out: who restores a copy should not be signed in as somebody. The dump is taken
first and uploaded files are never changed in place, so every file a row names is in the copy.
"""

import contextlib
import hashlib
import json
import os
import re
import shutil
import subprocess
import tarfile
import tempfile
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import IO

from django.db import connection
from django.db.backends.postgresql.client import DatabaseClient
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from hims.database.errors import DatabaseUnavailable
from hims.database.programs import find_programs
from hims.errors import Finding, Refused

FORMAT = 1
MANIFEST, DUMP, FILES = "manifest.json", "database.dump", "files/"
CHUNK = 2**20
THINGS_IN_PUBLIC = """
SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p', 'v', 'm', 'S')
AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')
ORDER BY 1 LIMIT 1
"""


@dataclass(frozen=True)
class Manifest:
    """What a backup says of itself."""

    format: int
    made_at: str  # ISO 8601 with offset
    postgres: int  # major version of the server it was taken from
    extensions: list[str]  # that the database uses
    migrations: list[str]  # "app.name", sorted
    members: dict[str, str]  # name in the tar -> SHA-256, hexadecimal


def write_backup(path: Path, *, files: Path, now: datetime) -> Manifest:
    """Copy the database and the folder `files` into the new file `path`, readable by us only.

    Raises Refused if `path` exists or the copy cannot be made; then nothing is left behind.
    """
    if path.exists():
        raise _no("exists", f"{path} exists already: name a new file.")
    major = _server_major()
    unfinished = path.with_name(path.name + ".unfinished")
    try:
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=".backup-") as work:
            dump = Path(work) / DUMP
            arguments = [f"--file={dump}", "--format=custom", "--schema=public", "--no-owner"]
            arguments += ["--no-privileges", "--no-comments", "--exclude-table-data=django_session"]
            _run(_client("pg_dump", major), arguments)
            applied = MigrationRecorder(connection).applied_migrations()
            with open(
                os.open(unfinished, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600), "wb"
            ) as raw:
                members = {}
                with tarfile.open(fileobj=raw, mode="w", format=tarfile.PAX_FORMAT) as tar:
                    members[DUMP] = _add(tar, DUMP, dump)
                    for file in sorted(files.rglob("*")) if files.is_dir() else []:
                        if file.is_file():
                            name = FILES + file.relative_to(files).as_posix()
                            members[name] = _add(tar, name, file)
                    manifest = Manifest(
                        format=FORMAT,
                        made_at=now.isoformat(),
                        postgres=major,
                        extensions=_extensions(),
                        migrations=sorted(f"{app}.{name}" for app, name in applied),
                        members=members,
                    )
                    said = Path(work) / MANIFEST
                    said.write_text(json.dumps(asdict(manifest), indent=1))
                    _add(tar, MANIFEST, said)
                raw.flush()
                os.fsync(raw.fileno())
            os.link(unfinished, path)  # unlike a rename, this never replaces another file
    except OSError as error:
        raise _no("copy", f"The backup {path} could not be made: {error.strerror}.") from error
    finally:
        unfinished.unlink(missing_ok=True)
    return manifest


def read_manifest(path: Path) -> Manifest:
    """Return the manifest of the backup `path` after checking that every byte is as it was.

    Raises Refused when the file is no backup, was changed, or is of a later format.
    """
    try:
        with tarfile.open(path, "r:") as tar:
            manifest = Manifest(**json.load(_content(tar, MANIFEST)))
            if manifest.format > FORMAT:
                raise _no("newer", f"{path} was made by a later HIMS: restore it with that one.")
            present = {member.name: member for member in tar.getmembers()}
            if set(present) != {*manifest.members, MANIFEST} or DUMP not in present:
                raise _no("changed", f"{path} is not whole: its parts are not those it names.")
            for name, digest in manifest.members.items():
                inside = PurePosixPath(name)
                if inside.is_absolute() or ".." in inside.parts or not present[name].isfile():
                    raise _no("changed", f"{path} is not a backup of HIMS: it holds {name!r}.")
                if _digest(_content(tar, name)) != digest:
                    raise _no("changed", f"{path} was changed or is damaged: {name} differs.")
    except (tarfile.TarError, KeyError, TypeError, ValueError, EOFError) as error:
        raise _no("no_backup", f"{path} is not a backup of HIMS.") from error
    except OSError as error:
        raise _no("unreadable", f"{path} cannot be read: {error.strerror}.") from error
    return manifest


def restore_backup(path: Path, *, files: Path) -> Manifest:
    """Fill the empty database and the empty folder `files` from the backup `path`.

    The connection must be the owner's. Raises Refused, with nothing changed, when the place is not
    empty or the backup does not fit. The caller migrates afterwards.
    """
    manifest = read_manifest(path)
    known = MigrationLoader(None).disk_migrations
    if unknown := [name for name in manifest.migrations if tuple(name.split(".", 1)) not in known]:
        raise _no("newer", f"{path} was made by a later HIMS (it has {unknown[0]}).")
    if files.is_dir() and any(file.is_file() for file in files.rglob("*")):
        raise _no("not_empty", f"The folder {files} is not empty: restore never overwrites files.")
    with connection.cursor() as cursor:
        cursor.execute(THINGS_IN_PUBLIC)
        if found := cursor.fetchone():
            raise _no(
                "not_empty",
                f"The database is not empty (it has {found[0]}): restore goes into an empty place "
                "only, such as a new folder named in HIMS_VAR.",
            )
        for extension in manifest.extensions:
            name = connection.ops.quote_name(extension)
            cursor.execute(f"CREATE EXTENSION IF NOT EXISTS {name}")
    files.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory(dir=files.parent, prefix=".restore-") as work,
        tarfile.open(path, "r:") as tar,
    ):
        _unpack(tar, manifest, Path(work))
        restore = _client("pg_restore", max(manifest.postgres, _server_major()))
        said = subprocess.run(
            [restore, "--list", Path(work) / DUMP], capture_output=True, text=True, check=True
        )
        wanted = Path(work) / "wanted"
        # The schema itself is there already, and is not ours to make.
        wanted.write_text(re.sub(r"(?m)^\d.* SCHEMA - public .*\n", "", said.stdout))
        arguments = ["--no-owner", "--no-privileges", "--single-transaction", "--exit-on-error"]
        _run(restore, [*arguments, f"--use-list={wanted}", str(Path(work) / DUMP)])
        for file in (Path(work) / FILES).iterdir() if (Path(work) / FILES).is_dir() else []:
            shutil.move(file, files / file.name)
    return manifest


def _unpack(tar: tarfile.TarFile, manifest: Manifest, work: Path) -> None:
    for name in manifest.members:
        target = work / name
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("wb") as out:
            shutil.copyfileobj(_content(tar, name), out, CHUNK)


def _add(tar: tarfile.TarFile, name: str, file: Path) -> str:
    """Add a file under a name and return its digest, both from one reading."""
    with file.open("rb") as content:
        digest = _digest(content)
        content.seek(0)
        info = tar.gettarinfo(arcname=name, fileobj=content)
        info.uid = info.gid = 0
        info.uname = info.gname = ""
        tar.addfile(info, content)
    return digest


def _content(tar: tarfile.TarFile, name: str) -> IO[bytes]:
    content = tar.extractfile(name)
    if content is None:
        raise KeyError(name)
    return content


def _digest(content: IO[bytes]) -> str:
    digest = hashlib.sha256()
    while chunk := content.read(CHUNK):
        digest.update(chunk)
    return digest.hexdigest()


def _extensions() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT extname FROM pg_extension WHERE extname <> 'plpgsql' ORDER BY 1")
        return [name for (name,) in cursor.fetchall()]


def _server_major() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version_num")
        return int(cursor.fetchone()[0]) // 10_000


def _client(name: str, major: int) -> Path:
    """Return the program `name` of at least PostgreSQL `major`: ours, or the system's."""
    with contextlib.suppress(DatabaseUnavailable):
        ours = find_programs(major).path(name)
        if ours.is_file():
            return ours
    if system := shutil.which(name):
        said = subprocess.run([system, "--version"], capture_output=True, text=True)
        found = re.search(r"(\d+)(?:\.\d+)?", said.stdout)
        if found and int(found[1]) >= major:
            return Path(system)
    raise _no(
        "no_program",
        f"There is no {name} of PostgreSQL {major} or newer here: install PostgreSQL's client "
        "programs, or name their folder in PG_BINDIR.",
    )


def _run(program: Path, arguments: list[str]) -> None:
    """Run one of PostgreSQL's programs on our database with our connection's rights."""
    psql, more = DatabaseClient.settings_to_cmd_args_env(connection.settings_dict, [])
    *where, database = psql[1:]
    said = subprocess.run(
        [program, *where, f"--dbname={database}", "--no-password", *arguments],
        env={**os.environ, "LC_ALL": "C", **(more or {})},
        capture_output=True,
        text=True,
    )
    if said.returncode:
        lines = [line for line in said.stderr.splitlines() if "error:" in line] or ["no reason"]
        raise _no("program", f"{program.name} gave up: {lines[0].split('error: ', 1)[-1]}.")


def _no(code: str, text: str) -> Refused:
    return Refused(Finding(code, text))
