"""The formulary: ingredients with their classes, and what products are as medicines."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

from django.utils.translation import gettext as _

from hims.action import action, touches
from hims.actions.taken import refused_when_taken
from hims.errors import Finding, Invalid
from hims.models import Actor
from inventory.models import Product
from pharmacy.domain.doses import dimension, read, spelt
from pharmacy.models import Ingredient, Medicine, Strength

Strengths = Iterable[tuple[Ingredient, Decimal | str, str]]


@action("formulary.change")
def set_ingredient(
    *,
    actor: Actor,
    now: datetime,
    name: str,
    classes: Iterable[str] = (),
    rxnorm: str = "",
    ingredient: Ingredient | None = None,
    reason: str = "",
) -> Ingredient:
    """Add an ingredient, or change the one given. Raises Refused when another has the name."""
    name = " ".join(name.split())
    if not name:
        raise Invalid(Finding("no_name", _("Give the ingredient a name."), field="name"))
    ingredient = ingredient or Ingredient()
    ingredient.name, ingredient.rxnorm = name, rxnorm.strip()
    ingredient.classes = list(
        dict.fromkeys(" ".join(one.split()) for one in classes if one.strip())
    )
    taken = Finding("name_taken", _("There is an ingredient of this name."), field="name")
    with refused_when_taken(taken):
        ingredient.save()
    touches(ingredient)
    return ingredient


@action("formulary.change")
def describe_medicine(
    *,
    actor: Actor,
    now: datetime,
    product: Product,
    form: str,
    strengths: Strengths,
    routes: Iterable[str] = (),
    substitution_group: str = "",
    label_text: str = "",
    on_formulary: bool = True,
    reason: str = "",
) -> Medicine:
    """Say what a product is as a medicine; what was said before is replaced.

    strengths: (ingredient, amount, unit) in one unit of the product. Raises Invalid for an amount
    that is none, a unit that is no measure, or an ingredient named twice.
    """
    parts = []
    for ingredient, amount, unit in strengths:
        value = read(amount)
        if value is None or not dimension(unit):
            said = _("A strength is a number above zero in mg, microgram, g, unit, mmol or ml.")
            raise Invalid(Finding("bad_strength", said, field="strengths"))
        parts.append((ingredient, value, spelt(unit)))
    if len({ingredient.pk for ingredient, *_rest in parts}) < len(parts):
        said = _("An ingredient is named twice.")
        raise Invalid(Finding("ingredient_twice", said, field="strengths"))
    medicine = Medicine.objects.filter(product=product).first() or Medicine(product=product)
    medicine.form, medicine.label_text = form.strip(), label_text.strip()
    medicine.routes = list(dict.fromkeys(" ".join(one.split()).lower() for one in routes if one))
    medicine.substitution_group = substitution_group.strip()
    medicine.on_formulary = on_formulary
    medicine.save()
    Strength.objects.filter(medicine=medicine).delete()
    Strength.objects.bulk_create(
        Strength(medicine=medicine, ingredient=ingredient, amount=amount, unit=unit)
        for ingredient, amount, unit in parts
    )
    touches(medicine, product)
    return medicine
