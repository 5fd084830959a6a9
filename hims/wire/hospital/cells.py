"""One cell of a CSV file: text to a value, or `Bad` with the reason."""

import math
import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np
from shapely import GEOSException, Polygon, from_wkt
from shapely.validation import explain_validity

from hims.wire.codes.check_digits import mod10_holds

FARTHEST_M = 100_000.0
"""A coordinate beyond this is not metres on a hospital's plan."""

GUARDED = ("=", "+", "-", "@", "\t", "\r")
"""A text that begins like this is run as a formula by spreadsheet programs."""

_SPREADSHEET_ERRORS = re.compile(r"#(REF|NAME|N/A|VALUE|DIV/0|NUM|NULL|SPILL)[!?/A0]*")
MOST = 1_000_000_000
"""More than this is a slip of the finger."""

_PLAIN_NUMBER = re.compile(r"[0-9]{1,12}(\.[0-9]{1,9})?")
_USERNAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@+-]{0,79}")


class Bad(ValueError):
    """The cell cannot be read; the text says why."""


def guard(value: str) -> str:
    """`value` so that no spreadsheet program runs it: an apostrophe before =, +, - or @."""
    bare = value.lstrip("'")
    return "'" + value if bare.startswith(GUARDED) else value


def unguard(cell: str) -> str:
    """Undo `guard`."""
    if cell.startswith("'") and cell.lstrip("'").startswith(GUARDED):
        return cell[1:]
    return cell


def text(longest: int) -> Callable[[str], str]:
    """A text of at most `longest` characters, which may be empty."""

    def read(cell: str) -> str:
        if cell.startswith("="):
            raise Bad(f"{_shown(cell)} is a formula; save the sheet with values")
        if _SPREADSHEET_ERRORS.fullmatch(cell):
            raise Bad(f"{cell} is a spreadsheet error, not a value")
        value = unguard(cell)
        if not value.isprintable():
            raise Bad(f"{_shown(value)} holds a character that cannot be printed")
        if len(value) > longest:
            raise Bad(f"{_shown(value)} is longer than {longest} characters")
        return value

    return read


def filled(longest: int) -> Callable[[str], str]:
    """A text that must not be empty."""
    read_text = text(longest)

    def read(cell: str) -> str:
        value = read_text(cell)
        if not value:
            raise Bad("is empty")
        return value

    return read


code = filled
"""A code is a text that names something; it must not be empty."""


def word(cell: str) -> str:
    """A word out of a list: small letters, however it was typed."""
    return text(40)(cell).lower().replace(" ", "_").replace("-", "_")


def several(cell: str) -> tuple[str, ...]:
    """Words apart by blanks, each once, in order."""
    return tuple(sorted(set(text(2000)(cell).split())))


def listed(longest: int) -> Callable[[str], tuple[str, ...]]:
    """Names of at most `longest` characters apart by semicolons, each once, in order."""

    def read(cell: str) -> tuple[str, ...]:
        parts = (" ".join(part.split()) for part in text(2000)(cell).split(";"))
        named = sorted({part for part in parts if part})
        too_long = next((part for part in named if len(part) > longest), None)
        if too_long:
            raise Bad(f"{_shown(too_long)} is longer than {longest} characters")
        return tuple(named)

    return read


def strengths(cell: str) -> tuple[str, ...]:
    """Texts like "amoxicillin 500 mg" apart by semicolons, each in its one spelling, in order."""
    found = [strength_of(part) for part in listed(180)(cell)]
    names = [ingredient for ingredient, _, _ in found]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice:
        raise Bad(f"names {twice!r} twice")
    return tuple(sorted(strength_text(*one) for one in found))


def strength_of(text: str) -> tuple[str, Decimal, str]:
    """(ingredient, amount, unit) of "amoxicillin 500 mg"."""
    ingredient, amount, unit = ["", "", *text.rsplit(maxsplit=2)][-3:]
    if not ingredient or not _PLAIN_NUMBER.fullmatch(amount) or not Decimal(amount):
        raise Bad(f"{_shown(text)} is not an ingredient, an amount and its unit")
    if len(ingredient) > 120 or len(unit) > 20:
        raise Bad(f"{_shown(text)} is too long")
    value = Decimal(amount)
    if value >= 10**9 or value != round(value, 5):
        raise Bad(f"{amount} is not between 0.00001 and 999999999 with five decimals")
    return ingredient, value, unit


def strength_text(ingredient: str, amount: Decimal, unit: str) -> str:
    """The one spelling of a strength."""
    return f"{ingredient} {amount.normalize():f} {unit}"


def quantity(cell: str) -> Decimal:
    """A number from 0 to MOST with at most three decimals."""
    if re.fullmatch(r"[0-9]+,[0-9]+", cell):
        raise Bad(f"{_shown(cell)} has a decimal comma; write a point")
    if not _PLAIN_NUMBER.fullmatch(cell):
        raise Bad(f"{_shown(cell)} is not a quantity" if cell else "is empty")
    value = Decimal(cell)
    if value > MOST or value != round(value, 3):
        raise Bad(f"{cell} is not between 0.001 and {MOST} with three decimals")
    return value.normalize()


