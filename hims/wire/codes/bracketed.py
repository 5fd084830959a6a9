"""GS1 element strings as people read and type them: (01)06141411234567(17)280200(10)A17.

A bracket that belongs to a value is written with a backslash before it.
"""

import re
from datetime import date

from .code import Code, stop
from .gs1 import checked, element

AT_THE_START = re.compile(r"\(\d{2,4}\)")
# An identifier in brackets, then its value up to the next bracket that no backslash announces.
ELEMENT = re.compile(r"\((\d{2,4})\)\s*((?:[^(\\]|\\.)*)", re.DOTALL)


def bracketed(text: str, *, today: date) -> Code:
    """The code that a bracketed text is."""
    elements, at = [], 0
    while found := ELEMENT.match(text, at):
        value = re.sub(r"\\(.)", r"\1", found[2].strip(), flags=re.DOTALL)
        elements.append((found[1], value))
        at = found.end()
    code = Code(text, "gs1", "in brackets", True, tuple(elements))
    if at < len(text) or not elements:
        return code.but(stop("unreadable", "A bracket is missing, or holds no identifier."))
    for identifier, value in elements:
        if wrong := element(identifier, value):
            return code.but(wrong)
    return checked(code, today=today)
