"""Where the counter takes from: a place with all that stands within it."""

from hims.access.scopes import visible_to
from hims.models import Actor
from inventory.models import StockPlace

DEEPEST = 4


def parts_of_place(place: StockPlace) -> list[StockPlace]:
    """The place and what stands within it, quarantine left out."""
    found, around = [place], [place]
    for _level in range(DEEPEST):
        around = list(
            StockPlace.objects.filter(within__in=around, active=True).exclude(
                kind=StockPlace.Kind.QUARANTINE
            )
        )
        if not around:
            break
        found += around
    return found


def counters(*, viewer: Actor) -> list[StockPlace]:
    """The places that a counter may supply from, those that stand in no other first."""
    places = visible_to(viewer, StockPlace.objects.filter(virtual=False, active=True))
    places = places.exclude(kind=StockPlace.Kind.QUARANTINE)
    return sorted(places, key=lambda place: (place.within_id is not None, place.name))
