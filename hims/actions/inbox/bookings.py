"""What a SIU message does to an appointment: booked, moved, changed, cancelled, not come to."""

from django.db.models import Max
from django.utils.translation import gettext as _

from hims.action import step
from hims.actions import appointments
from hims.errors import Finding, Refused
from hims.models import (
    Appointment,
    AppointmentService,
    Department,
    InboxMessage,
    Patient,
    Staff,
    Zone,
)
from hims.queries.inbox import default_department, mapped
from hims.wire.hl7v2 import Booking

from .account import Account

ELSEWHERE = "ELSEWHERE"  # the service of what was booked elsewhere under a word we do not know
_LONGEST = 80


@step
def apply_booking(account: Account, said: Booking, patient: Patient) -> None:
    """Do to the appointment what the trigger says."""
    if not account.owns("appointments"):
        return
    system, number = account.application[:_LONGEST], said.number[:_LONGEST]
    if _is_older(account, patient, number):
        account.unused = True
        return
    account.notes.append({"kind": "number", "text": number})
    found = Appointment.objects.filter(source_system=system, source_number=number).first()
    if found and found.patient_id != patient.pk:
        raise Refused(
            Finding("number_of_another", _("This number is of another patient's appointment."))
        )
    if said.trigger in {"S12", "S13", "S14"}:
        _stands(account, said, patient, found, (system, number))
    else:
        _does_not_stand(account, said, found)


def _stands(account: Account, said: Booking, patient: Patient, found, number) -> None:
    """S12 new, S13 another time, S14 something else about it: it is as this message says."""
    if said.starts_at is None:
        raise Refused(
            Finding("no_time", _("The message does not say when (TQ1-7, AIS-4, SCH-11)."))
        )
    who, where, department = _parties(account, said)
    reason = (said.note or said.reason)[:200]
    if found is None:
        if who is None and where is None:
            account.unused = True
            account.left(
                "unmapped",
                _("Neither the person nor the room is known here: map one of them, then replay."),
            )
            return
        appointments.book(
            patient=patient,
            service=_service(account, said, department),
            begins=said.starts_at,
            ends=said.ends_at,
            practitioner=who,
            zone=where,
            reason=reason,
            source_system=number[0],
            source_number=number[1],
            actor=account.actor,
            now=account.now,
        )
        account.did(_("appointment booked"))
        return
    ends = said.ends_at or said.starts_at + (found.period.upper - found.period.lower)
    as_it_is = (
        (found.period.lower, found.period.upper) == (said.starts_at, ends)
        and who in (None, found.practitioner)
        and where in (None, found.zone)
        and found.status == Appointment.Status.BOOKED
    )
    if as_it_is:
        _reworded(account, found, reason)
        return
    appointments.reschedule(
        appointment=found,
        begins=said.starts_at,
        ends=ends,
        practitioner=who or found.practitioner,
        zone=where or found.zone,
        reason=reason,
        actor=account.actor,
        now=account.now,
    )
    account.did(_("appointment moved"))


def _does_not_stand(account: Account, said: Booking, found: Appointment | None) -> None:
    """S15 cancelled, S26 not come to."""
    if found is None:
        account.unused = True
        account.left("text", _("There is no appointment of this number here."))
        return
    over = (Appointment.Status.CANCELLED, Appointment.Status.NO_SHOW)
    if found.status in over:
        account.left("older", _("This appointment is over already."))
        return
    if said.trigger == "S15":
        why = said.note or said.reason or "SIU^S15"
        appointments.cancel(appointment=found, why=why, actor=account.actor, now=account.now)
        account.did(_("appointment cancelled"))
    else:
        appointments.no_show(appointment=found, actor=account.actor, now=account.now)
        account.did(_("patient did not come"))


@step
def _reworded(account: Account, found: Appointment, reason: str) -> None:
    if reason and found.reason != reason:
        found.reason = reason
        found.save(update_fields=["reason"])
        account.did(_("changed: %(fields)s") % {"fields": "reason"})


def _parties(
    account: Account, said: Booking
) -> tuple[Staff | None, Zone | None, Department | None]:
    """The first person and the first room of the message that are known here; of other groups of
    resources it is noted that they were left."""
    who: Staff | None = None
    where: Zone | None = None
    department: Department | None = None
    words = mapped(account.interface)
    for each in said.resources:
        if each.who and each.who.number:
            known = words.get(("provider", each.who.number), each.who.number)
            person = Staff.objects.filter(number=known).first()
            if person is None:
                account.unknown("provider", each.who.number)
            who = who or person
        if each.where:
            place = account.place(each.where)
            where, department = where or place.zone, department or place.department
    if sum(each.kind == "AIL" for each in said.resources) > 1:
        account.left("text", _("One person and one room are booked; the message names more."))
    return who, where, department


@step
def _service(account: Account, said: Booking, department: Department | None) -> AppointmentService:
    """The service by the mapping or the same code; else the one of what is booked elsewhere."""
    coded = next((each.what for each in said.resources if each.kind == "AIS" and each.what), None)
    theirs = (coded.code or coded.text) if coded else said.kind
    ours = mapped(account.interface).get(("service", theirs), theirs)
    found = AppointmentService.objects.filter(code=ours[:40], active=True).first()
    if found:
        return found
    if theirs:
        account.unknown("service", theirs)
    department = department or default_department("AMB")
    if department is None:
        raise Refused(Finding("no_department", _("This hospital has no department yet.")))
    code = f"{ELSEWHERE}-{department.code}"[:40]
    kept = AppointmentService.objects.filter(code=code).first()
    kept = kept or AppointmentService(
        code=code, name=_("Booked elsewhere"), department=department, minutes=30
    )
    if kept.pk is None:
        kept.save()
    return kept


def _is_older(account: Account, patient: Patient, number: str) -> bool:
    """Whether something newer was said of this appointment already."""
    newest = InboxMessage.objects.filter(
        patient=patient,
        interface=account.interface,
        status__in=[InboxMessage.Status.APPLIED, InboxMessage.Status.UNUSED],
        notes__contains=[{"kind": "number", "text": number}],
    ).aggregate(at=Max("said_at"))["at"]
    if newest is None or account.ordered_at >= newest:
        return False
    account.left("older", _("Older than what was said of the appointment since: not applied."))
    return True
