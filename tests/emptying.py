"""Between tests with real commits: all rows go but those that the migrations made.

Django's own flush truncates every table, each with its indexes and however empty, and lets the
migrations' rows be made anew. Deleting costs a tenth of that, and rows that come back as they were
keep their keys, so that copies which name them stay good (see `given.hospital`).
"""

from django.core.management.sql import emit_post_migrate_signal
from django.db import connection, transaction

_born_with: dict[str, bytes] = {}
"""Table -> its rows after the migrations, as PostgreSQL copies them."""


def remember(*, used: bool) -> None:
    """Take the rows that are there now for those that every test begins with; in a database that
    was `used` before, those that the migrations would make."""
    if used:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = replica")
            cursor.execute("; ".join(f"DELETE FROM {table}" for table in _tables()))
        emit_post_migrate_signal(0, False, "default")
    for table in _tables():
        with (
            connection.cursor() as cursor,
            cursor.copy(f"COPY (SELECT * FROM {table}) TO STDOUT") as copied,
        ):
            _born_with[table] = b"".join(copied)


def empty() -> None:
    """Put the database back to what `remember` saw; sequences run on, so that no key returns.

    As a replica PostgreSQL runs no trigger: neither those of append-only tables nor foreign keys.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("; ".join(f"DELETE FROM {table}" for table in _born_with))
        for table, rows in _born_with.items():
            if rows:
                with cursor.copy(f"COPY {table} FROM STDIN") as copied:
                    copied.write(rows)


def _tables() -> list[str]:
    """All tables but the migrations' own; a partitioned one stands for its parts."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT quote_ident(relname) FROM pg_class WHERE relnamespace = 'public'::regnamespace"
            " AND relkind IN ('r', 'p') AND NOT relispartition AND relname <> 'django_migrations'"
        )
        return [name for (name,) in cursor.fetchall()]
