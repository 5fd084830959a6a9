"""Appointments of the demonstration: three services with hours, a day that is under way, a series,
a time that became free and who waits for one, made through the actions that people use."""

from datetime import date, datetime, time, timedelta
from itertools import cycle

from django.utils import timezone

from hims.access.roles import Role
from hims.actions import booking, schedules, waiting_list
from hims.actions.shifts import begin_shift
from hims.models import (
    Actor,
    Appointment,
    AppointmentService,
    Department,
    Encounter,
    Patient,
    Staff,
    Zone,
)
from hims.queries.appointments import moment_here

# code, name, department, minutes, room, whether the physician of the demonstration sees them
SERVICES = (
    ("XRAY", "X-ray and review", "IMG", 20, "IMG-XR-1", True),
    ("ULTRASOUND", "Ultrasound", "IMG", 30, "IMG-US", False),
    ("MRI", "MRI", "IMG", 45, "IMG-MRI", False),
)
OPENS, CLOSES = time(6), time(23)
EVERY = timedelta(minutes=60)  # how far apart the day's appointments of one service lie
SLOTS_A_DAY = 17
SINCE = timedelta(days=91)  # the services have had their hours for so long
NO_SHOW_EACH = 5  # one of so many does not come
UNSETTLED = timedelta(minutes=50)  # so long ago it began, and nobody has said yet what became of it
ABOUT = ("wrist, six weeks", "ankle, two weeks", "clavicle", "finger, stitches")


def opened() -> bool:
    """Whether the services were ever there."""
    return AppointmentService.objects.filter(code=SERVICES[0][0]).exists()


def open_clinic(*, operator: Actor, now: datetime) -> None:
    """Have services, hours and today's appointments, where the departments are there."""
    departments = {one.code: one for one in Department.objects.all()}
    if not {department for _c, _n, department, *_ in SERVICES} <= set(departments):
        return
    desk = Actor.objects.filter(roles__contains=[Role.RECEPTIONIST]).order_by("pk").first()
    doctor = Staff.objects.filter(actor__username="physician").select_related("actor").first()
    here = Encounter.objects.filter(status__in=[*Encounter.OPEN, Encounter.Status.PLANNED])
    known = Patient.objects.filter(died_at=None, merged_into=None, identified=True)
    known = known.exclude(pk__in=here.values("patient"))
    # Where few are known, somebody comes twice on a day, hours apart.
    people = cycle(known.order_by("-mrn")[: len(SERVICES) * SLOTS_A_DAY + 20])
    if desk:
        begin_shift(actor=desk, now=now, department=departments[SERVICES[0][2]])
    desk = desk or operator
    before = now - SINCE
    for number, (code, name, department, minutes, room, seen) in enumerate(SERVICES):
        service = schedules.add_service(
            actor=operator,
            now=before,
            code=code,
            name=name,
            department=departments[department],
            minutes=minutes,
        )
        party = {
            "practitioner": doctor if seen else None,
            "zone": Zone.objects.get(code=room),
        }
        for weekday in range(7):
            schedules.add_hours(
                actor=operator,
                now=before,
                service=service,
                weekday=weekday,
                begins=OPENS,
                ends=CLOSES,
                valid_from=timezone.localdate(before),
                **party,
            )
        _fill_the_day(desk, doctor, service, party, people, now, number)
    _ahead(desk, doctor, people, now)


def _fill_the_day(desk, doctor, service, party, people, now, offset: int) -> None:
    today = timezone.localdate(now)
    for number, patient in zip(range(SLOTS_A_DAY), people, strict=False):
        begins = at_on(today, OPENS, EVERY * number)
        if begins is None:
            continue
        one = booking.book_appointment(
            actor=desk,
            now=begins - timedelta(days=3),
            patient=patient,
            service=service,
            begins=begins,
            about=ABOUT[number % len(ABOUT)] if party["practitioner"] else "",
            **party,
        )
        _settle(desk, doctor, one, now, absent=number % NO_SHOW_EACH == offset + 1)


def _settle(desk, doctor, one: Appointment, now: datetime, *, absent: bool) -> None:
    """What would have been said of it by `now`."""
    begins, ends = one.period.lower, one.period.upper
    if begins - timedelta(minutes=20) > now:
        return
    if absent:
        if begins + UNSETTLED < now:
            booking.say_no_show(actor=desk, now=begins + timedelta(minutes=25), appointment=one)
        return
    booking.check_in_patient(
        actor=desk, now=min(now, begins - timedelta(minutes=8)), appointment=one, source="scan"
    )
    acts = doctor.actor if doctor else desk
    called = begins + timedelta(minutes=4)
    if called < now:
        booking.begin_appointment(actor=acts, now=called, appointment=one)
    if ends < now:
        booking.end_appointment(actor=acts, now=ends - timedelta(minutes=3), appointment=one)


def _ahead(desk, doctor, people, now) -> None:
    """Tomorrow a time becomes free; three wait; one comes each week."""
    service = AppointmentService.objects.get(code="XRAY")
    tomorrow = timezone.localdate(now) + timedelta(days=1)
    asked = {"actor": desk, "now": now, "service": service}
    begins = at_on(tomorrow, time(10), timedelta(0))
    if begins is None or doctor is None:
        return
    for urgency in (2, 1, 3):
        waiting_list.wait_for(
            patient=next(people), earliest=timezone.localdate(now), urgency=urgency, **asked
        )
    gone = booking.book_appointment(
        patient=next(people), begins=begins, practitioner=doctor, **asked
    )
    booking.cancel_appointment(actor=desk, now=now, appointment=gone, reason="has a cold")
    booking.book_series(
        patient=next(people),
        begins=begins + timedelta(hours=1),
        every=1,
        unit="wk",
        count=4,
        practitioner=doctor,
        about="physiotherapy plan",
        **asked,
    )


def at_on(day: date, begins: time, later: timedelta) -> datetime | None:
    """The moment `later` than the time `begins` of a day's clocks; None if they never show it."""
    return moment_here(datetime.combine(day, begins) + later)
