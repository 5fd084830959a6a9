"""Appointments are booked, moved and cancelled; nobody and no room is ever had twice."""

import threading
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from hims import gate
from hims.actions import booking, rooms, schedules
from hims.actions.timers import run_due
from hims.errors import Forbidden, Invalid, Refused
from hims.models import Appointment, AuditEntry, Delivery, Patient, PatientContact, Timer
from hims.queries.actors import console
from hims.queries.appointments import holding, on_day
from hims.verifiers.flow import appointments
from tests.given_appointments import HALF, MONDAY, TUESDAY, clinic
from tests.given_flow import a_department, arrived

pytestmark = pytest.mark.django_db
BOOKERS = 50


def test_a_person_a_room_or_a_patient_that_is_held_refuses_and_names_the_other():
    opd = clinic()
    house = opd.house
    held = opd.book(zone=opd.room, about="cough")
    assert (held.period.upper - held.period.lower, held.reason) == (HALF, "cough")
    assert list(holding(opd.room, held.period)) == [held]
    assert AuditEntry.objects.filter(
        action="appointment.book", objects_named__contains=[f"appointment:{held.uid}"]
    ).exists()

    with pytest.raises(Refused, match=r"Person 104 has another.*09:00 to 09:30") as person:
        opd.book(TUESDAY + timedelta(minutes=29), patient=opd.second)
    with pytest.raises(Refused, match="Theatre one has another") as room:
        opd.book(patient=opd.second, practitioner=opd.other, zone=opd.room)
    with pytest.raises(Refused, match="The patient has another") as patient:
        opd.book(practitioner=opd.other)
    codes = [one.value.findings[0].code for one in (person, room, patient)]
    assert codes == ["person_busy", "room_busy", "patient_busy"]
    (other,) = person.value.alternatives
    assert (other["appointment"], other["practitioner"]) == (str(held.uid), "Person 104")
    assert other["patient"] is None, "the receptionist does not know this patient"

    assert opd.book(TUESDAY + HALF).period.lower == held.period.upper, "half-open: they may touch"
    with pytest.raises(Forbidden):
        opd.book(TUESDAY + 2 * HALF, actor=house.porter)


def test_what_only_the_database_saw_is_refused_in_the_same_words(monkeypatch):
    opd = clinic()
    opd.book()
    looks = []

    def blind(*args, **kwargs):
        looks.append(1)
        return None if len(looks) == 1 else in_the_way(*args, **kwargs)

    from hims.actions import appointment_holds

    in_the_way = appointment_holds.in_the_way
    monkeypatch.setattr(appointment_holds, "in_the_way", blind)
    with pytest.raises(Refused, match="Person 104 has another"):
        opd.book(patient=opd.second)
    first = Appointment.objects.get()
    for who in ("practitioner", "zone", "patient"):
        twin = Appointment(
            service=opd.service, period=first.period, booked_by=console(), booked_at=MONDAY
        )
        twin.patient, twin.practitioner, twin.zone = opd.second, opd.other, opd.room
        Appointment.objects.filter(pk=first.pk).update(zone=opd.room)
        setattr(twin, who, opd.room if who == "zone" else getattr(first, who))
        if who != "zone":
            twin.zone = None
        with pytest.raises(IntegrityError, match=f"appointment_one_a_{who}"), transaction.atomic():
            twin.save()


def test_a_time_must_be_one_and_not_over_closed_or_for_nobody():
    opd = clinic()
    impossible = [
        {"begins": TUESDAY.replace(tzinfo=None)},
        {"ends": TUESDAY},
        {"ends": TUESDAY + timedelta(hours=25)},
        {"practitioner": None},
    ]
    for asked in impossible:
        with pytest.raises(Invalid):
            opd.book(**asked)
    with pytest.raises(Refused, match="over"):
        opd.book(MONDAY - timedelta(days=1))
    schedules.close(
        actor=opd.house.manager,
        now=MONDAY,
        practitioner=opd.doctor,
        begins=TUESDAY,
        ends=TUESDAY + timedelta(days=1),
        reason="leave",
    )
    with pytest.raises(Refused, match="leave"):
        opd.book()
    Patient.objects.filter(pk=opd.first.pk).update(died_at=MONDAY)
    opd.first.refresh_from_db()
    with pytest.raises(Refused, match="died"):
        opd.book(TUESDAY + timedelta(days=7))


