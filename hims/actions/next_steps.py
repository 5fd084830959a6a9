"""The next steps of the board that join two stories: a space and what it means for the visit."""

from datetime import datetime

from django.utils.translation import gettext as _

from hims.action import action, touches
from hims.actions.encounters import end_encounter, move_to
from hims.actions.milestones import locked, note_milestone
from hims.actions.rooms import occupy_space
from hims.errors import Finding, Refused
from hims.models import Actor, BedAssignment, BedSpace, Encounter, Milestone

TAP = Milestone.Source.TAP
READ = {"read": True}


@action("bed_space.occupy")
def bring_to_room(
    *,
    actor: Actor,
    now: datetime,
    encounter: Encounter,
    space: BedSpace | None = None,
    reason: str = "",
) -> BedAssignment:
    """The patient is in the room: the one given, or the one held for them."""
    encounter = locked(encounter)
    space = space or _held_for(encounter)
    given = occupy_space(
        space=space, encounter=encounter, actor=actor, now=now, source=TAP, reason=reason
    )
    touches(encounter, space)
    return given


@action("encounter.end")
def leave_for_ward(*, actor: Actor, now: datetime, encounter: Encounter) -> Encounter:
    """The patient has left for the bed that is held for them, and the visit goes on there; without
    such a bed it ends here."""
    encounter = locked(encounter)
    held = _reservations(encounter).exclude(bed_space__department=encounter.department).first()
    if held is None:
        return end_encounter(encounter=encounter, at=now, actor=actor, now=now, source=TAP)
    occupy_space(space=held.bed_space, encounter=encounter, actor=actor, now=now, source=TAP)
    touches(encounter, held.bed_space)
    return move_to(
        encounter=encounter,
        department=held.bed_space.department,
        at=now,
        actor=actor,
        now=now,
        source=TAP,
    )


@action("encounter.milestone")
def read_results(*, actor: Actor, now: datetime, encounter: Encounter) -> Milestone:
    """Somebody looked at the results that are back. It is kept beside their coming back."""
    encounter = locked(encounter)
    if not encounter.milestones.filter(kind=Milestone.Kind.RESULTS, stands=True).exists():
        raise Refused(Finding("no_results", _("No results are back yet.")))
    touches(encounter)
    return note_milestone(
        encounter=encounter,
        kind=Milestone.Kind.RESULTS,
        at=now,
        actor=actor,
        now=now,
        source=TAP,
        evidence=READ,
    )


def _held_for(encounter: Encounter) -> BedSpace:
    held = _reservations(encounter).first()
    if held is None:
        raise Refused(Finding("no_room_given", _("No room is held for this patient any more.")))
    return held.bed_space


def _reservations(encounter: Encounter):
    held = encounter.beds.filter(status=BedAssignment.Status.RESERVED)
    return held.select_related("bed_space__department", "bed_space__zone").order_by("-pk")
