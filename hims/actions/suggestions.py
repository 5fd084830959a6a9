"""The next patient and room as the board suggests them: taken, or refused with a reason.

Every answer is kept with what was suggested and why, so that the suggestions can be judged.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _

from hims.action import action, step, touches
from hims.actions.milestones import locked
from hims.actions.rooms import reserve_space
from hims.domain.next_room import Reason
from hims.errors import Finding, Refused
from hims.models import Actor, BedAssignment, BedSpace, Encounter, RoomSuggestion
from hims.queries.board import board, room_for

LEASE = timedelta(minutes=30)  # so long a room that was given waits for its patient
Answer = RoomSuggestion.Answer


@action("suggestion.answer")
def give_room(
    *,
    actor: Actor,
    now: datetime,
    encounter: Encounter,
    space: BedSpace,
    reasons: Sequence[dict[str, Any]] = (),
) -> BedAssignment:
    """Take the suggestion: the space is held for the patient, who now has a room to go to.

    Raises Refused when the space or the patient has been given away meanwhile.
    """
    return _give(encounter, space, actor, now, reasons)


@action("suggestion.answer")
def give_best_room(*, actor: Actor, now: datetime, encounter: Encounter) -> BedAssignment:
    """Hold the space that fits this patient best, of those that are ready now."""
    seen = board(viewer=actor, department=encounter.department, now=now)
    found = room_for(seen, encounter.pk)
    if found is None:
        raise Refused(Finding("no_room", _("No room that fits is ready any more.")))
    space = BedSpace.objects.get(pk=found.space.id)
    return _give(encounter, space, actor, now, as_rows(found.reasons))


def as_rows(reasons: Sequence[Reason]) -> list[dict[str, Any]]:
    """Reasons as they are kept."""
    return [{"code": one.code, "value": one.value} for one in reasons]


@step
def _give(
    encounter: Encounter,
    space: BedSpace,
    actor: Actor,
    now: datetime,
    reasons: Sequence[dict[str, Any]],
) -> BedAssignment:
    encounter = locked(encounter)
    if encounter.status not in Encounter.OPEN:
        raise Refused(Finding("not_here", _("This patient is not here any more.")))
    given = reserve_space(
        space=space, encounter=encounter, until=now + LEASE, actor=actor, now=now, source="tap"
    )
    _answered(encounter, space, Answer.ACCEPTED, actor, now, reasons)
    _overtaken(encounter, space, now)
    touches(encounter, space)
    return given


@action("suggestion.answer")
def refuse_room(
    *,
    actor: Actor,
    now: datetime,
    encounter: Encounter,
    space: BedSpace,
    reason: str,
    reasons: Sequence[dict[str, Any]] = (),
) -> RoomSuggestion:
    """Not this room for this patient, and why; the pair is not suggested again."""
    if not reason.strip():
        raise Refused(Finding("reason_missing", _("Say why not, in a few words."), field="reason"))
    encounter = locked(encounter)
    touches(encounter, space)
    return _answered(encounter, space, Answer.REFUSED, actor, now, reasons, reason.strip()[:200])


@step
def note_suggestion(
    *, encounter: int, space: int, reasons: Sequence[dict[str, Any]], now: datetime
) -> bool:
    """Keep that this is suggested now (keys of encounter and space); whether it is new. What was
    suggested for either before, and nobody answered, was overtaken."""
    waiting = RoomSuggestion.objects.filter(answer="")
    if waiting.filter(encounter=encounter, bed_space=space).exists():
        return False
    for old in waiting.filter(bed_space=space) | waiting.filter(encounter=encounter):
        _overtake(old, now)
    RoomSuggestion.objects.create(
        encounter_id=encounter, bed_space_id=space, suggested_at=now, reasons=list(reasons)
    )
    return True


@step
def _answered(
    encounter: Encounter,
    space: BedSpace,
    answer: str,
    actor: Actor,
    now: datetime,
    reasons: Sequence[dict[str, Any]],
    why_not: str = "",
) -> RoomSuggestion:
    told = RoomSuggestion.objects.filter(encounter=encounter, bed_space=space, answer="").first()
    told = told or RoomSuggestion(
        encounter=encounter, bed_space=space, suggested_at=now, reasons=list(reasons)
    )
    told.answer, told.answered_by, told.answered_at, told.why_not = answer, actor, now, why_not
    told.save()
    return told


@step
def _overtaken(encounter: Encounter, space: BedSpace, now: datetime) -> None:
    waiting = RoomSuggestion.objects.filter(answer="")
    for old in waiting.filter(encounter=encounter) | waiting.filter(bed_space=space):
        _overtake(old, now)


@step
def _overtake(old: RoomSuggestion, now: datetime) -> None:
    old.answer, old.answered_at = Answer.OVERTAKEN, now
    old.save(update_fields=["answer", "answered_at"])
