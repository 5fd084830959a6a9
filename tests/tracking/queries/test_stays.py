"""Where things were: half-open intervals, newest first, the same however they are asked for."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests import given as there
from tracking.actions.sightings import found_here
from tracking.queries.stays import stays

NINE = datetime(2026, 11, 20, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def moved(house):
    """P-1: bay one 9 to 10, corridor 10 to 11, store since 11. P-2: store 10 to 12."""
    one, two, zones = house.assets["P-1"], house.assets["P-2"], house.zones
    there.stayed(one, zones["ED-1"], NINE, NINE + HOUR)
    there.stayed(one, zones["COR"], NINE + HOUR, NINE + 2 * HOUR)
    there.staying(one, zones["ST"], NINE + 2 * HOUR)
    there.stayed(two, zones["ST"], NINE + HOUR, NINE + 3 * HOUR)
    return house


def told(house, **asked) -> list[tuple[str, str]]:
    """(asset's number, zone's name) of each stay, newest first."""
    asked = {"viewer": house.nurse} | asked
    by_uid = {asset.uid: asset.number for asset in house.assets.values()}
    return [(by_uid[stay.asset], stay.zone_name) for stay in stays(**asked)]


def test_open_and_ended_stays_are_one_history_newest_first(moved):
    assert told(moved, asset=moved.assets["P-1"]) == [
        ("P-1", "Store two"),
        ("P-1", "Long corridor"),
        ("P-1", "Bay one"),
    ]


def test_a_stay_that_lasts_has_no_end(moved):
    newest, *ended = stays(viewer=moved.nurse, asset=moved.assets["P-1"])
    assert newest.ended_at is None
    assert all(stay.ended_at for stay in ended)


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        (0, 1, ["Bay one"]),
        (1, 2, ["Long corridor"]),
        (0.5, 1.5, ["Long corridor", "Bay one"]),
        (2, 24, ["Store two"]),
        (-3, 0, []),
        (0, None, ["Store two", "Long corridor", "Bay one"]),
        (None, 1, ["Bay one"]),
        (None, 0, []),
    ],
)
def test_intervals_are_half_open(moved, start, end, expected):
    found = told(
        moved,
        asset=moved.assets["P-1"],
        start=None if start is None else NINE + start * HOUR,
        end=None if end is None else NINE + end * HOUR,
    )
    assert [zone for _, zone in found] == expected


def test_a_zone_tells_who_was_there_at_the_same_time(moved):
    both = told(moved, zone=moved.zones["ST"], start=NINE + 2 * HOUR, end=NINE + 3 * HOUR)
    assert both == [("P-1", "Store two"), ("P-2", "Store two")]


def test_a_tag_tells_the_stays_of_who_bears_it(moved):
    assert len(told(moved, tag_address="c30000000001")) == 3
    assert told(moved, tag_address="c30000000002") == [("P-2", "Store two")]
    assert told(moved, tag_address="ffffffffffff") == []


def test_the_tag_of_a_person_tells_nothing(moved):
    for bearer, address in [
        (moved.staff["S-900"], "c30000000900"),
        (moved.patients["MRN-777001"], "c30000000701"),
    ]:
        there.stayed(bearer, moved.zones["ST"], NINE, NINE + HOUR)
        there.staying(bearer, moved.zones["ST"], NINE + HOUR)
        assert told(moved, tag_address=address) == []
    assert len(told(moved, zone=moved.zones["ST"])) == 2


def test_somebody_who_may_not_see_stays_sees_none(moved):
    assert told(moved, viewer=moved.newcomer) == []


def test_pages_lose_and_repeat_nothing_while_new_stays_come_in(moved):
    asset, zones = moved.assets["P-4"], moved.zones
    for number in range(23):  # several begin at the same moment
        begun = NINE - timedelta(hours=number // 3)
        there.stayed(asset, zones["W1"], begun, begun + timedelta(minutes=number))
    everything = [stay.key for stay in stays(viewer=moved.nurse, asset=asset)]
    read, before = [], None
    while page := stays(viewer=moved.nurse, asset=asset, before=before, limit=5):
        read += [stay.key for stay in page]
        before = (page[-1].started_at, page[-1].key)
        there.stayed(asset, zones["OR1"], NINE + 5 * HOUR, NINE + 6 * HOUR)
    assert read == everything


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(start=st.integers(-4, 8), length=st.integers(1, 8))
def test_the_overlap_search_agrees_with_the_definition(moved, start, length):
    begin, end = NINE + start * HOUR / 2, NINE + (start + length) * HOUR / 2
    everything = stays(viewer=moved.nurse)
    overlapping = {
        stay.key
        for stay in everything
        if stay.started_at < end and (stay.ended_at is None or stay.ended_at > begin)
    }
    asked = stays(viewer=moved.nurse, start=begin, end=end)
    assert {stay.key for stay in asked} == overlapping


def test_a_sighting_alone_is_no_stay(moved):
    asset, zone = moved.assets["B-1"], moved.zones["OR1"]
    found_here(actor=moved.nurse, now=moved.now, asset=asset, zone=zone)
    assert told(moved, asset=asset) == [], "the engine alone writes stays"
