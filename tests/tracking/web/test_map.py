"""The floor map: painted whole by the server, staff as numbers, and kept true by its data."""

import re

import pytest

from tests import given
from tracking.queries import map as map_query

pytestmark = pytest.mark.django_db


@pytest.fixture
def house():
    house = given.hospital()
    given.everybody_somewhere(house)
    return house


def page_of(someone, address="/map/G/", **asked) -> str:
    response = given.signed_in(someone).get(address, asked)
    assert response.status_code == 200
    return response.content.decode()


def test_the_first_paint_has_a_marker_for_each_thing_on_the_floor(house):
    page = page_of(house.porter)
    shown = set(re.findall(r'data-asset="([^"]+)"', page))
    assert shown == {str(house.assets[number].uid) for number in ("P-1", "P-2", "P-3")}


def test_a_marker_says_by_its_shape_that_a_free_pump_is_overdue(house):
    uid = house.assets["P-3"].uid
    page = page_of(house.porter)
    assert re.search(rf'class="marker warn[^"]*" data-asset="{uid}"', page)


def test_the_map_names_no_person(house):
    for someone in (house.porter, house.nurse, house.charge_nurse, house.manager):
        for address in ("/map/G/", "/map/1/", "/map/1/markers/"):
            page = page_of(someone, address)
            for name in ("Vanterpool", "Quintessa", "Oakhurst", "Zebulon", "S-900", "MRN-777"):
                assert name not in page


def test_staff_are_a_count_and_not_for_porters(house):
    assert "1 staff" in page_of(house.nurse, "/map/1/")
    assert "1 staff" not in page_of(house.porter, "/map/1/")


def test_a_floor_is_found_by_uid_or_code_and_a_strange_one_is_not(house):
    client = given.signed_in(house.porter)
    assert client.get(f"/map/{house.floors['G'].uid}/").status_code == 200
    for strange in ("77", "00000000-0000-7000-8000-000000000000"):
        assert client.get(f"/map/{strange}/").status_code == 404


def test_the_map_of_the_house_begins_on_the_ground_floor(house):
    response = given.signed_in(house.porter).get("/map/")
    assert response.headers["Location"] == f"/map/{house.floors['G'].uid}/"


def test_what_is_looked_for_goes_along_to_another_floor(house):
    browser = given.signed_in(house.porter)
    response = browser.get("/map/", {"floor": house.floors["1"].uid, "q": "P-4", "x": "y"})
    assert response.headers["Location"] == f"/map/{house.floors['1'].uid}/?q=P-4"
    assert browser.get("/map/", {"floor": "../../x"}, follow=True).status_code == 404


def test_a_floor_without_drawings_is_a_list_of_rooms_with_counts(house):
    for zone in house.zones.values():
        zone.polygon = ""
        zone.save()
    page = page_of(house.porter)
    assert "<svg viewBox" not in page
    assert "no plan yet" in page
    row = re.search(
        r"(?s)<tr><td><a[^>]*>Store two</a></td>\s*<td class=\"number\">(\d+)</td>", page
    )
    assert row[1] == "2"


def test_a_room_says_what_is_in_it_since_when(house):
    zone = house.zones["ST"].uid
    page = page_of(house.porter, f"/map/G/rooms/{zone}/")
    assert "P-1" in page
    assert "P-3" in page
    assert "P-2" not in page
    assert "since" in page


def test_a_room_of_another_floor_is_not_on_this_one(house):
    client = given.signed_in(house.porter)
    assert client.get(f"/map/G/rooms/{house.zones['W1'].uid}/").status_code == 404


def test_the_map_opened_for_one_asset_shows_its_card_and_marks_it(house):
    uid = house.assets["P-1"].uid
    page = page_of(house.porter, find=uid)
    assert re.search(rf'class="marker free sought" data-asset="{uid}"', page)
    assert "Found it" in page
    assert "Not there" in page


@pytest.mark.parametrize("nonsense", ["x", "00000000-0000-7000-8000-000000000000", "' OR 1"])
def test_a_map_opened_for_nothing_we_know_is_just_the_map(house, nonsense):
    assert "<svg viewBox" in page_of(house.porter, find=nonsense)


