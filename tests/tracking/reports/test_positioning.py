"""Positions are judged by what people saw, against what the locator had said just before."""

from datetime import UTC, datetime
from decimal import Decimal

from hypothesis import HealthCheck, settings
from hypothesis import given as examples
from hypothesis import strategies as st

from hims.reporting.declared import report_of
from tests import given
from tests.given_reports import made
from tracking.actions.sightings import found_here
from tracking.models import TagAssignment

from .equipment import (
    DAYS,
    NOW,
    OURS,
    TICKS,
    asked,
    at,
    counted,
    forgotten,
    said,
    seen,
    stayed,
    stories,
    told,
)

POSITIONS, COVERAGE = report_of("POSITIONS"), report_of("COVERAGE")
HOUR = 3600

# Band by band, as the expected calibration error is written down: sum of n/N * |right - stated|.
OTHERWISE = """
WITH answer AS (
    SELECT s.believed_level AS level, round(s.believed_probability::numeric, 4) AS p,
           (s.zone_id = s.believed_zone_id OR s.zone_id IN (
               SELECT m.area_id FROM hims_zone m WHERE m.id = s.believed_zone_id)
            OR s.believed_level = 'area' AND s.zone_id IN (
               SELECT m.id FROM hims_zone m WHERE m.area_id = s.believed_zone_id)) AS good
    FROM tracking_sighting s
    WHERE s.source <> 'not_there' AND s.at >= %(begins)s AND s.at < %(ends)s),
band AS (
    SELECT count(*) AS n, abs(count(*) FILTER (WHERE good)::numeric / count(*) - avg(p)) AS gap
    FROM answer WHERE level IN ('zone', 'area')
    GROUP BY width_bucket(least(p, 0.99995), 0, 1, 10))
SELECT count(*), count(*) FILTER (WHERE level <> ''),
       count(*) FILTER (WHERE level IN ('zone', 'area')),
       count(*) FILTER (WHERE level IN ('zone', 'area') AND good),
       (SELECT sum(n * gap) FROM band)
FROM answer
"""
answers = st.lists(
    st.tuples(
        st.integers(-10, 450),
        st.sampled_from(OURS),
        st.sampled_from(["ST", "ED", "ED-1", "W1"]),
        st.sampled_from(["scan", "pick", "survey", "not_there"]),
        st.sampled_from([None, "unknown", "ST", "ED", "ED-1"]),
        st.sampled_from([0.0, 0.1, 0.45, 0.5, 0.9333333, 1.0]),
    ),
    max_size=14,
)


def belief(house, zone: str | None, p: float) -> dict:
    """What was believed, as columns of a sighting."""
    if zone is None:
        return {}
    if zone == "unknown":
        return {"believed_level": "unknown", "believed_probability": p}
    return {
        "believed_zone": house.zones[zone],
        "believed_floor": house.zones[zone].floor,
        "believed_level": "area" if zone == "ED" else "zone",
        "believed_probability": p,
        "believed_source": "radio",
    }


@examples(answers=answers)
@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_the_numbers_are_those_of_the_error_written_down_band_by_band(house, answers):
    with forgotten():
        for tick, number, zone, source, believed, p in answers:
            seen(
                house.assets[number],
                house.zones[zone],
                tick,
                house.nurse,
                source,
                **belief(house, believed, p),
            )
        found = counted(made(POSITIONS, DAYS, house.manager, NOW))
        ((count, kept, named, good, gaps),) = asked(OTHERWISE)
    assert found["seen"][0] == count
    assert found["named"] == (named, kept, count - kept)
    assert found["right"] == (good, named, count - kept)
    assert abs(Decimal(found["calibration"][0]) - (gaps or 0)) < Decimal("0.0001")
    assert found["calibration"][1:] == (named, count - kept)


def test_two_answers_of_nine_tenths_of_which_one_was_right(house):
    now = at(10)
    given.engine_beat(now)
    for number, zone, where in (("P-1", "ST", "ST"), ("P-4", "W1", "COR")):
        given.placed(house.assets[number], house.zones[zone], at=at(0), probability=0.9)
        found_here(actor=house.nurse, now=now, asset=house.assets[number], zone=house.zones[where])
    kept = made(POSITIONS, DAYS, house.manager, NOW, grouping="tenth")
    told_of = {line.figure.name: line.told.value for line in kept.lines}
    assert told_of["right"] == Decimal("50.0")
    assert told_of["floor"] == Decimal("50.0")
    assert told_of["stated"] == Decimal("90.0")
    assert told_of["calibration"] == Decimal("40.0")
    assert [key for key, _lines in kept.groups] == ["90 to 100"]


PLACED_OTHERWISE = """
WITH tick AS (
    SELECT a.id, t, EXISTS (SELECT FROM tracking_stay s WHERE s.asset_id = a.id
                            AND s.source = 'radio' AND s.started_at <= t AND t < s.ended_at) AS up
    FROM inventory_asset a
    JOIN tracking_tagassignment w ON w.asset_id = a.id
    JOIN generate_series(%(begins)s::timestamptz, %(ends)s::timestamptz - interval '10 min',
                         interval '10 min') AS t ON w.period @> t
    GROUP BY a.id, t)
SELECT 600 * count(*), 600 * count(*) FILTER (WHERE up),
       (SELECT count(*) FROM (SELECT FROM tick GROUP BY id, t::date HAVING NOT bool_or(up)) AS s)
FROM tick
"""


@examples(
    stories=stories,
    worn=st.lists(st.tuples(st.sampled_from(OURS), st.integers(-100, TICKS)), max_size=4),
)
@settings(
    max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_coverage_is_that_of_counting_tick_by_tick(house, stories, worn):
    with forgotten():
        told(house, stories)
        for number, (asset, tick) in enumerate(worn, 1):
            tag = house.tag(f"C3:00:00:00:00:0{min(number, 4)}")
            if not TagAssignment.objects.filter(tag=tag, period__overlap=(at(tick), at(440))):
                TagAssignment.objects.create(
                    tag=tag, asset=house.assets[asset], period=(at(tick), at(440))
                )
        found = counted(made(COVERAGE, DAYS, house.manager, NOW))
        ((whole, placed, silent),) = asked(PLACED_OTHERWISE)
    assert found["placed"][:2] == (placed, whole)
    assert found["silent"][0] == silent


def test_a_tag_that_was_heard_for_half_a_day_and_then_taken_off(house):
    pump = house.assets["P-1"]
    TagAssignment.objects.create(
        tag=house.tag("C3:00:00:00:00:01"), asset=pump, period=(at(0), at(150))
    )
    said(pump, "free", 0)
    stayed(pump, house.zones["ST"], 0, 72)
    kept = made(COVERAGE, DAYS, house.manager, NOW)
    assert counted(kept)["placed"] == (12 * HOUR, 25 * HOUR, 0)
    assert counted(kept)["silent"] == (1, 2, 0)
    assert (
        made(COVERAGE, DAYS, house.manager, datetime(2026, 10, 24, tzinfo=UTC)).lines[0].told.value
        is None
    )
