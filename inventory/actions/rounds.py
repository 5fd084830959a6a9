"""A ward's top-up: its shelves are counted, what is missing is picked, and what is brought arrives.

Every unit is in the ledger all the time: what was used since the last round is booked as a
difference of the count, what was picked lies on the round's carrier, what was brought on the ward.
"""

from datetime import datetime

from django.db.models import Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from hims.action import action, step, touches
from hims.errors import Finding, Invalid, Refused
from hims.models import Actor
from inventory.actions.ledger import Entry
from inventory.domain.fefo import unusable
from inventory.domain.quantities import MOST, said
from inventory.models import (
    Count,
    Lot,
    Movement,
    Par,
    Product,
    StockLevel,
    StockPlace,
    TopUp,
    TopUpLine,
    TopUpPick,
)
from inventory.queries.par import family

from .stock.moving import write
from .stock.places import stands

Status, World = TopUp.Status, StockPlace.Kind
OPEN = (Status.COUNTING, Status.PICKING, Status.DELIVERING)


@action("top_up.begin")
def begin_top_up(
    *,
    actor: Actor,
    now: datetime,
    place: StockPlace,
    source: StockPlace,
    carrier: StockPlace | None = None,
) -> TopUp:
    """A round for `place`, filled from `source` and what stands within it. Without a trolley named
    as `carrier`, one of the round's own stands in the ledger for what is on its way."""
    stands(place, quarantine=False)
    stands(source, field="source", quarantine=False)
    StockPlace.objects.select_for_update(of=("self",), no_key=True).get(pk=place.pk)
    if family(source).filter(pk=place.pk).exists():
        text = _("%(name)s is filled from another place.") % {"name": place.name}
        raise Refused(Finding("same_place", text, field="source"))
    if TopUp.objects.filter(place=place, status__in=OPEN).exists():
        text = _("A round for %(name)s is under way already.") % {"name": place.name}
        raise Refused(Finding("under_way", text, field="place"))
    pars = list(Par.objects.filter(place=place, product__active=True).order_by("pk"))
    if not pars:
        text = _("Nothing says yet how much %(name)s should hold.") % {"name": place.name}
        raise Refused(Finding("no_par", text, field="place"))
    if carrier is None:
        carrier, _fresh = StockPlace.objects.get_or_create(
            code=f"RUN-{place.code}"[:40],
            defaults={
                "name": (_("On the way to %(name)s") % {"name": place.name})[:120],
                "kind": World.TROLLEY,
            },
        )
    stands(carrier, field="carrier", quarantine=False)
    top_up = TopUp.objects.create(
        place=place, source=source, carrier=carrier, begun_by=actor, begun_at=now
    )
    TopUpLine.objects.bulk_create(
        TopUpLine(top_up=top_up, product_id=par.product_id) for par in pars
    )
    touches(top_up, place)
    return top_up


@action("top_up.count")
def count_shelf(
    *,
    actor: Actor,
    now: datetime,
    top_up: TopUp,
    product: Product,
    counted: int,
    seen: int,
    lot: Lot | None = None,
) -> TopUpLine:
    """`counted` base units of a product lie at the place, all lots together; the counter saw `seen`
    in the ledger.

    What is missing was used: it leaves the lots that expire first, as a difference of the count.
    What is too much is put to `lot`, whose pack was scanned, as found stock that a pharmacist
    reviews. Raises Refused when the ledger is not what was seen any more.
    """
    top_up = _at(top_up, Status.COUNTING)
    line = _line(top_up, product)
    if not 0 <= counted <= MOST:
        text = _("Count what is there: 0 or more.")
        raise Invalid(Finding("bad_quantity", text, field="counted"))
    levels = _levels(top_up.place, product)
    there = sum(level.quantity for level in levels)
    if there != seen:
        text = _("Stock moved while you counted: the ledger now has %(there)s. Count it again.")
        words = {"there": _words(there, product)}
        raise Refused(Finding("moved_meanwhile", text % words, field="counted"))
    if counted > there:
        _too_much(actor, now, top_up, product, lot, levels, counted - there)
    elif counted < there:
        _used(actor, now, top_up, levels, there - counted)
    line.counted = counted
    line.wanted = max(0, _par(top_up, product) - (counted - _unfit(top_up.place, product, now)))
    line.save(update_fields=["counted", "wanted"])
    touches(top_up)
    return line


