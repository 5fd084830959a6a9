"""Where a named staff member is: told only to those who may ask, for a reason that is kept."""

from datetime import datetime

from django.utils.translation import gettext as _

from hims.action import action, touches
from hims.errors import Finding, Refused
from hims.models import Actor, Staff
from tracking.models import Position

SHORTEST_REASON = 10


@action("staff_position.ask")
def ask(*, actor: Actor, now: datetime, staff: Staff, reason: str) -> Position | None:
    """The staff member's position, once, and the question in the trail with its reason.

    Raises Refused when the reason says nothing. None when the position is not known.
    """
    if len(reason.strip()) < SHORTEST_REASON:
        raise Refused(
            Finding("no_reason", _("Say why you need to know, in a few words."), field="reason")
        )
    touches(staff)
    return (
        Position.objects.filter(staff=staff)
        .select_related("zone", "floor", "floor__building")
        .first()
    )
