"""The find-rate counts taps of people who looked; the time to find only where it is known."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import given as examples
from hypothesis import strategies as st

from hims.reporting.declared import report_of
from tests import given
from tests.given_reports import made
from tracking.actions.sightings import found_here, not_there

from .equipment import DAYS, NOW, OURS, asked, at, counted, forgotten, seen

FOUND = report_of("FOUND")

OTHERWISE = """
SELECT count(*) FILTER (WHERE was_first_answer), count(was_first_answer),
       count(*) FILTER (WHERE source = 'pick' AND was_first_answer IS NULL),
       count(*) FILTER (WHERE was_first_answer IS NOT NULL OR source IN ('pick', 'not_there'))
FROM tracking_sighting WHERE asset_id IS NOT NULL AND at >= %(begins)s AND at < %(ends)s
"""
taps = st.lists(
    st.tuples(
        st.integers(-10, 450),
        st.sampled_from(OURS),
        st.sampled_from(["scan", "pick", "not_there", "survey"]),
        st.sampled_from([True, False, None]),
    ),
    max_size=12,
)


@examples(taps=taps)
@settings(
    max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_the_numbers_are_those_of_plain_counts(house, taps):
    with forgotten():
        for tick, number, source, first in taps:
            judged = first if source in {"scan", "pick"} else False if first is False else None
            judged = None if source == "survey" else judged
            seen(
                house.assets[number],
                house.zones["ST"],
                tick,
                house.nurse,
                source,
                was_first_answer=judged,
            )
        found = counted(made(FOUND, DAYS, house.manager, NOW))
        ((right, judged, unnamed, told),) = asked(OTHERWISE)
    assert found["first"] == (right, judged, 0)
    assert found["unnamed"][0] == unnamed
    assert found["told"][0] == told


def tap(house, what, minute: int, zone: str, number: str = "P-1", actor=None):
    return what(
        actor=actor or house.nurse,
        now=at(0) + timedelta(minutes=minute),
        asset=house.assets[number],
        zone=house.zones[zone],
    )


def test_a_search_in_vain_and_found_elsewhere_after_twelve_minutes(house):
    given.placed(house.assets["P-1"], house.zones["ST"], at=at(0))
    tap(house, not_there, 60, "ST")
    tap(house, found_here, 72, "COR")
    tap(house, found_here, 500, "ST")  # found at first; nobody knows how long it took
    tap(house, found_here, 501, "ST", "P-5")  # nothing had been said of it
    kept = made(FOUND, DAYS, house.manager, NOW, grouping="hour")
    found = counted(kept)
    assert found["first"] == (1, 3, 0)
    assert found["took"] == (1, None, 2)
    assert str(kept.lines[1].told.value) == "12.0"
    assert found["unnamed"][0] == 1
    outcomes = [row[FOUND.place("outcome")] for row in kept.cells()]
    assert outcomes == [
        "not there, where it was said",
        "found elsewhere",
        "found where it was said",
        "found, no room was said",
    ]
    assert [key for key, _lines in kept.groups] == [1, 8]


@pytest.mark.parametrize(("minutes", "seconds"), [(30, 1800), (130, None)])
def test_the_time_to_find_begins_with_a_reservation_of_the_same_search(house, minutes, seconds):
    pump = house.assets["P-1"]
    pump.reservations.create(actor=house.nurse, period=(at(0), at(3)))
    pump.reservations.create(actor=house.porter, period=(at(4), at(5)))  # not of who found it
    tap(house, found_here, minutes, "ST")
    (row,) = made(FOUND, DAYS, house.manager, NOW).cells()
    assert row[FOUND.place("took")] == seconds
