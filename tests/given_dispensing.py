"""Test data of the counter: the stock of given_stock as medicines, orders that wait, and short
ways to do what people do there."""

from dataclasses import dataclass
from typing import Any

from hims.models import Actor
from inventory.models import Lot, Product, StockPlace
from pharmacy.actions.dispensing import Dispensed, dispense
from pharmacy.actions.orders import enter_order
from pharmacy.actions.picking import Picked, pick
from pharmacy.actions.verification import verify
from pharmacy.models import (
    AllergyStatement,
    Dispense,
    Ingredient,
    MedicationOrder,
    Medicine,
    Strength,
)
from pharmacy.queries.picked import Asked
from tests import given_stock
from tests.given import House

# product -> (ingredient, strength in one unit, route, substitution group)
MEDICINES = {
    "PARA": ("paracetamol", "500", "mg", "oral", "paracetamol 500 mg tablets"),
    "MORPH": ("morphine", "10", "mg", "intravenous", ""),
    "INSUL": ("insulin", "100", "unit", "subcutaneous", ""),
}
REASONED = [
    {"finding": rule, "reason": "other", "text": "as the test says"}
    for rule in ("allergies_unknown", "not_described", "weight_missing")
]


@dataclass
class Counter:
    """The counter as a test sees it."""

    house: House
    stock: given_stock.Stock

    soon = given_stock.SOON
    far = given_stock.FAR

    def order(self, product: str = "PARA", *, patient: str = "MRN-777001", **asked: Any):
        """An order by the physician, whose first supply waits in the queue."""
        prescription = {
            "product": self.stock.products[product],
            "dose": "500",
            "dose_unit": MEDICINES[product][2],
            "route": MEDICINES[product][3],
            "timing": "four times a day",
            "supply_days": 1,
        }
        return enter_order(
            actor=self.house.physician,
            now=self.house.now,
            patient=self.house.patients[patient],
            overrides=REASONED,
            **(prescription | asked),
        )

    def waiting(self, order: MedicationOrder) -> Dispense:
        """The supply of an order that has not moved yet."""
        return Dispense.objects.get(order=order, movement=None, status__in=Dispense.OPEN)

    def dispense(
        self, order: MedicationOrder, *lines: Asked, actor: Actor | None = None, **more: Any
    ) -> Dispensed:
        asked = {"place": "PH-A", "now": self.house.now, "overrides": REASONED} | more
        return dispense(actor=actor or self.house.pharmacist, order=order.uid, lines=lines, **asked)

    def verify(self, order: MedicationOrder) -> Dispense:
        return verify(
            actor=self.house.pharmacist,
            now=self.house.now,
            dispense=self.waiting(order),
            overrides=REASONED,
        )

    def pick(self, order: MedicationOrder, lot: str, expiry: Any = None, **more: Any) -> Picked:
        """Scan a pack of an order's product into the basket."""
        supply = self.waiting(order)
        asked = {"quantity": "", "actor": self.house.pharmacist, "product": supply.product.code}
        asked |= more
        return pick(
            actor=asked["actor"],
            now=self.house.now,
            dispense=supply,
            place=place(asked.get("place", "PH-A")),
            scan=given_stock.scanned(
                asked["product"], lot, expiry or self.far, asked.get("serial", "")
            ),
            quantity=asked["quantity"],
        )

    def lot(self, product: str, number: str) -> Lot:
        return self.stock.lot(product, number)


def counter(house: House | None = None) -> Counter:
    """The stock of `given_stock.stocked`, described as medicines; both patients were asked for
    allergies and have none."""
    stock = given_stock.stocked(house)
    for code, (name, amount, unit, route, group) in MEDICINES.items():
        described(stock.products[code], name, amount, unit, route, group)
    for patient in stock.house.patients.values():
        AllergyStatement.objects.create(
            patient=patient, none_known=True, actor=stock.house.nurse, at=stock.house.now
        )
    return Counter(stock.house, stock)


def described(
    product: Product, ingredient: str, amount: str, unit: str, route: str, group: str = ""
) -> Medicine:
    """What a product is as a medicine."""
    medicine = Medicine.objects.create(
        product=product,
        form="tablet",
        routes=[route],
        substitution_group=group,
        label_text="Do not take more than 8 tablets in 24 hours."
        if ingredient == "paracetamol"
        else "",
    )
    substance, _ = Ingredient.objects.get_or_create(name=ingredient)
    Strength.objects.create(medicine=medicine, ingredient=substance, amount=amount, unit=unit)
    return medicine


def another(counter: Counter, code: str, group: str) -> Product:
    """Another brand of paracetamol: whole tablets only, 60 of lot X1 on shelf A."""
    product = Product.objects.create(code=code, name="Paradol", unit="tablet", scan_required=False)
    described(product, "paracetamol", "500", "mg", "oral", group)
    counter.stock.receive(
        {"product": code, "lot_number": "X1", "expiry": given_stock.FAR, "quantity": "60"}
    )
    return product


def place(code: str) -> StockPlace:
    return StockPlace.objects.get(code=code)


def asked(scan: str, quantity: int | str) -> Asked:
    """One line that was scanned."""
    return Asked(scan=scan, quantity=quantity)
