"""The small hospital, for tests of the second floor."""

import pytest

from tests import given


@pytest.fixture
def house(db):
    """The hospital of tests.given, with nothing known of where things are."""
    return given.hospital()
