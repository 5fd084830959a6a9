"""GS1 element strings: biip splits, we guard.

biip knows all application identifiers, their lengths and characters, but takes much that is wrong:
an empty message, a wrong check digit, two lots, a field cut short with the rest taken for another
(facts measured on biip 5.2). So nothing that it says is believed before it has been laid against
the text again: every character belongs to one element, and an element of open length ends at a
separator or at the end.
"""

from datetime import date

from biip import ParseError
from biip.gs1_application_identifiers import GS1ApplicationIdentifier
from biip.gs1_element_strings import GS1ElementString
from biip.gs1_messages import GS1Message, ParseConfig

from hims.errors import Finding

from .check_digits import are_digits, mod10_holds
from .code import GS, Code, stop, warn
from .dates import is_far, yymmdd
from .gs1_partners import wrong_company
from .gs1_values import DATED, wrong_value
from .separators import ELEMENT_STRING, doubtful, swallowed

# Dates are ours to judge: biip asks the clock for the century.
CONFIG = ParseConfig(gs1_element_strings_verify_date=False, separator_chars=(GS,))

Elements = tuple[tuple[str, str], ...]


def element_string(text: str, *, today: date, marked: bool) -> Code:
    """The code that an element string is; `text` has GS between its fields and no symbology id.

    today: the day by which two digits of a year are understood. marked: something outside the text
    said that it is a GS1 code.
    """
    body = text.removeprefix(GS)
    elements, wrong = split(body)
    wrong = swallowed(body, elements, broken=bool(wrong)) or wrong
    code = Code(text, "gs1", ELEMENT_STRING, marked, elements)
    return code.but(wrong) if wrong else checked(code, today=today)


def split(body: str) -> tuple[Elements, Finding | None]:
    """The elements of an element string in the order read, or the first thing that is wrong."""
    if not body.strip(GS):
        return (), stop("empty", "The code is empty.")
    if not body.isascii():
        return (), stop("bad_value", "The code holds characters that no GS1 code has.")
    if GS + GS in body:
        return (), stop("empty_value", "The code has an empty field.")
    try:
        message = GS1Message.parse(body, config=CONFIG)
    except (ParseError, ValueError, IndexError):
        return _as_far_as(body), _why(body)
    elements = tuple((found.ai.ai, found.value) for found in message.element_strings)
    return elements, _uneven(body, message.element_strings)


def _uneven(body: str, found: list[GS1ElementString]) -> Finding | None:
    """Where the elements, laid against the text, do not fit it."""
    at = 0
    for element in found:
        whole = element.ai.ai + element.value
        if body[at : at + len(whole)] != whole:
            return stop("unreadable", "The code could not be taken apart.")
        at += len(whole)
        if body[at : at + 1] == GS:
            at += 1
        elif element.ai.separator_required and at < len(body):
            return stop(
                "no_separator",
                f"({element.ai.ai}) does not end where it must: it is too long, or the scanner "
                "leaves out the separators between fields.",
            )
    return None if at == len(body) else stop("unreadable", "The code could not be taken apart.")


def _as_far_as(body: str) -> Elements:
    """The elements before the one that cannot be read, for people to see."""
    elements: list[tuple[str, str]] = []
    while body:
        try:
            found = GS1ElementString.extract(body, config=CONFIG)
        except (ParseError, ValueError, IndexError):
            break
        elements.append((found.ai.ai, found.value))
        body = body[len(found) :].removeprefix(GS)
    return tuple(elements)


def _why(body: str) -> Finding:
    """The sentence about the first element that cannot be read."""
    for identifier, value in _as_far_as(body):
        body = body[len(identifier) + len(value) :].removeprefix(GS)
    try:
        known = GS1ApplicationIdentifier.extract(body)
    except ParseError:
        return stop("unknown_identifier", f"No field of a GS1 code begins with {body[:4]}.")
    return _misfit(known.ai, body[len(known.ai) :].partition(GS)[0])


def _misfit(identifier: str, value: str) -> Finding:
    """The sentence about a value that biip does not take."""
    if identifier in DATED and are_digits(value[:6]) and len(value) >= 6:
        return stop("impossible_date", f"({identifier}): {value[:6]} is no date.")
    return stop("bad_value", f"({identifier}): the value is too short, too long or misspelt.")


def element(identifier: str, value: str) -> Finding | None:
    """What is wrong with one value whose identifier is given beside it, or None."""
    if GS in value or not value.isascii():
        return stop("bad_value", f"({identifier}): the value is misspelt.")
    try:
        found = GS1ElementString.parse(identifier + value, config=CONFIG)
    except (ParseError, ValueError, IndexError):
        return _misfit(identifier, value)
    if found.ai.ai != identifier:
        return stop("unknown_identifier", f"({identifier}) is no GS1 application identifier.")
    return None


def checked(code: Code, *, today: date) -> Code:
    """`code` with what its elements say, after each value and their company has been checked."""
    values = [wrong_value(identifier, value, today) for identifier, value in code.elements]
    found = [finding for finding in values if finding][:1]
    found = found or wrong_company(code.elements)
    code = code.but(*found, **said(code.elements, today))
    if not code.ok:
        return code
    if code.expiry and is_far(code.expiry, today):
        text = f"It would expire in {code.expiry.year}. Compare with what is printed."
        code = code.but(warn("far_expiry", text))
    doubt = doubtful(code)
    return code.but(doubt) if doubt else code


def said(elements: Elements, today: date) -> dict:
    """What elements say, as fields of a Code. The first of a kind counts."""
    first: dict[str, str] = {}
    for identifier, value in elements:
        first.setdefault(identifier, value)
    expiry = yymmdd(first.get("17", first.get("7003", ""))[:6], today)
    count = first.get("37", first.get("30", ""))
    gtin = first.get("01", first.get("03", first.get("8006", "")[:14]))
    grai = first.get("8003")
    return {
        "gtin": gtin if mod10_holds(gtin) else None,
        "lot": first.get("10"),
        "expiry": expiry,
        "serial": first.get("21"),
        "produced": yymmdd(first.get("11", ""), today),
        "best_before": yymmdd(first.get("15", ""), today),
        "count": int(count) if count.isdigit() else None,
        "sscc": first.get("00"),
        "contained": first.get("02"),
        "gln": first.get("414"),
        "extension": first.get("254"),
        "grai": grai[1:] if grai else None,
        "giai": first.get("8004"),
        "gsrn": first.get("8018", first.get("8017")),
        "gsrn_of": "patient" if "8018" in first else "staff" if "8017" in first else None,
    }
