"""Weekly hours as slots: on plain days, on the two nights when the clocks change, in series."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from hims.domain.slots import Hours, merged, moment, overlaps, recurring, shared, slots_on

BERLIN = ZoneInfo("Europe/Berlin")
SPRING, AUTUMN = date(2026, 3, 29), date(2026, 10, 25)
ALWAYS = {"valid_from": date(2000, 1, 1), "valid_until": None}

minutes_of_day = st.integers(0, 24 * 60 - 1)
some_days = st.one_of(
    st.dates(date(2024, 1, 1), date(2028, 12, 31)), st.sampled_from([SPRING, AUTUMN])
)
lengths = st.integers(5, 240)


def clock(minutes: int) -> time:
    return time(minutes // 60, minutes % 60)


def hours(day: date, begins: time, ends: time, minutes: int) -> Hours:
    return Hours(day.weekday(), begins, ends, minutes=minutes, **ALWAYS)


def shown(day: date, begins: time, ends: time, minutes: int = 30) -> list[str]:
    """The slots as the clock on the wall shows their beginnings."""
    found = slots_on(day, hours(day, begins, ends, minutes), BERLIN)
    return [f"{at.astimezone(BERLIN):%H:%M}" for at, _ends in found]


def test_the_hours_of_a_plain_day_are_cut_into_slots_and_the_rest_is_left():
    assert shown(date(2026, 3, 3), time(9), time(10, 45)) == ["09:00", "09:30", "10:00"]


def test_a_slot_that_does_not_exist_is_not_offered():
    assert shown(SPRING, time(1), time(4)) == ["01:00", "01:30", "03:00", "03:30"]
    assert shown(SPRING, time(2), time(3)) == []
    assert shown(SPRING, time(1, 45), time(2, 30)) == []


def test_the_doubled_hour_is_offered_once():
    assert shown(AUTUMN, time(1, 30), time(3, 30)) == ["01:30", "02:00", "02:30", "03:00"]
    first = next(iter(slots_on(AUTUMN, hours(AUTUMN, time(2), time(3), 30), BERLIN)))
    assert first == (
        datetime(2026, 10, 25, 0, 0, tzinfo=UTC),
        datetime(2026, 10, 25, 0, 30, tzinfo=UTC),
    )


def test_hours_are_kept_on_their_weekday_within_their_dates():
    kept = Hours(1, time(9), time(10), date(2026, 3, 3), date(2026, 3, 10), 30)
    days = [date(2026, 3, 1) + timedelta(days=number) for number in range(20)]
    assert [day.day for day in days if kept.on(day)] == [3, 10]
    assert list(slots_on(date(2026, 3, 17), kept, UTC)) == []


@given(day=some_days, begins=minutes_of_day, ends=minutes_of_day, length=lengths)
def test_slots_exist_last_as_long_as_they_should_and_never_overlap(day, begins, ends, length):
    assume(begins < ends)
    kept = hours(day, clock(begins), clock(ends), length)
    found = list(slots_on(day, kept, BERLIN))
    for at, until in found:
        wall, wall_until = at.astimezone(BERLIN), until.astimezone(BERLIN)
        assert until - at == timedelta(minutes=length)
        assert wall.date() == day
        assert clock(begins) <= wall.time()
        assert wall_until.replace(tzinfo=None) <= datetime.combine(day, clock(ends))
        assert wall.fold == 0
        assert (wall.hour * 60 + wall.minute - begins) % length == 0
    assert all(one[1] <= two[0] for one, two in pairwise(found))
    if day not in (SPRING, AUTUMN) and BERLIN.utcoffset(datetime.combine(day, time())) == (
        BERLIN.utcoffset(datetime.combine(day, time(23)))
    ):
        assert len(found) == (ends - begins) // length


periods = st.lists(
    st.tuples(st.integers(0, 200), st.integers(1, 40)).map(
        lambda pair: (
            datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=pair[0]),
            datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=sum(pair)),
        )
    ),
    max_size=8,
)


@given(busy=periods, slot=periods.filter(bool).map(lambda some: some[0]))
def test_a_slot_is_taken_exactly_when_it_meets_something_booked(busy, slot):
    meets = any(begins < slot[1] and slot[0] < ends for begins, ends in busy)
    assert overlaps(slot, merged(busy)) == meets
    minutes = {
        at
        for begins, ends in busy
        for at in range(int(begins.timestamp()), int(ends.timestamp()), 60)
        if slot[0].timestamp() <= at < slot[1].timestamp()
    }
    assert shared(slot, merged(busy)) == timedelta(minutes=len(minutes))


def test_a_series_keeps_its_time_of_day_and_ends_short_months_on_their_last_day():
    first = datetime.fromisoformat("2026-01-31T10:00")
    assert [f"{at:%m-%d %H:%M}" for at in recurring(first, 1, "mo", 3)] == [
        "01-31 10:00",
        "02-28 10:00",
        "03-31 10:00",
    ]
    weekly = recurring(datetime.fromisoformat("2026-03-22T02:30"), 1, "wk", 3)
    assert [moment(at, BERLIN) is not None for at in weekly] == [True, False, True]
    with pytest.raises(ValueError, match="series"):
        recurring(first, 1, "d", 0)
