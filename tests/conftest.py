"""What every test may ask for."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from django.db import connection
from hypothesis import settings

if TYPE_CHECKING:
    from playwright.sync_api import Browser

CHECKOUT = Path(__file__).resolve().parent.parent

# Half of Hypothesis's own number for tests that name none: another order each day finds the rest.
# HIMS_EXAMPLES asks for more.
settings.register_profile("suite", max_examples=int(os.environ.get("HIMS_EXAMPLES", "50")))
settings.load_profile("suite")


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


@pytest.fixture(scope="session")
def django_db_setup(
    django_db_setup: None, django_db_blocker: Any, django_db_keepdb: bool
) -> Iterator[None]:
    """The test database, emptied after each test with real commits by way of `tests.emptying`."""
    from django.test import TransactionTestCase

    from tests import emptying

    with django_db_blocker.unblock(), pytest.MonkeyPatch.context() as patch:
        emptying.remember(used=django_db_keepdb)
        patch.setattr(TransactionTestCase, "_fixture_teardown", lambda _: emptying.empty())
        yield
