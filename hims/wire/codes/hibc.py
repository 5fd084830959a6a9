"""HIBC codes of medical devices (ANSI/HIBC 2.6): + labeler, article and unit, then lot and dates.

    +A123BJC5D6E71G                   primary: labeler A123, article BJC5D6E7, unit 1, check G
    +A123BJC5D6E71/$$52001510X3G      both in one symbol: after the slash, five digits of a date
    +$$3281231LOT7AG%                 secondary alone: the character before the last links it

The last character checks all others (mod 43, Code 39's order). It may itself be "/" or a space,
and a Code 39 reader may send the stars that begin and end its symbol.
"""

import re
from datetime import date, timedelta

from .check_digits import are_digits
from .code import Code, stop, warn
from .dates import day_of, full_year, is_far, yymmdd

ORDER = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-. $/+%"
PRIMARY = re.compile(r"([A-Z][A-Z0-9]{3})([A-Z0-9]{1,18})([0-9])")
LOOKS_LIKE_IT = re.compile(r"\*?\+([A-Za-z]|\$|\d{5})")
SECONDARY = re.compile(r"\$|\d{5}")

# After $$: which digit begins the date, and the layout of it (0 and 1 begin a month).
LAYOUTS = {"2": "mmddyy", "3": "yymmdd", "4": "yymmddhh", "5": "yyjjj", "6": "yyjjjhh"}


def check_character(payload: str) -> str | None:
    """The character that follows `payload`, or None if it holds one that HIBC has not."""
    if any(char not in ORDER for char in payload):
        return None
    return ORDER[sum(ORDER.index(char) for char in payload) % 43]


def looks_like_it(text: str) -> bool:
    """Whether `text` begins as HIBC codes do."""
    return bool(LOOKS_LIKE_IT.match(text))


def hibc(text: str, *, today: date) -> Code:
    """The code that a HIBC text is. Its identifiers are + (labeler, article and unit), $ (lot),
    S (serial number), E (expiry as written), Q (count), 16D (made on) and L (link character)."""
    whole = text.upper()
    if len(whole) > 2 and whole.startswith("*") and whole.endswith("*"):
        whole = whole[1:-1]
    code = Code(text, "hibc", "HIBC")
    if len(whole) < 4 or check_character(whole[:-1]) != whole[-1]:
        return code.but(stop("check_digit", "The check character is wrong. Scan the code again."))
    body = whole[1:-1]
    if SECONDARY.match(body):
        code = _secondary(code, body[:-1], today)
        code = code.but(elements=(*code.elements, ("L", body[-1])), written="HIBC, second half")
        text = "This is the second half of a HIBC code. Scan the half that names the article too."
        return code.but(stop("incomplete", text)) if code.ok else code
    first, slash, rest = body.partition("/")
    found = PRIMARY.fullmatch(first)
    if not found:
        return code.but(stop("bad_value", "A HIBC code names a labeler, an article and a unit."))
    code = code.but(elements=(("+", first),), hibc="+" + first)
    return _secondary(code, rest, today) if slash else code


def _secondary(code: Code, body: str, today: date) -> Code:
    """`code` with what stands in the second half, whose parts slashes divide."""
    for number, part in enumerate(body.split("/")):
        if part.startswith("$$+"):
            code = _dated(code, part[3:], today, serial=True)
        elif part.startswith("$$"):
            count, rest = _counted(part[2:])
            code = _with(code, "Q", count, count=int(count)) if count else code
            code = _dated(code, rest, today, serial=False)
        elif part.startswith("$+"):
            code = _with(code, "S", part[2:], serial=part[2:])
        elif part.startswith("$"):
            code = _with(code, "$", part[1:], lot=part[1:])
        elif part.startswith("16D"):
            made = yymmdd(part[5:11], today) if are_digits(part[3:5]) else None
            code = _with(code, "16D", part[3:], produced=made)
            if made is None:
                code = code.but(stop("impossible_date", f"16D: {part[3:]} is no date."))
        elif part.startswith("14D"):
            code = _expiring(code, part[3:], yymmdd(part[5:11], today), today)
        elif part.startswith("S"):
            code = _with(code, "S", part[1:], serial=part[1:])
        elif part.startswith("Q") and are_digits(part[1:]):
            code = _with(code, "Q", part[1:], count=int(part[1:]))
        elif number == 0 and are_digits(part[:5]) and len(part) >= 5:
            day = _julian(part[:5], today)
            code = _expiring(code, part[:5], day, today)
            code = _with(code, "$", part[5:], lot=part[5:]) if part[5:] else code
        else:
            return code.but(stop("bad_value", f"HIBC has no field like {part or '/'}."))
    return code


def _with(code: Code, identifier: str, value: str, **fields) -> Code:
    if not value:
        return code.but(stop("empty_value", "A field of the HIBC code is empty."))
    return code.but(elements=(*code.elements, (identifier, value)), **fields)


def _counted(text: str) -> tuple[str, str]:
    """A quantity in front (8: two digits, 9: five) or "", and what follows it."""
    end = 1 + {"8": 2, "9": 5}.get(text[:1], 0)
    if end == 1 or len(text) < end or not are_digits(text[1:end]):
        return "", text
    return text[1:end], text[end:]


def _dated(code: Code, text: str, today: date, *, serial: bool) -> Code:
    """A date in one of its layouts, then the lot or the serial number."""
    layout = LAYOUTS.get(text[:1], "mmyy")
    start = 0 if layout == "mmyy" else 1
    if text[:1] == "7":  # no date
        written, rest = "", text[1:]
    else:
        written, rest = text[start : start + len(layout)], text[start + len(layout) :]
        code = _expiring(code, written, _day(written, layout, today), today)
    if not rest:
        return code
    return _with(code, "S", rest, serial=rest) if serial else _with(code, "$", rest, lot=rest)


def _day(text: str, layout: str, today: date) -> date | None:
    if len(text) != len(layout) or not are_digits(text):
        return None
    if layout == "mmyy":
        return day_of(full_year(int(text[2:]), today), int(text[:2]), 0)
    if layout == "mmddyy":
        return yymmdd(text[4:] + text[:4], today, open_day=False)
    if layout.startswith("yyjjj"):
        return _julian(text[:5], today)
    return yymmdd(text[:6], today, open_day=False)


def _julian(text: str, today: date) -> date | None:
    """Two digits of the year and the number of the day in it."""
    year, number = full_year(int(text[:2]), today), int(text[2:])
    if not 1 <= number <= 366:
        return None
    day = date(year, 1, 1) + timedelta(days=number - 1)
    return day if day.year == year else None


def _expiring(code: Code, written: str, day: date | None, today: date) -> Code:
    code = _with(code, "E", written, expiry=day)
    if day is None:
        return code.but(stop("impossible_date", f"The expiry {written} is no date."))
    if is_far(day, today):
        return code.but(
            warn("far_expiry", f"It would expire in {day.year}. Compare with the pack.")
        )
    return code
