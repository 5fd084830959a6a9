"""Where the database is and as whom we speak to it: Django's settings for one role. Pure."""

import getpass
import hashlib
import os
from pathlib import Path
from typing import Any

import psycopg
from django.core.exceptions import ImproperlyConfigured
from psycopg.conninfo import conninfo_to_dict

APP_ROLE = "hims_app"
OWNER_ROLE = "hims_owner"
SUPERUSER = "hims_superuser"  # only of the embedded server
DATABASE = "hims"
PORT = 5432  # names the socket file; nothing listens on the network
LONGEST_SOCKET_PATH = 100  # the system allows 107 bytes; some clients add a suffix


def database_settings(
    *, var: Path, url: str | None, owner_url: str | None = None, role: str | None = None
) -> dict[str, Any]:
    """Return Django's DATABASES["default"] without touching anything.

    `url` is the application's connection (postgresql://...); None means the embedded server below
    `var`. `role` is "app" or "owner" (default: HIMS_DB_ROLE, else "app"). `owner_url` (default:
    HIMS_OWNER_DATABASE_URL, else `url`) is where the owner connects. The extra key ROLES names
    both roles, EMBEDDED the folder of the embedded server or None.
    """
    role = role or os.environ.get("HIMS_DB_ROLE", "app")
    if role not in {"app", "owner"}:
        raise ImproperlyConfigured(f"HIMS_DB_ROLE is app or owner, not {role!r}.")
    if not url:
        return _embedded(Path(var), role)
    owner_url = owner_url or os.environ.get("HIMS_OWNER_DATABASE_URL") or url
    app, owner = _by_address(url), _by_address(owner_url)
    roles = {"app": app["USER"], "owner": owner["USER"]}
    return {**(owner if role == "owner" else app), "ROLES": roles, "EMBEDDED": None}


def _by_address(url: str) -> dict[str, Any]:
    """Read the address as libpq does, so that every address psql takes works here too."""
    try:
        if not url.startswith(("postgresql://", "postgres://")):
            raise psycopg.ProgrammingError
        facts = conninfo_to_dict(url)
    except psycopg.ProgrammingError:  # whose words would repeat the password
        raise ImproperlyConfigured(
            "DATABASE_URL is no address of a PostgreSQL database, such as "
            "postgresql://hims_app:PASSWORD@db.example:5432/hims ."
        ) from None
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": facts.pop("dbname", None) or DATABASE,
        "USER": facts.pop("user", None) or getpass.getuser(),
        "PASSWORD": facts.pop("password", None) or "",
        "HOST": facts.pop("host", None) or "",
        "PORT": facts.pop("port", None) or "",
        "OPTIONS": facts,  # sslmode, connect_timeout, target_session_attrs ...
    }


def _embedded(var: Path, role: str) -> dict[str, Any]:
    return {
        "ENGINE": "hims.database",
        "NAME": DATABASE,
        "USER": OWNER_ROLE if role == "owner" else APP_ROLE,
        "PASSWORD": "",
        "HOST": str(socket_folder(var)),
        "PORT": PORT,
        "OPTIONS": {"passfile": str(passwords_file(var))},
        "ROLES": {"app": APP_ROLE, "owner": OWNER_ROLE},
        "EMBEDDED": str(var),
    }


def home(var: Path) -> Path:
    """The folder of the embedded server: locks, log, passwords, data, socket."""
    return Path(var) / "postgres"


def passwords_file(var: Path) -> Path:
    """The file, readable by its owner only, from which libpq takes the passwords."""
    return home(var) / "passwords"


def socket_folder(var: Path) -> Path:
    """The folder of the server's socket: below `var`, or in /tmp where that path is too long."""
    folder = home(var) / "socket"
    if len(os.fsencode(folder / f".s.PGSQL.{PORT}.lock")) <= LONGEST_SOCKET_PATH:
        return folder
    digest = hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]
    return Path("/tmp") / f"hims-{os.geteuid()}-{digest}"  # noqa: S108 -- made private in cluster
