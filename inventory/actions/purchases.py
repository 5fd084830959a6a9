"""Orders to suppliers: suggested from reorder points, put right by a person, sent, and received as
far as the ledger says that it came."""

from collections import defaultdict
from datetime import datetime

from django.utils.translation import gettext as _

from hims.action import action, step, touches
from hims.errors import Finding, Invalid, Refused
from hims.models import Actor
from inventory.domain.quantities import MOST
from inventory.models import Product, PurchaseLine, PurchaseOrder, StockPlace
from inventory.queries.par import Wanted, received_for, to_order

Status = PurchaseOrder.Status


@action("purchase.suggest")
def suggest_orders(*, actor: Actor, now: datetime, store: StockPlace) -> list[PurchaseOrder]:
    """One suggested order for each supplier of what `store` is short of. A suggestion that was
    there already for the supplier is made anew; nothing is sent."""
    StockPlace.objects.select_for_update(of=("self",), no_key=True).get(pk=store.pk)
    by_supplier: dict[int | None, list[Wanted]] = defaultdict(list)
    for wanted in to_order(store, viewer=actor, now=now):
        by_supplier[wanted.supplier.pk if wanted.supplier else None].append(wanted)
    orders = []
    for supplier, rows in by_supplier.items():
        held = PurchaseOrder.objects.select_for_update(of=("self",))
        order = held.filter(supplier=supplier, status=Status.SUGGESTED).order_by("pk").first()
        if order is None:
            order = PurchaseOrder(supplier_id=supplier)
        order.made_by, order.made_at = actor, now
        order.save()
        order.lines.all().delete()
        PurchaseLine.objects.bulk_create(
            PurchaseLine(order=order, product=wanted.product, quantity=wanted.quantity)
            for wanted in rows
        )
        orders.append(order)
    touches(store, *orders)
    return orders


@action("purchase.change")
def change_line(
    *, actor: Actor, now: datetime, order: PurchaseOrder, product: Product, quantity: int
) -> PurchaseOrder:
    """So many base units of a product in an order that was not sent yet; 0 takes it off."""
    order = _at(order, Status.SUGGESTED)
    if not 0 <= quantity <= MOST:
        raise Invalid(Finding("bad_quantity", _("Order 0 or more."), field="quantity"))
    line = order.lines.filter(product=product).first()
    if quantity == 0:
        if line:
            line.delete()
        return order
    line = line or PurchaseLine(order=order, product=product)
    line.quantity = quantity
    line.save()
    return order


@action("purchase.order")
def send_order(*, actor: Actor, now: datetime, order: PurchaseOrder) -> PurchaseOrder:
    """A person says that this order goes to its supplier."""
    order = _at(order, Status.SUGGESTED)
    if order.supplier is None:
        text = _("These products have no supplier. Set one on their pages, and suggest again.")
        raise Refused(Finding("no_supplier", text))
    if not order.lines.exists():
        raise Refused(Finding("no_lines", _("There is nothing on this order.")))
    order.made_by, order.made_at = actor, now
    return _become(order, Status.ORDERED)


@action("purchase.receive")
def note_received(
    *, actor: Actor, now: datetime, order: PurchaseOrder, rest_is_off: bool = False
) -> PurchaseOrder:
    """Take over what receipts in the ledger say came for this order; it is received when all of it
    has come, or when the rest will not (`rest_is_off`)."""
    order = _at(order, Status.ORDERED)
    came = received_for(order)
    whole = True
    for line in order.lines.order_by("pk"):
        line.received = came.get(line.product_id, 0)
        line.save(update_fields=["received"])
        whole = whole and line.received >= line.quantity
    if whole or rest_is_off:
        return _become(order, Status.RECEIVED)
    return order


@action("purchase.cancel")
def cancel_order(
    *, actor: Actor, now: datetime, order: PurchaseOrder, reason: str = ""
) -> PurchaseOrder:
    """It is not wanted any more. An order that was sent needs a reason."""
    order = _at(order, Status.SUGGESTED, Status.ORDERED)
    if order.status == Status.ORDERED and not reason.strip():
        raise Invalid(Finding("no_reason", _("Say why, in a few words."), field="reason"))
    return _become(order, Status.CANCELLED)


@step
def _at(order: PurchaseOrder, *statuses: str) -> PurchaseOrder:
    """The order, held, if it is where it must be."""
    rows = PurchaseOrder.objects.select_for_update(of=("self",)).select_related("supplier")
    held = rows.get(pk=order.pk)
    touches(held)
    if held.status not in statuses:
        text = _("This order is %(status)s.") % {"status": held.get_status_display()}
        raise Refused(Finding("not_now", text))
    return held


@step
def _become(order: PurchaseOrder, status: str) -> PurchaseOrder:
    order.status = status
    order.save()
    return order
