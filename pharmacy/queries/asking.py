"""The question that a second person is asked before something is supplied or wasted."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from hims.access.scopes import the_one
from hims.errors import Finding, Invalid
from hims.models import Actor, Patient
from inventory.domain.quantities import said
from inventory.models import Lot, StockPlace
from pharmacy.domain.doses import read
from pharmacy.models import Dispense, MedicationOrder

from .picked import Asked, picked_lines, the_product
from .second_person import PURPOSE, WASTED, stands_for, to_read, wasted_of


def place_called(text: str) -> StockPlace:
    """A place by its code or id, or Invalid."""
    found = StockPlace.objects.filter(code=text).first()
    if found is None:
        try:
            found = StockPlace.objects.filter(uid=UUID(text)).first()
        except ValueError:
            found = None
    if found is None:
        words = _("There is no place called %(place)s.") % {"place": text[:40]}
        raise Invalid(Finding("unknown_place", words, field="place"))
    return found


def before_supplying(
    *, viewer: Actor, now: datetime, order: UUID, lines: Sequence[Asked], place: StockPlace
) -> dict[str, Any]:
    """purpose, shown and about, as `ask_confirmation` takes them."""
    orders = MedicationOrder.objects.select_related("patient", "product", "ingredient")
    found = the_one(viewer, orders, uid=order)
    picked = picked_lines(lines, now=now)
    product = the_product(picked)
    return {
        "purpose": PURPOSE,
        "shown": to_read(found, product, place, picked),
        "about": stands_for(found, product, place, picked),
    }


def before_an_emergency(
    *,
    now: datetime,
    patient: Patient,
    lines: Sequence[Asked],
    place: StockPlace,
    dose: str,
    dose_unit: str,
    route: str,
) -> dict[str, Any]:
    """As `before_supplying`, when the order is yet to follow."""
    order = MedicationOrder(
        patient=patient,
        dose=read(dose) or 0,
        dose_unit=dose_unit,
        route=route,
        timing=_("emergency, the order follows"),
        emergency=True,
    )
    picked = picked_lines(lines, now=now)
    product = the_product(picked)
    return {
        "purpose": PURPOSE,
        "shown": to_read(order, product, place, picked),
        "about": stands_for(order, product, place, picked),
    }


def before_wasting(dispense: Dispense, lots: Sequence[tuple[UUID, int]]) -> dict[str, Any]:
    """What a second person is asked before what came back is wasted."""
    known = {lot.uid: lot for lot in Lot.objects.filter(uid__in=[uid for uid, _n in lots])}
    lines = [[_("Patient"), f"{dispense.order.patient.family} · {dispense.order.patient.mrn}"]]
    for uid, quantity in lots:
        lot, product = known.get(uid), dispense.product
        if lot is not None and product is not None:
            many = said(quantity, product.unit, product.base_per_unit)
            lines.append([_("Lot %(lot)s") % {"lot": lot.number or "-"}, many])
    name = dispense.product.shown_name if dispense.product else "-"
    return {
        "purpose": WASTED,
        "shown": {"title": _("Waste %(product)s") % {"product": name}, "lines": lines},
        "about": wasted_of(dispense, lots),
    }
