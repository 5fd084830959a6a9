"""Prescriptions: to enter one, change it, and bring it to its end.

Whoever sends orders (a page, a program, later a message of another system) comes through here: the
checks are asked, what they say is settled, and the pharmacy's queue hears of it.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from hims.action import action, step, touches
from hims.errors import Finding, Invalid, Refused
from hims.models import Actor, Patient
from pharmacy.models import Dispense, MedicationOrder

from .ended_supplies import call_back
from .order_steps import (
    OPEN,
    PROMISED,
    URGENCY,
    leave_queue,
    place_order,
    queue_for_dispensing,
    settled,
    take,
    tell,
    wanted_of,
)

S = MedicationOrder.Status
P = MedicationOrder.Priority

CHANGEABLE = (
    *("dose", "dose_unit", "route", "timing", "times_per_day", "as_needed", "indication"),
    *("quantity", "supply_days", "priority", "promised_at", "starts_at", "ends_at", "note"),
    "prescriber",
)
TO_BE_VERIFIED_AGAIN = {
    *("dose", "dose_unit", "route", "timing", "times_per_day", "as_needed", "quantity"),
    "supply_days",
}
"""A change of one of these is another supply: what was verified was something else."""

# status -> the statuses it may come from
WAYS = {
    S.ON_HOLD: {S.ACTIVE},
    S.ACTIVE: {S.ON_HOLD},
    S.STOPPED: {S.ACTIVE, S.ON_HOLD},
    S.CANCELLED: {S.ACTIVE, S.ON_HOLD},
    S.COMPLETED: {S.ACTIVE, S.ON_HOLD},
}


@action("order.enter")
def enter_order(
    *,
    actor: Actor,
    now: datetime,
    patient: Patient,
    overrides: Iterable[Mapping[str, Any]] = (),
    heeded: Iterable[str] = (),
    **asked: Any,
) -> MedicationOrder:
    """Prescribe, and queue the supply; see `place_order` for what is asked.

    Raises Invalid for what cannot be, Refused with the findings that stop it or need a reason. An
    order that came under the same `source` and `source_number` before is the same order.
    """
    return place_order(
        actor=actor, now=now, patient=patient, overrides=overrides, heeded=heeded, **asked
    )


@action("order.change")
def change_order(
    *,
    actor: Actor,
    now: datetime,
    order: MedicationOrder,
    reason: str = "",
    overrides: Iterable[Mapping[str, Any]] = (),
    heeded: Iterable[str] = (),
    **changes: Any,
) -> MedicationOrder:
    """Change what is in CHANGEABLE; the checks are asked again.

    A supply that waits and is now another one leaves the queue and comes back to be verified. What
    was given already is not touched.
    """
    order = _locked(order)
    if order.status not in (S.ACTIVE, S.ON_HOLD):
        raise _not_from(order)
    if strange := set(changes) - set(CHANGEABLE):
        raise Invalid(*(Finding("unchangeable", _cannot_change(), field=one) for one in strange))
    before = {name: getattr(order, name) for name in CHANGEABLE}
    for name in set(changes) - {"dose", "dose_unit", "route", "timing", "times_per_day"}:
        setattr(order, name, changes[name])
    timing = changes.get("timing", order.timing)
    take(
        order,
        dose=changes.get("dose", order.dose),
        dose_unit=changes.get("dose_unit", order.dose_unit),
        route=changes.get("route", order.route),
        timing=timing,
        times=changes.get("times_per_day", None if "timing" in changes else order.times_per_day),
    )
    different = {name for name in CHANGEABLE if before[name] != getattr(order, name)}
    another_supply = bool(different & TO_BE_VERIFIED_AGAIN)
    if another_supply and "quantity" not in changes:
        order.quantity = None  # worked out anew
    wanted_product, order.quantity = wanted_of(order)
    order.save()
    touches(order)
    settled(order, overrides, heeded, actor=actor, now=now, product=wanted_product)
    open_supplies = Dispense.objects.filter(order=order, status__in=OPEN)
    if another_supply and leave_queue(order):
        queue_for_dispensing(order, now=now, product=wanted_product)
    elif {"priority", "promised_at"} & different:
        urgency = URGENCY[P(order.priority)]
        promised = order.promised_at or now + PROMISED[P(order.priority)]
        open_supplies.update(urgency=urgency, promised_at=promised)
        tell(order)
    return order


@action("order.change")
def hold_order(
    *, actor: Actor, now: datetime, order: MedicationOrder, reason: str = ""
) -> MedicationOrder:
    """Nothing more is given until it is resumed; its supply keeps its place in the queue."""
    order = _set_status(order, S.ON_HOLD)
    tell(order)
    return order


@action("order.change")
def resume_order(
    *,
    actor: Actor,
    now: datetime,
    order: MedicationOrder,
    reason: str = "",
    overrides: Iterable[Mapping[str, Any]] = (),
) -> MedicationOrder:
    """Give it again; much may have changed meanwhile, so the checks are asked again."""
    order = _set_status(order, S.ACTIVE)
    settled(order, overrides, (), actor=actor, now=now, product=order.product)
    tell(order)
    return order


@action("order.change")
def stop_order(
    *, actor: Actor, now: datetime, order: MedicationOrder, reason: str = ""
) -> MedicationOrder:
    """End it before its time; what waits in the queue leaves it."""
    return _end(order, S.STOPPED, actor, now)


@action("order.change")
def complete_order(
    *, actor: Actor, now: datetime, order: MedicationOrder, reason: str = ""
) -> MedicationOrder:
    """It was given as it was meant."""
    return _end(order, S.COMPLETED, actor, now)


@action("order.change")
def cancel_order(
    *, actor: Actor, now: datetime, order: MedicationOrder, reason: str = ""
) -> MedicationOrder:
    """It should never have been; refused when something was supplied for it already."""
    if Dispense.objects.filter(order=order, movement__isnull=False).exists():
        text = _("Something was supplied for this order already. Stop it instead.")
        raise Refused(Finding("already_supplied", text, field="status"))
    return _end(order, S.CANCELLED, actor, now)


@step
def _end(order: MedicationOrder, status: str, actor: Actor, now: datetime) -> MedicationOrder:
    order = _locked(order)
    if order.status not in WAYS[S(status)]:
        raise _not_from(order)
    order.status = status
    if order.starts_at < now and (order.ends_at is None or order.ends_at > now):
        order.ends_at = now
    order.save()
    touches(order)
    leave_queue(order)
    call_back(order, actor=actor, now=now)
    return order


@step
def _set_status(order: MedicationOrder, status: str) -> MedicationOrder:
    order = _locked(order)
    if order.status not in WAYS[S(status)]:
        raise _not_from(order)
    order.status = status
    order.save()
    touches(order)
    return order


def _locked(order: MedicationOrder) -> MedicationOrder:
    """The order as it is now, held against the counter: both lock the order first."""
    return (
        MedicationOrder.objects.select_for_update(of=("self",), no_key=True)
        .select_related("patient", "product", "ingredient", "prescriber")
        .get(pk=order.pk)
    )


def _not_from(order: MedicationOrder) -> Refused:
    text = _("The order is %(status)s.") % {"status": S(order.status).label}
    return Refused(Finding("order_not_active", text, field="status"))


def _cannot_change() -> str:
    return _("This cannot be changed. Stop the order and enter another one.")
