"""The files of the store and the formulary: suppliers, products, packs, stock places, par levels,
ingredients and medicines, and the typed rows they become.

Quantities are in the product's unit, as people write them: "28" tablets, "0.5" of one.
"""

from dataclasses import dataclass
from decimal import Decimal

from . import cells
from .rows import ABSENT, Absent, Sheet, at_line


@dataclass(frozen=True, slots=True)
class SupplierRow:
    supplier: str
    name: str | Absent = ABSENT
    line: int = at_line()

    @property
    def key(self) -> str:
        return self.supplier


@dataclass(frozen=True, slots=True)
class ProductRow:
    """`unit` is what people count in ("tablet"), `base_per_unit` how many smallest parts it has."""

    product: str
    name: str | Absent = ABSENT
    tall_man: str | Absent = ABSENT
    unit: str | Absent = ABSENT
    base_per_unit: int | Absent = ABSENT
    storage: str | Absent = ABSENT
    schedule: str | Absent = ABSENT
    high_alert: bool | Absent = ABSENT
    look_alike_group: str | Absent = ABSENT
    carries_expiry: bool | Absent = ABSENT
    scan_required: bool | Absent = ABSENT
    ndc: str | Absent = ABSENT
    dmd: str | Absent = ABSENT
    rxnorm: str | Absent = ABSENT
    supplier: str | Absent = ABSENT
    active: bool | Absent = ABSENT
    price: Decimal | Absent | None = ABSENT
    line: int = at_line()

    @property
    def key(self) -> str:
        return self.product


@dataclass(frozen=True, slots=True)
class PackRow:
    """`quantity` units of the product under one GTIN, which is written with 14 digits."""

    product: str
    pack: str
    quantity: Decimal
    gtin: str | Absent | None = ABSENT
    line: int = at_line()

    @property
    def key(self) -> tuple[str, str]:
        return self.product, self.pack


@dataclass(frozen=True, slots=True)
class StockPlaceRow:
    """`within` is the code of the stock place this one belongs to."""

    place: str
    name: str | Absent = ABSENT
    kind: str | Absent = ABSENT
    zone: str | Absent = ABSENT
    within: str | Absent = ABSENT
    active: bool | Absent = ABSENT
    line: int = at_line()

    @property
    def key(self) -> str:
        return self.place


@dataclass(frozen=True, slots=True)
class ParRow:
    place: str
    product: str
    reorder_at: Decimal
    par: Decimal
    line: int = at_line()

    @property
    def key(self) -> tuple[str, str]:
        return self.place, self.product


@dataclass(frozen=True, slots=True)
class IngredientRow:
    ingredient: str
    classes: tuple[str, ...] | Absent = ABSENT
    rxnorm: str | Absent = ABSENT
    line: int = at_line()

    @property
    def key(self) -> str:
        return self.ingredient


@dataclass(frozen=True, slots=True)
class MedicineRow:
    """`strengths` are texts like "amoxicillin 500 mg": how much is in one unit of the product."""

    product: str
    form: str | Absent = ABSENT
    routes: tuple[str, ...] | Absent = ABSENT
    strengths: tuple[str, ...] | Absent = ABSENT
    substitution_group: str | Absent = ABSENT
    label_text: str | Absent = ABSENT
    on_formulary: bool | Absent = ABSENT
    line: int = at_line()

    @property
    def key(self) -> str:
        return self.product


STOCK_SHEETS: dict[str, Sheet] = {
    "suppliers": Sheet(
        "suppliers.csv",
        SupplierRow,
        {"supplier": cells.code(40), "name": cells.text(160)},
        ("supplier",),
    ),
    "products": Sheet(
        "products.csv",
        ProductRow,
        {
            "product": cells.code(40),
            "name": cells.text(200),
            "tall_man": cells.text(200),
            "unit": cells.text(40),
            "base_per_unit": cells.whole(1, 1000),
            "storage": cells.word,
            "schedule": cells.text(20),
            "high_alert": cells.yes_or_no,
            "look_alike_group": cells.text(60),
            "carries_expiry": cells.yes_or_no,
            "scan_required": cells.yes_or_no,
            "ndc": cells.digits(8, 14, also="-"),
            "dmd": cells.digits(6, 18),
            "rxnorm": cells.digits(1, 12),
            "supplier": cells.text(40),
            "active": cells.yes_or_no,
            "price": cells.maybe(cells.price),
        },
        ("product",),
    ),
    "packs": Sheet(
        "packs.csv",
        PackRow,
        {
            "product": cells.code(40),
            "pack": cells.code(80),
            "quantity": cells.quantity,
            "gtin": cells.maybe(cells.gtin),
        },
        ("product", "pack", "quantity"),
    ),
    "stock_places": Sheet(
        "stock_places.csv",
        StockPlaceRow,
        {
            "place": cells.code(40),
            "name": cells.text(120),
            "kind": cells.word,
            "zone": cells.text(60),
            "within": cells.text(40),
            "active": cells.yes_or_no,
        },
        ("place",),
    ),
    "par_levels": Sheet(
        "par_levels.csv",
        ParRow,
        {
            "place": cells.code(40),
            "product": cells.code(40),
            "reorder_at": cells.quantity,
            "par": cells.quantity,
        },
        ("place", "product", "reorder_at", "par"),
    ),
    "ingredients": Sheet(
        "ingredients.csv",
        IngredientRow,
        {
            "ingredient": cells.code(120),
            "classes": cells.listed(80),
            "rxnorm": cells.digits(1, 12),
        },
        ("ingredient",),
        frozenset({"classes"}),
    ),
    "medicines": Sheet(
        "medicines.csv",
        MedicineRow,
        {
            "product": cells.code(40),
            "form": cells.text(60),
            "routes": cells.listed(30),
            "strengths": cells.strengths,
            "substitution_group": cells.text(80),
            "label_text": cells.text(300),
            "on_formulary": cells.yes_or_no,
        },
        ("product",),
        frozenset({"routes", "strengths"}),
    ),
}
