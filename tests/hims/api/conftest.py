"""The small hospital, for tests of the programs' doors."""

import pytest

from tests import given


@pytest.fixture
def house(db):
    """The hospital of tests.given, with everybody somewhere."""
    house = given.hospital()
    given.everybody_somewhere(house)
    return house
