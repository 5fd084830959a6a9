"""A database of the bench's own: made, migrated, used by everything the bench starts, dropped."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import psycopg
from django.conf import settings
from django.core.management.base import CommandError
from django.db import connection
from psycopg import sql

from hims import database

Say = Callable[[str], None]


@dataclass(frozen=True)
class House:
    """The scratch database and how programs that the bench starts find it.

    `environment` is complete (for subprocess), `folder` stands for HIMS_VAR in it.
    """

    name: str
    environment: dict[str, str]
    folder: Path

    def connect(self, **options: Any) -> psycopg.Connection:
        """A bare psycopg connection as the application role, without Django."""
        return psycopg.connect(**_parameters("app"), dbname=self.name, **options)

    @contextmanager
    def copy(self) -> Iterator["House"]:
        """A second database that begins as this one stands, dropped when the block ends.

        Nobody else may be connected to this one at that moment.
        """
        connection.close()
        name = f"{self.name}_2"
        with _made(name, template=self.name):
            yield House(name, _environment(name, self.folder), self.folder)

    def as_owner(self, statements: str) -> None:
        """Run statements without parameters as the owner of the scratch database."""
        _as_owner(statements, self.name)


@contextmanager
def house(say: Say) -> Iterator[House]:
    """Make the scratch database, point this process at it, and drop it in the end."""
    if settings.DATABASES["default"]["EMBEDDED"]:
        database.ensure_running(settings.HIMS_VAR)
    name = f"hims_bench_{os.getpid()}"
    say("Making a scratch database")
    with tempfile.TemporaryDirectory(prefix="hims-bench-") as folder:
        (Path(folder) / "static").mkdir()
        with _made(name):
            made = House(name, _environment(name, Path(folder)), Path(folder))
            _migrate(made)
            with pointed_at(made):
                yield made


@contextmanager
def pointed_at(made: House) -> Iterator[None]:
    """Have Django in this process use that scratch database while the block runs."""
    before = connection.settings_dict["NAME"]
    connection.close()
    connection.settings_dict["NAME"] = made.name
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict["NAME"] = before


@contextmanager
def _made(name: str, template: str = "template1") -> Iterator[None]:
    """The database `name` exists while the block runs."""
    drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
    create = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
    _as_owner(drop, "postgres")
    _as_owner(create.format(sql.Identifier(name), sql.Identifier(template)), "postgres")
    try:
        yield
    finally:
        _as_owner(drop, "postgres")


def _facts(role: str) -> dict[str, Any]:
    """Django's settings for one role on the server that this process uses."""
    url = None if settings.DATABASES["default"]["EMBEDDED"] else os.environ.get("DATABASE_URL")
    return database.database_settings(var=settings.HIMS_VAR, url=url, role=role)


def _parameters(role: str) -> dict[str, Any]:
    """The server's address and the role in libpq's words, without a database name."""
    given = _facts(role)
    names = {"USER": "user", "PASSWORD": "password", "HOST": "host", "PORT": "port"}
    options = {key: value for key, value in given.get("OPTIONS", {}).items() if key != "pool"}
    return options | {libpq: given[ours] for ours, libpq in names.items() if given.get(ours)}


def _as_owner(statements: Any, name: str) -> None:
    with psycopg.connect(**_parameters("owner"), dbname=name, autocommit=True) as owner:
        owner.execute(statements)


def _environment(name: str, folder: Path) -> dict[str, str]:
    """This process's environment with the scratch database and folder in it."""
    environment = {key: value for key, value in os.environ.items() if key != "HIMS_DB_ROLE"}
    return environment | {
        "HIMS_VAR": str(folder),
        "HIMS_SECRET_KEY": settings.SECRET_KEY,  # sessions made here open the pages there
        "DATABASE_URL": _address("app", name),
        "HIMS_OWNER_DATABASE_URL": _address("owner", name),
        "DJANGO_SETTINGS_MODULE": "hims.settings",
        "PYTHONPATH": str(settings.BASE_DIR),
        "PYTHONUNBUFFERED": "1",
    }


def _address(role: str, name: str) -> str:
    """The address of the scratch database for one role, as libpq reads it."""
    return f"postgresql:///{name}?{urlencode(_parameters(role), quote_via=quote)}"


def _migrate(made: House) -> None:
    command = [sys.executable, str(settings.BASE_DIR / "manage.py"), "migrate", "--verbosity", "0"]
    said = subprocess.run(
        command,
        env=made.environment | {"HIMS_DB_ROLE": "owner"},
        capture_output=True,
        text=True,
    )
    if said.returncode:
        raise CommandError(f"The scratch database could not be made: {said.stderr.strip()[-400:]}")
