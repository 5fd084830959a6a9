"""What the filters of the store's reports offer, and what names a product or a place in a row."""

from django.utils.translation import gettext_lazy as _

from hims.models import Actor
from hims.reporting.declared import Cell, Column, Filter
from inventory.models import Product, StockPlace
from inventory.queries.stock import places

KINDS = dict(StockPlace.Kind.choices)
STORAGE = dict(Product.Storage.choices)

PRODUCT = [
    Column("product_uid", _("Product's identifier"), Cell.UID),
    Column("product", _("Product"), to=("product", "product_uid"), wide=2.4),
    Column("product_code", _("Product code"), shown=False, wide=1.6),
    Column("unit", _("Counted in"), wide=0.8),
]
"""What tells of which product a row is; quantities beside it are in its unit."""

PLACE = [
    Column("place_uid", _("Place's identifier"), Cell.UID),
    Column("place", _("Place"), to=("stock-place", "place_uid"), wide=1.8),
    Column("place_code", _("Place code"), shown=False),
    Column("place_kind", _("Kind of place"), words=KINDS, shown=False),
]
"""What tells at which place a row is."""


def place_filter() -> Filter:
    """One real place, by its code."""
    return Filter("place", _("Place"), _places)


def _places(viewer: Actor) -> list[tuple[str, str]]:
    return list(places(viewer=viewer).values_list("code", "name"))
