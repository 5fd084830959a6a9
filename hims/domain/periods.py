"""Periods of reports: half-open, in whole days of the hospital's calendar.

A day has 23 or 25 hours on the nights when clocks change; no formula here assumes 24.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

LONGEST_DAYS = 3653  # ten years


class Cadence(StrEnum):
    """How often a report is made; its standard period is one of these."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"


class BadPeriod(ValueError):
    """The period cannot be reported on; the sentence says why and what to do."""


@dataclass(frozen=True)
class Period:
    """[first, until): from the midnight that begins `first` to the one that begins `until`."""

    first: date
    until: date

    def __post_init__(self):
        if self.until < self.first:
            raise BadPeriod("The period ends before it begins. Swap the two days.")
        if self.until == self.first:
            raise BadPeriod("The period is empty. It must hold at least one day.")
        if self.days > LONGEST_DAYS:
            raise BadPeriod("The period is longer than ten years. Choose a shorter one.")

    @property
    def days(self) -> int:
        return (self.until - self.first).days

    @property
    def last(self) -> date:
        """The last day in it."""
        return self.until - timedelta(days=1)

    def bounds(self, zone: ZoneInfo) -> tuple[datetime, datetime]:
        """Both ends as aware times in UTC."""
        return _midnight(self.first, zone), _midnight(self.until, zone)

    def before(self) -> "Period":
        """The period just before it: the month before a whole month, else as many days."""
        for cadence in (Cadence.MONTH, Cadence.WEEK):
            if self == period_of(self.first, cadence):
                return period_of(self.first - timedelta(days=1), cadence)
        return Period(self.first - timedelta(days=self.days), self.first)

    def is_whole(self, cadence: Cadence) -> bool:
        """Whether it is exactly one day, week or month."""
        return self == period_of(self.first, cadence)


def period_of(day: date, cadence: Cadence) -> Period:
    """The day, the week (from Monday, ISO 8601) or the month that `day` lies in."""
    if cadence is Cadence.DAY:
        return Period(day, day + timedelta(days=1))
    if cadence is Cadence.WEEK:
        monday = day - timedelta(days=day.weekday())
        return Period(monday, monday + timedelta(days=7))
    first = day.replace(day=1)
    return Period(first, (first + timedelta(days=32)).replace(day=1))


def newest_whole(today: date, cadence: Cadence) -> Period:
    """The newest day, week or month that is over on the day `today`."""
    return period_of(period_of(today, cadence).first - timedelta(days=1), cadence)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time.min, tzinfo=zone).astimezone(UTC)