def test_a_search_leaves_only_what_matches(house):
    page = page_of(house.porter, q="-2")
    assert re.findall(r'data-asset="([^"]+)"', page) == [str(house.assets["P-2"].uid)]
    assert "1 of 3 match" in page


@pytest.mark.parametrize(
    ("code", "place"),
    [
        ("HIMS:ASSET:P-4", "/map/{1}/?find={P-4}"),
        ("c3:00:00:00:00:04", "/map/{1}/?find={P-4}"),
        ("P-5", "/locate/?q=P-5"),
        ("HIMS:ZONE:OR1", "/map/{1}/?room={OR1}"),
    ],
)
def test_a_scanned_code_leads_to_its_own_place(house, code, place):
    names = {**house.floors, **house.assets, **house.zones}
    expected = re.sub(r"{([^}]+)}", lambda name: str(names[name[1]].uid), place)
    response = given.signed_in(house.porter).get("/map/G/", {"q": code})
    assert response.headers["Location"] == expected


def test_a_scanned_wristband_leads_nowhere(house):
    response = given.signed_in(house.nurse).get("/map/G/", {"q": "c3:00:00:00:07:01"})
    assert response.status_code == 200
    assert "0 of 3 match" in response.content.decode()


def test_a_kind_leaves_only_its_own(house):
    page = page_of(house.porter, "/map/1/", kind="bed")
    assert re.findall(r'data-asset="([^"]+)"', page) == [str(house.assets["B-1"].uid)]


def test_what_is_only_known_to_be_somewhere_in_an_area_stands_beside_its_rooms(house):
    area = house.zones["ED"]
    area.polygon = "POLYGON ((0 0, 6 0, 6 6, 0 6, 0 0))"
    area.save()
    given.placed(house.assets["P-1"], area, level="area")
    page = page_of(house.porter)
    spot = rf'data-asset="{house.assets["P-1"].uid}"[^>]*translate\(3.00 -(8.00)\)'
    assert re.search(spot, page), "above the upper edge at y 6, which SVG counts as -6"


def test_more_things_than_can_be_drawn_are_counted_by_room(house, monkeypatch):
    monkeypatch.setattr(map_query, "MOST_MARKERS", 2)
    page = page_of(house.porter)
    assert 'class="marker ' not in page
    clusters = dict(
        re.findall(r'(?s)class="cluster[^"]*" data-zone="([^"]+)".*?<text[^>]*>(\d+)<', page)
    )
    assert clusters == {str(house.zones["ST"].uid): "2", str(house.zones["ED-1"].uid): "1"}
    data = given.signed_in(house.porter).get("/map/G/markers/").json()
    assert data["unlisted"] == {zone: int(count) for zone, count in clusters.items()}


def test_numbers_in_the_drawing_keep_their_decimal_point_in_every_language(house, settings):
    settings.LANGUAGE_CODE = "de"
    page = page_of(house.porter)
    for number in re.findall(r'(?:data-[xywh]|viewBox|font-size)="([^"]+)"', page):
        assert "," not in number


def at_minutes_ago(house, minutes: int, someone=None) -> dict:
    browser = given.signed_in(someone or house.porter)
    return browser.get("/map/G/markers/", {"ago": minutes}).json()


def test_the_last_day_is_shown_from_stays_with_no_state_and_no_people(house):
    bay, store = str(house.zones["ED-1"].uid), str(house.zones["ST"].uid)
    two_hours = at_minutes_ago(house, 120, house.nurse)
    pump = str(house.assets["P-1"].uid)
    assert [(one["asset"], one["zone"]) for one in two_hours["markers"]] == [(pump, bay)]
    assert {one["state"] for one in two_hours["markers"]} == {"unknown"}
    assert two_hours["staff"] == {}
    half_an_hour = at_minutes_ago(house, 30)
    assert [(one["asset"], one["zone"]) for one in half_an_hour["markers"]] == [(pump, store)]
    assert at_minutes_ago(house, 1_000)["markers"] == []


@pytest.mark.parametrize("nonsense", ["-5", "x", "99999999999999999999", "", "1.5"])
def test_a_moment_that_is_none_is_now(house, nonsense):
    assert len(at_minutes_ago(house, nonsense)["markers"]) == 3
