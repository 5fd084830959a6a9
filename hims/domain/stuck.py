"""Who is stuck, in which step, and whose move it is.

A rule watches one wait: it has a limit, an owner and one action. Its limits are a hospital's own;
these are where it starts.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from hims.domain.milestones import Kind
from hims.domain.rooms import BedSpace, State


@dataclass(frozen=True)
class Rule:
    """A wait that is too long after `minutes`; `owner` is a role, `action` what ends the wait."""

    code: str
    minutes: float
    owner: str
    action: str


RULES = (
    Rule("not_triaged", 15, "nurse", "triage"),
    Rule("no_room", 15, "charge_nurse", "give_room"),
    Rule("no_provider", 30, "physician", "see_patient"),
    Rule("results_unread", 20, "physician", "read_results"),
    Rule("still_in_room", 30, "nurse", "let_leave"),
    Rule("boarding", 120, "charge_nurse", "chase_bed"),
    Rule("boarding_long", 240, "manager", "chase_bed"),
    Rule("room_idle", 10, "charge_nurse", "give_room"),
    Rule("room_unclaimed", 10, "cleaner", "claim_cleaning"),
)
"""Where a hospital starts; owners are roles."""


@dataclass(frozen=True)
class PatientFacts:
    """What the rules need of a patient who is here.

    milestones: those seen or inferred, by kind. needs: as in `next_room`. results_read_at: when
    somebody looked at the last results. admitted: the decision is to admit. away: in imaging or
    theatre, where nobody can be seen or let go.
    """

    patient: Any
    milestones: Mapping[Kind, datetime]
    needs: frozenset[str] = frozenset()
    results_read_at: datetime | None = None
    admitted: bool = False
    away: bool = False

    def has(self, *kinds: Kind) -> bool:
        return not self.milestones.keys().isdisjoint(kinds)


@dataclass(frozen=True)
class SpaceFacts:
    """What the rules need of a bed space. since: when its state began. asked: one sign of leaving
    was seen and a person is asked. going: whoever lies there may leave."""

    space: Any
    bed: BedSpace
    since: datetime
    offers: frozenset[str] = field(default_factory=frozenset)
    asked: bool = False
    going: bool = False


@dataclass(frozen=True)
class Watched:
    """A wait that a rule watches: about whom or which space, since when, and due when."""

    rule: Rule
    about: Any
    since: datetime
    due_at: datetime

    def minutes(self, now: datetime) -> float:
        return (now - self.since).total_seconds() / 60


def watched(
    patient: PatientFacts, spaces: Iterable[SpaceFacts], rules: Iterable[Rule] = RULES
) -> list[Watched]:
    """The waits of this patient that a rule watches, due or not, in the order of the rules."""
    begun = _waits_of(patient, list(spaces))
    return [
        Watched(rule, patient.patient, since, max(since + timedelta(minutes=rule.minutes), soonest))
        for rule in rules
        for since, soonest in [begun.get(rule.code, (None, None))]
        if since is not None and soonest is not None
    ]


def stuck(
    patient: PatientFacts,
    spaces: Iterable[SpaceFacts],
    now: datetime,
    rules: Iterable[Rule] = RULES,
) -> list[Watched]:
    """The waits of this patient that are too long now."""
    return [one for one in watched(patient, spaces, rules) if one.due_at <= now]


def watched_spaces(
    spaces: Iterable[SpaceFacts], waiting: Iterable[PatientFacts], rules: Iterable[Rule] = RULES
) -> list[Watched]:
    """The waits of spaces: ready while somebody who fits waits, dirty and claimed by nobody."""
    queue = [one for one in waiting if waits_for_room(one)]
    found = []
    for rule in rules:
        for one in spaces:
            since: datetime | None = None
            if rule.code == "room_idle" and one.bed.state is State.READY:
                fitting = [_ready_for_room(who) for who in queue if who.needs <= one.offers]
                since = max(one.since, min(fitting)) if fitting else None
            elif rule.code == "room_unclaimed" and one.bed.state is State.DIRTY:
                since = one.since if one.bed.cleaner is None else None
            if since is not None:
                found.append(
                    Watched(rule, one.space, since, since + timedelta(minutes=rule.minutes))
                )
    return found


def stuck_spaces(
    spaces: Iterable[SpaceFacts],
    waiting: Iterable[PatientFacts],
    now: datetime,
    rules: Iterable[Rule] = RULES,
) -> list[Watched]:
    """The waits of spaces that are too long now."""
    return [one for one in watched_spaces(spaces, waiting, rules) if one.due_at <= now]


def _waits_of(
    patient: PatientFacts, spaces: list[SpaceFacts]
) -> dict[str, tuple[datetime, datetime]]:
    """Rule code -> since when, and the soonest it may be called stuck."""
    if patient.has(Kind.LEFT):
        return {}
    at, begun = patient.milestones, {}
    if patient.has(Kind.ARRIVAL) and not patient.has(
        Kind.TRIAGE_START, Kind.TRIAGE_END, Kind.ROOM_ASSIGNED, Kind.IN_ROOM, Kind.PROVIDER
    ):
        begun["not_triaged"] = (at[Kind.ARRIVAL], at[Kind.ARRIVAL])
    if patient.has(Kind.TRIAGE_END) and waits_for_room(patient):
        free = [
            one.since
            for one in spaces
            if one.bed.state is State.READY and patient.needs <= one.offers
        ]
        if free:
            begun["no_room"] = (at[Kind.TRIAGE_END], min(free))
    decision = decided_at(patient)
    if not patient.away:
        if patient.has(Kind.IN_ROOM) and not patient.has(Kind.PROVIDER, Kind.DISPOSITION):
            begun["no_provider"] = (at[Kind.IN_ROOM], at[Kind.IN_ROOM])
        if decision and not patient.admitted:
            begun["still_in_room"] = (decision, decision)
    back = at.get(Kind.RESULTS)
    if back and not decision and (not patient.results_read_at or patient.results_read_at < back):
        begun["results_unread"] = (back, back)
    if decision and patient.admitted:
        begun["boarding"] = begun["boarding_long"] = (decision, decision)
    return begun


def decided_at(patient: PatientFacts) -> datetime | None:
    """When it was decided to admit or to let go: the decision or the bed request, the earlier.

    The clock of boarding starts here and not at the assignment of a bed (CMS111).
    """
    known = [
        patient.milestones[kind]
        for kind in (Kind.DISPOSITION, Kind.BED_REQUESTED)
        if kind in patient.milestones
    ]
    return min(known) if known else None


def waits_for_room(patient: PatientFacts) -> bool:
    """Here, triaged or not, and neither given a room nor seen nor decided upon."""
    return patient.has(Kind.ARRIVAL, Kind.TRIAGE_END) and not patient.has(
        Kind.ROOM_ASSIGNED, Kind.IN_ROOM, Kind.PROVIDER, Kind.DISPOSITION, Kind.LEFT
    )


def _ready_for_room(patient: PatientFacts) -> datetime:
    """When this patient began to wait for a room: after triage, or at the door."""
    found = patient.milestones.get(Kind.TRIAGE_END)
    return found if found is not None else patient.milestones[Kind.ARRIVAL]
