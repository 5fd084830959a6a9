"""How programs name things to the pharmacy: by id, or by the code that people use."""

from typing import TypeVar
from uuid import UUID

from django.db.models import Model, Q, QuerySet
from django.utils import timezone

from hims.access.scopes import the_one, visible_to
from hims.actions.care import begin_care
from hims.errors import Finding, Invalid, NotFound, Refused
from hims.models import Actor, Patient
from inventory.models import Product
from pharmacy.models import Ingredient

M = TypeVar("M", bound=Model)


def patient_named(request, text: str) -> Patient:
    """The patient by id, if the caller cares for them; by wristband code or whole record number,
    which begins the caller's care where they may begin it."""
    if uid := _uid(text):
        return _known(request.user, Patient.objects.filter(uid=uid), "patient")
    number = text.strip().rsplit(":", 1)[-1]
    known = visible_to(request.user, Patient.objects.filter(mrn=number)).first()
    if known is not None:
        return known
    if not request.user.may("care.begin"):
        raise _unknown("patient")
    try:
        return begin_care(actor=request.user, now=timezone.now(), text=text)
    except Refused as refused:
        raise Invalid(*refused.findings) from None


def product_named(request, text: str) -> Product:
    """The product by id or code."""
    return _one_of(request.user, Product.objects.all(), text, "code", "product")


def ingredient_named(request, text: str) -> Ingredient:
    """The ingredient by id or name."""
    return _one_of(request.user, Ingredient.objects.all(), text, "name__iexact", "ingredient")


def prescriber_named(request, text: str) -> Actor:
    """A person by id, user name or staff number."""
    uid = _uid(text)
    by = Q(uid=uid) if uid else Q(username=text) | Q(staff__number=text)
    found = Actor.objects.filter(by, kind=Actor.Kind.PERSON, is_active=True).first()
    if found is None:
        raise _unknown("prescriber")
    return found


def _one_of(viewer: Actor, rows: QuerySet[M], text: str, by: str, field: str) -> M:
    uid = _uid(text)
    return _known(viewer, rows.filter(**{"uid": uid} if uid else {by: text.strip()}), field)


def _known(viewer: Actor, rows: QuerySet[M], field: str) -> M:
    try:
        return the_one(viewer, rows)
    except NotFound:
        raise _unknown(field) from None


def _unknown(field: str) -> Invalid:
    return Invalid(Finding(f"unknown_{field}", f"This {field} is not known.", field=field))


def _uid(text: str) -> UUID | None:
    try:
        return UUID(text.strip())
    except ValueError:
        return None
