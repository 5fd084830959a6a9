"""Records that are open by breaking the glass, and what waits for review."""

from datetime import datetime, timedelta

from django.db.models import Q, QuerySet

from hims.access.scopes import visible_to
from hims.models import Actor, BreakGlass

OVERDUE = timedelta(days=7)
SHOWN = 100


def open_glass(viewer: Actor, now: datetime) -> QuerySet[BreakGlass]:
    """What the viewer has open now, the first to close first."""
    own = BreakGlass.objects.filter(actor=viewer, ended_at=None, begun_at__lte=now, ends_at__gt=now)
    return own.select_related("patient").order_by("ends_at")


def to_review(viewer: Actor) -> QuerySet[BreakGlass]:
    """What waits for a verdict of the viewer, the oldest first; never their own."""
    waiting = visible_to(viewer, BreakGlass.objects.filter(Q(verdict="") | Q(verdict="unclear")))
    return (
        waiting.exclude(actor=viewer)
        .select_related("patient", "actor", "reviewed_by")
        .order_by("begun_at", "pk")[:SHOWN]
    )


def reviewed(viewer: Actor) -> QuerySet[BreakGlass]:
    """What was judged, the newest first."""
    done = visible_to(viewer, BreakGlass.objects.filter(verdict__in=["justified", "unjustified"]))
    return done.select_related("patient", "actor", "reviewed_by").order_by("-reviewed_at")[:SHOWN]
