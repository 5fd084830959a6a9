"""What a request names by its code or its id."""

from uuid import UUID

from django.http import HttpRequest

from hims.access.scopes import visible_to
from hims.errors import Finding, Invalid
from inventory.models import Product, StockPlace, Supplier


def place(request: HttpRequest, text: str, name: str) -> StockPlace:
    """A place by its code or its id."""
    found = visible_to(request.user, StockPlace.objects.select_related("within__within"))
    uid = uid_of(text)
    one = (found.filter(uid=uid) if uid else found.filter(code=text)).first()
    if one is None:
        raise Invalid(Finding("unknown_place", "No such place is known.", field=name))
    return one


def product(request: HttpRequest, text: str) -> Product:
    """A product by its code or its id."""
    found = visible_to(request.user, Product.objects.all())
    uid = uid_of(text)
    one = (found.filter(uid=uid) if uid else found.filter(code=text)).first()
    if one is None:
        raise Invalid(Finding("unknown_product", "No such product is known.", field="product"))
    return one


def supplier(request: HttpRequest, text: str) -> Supplier:
    """A supplier by its code."""
    one = visible_to(request.user, Supplier.objects.filter(code=text)).first()
    if one is None:
        raise Invalid(Finding("unknown_supplier", "No such supplier is known.", field="supplier"))
    return one


def uid_of(text: str) -> UUID | None:
    """The id that `text` is, or None where it is none."""
    try:
        return UUID(text)
    except ValueError:
        return None
