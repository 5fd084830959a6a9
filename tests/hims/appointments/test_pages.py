"""What the desk does on pages: find a time and book it, check in by a scan, settle who did not
come, ask who waits, and keep the hours."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse

from hims.models import (
    Appointment,
    AppointmentService,
    AuditEntry,
    Encounter,
    Schedule,
    ScheduleClosure,
    WaitingListEntry,
)
from hims.wire import own_codes
from tests.given import signed_in
from tests.given_appointments import HALF, MONDAY, TUESDAY, clinic
from tests.given_flow import on_shift

pytestmark = pytest.mark.django_db


@pytest.fixture
def opd():
    with time_machine.travel(MONDAY, tick=False):
        opd = clinic()
        for who in (opd.house.receptionist, opd.house.charge_nurse):
            on_shift(who, opd.department, MONDAY, MONDAY + timedelta(hours=30))
        yield opd


def pressed(browser, url: str, **fields):
    fields.setdefault("key", f"press {hash((url, *sorted(fields.items())))}")
    return browser.post(url, fields, follow=True)


def test_the_desk_books_one_of_the_earliest_times_and_is_told_who_has_it(opd):
    desk = signed_in(opd.house.receptionist)
    url = reverse("book-appointment")
    found = desk.get(url, {"q": "Okhurst"}).content.decode()
    assert "Oakhurst, Zebulon" in found
    assert AuditEntry.objects.filter(action="patient.search", reason="Okhurst").exists()
    asked = {"patient": str(opd.first.uid), "service": "CHECK"}
    page = desk.get(url, asked).content.decode()
    slots = re.findall(r'name="slot" value="([^"]+~[^"]*)"', page)
    assert len(slots) == 24
    assert slots[0].startswith("2026-03-03T09:00:00+00:00~")
    booked = pressed(desk, url, **asked, slot=slots[0], about="cough", key="once")
    one = Appointment.objects.get()
    assert booked.redirect_chain[-1][0] == reverse("appointment", args=[one.uid])
    assert (one.period.lower, one.practitioner, one.zone) == (TUESDAY, opd.doctor, opd.room)
    pressed(desk, url, **asked, slot=slots[0], about="cough", key="once")
    assert Appointment.objects.count() == 1, "a second press does nothing"

    other = {"patient": str(opd.second.uid), "service": "CHECK"}
    taken = pressed(desk, url, **other, slot=slots[0])
    text = taken.content.decode()
    assert taken.status_code == 409
    assert "Person 104 has another appointment" in text
    assert "MRN-777001" in text
    free = {"slot": "free", "begins": "2026-03-04T10:00", "who": str(opd.doctor.uid)}
    series = pressed(desk, url, **other, **free, count="3", every="1", unit="d", part="1")
    assert "3 times booked" in series.content.decode()
    for wrong in ({"slot": "nonsense"}, {"slot": "free"}, {**free, "count": "x"}):
        assert pressed(desk, url, **other, **wrong).status_code == 409
    assert signed_in(opd.house.porter).get(url).status_code == 403


def test_a_scan_checks_in_and_the_next_press_is_the_next_step(opd):
    one, two = opd.book(), opd.book(TUESDAY + HALF)
    day, check_in = reverse("appointments"), reverse("check-in-by-code")
    desk = signed_in(opd.house.receptionist)
    assert "Oakhurst" not in desk.get(day).content.decode(), "they are booked for tomorrow"
    with time_machine.travel(TUESDAY + timedelta(minutes=20), tick=False):
        desk = signed_in(opd.house.receptionist)
        page = desk.get(day).content.decode()
        assert page.index("Did they come?") < page.index("Person 104")
        several = pressed(desk, check_in, code="HIMS:PATIENT:MRN-777001").content.decode()
        assert "Which one?" in several
        assert not Encounter.objects.exists()
        code = own_codes.written("appointment", str(one.uid))
        pressed(desk, check_in, code=code, back=f"{day}?by=room")
        assert opd.fresh(one).encounter.milestones.get().source == "scan"
        pressed(desk, check_in, code="HIMS:PATIENT:MRN-777001")
        assert opd.fresh(two).status == "arrived"
        for text, said in (("HIMS:ASSET:P-1", "no wristband"), ("MRN-777002", "no appointment")):
            refused = pressed(desk, check_in, code=text)
            assert (refused.status_code, said in refused.content.decode()) == (409, True)
        away = desk.post(check_in, {"code": code, "key": "x", "back": "https://elsewhere.example"})
        assert away.status_code == 409

        doctor = signed_in(opd.house.physician)
        mine = doctor.get(day, {"by": "room"}).content.decode()
        assert "Call in" in mine
        assert "Oakhurst" in mine, "who sees the patient knows them"
        pressed(doctor, reverse("begin-appointment", args=[one.uid]))
        assert "Done" in doctor.get(day).content.decode()
        pressed(doctor, reverse("end-appointment", args=[one.uid]))
        assert opd.fresh(one).status == "fulfilled"
        fragment = doctor.get(day, headers={"HX-Request": "true"}).content.decode()
        assert "<html" not in fragment
        nobody = signed_in(opd.house.manager).get(day).content.decode()
        assert "Oakhurst" not in nobody
        assert "A patient you do not care for" in nobody


def test_an_appointment_is_moved_cancelled_and_its_time_offered_to_who_waits(opd):
    one = opd.book()
    desk = signed_in(opd.house.receptionist)
    asked = {"patient": str(opd.second.uid), "service": "CHECK", "urgency": "1"}
    pressed(desk, reverse("add-waiting"), **asked, earliest="2026-03-02")
    again = pressed(desk, reverse("add-waiting"), **asked, note="again")
    assert again.status_code == 409
    entry = WaitingListEntry.objects.get()
    here = reverse("appointment", args=[one.uid])
    slot = re.findall(r'name="slot" value="([^"]+~[^"]*)"', desk.get(here).content.decode())[1]
    moved = pressed(desk, reverse("reschedule-appointment", args=[one.uid]), slot=slot)
    new = Appointment.objects.get(rescheduled_from=one)
    assert "Moved." in moved.content.decode()
    assert "Moved to" in desk.get(here).content.decode()
    cancel = reverse("cancel-appointment", args=[new.uid])
    assert pressed(desk, cancel, reason=" ").status_code == 409
    assert "Cancelled" in pressed(desk, cancel, reason="has a cold").content.decode()

    waiting = desk.get(reverse("appointment-waiting")).content.decode()
    assert waiting.index("Times that became free") < waiting.index("Who waits")
    assert "Yarborough" in waiting
    offered = re.findall(r'name="slot" value="([^"]+)"', waiting)[0]
    pressed(desk, reverse("offer-waiting", args=[entry.uid]), slot=offered)
    pressed(desk, reverse("decline-waiting", args=[entry.uid]))
    pressed(desk, reverse("offer-waiting", args=[entry.uid]), slot=offered, again="1")
    pressed(desk, reverse("accept-waiting", args=[entry.uid]))
    entry.refresh_from_db()
    assert (entry.status, entry.appointment.patient) == ("booked", opd.second)
    assert pressed(desk, reverse("withdraw-waiting", args=[entry.uid])).status_code == 409


def test_hours_are_kept_and_a_closure_says_what_is_still_booked(opd):
    one = opd.book()
    nurse = signed_in(opd.house.charge_nurse)
    here = reverse("appointment-schedules")
    service = {"code": "ECG", "name": "ECG", "department": opd.department.pk, "minutes": "15"}
    assert pressed(nurse, reverse("add-service"), **service).redirect_chain
    ecg = AppointmentService.objects.get(code="ECG")
    hours = {
        "service": ecg.pk, "zone": opd.room.pk, "weekday": "0", "valid_from": "2026-03-01",
        "begins": "08:00", "ends": "12:00",
    }  # fmt: skip
    assert pressed(nurse, reverse("add-hours"), **hours).redirect_chain
    wrong = pressed(nurse, reverse("add-hours"), **hours | {"ends": "07:00"})
    assert (wrong.status_code, "ends before" in wrong.content.decode()) == (400, True)
    assert Schedule.objects.filter(service=ecg).count() == 1
    closed = {"practitioner": opd.doctor.pk, "reason": "leave"}
    closed |= {"begins": "2026-03-03T00:00", "ends": "2026-03-04T00:00"}
    assert pressed(nurse, reverse("close-time"), **closed).redirect_chain
    page = nurse.get(here).content.decode()
    for text in ("Monday 08:00–12:00", "leave", "still booked:", str(one.uid)):
        assert text in page
    closure = ScheduleClosure.objects.get()
    pressed(nurse, reverse("open-time", args=[closure.uid]))
    pressed(nurse, reverse("end-hours", args=[opd.hours.uid]))
    change = {"name": "ECG at rest", "minutes": "20"}
    pressed(nurse, reverse("service", args=[ecg.uid]), **change)
    ecg.refresh_from_db()
    opd.hours.refresh_from_db()
    assert (ecg.minutes, ecg.active, opd.hours.valid_until) == (20, False, MONDAY.date())
    assert not ScheduleClosure.objects.exists()
    assert signed_in(opd.house.nurse).get(reverse("add-hours")).status_code == 403

    occupied = nurse.get(
        reverse("appointment-occupancy"), {"from": "2026-03-03", "to": "2026-03-03"}
    )
    assert "Person 104" in occupied.content.decode()
    assert "n/a" in occupied.content.decode()
    for nonsense in ("x", "9999-12-31", "0001-01-01"):
        for url in ("appointment-occupancy", "appointments", "book-appointment"):
            asked = {"from": nonsense, "to": nonsense, "day": nonsense}
            if url == "book-appointment":
                asked |= {"patient": str(opd.first.uid), "service": "CHECK"}
            assert nurse.get(reverse(url), asked).status_code == 200
