"""The board of a department: everybody who is here, every bed space, and what comes next.

Two statements read it whole, the larger departments too; what follows from the rows (what a patient
waits for, who is stuck, which room next) is decided by `hims.domain`.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from django.db import connection

from hims.domain import next_room, stuck
from hims.domain.milestones import Kind
from hims.domain.next_step import Step, next_step
from hims.domain.rooms import State
from hims.models import Actor, Department

from .board_rows import Space, Visit, Whereabouts, spaces_of, visits_of
from .walks import walk_between

PREFIX = "stuck."
"""Alert rules of this floor's stuck patients are named so: stuck.no_room."""

Find = Callable[[Iterable[int], datetime], dict[int, Whereabouts]]
_whereabouts: list[Find] = []


def register_whereabouts(find: Find) -> None:
    """Hand down how patients (by key) are found at `now`; an upper floor does so when ready."""
    if find not in _whereabouts:
        _whereabouts.append(find)


@dataclass(frozen=True, slots=True)
class Suggested:
    """The next patient and room, and why."""

    visit: Visit
    space: Space
    reasons: tuple[next_room.Reason, ...]


@dataclass(slots=True)
class Board:
    """All rows, the worst first; `rooms` are the spaces in which no patient of `visits` lies."""

    department: Department
    now: datetime
    visits: list[Visit]
    rooms: list[Space]
    suggested: Suggested | None

    @property
    def here(self) -> list[Visit]:
        return [visit for visit in self.visits if not visit.expected]


def board(
    *,
    viewer: Actor,
    department: Department,
    now: datetime,
    rules: Iterable[stuck.Rule] | None = None,
) -> Board:
    """The board of `department` at `now`; empty for those who may not see the flow of the house.

    rules: the limits of stuck patients; those of the hospital unless given.
    """
    if not (viewer.may("flow.view") and viewer.may("rooms.view")):
        return Board(department, now, [], [], None)
    visits = visits_of(viewer, department, now)
    spaces = spaces_of(department, now)
    _placed(visits, spaces, now)
    _judged(visits, spaces, limits() if rules is None else tuple(rules))
    visits.sort(key=lambda visit: severity(visit, now))
    lying = {visit.bed.id for visit in visits if visit.bed}
    empty = [
        space for space in spaces if space.id not in lying and space.department == department.pk
    ]
    empty.sort(key=lambda space: (_ROOM_ORDER[space.state], in_order(space.name)))
    return Board(department, now, visits, empty, _suggested(visits, empty, now))


LIMITS = "SELECT code, threshold_min, active FROM hims_alertrule WHERE code LIKE %s"


def limits() -> tuple[stuck.Rule, ...]:
    """The rules with the limits that the hospital chose, without those it switched off."""
    with connection.cursor() as cursor:
        cursor.execute(LIMITS, [f"{PREFIX}%"])
        chosen = {code.removeprefix(PREFIX): row for code, *row in cursor.fetchall()}
    found = []
    for rule in stuck.RULES:
        minutes, active = chosen.get(rule.code, (rule.minutes, True))
        if active:
            found.append(stuck.Rule(rule.code, minutes or rule.minutes, rule.owner, rule.action))
    return tuple(found)


def severity(visit: Visit, now: datetime) -> tuple:
    """The worst first: who is here, the more urgent, who is late, who waits longest."""
    acuity = next_room.ACUITY_UNKNOWN if visit.acuity is None else visit.acuity
    late = any(wait.due_at <= now for wait in visit.waits)
    since = visit.started_at or visit.expected_at or now
    return (visit.expected, acuity, not late, since, visit.id)


_ROOM_ORDER = {
    State.READY: 0,
    State.RESERVED: 1,
    State.OCCUPIED: 2,
    State.VACATED: 3,
    State.DIRTY: 4,
    State.CLEANING: 5,
    State.UNKNOWN: 6,
    State.BLOCKED: 7,
}


