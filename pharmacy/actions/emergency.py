"""Emergency: the medicine first, the order to follow. What is taken without a prescription is
written as an order without a prescriber, which stays on a list until one has signed it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from hims.action import action, touches
from hims.errors import Finding, Refused
from hims.models import Actor, Patient
from inventory.models import Product
from pharmacy.models import MedicationOrder
from pharmacy.queries.picked import Asked, picked_lines, the_product

from .dispensing import Dispensed, supplied
from .order_steps import may_prescribe, place_order


@action("pharmacy.emergency")
def supply_in_emergency(
    *,
    actor: Actor,
    now: datetime,
    patient: Patient,
    lines: Sequence[Asked],
    place: str,
    dose: str,
    dose_unit: str,
    route: str,
    reason: str,
    timing: str = "once",
    confirmation: str = "",
    overrides: Sequence[Mapping[str, Any]] = (),
) -> Dispensed:
    """Supply what was picked for `patient` at once; the order follows.

    All checks are asked as always, and a controlled drug still needs a second person: only the
    pharmacist's verification and the prescriber's name come afterwards.
    """
    if len(reason.strip()) < 3:
        raise Refused(Finding("no_reason", _("Say what the emergency is."), field="reason"))
    picked = picked_lines(lines, now=now)
    product: Product = the_product(picked)
    order = place_order(
        actor=actor,
        now=now,
        patient=patient,
        product=product,
        dose=dose,
        dose_unit=dose_unit,
        route=route,
        timing=timing,
        quantity=sum(line.quantity for line in picked),
        priority=MedicationOrder.Priority.STAT,
        emergency=True,
        note=reason.strip()[:500],
        overrides=overrides,
    )
    return supplied(
        actor=actor,
        now=now,
        order=order.uid,
        lines=lines,
        place=place,
        confirmation=confirmation,
        overrides=overrides,
        may_verify=True,
    )


@action("order.enter")
def sign_afterwards(*, actor: Actor, now: datetime, order: MedicationOrder) -> MedicationOrder:
    """Put one's name under an order that was supplied in an emergency."""
    found = MedicationOrder.objects.select_for_update(no_key=True).get(pk=order.pk)
    if not found.emergency or found.prescriber_id is not None:
        raise Refused(Finding("signed", _("This order has its prescriber already.")))
    if not may_prescribe(actor):
        raise Refused(Finding("may_not_prescribe", _("Only a prescriber can sign it.")))
    found.prescriber = actor
    found.save()
    touches(found.patient, found)
    return found
