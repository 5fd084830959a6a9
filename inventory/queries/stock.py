"""What lies where: the levels of lots at places, the order to take them in, and ways out when
there is not enough."""

from collections.abc import Iterable
from datetime import date, datetime
from math import inf
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection
from django.db.models import F, QuerySet, Sum
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from hims.access.scopes import visible_to
from hims.models import Actor, Zone
from hims.queries.places import seconds_from
from inventory.domain import fefo
from inventory.domain.fefo import OnHand
from inventory.domain.quantities import said
from inventory.models import Lot, Product, StockLevel, StockPlace

MOST_PLACES = 5
"""So many other places are offered when one is short: more is no choice but a list."""


def levels(
    *,
    viewer: Actor,
    product: Product | None = None,
    lot: Lot | None = None,
    place: StockPlace | None = None,
    empty: bool = False,
) -> QuerySet[StockLevel]:
    """What real places hold, with lot, product and place. empty: also where nothing is left."""
    found = visible_to(viewer, StockLevel.objects.all())
    if not empty:
        found = found.filter(quantity__gt=0)
    if product is not None:
        found = found.filter(lot__product=product)
    if lot is not None:
        found = found.filter(lot=lot)
    if place is not None:
        found = found.filter(place=place)
    return found.select_related("lot__product", "place")


ON_HAND = """
SELECT level.lot_id, level.place_id, level.quantity, lot.expiry, lot.status, lot.number
FROM inventory_lot lot
JOIN inventory_stocklevel level ON level.lot_id = lot.id
JOIN inventory_stockplace place ON place.id = level.place_id
WHERE lot.product_id = %s AND level.quantity > 0 AND place.kind <> 'quarantine'
  AND (%s::bigint[] IS NULL OR level.place_id = ANY (%s))
"""


def on_hand(product: Product, places: Iterable[StockPlace] | None = None) -> list[OnHand]:
    """What lies of `product` at `places` (everywhere by default), what is in quarantine places
    left out. For rules, which then pick from it: fefo.in_order leaves out what may not be given."""
    keys = None if places is None else [place.pk for place in places]
    with connection.cursor() as cursor:
        cursor.execute(ON_HAND, [product.pk, keys, keys])
        return [OnHand(*row) for row in cursor.fetchall()]


def first_to_take(product: Product, place: StockPlace, today: date) -> OnHand | None:
    """The lot of `product` that should leave `place` first, or None if none may."""
    return next(iter(fefo.in_order(on_hand(product, [place]), today)), None)


FIRST = {
    "only": gettext_lazy("the only lot that may be used here"),
    "soonest": gettext_lazy("expires first, on %(day)s"),
    "smaller_rest": gettext_lazy("expires with the next one, and there is less of it"),
    "no_expiry": gettext_lazy("none of these carries an expiry date"),
}


def said_first(held: OnHand, behind: Iterable[OnHand]) -> str:
    """Why `held` is taken before what is in order `behind` it, in words."""
    day = date_format(held.expiry, "j M Y") if held.expiry else ""
    return str(FIRST[fefo.why_first(held, behind)]) % {"day": day}


# --- ways out -------------------------------------------------------------------------------------


class _Held(NamedTuple):
    """A lot at a place that may be given."""

    lot: UUID
    number: str
    expiry: date | None
    quantity: int


def alternatives(
    product: Product,
    place: StockPlace,
    wanted: int,
    now: datetime,
    viewer: Actor,
    *,
    besides: Lot | None = None,
    supply_days: int = 0,
) -> list[dict[str, Any]]:
    """What can be done when `place` cannot give `wanted` base units of `product`, the nearest
    first: other lots here, other places with the walking time from here in seconds (None where it
    is not known), and part of it now.

    Each is {"kind": "other_lot" | "other_place" | "part_now", "text": a sentence, …} with `lot`,
    `lot_number`, `expiry`, `place`, `place_name`, `quantity` (base units) as far as they belong.
    besides: a lot that is not offered, because it is the one that is short.
    """
    if not viewer.may("stock.view"):
        return []
    today = timezone.localdate(now)
    usable = fefo.in_order(on_hand(product), today, supply_days)
    uids = dict(Lot.objects.filter(pk__in={one.lot for one in usable}).values_list("pk", "uid"))
    by_place: dict[int, list[_Held]] = {}
    for one in usable:
        held = _Held(uids[one.lot], one.number, one.expiry, one.quantity)
        if one.place != place.pk or besides is None or one.lot != besides.pk:
            by_place.setdefault(one.place, []).append(held)
    here = by_place.pop(place.pk, [])
    there = sum(one.quantity for one in usable if one.place == place.pk)
    ways: list[dict[str, Any]] = [_other_lot(product, place, held) for held in here]
    ways += _other_places(product, place, by_place)
    if 0 < there < wanted:
        ways.append(_part_now(product, place, there, wanted))
    return ways


