"""What a person does to a bed space by a tap, at the page or through the API: thin actions over the
steps of `hims.actions.rooms`."""

from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from hims.action import action
from hims.actions import rooms
from hims.actions.rooms_refused import refused
from hims.actions.rooms_undo import undo
from hims.errors import Finding, Invalid
from hims.models import Actor, BedAssignment, BedSpace, Encounter, LeavingSign

TAP = "tap"
LEASE = timedelta(minutes=30)


@action("bed_space.reserve")
def reserve(
    *,
    actor: Actor,
    now: datetime,
    space: BedSpace,
    encounter: Encounter,
    minutes: int | None = None,
    reason: str = "",
) -> BedAssignment:
    """Hold a ready space for a patient, for half an hour if nothing else is said."""
    _must_be_open(encounter)
    lease = LEASE if minutes is None else timedelta(minutes=minutes)
    return rooms.reserve_space(
        space=space,
        encounter=encounter,
        until=now + lease,
        actor=actor,
        now=now,
        source=TAP,
        reason=reason,
    )


@action("bed_space.release")
def release(*, actor: Actor, now: datetime, space: BedSpace) -> BedSpace:
    """Hold it for nobody any more."""
    return rooms.release_reservation(space=space, actor=actor, now=now, source=TAP)


@action("bed_space.occupy")
def occupy(
    *,
    actor: Actor,
    now: datetime,
    space: BedSpace,
    encounter: Encounter,
    at: datetime | None = None,
    reason: str = "",
) -> BedAssignment:
    """The patient is in this space, or still is."""
    if not (encounter.pk == space.encounter_id and encounter.ended_at):
        _must_be_open(encounter)
    return rooms.occupy_space(
        space=space,
        encounter=encounter,
        actor=actor,
        now=now,
        at=at,
        source=TAP,
        reason=reason,
    )


@action("bed_space.left")
def left(*, actor: Actor, now: datetime, space: BedSpace, reason: str = "") -> BedSpace:
    """I looked: nobody is in it any more."""
    return rooms.confirm_empty(space=space, actor=actor, now=now, source=TAP, reason=reason)


@action("bed_space.sign")
def seems_left(
    *, actor: Actor, now: datetime, space: BedSpace, at: datetime | None = None
) -> BedSpace:
    """I think that the patient has left: one sign, which asks until there is another."""
    return rooms.sign_of_leaving(
        encounter=_patient_in(space, actor, now),
        kind=LeavingSign.Kind.TAP,
        at=at or now,
        actor=actor,
        now=now,
    )


@action("bed_space.away")
def away(*, actor: Actor, now: datetime, space: BedSpace, to: str) -> BedAssignment:
    """The patient goes to imaging or theatre and keeps the bed."""
    if not to.strip():
        raise Invalid(Finding("no_place", _("Say where the patient goes."), field="to"))
    patient = _patient_in(space, actor, now)
    return rooms.set_away(encounter=patient, to=to, actor=actor, now=now, source=TAP)


@action("bed_space.back")
def back(*, actor: Actor, now: datetime, space: BedSpace) -> BedAssignment:
    """The patient is back in the bed."""
    given = rooms.set_back(
        encounter=_patient_in(space, actor, now), actor=actor, now=now, source=TAP
    )
    if given is None:
        raise refused("not_away", space, actor, now)
    return given


@action("bed_space.block")
def block(*, actor: Actor, now: datetime, space: BedSpace, reason: str) -> BedSpace:
    """Not to be used, and why."""
    return rooms.block_space(space=space, actor=actor, now=now, source=TAP, reason=reason)


@action("bed_space.unblock")
def unblock(*, actor: Actor, now: datetime, space: BedSpace) -> BedSpace:
    """May be used again, once it is cleaned."""
    return rooms.unblock_space(space=space, actor=actor, now=now, source=TAP)


@action("bed_space.undo")
def take_back(*, actor: Actor, now: datetime, space: BedSpace) -> BedSpace:
    """The last thing that was done to the space was a mistake."""
    return undo(space=space, actor=actor, now=now)


def _patient_in(space: BedSpace, actor: Actor, now: datetime) -> Encounter:
    bed = space.assignments.filter(status=BedAssignment.Status.ACTIVE).first()
    if bed is None:
        raise refused("nobody_in_it", space, actor, now)
    return bed.encounter


def _must_be_open(encounter: Encounter) -> None:
    if encounter.status not in (*Encounter.OPEN, Encounter.Status.PLANNED):
        raise Invalid(
            Finding("visit_over", _("This visit is over. Reopen it first."), field="encounter")
        )
