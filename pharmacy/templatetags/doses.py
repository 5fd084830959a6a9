"""How medicines, doses and quantities are written: no trailing zeros, tall-man names."""

from decimal import Decimal

from django import template

from inventory.domain.quantities import said
from inventory.models import Product
from pharmacy.domain.doses import Amount
from pharmacy.domain.doses import plain as written
from pharmacy.models import MedicationOrder

register = template.Library()


@register.filter
def plain(value: Decimal | None) -> str:
    """A number as it is read aloud: "5", never "5.0"."""
    return "" if value is None else written(Decimal(value))


@register.filter
def kilograms(value: Decimal) -> str:
    """A weight: "80 kg"."""
    return f"{written(Decimal(value))} kg"


@register.filter
def medicine(order: MedicationOrder) -> str:
    """What is ordered: the product as ISMP would have it read, or the ingredient."""
    if order.product is not None:
        return order.product.shown_name
    return order.ingredient.name if order.ingredient else ""


@register.filter
def dose(order: MedicationOrder) -> str:
    """The dose with its unit: "1000 mg"."""
    return str(Amount(order.dose, order.dose_unit))


@register.filter
def counted(quantity: int | None, product: Product | None) -> str:
    """Base units as people count the product: "1.5 tablet"."""
    if quantity is None or product is None:
        return ""
    return said(quantity, product.unit, product.base_per_unit)


@register.filter
def of(given: dict[str, dict[str, str]], rule: str) -> str:
    """The reason that was chosen beside the warnings of a rule."""
    return given.get(rule, {}).get("reason", "")


@register.filter
def words_of(given: dict[str, dict[str, str]], rule: str) -> str:
    """The words that were written beside the warnings of a rule."""
    return given.get(rule, {}).get("text", "")
