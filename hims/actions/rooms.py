"""What happens to bed spaces: reserved, used, left, away, blocked, ready. Steps for every story.

All of them lock what they change (the patient, then the spaces in order of their keys), are decided
by `hims.domain.rooms`, and raise Refused with what holds the space otherwise. The database's
exclusion constraints have the last word: never two patients in a space, nor one in two.

A space whose evidence is older than twelve hours is not known: that is worked out by whoever reads
(`hims.domain.rooms_believed`), and written down by the next change, which is how a person settles
it.
"""

from datetime import datetime, timedelta
from typing import Any

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.utils.translation import gettext as _

from hims.action import step, touches
from hims.actions.rooms_and_visits import space_given, space_taken
from hims.actions.rooms_beds import (
    bed_of,
    begin_bed,
    end_bed,
    keep_bed,
    left_by_signs,
    move_out,
    opened,
    patient_locked,
    refuse_booked,
    refuse_unfit,
    release_held,
    source_of,
    suffices,
    withdraw_all,
)
from hims.actions.rooms_changing import changing, isolating
from hims.actions.rooms_told import bed_status
from hims.actions.rooms_undo import undo
from hims.domain.rooms import State, What
from hims.errors import Finding, Invalid
from hims.models import Actor, BedAssignment, BedSpace, Encounter, LeavingSign

__all__ = [
    "bed_status",
    "block_space",
    "confirm_empty",
    "leave_space",
    "occupy_space",
    "release_reservation",
    "reserve_space",
    "set_away",
    "set_back",
    "sign_of_leaving",
    "unblock_space",
    "undo",
    "withdraw_sign",
]

Status = BedAssignment.Status
LONGEST_LEASE = timedelta(hours=24)


@step
def reserve_space(
    *,
    space: BedSpace,
    encounter: Encounter,
    until: datetime,
    actor: Actor,
    now: datetime,
    source: str,
    reason: str = "",
) -> BedAssignment:
    """Hold a ready space for a patient until `until`; a reservation elsewhere is given up for it.

    A space that lacks what the patient needs is given by a person with a reason only.
    """
    if not now < until <= now + LONGEST_LEASE:
        raise Invalid(
            Finding("bad_until", _("A space is reserved for at most a day."), field="until")
        )
    patient_locked(encounter)
    others = BedAssignment.objects.filter(patient=encounter.patient_id, status=Status.RESERVED)
    elsewhere = others.exclude(bed_space=space).values_list("bed_space_id", flat=True)
    with changing(space, *elsewhere, actor=actor, now=now, source=source, reason=reason) as change:
        held = opened(change, space)
        refuse_unfit(change, held, encounter)
        refuse_booked(held, encounter, now, until)
        change.happen(held, What.RESERVE, patient=encounter.pk, until=until)
        for other in change.held.values():
            if other is not held and other.reservation:
                release_held(change, other)
        given = held.assignment_of(encounter) or BedAssignment(
            encounter=encounter,
            patient_id=encounter.patient_id,
            bed_space=held.row,
            period=DateTimeTZRange(now, until),
            assigned_by=actor,
        )
        given.period = DateTimeTZRange(given.period.lower, until)
        given.status, given.reason = Status.RESERVED, change.reason
        keep_bed(change, held, given)
    space_given(space=held.row, encounter=encounter, actor=actor, now=now, source=source)
    return given


@step
def release_reservation(
    *, space: BedSpace, actor: Actor, now: datetime, source: str, reason: str = ""
) -> BedSpace:
    """The space is held for nobody any more."""
    with changing(space, actor=actor, now=now, source=source, reason=reason) as change:
        release_held(change, change.of(space))
    return change.of(space).row


@step
def occupy_space(
    *,
    space: BedSpace,
    encounter: Encounter,
    actor: Actor,
    now: datetime,
    source: str,
    at: datetime | None = None,
    reason: str = "",
) -> BedAssignment:
    """The patient is in this space since `at`; who lay in another one has moved out of it.

    By a person's word the space they came from waits to be cleaned; by a machine's it is left but
    not confirmed. The same patient again means "still here", also after "left, not confirmed".
    """
    patient_locked(encounter)
    current = BedAssignment.objects.filter(
        patient=encounter.patient_id, status=Status.ACTIVE
    ).first()
    spaces = [space, *([current.bed_space_id] if current else [])]
    with changing(*spaces, actor=actor, now=now, source=source, at=at, reason=reason) as change:
        held = opened(change, space)
        if held.row.encounter_id != encounter.pk:
            refuse_unfit(change, held, encounter)
        if current and current.bed_space_id != space.pk:
            move_out(change, change.held[current.bed_space_id])
        elif current and current.encounter_id != encounter.pk:
            end_bed(change, held, held.occupation)  # another visit of the same patient goes on here
            held.row.encounter_id = encounter.pk
        was = State(held.row.state)
        change.happen(held, What.OCCUPY, patient=encounter.pk, isolation=isolating(encounter))
        given = begin_bed(change, held, encounter, still=was is State.VACATED and not current)
    if current is None or current.bed_space_id != space.pk:
        space_taken(
            space=held.row,
            encounter=encounter,
            at=given.period.lower,
            actor=actor,
            now=now,
            source=source,
        )
    touches(encounter)
    return given


