"""What a second person is asked to confirm before something leaves, and what their yes is for."""

from collections.abc import Sequence
from decimal import Decimal
from uuid import UUID

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from inventory.domain.quantities import said
from inventory.models import Product, StockPlace
from pharmacy.domain.doses import plain
from pharmacy.models import Dispense, MedicationOrder

from .picked import Line

PURPOSE = "dispense"
WASTED = "dispense.waste"

ANSWERED = frozenset({"controlled", "high_alert", "second_person"})
"""Findings of the checks that a second person's yes answers."""


def needs_second_person(product: Product) -> bool:
    """Whether the rule asks for one: controlled drugs and high-alert medicines (ISMP)."""
    return product.controlled or product.high_alert


def stands_for(
    order: MedicationOrder, product: Product, place: StockPlace, picked: Sequence[Line]
) -> dict:
    """What a yes is bound to: this order, this product, these lots and quantities, this place."""
    lots: dict[str, int] = {}
    for line in picked:
        lots[str(line.lot.uid)] = lots.get(str(line.lot.uid), 0) + line.quantity
    # An emergency's order is written with its supply: the yes comes before there is any.
    unsigned = order.emergency and order.prescriber_id is None
    return {
        "order": f"emergency for {order.patient_id}" if unsigned else str(order.uid),
        "product": str(product.uid),
        "place": str(place.uid),
        "lots": lots,
    }


def wasted_of(dispense: Dispense, lots: Sequence[tuple[UUID, int]]) -> dict:
    """What a yes to wasting what came back is bound to."""
    return {
        "dispense": str(dispense.uid),
        "wasted": sorted([str(lot), quantity] for lot, quantity in lots),
    }


def to_read(
    order: MedicationOrder, product: Product, place: StockPlace, picked: Sequence[Line]
) -> dict:
    """What the second person reads before they say yes (see `ask_confirmation`)."""
    lines = [
        [_("Patient"), f"{order.patient} · {order.patient.mrn}"],
        [_("Ordered"), _ordered(order)],
        [_("Medicine"), product.shown_name],
    ]
    for line in picked:
        many = said(line.quantity, product.unit, product.base_per_unit)
        day = date_format(line.lot.expiry, "j M Y") if line.lot.expiry else _("no expiry")
        lines.append(
            [_("Lot %(lot)s, %(day)s") % {"lot": line.lot.number or "-", "day": day}, many]
        )
    lines.append([_("From"), place.name])
    return {"title": _("Supply %(product)s") % {"product": product.shown_name}, "lines": lines}


def _ordered(order: MedicationOrder) -> str:
    dose = f"{plain(Decimal(order.dose))} {order.dose_unit}"
    return ", ".join(filter(None, [dose, order.route, order.timing]))
