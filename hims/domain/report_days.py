"""When a report that is made on schedule is due: each period once, after it is over. Pure."""

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from .periods import Cadence, Period, newest_whole, period_of

MOST_BACK = 7
"""So many missed periods are caught up, the newest ones; older ones can be asked for."""


def due_at(period: Period, at: time, zone: ZoneInfo) -> datetime:
    """When the report over `period` is made: at the hour `at` of the first day after it, by the
    hospital's clock. An hour that the night skips is the hour that the clock shows instead."""
    return datetime.combine(period.until, at, tzinfo=zone)


def due_periods(
    cadence: Cadence, at: time, made_until: date | None, now: datetime, zone: ZoneInfo
) -> list[Period]:
    """The periods that are over and past their hour at `now` and not made yet, the oldest first.

    made_until: where the newest one that was made ends; None before the first, which is the newest
    that is over: a new schedule does not begin with the past.
    """
    newest = newest_whole(now.astimezone(zone).date(), cadence)
    if now < due_at(newest, at, zone):
        newest = newest_whole(newest.last, cadence)
    found: list[Period] = []
    while len(found) < MOST_BACK and (made_until is None or newest.until > made_until):
        found.insert(0, newest)
        if made_until is None:
            break
        newest = period_of(newest.first.fromordinal(newest.first.toordinal() - 1), cadence)
    return found
