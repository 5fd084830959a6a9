"""What the trail says."""

from datetime import date, datetime, time, timedelta

from django.db.models import QuerySet
from django.utils import timezone

from hims.access.scopes import ruled_models, visible_to
from hims.models import Actor, AuditEntry, Staff

PAGE = 50


def entries(
    viewer: Actor,
    *,
    actor: str = "",
    thing: str = "",
    action: str = "",
    day: date | None = None,
) -> QuerySet[AuditEntry]:
    """Entries of the trail that the viewer may see, newest first.

    actor: a user name or a part of a name. thing: a name as the trail writes it (asset:uid), or
    the bare uid. action: the beginning of an action's name. day: in the hospital's time zone.
    """
    found = visible_to(viewer, AuditEntry.objects.all()).select_related("actor")
    if actor:
        who = Actor.objects.filter(username=actor) | Actor.objects.filter(name__icontains=actor)
        found = found.filter(actor__in=who)
    if thing:
        kinds = sorted(model._meta.model_name for model in ruled_models())
        names = [thing] if ":" in thing else [f"{kind}:{thing}" for kind in kinds]
        found = found.filter(objects_named__overlap=names)
    if action:
        found = found.filter(action__startswith=action)
    if day:
        start = timezone.make_aware(datetime.combine(day, time.min))
        end = timezone.make_aware(datetime.combine(day + timedelta(days=1), time.min))
        found = found.filter(at__gte=start, at__lt=end)
    return found.order_by("-pk")


def own_entries(viewer: Actor, most: int) -> QuerySet[AuditEntry]:
    """The latest that the trail says of the viewer's own doing; everybody may see that."""
    return AuditEntry.objects.filter(actor=viewer).order_by("-pk")[:most]


def questions_about(viewer: Actor, most: int) -> QuerySet[AuditEntry]:
    """Who asked where the viewer is, and why: what is kept of such a question is theirs to read."""
    staff = Staff.objects.filter(actor=viewer).first()
    if staff is None:
        return AuditEntry.objects.none()
    asked = AuditEntry.objects.filter(
        action="staff_position.ask", objects_named__contains=[f"staff:{staff.uid}"]
    )
    return asked.select_related("actor").order_by("-pk")[:most]