@action("top_up.pick")
def pick(
    *,
    actor: Actor,
    now: datetime,
    top_up: TopUp,
    place: StockPlace,
    lot: Lot,
    quantity: int,
) -> TopUpPick:
    """So much of a lot was taken from a shelf of the source and lies on the carrier. The first pick
    ends the counting."""
    top_up = _at(top_up, Status.COUNTING, Status.PICKING)
    product = lot.product
    line = _line(top_up, product)
    if not 0 < quantity <= MOST:
        raise Invalid(Finding("bad_quantity", _("Pick more than nothing."), field="quantity"))
    if not family(top_up.source).filter(pk=place.pk).exists():
        text = _("%(name)s does not belong to %(source)s.")
        words = {"name": place.name, "source": top_up.source.name}
        raise Refused(Finding("other_source", text % words, field="place"))
    lot = Lot.objects.select_for_update(of=("self",), no_key=True).get(pk=lot.pk)
    if state := unusable(lot.status, lot.expiry, timezone.localdate(now)):
        text = _("Lot %(lot)s may not be used: it is %(state)s.")
        words = {"lot": lot.number or "-", "state": state}
        raise Refused(Finding(state, text % words, field="lot"))
    picked = line.picks.aggregate(all=Sum("picked"))["all"] or 0
    if picked + quantity > line.wanted:
        text = _("%(wanted)s are still wanted, not %(quantity)s.")
        words = {
            "wanted": _words(max(0, line.wanted - picked), product),
            "quantity": _words(quantity, product),
        }
        raise Refused(Finding("more_than_wanted", text % words, field="quantity"))
    _move(actor, now, top_up, place, top_up.carrier, {lot.pk: quantity})
    kept, _fresh = TopUpPick.objects.get_or_create(line=line, lot=lot, defaults={"picked": 0})
    kept.picked += quantity
    kept.save(update_fields=["picked"])
    if top_up.status == Status.COUNTING:
        _become(top_up, Status.PICKING)
    touches(top_up, lot)
    return kept


@action("top_up.leave")
def leave(*, actor: Actor, now: datetime, top_up: TopUp) -> TopUp:
    """Picking is over and the carrier goes to the ward. A round for which nothing was picked is
    done."""
    top_up = _at(top_up, Status.COUNTING, Status.PICKING)
    if TopUpPick.objects.filter(line__top_up=top_up).exists():
        return _become(top_up, Status.DELIVERING)
    if top_up.lines.filter(wanted__gt=0).exists():
        text = _("Nothing was picked yet. Pick it, or give the round up.")
        raise Refused(Finding("nothing_picked", text))
    return _become(top_up, Status.DONE, now)


@action("top_up.deliver")
def deliver(*, actor: Actor, now: datetime, top_up: TopUp) -> TopUp:
    """The carrier is at the place, whose label was scanned: everything on it is put away there."""
    top_up = _at(top_up, Status.DELIVERING)
    picks = list(TopUpPick.objects.filter(line__top_up=top_up).select_for_update().order_by("pk"))
    on_carrier = _sums(picks)
    _move(actor, now, top_up, top_up.carrier, top_up.place, on_carrier)
    for one in picks:
        one.delivered = one.picked
        one.save(update_fields=["delivered"])
    return _become(top_up, Status.DONE, now)


@action("top_up.cancel")
def cancel_top_up(*, actor: Actor, now: datetime, top_up: TopUp) -> TopUp:
    """The round is given up: what lies on the carrier goes back to the source. Counts stand."""
    top_up = _at(top_up, *OPEN)
    on_carrier = _sums(list(TopUpPick.objects.filter(line__top_up=top_up)))
    if on_carrier:
        _move(actor, now, top_up, top_up.carrier, top_up.source, on_carrier)
    return _become(top_up, Status.CANCELLED, now)


# --- shared parts ---------------------------------------------------------------------------------


@step
def _at(top_up: TopUp, *statuses: str) -> TopUp:
    """The round, held, if it is where it must be."""
    rows = TopUp.objects.select_for_update(of=("self",))
    held = rows.select_related("place", "source", "carrier").get(pk=top_up.pk)
    touches(held)
    if held.status not in statuses:
        text = _("This round is %(status)s.") % {"status": held.get_status_display()}
        raise Refused(Finding("not_now", text))
    return held