def test_a_moved_appointment_leaves_its_time_and_takes_its_number_along():
    opd = clinic()
    clerk = {"actor": opd.house.receptionist, "now": MONDAY}
    old = opd.book()
    Appointment.objects.filter(pk=old.pk).update(source_system="RIS", source_number="7")
    quarter = TUESDAY + timedelta(minutes=15)
    new = booking.reschedule_appointment(appointment=old, begins=quarter, **clerk)
    old = opd.fresh(old)
    assert (old.status, old.cancelled_why, old.source_number) == ("cancelled", "rescheduled", "")
    assert (new.rescheduled_from, new.source_number, new.practitioner) == (old, "7", opd.doctor)
    with pytest.raises(Refused, match="cancelled"):
        booking.reschedule_appointment(appointment=old, begins=TUESDAY, **clerk)

    opd.book(TUESDAY + timedelta(hours=1), patient=opd.second)
    with pytest.raises(Refused, match="Person 104"):
        booking.reschedule_appointment(
            appointment=new, begins=TUESDAY + timedelta(hours=1), **clerk
        )
    assert opd.fresh(new).status == "booked", "what could not be moved stays where it was"
    with pytest.raises(Invalid):
        booking.cancel_appointment(appointment=new, reason=" ", **clerk)
    booking.cancel_appointment(appointment=new, reason="has a cold", **clerk)
    assert opd.book(quarter, patient=opd.second).status == "booked", "its time is free again"
    history = new.history.order_by("history_id")
    assert [row.status for row in history] == ["booked", "cancelled"]


def test_a_series_is_booked_whole_or_as_far_as_it_fits():
    opd = clinic()
    asked = {
        "actor": opd.house.receptionist,
        "now": MONDAY,
        "patient": opd.first,
        "service": opd.service,
        "practitioner": opd.doctor,
        "begins": TUESDAY,
        "every": 1,
        "unit": "wk",
        "count": 4,
    }
    opd.book(TUESDAY + timedelta(days=14), patient=opd.second)
    with pytest.raises(Refused, match="2026-03-17 09:00 does not fit"):
        booking.book_series(**asked)
    assert Appointment.objects.count() == 1
    series = booking.book_series(**asked, whole=False)
    assert [one.period.lower.day for one in series.booked] == [3, 10, 24]
    assert [(when.day, why[:10]) for when, why in series.missed] == [(17, "Person 104")]
    for wrong in ({"count": 1}, {"count": 9999}, {"every": 0}, {"unit": "y"}):
        with pytest.raises(Invalid):
            booking.book_series(**asked | wrong)
    cancelled = booking.cancel_from_here(
        appointment=series.booked[1], reason="gets well", actor=opd.house.nurse, now=MONDAY
    )
    assert [one.period.lower.day for one in cancelled] == [10, 24]


def test_a_room_whose_bed_is_reserved_is_not_booked_and_one_that_is_booked_not_reserved():
    opd = clinic()
    flow = a_department(opd.house, MONDAY)
    bay, space = opd.house.zones["ED-1"], flow.spaces["ED-1-A"]
    visit = arrived(opd.house, flow, at=MONDAY)
    act = gate.Act(name="test", actor=opd.house.nurse, now=MONDAY)
    asked = {"space": space, "encounter": visit, "actor": opd.house.nurse, "source": "tap"}
    soon = MONDAY + timedelta(minutes=20)
    here = {"zone": bay, "practitioner": None, "patient": opd.second}

    def reserve(now):
        with transaction.atomic(), gate.opened(act):
            return rooms.reserve_space(now=now, until=now + timedelta(minutes=30), **asked)

    reserve(MONDAY)
    with pytest.raises(Refused, match="ED-1-A in this room is held"):
        opd.book(soon, **here)
    booked = opd.book(MONDAY + timedelta(minutes=30), **here)
    with transaction.atomic(), gate.opened(act):
        rooms.release_reservation(
            space=space, actor=opd.house.nurse, now=MONDAY, source="tap", reason=""
        )
    with pytest.raises(Refused, match="booked for an appointment at 10:00"):
        reserve(booked.period.lower - timedelta(minutes=10))


