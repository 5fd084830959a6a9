"""Plain article numbers: EAN-8, UPC-A, UPC-E, EAN-13 and GTIN-14 as digits and nothing else."""

from .check_digits import are_digits, mod10, mod10_holds
from .code import Code, stop

NAMES = {8: "EAN-8", 12: "UPC-A", 13: "EAN-13", 14: "GTIN-14"}


def expanded(upce: str) -> str | None:
    """The UPC-A of a UPC-E of 6, 7 or 8 digits (GS1 General Specifications 5.2.2.4.2), or None if
    it is none or its check digit is wrong."""
    if not are_digits(upce) or len(upce) not in (6, 7, 8):
        return None
    system, body, check = ("0" + upce, upce, "") if len(upce) == 6 else (upce, upce[1:7], upce[7:])
    system = system[0]
    if system not in "01":
        return None
    last = body[5]
    if last in "012":
        payload = body[:2] + last + "0000" + body[2:5]
    elif last == "3":
        payload = body[:3] + "00000" + body[3:5]
    elif last == "4":
        payload = body[:4] + "00000" + body[4]
    else:
        payload = body[:5] + "0000" + last
    whole = system + payload
    if check and mod10(whole) != check:
        return None
    return whole + mod10(whole)


def article(digits: str, *, upce: bool = False) -> Code | None:
    """The article number that `digits` is, or None if it has no such length.

    Eight digits may be an EAN-8 or an unexpanded UPC-E; where both check digits hold, `also` keeps
    the other. upce: the scanner said it is one.
    """
    short = expanded(digits) if upce or len(digits) == 8 else None
    if upce and short:
        return Code(digits, "gtin", "UPC-E", gtin=short.zfill(14))
    if not are_digits(digits) or len(digits) not in NAMES:
        return None
    written = NAMES[len(digits)]
    if not mod10_holds(digits):
        if short:
            return Code(digits, "gtin", "UPC-E", gtin=short.zfill(14))
        return Code(digits, "gtin", written).but(
            stop("check_digit", "The check digit is wrong: scan it again, or type it again.")
        )
    also = (short.zfill(14),) if short else ()
    return Code(digits, "gtin", written, gtin=digits.zfill(14), also=also)
