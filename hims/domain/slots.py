"""When somebody can be booked: the hours of a weekday become slots, and the dates of a series.

Hours are what the clock on the wall says; slots are moments. On the night when the clock goes
forward a slot that does not exist is not offered; when it goes back, the doubled hour is offered
once, the first time it comes.
"""

import calendar
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

Busy = tuple[datetime, datetime]
LONGEST_SERIES = 120


@dataclass(frozen=True)
class Hours:
    """On `weekday` (Monday is 0) from `begins` to `ends`, on days from `valid_from` to
    `valid_until` (None: no end), both included, in slots of `minutes`."""

    weekday: int
    begins: time
    ends: time
    valid_from: date
    valid_until: date | None
    minutes: int

    def on(self, day: date) -> bool:
        """Whether these hours are kept on `day`."""
        return (
            day.weekday() == self.weekday
            and self.valid_from <= day
            and (self.valid_until is None or day <= self.valid_until)
        )


def days(first: date, last: date) -> Iterator[date]:
    """Each day from `first` to `last`, both included."""
    for number in range((last - first).days + 1):
        yield first + timedelta(days=number)


def slots_on(day: date, hours: Hours, zone: tzinfo) -> Iterator[Busy]:
    """The slots [begins, ends) of `hours` on `day`, in UTC, in order, none overlapping another.

    Each lasts `hours.minutes` of real time and is over when the hours are, by the clock.
    """
    if not hours.on(day):
        return
    length = timedelta(minutes=hours.minutes)
    wall = datetime.combine(day, hours.begins)
    closes = datetime.combine(day, hours.ends)
    free_from = None
    while wall + length <= closes:
        begins = moment(wall, zone)
        if begins is not None and (free_from is None or begins >= free_from):
            ends = begins + length
            if ends.astimezone(zone).replace(tzinfo=None) <= closes:
                yield begins, ends
                free_from = ends
        wall += length


def moment(wall: datetime, zone: tzinfo) -> datetime | None:
    """The moment in UTC at which the clocks of `zone` show `wall` (without a zone): the first of
    two; None if they never do."""
    at = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    return at if at.astimezone(zone).replace(tzinfo=None, fold=0) == wall else None


def merged(periods: Iterable[Busy]) -> list[Busy]:
    """The same time as periods in order that neither overlap nor touch."""
    joined: list[Busy] = []
    for begins, ends in sorted(periods):
        if joined and begins <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(ends, joined[-1][1]))
        else:
            joined.append((begins, ends))
    return joined


def overlaps(slot: Busy, busy: Sequence[Busy]) -> bool:
    """Whether a half-open slot meets one of `busy`, which `merged` has put in order."""
    at = bisect_left(busy, (slot[1],))
    return at > 0 and busy[at - 1][1] > slot[0]


def shared(period: Busy, others: Sequence[Busy]) -> timedelta:
    """How much of `period` lies in `others`, which `merged` has put in order."""
    inside = timedelta(0)
    for begins, ends in others:
        inside += max(timedelta(0), min(ends, period[1]) - max(begins, period[0]))
    return inside


def recurring(first: datetime, every: int, unit: str, count: int) -> list[datetime]:
    """What the clock shows at each of `count` times: every so many days (d), weeks (wk) or months
    (mo) from `first`, at the same time of day. A month without that day has its last one instead.

    Raises ValueError where count or every is not positive, or the series is too long.
    """
    if not (1 <= count <= LONGEST_SERIES and every >= 1):
        raise ValueError(f"a series has 1 to {LONGEST_SERIES} times")
    if unit == "mo":
        return [_months_later(first, every * number) for number in range(count)]
    step = timedelta(days=every * {"d": 1, "wk": 7}[unit])
    return [first + step * number for number in range(count)]


def _months_later(first: datetime, months: int) -> datetime:
    years, month = divmod(first.month - 1 + months, 12)
    year, month = first.year + years, month + 1
    last = calendar.monthrange(year, month)[1]
    return first.replace(year=year, month=month, day=min(first.day, last))
