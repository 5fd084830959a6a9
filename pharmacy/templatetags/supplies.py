"""How the counter writes quantities into its fields."""

from django import template

from inventory.domain.quantities import in_units as written
from inventory.models import Product

register = template.Library()


@register.filter
def in_units(quantity: int, product: Product) -> str:
    """Base units as a number of the product's unit: 3 halves are "1.5"."""
    return written(quantity, product.base_per_unit)
