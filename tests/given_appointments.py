"""An outpatient clinic in the small hospital of `tests.given`.

The clinic (department OPD) offers a check-up of 30 minutes, on Tuesdays 9:00 to 11:00 with the
physician in the theatre, which serves as its room. Times are of the hospital: UTC in the tests.
"""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.db import transaction

from hims import gate
from hims.actions import booking, rooms, schedules, waiting_list
from hims.models import (
    Actor,
    Appointment,
    AppointmentService,
    BedSpace,
    Department,
    Encounter,
    Patient,
    Schedule,
    ScheduleClosure,
    Staff,
    WaitingListEntry,
    Zone,
)
from hims.queries.actors import console
from tests.given import House, hospital

MONDAY = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
TUESDAY = datetime(2026, 3, 3, 9, 0, tzinfo=UTC)
HALF = timedelta(minutes=30)


@dataclass
class Clinic:
    """The clinic, the person and room of its hours, and two patients."""

    house: House
    department: Department
    service: AppointmentService
    hours: Schedule
    doctor: Staff
    other: Staff
    room: Zone
    first: Patient
    second: Patient
    now: datetime = field(default=MONDAY)

    def book(self, begins: datetime = TUESDAY, **asked: Any) -> Appointment:
        """An appointment of the first patient with the doctor, booked by the receptionist."""
        actor = asked.pop("actor", self.house.receptionist)
        now = asked.pop("now", self.now)
        wanted = {"patient": self.first, "service": self.service, "practitioner": self.doctor}
        return booking.book_appointment(actor=actor, now=now, begins=begins, **wanted | asked)

    def fresh(self, one: Appointment) -> Appointment:
        return Appointment.objects.get(pk=one.pk)


def clinic() -> Clinic:
    """The clinic of this module's docstring; its clock shows a Monday morning."""
    return opened(hospital())


def opened(house: House) -> Clinic:
    """The clinic in a hospital that is there."""
    department = Department.objects.create(
        code="OPD",
        name="Outpatients",
        kind=Department.Kind.OUTPATIENT,
        area=house.zones["COR"],
    )
    asked = {"actor": console(), "now": MONDAY}
    service = schedules.add_service(
        code="CHECK", name="Check-up", department=department, minutes=30, **asked
    )
    doctor = Staff.objects.get(actor=house.physician)
    room = house.zones["OR1"]
    hours = schedules.add_hours(
        service=service,
        practitioner=doctor,
        zone=room,
        weekday=1,
        begins=time(9),
        ends=time(11),
        valid_from=date(2026, 1, 1),
        **asked,
    )
    return Clinic(
        house=house,
        department=department,
        service=service,
        hours=hours,
        doctor=doctor,
        other=house.staff["S-900"],
        room=room,
        first=house.patients["MRN-777001"],
        second=house.patients["MRN-777002"],
    )


def lies_in(space: BedSpace, visit: Encounter, who: Actor, now: datetime = MONDAY) -> None:
    """The patient of `visit` is in `space` since `now`."""
    with transaction.atomic(), gate.opened(gate.Act(name="test.given", actor=who, now=now)):
        rooms.occupy_space(space=space, encounter=visit, actor=who, now=now, source="tap")


# the folder before an identifier in an address -> what it is about
SUBJECTS = {
    "appointments": lambda house: Appointment.objects.get(),
    "waiting": lambda house: WaitingListEntry.objects.get(),
    "schedules": lambda house: Schedule.objects.get(),
    "services": lambda house: AppointmentService.objects.get(),
    "closures": lambda house: ScheduleClosure.objects.get(),
}


def walked(house: House) -> None:
    """One of each thing that an address of appointments can be about, from today on."""
    opd = opened(house)
    desk = {"actor": house.receptionist, "now": house.now}
    tomorrow = house.now + timedelta(days=1)
    opd.book(tomorrow, now=house.now)
    waiting_list.wait_for(patient=opd.first, service=opd.service, earliest=house.now.date(), **desk)
    later = tomorrow + timedelta(days=7)
    schedules.close(zone=opd.room, begins=later, ends=later + HALF, reason="painting", **desk)
