"""What is to be ordered, and the orders to suppliers."""

from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from hims.access.scopes import the_one, visible_to
from hims.errors import Finding, Refused
from hims.queries.timeline import timeline
from hims.web.form import fresh_key, once
from hims.web.page import page
from inventory.actions import purchases as actions
from inventory.models import Product, PurchaseOrder, StockPlace
from inventory.queries import par as queries
from inventory.queries.stock import places

from .keyed import typed

SHOWN = 50
Status = PurchaseOrder.Status


@page("purchase.order")
@require_GET
def purchases(request):
    """What a store is short of, and the orders."""
    return _listed(request)


@page("purchase.suggest")
@require_POST
def suggest(request):
    """Make the suggestions anew from what is short now."""
    try:
        store = _store(request, request.POST)
        if store is None:
            raise Refused(Finding("no_store", _("Choose the store that is to be filled.")))
        kept, _repeated = once(
            request,
            actions.suggest_orders,
            word=lambda orders: {"n": len(orders)},
            store=store,
        )
    except Refused as refused:
        return _listed(request, refused.findings, 409)
    if not kept["n"]:
        messages.info(request, _("Nothing is at its reorder point."))
    return redirect("purchases")


@page("purchase.order")
@require_GET
def purchase(request, uid):
    """One order with its lines."""
    return _shown(request, uid)


@page("purchase.change")
@require_POST
def change(request, uid):
    """Another quantity on a line."""

    def act(order: PurchaseOrder) -> None:
        code = request.POST.get("product", "")[:40]
        product = the_one(request.user, Product.objects.all(), code=code)
        once(
            request,
            actions.change_line,
            word=_kept,
            order=order,
            product=product,
            quantity=typed(request.POST.get("quantity", ""), product, none=True, field="quantity"),
        )

    return _done(request, uid, act)


@page("purchase.order")
@require_POST
def send(request, uid):
    """It goes to the supplier."""
    return _done(
        request, uid, lambda order: once(request, actions.send_order, word=_kept, order=order)
    )


@page("purchase.receive")
@require_POST
def receive(request, uid):
    """What the ledger says came."""

    def act(order: PurchaseOrder) -> None:
        off = request.POST.get("rest_is_off") == "1"
        once(request, actions.note_received, word=_kept, order=order, rest_is_off=off)

    return _done(request, uid, act)


@page("purchase.cancel")
@require_POST
def cancel(request, uid):
    """It is not wanted any more."""

    def act(order: PurchaseOrder) -> None:
        reason = request.POST.get("reason", "").strip()[:300]
        once(request, actions.cancel_order, word=_kept, order=order, reason=reason)

    return _done(request, uid, act)


def _done(request, uid, act):
    order = the_one(request.user, PurchaseOrder.objects.all(), uid=uid)
    try:
        act(order)
    except Refused as refused:
        return _shown(request, uid, refused.findings, 409)
    return redirect("purchase", uid=uid)


def _listed(request, findings=(), status: int = 200):
    store = _store(request, request.POST or request.GET)
    now = timezone.now()
    context = {
        "stores": places(viewer=request.user).filter(pars__isnull=False).distinct(),
        "store": store,
        "wanted": queries.to_order(store, viewer=request.user, now=now) if store else [],
        "orders": queries.purchases(viewer=request.user)[:SHOWN],
        "findings": findings,
        "key": fresh_key(),
        "now": now,
    }
    return render(request, "inventory/purchases.html", context, status=status)


def _shown(request, uid, findings=(), status: int = 200):
    order = the_one(request.user, queries.purchases(viewer=request.user), uid=uid)
    came = queries.received_for(order)
    context = {
        "order": order,
        "number": queries.document_of(order),
        "lines": [(line, came.get(line.product_id, 0)) for line in order.lines.all()],
        "is_suggested": order.status == Status.SUGGESTED,
        "is_ordered": order.status == Status.ORDERED,
        "findings": findings,
        "asked": request.POST,
        "key": fresh_key(),
        "now": timezone.now(),
        "changes": timeline(order, viewer=request.user),
    }
    return render(request, "inventory/purchase.html", context, status=status)


def _store(request, asked) -> StockPlace | None:
    """The store that was chosen, or else the first one."""
    known = visible_to(request.user, StockPlace.objects.filter(active=True, virtual=False))
    if code := asked.get("store", "")[:40]:
        return known.filter(code=code).first()
    stores = known.filter(kind=StockPlace.Kind.STORE, pars__isnull=False)
    return stores.order_by("name").first()


def _kept(order: PurchaseOrder) -> dict:
    return {"id": str(order.uid)}