def price(cell: str) -> Decimal:
    """An amount of money from 0 on with at most four decimals."""
    value = Decimal(cell) if _PLAIN_NUMBER.fullmatch(cell) else None
    if value is None or value >= 10**10 or value != round(value, 4):
        raise Bad(f"{_shown(cell)} is not a price with at most four decimals, like 1.25")
    return value.normalize()


def yes_or_no(cell: str) -> bool:
    """Yes or no, as people and spreadsheet programs write it."""
    value = cell.lower()
    if value in ("yes", "y", "true", "1"):
        return True
    if value in ("no", "n", "false", "0"):
        return False
    raise Bad(f"{_shown(cell)} is not yes or no")


def digits(least: int, most: int, also: str = "") -> Callable[[str], str]:
    """A number that is a name: kept as text, with its zeros; may be empty."""

    def read(cell: str) -> str:
        fits = re.fullmatch(rf"[0-9][0-9{also}]*", cell) and least <= len(cell) <= most
        if cell and not fits:
            raise Bad(f"{_shown(cell)} is not a number of {least} to {most} digits")
        return cell

    return read


def gtin(cell: str) -> str:
    """A GTIN of 8, 12, 13 or 14 digits, with 14 (GS1 General Specifications 3.3.2)."""
    if not (cell.isascii() and cell.isdigit() and len(cell) in (8, 12, 13, 14)):
        raise Bad(f"{_shown(cell)} is not a GTIN: it has 8, 12, 13 or 14 digits")
    if not mod10_holds(cell):
        raise Bad(f"{cell} is not a GTIN: its check digit is wrong")
    return cell.zfill(14)


def username(cell: str) -> str:
    value = text(80)(cell)
    if value and not _USERNAME.fullmatch(value):
        raise Bad(f"{_shown(value)} is not a sign-in name: letters, digits and . _ @ + - only")
    return value


def maybe(read: Callable[[str], Any]) -> Callable[[str], Any]:
    """None for an empty cell, else what `read` makes of it."""
    return lambda cell: read(cell) if cell else None


def whole(least: int, most: int) -> Callable[[str], int]:
    def read(cell: str) -> int:
        if not re.fullmatch(r"[+-]?[0-9]{1,9}", cell):
            raise Bad(f"{_shown(cell)} is not a whole number")
        value = int(cell)
        if not least <= value <= most:
            raise Bad(f"{value} is not between {least} and {most}")
        return value

    return read


def number(least: float, most: float) -> Callable[[str], float]:
    def read(cell: str) -> float:
        if re.fullmatch(r"[+-]?[0-9]+,[0-9]+", cell):
            raise Bad(f"{_shown(cell)} has a decimal comma; write a point")
        try:
            value = float(cell)
        except ValueError:
            raise Bad(f"{_shown(cell)} is not a number") from None
        if not math.isfinite(value):
            raise Bad(f"{_shown(cell)} is not a number")
        if not least <= value <= most:
            raise Bad(f"{value:g} is not between {least:g} and {most:g}")
        return value

    return read


metres = number(-FARTHEST_M, FARTHEST_M)


def day(cell: str) -> date:
    """A calendar day as YYYY-MM-DD, from 1850 to 2150."""
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", cell):
        raise Bad(f"{_shown(cell)} is not a date; write YYYY-MM-DD")
    try:
        value = date.fromisoformat(cell)
    except ValueError:
        raise Bad(f"{cell} is not a day of the calendar") from None
    if not 1850 <= value.year <= 2150:
        raise Bad(f"{cell} is not between 1850 and 2150")
    return value


def polygon(cell: str) -> str:
    """A WKT polygon in metres, kept as written; "" for a zone that is not drawn yet."""
    if cell:
        outline(cell)
    return cell


def outline(wkt: str) -> Polygon:
    """The polygon that `wkt` describes, or Bad."""
    try:
        with np.errstate(invalid="ignore"):  # "nan" in the text is ours to name
            shape = from_wkt(wkt)
    except (GEOSException, ValueError):
        raise Bad(f"{_shown(wkt)} is not a WKT polygon") from None
    if not isinstance(shape, Polygon):
        kind = "nothing" if shape is None else shape.geom_type
        raise Bad(f"the shape is a {kind}, not a polygon")
    if shape.is_empty:
        raise Bad("the polygon is empty")
    corners = [value for corner in shape.exterior.coords for value in corner[:2]]
    if not all(math.isfinite(value) for value in corners):
        raise Bad("the polygon has a corner that is not a number")
    farthest = max(corners, key=abs)
    if abs(farthest) > FARTHEST_M:
        raise Bad(f"the polygon has a corner at {farthest:.0f}: these are not metres on a plan")
    if not shape.is_valid:
        raise Bad(f"the polygon is not simple: {explain_validity(shape)}")
    if shape.area < 0.05:
        raise Bad(f"the polygon covers {shape.area:.2g} m²: are these degrees instead of metres?")
    return shape


def _shown(cell: str) -> str:
    short = cell if len(cell) <= 40 else cell[:37] + "…"
    return repr(short)
