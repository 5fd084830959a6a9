"""Where a lot has been: every place it touched, and every movement that took it there."""

from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import Prefetch, QuerySet

from hims.access.scopes import visible_to
from hims.models import Actor
from inventory.models import Lot, Movement, MovementLine

PLACES = """
SELECT place.id, place.uid, place.code, place.name, place.kind, place.virtual, said.came,
       said.went, coalesce(level.quantity, 0)
FROM (
    SELECT place_id, coalesce(sum(quantity) FILTER (WHERE quantity > 0), 0) AS came,
           coalesce(-sum(quantity) FILTER (WHERE quantity < 0), 0) AS went
    FROM inventory_movementline WHERE lot_id = %(lot)s GROUP BY place_id
) said
JOIN inventory_stockplace place ON place.id = said.place_id
LEFT JOIN inventory_stocklevel level
  ON level.lot_id = %(lot)s AND level.place_id = place.id
ORDER BY place.virtual, coalesce(level.quantity, 0) = 0, place.name, place.id
"""


@dataclass(frozen=True)
class Touched:
    """A place that a lot touched: base units that came, went, and are there now. A virtual place
    has nothing now: what came to it and did not go is with patients, wasted, or missing."""

    key: int
    uid: Any
    code: str
    name: str
    kind: str
    virtual: bool
    came: int
    went: int
    now: int

    @property
    def stayed(self) -> int:
        return self.came - self.went


def places_of(lot: Lot, *, viewer: Actor) -> list[Touched]:
    """Every place that `lot` touched, those that hold some of it first."""
    if not visible_to(viewer, Lot.objects.filter(pk=lot.pk)).exists():
        return []
    with connection.cursor() as cursor:
        cursor.execute(PLACES, {"lot": lot.pk})
        return [Touched(*row[:6], *map(int, row[6:])) for row in cursor.fetchall()]


def movements_of(lot: Lot, *, viewer: Actor) -> QuerySet[Movement]:
    """The movements of `lot`, with `lot_lines`: its own lines in each."""
    own = visible_to(viewer, MovementLine.objects.filter(lot=lot))
    moved = visible_to(viewer, Movement.objects.filter(pk__in=own.values("movement_id")))
    lines = own.select_related("place").order_by("quantity", "id")
    told = ("actor__name", "witness__name", "reverses__uid")
    return (
        moved.select_related("actor", "witness", "reverses")
        .only("uid", "kind", "reason", "document", "at", *told)
        .prefetch_related(Prefetch("lines", lines, to_attr="lot_lines"))
    )
