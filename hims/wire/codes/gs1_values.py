"""What a value of a GS1 application identifier must hold, beyond its length and its characters.

Compact tables of the rules of the GS1 General Specifications (3 and 7.9) for the identifiers that
a hospital meets; what is not listed is taken as it is.
"""

import re
from datetime import date

from hims.errors import Finding

from .check_digits import are_digits, check_pair, mod10_holds
from .code import stop
from .dates import yymmdd

# identifier -> (from, to) of the digits whose last one checks the others
CHECKED: dict[str, tuple[int, int]] = {
    "00": (0, 18), "01": (0, 14), "02": (0, 14), "03": (0, 14), "253": (0, 13), "255": (0, 13),
    "402": (0, 17), "410": (0, 13), "411": (0, 13), "412": (0, 13), "413": (0, 13),
    "414": (0, 13), "415": (0, 13), "416": (0, 13), "417": (0, 13), "8003": (1, 14),
    "8006": (0, 14), "8017": (0, 18), "8018": (0, 18), "8026": (0, 14),
}  # fmt: skip
OPEN_DAY = {"11", "12", "13", "15", "16", "17"}
DATED = OPEN_DAY | {"4324", "4325", "4326", "7003", "7006", "7007", "7011", "8008"}
COMPANY_PREFIX = {"401": 0, "403": 0, "8004": 0, "8013": 0, "8010": 0}
SHORTEST_PREFIX = 4
# identifier -> (where, which digits it may be): winding direction, sex (ISO 5218)
ONE_OF = {"8001": (12, "019"), "7252": (0, "0129")}
ESCAPED = {f"43{number:02d}" for number in range(21)} | {f"725{number}" for number in range(10)}
BROKEN_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")


def wrong_value(identifier: str, value: str, today: date) -> Finding | None:
    """Why `value` cannot be a value of `identifier`, or None."""
    if not value:
        return stop("empty_value", f"({identifier}) is empty.")
    start, end = CHECKED.get(identifier, (0, 0))
    if end and not mod10_holds(value[start:end]):
        text = f"({identifier}): the check digit is wrong. Scan the code again."
        return stop("check_digit", text)
    if identifier in DATED and (said := _wrong_date(identifier, value, today)):
        return stop("impossible_date", f"({identifier}): {value} {said}.")
    if said := _otherwise_wrong(identifier, value):
        return stop("bad_value", f"({identifier}): {value} {said}.")
    return None


def _wrong_date(identifier: str, value: str, today: date) -> str | None:
    days = [value[:6]]
    if identifier == "7007" and len(value) > 6:
        days.append(value[6:])
    read = [yymmdd(day, today, open_day=identifier in OPEN_DAY) for day in days]
    dates = [day for day in read if day]
    if len(dates) < len(read):
        return "is no date"
    if len(dates) == 2 and dates[1] < dates[0]:
        return "ends before it begins"
    if identifier in {"4324", "4325", "7003", "7011", "8008"} and not _is_time(
        value[6:], identifier
    ):
        return "holds no time of day"
    return None


def _is_time(text: str, identifier: str) -> bool:
    if identifier in {"4324", "4325"} and text == "9999":
        return True
    hour, minute, second = text[:2] or "00", text[2:4] or "00", text[4:6] or "00"
    return int(hour) < 24 and int(minute) < 60 and int(second) < 60


def _otherwise_wrong(identifier: str, value: str) -> str | None:
    if identifier in {"8006", "8026"}:
        piece, total = int(value[14:16]), int(value[16:18])
        if not 1 <= piece <= total:
            return "is no piece of a total"
    elif identifier == "8013":
        if check_pair(value[:-2]) != value[-2:]:
            return "has wrong check characters"
    elif identifier == "4309":
        if int(value[:10]) > 1800000000 or int(value[10:]) > 3600000000:
            return "is no place on Earth"
    elif identifier == "7258":
        if value[0] == "0" or value[2] == "0" or value[0] > value[2]:
            return "is no position in a sequence"
    elif identifier in ONE_OF:
        start, allowed = ONE_OF[identifier]
        if value[start] not in allowed:
            return "is none of those that are defined"
    elif identifier in ESCAPED and BROKEN_ESCAPE.search(value):
        return "holds a percent sign without two digits"
    elif identifier in {"4307", "4317"} and not value.isalpha():
        return "is no country"
    elif identifier == "8011" and value[0] == "0" and len(value) > 1:
        return "begins with a zero"
    elif identifier == "7040":
        if not are_digits(value[0]) or not all(char.isalnum() or char in "-_" for char in value):
            return "is no unique identifier"
    elif identifier == "8030":
        core = value.rstrip("=")
        if len(value) - len(core) > 2 or (len(value) != len(core) and len(value) % 4):
            return "is no signature"
    elif identifier == "8007":
        return None if _is_iban(value) else "is no bank account"
    if identifier in COMPANY_PREFIX:
        lead = value[COMPANY_PREFIX[identifier] :][:SHORTEST_PREFIX]
        if len(lead) < SHORTEST_PREFIX or not are_digits(lead):
            return "begins with no company number"
    return None


def _is_iban(value: str) -> bool:
    """ISO 13616: letters count from ten, the first four stand last, the rest by 97 is one."""
    if len(value) < 5 or not (value.isascii() and value.isalnum()):
        return False
    return int("".join(str(int(char, 36)) for char in value[4:] + value[:4])) % 97 == 1
