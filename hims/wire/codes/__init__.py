"""Codes on packs, things, people and places: from what a scanner sends to what it says.

`read` is the one way in. Nothing here knows what stands in a catalogue or what time it is.
"""

from .code import EOT, FORMATS, GS, RS, Code, joined
from .reading import LONGEST, read
from .separators import lost as lost_separator
from .wedge import GS1_SYMBOLOGIES, SYMBOLOGY_NAMES, Typed, typed

__all__ = [
    "EOT",
    "FORMATS",
    "GS",
    "GS1_SYMBOLOGIES",
    "LONGEST",
    "RS",
    "SYMBOLOGY_NAMES",
    "Code",
    "Typed",
    "joined",
    "lost_separator",
    "read",
    "typed",
]
