"""The code on a staff badge."""

PREFIX = "HIMS:STAFF:"


def badge_of(scanned: str) -> str:
    """The badge number in what was scanned or typed: `HIMS:STAFF:<badge>`, or the bare number."""
    text = scanned.strip()
    if text[: len(PREFIX)].upper() == PREFIX:
        return text[len(PREFIX) :].strip()
    return text
