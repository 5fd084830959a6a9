"""A patient comes, is called in and leaves, or does not come; what the encounter says of it."""

from datetime import timedelta

import pytest

from hims.actions import booking
from hims.actions.timers import run_due
from hims.errors import Invalid, Refused
from hims.live import Event, seen_by
from hims.models import Encounter, Milestone, Timer
from hims.subjects import find, shown
from hims.wire import own_codes
from tests.given_appointments import HALF, MONDAY, TUESDAY, clinic

pytestmark = pytest.mark.django_db


def test_a_visit_begins_at_check_in_and_ends_with_its_last_appointment():
    opd = clinic()
    one = opd.book(about="cough")
    two = opd.book(TUESDAY + HALF)
    desk, doctor = opd.house.receptionist, opd.house.physician
    early = TUESDAY - timedelta(minutes=10)
    with pytest.raises(Refused, match="is on 2026-03-03 09:00"):
        booking.check_in_patient(actor=desk, now=MONDAY, appointment=one)
    with pytest.raises(Refused, match="booked"):
        booking.begin_appointment(actor=doctor, now=early, appointment=one)

    booking.check_in_patient(actor=desk, now=early, appointment=one, source="scan")
    one = opd.fresh(one)
    visit = one.encounter
    assert (one.status, one.checked_in_at) == ("arrived", early)
    assert (visit.visit_class, visit.status, visit.started_at) == ("AMB", "arrived", early)
    assert visit.department == opd.department
    assert visit.milestones.get().source == "scan"
    with pytest.raises(Refused, match="arrived"):
        booking.check_in_patient(actor=desk, now=early, appointment=one)
    booking.check_in_patient(actor=desk, now=early, appointment=two)
    assert opd.fresh(two).encounter is None, "both are one visit"
    assert Encounter.objects.count() == 1

    with pytest.raises(Refused, match="not begun"):
        booking.end_appointment(actor=doctor, now=TUESDAY, appointment=one)
    booking.begin_appointment(actor=doctor, now=TUESDAY, appointment=one)
    with pytest.raises(Refused, match="has begun"):
        booking.cancel_appointment(actor=desk, now=TUESDAY, appointment=one, reason="too late")
    seen = visit.milestones.get(kind=Milestone.Kind.PROVIDER)
    assert (seen.at, seen.evidence["appointment"]) == (TUESDAY, str(one.uid))
    booking.end_appointment(actor=doctor, now=TUESDAY + HALF, appointment=one)
    visit.refresh_from_db()
    assert (opd.fresh(one).status, visit.status) == ("fulfilled", "in-progress")
    booking.begin_appointment(actor=doctor, now=TUESDAY + HALF, appointment=two)
    over = booking.end_appointment(
        actor=doctor, now=TUESDAY + 5 * HALF, appointment=two, lasted=timedelta(minutes=20)
    )
    visit.refresh_from_db()
    assert over.ended_at - over.began_at == timedelta(minutes=20)
    assert (visit.status, visit.disposition, visit.ended_at) == ("finished", "home", over.ended_at)


def test_who_did_not_come_is_asked_for_by_the_clock_and_settled_by_a_person(monkeypatch):
    opd = clinic()
    desk = opd.house.receptionist
    one = opd.book()
    told = []
    monkeypatch.setattr(
        "hims.actions.appointments.announce", lambda kind, rows: told.append((kind, rows))
    )
    quarter_past = TUESDAY + timedelta(minutes=15)
    with pytest.raises(Refused, match="not begun"):
        booking.say_no_show(actor=desk, now=TUESDAY - HALF, appointment=one)
    run_due(quarter_past - timedelta(seconds=1))
    assert not told
    run_due(quarter_past)
    ((kind, (row,)),) = told
    assert (kind, row["id"], row["status"]) == ("appointment", str(one.uid), "booked")
    assert opd.fresh(one).status == "booked", "the clock only asks"

    booking.say_no_show(actor=desk, now=quarter_past, appointment=one)
    assert opd.fresh(one).status == "noshow"
    assert not Encounter.objects.exists()
    other = opd.book(patient=opd.second, now=quarter_past)
    with pytest.raises(Refused, match="Person 104 has another"):
        booking.check_in_patient(actor=desk, now=quarter_past, appointment=one)
    booking.cancel_appointment(actor=desk, now=quarter_past, appointment=other, reason="error")
    booking.check_in_patient(actor=desk, now=quarter_past, appointment=one)
    assert opd.fresh(one).status == "arrived", "they came after all"
    assert not Timer.objects.filter(kind="appointment.late", done_at=None).exists()

    with pytest.raises(Invalid):
        booking.cancel_appointment(actor=desk, now=quarter_past, appointment=one, reason="")
    booking.cancel_appointment(actor=desk, now=quarter_past, appointment=one, reason="wrong day")
    assert opd.fresh(one).encounter.status == "cancelled"


def test_an_appointments_code_finds_it_and_shows_it_to_who_may_see_appointments():
    opd = clinic()
    one = opd.book()
    code = own_codes.written("appointment", str(one.uid))
    found = find(code)
    assert (found.kind, found.thing) == ("appointment", one)
    assert find("HIMS:APPOINTMENT:nonsense") is None
    assert shown(opd.house.nurse, found)["status"] == "booked"
    assert shown(opd.house.porter, found) is None


def test_open_pages_hear_of_appointments_if_they_may_see_them():
    opd = clinic()
    event = Event("appointment", [{"id": "x", "status": "booked"}], [None])
    assert seen_by(opd.house.receptionist, event) is event
    assert seen_by(opd.house.porter, event) is None