def test_a_reminder_goes_a_day_before_to_who_agreed_and_says_nothing_of_the_patient():
    opd = clinic()
    begins = TUESDAY + timedelta(days=7)
    contacts = {
        "agreed@example.org": {"consented_at": MONDAY},
        "never@example.org": {},
        "not-any-more@example.org": {"consented_at": MONDAY, "withdrawn_at": MONDAY},
    }
    for email, said in contacts.items():
        PatientContact.objects.create(patient=opd.first, name="Ida", email=email, **said)
    stays = opd.book(begins)
    gone = opd.book(begins + HALF, patient=opd.second)
    PatientContact.objects.create(
        patient=opd.second, name="Bo", email="bo@example.org", consented_at=MONDAY
    )
    booking.cancel_appointment(
        actor=opd.house.nurse, now=MONDAY, appointment=gone, reason="travels"
    )
    day_before = begins - timedelta(days=1)
    run_due(day_before - timedelta(minutes=1))
    assert not Delivery.objects.exists()
    run_due(day_before)
    told = Delivery.objects.get()
    assert told.address == "agreed@example.org"
    assert str(stays.uid) in told.text
    assert "2026-03-10 09:00" in told.text
    for private in ("Oakhurst", "Zebulon", "777001", "Check-up", "Outpatients", "Person 104"):
        assert private not in told.title + told.text
    assert not Timer.objects.filter(kind="appointment.remind", done_at=None).exists()


def test_of_fifty_who_book_one_time_at_once_one_wins_and_the_others_are_told(transactional_db):
    opd = clinic()
    told: list[str] = []
    gathered = threading.Barrier(BOOKERS, timeout=30)
    people = [opd.house.receptionist, opd.house.nurse, opd.house.physician]

    def press(number: int) -> None:
        asked = [
            {"patient": opd.second if number % 2 else opd.first},
            {"practitioner": opd.other, "zone": opd.room, "patient": opd.second},
        ][number % 5 == 0]
        try:
            gathered.wait()
            opd.book(actor=people[number % 3], **{"zone": opd.room} | asked)
            told.append("booked")
        except Refused as refused:
            told.append(refused.findings[0].code)
        finally:
            connection.close()

    racers = [threading.Thread(target=press, args=[number]) for number in range(BOOKERS)]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join(60)
    assert (len(told), told.count("booked")) == (BOOKERS, 1)
    assert set(told) <= {"booked", "person_busy", "room_busy", "patient_busy"}
    assert Appointment.objects.count() == 1


def test_the_day_is_the_hospitals_and_holds_what_goes_on_in_it(settings):
    opd = clinic()
    settings.TIME_ZONE = "Europe/Berlin"
    late = opd.book(datetime(2026, 3, 3, 22, 45, tzinfo=UTC))  # 23:45 to 0:15 in Berlin
    for day in (3, 4):
        assert list(on_day(opd.house.nurse, date(2026, 3, day))) == [late]
    assert not on_day(opd.house.nurse, date(2026, 3, 5))
    assert late.period == DateTimeTZRange(late.period.lower, late.period.lower + HALF)


def test_verify_finds_what_overlaps_although_the_database_should_have_refused_it():
    opd = clinic()
    flow = a_department(opd.house, MONDAY)
    one = opd.book(zone=opd.room)
    opd.book(TUESDAY + HALF, patient=opd.second)
    assert appointments(None) == (2, None)
    assert appointments(TUESDAY + HALF) == (1, None)
    for who, value in (("practitioner", opd.doctor), ("zone", opd.room), ("patient", opd.first)):
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute(f"ALTER TABLE hims_appointment DROP CONSTRAINT appointment_one_a_{who}")
            twin = Appointment(
                service=opd.service, period=one.period, booked_by=console(), booked_at=MONDAY
            )
            twin.patient, twin.practitioner = opd.second, opd.other
            setattr(twin, who, value)
            twin.save()
            _count, complaint = appointments(None)
            assert f"its {who}" in complaint
            transaction.set_rollback(True)
    visit = arrived(opd.house, flow, at=MONDAY, patient="MRN-777002")
    held = {"encounter": visit, "patient": opd.second, "assigned_by": console()}
    Appointment.objects.filter(pk=one.pk).update(zone=flow.spaces["W1-1"].zone)
    visit.beds.create(bed_space=flow.spaces["W1-1"], status="reserved", period=one.period, **held)
    assert "W1-1" in appointments(None)[1]
