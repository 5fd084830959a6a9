"""Which GS1 application identifiers may stand together (GS1 General Specifications 4.13, 4.14).

A name that ends in "n" stands for its ten identifiers, "3nnn" style names for all that begin so.
"""

from collections.abc import Iterable

from hims.errors import Finding

from .code import stop

TRADE_ITEM = "01,02,03,8006,8026"
MEASURED = "30,31nn,32nn,35nn,36nn"
KEYS = {"00", "01", "253", "255", "414", "417", "8003", "8004", "8006", "8010", "8013", "8017",
        "8018"}  # fmt: skip

# Two identifiers of one line never stand in one code.
NEVER_TOGETHER: tuple[tuple[str, ...], ...] = (
    ("01", "02"), ("01", "03"), ("01", "255"), ("01", "37"), ("02", "03"), ("02", "255"),
    ("03", "37"), ("21", "235"), ("255", "415"), ("255", "8006"), ("255", "8020"),
    ("255", "8026"), ("394n", "8111"), ("390n", "391n"), ("390n", "394n"), ("390n", "8111"),
    ("391n", "394n"), ("391n", "8111"), ("392n", "393n"), ("420", "421"), ("422", "426"),
    ("423", "426"), ("424", "426"), ("425", "426"), ("8006", "37"), ("8017", "8018"),
    ("710", "715"),
)  # fmt: skip

# Each needs its partners: one of those that a comma divides, and one of each group.
NEEDS: dict[str, str] = {
    "02": "37", "37": "00 02,8026", "10": TRADE_ITEM, "11": TRADE_ITEM, "12": TRADE_ITEM,
    "13": TRADE_ITEM, "15": TRADE_ITEM, "16": TRADE_ITEM, "17": TRADE_ITEM + ",255",
    "20": TRADE_ITEM, "21": "01,03,8006", "22": "01", "235": "01", "240": TRADE_ITEM,
    "241": TRADE_ITEM, "242": TRADE_ITEM, "243": "01", "250": "01,8006 21", "251": "01,8006",
    "254": "414", "30": "01,02", "31nn": "01,02", "32nn": "01,02", "33nn": "00,01,02",
    "34nn": "00,01,02", "35nn": "01,02", "36nn": "00,01,02", "392n": "01 " + MEASURED,
    "393n": "01 " + MEASURED, "394n": "255", "395n": "01", "391n": "8020", "403": "00",
    "415": "8020", "421": "420,00,01,414", "422": TRADE_ITEM, "423": TRADE_ITEM,
    "424": TRADE_ITEM, "425": TRADE_ITEM, "426": TRADE_ITEM, "427": "01,02 422",
    "43nn": "00,01", "710": "01", "711": "01", "712": "01", "713": "01", "714": "01",
    "715": "01", "716": "01", "717": "01", "7001": TRADE_ITEM, "7002": "01,02",
    "7003": TRADE_ITEM, "7004": "01 10", "7005": "01,02", "7006": "01,02,03",
    "7007": "01,02,03", "7008": "01,02", "7009": "01,02", "7010": "01,02", "7011": "01,02",
    "7020": "01,8006 416", "7021": "01,8006", "7022": "7021", "703n": "01,02",
    "7240": "01,8006", "7241": "8018", "7242": "8018", "725n": "8018", "8001": "01",
    "8005": "01,02", "8007": "415", "8008": "01,02", "8011": "8010", "8012": "01,8006",
    "8019": "8017,8018", "8020": "415", "8111": "255", "8200": "01",
}  # fmt: skip

# A signature (8030) signs something that exists once: these with a serial number of their own.
SERIALISED = {"253": 13, "255": 13, "8003": 14}
SIGNED = ("01+21", "8006+21", "8010+8011", "00", "8004", "8017+8019", "8018+8019", "414+254")


def stands_for(identifier: str, name: str) -> bool:
    """Whether `name` of a table names `identifier`: each n at its end is any digit."""
    stem = name.rstrip("n")
    return len(identifier) == len(name) and identifier.startswith(stem)


def _has(present: Iterable[str], name: str) -> bool:
    return any(stands_for(identifier, name) for identifier in present)


def wrong_company(elements: tuple[tuple[str, str], ...]) -> list[Finding]:
    """What is wrong with these identifiers standing together."""
    return _repeated(elements) or _excluded(elements) or _lonely(elements)


def _repeated(elements: tuple[tuple[str, str], ...]) -> list[Finding]:
    seen: dict[str, str] = {}
    for identifier, value in elements:
        if seen.setdefault(identifier, value) != value:
            text = f"({identifier}) is there twice, with different values."
            return [stop("repeated", text)]
    return []


def _excluded(elements: tuple[tuple[str, str], ...]) -> list[Finding]:
    present = {identifier for identifier, _ in elements}
    for one, other in NEVER_TOGETHER:
        if _has(present, one) and _has(present, other):
            return [stop("excluded", f"({one}) and ({other}) cannot stand in one code.")]
    for stem in sorted({identifier[:3] for identifier in present if len(identifier) == 4}):
        twins = [identifier for identifier in present if identifier[:3] == stem]
        if stem[0] == "3" and len(twins) > 1:
            return [stop("excluded", f"({stem}n) is there with different decimal places.")]
    return []


def _lonely(elements: tuple[tuple[str, str], ...]) -> list[Finding]:
    present = {identifier for identifier, _ in elements}
    for identifier, _ in elements:
        needed = next((NEEDS[name] for name in NEEDS if stands_for(identifier, name)), "")
        for group in needed.split():
            partners = group.split(",")
            if not any(_has(present, partner) for partner in partners):
                named = " or ".join(f"({partner})" for partner in partners)
                return [stop("incomplete", f"({identifier}) needs {named} in the same code.")]
    if "8030" in present and not _any_of(present, SIGNED) and not _serialised(elements):
        return [stop("incomplete", "(8030) signs nothing in this code that exists only once.")]
    return []


def _any_of(present: set[str], wholes: tuple[str, ...]) -> bool:
    return any(all(part in present for part in whole.split("+")) for whole in wholes)


def _serialised(elements: tuple[tuple[str, str], ...]) -> bool:
    return any(len(value) > SERIALISED.get(name, 99) for name, value in elements)
