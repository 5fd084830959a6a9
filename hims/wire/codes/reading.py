"""Which kind of code a text is. The order matters: what is marked as something is taken for it,
and digits are an article number before they are anything else."""

import re
from datetime import date

from hims.wire import own_codes

from .bracketed import AT_THE_START, bracketed
from .code import GS, Code, stop
from .digital_link import digital_link, is_address
from .gs1 import element_string
from .gs1_partners import KEYS
from .hibc import hibc
from .hibc import looks_like_it as looks_like_hibc
from .ppn import looks_like_it as looks_like_ppn
from .ppn import ppn
from .retail import article
from .wedge import Typed, typed

LONGEST = 4096
# A text that nobody has marked is taken for a GS1 code only if it begins as packs, pallets, people
# and things do: our own numbers and words of people must not become lots.
BEGINS_AS_GS1 = re.compile(
    r"0[12]\d{14}|00\d{18}|8003\d{14}|8004.|801[78]\d{18}|414\d{13}|253\d{13}|(?:11|15|17)\d{6}01\d{14}"
)
HOLDS_AN_ARTICLE = re.compile(r"(?:10|21)[^\s]{1,20}01\d{14}")
NOT_GS1_SYMBOL = {"E0", "E1", "E2", "E3", "E4"}
COMPOSITE = re.compile(r"^\]e[0-2]")


def read(text: str, *, today: date, symbology: str = "", separator: str = "") -> Code:
    """What `text`, as a scanner, a photo or a person gave it, says.

    today: the day by which two digits of a year are understood. symbology: what the scanner said
    beside it. separator: what the hospital's scanners send for GS. Never raises: what cannot be
    understood has format "none", or the format it claims and a stop among its findings.
    """
    if len(text) > LONGEST:
        return Code(text[:LONGEST]).but(stop("too_long", "A code has at most 4096 characters."))
    return _read(typed(text, symbology, separator), today, symbology)


def _read(scan: Typed, today: date, symbology: str) -> Code:
    text = scan.text
    if not text.strip(GS + " "):
        return Code(text, "none").but(stop("empty", "The code is empty."))
    if text[:5].upper() == own_codes.PREFIX:
        return _own(text)
    if is_address(text):
        return digital_link(text, today=today)
    if scan.is_gs1:
        return element_string(text, today=today, marked=True)
    if scan.symbology in NOT_GS1_SYMBOL:
        return _retail_symbol(text, today)
    if looks_like_ppn(text):
        return ppn(text, today=today)
    if looks_like_hibc(text):
        return hibc(text, today=today)
    if AT_THE_START.match(text):
        return bracketed(text, today=today)
    number = article(text, upce=symbology.replace("-", "").lower() == "upce")
    if number and (number.ok or symbology.lower().startswith(("ean", "upc", "gtin"))):
        return number
    if not scan.symbology and _begins_as_gs1(text):
        return element_string(text, today=today, marked=False)
    # Eight digits with a wrong check digit may be anybody's number; twelve and more are hardly.
    return number if number and len(text) > 8 else Code(text, "none", "text")


def _own(text: str) -> Code:
    own = own_codes.parsed(text)
    code = Code(text, "own", "our own code", True)
    if own is None:
        return code.but(stop("unreadable", "It begins like one of our own codes and is none."))
    return code.but(elements=(own,))


def _retail_symbol(text: str, today: date) -> Code:
    """An EAN or UPC by its symbology identifier, perhaps with a composite part beside it."""
    primary, composite, rest = text.partition("|")
    found = article(primary)
    if found is None:
        text = "The scanner says EAN or UPC, but this has not 8, 12, 13 or 14 digits."
        return Code(primary, "gtin").but(stop("bad_value", text))
    found = found.but(marked=True)
    if not composite or not found.ok:
        return found
    # The article stands in the bars, the rest in the composite part: read together, they are one.
    part = COMPOSITE.sub("", rest, count=1)
    whole = element_string(f"01{found.gtin}{part}", today=today, marked=True)
    return whole.but(text=text, elements=whole.elements[1:])


def _begins_as_gs1(text: str) -> bool:
    body = text.removeprefix(GS)
    if BEGINS_AS_GS1.match(body):
        return True
    if HOLDS_AN_ARTICLE.match(body) or text.startswith(GS):
        return True
    return GS in body and any(body.startswith(key) for key in (*KEYS, "10", "11", "17", "21"))
