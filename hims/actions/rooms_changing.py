"""One change to bed spaces: locked in one order, decided by `hims.domain.rooms`, written once.

`changing` locks the spaces, first writes down what time alone has done to them (a lease that ran
out, evidence that grew old), keeps what they were for an undo, and at its end writes one event for
each space that something happened to and tells the open pages.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from hims.action import step, touches
from hims.actions.rooms_refused import refused
from hims.actions.timers import cancel_timer, set_timer
from hims.domain import rooms
from hims.domain.leaving import PERSON, Source
from hims.domain.rooms import Clean, State, What
from hims.domain.rooms_believed import EVIDENCE_LASTS, believed
from hims.errors import Finding, Invalid
from hims.live import announce
from hims.models import (
    Actor,
    BedAssignment,
    BedSpace,
    BedSpaceEvent,
    Capability,
    CleaningTask,
    Encounter,
)
from hims.models.base import new_uid
from hims.queries.actors import clock

LEASE = "bed_space.lease"
CLOCKS_DIFFER = timedelta(minutes=1)  # so far ahead of ours a clock may be and still be believed
ISOLATING = {Capability.ISOLATION, Capability.NEGATIVE_PRESSURE}
OPEN_TASK = (
    CleaningTask.Status.REQUESTED,
    CleaningTask.Status.ACCEPTED,
    CleaningTask.Status.IN_PROGRESS,
)
LIVE = (BedAssignment.Status.RESERVED, BedAssignment.Status.ACTIVE)
INTENTIONS = {What.RESERVE, What.RELEASE, What.LEASE_OVER, What.EVIDENCE_OLD, What.CLAIM_CLEANING}
"""What is no evidence that a space is as it is said to be."""

SPACE_FIELDS = ("state", "encounter_id", "cleaning", "blocked_reason", "active")
SPACE_TIMES = ("since", "evidence_at", "reserved_until")

_SOURCES = {
    "tap": Source.TAP,
    "scan": Source.SCAN,
    "tag": Source.TAG,
    "inferred": Source.TAG,
    "clock": Source.CLOCK,
}


def said_by(source: str, actor: Actor) -> Source:
    """Whose word it is: only a person's tap or scan is a person's, whatever a machine sends."""
    known = _SOURCES.get(source, Source.ADT)
    if known in PERSON and actor.kind != Actor.Kind.PERSON:
        return Source.ADT
    return known


def isolating(encounter: Encounter | None) -> bool:
    """Whether this patient's room needs an isolation clean afterwards."""
    return encounter is not None and bool(ISOLATING & set(encounter.needs))


@dataclass
class Held:
    """One locked bed space with its open cleaning task and its live assignments."""

    row: BedSpace
    task: CleaningTask | None
    cleaned: str
    assignments: list[BedAssignment]

    def value(self) -> rooms.BedSpace:
        """The space as the rules see it."""
        row, task = self.row, self.task
        in_progress = task is not None and task.status == CleaningTask.Status.IN_PROGRESS
        lies_here = row.state in (State.OCCUPIED, State.VACATED, State.UNKNOWN)
        owed = row.cleaning == Clean.ISOLATION or (lies_here and isolating(row.encounter))
        done = row.state == State.CLEANING and task is None
        return rooms.BedSpace(
            state=State(row.state),
            patient=row.encounter_id,
            until=row.reserved_until,
            isolation_owed=owed,
            cleaner=task.claimed_by_id if task else None,
            cleaning=Clean(task.kind if in_progress and task else self.cleaned if done else ""),
            reason=row.blocked_reason,
        )

    def assignment_of(self, encounter: Encounter) -> BedAssignment | None:
        mine = (one for one in self.assignments if one.encounter_id == encounter.pk)
        return next(mine, None)

    @property
    def reservation(self) -> BedAssignment | None:
        held = (one for one in self.assignments if one.status == BedAssignment.Status.RESERVED)
        return next(held, None)

    @property
    def occupation(self) -> BedAssignment | None:
        used = (one for one in self.assignments if one.status == BedAssignment.Status.ACTIVE)
        return next(used, None)


