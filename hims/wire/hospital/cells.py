"""One cell of a CSV file: text to a value, or `Bad` with the reason."""

import math
import re
from collections.abc import Callable
from datetime import date
from typing import Any

import numpy as np
from shapely import GEOSException, Polygon, from_wkt
from shapely.validation import explain_validity

FARTHEST_M = 100_000.0
"""A coordinate beyond this is not metres on a hospital's plan."""

GUARDED = ("=", "+", "-", "@", "\t", "\r")
"""A text that begins like this is run as a formula by spreadsheet programs."""

_SPREADSHEET_ERRORS = re.compile(r"#(REF|NAME|N/A|VALUE|DIV/0|NUM|NULL|SPILL)[!?/A0]*")
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