def _other_lot(product: Product, place: StockPlace, held: _Held) -> dict[str, Any]:
    return {
        "kind": "other_lot",
        "lot": str(held.lot),
        "lot_number": held.number,
        "expiry": _iso(held.expiry),
        "place": place.code,
        "place_name": place.name,
        "quantity": held.quantity,
        "text": _("%(place)s holds %(there)s of lot %(lot)s%(until)s.")
        % {
            "place": place.name,
            "there": said(held.quantity, product.unit, product.base_per_unit),
            "lot": held.number or "-",
            "until": _until(held.expiry),
        },
    }


def _other_places(
    product: Product, place: StockPlace, by_place: dict[int, list[_Held]]
) -> list[dict[str, Any]]:
    others = StockPlace.objects.filter(pk__in=by_place, active=True)
    seconds = _walks(place)
    found: list[tuple[float, int, dict[str, Any]]] = []
    for other in others.select_related(*WITHIN):
        zone = zone_of(other)
        walk = seconds.get(zone) if zone is not None else None
        total = sum(held.quantity for held in by_place[other.pk])
        first = by_place[other.pk][0]
        text = _("%(place)s holds %(there)s") % {
            "place": other.name,
            "there": said(total, product.unit, product.base_per_unit),
        }
        way = {
            "kind": "other_place",
            "lot": str(first.lot),
            "lot_number": first.number,
            "expiry": _iso(first.expiry),
            "place": other.code,
            "place_name": other.name,
            "quantity": total,
            "walk_s": None if walk is None else round(walk),
            "text": f"{text}{_walking(walk)}.",
        }
        found.append((inf if walk is None else walk, -total, way))
    found.sort(key=lambda ranked: ranked[:2])
    return [way for _walk, _total, way in found[:MOST_PLACES]]


def _part_now(product: Product, place: StockPlace, there: int, wanted: int) -> dict[str, Any]:
    words = {
        "now": said(there, product.unit, product.base_per_unit),
        "rest": said(wanted - there, product.unit, product.base_per_unit),
    }
    return {
        "kind": "part_now",
        "place": place.code,
        "place_name": place.name,
        "quantity": there,
        "rest": wanted - there,
        "text": _("Take %(now)s now; %(rest)s are then still owed.") % words,
    }


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _until(day: date | None) -> str:
    return _(", good until %(day)s") % {"day": date_format(day, "j M Y")} if day else ""


def _walking(seconds: float | None) -> str:
    if seconds is None:
        return ""
    if seconds < 60:
        return _(", under 1 min walk")
    return _(", %(n)d min walk") % {"n": -(-int(seconds) // 60)}


# --- where a place is -----------------------------------------------------------------------------

WITHIN = ("within", "within__within", "within__within__within")


def zone_of(place: StockPlace) -> int | None:
    """The key of the zone that a place stands in: its own, or that of what it is a part of."""
    standing: StockPlace | None = place
    for _level in range(len(WITHIN) + 1):
        if standing is None or standing.zone_id is not None:
            break
        standing = standing.within
    return standing.zone_id if standing else None


def _walks(place: StockPlace) -> dict[int, float]:
    key = zone_of(place)
    if key is None:
        return {}
    return seconds_from(Zone.objects.get(pk=key))


# --- what waits -----------------------------------------------------------------------------------


def places(*, viewer: Actor) -> QuerySet[StockPlace]:
    """The real places that are in use, by name."""
    found = visible_to(viewer, StockPlace.objects.filter(virtual=False, active=True))
    return found.order_by("name", "pk")


def totals(*, viewer: Actor, products: Iterable[Product]) -> dict[int, int]:
    """Base units that real places hold of each product, by the product's key; quarantine too."""
    found = visible_to(viewer, StockLevel.objects.filter(quantity__gt=0))
    rows = found.filter(lot__product__in=list(products)).values(key=F("lot__product_id"))
    return {row["key"]: row["total"] for row in rows.annotate(total=Sum("quantity")).order_by()}
