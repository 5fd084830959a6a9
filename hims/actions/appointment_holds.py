"""What an appointment holds: a person, a room and a patient, each for one appointment at a time.

The rows of all three are locked before anybody looks, so that of many who book at once one wins
and the others are told by whom; the exclusion constraints would refuse it anyway.
"""

from collections.abc import Iterable
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.utils import timezone
from django.utils.translation import gettext as _

from hims.access.scopes import visible_to
from hims.action import step
from hims.errors import Finding, Refused
from hims.models import (
    Actor,
    Appointment,
    AppointmentService,
    BedSpace,
    Patient,
    ScheduleClosure,
    Staff,
    Zone,
)
from hims.queries.appointments import beds_held, in_the_way


@step
def lock(patient: Patient, practitioner: Staff | None, zone: Zone | None) -> None:
    """Hold everybody and everything that is booked, always in this order, and the bed spaces of
    the room: who reserves a bed holds those."""
    for model, row in ((Staff, practitioner), (Zone, zone), (Patient, patient)):
        if row is not None:
            list(model.objects.select_for_update(no_key=True).filter(pk=row.pk).values("pk"))
    if zone is not None:
        spaces = BedSpace.objects.select_for_update(no_key=True).filter(zone=zone)
        list(spaces.order_by("pk").values("pk"))


@step
def check_bookable(
    service: AppointmentService,
    patient: Patient,
    practitioner: Staff | None,
    zone: Zone | None,
    period: DateTimeTZRange,
    now: datetime,
) -> None:
    """Raises Refused for what is not offered, a time that is over, or a closure."""
    if not service.active:
        raise Refused(Finding("not_offered", _("This is not offered any more."), field="service"))
    if patient.died_at:
        raise Refused(Finding("died", _("This patient has died."), field="patient"))
    if period.upper <= now:
        raise Refused(Finding("past", _("This time is over."), field="begins"))
    closed = ScheduleClosure.objects.filter(period__overlap=period)
    for field, whose in (("practitioner", practitioner), ("zone", zone)):
        closure = closed.filter(**{field: whose}).first() if whose else None
        if closure:
            text = _("%(who)s cannot be booked then: %(why)s.")
            text %= {"who": whose.name, "why": closure.reason}
            raise Refused(Finding("closed", text, field=field))


@step
def check_free(
    actor: Actor,
    period: DateTimeTZRange,
    patient: Patient,
    practitioner: Staff | None,
    zone: Zone | None,
    besides: Iterable[int] = (),
) -> None:
    """Raises Refused naming what holds the person, the room, its beds or the patient."""
    other = in_the_way(
        period, patient=patient, practitioner=practitioner, zone=zone, besides=besides
    )
    if other:
        raise _refusal(actor, other, patient, practitioner)
    beds = beds_held(zone, period).exclude(patient=patient) if zone else None
    if beds is not None and (bed := beds.select_related("bed_space").first()):
        text = _("%(space)s in this room is held for a patient then.")
        raise Refused(Finding("bed_held", text % {"space": bed.bed_space.name}, field="zone"))


def _refusal(
    actor: Actor, other: Appointment, patient: Patient, practitioner: Staff | None
) -> Refused:
    begins, ends = (timezone.localtime(at) for at in (other.period.lower, other.period.upper))
    when = {"from": begins.strftime("%Y-%m-%d %H:%M"), "to": ends.strftime("%H:%M")}
    if practitioner and other.practitioner_id == practitioner.pk:
        code, field, who = "person_busy", "practitioner", practitioner.name
    elif other.patient_id == patient.pk:
        code, field, who = "patient_busy", "patient", _("The patient")
    else:
        code, field, who = "room_busy", "zone", other.zone.name
    text = _("%(who)s has another appointment, %(from)s to %(to)s.") % {"who": who, **when}
    if not visible_to(actor, Appointment.objects.filter(pk=other.pk)).exists():
        return Refused(Finding(code, text, field=field))
    known = visible_to(actor, Patient.objects.filter(pk=other.patient_id)).exists()
    return Refused(
        Finding(code, text, field=field),
        alternatives=[
            {
                "appointment": str(other.uid),
                "service": other.service.name,
                "begins": begins.isoformat(),
                "ends": ends.isoformat(),
                "practitioner": other.practitioner.name if other.practitioner else None,
                "zone": other.zone.code if other.zone else None,
                "patient": other.patient.mrn if known else None,
            }
        ],
    )


@step
def kept(one: Appointment, actor: Actor) -> None:
    """Save it; what only the database saw is said in the same words."""
    try:
        with transaction.atomic():
            one.save()
    except IntegrityError as error:
        name = getattr(getattr(error.__cause__, "diag", None), "constraint_name", "") or ""
        if name == "appointment_source_number":
            raise Refused(
                Finding("known_number", _("This number is booked already."), field="source_number")
            ) from None
        if not name.startswith("appointment_one_a_"):
            raise
        besides = [one.pk] if one.pk else []
        check_free(actor, one.period, one.patient, one.practitioner, one.zone, besides)
        raise
