"""Who is on shift in which department: because they say so, or because it was planned."""

from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from hims.action import action, touches
from hims.errors import Finding, Forbidden, Refused
from hims.models import Actor, Department, Shift

LONGEST = timedelta(hours=12)


@action("shift.begin")
def begin_shift(*, actor: Actor, now: datetime, department: Department, hours: int = 12) -> Shift:
    """From now on, up to twelve hours; somebody who is here already goes on for so long."""
    if not 1 <= hours <= 12:
        raise Refused(Finding("too_long", _("A shift is 1 to 12 hours."), field="hours"))
    if not department.active:
        raise Refused(Finding("closed", _("This department is closed."), field="department"))
    Actor.objects.select_for_update().get(pk=actor.pk)
    shift = (
        Shift.objects.filter(
            actor=actor, department=department, begins_at__lte=now, ends_at__gt=now
        )
        .order_by("-ends_at")
        .first()
    )
    if shift is None:
        shift = Shift(actor=actor, department=department, begins_at=now, planned_by=actor)
    shift.ends_at = now + timedelta(hours=hours)
    shift.save()
    touches(shift, department)
    return shift


@action("shift.end")
def end_shift(*, actor: Actor, now: datetime, shift: Shift) -> Shift:
    """Leave, or take back what was planned for oneself; who plans shifts may end others'."""
    shift = Shift.objects.select_for_update().get(pk=shift.pk)
    if shift.actor_id != actor.pk and not actor.may("shift.plan"):
        raise Forbidden("shift.plan")
    if shift.ends_at <= now:
        raise Refused(Finding("over", _("This shift is over.")))
    if shift.begins_at >= now:
        shift.begins_at = now - timedelta(seconds=1)
    shift.ends_at = now
    shift.save()
    touches(shift)
    return shift


@action("shift.plan")
def plan_shift(
    *,
    actor: Actor,
    now: datetime,
    person: Actor,
    department: Department,
    begins_at: datetime,
    ends_at: datetime,
) -> Shift:
    """Somebody is to work in a department from one time to another, up to twelve hours."""
    if person.kind != Actor.Kind.PERSON or not person.is_active:
        raise Refused(Finding("nobody", _("This account has ended."), field="person"))
    if not begins_at < ends_at <= begins_at + LONGEST:
        raise Refused(Finding("too_long", _("A shift is 1 to 12 hours."), field="ends_at"))
    if ends_at <= now:
        raise Refused(Finding("over", _("This time is over."), field="ends_at"))
    Actor.objects.select_for_update().get(pk=person.pk)
    if Shift.objects.filter(
        actor=person, department=department, begins_at__lt=ends_at, ends_at__gt=begins_at
    ).exists():
        raise Refused(Finding("planned", _("They work there at that time already.")))
    shift = Shift(
        actor=person,
        department=department,
        begins_at=begins_at,
        ends_at=ends_at,
        planned_by=actor,
    )
    shift.save()
    touches(shift, department)
    return shift
