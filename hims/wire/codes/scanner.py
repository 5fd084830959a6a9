"""What a scanner sends, sign by sign, and what to set on it so that nothing is lost.

A hospital tries its scanners on one symbol whose content is known (TEST_SYMBOL, a GS1 DataMatrix of
the GTIN prefix that GS1 keeps for examples), so that what arrives can be laid against it.
"""

import re
from dataclasses import dataclass
from statistics import median

from .code import EOT, GS, RS, Code
from .wedge import SYMBOLOGY, typed

TEST_SYMBOL = (("01", "09521234543213"), ("10", "TEST-1"), ("21", "Scanner-Y2Z"))
HEAD = "0109521234543213" + "10TEST-1"
TAIL = "21Scanner-Y2Z"
CONTROL_NAMES = {
    GS: "GS", RS: "RS", EOT: "EOT", "\r": "CR", "\n": "LF", "\t": "TAB", "\x00": "NUL",
    "\x02": "STX", "\x03": "ETX", "\x1b": "ESC", "\x1c": "FS", "\x1f": "US", " ": "SPACE",
    "\u241d": "GS (picture)", "\u241e": "RS (picture)", "\u2194": "Alt+029",
}  # fmt: skip
ENTERS = {"Enter", "NumpadEnter"}
SEPARATOR_KEYS = {"Ctrl+]", "F8"}
# Slower than this it was typed by a person, or the scanner is set to wait between keys.
SLOW_MS = 50
OTHER_KEYBOARD = str.maketrans("yzYZß/", "zyZY--")  # German keys, read back


@dataclass(frozen=True)
class Sign:
    """One sign that arrived: itself (empty if it cannot be seen), its code point, its name."""

    shown: str
    point: str
    name: str


@dataclass(frozen=True)
class Arrival:
    """What the page saw of one scan: the text in the field, the names of special keys among the
    keys pressed ("Ctrl+]", "F8", "Enter"), and milliseconds between keys. separator: what the
    hospital has its scanners send for GS."""

    text: str
    keys: tuple[str, ...] = ()
    gaps_ms: tuple[float, ...] = ()
    separator: str = ""


def signs(text: str) -> list[Sign]:
    """Each sign of a text with its code point, control characters by name."""
    return [
        Sign(
            "" if char in CONTROL_NAMES or not char.isprintable() else char,
            f"U+{ord(char):04X}",
            CONTROL_NAMES.get(char, "" if char.isprintable() else "control character"),
        )
        for char in text
    ]


def advice(arrival: Arrival, code: Code) -> list[str]:
    """What to set on the scanner, the gravest first, as words for people to be told in full:
    nothing, keyboard, capitals, other_separator, no_separator, wrong_code, no_enter, slow,
    no_symbology, well_set, readable."""
    text = arrival.text
    if not text.strip():
        return ["nothing"]
    told = [wrong] if (wrong := _fault(arrival, code)) else []
    if arrival.keys and not ENTERS.intersection(arrival.keys):
        told.append("no_enter")
    if len(arrival.gaps_ms) > 3 and median(arrival.gaps_ms) > SLOW_MS:
        told.append("slow")
    if not SYMBOLOGY.match(text.lstrip()):
        told.append("no_symbology")
    if not told:
        told.append("well_set" if sent_for_separator(arrival) else "readable")
    return told


def sent_for_separator(arrival: Arrival) -> str | None:
    """What the scanner sent where the test symbol has GS; None if it is not the test symbol."""
    bare = typed(arrival.text, separator=arrival.separator).text
    return bare[len(HEAD) : len(bare) - len(TAIL)] if _alike(bare) else None


def _fault(arrival: Arrival, code: Code) -> str:
    text, between = arrival.text, sent_for_separator(arrival)
    if between is not None:
        return {"": "no_separator", GS: ""}.get(between, "other_separator")
    plain = re.sub(r"^\][A-Za-z]\d", "", text.strip())
    if _alike(plain.swapcase()):
        return "capitals"
    if _alike(plain.translate(OTHER_KEYBOARD)) or _is_scrambled(plain):
        return "keyboard"
    if code.ok:
        return ""
    if any(found.code == "separator_lost" for found in code.findings):
        return "no_separator"
    return "wrong_code"


def _is_scrambled(text: str) -> bool:
    """As long as the test symbol, but with other signs where its digits should be: a scanner that
    types for another country's keyboard."""
    return abs(len(text) - len(HEAD + TAIL) - 1) <= 2 and not any(map(str.isdigit, text[:8]))


def _alike(text: str) -> bool:
    """The test symbol, but for what stands for GS."""
    long_enough = len(text) >= len(HEAD) + len(TAIL)
    return long_enough and text.startswith(HEAD) and text.endswith(TAIL)
