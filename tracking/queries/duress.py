"""Who calls for help now, and where they are."""

from hims.access.scopes import visible_to
from hims.models import Actor
from tracking.models import Duress


def open_calls(*, viewer: Actor) -> list[Duress]:
    """Calls for help that nobody has ended, oldest first, each with the caller and their place.

    The place follows the caller's tag while the call is open: `call.staff.position`, if known.
    """
    return list(
        visible_to(viewer, Duress.objects.filter(ended_at__isnull=True))
        .select_related("staff", "zone__floor", "staff__position__zone__floor")
        .order_by("raised_at")
    )


def open_count(viewer: Actor) -> int:
    return visible_to(viewer, Duress.objects.filter(ended_at__isnull=True)).count()
