"""What a record holds beside the name: documents, contacts and their consent, the care team."""

import hashlib
from datetime import datetime
from typing import Any

from django.contrib.postgres.search import SearchVector
from django.core.files.base import ContentFile
from django.db.models import F, TextField, Value
from django.utils.translation import gettext as _

from hims.action import action, touches
from hims.errors import Finding, Refused
from hims.models import Actor, CareTeamMember, Document, Encounter, Patient, PatientContact
from hims.wire.papers import ENDINGS, kind_of, text_of

LARGEST = 8 * 2**20  # bytes of a file
SEARCHED = 200_000  # characters of a text that full-text search reads
CONTACT_FIELDS = ("name", "relationship", "phone", "email", "emergency")


@action("document.add")
def add_document(
    *,
    actor: Actor,
    now: datetime,
    patient: Patient,
    title: str,
    kind: str = "",
    text: str = "",
    content: bytes = b"",
    encounter: Encounter | None = None,
    supersedes: Document | None = None,
) -> Document:
    """A paper of the patient: typed text, or the bytes of a PDF, picture or text file, or both.

    supersedes: the older version that it takes the place of. The text of a PDF is not read: its
    title and what was typed beside it are found.
    """
    if not title.strip():
        raise Refused(Finding("no_title", _("Give it a title."), field="title"))
    if not text.strip() and not content:
        raise Refused(Finding("empty", _("Type a text or choose a file."), field="text"))
    if len(content) > LARGEST:
        raise Refused(Finding("too_large", _("A file may have up to 8 MB."), field="file"))
    content_type = kind_of(content) if content else ""
    if content_type is None:
        raise Refused(
            Finding("wrong_kind", _("Only PDF, PNG, JPEG and text files are kept."), field="file")
        )
    if supersedes is not None:
        supersedes = Document.objects.select_for_update().get(pk=supersedes.pk)
        _refuse_stale(supersedes, patient)
    document = Document(
        patient=patient,
        encounter=encounter,
        title=title.strip()[:160],
        kind=kind.strip()[:60],
        text=text.strip() or (text_of(content) if content_type == "text/plain" else ""),
        content_type=content_type,
        sha256=hashlib.sha256(content).digest() if content else None,
        added_by=actor,
        added_at=now,
        supersedes=supersedes,
    )
    if content:
        document.file.save(
            f"{document.uid}{ENDINGS[content_type]}", ContentFile(content), save=False
        )
    document.save()
    Document.objects.filter(pk=document.pk).update(found_by=_vector(document))
    touches(document, patient)
    return document


@action("document.withdraw")
def withdraw_document(*, actor: Actor, now: datetime, document: Document, reason: str) -> Document:
    """It does not belong here. It stays, marked, for those who must see what was there."""
    if not reason.strip():
        raise Refused(Finding("no_reason", _("Say why."), field="reason"))
    document = Document.objects.select_for_update().get(pk=document.pk)
    _refuse_stale(document, document.patient)
    document.withdrawn_at, document.withdrawn_reason = now, reason.strip()[:200]
    document.save()
    touches(document, document.patient)
    return document


@action("contact.change")
def add_contact(*, actor: Actor, now: datetime, patient: Patient, **said: Any) -> PatientContact:
    """Somebody to be told; `consented`, if true, says that the patient agreed to it just now."""
    consented = said.pop("consented", False)
    contact = PatientContact(patient=patient)
    _say(contact, said)
    if consented:
        contact.consented_at, contact.consent_recorded_by = now, actor
    contact.save()
    touches(contact, patient)
    return contact


@action("contact.change")
def change_contact(
    *, actor: Actor, now: datetime, contact: PatientContact, **said: Any
) -> PatientContact:
    """Another name, number or address of the same person."""
    contact = _open_contact(contact)
    _say(contact, said)
    contact.save()
    touches(contact, contact.patient)
    return contact


