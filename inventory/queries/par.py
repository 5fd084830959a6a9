"""What places should hold and what they lack: pick lists of a round, and what is to be ordered."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime

from django.db.models import F, Prefetch, Q, QuerySet, Sum
from django.utils import timezone

from hims.access.scopes import visible_to
from hims.models import Actor
from inventory.domain.fefo import OnHand, suggested, unusable
from inventory.models import (
    Lot,
    MovementLine,
    Pack,
    Par,
    Product,
    PurchaseLine,
    PurchaseOrder,
    StockLevel,
    StockPlace,
    Supplier,
    TopUp,
    TopUpLine,
    TopUpPick,
)


def family(place: StockPlace) -> QuerySet[StockPlace]:
    """A place and what stands within it, three levels deep, quarantine left out."""
    within = Q(pk=place.pk) | Q(within=place) | Q(within__within=place)
    within |= Q(within__within__within=place)
    found = StockPlace.objects.filter(within, virtual=False, active=True)
    return found.exclude(kind=StockPlace.Kind.QUARANTINE)


# --- a round --------------------------------------------------------------------------------------


@dataclass
class Row:
    """One product of a round, in base units. held: what the ledger has at the place, `unfit` of it
    expired, recalled or in quarantine; picked: what was picked for it."""

    line: TopUpLine
    held: int = 0
    unfit: int = 0
    picked: int = 0
    takes: list[tuple[Lot, StockPlace, int]] = field(default_factory=list)
    short: int = 0

    @property
    def product(self) -> Product:
        return self.line.product

    @property
    def remaining(self) -> int:
        return max(0, self.line.wanted - self.picked)


def rounds(*, viewer: Actor) -> QuerySet[TopUp]:
    """The rounds, the open ones first, the newest of them on top."""
    found = visible_to(viewer, TopUp.objects.select_related("place", "source", "begun_by"))
    return found.order_by(F("ended_at").desc(nulls_first=True), "-begun_at", "-pk")


def rows_of(top_up: TopUp, *, viewer: Actor, now: datetime, with_takes: bool = False) -> list[Row]:
    """The products of a round by name; with_takes: where to take what remains, first expired
    first, and how much the source cannot give."""
    today = timezone.localdate(now)
    picks = TopUpPick.objects.select_related("lot").order_by("pk")
    lines = visible_to(viewer, TopUpLine.objects.filter(top_up=top_up))
    lines = lines.select_related("product").prefetch_related(Prefetch("picks", picks))
    rows = {line.product_id: Row(line) for line in lines.order_by("product__name", "pk")}
    levels = visible_to(viewer, StockLevel.objects.filter(place=top_up.place, quantity__gt=0))
    for level in levels.filter(lot__product__in=rows).select_related("lot"):
        row = rows[level.lot.product_id]
        row.held += level.quantity
        if unusable(level.lot.status, level.lot.expiry, today):
            row.unfit += level.quantity
    for row in rows.values():
        row.picked = sum(pick.picked for pick in row.line.picks.all())
    if with_takes:
        _plan(top_up, rows.values(), today)
    return list(rows.values())


def _plan(top_up: TopUp, rows: Iterable[Row], today: date) -> None:
    places = family(top_up.source)
    if top_up.carrier_id:
        places = places.exclude(pk=top_up.carrier_id)
    wanted = {row.line.product_id: row for row in rows if row.remaining}
    levels = StockLevel.objects.filter(
        place__in=places, lot__product__in=wanted, quantity__gt=0
    ).select_related("lot", "place")
    there: dict[int, list[StockLevel]] = {}
    for level in levels:
        there.setdefault(level.lot.product_id, []).append(level)
    for product, row in wanted.items():
        held = there.get(product, [])
        named = {(level.lot_id, level.place_id): level for level in held}
        takes, row.short = suggested(map(_on_hand, held), row.remaining, today)
        for take in takes:
            level = named[take.lot, take.place]
            row.takes.append((level.lot, level.place, take.quantity))


def _on_hand(level: StockLevel) -> OnHand:
    lot = level.lot
    return OnHand(lot.pk, level.place_id, level.quantity, lot.expiry, lot.status, lot.number)


# --- what is to be ordered ------------------------------------------------------------------------


@dataclass(frozen=True)
class Wanted:
    """A product that a store is short of, in base units: `packs` of `pack` make `quantity`."""

    product: Product
    supplier: Supplier | None
    held: int
    on_order: int
    reorder_at: int
    par: int
    quantity: int
    pack: Pack | None
    packs: int


def to_order(store: StockPlace, *, viewer: Actor, now: datetime) -> list[Wanted]:
    """What of `store` is at its reorder point or below, after what is on order, and how much fills
    it up to par in whole packs: of the largest pack that is no more than what is missing, or else
    of the smallest."""
    today = timezone.localdate(now)
    pars = visible_to(viewer, Par.objects.filter(place=store, product__active=True))
    pars = list(
        pars.select_related("product__supplier")
        .prefetch_related(Prefetch("product__packs", Pack.objects.order_by("units", "pk")))
        .order_by("product__supplier__name", "product__name", "pk")
    )
    held = _usable(store, [par.product_id for par in pars], today)
    coming = _on_order([par.product_id for par in pars])
    found = []
    for par in pars:
        there, ordered = held.get(par.product_id, 0), coming.get(par.product_id, 0)
        if there + ordered > par.reorder_at:
            continue
        missing = par.par - there - ordered
        pack, packs = in_packs(list(par.product.packs.all()), missing)
        found.append(
            Wanted(
                product=par.product,
                supplier=par.product.supplier,
                held=there,
                on_order=ordered,
                reorder_at=par.reorder_at,
                par=par.par,
                quantity=packs * pack.units if pack else missing,
                pack=pack,
                packs=packs,
            )
        )
    return found


def _usable(store: StockPlace, products: list[int], today: date) -> dict[int, int]:
    levels = StockLevel.objects.filter(
        place__in=family(store), lot__product__in=products, quantity__gt=0
    )
    good = Q(lot__expiry=None) | Q(lot__expiry__gte=today)
    levels = levels.filter(good, lot__status=Lot.Status.RELEASED)
    return dict(levels.values_list("lot__product").annotate(Sum("quantity")).order_by())


def _on_order(products: list[int]) -> dict[int, int]:
    lines = PurchaseLine.objects.filter(
        order__status=PurchaseOrder.Status.ORDERED, product__in=products
    )
    rest = lines.values_list("product").annotate(rest=Sum(F("quantity") - F("received")))
    return {product: max(0, units) for product, units in rest.order_by()}


def in_packs(packs: list[Pack], missing: int) -> tuple[Pack | None, int]:
    """The pack to order `missing` base units in, and how many of it. packs: the smallest first."""
    if not packs:
        return None, 0
    fitting = [pack for pack in packs if pack.units <= missing]
    pack = fitting[-1] if fitting else packs[0]
    return pack, -(-missing // pack.units)


def purchases(*, viewer: Actor) -> QuerySet[PurchaseOrder]:
    """Orders to suppliers, the newest first, with their lines."""
    lines = PurchaseLine.objects.select_related("product").order_by("product__name", "pk")
    found = visible_to(viewer, PurchaseOrder.objects.select_related("supplier", "made_by"))
    return found.prefetch_related(Prefetch("lines", lines)).order_by("-pk")


def received_for(order: PurchaseOrder) -> dict[int, int]:
    """Base units that came by receipts which name the order, by the key of the product: the
    ledger's word, not somebody's."""
    lines = MovementLine.objects.filter(
        movement__document=document_of(order),
        movement__kind="receipt",
        movement__reversed_by=None,
        virtual=False,
    )
    return dict(lines.values_list("lot__product").annotate(Sum("quantity")).order_by())


def document_of(order: PurchaseOrder) -> str:
    """What a receipt names as its document when it is for this order."""
    return f"PO-{str(order.uid)[-12:].upper()}"
