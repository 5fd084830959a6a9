"""The map of a floor: equipment as markers, staff as numbers, patients not at all."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from inventory.actions.assets import reserve
from tests import given as there
from tracking.queries import map as map_queries
from tracking.queries.map import floor_map


@pytest.fixture
def full(house):
    there.everybody_somewhere(house)
    return house


def seen(house, floor="G", *, viewer=None, now=None, **asked):
    return floor_map(
        viewer=viewer or house.nurse, floor=house.floors[floor], now=now or house.now, **asked
    )


def zones(shown) -> dict:
    return {zone.code: zone for zone in shown.zones}


def markers(shown) -> list[str]:
    return [marker.number for marker in shown.markers]


def test_a_floor_shows_its_own_rooms_and_equipment_only(full):
    assert set(zones(seen(full))) == {"ED", "ED-1", "COR", "ST", "L0"}
    assert set(markers(seen(full))) == {"P-1", "P-2", "P-3"}
    assert set(markers(seen(full, "1"))) == {"P-4", "B-1"}


def test_a_room_counts_what_is_in_it_and_what_of_it_is_free_and_in_date(full):
    store = zones(seen(full))["ST"]
    assert (store.assets, store.free) == (2, 1), "P-3 is overdue"
    assert zones(seen(full))["COR"].assets == 0


def test_what_somebody_has_reserved_is_not_counted_as_free(full):
    reserve(actor=full.nurse, now=full.now, asset=full.assets["P-1"])
    assert zones(seen(full))["ST"].free == 0


def test_staff_are_a_number_and_only_for_those_who_may_see_numbers(full):
    assert zones(seen(full, "1"))["W1"].staff == 1
    assert zones(seen(full, "1", viewer=full.porter))["W1"].staff is None


def test_patients_are_neither_markers_nor_numbers(full):
    ward = zones(seen(full, "1"))["W1"]
    assert (ward.assets, ward.staff) == (2, 1), "two patients lie here too"


def test_staff_who_are_no_longer_heard_are_not_counted(full):
    long_ago = full.now - timedelta(hours=1)
    there.placed(full.staff["S-900"], full.zones["W1"], heard_at=long_ago)
    assert zones(seen(full, "1"))["W1"].staff == 0


def test_a_marker_fades_when_the_engine_stops(full):
    marker = seen(full, now=full.now + timedelta(hours=2)).markers[0]
    assert marker.age_s == 7200
    assert marker.probability == pytest.approx(0.475)


def test_what_is_overdue_is_marked(full):
    overdue = {marker.number: marker.overdue for marker in seen(full).markers}
    assert overdue == {"P-1": False, "P-2": False, "P-3": True}


@pytest.mark.parametrize(
    ("q", "expected"),
    [
        ("P-3", ["P-3"]),
        ("p-3", ["P-3"]),
        ("agilia", ["P-1", "P-2", "P-3"]),
        ("P_3", []),
        ("%", []),
        ("\\", []),
        ("'", []),
    ],
)
def test_words_narrow_the_markers_and_signs_mean_only_themselves(full, q, expected):
    assert sorted(markers(seen(full, q=q))) == expected


def test_kind_and_room_narrow_the_markers(full):
    assert markers(seen(full, "1", kind="bed")) == ["B-1"]
    assert markers(seen(full, zone=str(full.zones["ED-1"].uid))) == ["P-2"]


def test_what_is_only_known_to_be_on_the_floor_is_counted_on_it(full):
    position = there.placed(full.assets["P-5"], None)
    position.level, position.floor = "floor", full.floors["G"]
    position.save()
    shown = seen(full)
    assert shown.assets_on_floor == 4
    assert {marker.number: marker.zone for marker in shown.markers}["P-5"] is None


def test_a_crowded_floor_shows_numbers_until_something_narrows_it(full, monkeypatch):
    monkeypatch.setattr(map_queries, "MOST_MARKERS", 2)
    shown = seen(full)
    assert shown.markers == []
    assert shown.assets_on_floor == 3
    assert zones(shown)["ST"].assets == 2
    assert markers(seen(full, q="P-3")) == ["P-3"]


def test_somebody_who_may_not_see_equipment_gets_no_markers(full):
    assert seen(full, viewer=full.newcomer).markers == []


def test_the_number_of_queries_does_not_grow_with_the_floor(full):
    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            seen(full)
        return len(queries)

    before = asked()
    there.assets([{"asset": f"M-{n}", "kind": "pump", "name": "More"} for n in range(30)])
    for asset in there.known_by_code(full.now).assets.values():
        there.placed(asset, full.zones["ST"])
    assert asked() == before <= 4
