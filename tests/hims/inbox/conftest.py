"""What listeners remember for a moment is forgotten between tests."""

import pytest

from hims.queries import inbox


@pytest.fixture(autouse=True)
def nothing_remembered():
    inbox.forget()
    yield
    inbox.forget()
