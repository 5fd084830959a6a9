"""To pick: exactly one person claims a supply, and what they scan is kept in its basket, so that a
counter that lost its connection finds it again."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.utils import timezone
from django.utils.formats import time_format
from django.utils.translation import gettext as _

from hims.action import action, step, touches
from hims.errors import Finding, Refused
from hims.models import Actor
from inventory.domain import fefo
from inventory.domain.quantities import NotAQuantity, base_units, said
from inventory.models import IssuedSerial, Lot, Product, StockPlace
from inventory.queries.scanned import resolve
from inventory.queries.stock import on_hand
from pharmacy.domain import supply
from pharmacy.domain.checks import at_dispensing
from pharmacy.models import BasketItem, Dispense
from pharmacy.queries import safety
from pharmacy.queries.places import parts_of_place
from pharmacy.queries.ways_out import ways_out

from .verification import held_still, tell

S = Dispense.Status
LEASE = timedelta(minutes=supply.LEASE_MINUTES)
NEVER_INTO_A_BASKET = {"wrong_product", "expired", "recalled", "quarantined", "order_not_active"}

CLAIM = """
UPDATE pharmacy_dispense SET claimed_by_id = %(actor)s, claimed_until = %(until)s
WHERE id = %(id)s AND movement_id IS NULL AND status IN ('received', 'held', 'verified')
AND (claimed_by_id IS NULL OR claimed_by_id = %(actor)s OR claimed_until <= %(now)s)
"""


@dataclass(frozen=True)
class Picked:
    """What a scan put into the basket; notes: what is worth knowing although it stops nothing."""

    item: BasketItem
    notes: tuple[Finding, ...] = ()


@action("dispensing.claim")
def claim(*, actor: Actor, now: datetime, dispense: Dispense) -> Dispense:
    """Take a supply for oneself; exactly one has it, until some minutes after the last scan."""
    _claimed(dispense, actor, now)
    touches(dispense)
    return _again(dispense)


@action("dispensing.claim")
def let_go(*, actor: Actor, now: datetime, dispense: Dispense) -> Dispense:
    """Leave a supply to others; what is in its basket stays there."""
    mine = Dispense.objects.filter(pk=dispense.pk, claimed_by=actor)
    if mine.update(claimed_by=None, claimed_until=None):
        touches(dispense)
    return _again(dispense)


@action("dispensing.pick")
def pick(
    *,
    actor: Actor,
    now: datetime,
    dispense: Dispense,
    place: StockPlace,
    scan: str,
    quantity: str = "",
) -> Picked:
    """Put what was scanned into the basket: one pack, or what of it is still to pick.

    quantity: a number of the product's unit, where somebody typed one. Claims the supply. Raises
    Refused for what may never be given for this order, and where the place does not hold it.
    """
    found = held_still(dispense)
    standing = supply.Standing(found.order.status, found.status)
    may_verify = actor.may("dispensing.verify")
    if stands := supply.not_now(standing, actor=actor.pk, may_verify=may_verify, now=now):
        raise Refused(*stands)
    _claimed(found, actor, now)
    read = resolve(scan, viewer=actor, now=now)
    if read.lot is None or read.product is None or not read.readable:
        raise Refused(*_no_lot(read))
    lot, product, serial = read.lot, read.product, read.code.serial or ""
    if product.scan_required and read.code.format == "none":
        text = _("%(name)s is scanned: read the code on the pack.") % {"name": product.shown_name}
        raise Refused(Finding("not_scanned", text, field="scan"))
    known = safety.facts(found.order, product, [lot], now=now)
    checked = at_dispensing(known)
    if stops := [one for one in checked if one.code in NEVER_INTO_A_BASKET]:
        raise Refused(*stops, alternatives=_instead(found, place, now, actor))
    basket = list(found.basket.select_related("lot__product"))
    _one_product(basket, product)
    _not_out_already(product, serial, basket)
    measure = supply.Measure(product.pk, product.unit, product.base_per_unit)
    wanted = supply.converted(found.wanted, _ordered(found), measure)
    so_far = sum(item.quantity for item in basket)
    adding = (
        _typed(quantity, product)
        if quantity.strip()
        else supply.for_this_scan(read.units, wanted or 0, so_far)
    )
    if too_much := supply.too_much(wanted or adding, so_far + adding, measure):
        raise Refused(*too_much)
    item = next((one for one in basket if one.lot_id == lot.pk), None)
    _lies_there(found, product, lot, place, adding + (item.quantity if item else 0), now, actor)
    if item is None:
        item = BasketItem(dispense=found, lot=lot, quantity=0, scanned=True, serials=[])
    item.quantity += adding
    item.serials = [*item.serials, *([serial] if serial else [])]
    item.scanned = item.scanned and read.code.format != "none"
    item.actor, item.at = actor, now
    item.save()
    found.place = place
    found.save(update_fields=["place"])
    touches(found)
    tell([found])
    notes = [one for one in (*read.reading, *checked) if one.severity in ("note", "info", "warn")]
    return Picked(item, (*_sooner(product, lot, place, basket, now), *notes))


@action("dispensing.pick")
def put_back(*, actor: Actor, now: datetime, dispense: Dispense, lot: Lot) -> Dispense:
    """Take a lot out of the basket again."""
    found = held_still(dispense)
    _claimed(found, actor, now)
    found.basket.filter(lot=lot).delete()
    touches(found)
    tell([found])
    return found


@action("dispensing.pick")
def set_quantity(
    *, actor: Actor, now: datetime, dispense: Dispense, lot: Lot, quantity: str
) -> BasketItem:
    """Say how many of a lot in the basket are taken, in the product's unit."""
    found = held_still(dispense)
    _claimed(found, actor, now)
    item = found.basket.select_related("lot__product").filter(lot=lot).first()
    if item is None:
        raise Refused(Finding("not_in_basket", _("This lot is not in the basket.")))
    product = item.lot.product
    units = _typed(quantity, product)
    measure = supply.Measure(product.pk, product.unit, product.base_per_unit)
    wanted = supply.converted(found.wanted, _ordered(found), measure)
    others = sum(one.quantity for one in found.basket.exclude(pk=item.pk))
    if too_much := supply.too_much(wanted or units, others + units, measure):
        raise Refused(*too_much)
    item.quantity, item.actor, item.at = units, actor, now
    item.save(update_fields=["quantity", "actor", "at"])
    touches(found)
    tell([found])
    return item


