"""The address of a tag or gateway, in one spelling."""

import re

LONGEST = 64
"""Characters of the longest address that is taken."""

_MAC = re.compile(
    r"(?:0[xX])?(?:"
    r"[0-9a-fA-F]{12}"
    r"|[0-9a-fA-F]{2}(?:([:\-. ])[0-9a-fA-F]{2})(?:\1[0-9a-fA-F]{2}){4}"
    r"|[0-9a-fA-F]{4}(?:([.:\-])[0-9a-fA-F]{4})\2[0-9a-fA-F]{4}"
    r")"
)


def normalise(text: str) -> str:
    """One spelling for every address: a MAC becomes 12 lower-case hexadecimal digits.

    MACs are known by their form: `AC:23:3F:00:00:01`, `ac-23-3f-00-00-01`, `AC233F000001`,
    `ac23.3f00.0001`, `0xAC233F000001`. Anything else (an RFID number, a wristband code) is
    kept as it is, case included, without the blanks around it.
    """
    text = text.strip()
    if _MAC.fullmatch(text):
        return re.sub(r"[^0-9a-f]", "", text.lower().removeprefix("0x"))
    return text


def fault(text: str, what: str) -> str | None:
    """Why `text` cannot be the address of a `what` ("tag", "gateway"), or None."""
    bare = text.strip()
    if not bare:
        return f"{what} is empty"
    if len(bare) > LONGEST:
        return f"{what} is longer than {LONGEST} characters"
    if not bare.isprintable():
        return f"{what} holds a character that cannot be printed"
    return None