class Change:
    """The change under way; see `changing`."""

    def __init__(
        self,
        spaces: Sequence[BedSpace | int],
        *,
        actor: Actor,
        now: datetime,
        source: str,
        at: datetime | None,
        reason: str,
    ) -> None:
        self.actor, self.now, self.reason = actor, now, reason.strip()[:200]
        self.source, self.said_by = source, said_by(source, actor)
        self.at = self._happened(at)
        keys = {space if isinstance(space, int) else space.pk for space in spaces}
        self.held = {one.row.pk: one for one in _locked(keys)}
        self._noted: list[tuple[Held, str, str, str, int | None]] = []
        for held in self.held.values():
            self._settle(held)
        self._before = {
            "change": str(new_uid()),
            "spaces": {str(h.row.pk): space_as_kept(h.row) for h in self.held.values()},
            "assignments": {
                str(one.pk): assignment_as_kept(one)
                for h in self.held.values()
                for one in h.assignments
            },
            "tasks": {str(h.task.pk): task_as_kept(h.task) for h in self.held.values() if h.task},
        }

    @property
    def by_a_person(self) -> bool:
        return self.said_by in PERSON

    def of(self, space: BedSpace) -> Held:
        return self.held[space.pk]

    def happen(self, held: Held, what: What, **about: Any) -> bool:
        """Do `what` to the space, or raise Refused. Whether anything changed (one sign of leaving
        only asks)."""
        value = held.value()
        event = rooms.Event(what, self.said_by, **{"reason": self.reason, **about})
        done = rooms.after(value, event)
        if isinstance(done, rooms.Refusal):
            raise refused(done.code, held.row, self.actor, self.now, severity=done.severity)
        if done.asks:
            return False
        self.put(held, what, done.after)
        return True

    def note(self, held: Held, event: str, was: str = "") -> None:
        """Something happened to the space that is an event of its own."""
        row = held.row
        self._noted.append((held, event, was or row.state, row.state, row.encounter_id))

    def remembered(self, made: BedAssignment | CleaningTask | None, table: str) -> None:
        """A row that was not there before: an undo cancels it."""
        if made is not None:
            self._before[table].setdefault(str(made.pk), None)

    def also_before(self, assignment: BedAssignment) -> None:
        """An assignment that was over and is opened again: an undo ends it as it was."""
        self._before["assignments"].setdefault(str(assignment.pk), assignment_as_kept(assignment))

    @step
    def write(self) -> None:
        """Write the events, and tell the pages."""
        for held, event, was, became, encounter in self._noted:
            BedSpaceEvent.objects.create(
                bed_space=held.row,
                event=event,
                from_state=was,
                to_state=became,
                at=self.at,
                recorded_at=self.now,
                source=self.source[:8],
                actor=self.actor,
                encounter_id=encounter,
                reason=self.reason,
                before=self._before,
            )
            touches(held.row)
        tell([held.row for held in self.held.values()])

    def _happened(self, at: datetime | None) -> datetime:
        """A person's time in the future is refused; a machine's is not believed."""
        if at is None or at <= self.now:
            return at or self.now
        if at > self.now + CLOCKS_DIFFER and self.said_by in PERSON:
            raise Invalid(Finding("in_future", _("That time is still to come."), field="at"))
        return self.now

    @step
    def _settle(self, held: Held) -> None:
        """Write down what time alone has done to the space."""
        row = held.row
        if row.state == State.RESERVED and row.reserved_until and self.now >= row.reserved_until:
            lapse(held, row.reserved_until)
        seen = believed(row.state, evidence_at=row.evidence_at, reserved_until=None, now=self.now)
        if seen is State.UNKNOWN and row.state != State.UNKNOWN:
            was, row.state = row.state, State.UNKNOWN
            row.since = row.evidence_at + EVIDENCE_LASTS
            row.save(update_fields=["state", "since"])
            _clocked(row, What.EVIDENCE_OLD, was, row.since, row.encounter_id)

    @step
    def put(self, held: Held, what: What, after: rooms.BedSpace) -> None:
        """Write the space as it is after `what`, with its timer and its cleaning task."""
        row, was, who = held.row, held.row.state, held.row.encounter_id
        row.state = after.state.value
        row.encounter_id = after.patient
        row.reserved_until = after.until
        row.blocked_reason = after.reason
        owed = Clean.ISOLATION if after.isolation_owed else Clean.NONE
        if after.state in (State.DIRTY, State.CLEANING):
            owed = owed or Clean(row.cleaning) or Clean.STANDARD
        row.cleaning = owed.value
        if row.state != was:
            row.since = max(self.at, row.since)
        if what not in INTENTIONS:
            row.evidence_at = max(self.at, row.evidence_at)
        row.save()
        if row.state == State.RESERVED:
            set_timer(kind=LEASE, due_at=row.reserved_until, subject=str(row.uid))
        elif was == State.RESERVED:
            cancel_timer(kind=LEASE, subject=str(row.uid), now=self.now)
        if row.state in (State.DIRTY, State.VACATED):
            self.with_cleaning(held)
        elif row.state != State.CLEANING:
            self.without_cleaning(held)
        self._noted.append((held, what.value, was, row.state, row.encounter_id or who))

    @step
    def with_cleaning(self, held: Held) -> None:
        """A space that was left or is dirty has one open task, for what cleaning it is owed."""
        row, task = held.row, held.task
        if row.state not in (State.DIRTY, State.VACATED):
            return
        kind = row.cleaning or Clean.STANDARD
        if task is None:
            held.task = CleaningTask.objects.create(
                bed_space=row, kind=kind, requested_at=self.now, requested_by=self.actor
            )
            self.remembered(held.task, "tasks")
        elif kind == Clean.ISOLATION != task.kind:
            task.kind = kind
            task.save(update_fields=["kind"])

    @step
    def without_cleaning(self, held: Held) -> None:
        """Nobody needs to clean it now."""
        if held.task is not None:
            held.task.status = CleaningTask.Status.CANCELLED
            held.task.save(update_fields=["status"])
            held.task = None


