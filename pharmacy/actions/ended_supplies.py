"""A supply that was picked, and whose order then ended, must not reach the patient: the pharmacy
is told, until it came back."""

from datetime import datetime

from django.utils.translation import gettext as _

from hims.action import step
from hims.actions.alerts import clear_alert, raise_alert
from hims.models import Actor
from pharmacy.alert_rules import READY_FOR_NOTHING
from pharmacy.models import Dispense, MedicationOrder

READY = (Dispense.Status.PICKED, Dispense.Status.CHECKED)


@step
def call_back(order: MedicationOrder, *, actor: Actor, now: datetime) -> None:
    """Tell the pharmacy of each supply of an ended order that stands ready."""
    for supply in Dispense.objects.filter(order=order, status__in=READY).order_by("pk"):
        raise_alert(
            rule=READY_FOR_NOTHING,
            group_key=f"order:{order.uid}",
            subject=f"dispense:{supply.uid}",
            title=_("A picked supply's order was ended: put it back"),
            text=str(supply.product or ""),
            url=f"/pharmacy/supplies/{supply.uid}/",
            patient=order.patient,
            actor=actor,
            now=now,
        )


@step
def came_back(supply: Dispense, *, actor: Actor, now: datetime) -> None:
    """All of it was returned: nobody need look for it."""
    clear_alert(
        rule=READY_FOR_NOTHING,
        group_key=f"order:{supply.order.uid}",
        subject=f"dispense:{supply.uid}",
        patient=supply.order.patient,
        actor=actor,
        now=now,
    )
