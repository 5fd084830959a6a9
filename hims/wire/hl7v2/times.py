"""Dates and times of HL7 v2 (DTM, TS): as exact as they were said, and no more.

YYYY[MM[DD[HH[MM[SS[.S[S[S[S]]]]]]]]][+/-ZZZZ]
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo

_SHAPE = re.compile(
    r"(?P<year>\d{4})(?:(?P<month>\d\d)(?:(?P<day>\d\d)(?:(?P<hour>\d\d)(?:(?P<minute>\d\d)"
    r"(?:(?P<second>\d\d)(?:\.(?P<fraction>\d{1,6}))?)?)?)?)?)?"
    r"(?P<zone>[+-]\d{4})?"
)


@dataclass(frozen=True, slots=True)
class PartialDate:
    """A date said to the year, the month or the day; `date` is its first day."""

    date: date
    precision: str  # year, month or day

    def __str__(self) -> str:
        return str(self.date)[: {"year": 4, "month": 7, "day": 10}[self.precision]]


def day_said(text: str) -> PartialDate | None:
    """The date in a date or time; None where there is none that can be."""
    found = _SHAPE.fullmatch(text)
    if found is None:
        return None
    precision = "day" if found["day"] else "month" if found["month"] else "year"
    try:
        said = date(int(found["year"]), int(found["month"] or 1), int(found["day"] or 1))
    except ValueError:
        return None
    return PartialDate(said, precision)


def moment_said(text: str, zone: tzinfo) -> datetime | None:
    """The time in UTC, read in `zone` where no offset was said; None where there is none that can
    be. A day without an hour is its midnight."""
    found = _SHAPE.fullmatch(text)
    if found is None or not found["day"]:
        return None
    try:
        said = datetime(  # noqa: DTZ001  (the zone follows)
            int(found["year"]),
            int(found["month"]),
            int(found["day"]),
            int(found["hour"] or 0),
            int(found["minute"] or 0),
            59 if found["second"] == "60" else int(found["second"] or 0),  # a leap second
            int((found["fraction"] or "").ljust(6, "0")),
        )
        return said.replace(tzinfo=_offset(found["zone"]) or zone).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _offset(text: str | None) -> timezone | None:
    if not text:
        return None
    hours, minutes = int(text[1:3]), int(text[3:5])
    shift = timedelta(hours=hours, minutes=minutes)
    return timezone(-shift if text[0] == "-" else shift)


def written(at: datetime) -> str:
    """An aware time as HL7 writes it, to the millisecond, with its offset."""
    return f"{at:%Y%m%d%H%M%S}.{at.microsecond // 1000:03d}{at:%z}"