@step
def sign_of_leaving(
    *,
    encounter: Encounter,
    kind: str,
    at: datetime,
    actor: Actor,
    now: datetime,
    evidence: dict[str, Any] | None = None,
) -> BedSpace | None:
    """Something speaks for the patient having left their space. One kind of sign only asks; two
    kinds make it left, not confirmed; while the patient is away nothing does.

    The space, or None where the patient has none.
    """
    patient_locked(encounter)
    bed = bed_of(encounter)
    if bed is None:
        return None
    with changing(bed.bed_space_id, actor=actor, now=now, source=source_of(kind), at=at) as change:
        held = change.held[bed.bed_space_id]
        LeavingSign.objects.create(
            assignment=bed,
            kind=kind,
            at=change.at,
            recorded_at=now,
            actor=actor,
            evidence=evidence or {},
        )
        left_by_signs(change, held)
    return held.row


@step
def withdraw_sign(*, encounter: Encounter, kind: str, actor: Actor, now: datetime) -> int:
    """A kind of sign no longer stands: the tag is back. If the space was taken for left because of
    it, and nobody has confirmed that, it is in use again. How many signs were withdrawn."""
    patient_locked(encounter)
    bed = (
        encounter.beds.filter(status__in=[Status.ACTIVE, Status.COMPLETED]).order_by("-pk").first()
    )
    if bed is None:
        return 0
    withdrawn = bed.leaving_signs.filter(kind=kind, withdrawn_at=None).update(withdrawn_at=now)
    if withdrawn and bed.status == Status.COMPLETED:
        with changing(bed.bed_space_id, actor=actor, now=now, source=source_of(kind)) as change:
            held = change.held[bed.bed_space_id]
            mine = held.row.encounter_id == encounter.pk
            if mine and held.row.state == State.VACATED and not suffices(bed, now):
                change.happen(held, What.OCCUPY, patient=encounter.pk)
                begin_bed(change, held, encounter, still=True)
    return withdrawn


@step
def leave_space(
    *,
    encounter: Encounter,
    actor: Actor,
    now: datetime,
    source: str,
    at: datetime | None = None,
    reason: str = "",
) -> BedSpace | None:
    """The patient has left their space. A person's word is believed, and the space waits to be
    cleaned; a machine's is one sign, and with a decision to let them go there are two.

    The space, or None where the patient has none.
    """
    patient_locked(encounter)
    bed = bed_of(encounter)
    if bed is None:
        return None
    with changing(
        bed.bed_space_id, actor=actor, now=now, source=source, at=at, reason=reason
    ) as change:
        held = change.held[bed.bed_space_id]
        if change.by_a_person:
            change.happen(held, What.VACATE, away=bed.away_since is not None)
            end_bed(change, held, bed)
            change.happen(held, What.NEEDS_CLEANING)
        else:
            kinds = {LeavingSign.Kind.ADT.value}
            if encounter.disposition:
                kinds.add(LeavingSign.Kind.DISPOSITION.value)
            for kind in sorted(kinds):
                LeavingSign.objects.create(
                    assignment=bed, kind=kind, at=change.at, recorded_at=now, actor=actor
                )
            left_by_signs(change, held)
    return held.row


@step
def confirm_empty(
    *, space: BedSpace, actor: Actor, now: datetime, source: str, reason: str = ""
) -> BedSpace:
    """A person looked: whoever was in it has left, and it waits to be cleaned."""
    with changing(space, actor=actor, now=now, source=source, reason=reason) as change:
        held = change.of(space)
        bed = held.occupation
        if held.row.state != State.VACATED and held.row.encounter_id is not None:
            change.happen(held, What.VACATE, away=bool(bed and bed.away_since))
            if bed:
                end_bed(change, held, bed)
        change.happen(held, What.NEEDS_CLEANING)
    return held.row


@step
def set_away(
    *,
    encounter: Encounter,
    to: str,
    actor: Actor,
    now: datetime,
    source: str,
    at: datetime | None = None,
) -> BedAssignment | None:
    """The patient is in imaging or theatre and keeps the bed; None where they have none."""
    patient_locked(encounter)
    bed = bed_of(encounter)
    if bed is None:
        return None
    with changing(bed.bed_space_id, actor=actor, now=now, source=source, at=at) as change:
        held = change.held[bed.bed_space_id]
        bed = held.occupation or bed
        bed.away_since = bed.away_since or max(change.at, bed.period.lower)
        bed.away_to = to.strip()[:120]
        bed.save(update_fields=["away_since", "away_to"])
        change.note(held, "away")
    return bed


@step
def set_back(
    *,
    encounter: Encounter,
    actor: Actor,
    now: datetime,
    source: str,
    at: datetime | None = None,
) -> BedAssignment | None:
    """The patient is back in their bed: what spoke for having left it meanwhile is withdrawn, but
    for the decision to let them go. None where they have no bed or were not away."""
    patient_locked(encounter)
    bed = bed_of(encounter)
    if bed is None or bed.away_since is None:
        return None
    with changing(bed.bed_space_id, actor=actor, now=now, source=source, at=at) as change:
        held = change.held[bed.bed_space_id]
        bed = held.occupation or bed
        withdraw_all(bed, now)
        bed.away_since, bed.away_to = None, ""
        bed.save(update_fields=["away_since", "away_to"])
        change.happen(held, What.OCCUPY, patient=encounter.pk, isolation=isolating(encounter))
        change.note(held, "back")
    return bed


@step
def block_space(
    *, space: BedSpace, actor: Actor, now: datetime, source: str, reason: str
) -> BedSpace:
    """Not to be used, and why. A reservation is given up."""
    with changing(space, actor=actor, now=now, source=source, reason=reason) as change:
        held = change.of(space)
        if held.reservation:
            release_held(change, held)
        change.happen(held, What.BLOCK)
    return held.row


@step
def unblock_space(*, space: BedSpace, actor: Actor, now: datetime, source: str) -> BedSpace:
    """May be used again, once it is cleaned."""
    with changing(space, actor=actor, now=now, source=source) as change:
        change.happen(change.of(space), What.UNBLOCK)
    return change.of(space).row
