"""The last thing that was done to a bed space, taken back with one tap: everything it changed is as
it was before, and that it was done and undone stays written."""

from datetime import datetime
from typing import Any

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.utils.dateparse import parse_datetime

from hims.action import step, touches
from hims.actions.rooms_changing import LEASE, SPACE_FIELDS, SPACE_TIMES, Held, changing
from hims.actions.rooms_refused import refused
from hims.actions.taken import refused_when_taken
from hims.actions.timers import cancel_timer, set_timer
from hims.domain.rooms import State
from hims.domain.rooms_believed import may_be_undone
from hims.models import (
    Actor,
    BedAssignment,
    BedSpace,
    BedSpaceEvent,
    CleaningTask,
    LeavingSign,
)

UNDO = "undo"
IN_USE = {State.OCCUPIED.value}


@step
def undo(*, space: BedSpace, actor: Actor, now: datetime, source: str = "tap") -> BedSpace:
    """Restore the states, assignments and cleaning of all spaces that the last change of `space`
    touched. Raises Refused when it is older than ten minutes, was done by the clock, or something
    has happened since to any of them."""
    last = newest_event(space)
    if last is None or not (last.before and may_be_undone(last.recorded_at, now)):
        raise refused("nothing_to_undo", space, actor, now)
    kept = last.before
    keys = [int(key) for key in kept["spaces"]]
    with changing(*keys, actor=actor, now=now, source=source) as change:
        events = list(
            BedSpaceEvent.objects.filter(
                bed_space__in=keys, recorded_at=last.recorded_at, before__change=kept["change"]
            ).order_by("pk")
        )
        mine = [event.pk for event in events]
        changed = {event.bed_space_id: change.held[event.bed_space_id] for event in events}
        since = BedSpaceEvent.objects.filter(bed_space__in=changed, pk__gt=mine[0])
        if since.exclude(pk__in=mine).exists():
            raise refused("moved_on", change.of(space).row, actor, now)
        was = {key: held.row.state for key, held in changed.items()}
        _assignments_back(kept["assignments"], changed, actor, now)
        in_use_last = sorted(changed, key=lambda key: kept["spaces"][str(key)]["state"] in IN_USE)
        for key in in_use_last:
            _space_back(changed[key], kept["spaces"][str(key)], now)
        _tasks_back(kept["tasks"], changed)
        for event in events:
            held = change.held[event.bed_space_id]
            BedSpaceEvent.objects.create(
                bed_space=held.row,
                event=UNDO,
                from_state=was[event.bed_space_id],
                to_state=held.row.state,
                at=now,
                recorded_at=now,
                source=source[:8],
                actor=actor,
                encounter_id=held.row.encounter_id,
                undoes=event,
            )
        touches(*(held.row for held in change.held.values()))
    return change.of(space).row


def newest_event(space: BedSpace) -> BedSpaceEvent | None:
    """The last thing that happened to a space, as it was written."""
    return space.events.order_by("-pk").first()


@step
def _assignments_back(
    kept: dict[str, Any], changed: dict[int, Held], actor: Actor, now: datetime
) -> None:
    """First those that the change made end, then the others are what they were."""
    beds = BedAssignment.objects.filter(bed_space__in=changed).in_bulk([int(key) for key in kept])
    for key, bed in beds.items():
        if kept[str(key)] is None:
            bed.status, bed.away_since, bed.away_to = BedAssignment.Status.CANCELLED, None, ""
            bed.save()
    for key, bed in beds.items():
        was = kept[str(key)]
        if was is None:
            continue
        if was["status"] == BedAssignment.Status.ACTIVE != bed.status:
            lasting = bed.leaving_signs.filter(withdrawn_at=None)
            lasting.exclude(kind=LeavingSign.Kind.DISPOSITION).update(withdrawn_at=now)
        bed.status = was["status"]
        bed.period = DateTimeTZRange(_moment(was["from"]), _moment(was["to"]))
        bed.away_since, bed.away_to = _moment(was["away_since"]), was["away_to"]
        other = _other_bed(bed)
        row = changed[bed.bed_space_id].row
        code = "patient_elsewhere" if other else "moved_on"
        with refused_when_taken(refused(code, row, actor, now, other=other).findings[0]):
            bed.save()


def _other_bed(bed: BedAssignment) -> str:
    """The name of another space where the patient lies now, or ""."""
    active = BedAssignment.objects.filter(
        patient=bed.patient_id, status=BedAssignment.Status.ACTIVE
    ).exclude(pk=bed.pk)
    return active.values_list("bed_space__name", flat=True).first() or ""


@step
def _space_back(held: Held, was: dict[str, Any], now: datetime) -> None:
    row, leased = held.row, held.row.state == State.RESERVED
    for field in SPACE_FIELDS:
        setattr(row, field, was[field])
    for field in SPACE_TIMES:
        setattr(row, field, _moment(was[field]))
    row.save()
    if row.state == State.RESERVED:
        set_timer(kind=LEASE, due_at=row.reserved_until, subject=str(row.uid))
    elif leased:
        cancel_timer(kind=LEASE, subject=str(row.uid), now=now)


@step
def _tasks_back(kept: dict[str, Any], changed: dict[int, Held]) -> None:
    """First those that the change made end, then the others are what they were."""
    tasks = CleaningTask.objects.filter(bed_space__in=changed).in_bulk([int(key) for key in kept])
    for key, task in tasks.items():
        if kept[str(key)] is None:
            task.status = CleaningTask.Status.CANCELLED
            task.save()
    for key, task in tasks.items():
        was = kept[str(key)]
        if was is not None:
            task.status, task.kind = was["status"], was["kind"]
            task.claimed_by_id = was["claimed_by_id"]
            for field in ("claimed_at", "started_at", "done_at"):
                setattr(task, field, _moment(was[field]))
            task.save()


def _moment(text: str | None) -> datetime | None:
    return parse_datetime(text) if text else None
