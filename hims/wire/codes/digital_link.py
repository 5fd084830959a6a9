"""GS1 Digital Link: the same elements in a web address, https://id.gs1.org/01/…/10/…?17=280200.

Read after the GS1 Digital Link URI Syntax 1.6: the key and its qualifiers stand in the path, in
their order; the attributes stand in the query, where words that are no identifier are others'.
"""

import re
from datetime import date
from urllib.parse import unquote, unquote_plus

from .check_digits import are_digits
from .code import Code, stop
from .gs1 import checked, element

SCHEME = re.compile(r"https?://", re.IGNORECASE)
HOST = re.compile(r"[A-Za-z0-9.\-]+(:\d{1,5})?")
ALLOWED = re.compile(r"[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]*")

# key -> its qualifiers, in their order; each may be missing
QUALIFIERS: dict[str, tuple[tuple[str, ...], ...]] = {
    "01": (("22", "10", "21"), ("235",)),
    "8006": (("22", "10", "21"),),
    "414": (("254",), ("7040",)), "417": (("7040",),), "8017": (("8019",),), "8018": (("8019",),),
    "415": (("8020",),), "8010": (("8011",),), "00": ((),), "253": ((),), "255": ((),),
    "401": ((),), "402": ((),), "8003": ((),), "8004": ((),), "8013": ((),),
}  # fmt: skip
# The words that stood for identifiers in the first version of the syntax.
WORDS = {
    "gtin": "01", "itip": "8006", "gmn": "8013", "cpid": "8010", "shipto": "410", "billto": "411",
    "gln": "414", "payto": "415", "glnprod": "416", "gsrnp": "8017", "gsrn": "8018",
    "gcn": "255", "sscc": "00", "gdti": "253", "ginc": "401", "gsin": "402", "grai": "8003",
    "giai": "8004", "cpv": "22", "lot": "10", "ser": "21",
}  # fmt: skip


def is_address(text: str) -> bool:
    """Whether `text` is a web address."""
    return bool(SCHEME.match(text))


def digital_link(text: str, *, today: date) -> Code:
    """The code that a web address is: GS1 elements, or format "none" if it holds none."""
    none = Code(text, "none", "web address")
    if not ALLOWED.fullmatch(text):
        return none.but(stop("unreadable", "The web address holds characters that it must not."))
    address, _, query = SCHEME.sub("", text, count=1).split("#")[0].partition("?")
    host, _, path = address.partition("/")
    if not HOST.fullmatch(host):
        return none.but(stop("unreadable", "The web address names no host."))
    parts = path.split("/")
    start = _key_at(parts)
    if start is None:
        return none
    named = _named(parts[start:])
    elements = [(name, _full(name, unquote(value))) for name, value in named]
    code = Code(text, "gs1", "Digital Link", True, tuple(elements))
    if not _in_order([name for name, _ in named]):
        text = "The identifiers in the path do not belong together in this order."
        return code.but(stop("excluded", text))
    for pair in re.split("[&;]", query):
        name, equals, value = pair.partition("=")
        if equals and are_digits(name):
            if any(name == other for other, _ in elements):
                return code.but(stop("repeated", f"({name}) is there twice."))
            elements.append((name, _full(name, unquote_plus(value))))
    code = code.but(elements=tuple(elements))
    for name, value in elements:
        if wrong := element(name, value):
            return code.but(wrong)
    return checked(code, today=today)


def _key_at(parts: list[str]) -> int | None:
    """Where the key stands: the last part that names one, with a value after it, an even number
    of parts before the end."""
    for at in range(len(parts) - 2, -1, -2):
        if WORDS.get(parts[at], parts[at]) in QUALIFIERS:
            return at
    return None


def _named(parts: list[str]) -> list[tuple[str, str]]:
    return [
        (WORDS.get(name, name), value) for name, value in zip(parts[::2], parts[1::2], strict=True)
    ]


def _in_order(names: list[str]) -> bool:
    key, following = names[0], names[1:]
    for allowed in QUALIFIERS[key]:
        places = [allowed.index(name) if name in allowed else -1 for name in following]
        if -1 not in places and places == sorted(set(places)):
            return True
    return False


def _full(name: str, value: str) -> str:
    """An article number may leave out its leading zeros."""
    if name in {"01", "02"} and len(value) in (8, 12, 13) and are_digits(value):
        return value.zfill(14)
    return value
