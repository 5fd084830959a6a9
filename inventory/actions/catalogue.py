"""The catalogue by hand: products, what a lot may be used for, what a place should hold."""

from datetime import date, datetime
from typing import Any, TypeVar

from django.db.models import Model
from django.utils import timezone
from django.utils.translation import gettext as _

from hims.action import action, step, touches
from hims.errors import Finding, Invalid, Refused
from hims.live import announce
from hims.models import Actor
from inventory.domain.fefo import unusable
from inventory.domain.quantities import MOST
from inventory.models import Lot, MovementLine, Par, Product, Recall, StockPlace

M = TypeVar("M", bound=Model)

CHANGEABLE = (
    *("name", "tall_man", "unit", "base_per_unit", "storage", "schedule", "high_alert"),
    *("look_alike_group", "carries_expiry", "scan_required", "ndc", "dmd", "rxnorm"),
    *("supplier", "active", "price"),
)
"""What of a product may be changed; its code stays, it is on labels and in files."""

MEASURES = ("unit", "base_per_unit")
SAYABLE = (Lot.Status.RELEASED, Lot.Status.QUARANTINED)
"""What a person may say of a lot: recalls and the clock say the rest."""


@action("product.change")
def change_product(
    *, actor: Actor, now: datetime, product: Product, changed: dict[str, Any], reason: str
) -> Product:
    """Change these fields of a product. The unit it is counted in stays once stock has moved:
    every quantity in the ledger is told in it."""
    _ask_why(reason)
    product = Product.objects.select_for_update(of=("self",)).get(pk=product.pk)
    if unknown := changed.keys() - set(CHANGEABLE):
        raise ValueError(f"not to be changed: {sorted(unknown)}")
    told = {name: changed[name] for name in MEASURES if name in changed}
    remeasured = any(getattr(product, name) != value for name, value in told.items())
    if remeasured and MovementLine.objects.filter(lot__product=product).exists():
        text = _("Stock of it has moved, so that the unit it is counted in stays as it is.")
        raise Refused(Finding("counted", text, field="unit"))
    if not str(changed.get("name", product.name)).strip():
        raise Invalid(Finding("no_name", _("A product has a name."), field="name"))
    for name, value in changed.items():
        setattr(product, name, value)
    return _kept(product)


@action("lot.change")
def change_lot(
    *,
    actor: Actor,
    now: datetime,
    lot: Lot,
    reason: str,
    status: str = "",
    expiry: date | None = None,
) -> Lot:
    """Release or quarantine a lot wherever it lies, or put its stored expiry date right.

    expiry None leaves the date as it is. Raises Refused for a lot of an open recall, and for the
    release of one whose day has passed.
    """
    _ask_why(reason)
    lot = Lot.objects.select_for_update(of=("self",)).select_related("product").get(pk=lot.pk)
    if expiry:
        lot.expiry = expiry
        if lot.status == Lot.Status.EXPIRED and not _past(lot, now):
            lot.status = Lot.Status.RELEASED
    if status and status != lot.status:
        _say(lot, status, now)
    lot = _kept(lot)
    announce("stock", [{"lot": lot.pk, "place": None}])
    return lot


@action("par.change")
def set_par(
    *,
    actor: Actor,
    now: datetime,
    place: StockPlace,
    product: Product,
    reorder_at: int,
    par: int,
    reason: str = "",
) -> Par | None:
    """How much of a product a place should hold, in base units; a par of 0 takes the rule away."""
    kept = Par.objects.select_for_update().filter(place=place, product=product).first()
    if par == 0:
        if kept:
            touches(place, product)
            kept.delete()
        return None
    if place.virtual:
        raise Refused(Finding("virtual_place", _("Nothing lies there."), field="place"))
    if not 0 <= reorder_at < par <= MOST:
        text = _("It is filled up to more than the point at which it is reordered.")
        raise Invalid(Finding("par_not_above", text, field="par"))
    rule = kept or Par(place=place, product=product)
    rule.reorder_at, rule.par = reorder_at, par
    rule.save()
    touches(place, product)
    return rule


def _say(lot: Lot, status: str, now: datetime) -> None:
    if status not in SAYABLE:
        text = _("A lot is released or put into quarantine.")
        raise Invalid(Finding("bad_status", text, field="status"))
    called = Recall.objects.filter(lots__lot=lot, status=Recall.Status.OPEN).first()
    if called or lot.status == Lot.Status.RECALLED:
        text = _("It is recalled (%(recall)s). Withdraw the recall, if it was one in error.")
        words = {"recall": called.reference if called else _("closed")}
        raise Refused(Finding("recalled", text % words, field="status"))
    if status == Lot.Status.RELEASED and _past(lot, now):
        raise Refused(Finding("expired", _("Its expiry date has passed."), field="status"))
    lot.status = status


def _past(lot: Lot, now: datetime) -> bool:
    return unusable(Lot.Status.RELEASED, lot.expiry, timezone.localdate(now)) == "expired"


def _ask_why(reason: str) -> None:
    if not reason.strip():
        raise Invalid(Finding("no_reason", _("Say why, in a few words."), field="reason"))


@step
def _kept(row: M) -> M:
    row.save()
    touches(row)
    return row
