"""Our own private codes, as printed on room signs, asset labels, wristbands and badges.

    HIMS:ASSET:<number>   HIMS:ZONE:<code>   HIMS:PATIENT:<mrn>   HIMS:STAFF:<badge>
    HIMS:TAG:<address>

The prefix keeps a ward's own label from ever being taken for a manufacturer's code.
"""

KINDS = (
    "asset",
    "zone",
    "patient",
    "staff",
    "tag",
    "product",
    "lot",
    "place",
    "dispense",
    "appointment",
)
PREFIX = "HIMS:"


def written(kind: str, value: str) -> str:
    """The text of the code for `value` of `kind`."""
    return f"{PREFIX}{kind.upper()}:{value}"


def parsed(text: str) -> tuple[str, str] | None:
    """(kind, value) of one of our codes; None if it is none of ours or names no kind we know."""
    head, _, rest = text.strip().partition(":")
    kind, _, value = rest.partition(":")
    if head.upper() != "HIMS" or kind.lower() not in KINDS or not value:
        return None
    return kind.lower(), value
