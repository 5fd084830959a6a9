"""Quantities as people speak of them: whole base units inside, "1.5 tablets" outside."""

from decimal import Decimal, InvalidOperation

MOST = 1_000_000_000
"""Base units in one movement; more is a slip of the finger."""

PLURALS = {
    **{
        one: f"{one}s"
        for one in (
            *("ampoule", "applicator", "bag", "bottle", "can", "capsule", "cartridge", "dose"),
            *(
                "drop",
                "enema",
                "implant",
                "inhaler",
                "kit",
                "lozenge",
                "nebule",
                "pack",
                "pad",
                "pair",
            ),
            *("pen", "piece", "puff", "roll", "sachet", "set", "sheet", "spray", "strip"),
            *("swab", "syringe", "tablet", "tube", "unit", "vial"),
        )
    },
    "box": "boxes",
    "patch": "patches",
    "pessary": "pessaries",
    "suppository": "suppositories",
}
"""More than one of the usual units; what is not here ("ml", "each") stays as it is written."""


class NotAQuantity(ValueError):
    """The text is no quantity that can be counted in base units; the message says why."""


def base_units(text: str, base_per_unit: int = 1, *, none: bool = False) -> int:
    """The base units that `text` in the product's unit means: "1.5" with halves is 3.

    none: 0 is an answer too, as in a count of an empty shelf. Raises NotAQuantity for what is no
    number, not above zero, above MOST, or no whole number of base units.
    """
    try:
        number = Decimal(str(text).strip().replace(",", "."))
    except InvalidOperation:
        raise NotAQuantity(f"{str(text)[:40]!r} is not a number.") from None
    if none and number.is_zero():
        return 0
    if not number.is_finite() or number <= 0:
        raise NotAQuantity("A quantity is above zero.")
    if number > MOST:
        raise NotAQuantity(f"More than {MOST} cannot be moved at once.")
    units = number * base_per_unit
    if units != units.to_integral_value():
        raise NotAQuantity(f"The smallest part is {in_units(1, base_per_unit)}.")
    if units > MOST:
        raise NotAQuantity(f"More than {MOST} cannot be moved at once.")
    return int(units)


def in_units(quantity: int, base_per_unit: int = 1) -> str:
    """A number of base units as people say it, without trailing zeros: 3 halves are "1.5"."""
    number = Decimal(quantity) / base_per_unit
    return f"{number.quantize(Decimal('0.001')).normalize():f}"


def said(quantity: int, unit: str, base_per_unit: int = 1) -> str:
    """The quantity with its unit as people say it: "1 tablet", "1.5 tablets", "20 ml"."""
    number = in_units(quantity, base_per_unit)
    return f"{number} {unit if number in ('1', '-1') else PLURALS.get(unit, unit)}"
