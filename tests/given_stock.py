"""Test data of the stock: a small catalogue with packs to scan, on shelves that a reader can keep
in the head. Stock comes to them through the actions that people use.

    PARA   paracetamol 500 mg, tablets, halves are given; box of 20 tablets (40 base units)
    MORPH  morphine 10 mg, ampoules, controlled; box of 10
    INSUL  insulin, ml, tenths are given; vial of 10 ml (100 base units); fridge; high alert
    GAUZE  gauze, pieces, no lot and no expiry, need not be scanned; pack of 100

    Central pharmacy (PH, in Store two): shelves PH-A and PH-B, quarantine Q-PH
    Ward west (W1S, in Ward west), emergency trolley (TR, in Bay one)
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from hims.models import Actor
from inventory.actions.stock.moving import receive
from inventory.models import Lot, Pack, Product, StockLevel, StockPlace, Supplier
from tests import given
from tests.given import House

GTINS = {
    "PARA": "04012345000016",
    "MORPH": "04012345000023",
    "INSUL": "04012345000030",
    "GAUZE": "04012345000047",
}
FAR = date(2031, 6, 30)
SOON = date(2030, 1, 31)

CATALOGUE: dict[str, dict[str, Any]] = {
    "PARA": {"name": "Paracetamol 500 mg tablets", "unit": "tablet", "base_per_unit": 2},
    "MORPH": {
        "name": "Morphine 10 mg/ml ampoules",
        "tall_man": "MORPHine 10 mg/ml ampoules",
        "unit": "ampoule",
        "schedule": "CD2",
        "high_alert": True,
        "look_alike_group": "morphine-hydromorphone",
    },
    "INSUL": {
        "name": "Insulin 100 units/ml",
        "unit": "ml",
        "base_per_unit": 10,
        "storage": "fridge",
        "high_alert": True,
    },
    "GAUZE": {
        "name": "Gauze 10 x 10 cm",
        "unit": "piece",
        "carries_expiry": False,
        "scan_required": False,
    },
}
PACKS = {
    "PARA": ("box of 20", 40),
    "MORPH": ("box of 10", 10),
    "INSUL": ("vial of 10 ml", 100),
    "GAUZE": ("pack of 100", 100),
}


@dataclass
class Stock:
    """The catalogue and the places as a test sees them: everything by its code."""

    house: House
    products: dict[str, Product] = field(default_factory=dict)
    packs: dict[str, Pack] = field(default_factory=dict)
    places: dict[str, StockPlace] = field(default_factory=dict)

    @property
    def now(self) -> datetime:
        return self.house.now

    def lot(self, product: str, number: str) -> Lot:
        return Lot.objects.select_related("product").get(product__code=product, number=number)

    def level(self, product: str, number: str, place: str) -> int:
        """Base units of a lot at a place."""
        found = StockLevel.objects.filter(
            lot__product__code=product, lot__number=number, place__code=place
        )
        return found.values_list("quantity", flat=True).first() or 0

    def receive(self, *lines: dict[str, Any], place: str = "PH-A", actor: Actor | None = None):
        """A delivery to a place."""
        return receive(
            actor=actor or self.house.pharmacist,
            now=self.now,
            place=self.places[place],
            lines=lines,
        )


def scanned(
    product: str, lot: str = "", expiry: date | None = FAR, serial: str = "", gtin: str = ""
) -> str:
    """What a scanner reads from a pack: GS1 elements with their separators."""
    text = f"]d201{gtin or GTINS[product]}"
    if expiry:
        text += f"17{expiry:%y%m%d}"
    if lot:
        text += f"10{lot}\x1d"
    if serial:
        text += f"21{serial}"
    return text.removesuffix("\x1d")


def catalogue(house: House | None = None, products: Iterable[str] = CATALOGUE) -> Stock:
    """The products, packs and places of this module's docstring, without any stock."""
    house = house or given.hospital()
    stock = Stock(house)
    supplier, _ = Supplier.objects.get_or_create(code="ALLMED", defaults={"name": "Allmed"})
    for code in products:
        product = Product.objects.create(code=code, supplier=supplier, **CATALOGUE[code])
        name, units = PACKS[code]
        stock.products[code] = product
        stock.packs[code] = Pack.objects.create(
            product=product, name=name, units=units, gtin=GTINS[code]
        )
    kind = StockPlace.Kind
    zones = house.zones
    for code, name, what, zone, within in (
        ("PH", "Central pharmacy", kind.STORE, zones["ST"], None),
        ("PH-A", "Pharmacy shelf A", kind.SHELF, None, "PH"),
        ("PH-B", "Pharmacy shelf B", kind.SHELF, None, "PH"),
        ("Q-PH", "Pharmacy quarantine", kind.QUARANTINE, None, "PH"),
        ("W1S", "Ward west stock", kind.WARD, zones["W1"], None),
        ("TR", "Emergency trolley", kind.TROLLEY, zones["ED-1"], None),
    ):
        stock.places[code] = StockPlace.objects.create(
            code=code, name=name, kind=what, zone=zone, within=stock.places.get(within or "")
        )
    return stock


def stocked(house: House | None = None) -> Stock:
    """The catalogue with stock: two lots of paracetamol (P1 expires first) and one each of
    morphine (M1), insulin (I1) and gauze on shelf A; some of P2 on the ward."""
    stock = catalogue(house)
    stock.receive(
        {"scan": scanned("PARA", "P1", SOON), "quantity": "5", "unit": "box of 20"},
        {"scan": scanned("PARA", "P2", FAR), "quantity": "10", "unit": "box of 20"},
        {"scan": scanned("MORPH", "M1", FAR), "quantity": "30"},
        {"scan": scanned("INSUL", "I1", FAR), "quantity": "4", "unit": "vial of 10 ml"},
        {"product": "GAUZE", "quantity": "500"},
    )
    stock.receive(
        {"scan": scanned("PARA", "P2", FAR), "quantity": "2", "unit": "box of 20"}, place="W1S"
    )
    return stock
