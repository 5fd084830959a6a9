"""The milestones of a visit: their order, what was missed and can be inferred, and the intervals.

Of the events of a visit 5 to 25 in a hundred are never recorded. What must have happened is
inferred between its neighbours and always marked so: an inferred time is never shown as seen.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Kind(StrEnum):
    ARRIVAL = "arrival"
    TRIAGE_START = "triage_start"
    TRIAGE_END = "triage_end"
    ROOM_ASSIGNED = "room_assigned"
    IN_ROOM = "in_room"
    PROVIDER = "provider"
    RESULTS = "results"
    DISPOSITION = "disposition"
    BED_REQUESTED = "bed_requested"
    BED_ASSIGNED = "bed_assigned"
    BED_READY = "bed_ready"
    LEFT = "left"


ORDER = tuple(Kind)
_PLACE = {kind: place for place, kind in enumerate(ORDER)}

IMPLIED_BY: dict[Kind, frozenset[Kind]] = {
    Kind.ARRIVAL: frozenset(ORDER[1:]),
    Kind.TRIAGE_START: frozenset({Kind.TRIAGE_END}),
    Kind.IN_ROOM: frozenset({Kind.PROVIDER, Kind.RESULTS, Kind.DISPOSITION, Kind.LEFT}),
    Kind.PROVIDER: frozenset({Kind.DISPOSITION}),
    Kind.BED_REQUESTED: frozenset({Kind.BED_ASSIGNED, Kind.BED_READY}),
    Kind.BED_ASSIGNED: frozenset({Kind.BED_READY}),
}
"""What must have happened when one of these did. A room may be entered without an assignment, and
triage may be skipped, so neither is ever inferred from what follows; leaving implies a room only
for those who did not leave unseen."""

NEVER_AFTER = (
    *((Kind.ARRIVAL, later) for later in ORDER[1:]),
    (Kind.TRIAGE_START, Kind.TRIAGE_END),
    (Kind.ROOM_ASSIGNED, Kind.IN_ROOM),
    (Kind.BED_REQUESTED, Kind.BED_ASSIGNED),
    (Kind.BED_ASSIGNED, Kind.BED_READY),
    *((earlier, Kind.LEFT) for earlier in ORDER[1:-1]),
)
"""Pairs of which the first is never later. A physician may come to triage and a bed may be asked
for before the decision, so those pairs are free."""

INTERVALS = {
    "door_to_triage": (Kind.ARRIVAL, Kind.TRIAGE_START),
    "door_to_room": (Kind.ARRIVAL, Kind.IN_ROOM),
    "door_to_provider": (Kind.ARRIVAL, Kind.PROVIDER),
    "room_to_provider": (Kind.IN_ROOM, Kind.PROVIDER),
    "decision_to_left": (Kind.DISPOSITION, Kind.LEFT),
    "boarding": (Kind.BED_REQUESTED, Kind.LEFT),
    "stay": (Kind.ARRIVAL, Kind.LEFT),
}


@dataclass(frozen=True)
class Inferred:
    """A milestone that nobody saw, between two that were.

    at: the middle of its bounds (so at most half their distance wrong), `latest` where nothing
    bounds it below. after, before: the seen milestones that bound it.
    """

    kind: Kind
    at: datetime
    earliest: datetime | None
    latest: datetime
    after: Kind | None
    before: Kind


@dataclass(frozen=True)
class Backwards:
    """Time runs backwards: `first` is recorded `minutes` after `then`, which it must precede."""

    first: Kind
    then: Kind
    minutes: float


@dataclass(frozen=True)
class Interval:
    """minutes: None when one end is missing or time runs backwards between them (`reason`).

    inferred: at least one end was not seen. give_or_take: how far off that may make it, minutes;
    None when not bounded.
    """

    minutes: float | None
    inferred: bool = False
    give_or_take: float | None = 0.0
    reason: str = ""


def inferred(known: Mapping[Kind, datetime], *, left_unseen: bool = False) -> list[Inferred]:
    """The milestones that were missed and must have happened, in their order.

    left_unseen: the patient left without having been seen, so leaving implies no room.
    """
    found = []
    for kind, implying in IMPLIED_BY.items():
        if kind in known:
            continue
        if kind is Kind.IN_ROOM and left_unseen:
            implying = implying - {Kind.LEFT}
        if not any(other in known for other in implying):
            continue
        latest, before = min(
            (known[other], other) for other in ORDER if other in known and _follows(other, kind)
        )
        below = [
            (known[other], _PLACE[other], other)
            for other in ORDER[: _PLACE[kind]]
            if other in known and known[other] <= latest
        ]
        earliest, _, behind = max(below) if below else (None, 0, None)
        at = latest if earliest is None else earliest + (latest - earliest) / 2
        found.append(Inferred(kind, at, earliest, latest, behind, before))
    return found


def backwards(known: Mapping[Kind, datetime]) -> list[Backwards]:
    """Every pair that is recorded the wrong way round."""
    return [
        Backwards(first, then, (known[first] - known[then]).total_seconds() / 60)
        for first, then in NEVER_AFTER
        if first in known and then in known and known[first] > known[then]
    ]


def interval(name: str, known: Mapping[Kind, datetime], *, left_unseen: bool = False) -> Interval:
    """One of INTERVALS in minutes. Raises KeyError for another name."""
    first, then = INTERVALS[name]
    guessed = {one.kind: one for one in inferred(known, left_unseen=left_unseen)}
    if not all(end in known or end in guessed for end in (first, then)):
        return Interval(None, give_or_take=None, reason="missing")
    begin, end = (known[one] if one in known else guessed[one].at for one in (first, then))
    minutes = (end - begin).total_seconds() / 60
    if minutes < 0:
        return Interval(None, give_or_take=None, reason="backwards")
    unseen = [guessed[one] for one in (first, then) if one not in known]
    return Interval(minutes, bool(unseen), _give_or_take(unseen))


def _follows(other: Kind, kind: Kind) -> bool:
    return _PLACE[other] > _PLACE[kind]


def _give_or_take(unseen: list[Inferred]) -> float | None:
    total = 0.0
    for one in unseen:
        if one.earliest is None:
            return None
        total += (one.latest - one.earliest).total_seconds() / 120
    return total
