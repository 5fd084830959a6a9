"""What a keyboard wedge makes of a code: prefixes, control characters as words, a suffix.

Scanners that type like a keyboard cannot type FNC1 or GS. They send the separator as Ctrl+], as a
key such as F8, as a word in brackets, as two characters, or as one printable character that the
hospital has chosen; and they may put the symbology identifier of ISO/IEC 15424 in front.
"""

import re
from dataclasses import dataclass

from .code import EOT, GS, RS

SYMBOLOGY = re.compile(r"\]([A-Za-z])([0-9])")
GS1_SYMBOLOGIES = {
    "C1": "GS1-128", "d2": "GS1 DataMatrix", "d5": "GS1 DataMatrix", "d8": "GS1 DataMatrix",
    "Q3": "GS1 QR Code", "Q4": "GS1 QR Code", "e0": "GS1 DataBar", "e1": "GS1 composite",
    "e2": "GS1 composite", "J1": "GS1 DotCode",
}  # fmt: skip
SYMBOLOGY_NAMES = GS1_SYMBOLOGIES | {
    "E0": "EAN-13 or UPC", "E3": "EAN-13 with add-on", "E4": "EAN-8", "C0": "Code 128",
    "d1": "Data Matrix", "Q1": "QR Code", "A0": "Code 39", "I0": "ITF", "I1": "ITF",
    "J0": "DotCode",
}  # fmt: skip

# How GS, RS and EOT arrive as something else. The pictures of control characters (U+241D …) and
# the arrow that Alt+029 gives on Windows are single characters.
WORDS = {
    GS: re.compile(r"\{GS\}|<GS>|\[GS\]|\{F8\}|<F8>|\{FNC1\}|<FNC1>|\^\]|[␝↔]", re.IGNORECASE),
    RS: re.compile(r"\{RS\}|<RS>|\[RS\]|\^\^|[␞▲]", re.IGNORECASE),
    EOT: re.compile(r"\{EOT\}|<EOT>|\[EOT\]|\^D$|[␄♦]", re.IGNORECASE),
}
ENDS = " \t\r\n\x00\x02\x03"


@dataclass(frozen=True)
class Typed:
    """A scan without its wrapping. symbology: letter and digit, or "" where nobody said it.
    spelt: how separators were spelt, for people who set up scanners."""

    text: str
    symbology: str = ""
    spelt: tuple[str, ...] = ()

    @property
    def is_gs1(self) -> bool:
        """The symbology identifier says that the symbol holds GS1 elements."""
        return self.symbology in GS1_SYMBOLOGIES


def typed(text: str, symbology: str = "", separator: str = "") -> Typed:
    """What was scanned, with GS, RS and EOT as themselves.

    symbology: what the scanner said beside the text, "]d2" or "d2" or a name. separator: what the
    hospital has its scanners send for GS, beside what is known anyway.
    """
    text = text.strip(ENDS)
    said = SYMBOLOGY.match(text)
    name = ""
    if said:
        name, text = said[1] + said[2], text[3:]
    elif beside := SYMBOLOGY.fullmatch("]" + symbology.strip().lstrip("]")):
        name = beside[1] + beside[2]
    elif symbology.strip().lower().startswith("gs1"):
        name = next((key for key, called in GS1_SYMBOLOGIES.items() if called == symbology), "d2")
    if text.lower().startswith(("http://", "https://", "hims:")):
        return Typed(text, name)
    spelt = []
    if separator and separator in text and not separator.isalnum():
        text = text.replace(separator, GS)
        spelt.append(separator)
    for control, words in WORDS.items():
        if control != GS and not text.startswith("[)>"):
            continue
        if found := words.search(text):
            spelt.append(found[0])
            text = words.sub(control, text)
    return Typed(text, name, tuple(spelt))
