"""What the trail says."""

from datetime import date, datetime, time, timedelta

from django.db.models import QuerySet
from django.utils import timezone

from hims.access.scopes import ruled_models, visible_to
from hims.models import Actor, AuditEntry

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
