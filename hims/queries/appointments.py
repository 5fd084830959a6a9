"""Appointments: what holds a person or a room, a day's list, and the code on the letter."""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from uuid import UUID

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import Q, QuerySet
from django.utils import timezone

from hims.access.scopes import the_one, visible_to
from hims.domain.slots import moment
from hims.errors import NotFound
from hims.models import (
    Actor,
    Appointment,
    AppointmentService,
    BedAssignment,
    Patient,
    Staff,
    Zone,
)
from hims.subjects import Source, register
from hims.wire import own_codes

STAY_BINDS = timedelta(hours=12)  # a stay of unknown end stands in the way for so long


def holding(zone: Zone, period: DateTimeTZRange) -> QuerySet[Appointment]:
    """The appointments that hold `zone` in any part of `period`: a rule's question, asked while
    the zone's bed spaces are locked."""
    held = Appointment.objects.filter(zone=zone, status__in=Appointment.HOLDS)
    return held.filter(period__overlap=period).order_by("period")


def beds_held(zone: Zone, period: DateTimeTZRange) -> QuerySet[BedAssignment]:
    """Reservations and stays in the bed spaces of `zone` in any part of `period`.

    When a stay ends nobody knows: it counts for half a day from its beginning or from the latest
    sign of it, so that next week can be booked while somebody lies there now.
    """
    there = BedAssignment.objects.filter(bed_space__zone=zone, period__overlap=period)
    reserved = Q(status=BedAssignment.Status.RESERVED)
    known_end = Q(status=BedAssignment.Status.ACTIVE, period__upper_inf=False)
    lasts = Q(
        status=BedAssignment.Status.ACTIVE,
        period__upper_inf=True,
        bed_space__evidence_at__gt=period.lower - STAY_BINDS,
    )
    return there.filter(reserved | known_end | lasts)


def in_the_way(
    period: DateTimeTZRange,
    *,
    patient: Patient,
    practitioner: Staff | None,
    zone: Zone | None,
    besides: Iterable[int] = (),
) -> Appointment | None:
    """The first appointment that holds the person, the room or the patient at that time."""
    party = Q(patient=patient)
    if practitioner:
        party |= Q(practitioner=practitioner)
    if zone:
        party |= Q(zone=zone)
    held = Appointment.objects.filter(party, status__in=Appointment.HOLDS)
    others = held.filter(period__overlap=period).exclude(pk__in=list(besides))
    return (
        others.select_related("service", "practitioner", "zone", "patient")
        .order_by("period", "pk")
        .first()
    )


def day_bounds(day: date) -> DateTimeTZRange:
    """The hospital's day as a half-open period; 23 or 25 hours long when the clocks change."""
    zone = timezone.get_default_timezone()
    begins = datetime.combine(day, time.min, tzinfo=zone)
    return DateTimeTZRange(begins, datetime.combine(day + timedelta(days=1), time.min, tzinfo=zone))


def appointments(viewer: Actor) -> QuerySet[Appointment]:
    """The appointments that `viewer` may know of, with what a row shows."""
    return visible_to(viewer, Appointment.objects.all()).select_related(
        *("patient", "service__department", "practitioner", "zone__floor", "series"),
        *("encounter", "rescheduled_from", "rescheduled_to"),
    )


def on_day(viewer: Actor, day: date) -> QuerySet[Appointment]:
    """The appointments that begin or go on on a day of the hospital, in order of time."""
    return appointments(viewer).filter(period__overlap=day_bounds(day)).order_by("period", "pk")


def known_patients(viewer: Actor, keys: Iterable[int]) -> set[int]:
    """Of these patients' keys, those whose names `viewer` may see."""
    known = visible_to(viewer, Patient.objects.filter(pk__in=set(keys)))
    return set(known.values_list("pk", flat=True))


def services(viewer: Actor) -> QuerySet[AppointmentService]:
    """What can be booked."""
    found = visible_to(viewer, AppointmentService.objects.filter(active=True))
    return found.select_related("department").order_by("name", "pk")


def practitioners(viewer: Actor) -> QuerySet[Staff]:
    """Those with whom one can have an appointment: staff, for whoever may see appointments."""
    return Staff.objects.all() if viewer.may("appointments.view") else Staff.objects.none()


def room(viewer: Actor, uid: str) -> Zone:
    """A room, or NotFound."""
    return the_one(viewer, Zone.objects.all(), uid=uid)


def moment_here(wall: datetime) -> datetime | None:
    """The moment at which the hospital's clocks show `wall`; None if they never do."""
    return moment(wall, timezone.get_default_timezone())


def practitioner(viewer: Actor, uid: str) -> Staff:
    """Somebody to have an appointment with, or NotFound."""
    try:
        found = practitioners(viewer).filter(uid=UUID(uid)).first()
    except ValueError:
        found = None
    if found is None:
        raise NotFound("no such member of staff")
    return found


def bookable(viewer: Actor, text: str) -> Patient | None:
    """The patient of an id, a wristband or a whole record number, for whom `viewer` may book: who
    may search all patients may book for any, others for those they care for."""
    own = own_codes.parsed(text)
    text = own[1] if own and own[0] == "patient" else text.strip()
    known = Patient.objects.select_related("merged_into")
    if not viewer.may("patients.search"):
        known = visible_to(viewer, known)
    try:
        found = known.filter(uid=UUID(text)).first()
    except ValueError:
        found = known.filter(mrn=text).first()
    return found and (found.merged_into or found)


def code_of(appointment: Appointment) -> str:
    """The code on the letter, which checks the patient in."""
    return own_codes.written("appointment", str(appointment.uid))


def _by_code(text: str) -> Appointment | None:
    try:
        uid = UUID(text)
    except ValueError:
        return None
    return Appointment.objects.filter(uid=uid).first()


def _shown(viewer: Actor, appointment: Appointment) -> dict | None:
    if not viewer.may("appointments.view"):
        return None
    return {
        "id": str(appointment.uid),
        "status": appointment.status,
        "begins": appointment.period.lower.isoformat(),
        "ends": appointment.period.upper.isoformat(),
    }


register(Source("appointment", _by_code, _shown))
