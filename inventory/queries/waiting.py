"""What of the stock waits for somebody: what expires soon, what is low, what is in quarantine; and
the products that somebody looks for."""

from dataclasses import dataclass
from datetime import date

from django.db import connection
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery, Sum

from hims.access.scopes import visible_to
from hims.models import Actor
from inventory.models import Lot, Pack, Product, StockLevel, StockPlace

GTIN_LENGTHS = {8, 12, 13, 14}


def expiring(*, viewer: Actor, until: date) -> QuerySet[Lot]:
    """Lots of which something is left that are good until `until` at most, the soonest first; each
    with `left`, the base units at all real places."""
    held = StockLevel.objects.filter(lot=OuterRef("pk"), quantity__gt=0)
    total = held.order_by().values("lot").annotate(total=Sum("quantity")).values("total")
    return (
        visible_to(viewer, Lot.objects.filter(Exists(held), expiry__lte=until))
        .annotate(left=Subquery(total))
        .select_related("product")
        .order_by("expiry", "pk")
    )


@dataclass(frozen=True)
class Low:
    """A place that holds less of a product than it should; amounts in base units."""

    product: Product
    place: StockPlace
    there: int
    reorder_at: int
    par: int


LOW = """
SELECT par.product_id, par.place_id, held.there, par.reorder_at, par.par
FROM inventory_par par
JOIN LATERAL (
    SELECT coalesce(sum(level.quantity), 0)::bigint AS there
    FROM inventory_lot lot
    JOIN inventory_stocklevel level ON level.lot_id = lot.id AND level.place_id = par.place_id
    WHERE lot.product_id = par.product_id AND lot.status = 'released'
      AND (lot.expiry IS NULL OR lot.expiry >= %s)
) held ON true
WHERE held.there <= par.reorder_at
ORDER BY held.there::float8 / par.par, par.id LIMIT %s
"""


def low(*, viewer: Actor, today: date, most: int) -> list[Low]:
    """At most `most` places that are to be filled up, the emptiest first. Only what may be used
    counts as there."""
    if not viewer.may("stock.view"):
        return []
    with connection.cursor() as cursor:
        cursor.execute(LOW, [today, most])
        rows = cursor.fetchall()
    products = Product.objects.in_bulk([row[0] for row in rows])
    places = StockPlace.objects.in_bulk([row[1] for row in rows])
    return [Low(products[row[0]], places[row[1]], *row[2:]) for row in rows]


def in_quarantine(*, viewer: Actor) -> QuerySet[StockLevel]:
    """What lies in quarantine places, until a pharmacist releases it or it is wasted."""
    waiting = StockLevel.objects.filter(quantity__gt=0, place__kind=StockPlace.Kind.QUARANTINE)
    return visible_to(viewer, waiting).select_related("lot__product", "place").order_by("pk")


def like(*, viewer: Actor, words: str) -> QuerySet[Product]:
    """Products whose name or code holds all the words, or of which a pack has that number; those
    that are kept come first."""
    found = visible_to(viewer, Product.objects.all())
    for word in words.split()[:8]:
        if word.isascii() and word.isdigit() and len(word) in GTIN_LENGTHS:
            packs = Pack.objects.filter(gtin=word.zfill(14))
            found = found.filter(Q(pk__in=packs.values("product")) | Q(code__icontains=word))
        else:
            found = found.filter(Q(name__icontains=word) | Q(code__icontains=word))
    return found.order_by(F("active").desc(), "name", "pk")
