"""People for tests that need only people: one call, one more person with these roles."""

from datetime import UTC, datetime
from itertools import count

from django.test import Client
from django.urls import reverse

from hims.models import Actor
from tests import given

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
_number = count(1)


def someone(*roles: str, **more: str) -> Actor:
    """A new person who holds `roles` and signs in with given.PASSWORD."""
    n = next(_number)
    more.setdefault("name", f"Robin {n}")
    return given.person(more.pop("username", f"someone-{n}"), list(roles), **more)


def sign_in(client: Client, username: str, password: str = given.PASSWORD, **more: str):
    """Fill in the sign-in page as a person would."""
    return client.post(reverse("sign-in"), {"username": username, "password": password, **more})


def browser_of(*roles: str, **more: str) -> Client:
    """A browser in which somebody new with these roles signed in by password."""
    client = Client()
    client.someone = someone(*roles, **more)
    assert sign_in(client, client.someone.username).status_code == 302
    return client
