"""Questions to a second person: what waits for one's own yes, and what one asked."""

from datetime import datetime

from django.db.models import QuerySet

from hims.access.scopes import visible_to
from hims.models import Actor, Confirmation


def to_answer(viewer: Actor, now: datetime) -> QuerySet[Confirmation]:
    """What somebody else asked and nobody has answered yet, the oldest first."""
    if not viewer.may("confirmation.give"):
        return Confirmation.objects.none()
    waiting = visible_to(viewer, Confirmation.objects.select_related("asked_by"))
    return (
        waiting.filter(given_by=None, expires_at__gt=now)
        .exclude(asked_by=viewer)
        .order_by("asked_at")
    )


def asked_by(viewer: Actor, now: datetime) -> QuerySet[Confirmation]:
    """One's own questions that can still be used, the newest first."""
    mine = visible_to(viewer, Confirmation.objects.select_related("given_by"))
    return mine.filter(asked_by=viewer, used_at=None, expires_at__gt=now).order_by("-asked_at")
