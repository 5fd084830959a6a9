"""What can be done when a place cannot give what is wanted: other lots, other places, a formulary
substitute, part of it now."""

from datetime import datetime
from typing import Any

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _

from hims.models import Actor
from inventory.domain.quantities import said
from inventory.models import Product, StockPlace
from inventory.queries.stock import alternatives

from .places import parts_of_place

MOST_SUBSTITUTES = 5

# What is usable is said as `inventory.domain.fefo.unusable` says it: good until the end of the day.
SUBSTITUTES = """
SELECT other.uid, coalesce(nullif(other.tall_man, ''), other.name), other.unit,
       other.base_per_unit, sum(level.quantity), first.uid, first.number, first.expiry
FROM pharmacy_medicine ordered
JOIN pharmacy_medicine medicine ON medicine.substitution_group = ordered.substitution_group
    AND medicine.product_id <> ordered.product_id AND medicine.on_formulary
JOIN inventory_product other ON other.id = medicine.product_id AND other.active
JOIN inventory_lot lot ON lot.product_id = other.id AND lot.status = 'released'
    AND (lot.expiry IS NULL OR lot.expiry >= %(today)s)
JOIN inventory_stocklevel level ON level.lot_id = lot.id AND level.place_id = ANY (%(places)s)
    AND level.quantity > 0
CROSS JOIN LATERAL (
    SELECT soonest.uid, soonest.number, soonest.expiry FROM inventory_lot soonest
    JOIN inventory_stocklevel held ON held.lot_id = soonest.id AND held.place_id = ANY (%(places)s)
    WHERE soonest.product_id = other.id AND soonest.status = 'released' AND held.quantity > 0
    AND (soonest.expiry IS NULL OR soonest.expiry >= %(today)s)
    ORDER BY soonest.expiry NULLS LAST, held.quantity, soonest.id LIMIT 1
) first
WHERE ordered.product_id = %(product)s AND ordered.substitution_group <> ''
GROUP BY other.id, first.uid, first.number, first.expiry
ORDER BY 5 DESC LIMIT %(most)s
"""


def ways_out(
    product: Product, place: StockPlace, wanted: int, *, now: datetime, viewer: Actor
) -> list[dict[str, Any]]:
    """Everything that can be done instead, each {"kind": …, "text": a sentence, …}; see
    `inventory.queries.stock.alternatives`. Substitutes stand before part now, for less than what
    is wanted is the last resort."""
    within = {part.code for part in parts_of_place(place)} - {place.code}
    ways = alternatives(product, place, wanted, now, viewer)
    last = [way for way in ways if way["kind"] == "part_now"]
    first = [
        way
        for way in ways
        if way["kind"] != "part_now"
        and not (way["kind"] == "other_place" and way["place"] in within)
    ]
    return first + substitutes(product, place, now=now, viewer=viewer) + last


def substitutes(
    product: Product, place: StockPlace, *, now: datetime, viewer: Actor
) -> list[dict[str, Any]]:
    """Products that may stand in for `product` by the formulary's rule and lie at `place` or
    within it."""
    if not viewer.may("stock.view"):
        return []
    asked: dict[str, Any] = {
        "today": timezone.localdate(now),
        "places": [part.pk for part in parts_of_place(place)],
        "product": product.pk,
        "most": MOST_SUBSTITUTES,
    }
    with connection.cursor() as cursor:
        cursor.execute(SUBSTITUTES, asked)
        rows = cursor.fetchall()
    return [
        {
            "kind": "substitute",
            "product": str(uid),
            "product_name": name,
            "lot": str(lot),
            "lot_number": number,
            "expiry": expiry.isoformat() if expiry else None,
            "place": place.code,
            "place_name": place.name,
            "quantity": int(there),
            "text": _("%(name)s may stand in: %(place)s holds %(there)s.")
            % {"name": name, "place": place.name, "there": said(int(there), unit, per)},
        }
        for uid, name, unit, per, there, lot, number, expiry in rows
    ]
