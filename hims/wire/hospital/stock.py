"""What must hold of the store and the formulary of a hospital folder: products, packs and where
they lie, par levels, ingredients and what medicines hold of them."""

from collections import defaultdict
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

from .cells import MOST, Bad, strength_of, strength_text
from .places import one_of
from .rows import ABSENT
from .stock_layout import (
    IngredientRow,
    MedicineRow,
    PackRow,
    ParRow,
    ProductRow,
    StockPlaceRow,
)

if TYPE_CHECKING:
    from .reading import Reading

MOST_IN_A_PACK = 2_000_000_000
"""Base units of one pack; the database holds no more."""

OF_THE_LEDGER = "WORLD-"
"""How the codes of the ledger's own places begin: supplier, patient, waste and count."""


def check_product(reading: "Reading", row: ProductRow) -> ProductRow:
    known = reading.known.products.get(row.product)
    if row.storage is not ABSENT:
        one_of(row.storage, reading.words.storages, "storage")
    if row.supplier:
        reading.need("suppliers", row.supplier, "supplier")
    if row.unit is ABSENT and known is None:
        raise Bad("unit is not given: what is it counted in?")
    if row.base_per_unit is not ABSENT:
        if known and known.base_per_unit != row.base_per_unit:
            raise Bad(
                f"base_per_unit is {known.base_per_unit} and stays so, because its stock is"
                " counted in it; make another product"
            )
        if 1000 % row.base_per_unit:
            raise Bad(
                f"base_per_unit {row.base_per_unit} cannot be written with three decimals:"
                " 1, 2, 4, 5, 8, 10, 20 … can"
            )
    return row


def look_alikes_of_one(reading: "Reading", file: str) -> None:
    """Remark on look-alike groups with a single product: what is it to be confused with?"""
    groups = defaultdict(set)
    for row in (*reading.known.products.values(), *reading.hospital.products.values()):
        if row.look_alike_group:
            groups[row.look_alike_group].add(row.product)
    for row in reading.hospital.products.values():
        if row.look_alike_group and len(groups[row.look_alike_group]) == 1:
            reason = f"look_alike_group {row.look_alike_group!r} holds this product only"
            reading.remark(file, row.line, reason)


def check_pack(reading: "Reading", row: PackRow) -> PackRow:
    reading.need("products", row.product, "product")
    if not 1 <= _base_units(reading, row.product, row.quantity, "quantity") <= MOST_IN_A_PACK:
        raise Bad(f"quantity {row.quantity:f} is not between one base unit and {MOST_IN_A_PACK}")
    if row.gtin:
        owner = f"the pack {row.pack!r} of {row.product}"
        if reading.gtins is None:
            reading.gtins = {pack.gtin: pack for pack in reading.known.packs.values() if pack.gtin}
        holder = reading.gtins.get(row.gtin)
        if holder and holder.key != row.key:
            raise Bad(
                f"gtin {row.gtin} is used already by the pack {holder.pack!r} of {holder.product}"
            )
        reading.claim("gtin", row.gtin, owner)
    return row


def check_stock_place(reading: "Reading", row: StockPlaceRow) -> StockPlaceRow:
    if row.place.upper().startswith(OF_THE_LEDGER):
        raise Bad(f"codes that begin with {OF_THE_LEDGER} are the ledger's own")
    if row.kind is not ABSENT:
        one_of(row.kind, reading.words.stock_place_kinds, "kind")
    elif reading.known.stock_places.get(row.place) is None:
        raise Bad("kind is not given")
    if row.zone:
        reading.need("zones", row.zone, "zone")
    return row


def stock_places_within_each_other(reading: "Reading", file: str) -> None:
    """Refuse places that lie within one that is not known, or in a circle."""
    places = reading.hospital.stock_places
    again = True
    while again:
        again = False
        for row in list(places.values()):
            try:
                _check_within(reading, row)
            except Bad as bad:
                reading.refuse("stock_places", file, places.pop(row.place), str(bad))
                again = True


def _check_within(reading: "Reading", row: StockPlaceRow) -> None:
    passed = [row.place]
    at = row
    while at.within:
        at = reading.need("stock_places", at.within, "within")
        if at.place in passed:
            raise Bad(f"the places go in a circle: {' in '.join([*passed, at.place])}")
        passed.append(at.place)


def check_par(reading: "Reading", row: ParRow) -> ParRow:
    reading.need("stock_places", row.place, "place")
    reading.need("products", row.product, "product")
    reorder_at = _base_units(reading, row.product, row.reorder_at, "reorder_at")
    par = _base_units(reading, row.product, row.par, "par")
    if not reorder_at < par:
        raise Bad(f"par {row.par:f} is not above reorder_at {row.reorder_at:f}")
    if par > MOST:
        raise Bad(f"par {row.par:f} is more than {MOST} base units")
    return row


def check_ingredient(reading: "Reading", row: IngredientRow) -> IngredientRow:
    spelled = _spelled(reading, row.ingredient)
    if spelled != row.ingredient:
        raise Bad(f"ingredient {row.ingredient!r} is known as {spelled!r}")
    if reading.ingredients is not None:
        reading.ingredients[row.ingredient.casefold()] = row.ingredient
    return row


def check_medicine(reading: "Reading", row: MedicineRow) -> MedicineRow:
    reading.need("products", row.product, "product")
    if row.strengths is ABSENT:
        return row
    texts = []
    for text in row.strengths:
        ingredient, amount, unit = strength_of(text)
        ingredient = _spelled(reading, ingredient)
        reading.need("ingredients", ingredient, "ingredient")
        texts.append(strength_text(ingredient, amount, unit))
    return replace(row, strengths=tuple(sorted(texts)))


def _spelled(reading: "Reading", ingredient: str) -> str:
    """The spelling under which an ingredient is there already; small and capital letters count
    as the same."""
    if reading.ingredients is None:
        reading.ingredients = {
            name.casefold(): name
            for name in (*reading.known.ingredients, *reading.hospital.ingredients)
        }
    return reading.ingredients.get(ingredient.casefold(), ingredient)


def base_per_unit(reading: "Reading", product: str) -> int:
    """How many base units one unit of a product has."""
    for row in (reading.hospital.products.get(product), reading.known.products.get(product)):
        if row is not None and row.base_per_unit is not ABSENT:
            return row.base_per_unit
    return 1


def _base_units(reading: "Reading", product: str, quantity: Decimal, what: str) -> int:
    units = quantity * base_per_unit(reading, product)
    if units != units.to_integral_value():
        smallest = Decimal(1) / base_per_unit(reading, product)
        raise Bad(f"{what} {quantity:f} is no multiple of {smallest:f}, the smallest part")
    return int(units)


CHECKS = {
    "suppliers": lambda reading, row: row,
    "products": check_product,
    "packs": check_pack,
    "stock_places": check_stock_place,
    "par_levels": check_par,
    "ingredients": check_ingredient,
    "medicines": check_medicine,
}
TOGETHER = {
    "products": look_alikes_of_one,
    "stock_places": stock_places_within_each_other,
}
