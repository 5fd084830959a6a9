"""Doses: an amount with its unit, and what a dose comes to of each ingredient.

Units belong to dimensions that are never mixed: mass, biological units, amount of substance,
volume. Milligrams are not made of units or of millimoles here, whatever the substance.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal, DecimalException

# What people write -> (dimension, how many of the dimension's own unit it is).
_UNITS: dict[str, tuple[str, Decimal]] = {
    "kg": ("mass", Decimal(1_000_000)),
    "g": ("mass", Decimal(1000)),
    "mg": ("mass", Decimal(1)),
    "microgram": ("mass", Decimal("0.001")),
    "nanogram": ("mass", Decimal("0.000001")),
    "unit": ("unit", Decimal(1)),
    "mol": ("amount", Decimal(1000)),
    "mmol": ("amount", Decimal(1)),
    "micromol": ("amount", Decimal("0.001")),
    "litre": ("volume", Decimal(1000)),
    "ml": ("volume", Decimal(1)),
}

# Other spellings. "U", "IU" and "µg" are read here and never shown: ISMP's list of error-prone
# abbreviations has all three.
_SPELT = {
    "gram": "g",
    "milligram": "mg",
    "mcg": "microgram",
    "ug": "microgram",
    "µg": "microgram",
    "μg": "microgram",
    "ng": "nanogram",
    "iu": "unit",
    "u": "unit",
    "international unit": "unit",
    "milliliter": "ml",
    "millilitre": "ml",
    "cc": "ml",
    "l": "litre",
    "liter": "litre",
    "kilogram": "kg",
    "millimol": "mmol",
    "millimole": "mmol",
    "mole": "mol",
    "micromole": "micromol",
}

UNITS = ("mg", "microgram", "g", "unit", "mmol", "ml")
"""Units as the forms offer them."""

MOST = Decimal(10) ** 8
"""No dose is larger, in any unit; a larger number is a slip of the finger."""


@dataclass(frozen=True)
class Amount:
    """So much of something: `value` (finite, above zero) in `unit`, as it is written."""

    value: Decimal
    unit: str

    def __str__(self) -> str:
        return f"{plain(self.value)} {self.unit}"


@dataclass(frozen=True)
class Part:
    """`amount` of the ingredient called `ingredient` in one unit of a product."""

    ingredient: str
    amount: Amount


def plain(value: Decimal) -> str:
    """A number as it is read aloud: never with an exponent, never with a trailing zero (ISMP:
    "5 mg", not "5.0 mg"), with a zero before the point."""
    try:
        text = f"{value.quantize(Decimal('0.00001')):f}"
    except DecimalException:
        return str(value)
    return (text.rstrip("0").rstrip(".") if "." in text else text) or "0"


def spelt(unit: str) -> str:
    """The one way in which a unit is written here: "mcg" is "microgram", "tablets" is "tablet"."""
    text = " ".join(str(unit).split()).lower().rstrip(".")
    for one in (text, text.removesuffix("s")):
        if one in _UNITS:
            return one
        if one in _SPELT:
            return _SPELT[one]
    return text.removesuffix("s")


def dimension(unit: str) -> str:
    """mass, unit, amount or volume; "" for a unit that is none of measure, such as "tablet"."""
    return _UNITS.get(spelt(unit), ("", Decimal(1)))[0]


def read(text: object) -> Decimal | None:
    """The number that `text` is, if it can be a dose: finite, above zero and below MOST."""
    try:
        value = Decimal(str(text).strip().replace(",", "."))
    except DecimalException:
        return None
    return value if value.is_finite() and 0 < value <= MOST else None


def converted(value: Decimal, unit: str, to: str) -> Decimal | None:
    """`value` in `unit` as a number of `to`; None where the one is not made of the other."""
    one, other = _UNITS.get(spelt(unit)), _UNITS.get(spelt(to))
    if one is None or other is None:
        return value if spelt(unit) == spelt(to) else None
    if one[0] != other[0]:
        return None
    return value * one[1] / other[1]


def in_product_units(
    dose: Decimal, dose_unit: str, product_unit: str, parts: Iterable[Part]
) -> Decimal | None:
    """How many units of a product a dose is: 1,000 mg of a 500 mg tablet are 2.

    A dose in milligrams of a product with several ingredients could mean any of them: None.
    """
    if (same := converted(dose, dose_unit, product_unit)) is not None:
        return same
    parts = list(parts)
    if len(parts) != 1 or parts[0].amount.value <= 0:
        return None
    asked = converted(dose, dose_unit, parts[0].amount.unit)
    return None if asked is None else asked / parts[0].amount.value


def of_ingredients(
    dose: Decimal, dose_unit: str, product_unit: str, parts: Iterable[Part]
) -> dict[str, Amount]:
    """What a dose comes to of each ingredient; an empty dict where that cannot be worked out."""
    parts = list(parts)
    units = in_product_units(dose, dose_unit, product_unit, parts)
    if units is None:
        return {}
    return {
        part.ingredient: Amount(units * part.amount.value, spelt(part.amount.unit))
        for part in parts
    }
