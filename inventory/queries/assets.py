"""What equipment there is: the list of the equipment page."""

from datetime import datetime

from django.db.models import Prefetch, Q, QuerySet

from hims.access.scopes import visible_to
from hims.models import Actor
from inventory.models import Asset, AssetKind, Reservation


def equipment(
    *, viewer: Actor, now: datetime, q: str = "", kind: str = "", state: str = "", after: str = ""
) -> QuerySet[Asset]:
    """Assets in the order of their numbers, with kind, home and the reservation that holds now.

    q: words in the name, number, serial or kind. after: the number of the last row of the page
    before.
    """
    found = visible_to(viewer, Asset.objects.all()).select_related("kind", "home")
    held = visible_to(viewer, Reservation.objects.filter(period__contains=now))
    found = found.prefetch_related(
        Prefetch("reservations", held.select_related("actor"), to_attr="held_now")
    )
    for word in q.split()[:8]:
        kinds = AssetKind.objects.filter(name__icontains=word).values_list("pk", flat=True)
        found = found.filter(
            Q(name__icontains=word)
            | Q(number__icontains=word)
            | Q(serial__icontains=word)
            | Q(kind__in=list(kinds))
        )
    if kind:
        found = found.filter(kind__code=kind)
    if state:
        found = found.filter(state=state)
    if after:
        found = found.filter(number__gt=after)
    return found.order_by("number")


def kinds(*, viewer: Actor) -> QuerySet[AssetKind]:
    """The kinds of equipment by name."""
    return visible_to(viewer, AssetKind.objects.order_by("name"))
