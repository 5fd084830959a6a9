"""Periods of reports: whole days of the hospital's calendar, half-open, whatever clocks do."""

from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hims.domain.periods import BadPeriod, Cadence, Period, newest_whole, period_of

BERLIN = ZoneInfo("Europe/Berlin")
DAYS = st.dates(date(2000, 1, 1), date(2090, 1, 1))
CADENCES = st.sampled_from(list(Cadence))


@pytest.mark.parametrize(
    ("first", "until", "words"),
    [
        (date(2026, 3, 2), date(2026, 3, 1), "ends before it begins"),
        (date(2026, 3, 2), date(2026, 3, 2), "is empty"),
        (date(2010, 1, 1), date(2026, 1, 1), "longer than ten years"),
    ],
)
def test_a_bad_period_is_refused_with_what_to_do(first, until, words):
    with pytest.raises(BadPeriod, match=words):
        Period(first, until)


@pytest.mark.parametrize(
    ("day", "hours"),
    [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25), (date(2026, 6, 1), 24)],
)
def test_a_day_has_as_many_hours_as_the_clocks_say(day, hours):
    begins, ends = period_of(day, Cadence.DAY).bounds(BERLIN)
    assert ends - begins == timedelta(hours=hours)


def test_a_year_holds_both_nights_and_ten_years_are_not_too_long():
    begins, ends = Period(date(2026, 1, 1), date(2027, 1, 1)).bounds(BERLIN)
    assert ends - begins == timedelta(days=365)
    assert Period(date(2016, 1, 1), date(2026, 1, 1)).days == 3653


@given(DAYS, CADENCES)
def test_units_of_a_cadence_follow_each_other_without_a_gap(day, cadence):
    period = period_of(day, cadence)
    assert period.first <= day <= period.last
    assert period.is_whole(cadence)
    assert period_of(period.until, cadence).first == period.until
    assert period.bounds(BERLIN)[1] == period_of(period.until, cadence).bounds(BERLIN)[0]


@given(DAYS, CADENCES)
def test_the_newest_whole_one_is_over_and_the_next_is_not(day, cadence):
    newest = newest_whole(day, cadence)
    assert newest.until <= day < period_of(newest.until, cadence).until


@given(DAYS, st.integers(1, 400))
def test_the_period_before_ends_where_this_one_begins(day, length):
    period = Period(day, day + timedelta(days=length))
    assert period.before().until == day
    whole = period_of(day, Cadence.MONTH)
    assert whole.before().is_whole(Cadence.MONTH)
