"""Dates in codes: two digits of a year, day 00, and what a date in ten years may mean.

GS1 General Specifications 7.12: a year more than 50 ahead of this one was in the last century, one
50 or more behind is in the next. Day 00 is the last day of the month.
"""

from calendar import monthrange
from datetime import date

FAR_YEARS = 10


def full_year(two_digits: int, today: date) -> int:
    """The year that two digits mean on `today`."""
    century, this = divmod(today.year, 100)
    ahead = two_digits - this
    if ahead >= 51:
        century -= 1
    elif ahead <= -50:
        century += 1
    return century * 100 + two_digits


def day_of(year: int, month: int, day: int) -> date | None:
    """That day, the last of its month for day 0; None if there is no such day."""
    if not (1 <= month <= 12 and 1 <= year <= 9999):
        return None
    last = monthrange(year, month)[1]
    if day > last or day < 0:
        return None
    return date(year, month, day or last)


def yymmdd(text: str, today: date, *, open_day: bool = True) -> date | None:
    """The date of six digits, or None if they are none. open_day: day 00 is allowed."""
    if len(text) != 6 or not (text.isascii() and text.isdigit()):
        return None
    if text[4:] == "00" and not open_day:
        return None
    return day_of(full_year(int(text[:2]), today), int(text[2:4]), int(text[4:]))


def is_far(expiry: date, today: date) -> bool:
    """An expiry so far away that it is more likely misread."""
    return expiry.year - today.year > FAR_YEARS
