"""The registry of what `manage.py verify` checks. Each floor hands its verifiers down at start.

A verifier takes `since` (an aware time, or None for everything) and recomputes one kind of truth
from the rows themselves: it returns how many things it looked at and the first that is wrong, in
words a person can act on, or None.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

Found = tuple[int, str | None]
Verifier = Callable[[datetime | None], Found]

_verifiers: dict[str, Verifier] = {}
_append_only: set[str] = set()


@dataclass(frozen=True)
class Verified:
    """What one verifier found: `count` things of the kind `name`, and the first bad one or None."""

    name: str
    count: int
    first_bad: str | None


def verifier(name: str) -> Callable[[Verifier], Verifier]:
    """Register a function as the verifier of the things called `name` (a plural noun)."""

    def take(function: Verifier) -> Verifier:
        if _verifiers.setdefault(name, function) is not function:
            raise ValueError(f"{name} has a verifier already")
        return function

    return take


def append_only(*tables: str) -> None:
    """Say that these tables only ever grow, so that a missing trigger on them is noticed."""
    _append_only.update(tables)


def append_only_tables() -> list[str]:
    """Return the tables that must refuse UPDATE, DELETE and TRUNCATE, in order of name."""
    return sorted(_append_only)


def verify(since: datetime | None = None) -> Iterator[Verified]:
    """Run all verifiers, in order of name."""
    for name, function in sorted(_verifiers.items()):
        yield Verified(name, *function(since))


def counted(query: str, parameters: dict[str, Any] | None = None) -> int:
    """Return the one number that `query` asks for."""
    return int(first(query, parameters)[0])


def first(query: str, parameters: dict[str, Any] | None = None) -> Any:
    """Return the first row of `query`, or None."""
    with connection.cursor() as cursor:
        cursor.execute(query, parameters or {})
        return cursor.fetchone()
