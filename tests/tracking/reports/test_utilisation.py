"""R2 tells use as places show it apart from use as people said, and what is idle."""

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import given as examples

from hims.reporting.declared import report_of
from tests import given
from tests.given_reports import made

from .equipment import DAYS, NOW, TICKS, asked, counted, forgotten, said, stayed, stories, told

R2 = report_of("R2")
HOUR = 3600

# Each thing tick by tick; what is known of a thing at all decides whether its sums are.
OTHERWISE = """
WITH facts AS (
    SELECT a.id, t,
        (SELECT h.state FROM inventory_historicalasset h
         WHERE h.id = a.id AND coalesce(h.state_at, h.history_date) <= t
         ORDER BY coalesce(h.state_at, h.history_date) DESC, h.history_id DESC LIMIT 1) AS state,
        EXISTS (SELECT FROM tracking_stay s WHERE s.asset_id = a.id AND s.started_at <= t
                AND t < s.ended_at) AS placed,
        EXISTS (SELECT FROM tracking_stay s JOIN hims_zone z ON z.id = s.zone_id
                WHERE s.asset_id = a.id AND s.started_at <= t AND t < s.ended_at
                AND z.kind NOT IN ('area', 'corridor', 'store', 'lift')
                AND (a.home_id IS NULL OR a.home_id <> z.id)) AS care
    FROM inventory_asset a CROSS JOIN generate_series(
        %(begins)s::timestamptz - interval '30 d', %(ends)s::timestamptz - interval '10 min',
        interval '10 min') AS t),
thing AS (
    SELECT id, bool_or(state <> 'unknown') FILTER (WHERE t >= %(begins)s) AS known,
        bool_or(placed AND state IS NOT NULL) FILTER (WHERE t >= %(begins)s) AS placed,
        600 * count(*) FILTER (WHERE t >= %(begins)s AND state IN ('free', 'in_use', 'dirty'))
            AS serves,
        600 * count(*) FILTER (WHERE t >= %(begins)s AND state IN ('free', 'in_use', 'dirty')
                               AND care) AS cares,
        600 * count(*) FILTER (WHERE t >= %(begins)s AND state = 'in_use') AS uses
    FROM facts GROUP BY id HAVING count(state) FILTER (WHERE t >= %(begins)s) > 0)
SELECT coalesce(sum(cares) FILTER (WHERE known AND placed), 0),
       coalesce(sum(serves) FILTER (WHERE known AND placed), 0),
       count(*) FILTER (WHERE NOT coalesce(known AND placed, false)),
       coalesce(sum(uses) FILTER (WHERE known), 0), coalesce(sum(serves) FILTER (WHERE known), 0),
       count(*)
FROM thing
"""


@examples(stories=stories)
@settings(
    max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_the_numbers_are_those_of_counting_tick_by_tick(house, stories):
    with forgotten():
        told(house, stories)
        found = counted(made(R2, DAYS, house.manager, NOW))
        (row,) = asked(OTHERWISE)
    cares, serves, unknown, uses, serving, things = row
    assert found["by_place"] == (cares, serves, unknown)
    assert found["by_word"][:2] == (uses, serving)
    assert found["things"][0] == things


def test_a_pump_with_patients_for_a_day_and_in_use_for_an_hour(house):
    pump = house.assets["P-1"]
    said(pump, "free", 0)
    said(pump, "in_use", 144)
    said(pump, "free", 150)
    stayed(pump, house.zones["ED-1"], 100, 244)
    stayed(pump, house.zones["ST"], 244, 288)
    kept = made(R2, DAYS, house.manager, NOW)
    found = counted(kept)
    assert found["by_place"] == (24 * HOUR, 72 * HOUR, 0)
    assert found["by_word"] == (HOUR, 72 * HOUR, 0)
    assert found["placed"] == (188 * 600, 72 * HOUR, 0)
    (cells,) = (dict(zip(R2.names, row, strict=True)) for row in kept.cells())
    assert cells["last_use"] == "2026-10-25T16:40:00+00:00"
    assert (cells["idle_days"], cells["idle"], cells["tagged"]) == (1, False, False)


@pytest.mark.parametrize(
    ("first", "state", "idle"),
    [
        (-60, "free", True),
        (-20, "free", False),
        (-60, "in_use", False),
        (-60, "unknown", None),
    ],
)
def test_idle_is_what_has_not_been_used_for_thirty_days(house, first, state, idle):
    said(house.assets["P-1"], state, first * 144)
    (row,) = made(R2, DAYS, house.manager, NOW).cells()
    assert row[R2.place("idle")] is idle


def test_time_at_home_is_no_sign_of_use_although_home_is_a_ward(house):
    bed = house.assets["B-1"]
    said(bed, "free", 0)
    stayed(bed, house.zones["W1"], 0, 144)
    stayed(bed, house.zones["OR1"], 144, 150)
    found = counted(made(R2, DAYS, house.manager, NOW))
    assert found["by_place"] == (HOUR, 72 * HOUR, 0)


def test_a_thing_that_stands_in_the_store_and_was_never_spoken_of(house):
    pump = house.assets["P-1"]
    said(pump, "unknown", 0)
    given.staying(pump, house.zones["ST"], NOW)
    stayed(pump, house.zones["ST"], 10, TICKS)
    found = counted(made(R2, DAYS, house.manager, NOW))
    assert found["by_place"] == (0, 0, 1)
    assert found["by_word"] == (0, 0, 1)
    assert found["idle"] == (0, 1, 0)
