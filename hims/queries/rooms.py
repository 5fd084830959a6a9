"""Bed spaces as the room board, the bed board and the cleaners see them: what is believed of each,
since when, why it is not ready and what helps; and who waits for a bed."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from hims.access.scopes import visible_to
from hims.domain import rooms, stuck
from hims.domain.leaving import LASTS, Sign, Source, standing
from hims.domain.next_step import Hindrance, why_not_ready
from hims.domain.rooms import Clean, State
from hims.domain.rooms_believed import UNDO_WITHIN, believed, may_be_undone
from hims.models import (
    Actor,
    BedAssignment,
    BedSpace,
    BedSpaceEvent,
    CleaningTask,
    Department,
    Encounter,
    LeavingSign,
    Patient,
)
from hims.queries.actors import console

OPEN_TASK = ("requested", "accepted", "in-progress")
LONGEST_SIGN = max(LASTS.values())
ACUITY_UNKNOWN = 3
STAYS = (Encounter.Disposition.ADMIT, Encounter.Disposition.OBSERVE)


@dataclass
class Room:
    """One bed space at the time of asking.

    who: the patient's name where the viewer may know it, else the ticket, else "" (somebody).
    asked: one sign says that the patient left. waiting: tickets of those who wait and whom it fits.
    """

    row: BedSpace
    state: State
    hindrance: Hindrance | None
    task: CleaningTask | None
    who: str = ""
    visit: UUID | None = None
    patient: UUID | None = None
    asked: bool = False
    away_since: datetime | None = None
    away_to: str = ""
    undo: BedSpaceEvent | None = None
    waiting: list["Waiting"] = field(default_factory=list)

    @property
    def cleaner(self) -> str:
        return self.task.claimed_by.name if self.task and self.task.claimed_by else ""

    @property
    def since(self) -> datetime:
        """Since when it is what it is believed to be."""
        if self.state is not State(self.row.state) and self.row.reserved_until:
            return self.row.reserved_until
        return self.row.since


@dataclass
class Waiting:
    """Somebody without a bed of the kind they wait for. held: the space that is held for them."""

    visit: Encounter
    who: str
    patient: UUID | None
    since: datetime
    held: str = ""
    in_space: str = ""

    @property
    def urgency(self) -> tuple[int, datetime]:
        return (self.visit.acuity or ACUITY_UNKNOWN, self.since)

    def fits(self, space: BedSpace) -> bool:
        return set(self.visit.needs) <= set(space.capabilities)


def spaces(viewer: Actor, *, closed: bool = False) -> QuerySet[BedSpace]:
    """The bed spaces of all open departments, in the order of floors and codes."""
    found = visible_to(viewer, BedSpace.objects.filter(department__active=True))
    found = found if closed else found.filter(active=True)
    return found.select_related("department", "zone__floor__building", "encounter").order_by(
        "zone__floor__building__code", "zone__floor__level", "department__name", "code"
    )


def rooms_now(viewer: Actor, now: datetime, found: QuerySet[BedSpace]) -> list[Room]:
    """What is believed of each of these spaces; as many queries at any number of them."""
    rows = list(found)
    keys = [row.pk for row in rows]
    tasks, cleaned = _cleaning(viewer, rows)
    beds = {
        bed.bed_space_id: bed
        for bed in visible_to(viewer, BedAssignment.objects.all()).filter(
            bed_space__in=keys, status=BedAssignment.Status.ACTIVE
        )
    }
    signs = _signs(viewer, keys, now)
    names = _names(viewer, [row.encounter.patient_id for row in rows if row.encounter])
    undos = _undos(viewer, keys, now)
    return [
        _room(viewer, row, now, tasks.get(row.pk), cleaned.get(row.pk), beds, signs, names, undos)
        for row in rows
    ]


def waiting_for_bed(viewer: Actor, now: datetime) -> list[Waiting]:
    """Who waits for a bed, most urgent first: patients of open visits who have none and do not go
    home, and those who are to be admitted and are not in a ward yet."""
    lies = BedAssignment.objects.filter(
        encounter=OuterRef("pk"), status=BedAssignment.Status.ACTIVE
    )
    open_visits = visible_to(viewer, Encounter.objects.filter(status__in=Encounter.OPEN))
    maybe_there = BedSpace.objects.filter(encounter=OuterRef("pk"), state=State.VACATED)
    stays = open_visits.filter(Q(disposition="") | Q(disposition__in=STAYS))
    found = stays.annotate(has_bed=Exists(lies) | Exists(maybe_there)).select_related(
        "department", "patient"
    )
    ward = Department.Kind.INPATIENT
    wanting = [
        visit
        for visit in found.exclude(visit_class=Encounter.Class.AMBULATORY).order_by("pk")
        if not visit.has_bed
        or (visit.disposition == Encounter.Disposition.ADMIT and visit.department.kind != ward)
    ]
    keys = [visit.pk for visit in wanting]
    live = visible_to(viewer, BedAssignment.objects.all()).filter(
        encounter__in=keys, status__in=[BedAssignment.Status.RESERVED, BedAssignment.Status.ACTIVE]
    )
    held: dict[int, str] = {}
    lying: dict[int, str] = {}
    for bed in live.select_related("bed_space").order_by("pk"):
        if bed.status == BedAssignment.Status.ACTIVE:
            lying[bed.encounter_id] = bed.bed_space.name
        elif bed.period.upper is None or bed.period.upper > now:
            held[bed.encounter_id] = bed.bed_space.name
    names = _names(viewer, [visit.patient_id for visit in wanting])
    waiting = []
    for visit in wanting:
        name, uid = names.get(visit.patient_id, ("", None))
        waiting.append(
            Waiting(
                visit,
                name or visit.ticket or visit.department.name,
                uid,
                visit.started_at or now,
                held.get(visit.pk, ""),
                lying.get(visit.pk, ""),
            )
        )
    return sorted(waiting, key=lambda one: one.urgency)


def to_clean(viewer: Actor, now: datetime) -> list[Room]:
    """The spaces that wait to be cleaned or are being cleaned: those that somebody waits for first,
    the most urgent of them before the others, then the oldest."""
    wanted = spaces(viewer).filter(state__in=[State.VACATED, State.DIRTY, State.CLEANING])
    found = [
        room
        for room in rooms_now(viewer, now, wanted)
        if room.state in (State.VACATED, State.DIRTY, State.CLEANING)
        or (room.state is State.UNKNOWN and room.task)
    ]
    with_waiting(found, _all_waiting(now))
    return sorted(found, key=_clean_first)


def with_waiting(found: list[Room], waiting: list[Waiting]) -> None:
    """Tell each room who of its department waits, has nothing held, and fits."""
    by_department = defaultdict(list)
    for one in waiting:
        if not one.held and not one.in_space:
            by_department[one.visit.department_id].append(one)
    for room in found:
        of_mine = by_department.get(room.row.department_id, [])
        room.waiting = [one for one in of_mine if one.fits(room.row)]


def _all_waiting(now: datetime) -> list[Waiting]:
    """Who waits, whoever asks: cleaners are told how many, never who."""
    return waiting_for_bed(console(), now)


def _clean_first(room: Room) -> tuple:
    asked_at = room.task.requested_at if room.task else room.row.since
    first = room.waiting[0].urgency if room.waiting else (9, asked_at)
    return (not room.waiting, first[0], asked_at)


def _room(viewer, row, now, task, cleaned, beds, signs, names, undos) -> Room:
    state = believed(
        row.state, evidence_at=row.evidence_at, reserved_until=row.reserved_until, now=now
    )
    held = row.encounter_id if state is not State.READY else None
    bed = beds.get(row.pk)
    running = task is not None and task.status == CleaningTask.Status.IN_PROGRESS
    value = rooms.BedSpace(
        state=state,
        patient=held,
        until=row.reserved_until,
        isolation_owed=row.cleaning == Clean.ISOLATION,
        cleaner=task.claimed_by_id if task else None,
        cleaning=Clean(task.kind) if running else Clean.NONE,
        cleaned=Clean(cleaned) if cleaned and not running else Clean.NONE,
        reason=row.blocked_reason,
    )
    visit = row.encounter if held else None
    asked = state in (State.OCCUPIED, State.UNKNOWN) and bool(signs.get(row.pk))
    going = bool(visit and visit.disposition and visit.disposition not in STAYS)
    away = bed is not None and bed.away_since is not None
    facts = stuck.SpaceFacts(
        row.pk, value, row.since, frozenset(row.capabilities), asked and not away, going
    )
    shown = Room(row, state, why_not_ready(facts), task, asked=asked and not away)
    if visit and viewer.may("flow.view"):
        name, uid = names.get(visit.patient_id, ("", None))
        shown.who, shown.patient, shown.visit = name or visit.ticket, uid, visit.uid
    if bed:
        shown.away_since, shown.away_to = bed.away_since, bed.away_to
    last = undos.get(row.pk)
    may = viewer.may("bed_space.undo")
    if may and last is not None and last.before and may_be_undone(last.recorded_at, now):
        shown.undo = last
    return shown


def _cleaning(viewer: Actor, rows: list[BedSpace]):
    """Open tasks by space, and what kind of clean was done last where none is under way."""
    keys = [row.pk for row in rows]
    tasks = visible_to(viewer, CleaningTask.objects.select_related("claimed_by"))
    open_now = {
        task.bed_space_id: task for task in tasks.filter(bed_space__in=keys, status__in=OPEN_TASK)
    }
    waiting = [row.pk for row in rows if row.state == State.CLEANING and row.pk not in open_now]
    done = tasks.filter(bed_space__in=waiting, status=CleaningTask.Status.COMPLETED)
    cleaned = {task.bed_space_id: task.kind for task in done.order_by("pk")} if waiting else {}
    return open_now, cleaned


def _signs(viewer: Actor, keys: list[int], now: datetime) -> dict[int, frozenset[Source]]:
    """Kinds of sign of leaving that stand now, by space."""
    told = visible_to(viewer, LeavingSign.objects.all()).filter(
        assignment__bed_space__in=keys,
        assignment__status=BedAssignment.Status.ACTIVE,
        withdrawn_at=None,
        at__gt=now - LONGEST_SIGN - timedelta(seconds=1),
    )
    by_space = defaultdict(list)
    for space, kind, at in told.values_list("assignment__bed_space", "kind", "at"):
        by_space[space].append(Sign(Source(kind), at))
    return {space: standing(signs, now=now) for space, signs in by_space.items()}


def _names(viewer: Actor, patients: list[int]) -> dict[int, tuple[str, UUID]]:
    """Name and public id of those patients whom the viewer may know, by key."""
    if not patients or not viewer.may("patients.view"):
        return {}
    known = visible_to(viewer, Patient.objects.filter(pk__in=patients))
    return {patient.pk: (f"{patient.family}, {patient.given}", patient.uid) for patient in known}


def _undos(viewer: Actor, keys: list[int], now: datetime) -> dict[int, BedSpaceEvent]:
    """The newest event of each space, if it is young."""
    young = visible_to(viewer, BedSpaceEvent.objects.all()).filter(
        bed_space__in=keys, recorded_at__gt=now - UNDO_WITHIN
    )
    return {event.bed_space_id: event for event in young.order_by("pk")}
