"""Raw readings leave the spool: whose they are and why is in the trail."""

from collections.abc import Sequence
from datetime import datetime

from hims.action import action, touches
from tracking.models import Tag


@action("spool.take_out")
def take_out(
    *, actor, now: datetime, start: datetime, end: datetime, tags: Sequence[Tag], reason: str
) -> None:
    """Record that raw readings of this time, of these tags or of all (none named), are taken out.
    They tell where patients were, so only the console may."""
    touches(*tags)