def in_order(name: str) -> tuple:
    """Names as people count: bay 2 before bay 10."""
    parts, digits = [], ""
    for letter in name + " ":
        if letter.isdecimal():
            digits += letter
            continue
        if digits:
            parts.append((0, int(digits), ""))
            digits = ""
        parts.append((1, 0, letter.lower()))
    return tuple(parts)


def _placed(visits: list[Visit], spaces: list[Space], now: datetime) -> None:
    """Put patients and spaces together, and ask the floors above where the patients are."""
    by_id = {visit.id: visit for visit in visits}
    for space in spaces:
        visit = by_id.get(space.encounter) if space.encounter else None
        if visit is None:
            continue
        if space.state is State.RESERVED:
            visit.held = space
        elif visit.bed is None or space.state is State.OCCUPIED:
            visit.bed = space
    for visit in visits:
        if visit.bed and visit.bed.away_since:
            visit.facts = replace(visit.facts, away=True)
        if Kind.ROOM_ASSIGNED in visit.facts.milestones and not (visit.held or visit.bed):
            visit.facts = replace(  # the lease ran out: they wait for a room again
                visit.facts,
                milestones={
                    kind: at
                    for kind, at in visit.facts.milestones.items()
                    if kind is not Kind.ROOM_ASSIGNED
                },
            )
    for find in _whereabouts:
        found = find([visit.patient for visit in visits], now)
        for visit in visits:
            visit.where = found.get(visit.patient) or visit.where


def _judged(visits: list[Visit], spaces: list[Space], rules: tuple[stuck.Rule, ...]) -> None:
    """What each patient and each room waits for."""
    ready = [space.facts for space in spaces if space.state is State.READY]
    waiting = [visit.facts for visit in visits if visit.waits_for_room]
    for visit in visits:
        if visit.expected:
            visit.step = Step("arrival", "arrive", "nurse")
            continue
        fits = visit.waits_for_room and any(visit.needs <= space.offers for space in ready)
        visit.step = next_step(visit.facts, room_ready=fits)
        visit.waits = stuck.watched(visit.facts, ready, rules)
    by_id = {space.id: space for space in spaces}
    facts = [space.facts for space in spaces]
    for wait in stuck.watched_spaces(facts, waiting, rules):
        by_id[wait.about].waits.append(wait)
    for space in spaces:
        if space.state is State.OCCUPIED:
            continue
        space.wanted = sum(one.needs <= space.offers for one in waiting)


def _suggested(
    visits: list[Visit], empty: list[Space], now: datetime, *, triaged_only: bool = True
) -> Suggested | None:
    """The next patient and room; of those only whose urgency is known, unless told otherwise."""
    queue = {
        visit.id: next_room.Waiting(
            patient=visit.id,
            acuity=visit.acuity,
            since=visit.facts.milestones.get(Kind.TRIAGE_END) or visit.started_at or now,
            needs=visit.needs,
            place=visit.where.zone if visit.where else None,
        )
        for visit in visits
        if visit.waits_for_room and not (triaged_only and _urgency_unknown(visit))
    }
    ready = {
        space.id: next_room.Space(
            space=space.id, offers=space.offers, place=space.zone, hallway=space.kind == "hallway"
        )
        for space in empty
        if space.state is State.READY
    }
    if not queue or not ready:
        return None
    refused = {(visit.id, space) for visit in visits for space in visit.refused}
    found = next_room.suggest(
        queue.values(), ready.values(), walk_between(now), now=now, refused=refused
    )
    if found is None:
        return None
    by_id = {visit.id: visit for visit in visits}
    space = next(space for space in empty if space.id == found.space)
    return Suggested(by_id[found.patient], space, found.reasons)


def _urgency_unknown(visit: Visit) -> bool:
    return visit.acuity is None and not visit.facts.has(Kind.TRIAGE_END)


def room_for(seen: Board, encounter: int) -> Suggested | None:
    """The room that fits this one patient best, of those that are ready; None without any."""
    mine = [visit for visit in seen.visits if visit.id == encounter]
    return _suggested(mine, seen.rooms, seen.now, triaged_only=False)
