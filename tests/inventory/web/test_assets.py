"""The equipment pages: what there is, and one tap that says its state."""

import re

import pytest

from inventory.models import Asset
from tests import given

pytestmark = pytest.mark.django_db


@pytest.fixture
def house():
    return given.hospital()


def numbers(page: str) -> list[str]:
    return re.findall(r'<span class="quiet">([PB]-\d+)</span>', page)


def page_of(someone, address="/assets/", **asked) -> str:
    response = given.signed_in(someone).get(address, asked)
    assert response.status_code == 200
    return response.content.decode()


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({}, ["B-1", "P-1", "P-2", "P-3", "P-4", "P-5"]),
        ({"q": "infusion"}, ["P-1", "P-2", "P-3", "P-4", "P-5"]),
        ({"q": "SN400"}, ["P-4"]),
        ({"kind": "bed"}, ["B-1"]),
        ({"state": "free"}, ["P-1", "P-3", "P-4"]),
        ({"state": "unknown"}, ["P-5"]),
        ({"q": "unicorn"}, []),
    ],
)
def test_the_list_shows_what_was_asked_for(house, asked, expected):
    assert numbers(page_of(house.porter, **asked)) == expected


def test_one_tap_says_the_state(house):
    url = f"/assets/{house.assets['P-5'].uid}/state/"
    given.signed_in(house.porter).post(url, {"state": "dirty"})
    asset = Asset.objects.get(number="P-5")
    assert (asset.state, asset.state_by) == ("dirty", house.porter)


def test_a_state_that_is_none_is_refused_with_a_sentence(house):
    url = f"/assets/{house.assets['P-1'].uid}/state/"
    response = given.signed_in(house.porter).post(url, {"state": "sparkling"})
    assert response.status_code == 409
    assert "Say free" in response.content.decode()
    assert Asset.objects.get(number="P-1").state == "free"


def test_who_may_not_say_a_state_sees_no_buttons(house):
    assert 'name="state" value="dirty"' in page_of(house.porter)
    assert 'name="state" value="dirty"' not in page_of(house.privacy_officer)


def test_the_page_of_one_asset_has_its_code_and_asks_the_floor_above_where_it_is(house):
    uid = house.assets["P-1"].uid
    page = page_of(house.porter, f"/assets/{uid}/")
    assert "HIMS:ASSET:P-1" in page
    assert f'hx-get="/assets/{uid}/where/"' in page


def test_where_an_asset_was_on_the_last_day(house):
    given.everybody_somewhere(house)
    page = page_of(house.porter, f"/assets/{house.assets['P-1'].uid}/where/")
    assert page.index("still there") < page.index("Bay one</strong>")


def test_an_own_reservation_can_be_given_back(house):
    browser = given.signed_in(house.porter)
    uid = house.assets["P-1"].uid
    browser.post(f"/assets/{uid}/reserve/")
    assert "I no longer need it" in browser.get(f"/assets/{uid}/").content.decode()
    assert "I no longer need it" not in page_of(house.nurse, f"/assets/{uid}/")
    browser.post(f"/assets/{uid}/release/")
    assert "I no longer need it" not in browser.get(f"/assets/{uid}/").content.decode()


def test_the_list_goes_on_where_it_stopped(house):
    rows = [{"asset": f"P-{n}", "kind": "pump", "name": "Spare pump"} for n in range(100, 160)]
    given.assets(rows)
    page = page_of(house.porter, q="spare")
    assert len(numbers(page)) == 50
    following = re.search(r'href="(/assets/[^"]*after=[^"]+)"', page)[1].replace("&amp;", "&")
    rest = page_of(house.porter, following)
    assert numbers(page) + numbers(rest) == [f"P-{n}" for n in range(100, 160)]
