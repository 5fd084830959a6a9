"""What an order would come to before it is entered: its supply, and what the checks say."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from hims.errors import Finding
from inventory.domain.quantities import said
from inventory.models import Product
from pharmacy.domain.checks import at_ordering
from pharmacy.domain.doses import dimension, read, spelt
from pharmacy.domain.timing import times_per_day
from pharmacy.models import MedicationOrder

from .orders import need_of
from .safety import facts


@dataclass(frozen=True)
class Tried:
    """product: what would be supplied; dose and quantity as people count it, "" where the form
    does not say yet; times: doses a day that the timing was read as."""

    product: str
    dose: str
    quantity: str
    times: Decimal | None
    findings: list[Finding]

    @property
    def stops(self) -> list[Finding]:
        return [one for one in self.findings if one.severity == "stop"]

    @property
    def warns(self) -> list[Finding]:
        return [one for one in self.findings if one.severity == "warn"]

    @property
    def notes(self) -> list[Finding]:
        return [one for one in self.findings if one.severity == "info"]


def tried(order: MedicationOrder, *, timing: str, now: datetime) -> Tried | None:
    """What `order`, filled in as far as it is, would come to; None for a dose that is none."""
    dose = read(order.dose)
    if dose is None or not (dimension(order.dose_unit) or order.product):
        return None
    order.dose, order.dose_unit = dose, spelt(order.dose_unit)
    order.times_per_day = order.times_per_day or times_per_day(timing)
    order.route = " ".join(order.route.split()).lower()
    need = need_of(order)
    order.quantity = order.quantity or need.quantity
    product = need.product
    return Tried(
        product=product.shown_name if product else "",
        dose=_counted(need.dose, product),
        quantity=_counted(order.quantity, product),
        times=order.times_per_day,
        findings=at_ordering(facts(order, product, now=now)),
    )


def _counted(units: int | None, product: Product | None) -> str:
    return said(units, product.unit, product.base_per_unit) if units and product else ""
