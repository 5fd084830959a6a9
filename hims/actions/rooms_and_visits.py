"""What a bed space that was given or taken means for the visit: its milestones."""

from datetime import datetime

from hims.action import step
from hims.actions.milestones import in_room, note_milestone
from hims.models import Actor, BedSpace, Department, Encounter, Milestone

Kind, Source = Milestone.Kind, Milestone.Source

SOURCES = {"adt": Source.HL7, "clock": Source.INFERRED}
"""How a milestone calls a source that the rooms know by another word."""


@step
def space_given(
    *, space: BedSpace, encounter: Encounter, actor: Actor, now: datetime, source: str
) -> Milestone:
    """A space is held for the patient: a room in the emergency department, elsewhere a bed."""
    here = space.department.kind == Department.Kind.EMERGENCY
    return note_milestone(
        encounter=encounter,
        kind=Kind.ROOM_ASSIGNED if here else Kind.BED_ASSIGNED,
        at=now,
        actor=actor,
        now=now,
        source=SOURCES.get(source, source),
        evidence=_where(space),
    )


@step
def space_taken(
    *,
    space: BedSpace,
    encounter: Encounter,
    at: datetime,
    actor: Actor,
    now: datetime,
    source: str,
) -> Milestone | None:
    """The patient came into a space: in a room, where it is one of an emergency department."""
    if space.department.kind != Department.Kind.EMERGENCY:
        return None
    return in_room(
        encounter=encounter,
        at=at,
        actor=actor,
        now=now,
        source=SOURCES.get(source, source),
        evidence=_where(space),
    )


def _where(space: BedSpace) -> dict[str, str]:
    return {"space": space.code, "zone": space.zone.code}
