"""Three months of appointments: who came, who did not, and how long each took."""

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import cycle

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.utils import timezone

from hims.demonstration.appointments import EVERY, OPENS, SERVICES, SLOTS_A_DAY, at_on
from hims.models import Actor, Appointment, AppointmentService, Patient, Staff, Zone

ABSENT, CANCELLED, UNSAID = 0.09, 0.07, 0.02
AT_ONCE = 2_000


def write(begins: datetime, now: datetime) -> None:
    """Write the appointments from `begins` to the end of yesterday."""
    services = {one.code: one for one in AppointmentService.objects.all()}
    if not {code for code, *_ in SERVICES} <= set(services):
        return
    chance = random.Random("three months of appointments")  # noqa: S311 - no secret
    desk = Actor.objects.filter(roles__contains=["receptionist"]).order_by("pk").first()
    doctor = Staff.objects.filter(actor__username="physician").first()
    rooms = {one.code: one for one in Zone.objects.filter(code__in=[row[4] for row in SERVICES])}
    known = Patient.objects.filter(died_at=None, merged_into=None, identified=True)
    people = cycle(known.order_by("mrn")[:400])
    booked = []
    for (code, _name, _department, minutes, room, seen), starts in _times(begins, now):
        one = Appointment(
            patient=next(people),
            service=services[code],
            practitioner=doctor if seen else None,
            zone=rooms[room],
            period=DateTimeTZRange(starts, starts + timedelta(minutes=minutes)),
            booked_by=desk or doctor.actor,
            booked_at=starts - timedelta(days=chance.randrange(1, 30)),
        )
        _settle(one, starts, minutes, chance)
        booked.append(one)
    Appointment.objects.bulk_create(booked, batch_size=AT_ONCE)


def _times(begins: datetime, now: datetime) -> Iterator[tuple[tuple, datetime]]:
    day = timezone.localdate(begins) + timedelta(days=1)
    while day < timezone.localdate(now):
        for place, service in enumerate(SERVICES):
            for number in range(place, SLOTS_A_DAY, 2):
                starts = at_on(day, OPENS, EVERY * number)
                if starts is not None:
                    yield service, starts
        day += timedelta(days=1)


def _settle(one: Appointment, starts: datetime, minutes: int, chance: random.Random) -> None:
    """What became of it; of a few nobody said."""
    luck = chance.random()
    if luck < ABSENT:
        one.status = Appointment.Status.NO_SHOW
    elif luck < ABSENT + CANCELLED:
        one.status = Appointment.Status.CANCELLED
        one.cancelled_at = starts - timedelta(hours=chance.uniform(2, 90))
        one.cancelled_why = "cannot come"
    elif luck > 1 - UNSAID:
        one.status = Appointment.Status.BOOKED
    else:
        one.status = Appointment.Status.FULFILLED
        one.checked_in_at = starts - timedelta(minutes=chance.uniform(2, 20))
        one.began_at = starts + timedelta(minutes=chance.uniform(-1, 12))
        one.ended_at = one.began_at + timedelta(minutes=minutes * chance.uniform(0.5, 1.0))
