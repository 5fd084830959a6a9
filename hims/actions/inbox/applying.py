"""What a message means is done: each trigger calls the steps of the rooms that it is about."""

from datetime import tzinfo

from django.utils.translation import gettext as _

from hims.action import step
from hims.actions import rooms_told
from hims.actions.merging import merge_patients
from hims.actions.registration import take_patient
from hims.inbox_parts import part
from hims.models import Patient, PatientIdentifier
from hims.wire import hl7v2

from . import bookings, people, visits
from .account import Account

OF_VISITS = {"A01", "A02", "A03", "A04", "A05", "A08", "A11", "A12", "A13"}
OF_PERSONS = {"A28", "A31", "A60"}
SUPPORTED = {
    "ADT": OF_VISITS | OF_PERSONS | {"A20", "A40"},
    "SIU": {"S12", "S13", "S14", "S15", "S26"},
}
_WITH_ALLERGIES = {"A01", "A04", "A05", "A08"} | OF_PERSONS


def supports(message: hl7v2.Message) -> bool:
    """Whether messages of this type and trigger are applied."""
    return message.trigger in SUPPORTED.get(message.type, ())


@step
def apply(account: Account, message: hl7v2.Message, zone: tzinfo) -> None:
    """Apply the message; raises Unreadable or Refused when it cannot be."""
    if message.type == "SIU":
        booked = hl7v2.booking(message, zone)
        if booked.patient is None:
            raise hl7v2.Unreadable("100", f"{message.event} needs a segment PID.")
        bookings.apply_booking(account, booked, people.take(account, booked.patient))
        return
    said = hl7v2.admission(message, zone)
    if said.trigger == "A20":
        for bed in said.beds:
            _bed(account, bed)
    elif said.trigger == "A40":
        for merge in said.merges:
            _merge(account, merge)
    elif said.patient is not None:
        patient = people.take(account, said.patient)
        if said.trigger in OF_VISITS:
            visits.apply_visit(account, said, patient)
        people.keep_contacts(account, patient, said.contacts)
        if said.trigger in _WITH_ALLERGIES:
            _allergies(account, said, patient)


def _allergies(account: Account, said: hl7v2.Admission, patient: Patient) -> None:
    if not said.allergies or not account.owns("allergies"):
        return
    keep = part("allergies")
    if keep is None:
        account.left("text", _("Nobody keeps allergies here."))
        return
    for text in keep(patient=patient, said=said.allergies, actor=account.actor, now=account.now):
        account.did(text)


def _bed(account: Account, said: hl7v2.BedSaid) -> None:
    """A20: what another system says of a bed. No machine calls a bed ready."""
    if not account.owns("beds"):
        return
    space = account.place(said.location).space
    if space is None:
        account.unused = True
        return
    rooms_told.bed_status(
        space=space, state=said.status, actor=account.actor, now=account.now, source="hl7"
    )
    account.did(_("%(space)s: %(state)s") % {"space": space, "state": said.status})


def _merge(account: Account, said: hl7v2.MergeSaid) -> None:
    """A40: the prior numbers are of this patient; their record, if there is one, is merged."""
    kept = people.take(account, said.patient)
    if not account.owns("demographics"):
        return
    prior, _ours = people.numbers(account, said.prior)
    for system, value in prior:
        known = PatientIdentifier.objects.filter(system=system, value=value)
        other = known.select_related("patient__merged_into").first()
        merged = other and (other.patient.merged_into or other.patient)
        if merged is None:
            take_patient(
                actor=account.actor, now=account.now, identifiers=[(system, value)], mrn=kept.mrn
            )
            account.did(_("an earlier number now leads to the patient"))
        elif merged.pk != kept.pk:
            merge_patients(
                merged=merged, kept=kept, reason="ADT^A40", actor=account.actor, now=account.now
            )
            account.did(_("records merged"))
