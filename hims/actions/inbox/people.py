"""Who a message is about: found by the sender's numbers, changed as far as the sender owns it."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from hims.action import step
from hims.actions.registration import change, refuse_impossible_birth, take_patient
from hims.models import InboxMessage, Patient, PatientContact
from hims.queries.inbox import mapped
from hims.wire.hl7v2 import ContactSaid, Identifier, PatientSaid

from .account import Account

OURS = "MRN"  # the mapping's word for "these are our own record numbers"
_OF_PATIENTS = {"MR", "PI", "PT", "MRN", "PN", "AN"}  # table 0203: numbers given to one patient
_LONGEST = 80


@step
def take(account: Account, said: PatientSaid) -> Patient:
    """The patient that the numbers are of, or a new one; what is said of them applied.

    Somebody new is taken with all that is said even by a sender who owns none of it: nobody else
    has said anything yet.
    """
    pairs, mrn = numbers(account, said.identifiers)
    known, strange = _known(pairs, mrn)
    facts = _facts(account, said)
    if known is None:
        mrn = mrn or _free_number(account, said, facts)
        patient = take_patient(
            actor=account.actor, now=account.now, identifiers=pairs, mrn=mrn, **facts
        )
        account.did(_("new patient taken"))
    else:
        patient = _changed(account, known, said, facts)
        if strange:  # numbers that were not known are kept with the patient from now on
            take_patient(actor=account.actor, now=account.now, identifiers=strange, mrn=patient.mrn)
    account.patient = patient
    return patient


def numbers(account: Account, said: Sequence[Identifier]) -> tuple[list[tuple[str, str]], str]:
    """The numbers by which the patient is found, as (system, value), and our own number among
    them. Social security and other papers are not among them: families share them."""
    typed = [each for each in said if each.kind.upper() in _OF_PATIENTS]
    taken = typed or list(said[:1])
    pairs, mrn = [], ""
    for each in taken:
        assigner = each.assigner or account.application
        if mapped(account.interface).get(("assigner", assigner), "").upper() == OURS:
            mrn = mrn or each.value[:40]
        else:
            pairs.append((assigner[:_LONGEST], each.value[:_LONGEST]))
    return pairs, mrn


def _known(
    pairs: Sequence[tuple[str, str]], mrn: str
) -> tuple[Patient | None, list[tuple[str, str]]]:
    """The one patient whose the numbers are that are known, and the numbers that are not."""
    found = {(one.said_system, one.said_value): one for one in _numbered(pairs)}
    patients = {found[pair].pk: found[pair] for pair in pairs if pair in found}
    if mrn and (ours := Patient.objects.filter(mrn=mrn).first()):
        patients[ours.pk] = ours
    if len(patients) != 1:
        return None, []  # nobody; or two, which `take_patient` refuses
    [patient] = patients.values()
    strange = [pair for pair in pairs if pair not in found]
    return patient.merged_into or patient, strange


def _numbered(pairs: Sequence[tuple[str, str]]) -> Iterable[Any]:
    """The patients whose the numbers are, each with the number by which it was found. Every message
    asks this, so it is not put together anew for each."""
    return Patient.objects.raw(
        "SELECT hims_patient.*, number.system AS said_system, number.value AS said_value"
        " FROM unnest(%s::text[], %s::text[]) AS said (system, value)"
        " JOIN hims_patientidentifier AS number"
        " ON number.system = said.system AND number.value = said.value"
        " JOIN hims_patient ON hims_patient.id = number.patient_id",
        [[system for system, _value in pairs], [value for _system, value in pairs]],
    )


def _facts(account: Account, said: PatientSaid) -> dict:
    """What is said of the patient in the words of our record."""
    facts: dict = {}
    if said.name:
        facts["family"] = said.name.family[:120] or None
        facts["given"] = said.name.given[:120] or None
    if said.birth:
        facts["birth_date"] = said.birth.date
        facts["birth_estimated"] = said.birth.precision != "day"
    if said.sex:
        facts["sex"] = account.word("sex", said.sex) or None
    if said.dead and said.died_at:
        facts["died_at"] = account.believable(said.died_at)
    return {name: value for name, value in facts.items() if value is not None}


def _free_number(account: Account, said: PatientSaid, facts: dict) -> str:
    """The sender's record number becomes ours where nobody has it, and where the record that has it
    is of the same name and birth date; else somebody new gets a number of ours."""
    record = next((each for each in said.identifiers if each.kind.upper() in {"MR", ""}), None)
    if record is None or len(record.value) > 40:
        return ""
    holder = Patient.objects.filter(mrn=record.value).first()
    if holder is None:
        return record.value
    same = holder.birth_date is not None and (
        (holder.family.casefold(), holder.birth_date)
        == (facts.get("family", "").casefold(), facts.get("birth_date"))
    )
    if same:
        account.did(_("found by number, name and birth date"))
        return record.value
    account.unknown("assigner", record.assigner or account.application)
    return ""


def _changed(account: Account, patient: Patient, said: PatientSaid, facts: dict) -> Patient:
    """Apply what differs, if it is the sender's to say and not older than what was applied."""
    if patient.identified is False and facts.get("family"):
        facts["identified"] = True
    facts = account.readable(facts)
    if "birth" in said.blank:
        facts["birth_date"] = None
    if "sex" in said.blank:
        facts["sex"] = Patient.Sex.UNKNOWN
    if "name" in said.blank:
        account.left("text", _("A patient always has a name: it was not blanked."))
    differing = {name: value for name, value in facts.items() if getattr(patient, name) != value}
    if not differing or not account.owns("demographics") or _is_older(account, patient):
        return patient
    patient = Patient.objects.select_for_update().get(pk=patient.pk)
    refuse_impossible_birth(differing.get("birth_date"), account.now)
    change(patient, **differing)
    account.did(_("changed: %(fields)s") % {"fields": ", ".join(sorted(differing))})
    return patient


def _is_older(account: Account, patient: Patient) -> bool:
    """Whether this sender has said something newer of the patient already."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT max(said_at) FROM hims_inboxmessage"
            " WHERE patient_id = %s AND interface_id = %s AND status = %s",
            [patient.pk, account.interface.pk, InboxMessage.Status.APPLIED.value],
        )
        (newest,) = cursor.fetchone()
    if newest is None or account.ordered_at >= newest:
        return False
    account.left("older", _("Older than what was said of the patient since: not applied."))
    return True


@step
def keep_contacts(account: Account, patient: Patient, said: Sequence[ContactSaid]) -> None:
    """Who is near to the patient; consent to be told is never taken from a message."""
    if not said or not account.owns("contacts"):
        return
    for one in said:
        facts = {
            "relationship": one.relationship.words[:60] if one.relationship else "",
            "phone": one.phones[0].number[:40] if one.phones else "",
        }
        name = one.name.full[:160]
        contact = patient.contacts.filter(name=name, ended_at=None).first()
        contact = contact or PatientContact(patient=patient, name=name)
        differing = {
            field: value
            for field, value in facts.items()
            if value and getattr(contact, field) != value
        }
        if contact.pk is None or differing:
            for field, value in differing.items():
                setattr(contact, field, value)
            contact.save()
            account.did(_("contact kept"))
