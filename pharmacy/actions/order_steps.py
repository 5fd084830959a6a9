"""The shared steps of prescribing: what was asked becomes an order, the checks are settled, and the
pharmacy's queue has its supply. Emergency supplies come through here as well."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from hims.access.roles import Role
from hims.action import step, touches
from hims.actions.taken import refused_when_taken
from hims.errors import Finding, Invalid, Refused
from hims.live import announce
from hims.models import Actor, Patient
from inventory.models import Product
from pharmacy.domain import prescribing
from pharmacy.domain.checks import at_ordering
from pharmacy.domain.timing import times_per_day as read_timing
from pharmacy.models import Dispense, Ingredient, MedicationOrder
from pharmacy.queries.orders import need_of
from pharmacy.queries.safety import facts

from .firings import settle

P = MedicationOrder.Priority

URGENCY = {P.STAT: 0, P.URGENT: 1, P.ROUTINE: 2}
PROMISED = {
    P.STAT: timedelta(minutes=15),
    P.URGENT: timedelta(hours=1),
    P.ROUTINE: timedelta(hours=4),
}
"""When a supply is promised where the order does not say."""

OPEN = (Dispense.Status.RECEIVED, Dispense.Status.HELD, Dispense.Status.VERIFIED)
"""Supplies whose stock has not moved yet; of each order at most one."""


@step
def place_order(
    *,
    actor: Actor,
    now: datetime,
    patient: Patient,
    product: Product | None = None,
    ingredient: Ingredient | None = None,
    dose: Decimal | str,
    dose_unit: str,
    route: str,
    timing: str,
    times_per_day: Decimal | str | None = None,
    as_needed: bool = False,
    indication: str = "",
    quantity: int | None = None,
    supply_days: int = 1,
    priority: str = P.ROUTINE,
    promised_at: datetime | None = None,
    prescriber: Actor | None = None,
    starts_at: datetime | None = None,
    ends_at: datetime | None = None,
    note: str = "",
    source: str = "",
    source_number: str = "",
    emergency: bool = False,
    overrides: Iterable[Mapping[str, Any]] = (),
    heeded: Iterable[str] = (),
) -> MedicationOrder:
    """Write an order of a product or an ingredient, with its first supply in the queue.

    dose in `dose_unit`; times_per_day is read from `timing` where it is not given; quantity in
    base units is worked out from dose, timing and supply_days where it is not given. The
    prescriber is the actor, if they are a physician; only an `emergency` order has none yet.
    """
    order = MedicationOrder(
        patient=patient,
        product=product,
        ingredient=ingredient,
        as_needed=as_needed,
        indication=indication,
        priority=priority,
        promised_at=promised_at,
        prescriber=prescriber or _prescriber_or_none(actor, emergency),
        starts_at=starts_at or now,
        ends_at=ends_at,
        note=note,
        source=source,
        source_number=source_number,
        emergency=emergency,
        entered_at=now,
        quantity=quantity,
        supply_days=supply_days,
    )
    take(order, dose=dose, dose_unit=dose_unit, route=route, timing=timing, times=times_per_day)
    if told := _told_before(order):
        touches(told)
        return told
    wanted_product, wanted = wanted_of(order)
    order.quantity = wanted
    with refused_when_taken(_number_taken(source)):
        order.save()
    touches(order, patient)
    settled(order, overrides, heeded, actor=actor, now=now, product=wanted_product)
    queue_for_dispensing(order, now=now, product=wanted_product)
    return order


@step
def queue_for_dispensing(
    order: MedicationOrder, *, now: datetime, product: Product | None = None
) -> Dispense:
    """Put the next supply of an order into the pharmacy's queue.

    product: the one to supply; worked out for an order of an ingredient where it is not given.
    """
    if product is None:
        product, wanted = wanted_of(order)
    else:
        wanted = order.quantity or 1
    supply = Dispense.objects.create(
        order=order,
        product=product,
        wanted=wanted,
        urgency=URGENCY[P(order.priority)],
        promised_at=order.promised_at or max(order.starts_at, now) + PROMISED[P(order.priority)],
        received_at=now,
    )
    announce("dispense", [{"id": str(supply.uid), "status": supply.status}])
    return supply


@step
def leave_queue(order: MedicationOrder) -> bool:
    """Take the waiting supply out of the queue, if there is one; the counter sees it go."""
    waiting = list(Dispense.objects.filter(order=order, status__in=OPEN).values_list("uid"))
    Dispense.objects.filter(order=order, status__in=OPEN).update(
        status=Dispense.Status.CANCELLED, claimed_by=None, claimed_until=None
    )
    tell(order)
    return bool(waiting)


@step
def tell(order: MedicationOrder) -> None:
    """Tell the open queues how the supplies of an order stand now."""
    supplies = Dispense.objects.filter(order=order).values_list("uid", "status")
    announce("dispense", [{"id": str(uid), "status": status} for uid, status in supplies])


@step
def settled(order, overrides, heeded, *, actor, now, product) -> None:
    """Ask the checks of ordering, and settle what they say."""
    known = facts(order, product, now=now)
    settle(at_ordering(known), overrides, order=order, actor=actor, now=now, heeded=heeded)


@step
def take(order: MedicationOrder, *, dose, dose_unit, route, timing, times) -> None:
    """Put the prescription into `order`, or raise Invalid with each part that cannot be."""
    if times in (None, ""):
        times = read_timing(timing)
    asked = prescribing.Asked(
        dose=dose,
        dose_unit=dose_unit,
        route=route,
        timing=timing,
        times_per_day=times,
        quantity=order.quantity,
        supply_days=order.supply_days,
        product_unit=order.product.unit if order.product else "",
        of_something=order.product is not None or order.ingredient is not None,
    )
    found = prescribing.malformed(asked)
    if order.ends_at is not None and order.ends_at <= order.starts_at:
        found.append(Finding("bad_period", _("It ends before it starts."), field="end"))
    if order.priority not in P.values:
        found.append(Finding("bad_priority", _("This priority is not known."), field="priority"))
    if order.product is not None and not order.product.active:
        found.append(Finding("inactive", _("This product is no longer used."), field="product"))
    if order.prescriber is None and not order.emergency:
        found.append(Finding("no_prescriber", _("Say who prescribes it."), field="prescriber"))
    elif order.prescriber is not None and not may_prescribe(order.prescriber):
        found.append(Finding("may_not_prescribe", _("They may not prescribe."), field="prescriber"))
    if found:
        raise Invalid(*found)
    order.dose, order.dose_unit = prescribing.dose_of(asked)
    order.times_per_day = prescribing.times_of(asked)
    order.route, order.timing = " ".join(route.split()).lower(), " ".join(timing.split())


def may_prescribe(someone: Actor) -> bool:
    """Whether somebody's name may stand under a prescription."""
    return someone.is_active and Role.PHYSICIAN in someone.roles


