"""The lost separator: a scanner that drops GS makes one field swallow the next.

Nothing is ever cut out of a swallowed field: it is named, as a fault of the scanner, and the pack
is scanned again or typed. What is printed on it is the proof.
"""

import re
from collections.abc import Iterable
from datetime import date

from hims.errors import Finding

from .check_digits import mod10_holds
from .code import GS, Code, stop, warn
from .dates import yymmdd

ELEMENT_STRING = "element string"
FIELDS = {"10": "the lot", "21": "the serial number"}
ANY_DAY = date(2026, 1, 1)  # which century a date lies in does not matter here
ARTICLE = re.compile(r"(?=01(\d{14}))")


def fault(identifier: str, value: str) -> Finding:
    """The finding about a field that swallowed its neighbours."""
    return stop(
        "separator_lost",
        f"The scanner leaves out the separators between fields, so that {FIELDS[identifier]} "
        f"reads {value}. Nothing was guessed: set the scanner (see Test your scanner) and scan "
        "again, or type what is printed.",
    )


def swallowed(body: str, elements: tuple[tuple[str, str], ...], *, broken: bool) -> Finding | None:
    """A lost separator that shows in the element string itself: an article number inside a lot or
    a serial number, or, where the string is `broken`, an expiry date."""
    if GS in body:
        return None
    at = 0
    for identifier, value in elements:
        at += len(identifier)
        if identifier in FIELDS:
            rest = body[at:]
            article = any(mod10_holds(found[1]) for found in ARTICLE.finditer(rest, 1))
            if article or (broken and holds_expiry(rest)):
                return fault(identifier, rest)
        at += len(value)
    return None


def doubtful(code: Code) -> Finding | None:
    """A doubt about the last field, which may have swallowed an expiry date, or may be just so."""
    last = _last_field(code)
    if last and code.expiry is None and holds_expiry(last[1]):
        return warn(
            "separator_doubt",
            f"{FIELDS[last[0]].capitalize()} {last[1]} may have swallowed an expiry date. Compare "
            "it with what is printed; if so, set the scanner (see Test your scanner).",
        )
    return None


def lost(code: Code, *, carries_expiry: bool | None, lots: Iterable[str] = ()) -> Finding | None:
    """A lost separator that only somebody who knows the product can see; None if there is none.

    carries_expiry: whether packs of this product carry an expiry date in their code; None: not
    known. lots: lot numbers of this product that are known already.
    """
    last = _last_field(code)
    if last is None:
        return None
    identifier, value = last
    if carries_expiry and code.expiry is None and (holds_expiry(value) or "21" in value[1:-1]):
        return fault(identifier, value)
    known = set(lots) if identifier == "10" else set()
    if value not in known and any(
        value[:at] in known and value[at : at + 2] in {"17", "21"} for at in range(1, len(value))
    ):
        return fault(identifier, value)
    return None


def holds_expiry(value: str) -> bool:
    """Whether (17) and a date that exists stand inside `value`, after its first character."""
    return any(
        value[at : at + 2] == "17" and yymmdd(value[at + 2 : at + 8], ANY_DAY)
        for at in range(1, len(value) - 7)
    )


def _last_field(code: Code) -> tuple[str, str] | None:
    """The last element, if it is a lot or a serial number that may have swallowed something."""
    if code.format != "gs1" or code.written != ELEMENT_STRING or GS in code.text:
        return None
    last = code.elements[-1] if code.elements else ("", "")
    return last if last[0] in FIELDS else None
