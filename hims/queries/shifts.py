"""Who is on shift where, and who is to be."""

from datetime import datetime

from django.db.models import QuerySet

from hims.access.scopes import visible_to
from hims.models import Actor, Shift

SHOWN = 100


def own(viewer: Actor, now: datetime) -> QuerySet[Shift]:
    """The viewer's shifts that are not over, the first to begin first."""
    rows = Shift.objects.filter(actor=viewer, ends_at__gt=now)
    return rows.select_related("department").order_by("begins_at", "pk")[:SHOWN]


def on_shift(viewer: Actor, now: datetime) -> QuerySet[Shift]:
    """Who works where now, by department."""
    rows = visible_to(viewer, Shift.objects.filter(begins_at__lte=now, ends_at__gt=now))
    return rows.select_related("department", "actor").order_by(
        "department__name", "actor__name", "pk"
    )[:SHOWN]


def planned(viewer: Actor, now: datetime) -> QuerySet[Shift]:
    """Who is to work where, the first to begin first."""
    rows = visible_to(viewer, Shift.objects.filter(begins_at__gt=now))
    return rows.select_related("department", "actor").order_by("begins_at", "pk")[:SHOWN]
