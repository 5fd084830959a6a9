"""R1 counts the seconds in which equipment was in service and located, and says no more."""

from datetime import date
from decimal import Decimal

from django.test import override_settings
from hypothesis import HealthCheck, settings
from hypothesis import given as examples

from hims.domain.periods import Period
from hims.reporting.declared import report_of
from tests import given
from tests.given_reports import made

from .equipment import DAYS, NOW, asked, at, counted, forgotten, said, seen, stayed, stories, told

R1 = report_of("R1")
HOUR = 3600

# Tick by tick: what was said last, whether there was a sign within two hours.
OTHERWISE = """
WITH tick AS (
    SELECT generate_series(%(begins)s::timestamptz, %(ends)s::timestamptz - interval '10 min',
                           interval '10 min') AS t),
facts AS (
    SELECT a.kind_id, a.id, t, t::date AS day,
        (SELECT h.state FROM inventory_historicalasset h
         WHERE h.id = a.id AND coalesce(h.state_at, h.history_date) <= t
         ORDER BY coalesce(h.state_at, h.history_date) DESC, h.history_id DESC LIMIT 1) AS state,
        EXISTS (SELECT FROM tracking_stay s WHERE s.asset_id = a.id AND s.started_at <= t
                AND s.ended_at > s.started_at AND t < s.ended_at + interval '2 h')
        OR EXISTS (SELECT FROM tracking_sighting g WHERE g.asset_id = a.id AND g.at <= t
                   AND t < g.at + interval '2 h' AND g.source <> 'not_there') AS located
    FROM inventory_asset a CROSS JOIN tick),
here AS (SELECT *, state IN ('free', 'in_use', 'dirty') AS serves FROM facts
         WHERE state IS NOT NULL),
fewest AS (SELECT kind_id, day, min(n) AS n FROM (
    SELECT kind_id, day, t, count(*) FILTER (WHERE serves AND located) AS n
    FROM here GROUP BY kind_id, day, t) AS at_once GROUP BY kind_id, day)
SELECT 600 * count(*) FILTER (WHERE serves AND located),
       600 * count(*) FILTER (WHERE state <> 'unknown'),
       600 * count(*) FILTER (WHERE serves), 600 * count(*) FILTER (WHERE located),
       600 * count(*), 600 * count(*) FILTER (WHERE located AND state = 'free'),
       600 * count(*) FILTER (WHERE state = 'in_use'),
       600 * count(*) FILTER (WHERE state = 'dirty'),
       600 * count(*) FILTER (WHERE state = 'unknown'),
       (SELECT count(*) FROM fewest WHERE n = 0), (SELECT count(*) FROM fewest)
FROM here
"""


@examples(stories=stories)
@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_the_numbers_are_those_of_counting_tick_by_tick(house, stories):
    with forgotten():
        told(house, stories)
        kept = made(R1, DAYS, house.manager, NOW)
        found = counted(kept)
        (row,) = asked(OTHERWISE)
    both, known, serving, located, here, ready, in_use, dirty, unsaid, none, days = row
    assert found["service_located"][:2] == (both, known)
    assert found["service"][:2] == (serving, known)
    assert found["located"][:2] == (located, here)
    assert found["ready"][:2] == (ready, known)
    assert found["in_use"][0] == in_use
    assert found["dirty"][0] == dirty
    assert found["unsaid"][0] == unsaid
    assert (found["none"][0], found["fewest"][0]) == (none, days)


def test_a_pump_that_broke_at_noon_and_was_heard_until_six(house):
    pump, zone = house.assets["P-1"], house.zones["ST"]
    said(pump, "free", 0)
    stayed(pump, zone, 0, 36)  # till 06:00, so located till 08:00
    said(pump, "broken", 72)
    kept = made(R1, Period(date(2026, 10, 24), date(2026, 10, 25)), house.manager, NOW)
    (row,) = kept.cells()
    cells = dict(zip(R1.names, row, strict=True))
    assert (cells["number"], cells["kind"], cells["home"]) == ("P-1", "Infusion pump", "Store two")
    assert (cells["required"], cells["in_service"]) == (24 * HOUR, 12 * HOUR)
    assert (cells["located"], cells["both"], cells["ready"]) == (8 * HOUR, 8 * HOUR, 8 * HOUR)
    assert (cells["fewest"], cells["none"]) == (0, True)
    assert kept.lines[0].told.value == Decimal("33.3")


def test_the_fewest_at_once_is_one_while_one_of_two_pumps_is_broken(house):
    for number in ("P-1", "P-4"):
        said(house.assets[number], "free", 0)
        stayed(house.assets[number], house.zones["ST"], 0, 3 * 144)
    said(house.assets["P-4"], "broken", 200)
    said(house.assets["P-4"], "free", 210)
    kept = made(R1, DAYS, house.manager, NOW)
    fewest = [(row[R1.place("fewest")], row[R1.place("none")]) for row in kept.cells()]
    assert fewest == [(2, False)] * 2 + [(1, False)] * 2 + [(2, False)] * 2
    assert counted(kept)["none"][0] == 0


def test_the_last_word_of_a_moment_counts_and_so_does_an_hour_old_place_at_the_start(house):
    pump = house.assets["P-1"]
    said(pump, "broken", 0)
    said(pump, "free", 0)
    stayed(pump, house.zones["ST"], -30, -6)
    found = counted(made(R1, DAYS, house.manager, NOW))
    assert found["service"] == (72 * HOUR, 72 * HOUR, 0)
    assert found["located"] == (HOUR, 72 * HOUR, 0)


def test_spoken_for_is_not_ready_and_not_there_is_no_sign_of_a_place(house):
    pump = house.assets["P-1"]
    said(pump, "free", 0)
    seen(pump, house.zones["ST"], 0, house.nurse)
    seen(pump, house.zones["ST"], 60, house.nurse, "not_there")
    pump.reservations.create(actor=house.nurse, period=(at(3), at(6)))
    found = counted(made(R1, DAYS, house.manager, NOW))
    assert found["located"] == (2 * HOUR, 72 * HOUR, 0)
    assert found["ready"] == (2 * HOUR - HOUR // 2, 72 * HOUR, 0)


def test_what_nobody_said_is_told_apart_and_no_days_are_no_percentage(house):
    empty = made(R1, DAYS, house.manager, NOW)
    assert empty.edition.row_count == 0
    assert empty.lines[0].told.value is None
    said(house.assets["P-1"], "unknown", 0)
    found = counted(made(R1, DAYS, house.manager, NOW))
    assert found["service_located"] == (0, 0, 3)
    assert found["unsaid"][0] == 72 * HOUR
    assert made(R1, DAYS, house.manager, NOW, kind="bed").edition.row_count == 0


def test_today_ends_now_and_an_open_stay_when_the_thing_was_heard_last(house):
    pump = house.assets["P-1"]
    said(pump, "free", 0)
    given.staying(pump, house.zones["ST"], at(0))
    given.placed(pump, house.zones["ST"], at=at(0), heard_at=at(12))
    found = counted(made(R1, DAYS, house.manager, at(60)))
    assert found["located"] == (4 * HOUR, 10 * HOUR, 0)


@override_settings(TIME_ZONE="Europe/Berlin")
def test_the_night_the_clock_goes_back_has_25_hours(house):
    said(house.assets["P-1"], "free", -100)
    day = Period(date(2026, 10, 25), date(2026, 10, 26))
    assert counted(made(R1, day, house.manager, NOW))["service"] == (25 * HOUR, 25 * HOUR, 0)