@action("contact.change")
def consent(*, actor: Actor, now: datetime, contact: PatientContact) -> PatientContact:
    """The patient agrees that this contact is told."""
    contact = _open_contact(contact)
    contact.consented_at, contact.consent_recorded_by, contact.withdrawn_at = now, actor, None
    contact.save()
    touches(contact, contact.patient)
    return contact


@action("contact.change")
def withdraw_consent(*, actor: Actor, now: datetime, contact: PatientContact) -> PatientContact:
    """The patient does not want this contact to be told any more."""
    contact = _open_contact(contact)
    if contact.consented_at is None or contact.withdrawn_at is not None:
        raise Refused(Finding("no_consent", _("There is no consent to withdraw.")))
    contact.withdrawn_at = now
    contact.save()
    touches(contact, contact.patient)
    return contact


@action("contact.change")
def end_contact(*, actor: Actor, now: datetime, contact: PatientContact) -> PatientContact:
    """No contact any more; it stays in the record's history."""
    contact = _open_contact(contact)
    contact.ended_at = now
    contact.save()
    touches(contact, contact.patient)
    return contact


@action("care_team.change")
def join_care_team(
    *, actor: Actor, now: datetime, patient: Patient, person: Actor, part: str = ""
) -> CareTeamMember:
    """`person` is of the patient's care team from now on, until they leave it."""
    if person.kind != Actor.Kind.PERSON or not person.may("patients.view"):
        raise Refused(
            Finding("not_of_care", _("This person does not see patients."), field="person")
        )
    Patient.objects.select_for_update().get(pk=patient.pk)
    if CareTeamMember.objects.filter(patient=patient, actor=person, ended_at=None).exists():
        raise Refused(Finding("member", _("They are of the team already."), field="person"))
    member = CareTeamMember(patient=patient, actor=person, part=part.strip()[:60], begun_at=now)
    member.save()
    touches(member, patient)
    return member


@action("care_team.change")
def leave_care_team(*, actor: Actor, now: datetime, member: CareTeamMember) -> CareTeamMember:
    """Oneself or another is of the team no more."""
    member = CareTeamMember.objects.select_for_update().get(pk=member.pk)
    if member.ended_at is None:
        member.ended_at = now
        member.save()
    touches(member, member.patient)
    return member


def _vector(document: Document) -> Any:
    """The words of the title weigh most. Twice: as they stand, and as English stems them."""
    return (
        SearchVector(F("title"), config="simple", weight="A")
        + SearchVector(F("title"), config="english", weight="A")
        + SearchVector(F("kind"), config="simple", weight="B")
        + SearchVector(_start_of(document.text), config="simple", weight="C")
        + SearchVector(_start_of(document.text), config="english", weight="C")
    )


def _start_of(text: str) -> Any:
    return Value(text[:SEARCHED], output_field=TextField())


def _refuse_stale(document: Document, patient: Patient) -> None:
    if document.patient_id != patient.pk:
        raise Refused(Finding("other_patient", _("This document is of another patient.")))
    if document.withdrawn_at is not None:
        raise Refused(Finding("withdrawn", _("This document was withdrawn.")))
    if Document.objects.filter(supersedes=document).exists():
        raise Refused(Finding("superseded", _("There is a newer version of this document.")))


def _open_contact(contact: PatientContact) -> PatientContact:
    contact = PatientContact.objects.select_for_update().get(pk=contact.pk)
    if contact.ended_at is not None:
        raise Refused(Finding("ended", _("This is no contact any more.")))
    return contact


def _say(contact: PatientContact, said: dict[str, Any]) -> None:
    for name in CONTACT_FIELDS:
        if name in said:
            value = said[name]
            setattr(contact, name, value.strip() if isinstance(value, str) else value)
    if not contact.name:
        raise Refused(Finding("no_name", _("Give the name."), field="name"))
    if not contact.phone and not contact.email:
        raise Refused(
            Finding("no_way", _("Give a phone number or an e-mail address."), field="phone")
        )
