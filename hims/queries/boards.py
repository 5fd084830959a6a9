"""Departments that have a board, and the one that a viewer sees first."""

from datetime import datetime

from django.db.models import QuerySet

from hims.access.scopes import visible_to
from hims.models import Actor, Department, Shift


def with_board(viewer: Actor) -> QuerySet[Department]:
    """Departments with bed spaces, by name."""
    found = Department.objects.filter(active=True).exclude(bed_spaces=None)
    return visible_to(viewer, found).distinct().order_by("name", "code")


def first_department(viewer: Actor, now: datetime) -> Department | None:
    """Where the viewer is on shift, else the first emergency department, else the first."""
    known = with_board(viewer)
    mine = Shift.objects.filter(actor=viewer, begins_at__lte=now, ends_at__gt=now)
    on_shift = known.filter(pk__in=mine.values("department_id")).first()
    emergency = known.filter(kind=Department.Kind.EMERGENCY)
    return on_shift or emergency.first() or known.first()
