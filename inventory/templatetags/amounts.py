"""Quantities of stock on pages, as people speak of them."""

from django import template

from inventory.domain.quantities import in_units, said
from inventory.models import Product

register = template.Library()


@register.filter
def amount(units: int | None, product: Product) -> str:
    """Base units of a product with its unit: "1.5 tablet"; "" for None."""
    return "" if units is None else said(units, product.unit, product.base_per_unit)


@register.filter
def number_of(units: int | None, product: Product) -> str:
    """Base units of a product as a bare number in its unit: "1.5"; "" for None."""
    return "" if units is None else in_units(units, product.base_per_unit)