def _prescriber_or_none(actor: Actor, emergency: bool) -> Actor | None:
    return actor if may_prescribe(actor) and not emergency else None


def _told_before(order: MedicationOrder) -> MedicationOrder | None:
    """The order that this one repeats: the same number of the same system."""
    if not order.source_number:
        return None
    known = MedicationOrder.objects.filter(
        source=order.source, source_number=order.source_number
    ).first()
    if known is None:
        return None
    told = ("patient_id", "product_id", "ingredient_id")
    if any(getattr(known, name) != getattr(order, name) for name in told):
        raise Refused(_number_taken(order.source))
    return known


def _number_taken(source: str) -> Finding:
    text = _("%(source)s has used this number for another order.") % {"source": source or "-"}
    return Finding("source_number_taken", text, field="source_number")


@step
def wanted_of(order: MedicationOrder) -> tuple[Product, int]:
    """The product to supply and how much of it, or Refused with what is missing."""
    need = need_of(order)
    if need.product is None:
        text = _("The formulary has no product of %(name)s that gives this dose by this route.")
        raise Refused(Finding("no_product", text % {"name": order.ingredient}, field="ingredient"))
    quantity = order.quantity or need.quantity
    if quantity is None:
        text = _("Dose and timing do not say how much to supply. Give the quantity.")
        raise Refused(Finding("quantity_needed", text, field="quantity"))
    return need.product, quantity
