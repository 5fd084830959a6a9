"""What every test may ask for."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from django.apps import apps
from django.db import connection

if TYPE_CHECKING:
    from playwright.sync_api import Browser

CHECKOUT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def recordings() -> Path:
    """Real recordings, which are not part of the project: HIMS_RECORDINGS, or ../shared/data."""
    folder = Path(os.environ.get("HIMS_RECORDINGS", CHECKOUT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"no recordings in {folder}; name their folder in HIMS_RECORDINGS")
    return folder


@pytest.fixture
def as_application(db: None) -> Iterator[psycopg.Connection[Any]]:
    """A connection of the application role to the test database (it sees what is committed)."""
    wanted = {
        **connection.get_connection_params(),
        "user": connection.settings_dict["ROLES"]["app"],
    }
    for name in ("cursor_factory", "context", "prepare_threshold"):
        wanted.pop(name, None)
    with psycopg.connect(**wanted, autocommit=True) as application:
        yield application


@pytest.fixture(scope="module")
def address(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The whole house at one address, for tests that look at it in a `browser`."""
    from tests.browser import served

    with served(tmp_path_factory.mktemp("web")) as address:
        yield address


@pytest.fixture(scope="module")
def browser() -> Iterator["Browser"]:
    """Chromium; no longer than a module, because while it is there asyncio cannot run."""
    from tests.browser import chromium

    with chromium() as browser:
        yield browser


@pytest.fixture(autouse=True, scope="session")
def _append_only_tables_can_be_emptied_between_tests() -> Iterator[None]:
    """Let the flush after a test with real commits empty tables that refuse TRUNCATE, and those
    that Django does not manage."""
    from django.db.backends.postgresql.operations import DatabaseOperations

    flush = DatabaseOperations.execute_sql_flush

    def flush_past_triggers(self: DatabaseOperations, sql_list: list[str]) -> None:
        without, with_them = (
            f"SET session_replication_role = {role}" for role in ("replica", "origin")
        )
        unmanaged = [
            f"TRUNCATE {model._meta.db_table}"
            for model in apps.get_models()
            if not model._meta.managed
        ]
        flush(self, [without, *sql_list, *unmanaged, with_them] if sql_list else sql_list)

    DatabaseOperations.execute_sql_flush = flush_past_triggers
    yield
    DatabaseOperations.execute_sql_flush = flush
