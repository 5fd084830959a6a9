"""A new cluster: data, roles, rights and extensions, whole or not at all."""

import re
import secrets
import shutil
import subprocess
from pathlib import Path

from hims.database.account import Account
from hims.database.errors import DatabaseUnavailable, explain
from hims.database.facts import APP_ROLE, DATABASE, OWNER_ROLE, SUPERUSER, home, passwords_file
from hims.database.programs import Programs

EXTENSIONS = ("btree_gist", "pg_trgm", "unaccent")


def create(
    var: Path,
    data: Path,
    *,
    programs: Programs,
    account: Account,
    env: dict[str, str],
    durable: bool,
) -> None:
    """Make the cluster `data`. It appears under its name only when all of it is made.

    Everything is said to PostgreSQL's single-user mode, so no half-made server ever listens.
    """
    unfinished = data.with_name(data.name + ".new")
    shutil.rmtree(unfinished, ignore_errors=True)
    words = _new_passwords(var)
    said = subprocess.run(
        [
            *account.prefix,
            programs.path("initdb"),
            "--pgdata",
            unfinished,
            f"--username={SUPERUSER}",
            "--auth=trust",  # until pg_hba.conf is written below; nothing listens before that
            "--encoding=UTF8",
            "--locale=C.UTF-8",
            "--no-instructions",
            *([] if durable else ["--no-sync"]),
        ],
        capture_output=True,
        text=True,
        env=env,
        cwd=data.parent,
        **account.popen(),
    )
    if said.returncode:
        raise DatabaseUnavailable(
            explain(said.stdout + said.stderr, home=home(var), log_file=home(var) / "log")
        )
    single = [*account.prefix, programs.path("postgres"), "--single", "-D", unfinished]
    _say(
        [*single, "template1"],
        [
            *(f"CREATE EXTENSION {name}" for name in EXTENSIONS),
            f"ALTER ROLE {SUPERUSER} PASSWORD '{words[SUPERUSER]}'",
            f"CREATE ROLE {OWNER_ROLE} LOGIN CREATEDB PASSWORD '{words[OWNER_ROLE]}'",
            f"CREATE ROLE {APP_ROLE} LOGIN PASSWORD '{words[APP_ROLE]}'",
            # The owner could drop a trigger anyway; this lets tests empty append-only tables.
            f"GRANT SET ON PARAMETER session_replication_role TO {OWNER_ROLE}",
            f"ALTER DEFAULT PRIVILEGES FOR ROLE {OWNER_ROLE} "
            f"GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {APP_ROLE}",
            f"ALTER DEFAULT PRIVILEGES FOR ROLE {OWNER_ROLE} "
            f"GRANT USAGE, SELECT ON SEQUENCES TO {APP_ROLE}",
        ],
        var=var,
        account=account,
        env=env,
    )
    _say(
        [*single, "postgres"],
        [
            f"CREATE DATABASE {DATABASE} OWNER {OWNER_ROLE}",
            f"REVOKE ALL ON DATABASE {DATABASE} FROM PUBLIC",
            f"GRANT CONNECT ON DATABASE {DATABASE} TO {APP_ROLE}",
        ],
        var=var,
        account=account,
        env=env,
    )
    (unfinished / "pg_hba.conf").write_text("local all all scram-sha-256\n")
    unfinished.rename(data)


def _new_passwords(var: Path) -> dict[str, str]:
    """Make up the passwords and keep them where libpq reads them, for this user's eyes only."""
    words = {role: secrets.token_urlsafe(24) for role in (SUPERUSER, OWNER_ROLE, APP_ROLE)}
    path = passwords_file(var)
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    path.write_text("".join(f"*:*:*:{role}:{word}\n" for role, word in words.items()))
    return words


def _say(
    command: list, statements: list[str], *, var: Path, account: Account, env: dict[str, str]
) -> None:
    said = subprocess.run(
        command,
        input="".join(f"{statement};\n" for statement in statements),
        capture_output=True,
        text=True,
        env=env,
        cwd="/",
        **account.popen(),
    )
    # Single-user mode ends well even when a statement failed: its words tell.
    wrong = [line for line in said.stderr.splitlines() if "ERROR:" in line or "FATAL:" in line]
    for line in wrong:
        if missing := re.search(r'extension "(\w+)" is not available', line):
            raise DatabaseUnavailable(
                f"PostgreSQL lacks its extension {missing[1]}: install its contrib package, or "
                "name other programs in PG_BINDIR."
            )
    if said.returncode or wrong:
        raise DatabaseUnavailable(explain(said.stderr, home=home(var), log_file=home(var) / "log"))
