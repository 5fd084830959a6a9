"""Bodies of the pharmacy's doors, read by hand: the hot ones are spared what serializers cost."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from hims.errors import Finding, Invalid

LONGEST_CODE = 4096
MOST_OVERRIDES = 50


def body_of(data: Any) -> Mapping[str, Any]:
    """The JSON object that a request is, or Invalid."""
    if not isinstance(data, Mapping):
        raise _bad("bad_body", "The body is a JSON object.", "")
    return data


def text(
    data: Mapping[str, Any], name: str, *, most: int, where: str = "", need: bool = True
) -> str:
    """A text of at most `most` characters that PostgreSQL can keep; "" where it may be missing."""
    value = data.get(name)
    field = f"{where}.{name}" if where else name
    if value is None and not need:
        return ""
    if not isinstance(value, str) or (need and not value.strip()):
        raise _bad("bad_text", f"{name} is a text that is not empty.", field)
    if len(value) > most:
        raise _bad("too_long", f"{name} has at most {most} characters.", field)
    try:
        value.encode()
    except UnicodeEncodeError:
        raise _bad("bad_text", f"{name} holds half a character.", field) from None
    if "\0" in value:
        raise _bad("bad_text", f"{name} holds a NUL character.", field)
    return value.strip(" ")


def uid(data: Mapping[str, Any], name: str, *, where: str = "") -> UUID:
    """A UUID as text, or Invalid."""
    value = data.get(name)
    field = f"{where}.{name}" if where else name
    try:
        return UUID(value if isinstance(value, str) else "")
    except ValueError:
        raise _bad("bad_id", f"{name} is the id of something.", field) from None


def listed(data: Mapping[str, Any], name: str, *, most: int, need: bool = True) -> list[Mapping]:
    """A list of JSON objects, not empty where it is needed."""
    value = data.get(name)
    if value is None and not need:
        return []
    if not isinstance(value, list) or not all(isinstance(one, Mapping) for one in value):
        raise _bad("bad_list", f"{name} is a list of objects.", name)
    if len(value) > most or (need and not value):
        raise _bad("bad_list", f"{name} holds 1 to {most} objects.", name)
    return value


def quantity(data: Mapping[str, Any], *, where: str) -> int | str:
    """A quantity as it was sent, a whole number or a text; the action reads it."""
    value = data.get("quantity")
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and value.isascii() and 0 < len(value) <= 40:
        return value
    raise _bad("bad_quantity", "quantity is a number.", f"{where}.quantity")


def overrides(data: Mapping[str, Any]) -> list[dict[str, str]]:
    """[{"finding": code, "reason": why, "text"?: words}]."""
    return [
        {
            "finding": text(one, "finding", most=80, where=f"overrides.{n}"),
            "reason": text(one, "reason", most=400, where=f"overrides.{n}"),
            "text": text(one, "text", most=300, where=f"overrides.{n}", need=False),
        }
        for n, one in enumerate(listed(data, "overrides", most=MOST_OVERRIDES, need=False))
    ]


def _bad(code: str, words: str, field: str) -> Invalid:
    return Invalid(Finding(code, words, field=field))
