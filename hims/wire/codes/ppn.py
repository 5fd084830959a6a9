"""German packs: the PPN in an ISO 15434 envelope, format 06 (IFA coding system, securPharm).

    [)> RS 06 GS 9N 111234568408 GS 1T LOT7A GS D 280200 GS S SN0001 RS EOT

Data identifiers: 9N the PPN, 1T the lot, D the expiry (YYMMDD, day 00 allowed), S the serial
number, 8P the GTIN beside it, 16D the day it was made. A PPN is a registry (11: the German PZN),
the number, and two check digits: each character's ASCII value times 2, 3, 4 … from the left,
modulo 97. A PZN of eight digits ends in its own check digit, modulo 11.
"""

import re
from datetime import date

from hims.errors import Finding

from .check_digits import are_digits, mod10, mod10_holds
from .code import EOT, GS, RS, Code, stop, warn
from .dates import is_far, yymmdd

BEGINS = re.compile(rf"\[\)>{RS}?06{GS}?")
BARE = re.compile(rf"9N11\d{{10}}(?={GS}|$)")
PZN_SYMBOL = re.compile(r"-(\d{8})")
FIELD = re.compile(r"(\d{0,2}[A-Z])(.*)", re.DOTALL)
KNOWN = ("9N", "8P", "1T", "16D", "D", "S", "27Q", "33L")
GERMAN = "11"
GERMAN_GTIN = "04150"  # an NTIN: this, the PZN, and a check digit


def looks_like_it(text: str) -> bool:
    """Whether `text` begins as such codes do."""
    return text.startswith("[)>") or bool(BARE.match(text)) or bool(PZN_SYMBOL.fullmatch(text))


def check_digits(payload: str) -> str:
    """The two check digits of a PPN without them."""
    total = sum(ord(char) * weight for weight, char in enumerate(payload, start=2))
    return f"{total % 97:02d}"


def pzn_holds(pzn: str) -> bool:
    """Whether the eighth digit of a PZN checks the others."""
    if len(pzn) != 8 or not are_digits(pzn):
        return False
    return sum(int(digit) * place for place, digit in enumerate(pzn[:7], 1)) % 11 == int(pzn[7])


def ntin(pzn: str) -> str:
    """The GTIN-14 that a PZN is also known by."""
    payload = GERMAN_GTIN + pzn
    return payload + mod10(payload)


def ppn(text: str, *, today: date) -> Code:
    """The code that a text of a German pack is."""
    if symbol := PZN_SYMBOL.fullmatch(text):
        code = Code(text, "ppn", "PZN")
        wrong = None if pzn_holds(symbol[1]) else _bad_check("PZN")
        return code.but(wrong) if wrong else _numbered(code, symbol[1])
    begins = BEGINS.match(text)
    code = Code(text, "ppn", "format 06", True)
    if not begins and not BARE.match(text):
        return code.but(stop("unreadable", "The envelope of the code does not name format 06."))
    body = text[begins.end() :] if begins else text
    body = body.rstrip(RS + EOT + GS)
    elements = []
    for field in body.split(GS):
        found = FIELD.fullmatch(field)
        if not found or not found[2]:
            return code.but(stop("bad_value", f"A format 06 code has no field like {field!r}."))
        elements.append((found[1], found[2]))
    code = code.but(elements=tuple(elements))
    if wrong := _wrong(code):
        return code.but(wrong)
    return _said(code, today)


def _wrong(code: Code) -> Finding | None:
    seen: dict[str, str] = {}
    for name, value in code.elements:
        if seen.setdefault(name, value) != value:
            return stop("repeated", f"{name} is there twice, with different values.")
    number = seen.get("9N")
    if number is None and "8P" not in seen:
        return stop("incomplete", "The code names no product (9N or 8P).")
    if number is not None:
        if number.startswith(GERMAN) and len(number) > 12:
            return stop(
                "separator_lost",
                f"The scanner leaves out the separators between fields, so that 9N reads {number}. "
                "Nothing was guessed: set the scanner (see Test your scanner) and scan again.",
            )
        if len(number) < 5 or check_digits(number[:-2]) != number[-2:]:
            return _bad_check("9N")
        if number.startswith(GERMAN) and not pzn_holds(number[2:-2]):
            return _bad_check("9N")
    if "8P" in seen and not mod10_holds(seen["8P"]):
        return _bad_check("8P")
    return None


def _bad_check(what: str) -> Finding:
    return stop("check_digit", f"{what}: the check digit is wrong. Scan the code again.")


def _said(code: Code, today: date) -> Code:
    """`code` with what its elements say."""
    expiry, made = code.first("D"), code.first("16D")
    gtin = code.first("8P")
    code = code.but(
        gtin=gtin.zfill(14) if gtin else None,
        lot=code.first("1T"),
        serial=code.first("S"),
        expiry=yymmdd(expiry, today) if expiry else None,
        produced=yymmdd(made[2:], today) if made and len(made) == 8 else None,
    )
    if expiry and code.expiry is None:
        return code.but(stop("impossible_date", f"D: {expiry} is no date."))
    if made and code.produced is None:
        return code.but(stop("impossible_date", f"16D: {made} is no date."))
    if code.expiry and is_far(code.expiry, today):
        text = f"It would expire in {code.expiry.year}. Compare with what is printed."
        code = code.but(warn("far_expiry", text))
    number = code.first("9N")
    if number and number.startswith(GERMAN):
        return _numbered(code, number[2:-2])
    return code


def _numbered(code: Code, pzn: str) -> Code:
    return code.but(pzn=pzn, also=(ntin(pzn),))