@step
def _claimed(dispense: Dispense, actor: Actor, now: datetime) -> None:
    """Take or renew the claim in one statement, or Refused with who has it."""
    asked: dict[str, Any] = {"id": dispense.pk, "actor": actor.pk, "now": now, "until": now + LEASE}
    with connection.cursor() as cursor:
        cursor.execute(CLAIM, asked)
        if cursor.rowcount:
            tell([dispense])
            return
    there = Dispense.objects.select_related("claimed_by").get(pk=dispense.pk)
    if there.movement_id or there.status not in (S.RECEIVED, S.HELD, S.VERIFIED):
        words = {"status": there.get_status_display()}
        raise Refused(Finding("not_now", _("It is %(status)s.") % words))
    until = time_format(timezone.localtime(there.claimed_until), "H:i")
    text = _("%(name)s is picking it, until %(until)s.")
    said_so = text % {"name": there.claimed_by, "until": until}
    raise Refused(Finding("claimed", said_so))


def _again(dispense: Dispense) -> Dispense:
    return Dispense.objects.select_related("claimed_by").get(pk=dispense.pk)


def _ordered(dispense: Dispense) -> supply.Measure | None:
    ordered = dispense.product
    if ordered is None:
        return None
    return supply.Measure(ordered.pk, ordered.unit, ordered.base_per_unit)


def _no_lot(read: Any) -> list[Finding]:
    stops = [one for one in read.reading if one.severity == "stop"]
    if stops:
        return stops
    notes = [
        replace(one, severity="stop")
        for one in read.reading
        if one.code in ("unknown_lot", "no_lot")
    ]
    return notes or [Finding("unknown_lot", _("Nothing here is known by this code."), field="scan")]


def _one_product(basket: list[BasketItem], product: Product) -> None:
    other = next((one.lot.product for one in basket if one.lot.product_id != product.pk), None)
    if other:
        text = _("%(other)s is in the basket already. Put it back first.")
        raise Refused(Finding("several_products", text % {"other": other.shown_name}))


def _not_out_already(product: Product, serial: str, basket: list[BasketItem]) -> None:
    if not serial:
        return
    if any(serial in item.serials for item in basket):
        raise Refused(Finding("serial_repeated", _("This very pack is in the basket already.")))
    if IssuedSerial.objects.filter(product=product, serial=serial, returned_by=None).exists():
        text = _("The pack with serial number %(serial)s was dispensed and has not been returned.")
        raise Refused(Finding("serial_issued", text % {"serial": serial}))


def _typed(quantity: str, product: Product) -> int:
    try:
        return base_units(quantity, product.base_per_unit)
    except NotAQuantity as wrong:
        raise Refused(Finding("bad_quantity", str(wrong), field="quantity")) from None


def _instead(
    dispense: Dispense, place: StockPlace, now: datetime, viewer: Actor
) -> list[dict[str, Any]]:
    if dispense.product is None:
        return []
    return ways_out(dispense.product, place, dispense.wanted, now=now, viewer=viewer)


def _lies_there(
    dispense: Dispense,
    product: Product,
    lot: Lot,
    place: StockPlace,
    wanted: int,
    now: datetime,
    viewer: Actor,
) -> None:
    """Refused where the ledger does not know so much of the lot at the place and its parts."""
    there = sum(
        held.quantity for held in on_hand(product, parts_of_place(place)) if held.lot == lot.pk
    )
    if there >= wanted:
        return
    words = {
        "place": place.name,
        "there": said(there, product.unit, product.base_per_unit),
        "lot": lot.number or "-",
        "wanted": said(wanted, product.unit, product.base_per_unit),
    }
    text = _("%(place)s holds %(there)s of lot %(lot)s; %(wanted)s were to be taken.")
    raise Refused(
        Finding("not_enough", text % words, field="quantity"),
        alternatives=ways_out(product, place, dispense.wanted, now=now, viewer=viewer),
    )


def _sooner(
    product: Product, lot: Lot, place: StockPlace, basket: list[BasketItem], now: datetime
) -> list[Finding]:
    """A note where another lot should leave first."""
    stock = on_hand(product, parts_of_place(place))
    in_hand = {item.lot_id for item in basket} | {lot.pk}
    first = next(iter(fefo.in_order(stock, timezone.localdate(now))), None)
    if first is None or first.lot in in_hand or first.expiry is None or lot.expiry is None:
        return []
    if first.expiry >= lot.expiry:
        return []
    text = _("Lot %(lot)s expires sooner, on %(day)s: take that one first if you can.")
    words = {"lot": first.number or "-", "day": f"{first.expiry:%Y-%m-%d}"}
    return [Finding("sooner_lot", text % words, "info")]
