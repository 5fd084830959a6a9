"""What a patient's tag says about their visit: a due row for each move, and what it causes.

The tracking floor writes the row in its own transaction, from its settled answer (a few seconds
late, almost without false moves); the clock runs it as an action of its own. A tag speaks for
arrival, triage, a room, being away and one sign of leaving; never for more.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from hims.action import step, touches
from hims.actions import rooms
from hims.actions.encounters import arrive
from hims.actions.milestones import in_room, locked, note_milestone, withdraw_milestone
from hims.actions.timers import set_timer
from hims.gate import current
from hims.jobs import register_timer
from hims.models import (
    Actor,
    BedAssignment,
    BedSpace,
    Department,
    Encounter,
    LeavingSign,
    Milestone,
    Timer,
    Zone,
)

Kind, Source = Milestone.Kind, Milestone.Source

MOVED = "patient.moved"
PASSED_THROUGH = timedelta(seconds=60)  # who left a room sooner was never seen to in it
EXPECTED_WITHIN = timedelta(hours=24)
AWAY = (Zone.Kind.IMAGING, Zone.Kind.THEATRE)
DOORS_IN = (Zone.Kind.ENTRANCE, Zone.Kind.WAITING, Zone.Kind.TRIAGE)


@dataclass(frozen=True)
class Move:
    """A patient (key) left a zone at `left_at` and is in `zone` (key, or None: not known) since
    `at`."""

    patient: int
    zone: int | None
    at: datetime
    left_at: datetime


@step
def note_moves(*, moves: Sequence[Move], now: datetime) -> int:
    """Have these moves looked at by the clock; how many of them are of patients with a visit."""
    visiting = set(
        Encounter.objects.filter(
            patient__in={move.patient for move in moves},
            status__in=[*Encounter.OPEN, Encounter.Status.PLANNED],
        ).values_list("patient_id", flat=True)
    )
    mattering = [move for move in moves if move.patient in visiting]
    for move in mattering:
        set_timer(
            kind=MOVED,
            due_at=now,
            subject=f"{move.patient} {move.at.isoformat()} {move.zone or ''}",
            payload={
                "patient": move.patient,
                "zone": move.zone,
                "at": move.at.isoformat(),
                "left_at": move.left_at.isoformat(),
            },
        )
    return len(mattering)


@step
def patient_moved(timer: Timer, now: datetime) -> None:
    """What one move says about the visit of the patient who made it."""
    encounter = _visit(timer.payload["patient"], now)
    if encounter is None:
        return
    clock = current().actor
    touches(encounter)
    zone = Zone.objects.filter(pk=timer.payload["zone"]).first()
    at = parse_datetime(timer.payload["at"])
    _left(encounter, zone, parse_datetime(timer.payload["left_at"]), clock, now)
    if zone is not None:
        _entered(encounter, zone, at, clock, now)


register_timer(MOVED, patient_moved)


def _visit(patient: int, now: datetime) -> Encounter | None:
    """The open visit of the patient, else one that is expected about now; locked."""
    open_one = Encounter.objects.filter(patient=patient, status__in=Encounter.OPEN)
    expected = Encounter.objects.filter(
        patient=patient,
        status=Encounter.Status.PLANNED,
        expected_at__range=(now - EXPECTED_WITHIN, now + EXPECTED_WITHIN),
    )
    found = open_one.order_by("-started_at").first() or expected.order_by("expected_at").first()
    return locked(found) if found else None


def _left(
    encounter: Encounter, zone: Zone | None, left_at: datetime, clock: Actor, now: datetime
) -> None:
    """What the tag said last, now that it is elsewhere: passing through a room is no visit to it,
    and to have been in triage is to have been triaged."""
    latest = (
        encounter.milestones.filter(source=Source.TAG, withdrawn_at=None)
        .exclude(evidence__zone=zone.code if zone else "")
        .order_by("-at", "-pk")
        .first()
    )
    if latest is None:
        return
    passed = left_at - latest.at < PASSED_THROUGH
    if passed and latest.kind in (Kind.IN_ROOM, Kind.TRIAGE_START) and not _treated(encounter):
        withdraw_milestone(
            milestone=latest, now=now, reason=_("the tag left again after less than a minute")
        )
    elif latest.kind == Kind.TRIAGE_START and not _ended_by_tag(encounter):
        note_milestone(
            encounter=encounter,
            kind=Kind.TRIAGE_END,
            at=left_at,
            actor=clock,
            now=now,
            source=Source.TAG,
            evidence={"zone": zone.code if zone else ""},
        )


def _ended_by_tag(encounter: Encounter) -> bool:
    return encounter.milestones.filter(kind=Kind.TRIAGE_END, source=Source.TAG).exists()


def _treated(encounter: Encounter) -> bool:
    said = (Kind.PROVIDER, Kind.DISPOSITION, Kind.RESULTS)
    return encounter.milestones.filter(kind__in=said, stands=True).exists()


def _entered(encounter: Encounter, zone: Zone, at: datetime, clock: Actor, now: datetime) -> None:
    said = {"actor": clock, "now": now, "source": Source.TAG}
    evidence = {"zone": zone.code}
    if encounter.status == Encounter.Status.PLANNED:
        if not _is_within(zone, encounter.department) and zone.kind not in DOORS_IN:
            return
        arrive(encounter=encounter, at=at, evidence=evidence, **said)
    bed = (
        encounter.beds.filter(status=BedAssignment.Status.ACTIVE)
        .select_related("bed_space__zone")
        .first()
    )
    if bed and bed.bed_space.zone_id == zone.pk:
        if bed.away_since:
            rooms.set_back(encounter=encounter, at=at, **said)
        rooms.withdraw_sign(encounter=encounter, kind=LeavingSign.Kind.TAG, actor=clock, now=now)
        return
    if zone.kind in AWAY and bed:
        rooms.set_away(encounter=encounter, to=zone.name, at=at, **said)
        return
    if zone.kind == Zone.Kind.TRIAGE:
        note_milestone(
            encounter=encounter, kind=Kind.TRIAGE_START, at=at, evidence=evidence, **said
        )
    spaces = list(
        BedSpace.objects.filter(zone=zone, active=True).exclude(state=BedSpace.State.BLOCKED)
    )
    if spaces and not (bed and bed.away_since):
        space = _meant(spaces, encounter)
        if space:
            rooms.occupy_space(space=space, encounter=encounter, at=at, **said)
            return
        if not bed:
            in_room(encounter=encounter, at=at, evidence=evidence, **said)
            return
    if bed and not bed.away_since:
        rooms.sign_of_leaving(
            encounter=encounter,
            kind=LeavingSign.Kind.TAG,
            at=at,
            actor=clock,
            now=now,
            evidence=evidence,
        )


def _meant(spaces: list[BedSpace], encounter: Encounter) -> BedSpace | None:
    """The space of a room that a patient who came in can only mean: the one held for them, or the
    only ready one."""
    held = [s for s in spaces if s.encounter_id == encounter.pk and s.state == "reserved"]
    ready = [s for s in spaces if s.state == BedSpace.State.READY]
    if held:
        return held[0]
    return ready[0] if len(ready) == 1 else None


def _is_within(zone: Zone, department: Department) -> bool:
    return department.area_id in (zone.pk, zone.area_id)
