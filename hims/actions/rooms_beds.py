"""Which patient has which bed space: assignments that begin, end and are given up within a change.

Parts of the steps in `hims.actions.rooms`; each works on spaces that a Change has locked.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from hims.action import step
from hims.actions.rooms_changing import Change, Held
from hims.actions.rooms_refused import refused
from hims.actions.taken import refused_when_taken
from hims.domain import rooms
from hims.domain.leaving import Sign, Source, signs_suffice
from hims.domain.rooms import State, What
from hims.errors import Finding, Refused
from hims.models import BedAssignment, BedSpace, Encounter, LeavingSign, Patient
from hims.queries.appointments import holding

Status = BedAssignment.Status
INSTANT = timedelta(microseconds=1)


def patient_locked(encounter: Encounter) -> None:
    """Everything about one patient's beds happens one after the other."""
    Patient.objects.select_for_update(no_key=True).get(pk=encounter.patient_id)


def bed_of(encounter: Encounter) -> BedAssignment | None:
    return encounter.beds.filter(status=Status.ACTIVE).first()


def opened(change: Change, space: BedSpace) -> Held:
    held = change.of(space)
    if not held.row.active:
        raise refused("closed", held.row, change.actor, change.now)
    return held


def refuse_unfit(change: Change, held: Held, encounter: Encounter) -> None:
    lacking = sorted(set(encounter.needs) - set(held.row.capabilities))
    if lacking and change.by_a_person and not change.reason:
        names = ", ".join(word.replace("_", " ") for word in lacking)
        raise refused(
            "does_not_fit", held.row, change.actor, change.now, severity="warn", other=names
        )


def refuse_booked(held: Held, encounter: Encounter, now: datetime, until: datetime) -> None:
    """Refuse a space whose room somebody else has an appointment in before `until`."""
    booked = holding(held.row.zone, DateTimeTZRange(now, until))
    other = booked.exclude(patient=encounter.patient_id).first()
    if other:
        begins = timezone.localtime(other.period.lower).strftime("%H:%M")
        text = _("This room is booked for an appointment at %(begins)s.") % {"begins": begins}
        raise Refused(Finding("room_booked", text, field="until"))


@step
def release_held(change: Change, held: Held) -> None:
    reservation = held.reservation
    change.happen(held, What.RELEASE)
    if reservation:
        reservation.status = Status.CANCELLED
        reservation.save(update_fields=["status"])
        held.assignments.remove(reservation)


def move_out(change: Change, held: Held) -> None:
    """Who lies in another bed does not lie here. A machine cannot see whether it is empty."""
    bed = held.occupation
    change.put(held, What.VACATE, replace(held.value(), state=State.VACATED))
    if bed:
        end_bed(change, held, bed)
    if change.by_a_person:
        change.happen(held, What.NEEDS_CLEANING)


@step
def begin_bed(change: Change, held: Held, encounter: Encounter, *, still: bool) -> BedAssignment:
    """The assignment of the patient who is in the space now."""
    given = held.assignment_of(encounter)
    if given and given.status == Status.ACTIVE:
        return given
    if still:
        over = held.row.assignments.filter(encounter=encounter, status=Status.COMPLETED)
        if given := over.order_by("-pk").first():
            change.also_before(given)
            withdraw_all(given, change.now)
            given.status, given.period = Status.ACTIVE, DateTimeTZRange(given.period.lower, None)
            keep_bed(change, held, given)
            return given
    for other in [one for one in held.assignments if one.encounter_id != encounter.pk]:
        other.status = Status.CANCELLED  # a person put this patient first, and said why
        other.save(update_fields=["status"])
        held.assignments.remove(other)
    given = given or BedAssignment(
        encounter=encounter,
        patient_id=encounter.patient_id,
        bed_space=held.row,
        assigned_by=change.actor,
    )
    given.status, given.reason = Status.ACTIVE, change.reason
    given.period = DateTimeTZRange(_after_others(held, encounter, change.at), None)
    keep_bed(change, held, given)
    return given


def _after_others(held: Held, encounter: Encounter, at: datetime) -> datetime:
    """`at`, or when the last one had left: clocks that disagree make nobody lie double."""
    over = BedAssignment.objects.filter(
        Q(bed_space=held.row) | Q(patient=encounter.patient_id),
        status=Status.COMPLETED,
        period__endswith__gt=at,
    )
    ends = over.order_by("-period__endswith").values_list("period__endswith", flat=True)
    return max(at, *ends[:1]) if ends else at


@step
def end_bed(change: Change, held: Held, bed: BedAssignment | None) -> None:
    """The patient left at the time of the change; a time before they came is not believed."""
    if bed is None:
        return
    ended = change.at if change.at > bed.period.lower else change.now
    bed.period = DateTimeTZRange(bed.period.lower, max(ended, bed.period.lower + INSTANT))
    bed.status, bed.away_since, bed.away_to = Status.COMPLETED, None, ""
    bed.save()
    if bed in held.assignments:
        held.assignments.remove(bed)


@step
def keep_bed(change: Change, held: Held, given: BedAssignment) -> None:
    new = given.pk is None
    taken = refused("overlaps", held.row, change.actor, change.now, other="").findings[0]
    with refused_when_taken(taken):
        given.save()
    if new:
        change.remembered(given, "assignments")
    if given not in held.assignments:
        held.assignments.append(given)


def left_by_signs(change: Change, held: Held) -> None:
    """Left, not confirmed, if the signs that stand suffice. What old evidence says of the space
    does not matter: a sign of leaving is about who was last put there."""
    bed = held.occupation
    if bed is None or bed.away_since is not None:
        return
    value = replace(held.value(), state=State.OCCUPIED)
    event = rooms.Event(What.SIGN_OF_LEAVING, change.said_by, signs=_signs(bed), now=change.now)
    done = rooms.after(value, event)
    if isinstance(done, rooms.Transition) and not done.asks:
        change.put(held, What.SIGN_OF_LEAVING, done.after)
        end_bed(change, held, bed)


def _signs(bed: BedAssignment) -> tuple[Sign, ...]:
    standing = bed.leaving_signs.filter(withdrawn_at=None, at__gte=bed.period.lower)
    return tuple(Sign(Source(kind), at) for kind, at in standing.values_list("kind", "at"))


def suffices(bed: BedAssignment, now: datetime) -> bool:
    return signs_suffice(_signs(bed), now=now, away=False)


@step
def withdraw_all(bed: BedAssignment, now: datetime) -> None:
    signs = bed.leaving_signs.filter(withdrawn_at=None)
    signs.exclude(kind=LeavingSign.Kind.DISPOSITION).update(withdrawn_at=now)


def source_of(kind: str) -> str:
    return {"adt": "hl7", "disposition": "hl7"}.get(kind, kind)