@step
def _become(top_up: TopUp, status: str, ended_at: datetime | None = None) -> TopUp:
    top_up.status, top_up.ended_at = status, ended_at
    top_up.save(update_fields=["status", "ended_at"])
    return top_up


def _line(top_up: TopUp, product: Product) -> TopUpLine:
    line = top_up.lines.select_for_update().filter(product=product).first()
    if line is None:
        text = _("%(name)s is not part of this round.") % {"name": product.shown_name}
        raise Refused(Finding("other_product", text, field="product"))
    return line


def _par(top_up: TopUp, product: Product) -> int:
    par = Par.objects.filter(place=top_up.place, product=product).first()
    return par.par if par else 0


@step
def _levels(place: StockPlace, product: Product) -> list[StockLevel]:
    """The place's levels of a product, held, the soonest to expire first."""
    levels = StockLevel.objects.select_for_update(of=("self",)).select_related("lot__product")
    held = levels.filter(place=place, lot__product=product).order_by("lot_id", "place_id")
    return sorted(held, key=lambda one: (one.lot.expiry is None, one.lot.expiry, one.lot_id))


def _unfit(place: StockPlace, product: Product, now: datetime) -> int:
    """What lies there and may not be used: it does not fill the shelf."""
    today = timezone.localdate(now)
    levels = StockLevel.objects.filter(place=place, lot__product=product).select_related("lot")
    return sum(
        level.quantity for level in levels if unusable(level.lot.status, level.lot.expiry, today)
    )


@step
def _used(
    actor: Actor, now: datetime, top_up: TopUp, levels: list[StockLevel], missing: int
) -> None:
    for level in levels:
        part = min(level.quantity, missing)
        if part:
            _booked(actor, now, top_up, level.lot, level, -part, found=False)
            missing -= part


@step
def _too_much(
    actor: Actor,
    now: datetime,
    top_up: TopUp,
    product: Product,
    lot: Lot | None,
    levels: list[StockLevel],
    more: int,
) -> None:
    if lot is None or lot.product_id != product.pk:
        text = _(
            "That is %(more)s more than the ledger knows. Scan one of the packs, so that it "
            "is known of which lot they are."
        )
        words = {"more": _words(more, product)}
        raise Refused(Finding("more_than_known", text % words, field="counted"))
    level = next((one for one in levels if one.lot_id == lot.pk), None)
    _booked(actor, now, top_up, lot, level, more, found=True)


@step
def _booked(
    actor: Actor,
    now: datetime,
    top_up: TopUp,
    lot: Lot,
    level: StockLevel | None,
    off: int,
    *,
    found: bool,
) -> None:
    """Put the ledger right by `off` base units of a lot, and keep the count that says why."""
    seen, version = (level.quantity, level.version) if level else (0, 0)
    made = write(
        kind=Movement.Kind.FOUND if found else Movement.Kind.COUNT,
        entries=[Entry(lot.pk, top_up.place_id, off), Entry(lot.pk, World.COUNT, -off)],
        actor=actor,
        now=now,
        reason=_("top-up round"),
        document=_document(top_up),
    )
    Count.objects.create(
        lot=lot,
        place=top_up.place,
        counted=seen + off,
        seen_version=version,
        seen_quantity=seen,
        found=found,
        movement_id=made.id,
        actor=actor,
        at=now,
    )


@step
def _move(
    actor: Actor,
    now: datetime,
    top_up: TopUp,
    source: StockPlace,
    target: StockPlace,
    lots: dict[int, int],
) -> None:
    write(
        kind=Movement.Kind.TRANSFER,
        entries=[
            entry
            for lot, units in lots.items()
            for entry in (Entry(lot, source.pk, -units), Entry(lot, target.pk, units))
        ],
        actor=actor,
        now=now,
        document=_document(top_up),
    )


def _sums(picks: list[TopUpPick]) -> dict[int, int]:
    """What is on the carrier, by the key of the lot."""
    sums: dict[int, int] = {}
    for one in picks:
        if rest := one.picked - one.delivered:
            sums[one.lot_id] = sums.get(one.lot_id, 0) + rest
    return sums


def _document(top_up: TopUp) -> str:
    return f"round {top_up.uid}"


def _words(units: int, product: Product) -> str:
    return said(units, product.unit, product.base_per_unit)
