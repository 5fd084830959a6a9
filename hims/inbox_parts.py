"""What upper floors do with parts of a message: a plain registry that they fill at start.

The ground floor keeps no allergies; whoever does registers here what is done with those that a
message tells of.
"""

from collections.abc import Callable, Sequence

Part = Callable[..., Sequence[str]]

_parts: dict[str, Part] = {}


def register_part(kind: str, function: Part) -> None:
    """Hand down what is done with a kind of part ("allergies").

    `function(patient=, said=, actor=, now=)` is a @step; it returns in words what it did.
    """
    if _parts.setdefault(kind, function) is not function:
        raise ValueError(f"{kind} of messages are taken already")


def part(kind: str) -> Part | None:
    """Who takes the parts of that kind; None while nobody does."""
    return _parts.get(kind)
