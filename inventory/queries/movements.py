"""What the ledger took: movements with their lines, as people and programs read them."""

from django.db.models import Prefetch, QuerySet

from hims.access.scopes import visible_to
from hims.models import Actor
from inventory.models import Count, Movement, MovementLine


def movements(*, viewer: Actor) -> QuerySet[Movement]:
    """Movements with who did them, what took them back, and their lines: of each lot from where,
    then to where."""
    lines = MovementLine.objects.select_related("lot__product", "place").order_by(
        "lot_id", "quantity", "pk"
    )
    return (
        visible_to(viewer, Movement.objects.all())
        .select_related("actor", "witness", "reverses", "reversed_by")
        .prefetch_related(Prefetch("lines", lines))
    )


def to_review(*, viewer: Actor) -> QuerySet[Count]:
    """Differences and found stock that nobody has looked at yet, the oldest first. What was taken
    back meanwhile needs no look."""
    waiting = Count.objects.filter(reviewed_at=None, movement__isnull=False)
    waiting = waiting.filter(movement__reversed_by=None)
    return (
        visible_to(viewer, waiting)
        .select_related("lot__product", "place", "actor", "movement")
        .order_by("at", "pk")
    )
