"""What a count says about the ledger: the difference to what stood there when it was counted.

Stock may move while somebody counts, so a difference is taken against the balance that they saw,
and booked on top of what has moved since.
"""

from collections.abc import Iterable
from dataclasses import dataclass

COUNTS = frozenset({"count", "found", "reversal"})
"""Movements that already put the ledger right, or took that back: a difference against a balance
before them would be booked twice."""


@dataclass(frozen=True)
class Since:
    """A movement that came after the version that a counter saw; `quantity` in base units."""

    seq: int
    kind: str
    quantity: int


class CannotBook(ValueError):
    """The difference is no longer true of what lies there now; `code` says why."""

    def __init__(self, code: str):
        super().__init__(code)
        self.code = code


def difference(*, counted: int, seen: int, since: Iterable[Since]) -> int:
    """The base units to book: `counted` less the balance `seen`, on top of what moved `since`.

    Raises CannotBook: "counted_meanwhile" when another count came between, "moved_meanwhile" when
    the level would go below zero, because more was taken since than was counted.
    """
    moved = list(since)
    if any(one.kind in COUNTS for one in moved):
        raise CannotBook("counted_meanwhile")
    if counted + sum(one.quantity for one in moved) < 0:
        raise CannotBook("moved_meanwhile")
    return counted - seen
