"""What is asked about orders: lists, one with its findings, and what a supply of it comes to."""

from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_CEILING, Decimal

from django.db.models import Count, Prefetch, Q, QuerySet

from hims.access.scopes import visible_to
from hims.models import Actor
from inventory.domain.quantities import MOST
from inventory.models import Product
from pharmacy.domain.doses import Amount, Part, in_product_units
from pharmacy.models import Dispense, Ingredient, MedicationOrder, Medicine

MOST_CHOICES = 20


@dataclass(frozen=True)
class Need:
    """What one supply of an order comes to: base units of a product, and of it one dose.

    `quantity` and `dose` are None where dose and timing do not say.
    """

    product: Product | None
    dose: int | None = None
    quantity: int | None = None


def orders_of(viewer: Actor, *, patient=None, status: str = "") -> QuerySet[MedicationOrder]:
    """The orders that `viewer` may know of, newest last by key."""
    found = visible_to(viewer, MedicationOrder.objects.all()).select_related(
        "patient", "product", "ingredient", "prescriber"
    )
    if patient is not None:
        found = found.filter(patient=patient)
    if status:
        found = found.filter(status=status)
    return found.prefetch_related(
        Prefetch("dispenses", Dispense.objects.order_by("pk"), to_attr="supplies")
    )


def current_of(viewer: Actor, patient, now: datetime) -> QuerySet[MedicationOrder]:
    """What the patient is to get now: active or on hold, and not ended."""
    running = Q(ends_at=None) | Q(ends_at__gt=now)
    return orders_of(viewer, patient=patient).filter(running, status__in=["active", "on-hold"])


def to_regularise(viewer: Actor) -> QuerySet[MedicationOrder]:
    """Emergency supplies whose order is still to follow; all who may prescribe know of them."""
    found = visible_to(viewer, MedicationOrder.objects.filter(emergency=True, prescriber=None))
    found = found.exclude(status=MedicationOrder.Status.CANCELLED)
    return found.select_related("patient", "product", "ingredient", "prescriber").order_by("pk")


def need_of(order: MedicationOrder) -> Need:
    """What a supply of `order` comes to. For an order of an ingredient the product is the one of
    the formulary that gives the dose in the fewest whole parts."""
    if order.product is not None:
        medicine = (
            Medicine.objects.filter(product=order.product)
            .prefetch_related("strengths__ingredient")
            .first()
        )
        dose = _dose_in(order, order.product, parts_of(medicine))
        return Need(order.product, dose, _for_the_days(order, dose))
    best: tuple[int, Product, int] | None = None
    for medicine in _giving(order):
        dose = _dose_in(order, medicine.product, parts_of(medicine), whole=True)
        if dose is not None:
            units = -(-dose // medicine.product.base_per_unit)
            if best is None or units < best[0]:
                best = units, medicine.product, dose
    if best is None:
        return Need(None)
    return Need(best[1], best[2], _for_the_days(order, best[2]))


def parts_of(medicine: Medicine | None) -> list[Part]:
    """What one unit of a medicine's product holds."""
    if medicine is None:
        return []
    return [
        Part(one.ingredient.name, Amount(one.amount, one.unit)) for one in medicine.strengths.all()
    ]


def _giving(order: MedicationOrder) -> QuerySet[Medicine]:
    """Medicines of the formulary that hold the ordered ingredient alone, by the ordered route."""
    return (
        Medicine.objects.filter(on_formulary=True, product__active=True)
        .annotate(ingredients=Count("strengths"))
        .filter(ingredients=1, strengths__ingredient=order.ingredient)
        .filter(Q(routes__len=0) | Q(routes__contains=[order.route]))
        .select_related("product")
        .prefetch_related("strengths__ingredient")
        .order_by("pk")
    )


def _dose_in(
    order: MedicationOrder, product: Product, parts: list[Part], *, whole: bool = False
) -> int | None:
    """Base units of one dose, rounded up to what can be given; with `whole` None if it does not
    come out even."""
    units = in_product_units(Decimal(order.dose), order.dose_unit, product.unit, parts)
    if units is None:
        return None
    base = units * product.base_per_unit
    rounded = base.to_integral_value(rounding=ROUND_CEILING)
    if whole and rounded != base:
        return None
    return int(rounded) if 0 < rounded <= MOST else None


def _for_the_days(order: MedicationOrder, dose: int | None) -> int | None:
    if dose is None or order.times_per_day is None:
        return None
    doses = (Decimal(order.times_per_day) * order.supply_days).to_integral_value(
        rounding=ROUND_CEILING
    )
    quantity = dose * int(doses)
    return quantity if 0 < quantity <= MOST else None


def choices(viewer: Actor, words: str) -> list[tuple[str, str]]:
    """(name, what it is) of products on the formulary and of ingredients that match all `words`,
    at most MOST_CHOICES of each."""
    products = visible_to(viewer, Product.objects.filter(active=True, medicine__on_formulary=True))
    ingredients = visible_to(viewer, Ingredient.objects.all())
    for word in words.split()[:6]:
        products = products.filter(
            Q(name__icontains=word) | Q(tall_man__icontains=word) | Q(code__icontains=word)
        )
        ingredients = ingredients.filter(name__icontains=word)
    found = [(one.shown_name, one.code) for one in products.order_by("name")[:MOST_CHOICES]]
    return found + [(one.name, "") for one in ingredients.order_by("name")[:MOST_CHOICES]]


def named(viewer: Actor, text: str) -> tuple[Product | None, Ingredient | None]:
    """The product or the ingredient that `text` names in full: by name, tall-man name or code."""
    text = text.strip()
    product = (
        visible_to(viewer, Product.objects.filter(active=True))
        .filter(Q(code__iexact=text) | Q(name__iexact=text) | Q(tall_man__iexact=text))
        .first()
    )
    if product is not None:
        return product, None
    ingredients = visible_to(viewer, Ingredient.objects.all())
    return None, ingredients.filter(name__iexact=text).first()
