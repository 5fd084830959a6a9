"""To hand over: the label is scanned, then the wristband; or somebody collects it and is named."""

from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _

from hims import subjects
from hims.action import action, touches
from hims.errors import Finding, Refused
from hims.models import Actor
from hims.wire import own_codes
from pharmacy.models import Dispense, MedicationOrder

from .verification import held_still, tell

S = Dispense.Status
NOT_GIVEN = (
    MedicationOrder.Status.CANCELLED,
    MedicationOrder.Status.STOPPED,
    MedicationOrder.Status.ON_HOLD,
)
"""What was supplied for such an order stays at the counter, or goes back."""
FEWEST_LETTERS = 3


@action("dispensing.hand_over")
def hand_over(
    *,
    actor: Actor,
    now: datetime,
    dispense: Dispense,
    label: str,
    wristband: str = "",
    collector: str = "",
) -> Dispense:
    """Hand a supply to its patient, or to somebody who collects it for them.

    label: what was scanned from the bag. wristband: what was scanned from the patient, whose
    supply it must be; collector: the name of whoever takes it instead.
    """
    found = held_still(dispense)
    if found.status not in (S.PICKED, S.CHECKED):
        text = _("It is %(status)s.") % {"status": found.get_status_display()}
        raise Refused(Finding("not_now", text))
    if found.order.status in NOT_GIVEN:
        text = _("The order is %(status)s now. Do not hand it over; take it back.")
        words = {"status": found.order.get_status_display()}
        raise Refused(Finding("order_ended", text % words))
    if label_read(label) != found.uid:
        text = _("This is not the label of this supply. Scan the label on the bag in your hand.")
        raise Refused(Finding("wrong_label", text, field="label"))
    if wristband.strip():
        _whose(wristband, found)
        found.handed_over_to = _("the patient, wristband read")
    else:
        name = " ".join(collector.split())
        if len(name) < FEWEST_LETTERS:
            text = _("Scan the wristband, or write down who collects it.")
            raise Refused(Finding("nobody_named", text, field="collector"))
        found.handed_over_to = name[:120]
    found.status, found.handed_over_by, found.handed_over_at = S.HANDED_OVER, actor, now
    found.save(update_fields=["status", "handed_over_by", "handed_over_at", "handed_over_to"])
    touches(found.order.patient, found.order, found)
    tell([found])
    return found


def label_read(text: str) -> UUID | None:
    """The supply that a label names, or None for any other code."""
    own = own_codes.parsed(text)
    if own is None or own[0] != "dispense":
        return None
    try:
        return UUID(own[1])
    except ValueError:
        return None


def _whose(wristband: str, dispense: Dispense) -> None:
    """Refused unless the wristband is that of the supply's patient. A label is no wristband."""
    known = subjects.find(wristband)
    if known is None or known.kind != "patient":
        text = _("This is no wristband that is known here.")
        raise Refused(Finding("unknown_wristband", text, field="wristband"))
    if known.thing.pk != dispense.order.patient_id:
        text = _("Stop: this supply is for another patient.")
        raise Refused(Finding("wrong_patient", text, field="wristband"))
