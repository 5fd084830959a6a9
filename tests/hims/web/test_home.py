"""The start page: the thing that a role does most is the biggest control."""

import re

import pytest

from hims.access.roles import Role
from tests import given

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("role", list(Role))
def test_everybody_has_a_start_page_whose_links_open(role):
    someone = given.person("somebody", [role.value], name="Robin Moss")
    browser = given.signed_in(someone)
    page = browser.get("/").content.decode()
    assert "Robin Moss" in page
    places = re.findall(r'class="tile[^"]*" href="([^"]+)"', page)
    assert places
    for place in places:
        assert browser.get(place, follow=True).status_code == 200, place


def test_a_porter_begins_with_a_search_and_an_engineer_with_equipment():
    porter = given.signed_in(given.person("porter-1", ["porter"])).get("/").content.decode()
    assert 'class="search first huge"' in porter
    engineer = given.person("engineer", ["biomedical_engineer"])
    page = given.signed_in(engineer).get("/").content.decode()
    assert re.search(r'class="tile main" href="/assets/"', page)


def test_a_stranger_is_led_to_the_sign_in_page(client):
    response = client.get("/")
    assert response.status_code == 302
    assert response.headers["Location"].startswith("/sign-in/")