@contextmanager
def changing(
    *spaces: BedSpace | int,
    actor: Actor,
    now: datetime,
    source: str,
    at: datetime | None = None,
    reason: str = "",
) -> Iterator[Change]:
    """Lock `spaces` (rows or keys) in order of their keys and change them inside.

    at: when it happened, as far as that is known; never after `now`. Nothing is written when the
    block raises.
    """
    change = Change(spaces, actor=actor, now=now, source=source, at=at, reason=reason)
    yield change
    change.write()


@step
def lapse(held: Held, at: datetime) -> None:
    """The lease is over: the space is what it was, the reservation is cancelled."""
    row, was = held.row, held.row.encounter_id
    if held.reservation:
        reservation = held.reservation
        reservation.status = BedAssignment.Status.CANCELLED
        reservation.save(update_fields=["status"])
        held.assignments.remove(reservation)
    row.state, row.encounter, row.reserved_until = State.READY.value, None, None
    row.since = max(at, row.since)
    row.save(update_fields=["state", "encounter", "reserved_until", "since"])
    _clocked(row, What.LEASE_OVER, State.RESERVED, at, was)


def tell(spaces: list[BedSpace]) -> None:
    """Tell the open pages that these spaces are not what they were."""
    announce(
        "room",
        [
            {
                "id": str(row.uid),
                "state": row.state,
                "floor": str(row.zone.floor.uid),
                "department": str(row.department.uid),
            }
            for row in spaces
        ],
    )


def space_as_kept(row: BedSpace) -> dict[str, Any]:
    plain = {field: getattr(row, field) for field in SPACE_FIELDS}
    return plain | {field: _text(getattr(row, field)) for field in SPACE_TIMES}


def assignment_as_kept(one: BedAssignment) -> dict[str, Any]:
    return {
        "status": one.status,
        "from": _text(one.period.lower),
        "to": _text(one.period.upper),
        "away_since": _text(one.away_since),
        "away_to": one.away_to,
    }


def task_as_kept(task: CleaningTask) -> dict[str, Any]:
    times = ("claimed_at", "started_at", "done_at")
    return {
        "status": task.status,
        "kind": task.kind,
        "claimed_by_id": task.claimed_by_id,
        **{field: _text(getattr(task, field)) for field in times},
    }


def _text(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


@step
def _clocked(row: BedSpace, what: What, was: str, at: datetime, encounter: int | None) -> None:
    BedSpaceEvent.objects.create(
        bed_space=row,
        event=what.value,
        from_state=was,
        to_state=row.state,
        at=at,
        recorded_at=at,
        source="clock",
        actor=clock(),
        encounter_id=encounter,
    )


def _locked(keys: set[int]) -> list[Held]:
    rows = (
        BedSpace.objects.select_for_update(of=("self",), no_key=True)
        .select_related("zone__floor", "department", "encounter")
        .filter(pk__in=keys)
        .order_by("pk")
    )
    spaces = list(rows)
    live: dict[int, list[BedAssignment]] = {row.pk: [] for row in spaces}
    for one in BedAssignment.objects.filter(bed_space__in=keys, status__in=LIVE).order_by("pk"):
        live[one.bed_space_id].append(one)
    tasks: dict[int, CleaningTask] = {}
    cleaned: dict[int, str] = {}
    cleaning = [row.pk for row in spaces if row.state == State.CLEANING]
    wanted = Q(bed_space__in=keys, status__in=OPEN_TASK)
    wanted |= Q(bed_space__in=cleaning, status=CleaningTask.Status.COMPLETED)
    for task in CleaningTask.objects.filter(wanted).select_related("claimed_by").order_by("pk"):
        if task.status in OPEN_TASK:
            tasks[task.bed_space_id] = task
        else:
            cleaned[task.bed_space_id] = task.kind
    return [Held(row, tasks.get(row.pk), cleaned.get(row.pk, ""), live[row.pk]) for row in spaces]
