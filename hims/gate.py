"""The open write gate of this thread: who acts, by which action, and on what.

Kept apart from `hims.action` because models need to ask it and must not import actions.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hims.models import Actor


@dataclass
class Act:
    """One action under way."""

    name: str
    actor: "Actor"
    now: datetime
    reason: str = ""
    objects: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Origin:
    """Where a request came in: `door` is web, api, feed, clock or console."""

    door: str = "console"
    request_id: str = ""


_current: ContextVar[Act | None] = ContextVar("hims_act", default=None)
_origin: ContextVar[Origin | None] = ContextVar("hims_origin", default=None)


def current() -> Act | None:
    """The action under way in this thread, or None outside the gate."""
    return _current.get()


def origin() -> Origin:
    """Where the request under way came in; the console when no door has named itself."""
    return _origin.get() or Origin()


@contextmanager
def opened(act: Act) -> Iterator[Act]:
    """Hold the gate open for `act`; only `hims.action` calls this."""
    token = _current.set(act)
    try:
        yield act
    finally:
        _current.reset(token)


@contextmanager
def coming_from(door: str, request_id: str = "") -> Iterator[None]:
    """Name the door for all that happens inside."""
    token = _origin.set(Origin(door, request_id))
    try:
        yield
    finally:
        _origin.reset(token)
