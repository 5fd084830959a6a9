"""Which times are free, who waits for one, and how much of what was offered was really used."""

from datetime import UTC, date, datetime, time, timedelta

import pytest

from hims.actions import booking, schedules, waiting_list
from hims.actions.timers import run_due
from hims.errors import Invalid, Refused
from hims.models import Schedule
from hims.queries.occupancy import occupancy
from hims.queries.slots import booked_in, free_slots, freed, waiting, who_fits
from tests.given_appointments import HALF, MONDAY, TUESDAY, clinic, lies_in
from tests.given_flow import a_department, arrived

pytestmark = pytest.mark.django_db
WEEK = timedelta(days=7)


def when(slots) -> list[str]:
    return [f"{slot.begins:%d %H:%M}" for slot in slots]


def test_free_slots_are_the_hours_kept_less_what_is_booked_closed_or_held():
    opd = clinic()
    desk = opd.house.receptionist
    asked = {"now": MONDAY, "last": date(2026, 3, 10)}
    assert when(free_slots(desk, opd.service, **asked))[:5] == [
        *("03 09:00", "03 09:30", "03 10:00", "03 10:30"),
        "10 09:00",
    ]
    opd.book(TUESDAY, zone=opd.room)
    opd.book(TUESDAY + 2 * HALF, practitioner=opd.other, patient=opd.second)
    three = when(free_slots(desk, opd.service, **asked))[:3]
    assert three == ["03 09:30", "03 10:00", "03 10:30"]
    for_second = free_slots(desk, opd.service, patient=opd.second, **asked)
    assert when(for_second)[:2] == ["03 09:30", "03 10:30"], "the patient is elsewhere at ten"
    closure = schedules.close(
        actor=opd.house.manager,
        now=MONDAY,
        zone=opd.room,
        reason="painting",
        begins=TUESDAY + HALF,
        ends=TUESDAY + 3 * HALF,
    )
    assert when(free_slots(desk, opd.service, **asked))[0] == "03 10:30"
    assert not booked_in(closure)
    opd.book(TUESDAY + HALF, zone=opd.house.zones["ST"])
    assert not booked_in(closure), "that is another room"
    schedules.open_again(actor=opd.house.manager, now=MONDAY, closure=closure)
    late = TUESDAY + timedelta(minutes=75)
    assert when(free_slots(desk, opd.service, **asked | {"now": late}))[0] == "03 10:30"
    assert free_slots(desk, opd.service, now=MONDAY, practitioner=opd.other) == []
    assert free_slots(opd.house.porter, opd.service, now=MONDAY) == []
    schedules.end_hours(
        actor=opd.house.manager, now=MONDAY, schedule=opd.hours, valid_until=date(2026, 3, 3)
    )
    assert {slot.begins.day for slot in free_slots(desk, opd.service, now=MONDAY)} == {3}


def test_a_room_in_which_a_patient_lies_is_not_offered_for_now_but_for_later():
    opd = clinic()
    flow = a_department(opd.house, MONDAY)
    asked = {"actor": opd.house.manager, "now": MONDAY, "service": opd.service}
    schedules.add_hours(
        **asked,
        zone=opd.house.zones["ED-1"],
        weekday=0,
        valid_from=date(2026, 1, 1),
        begins=time(10),
        ends=time(11),
    )
    lies_in(flow.spaces["ED-1-A"], arrived(opd.house, flow, at=MONDAY), opd.house.nurse)
    bay = opd.house.zones["ED-1"]
    found = free_slots(opd.house.receptionist, opd.service, now=MONDAY, zone=bay)
    assert when(found)[0] == "09 10:00"
    here = {"zone": bay, "practitioner": None, "patient": opd.second}
    with pytest.raises(Refused, match="held for a patient"):
        opd.book(MONDAY + HALF, **here)
    assert opd.book(MONDAY + WEEK, **here)


def test_hours_and_services_must_make_sense():
    opd = clinic()
    asked = {
        "actor": opd.house.manager,
        "now": MONDAY,
        "service": opd.service,
        "weekday": 1,
        "begins": time(9),
        "ends": time(10),
        "valid_from": date(2026, 1, 1),
    }
    wrong = [
        {},
        {"zone": opd.room, "weekday": 7},
        {"zone": opd.room, "ends": time(9)},
        {"zone": opd.room, "valid_until": date(2025, 1, 1)},
    ]
    for one in wrong:
        with pytest.raises(Invalid):
            schedules.add_hours(**asked | one)
    assert Schedule.objects.count() == 1
    service = {"code": "CHECK", "name": "x", "department": opd.department, "minutes": 30}
    with pytest.raises(Refused, match="in use"):
        schedules.add_service(actor=opd.house.manager, now=MONDAY, **service)
    schedules.change_service(
        actor=opd.house.manager,
        now=MONDAY,
        service=opd.service,
        name="Check-up",
        minutes=30,
        active=False,
    )
    with pytest.raises(Refused, match="not offered"):
        opd.book()


def test_a_time_that_became_free_goes_to_the_most_urgent_who_has_waited_longest():
    opd = clinic()
    desk = {"actor": opd.house.receptionist, "now": MONDAY}
    waits = {"service": opd.service, "earliest": date(2026, 3, 2), **desk}
    later = opd.book(TUESDAY + WEEK)
    gone = opd.book(practitioner=opd.doctor, patient=opd.second)
    calm = waiting_list.wait_for(patient=opd.first, urgency=3, **waits)
    urgent = waiting_list.wait_for(patient=opd.second, urgency=1, latest=date(2026, 3, 2), **waits)
    with pytest.raises(Refused, match="waits for this already"):
        waiting_list.wait_for(patient=opd.first, **waits)
    for wrong in ({"urgency": 9}, {"latest": date(2026, 3, 1)}):
        with pytest.raises(Invalid):
            waiting_list.wait_for(patient=opd.second, **waits | wrong)
    assert list(waiting(opd.house.nurse)) == [urgent, calm]
    booking.cancel_appointment(appointment=gone, reason="travels", **desk)
    assert list(freed(opd.house.nurse, MONDAY)) == [gone]
    slot = {"service": opd.service, "begins": TUESDAY, "ends": TUESDAY + HALF}
    fit = list(who_fits(opd.house.nurse, practitioner=opd.doctor, **slot))
    assert fit == [calm], "the other one cannot come on that day"
    with pytest.raises(Refused, match="other days"):
        waiting_list.offer(entry=urgent, begins=TUESDAY, practitioner=opd.doctor, **desk)

    asked = {"begins": TUESDAY, "practitioner": opd.doctor, "zone": opd.room}
    waiting_list.offer(entry=calm, **asked, **desk)
    run_due(MONDAY + timedelta(hours=2))
    calm.refresh_from_db()
    assert calm.status == "waiting", "no answer: the next may be asked"
    waiting_list.offer(entry=calm, **asked, **desk)
    waiting_list.decline(entry=calm, **desk)
    waiting_list.offer(entry=calm, **asked, **desk)
    booked = waiting_list.accept(entry=calm, **desk).appointment
    assert (booked.period.lower, booked.rescheduled_from) == (TUESDAY, later)
    assert opd.fresh(later).status == "cancelled"
    freed_now = set(freed(opd.house.nurse, MONDAY))
    assert freed_now == {opd.fresh(later)}, "the time that was taken is free no more"
    waiting_list.withdraw(entry=urgent, reason="well again", **desk)
    assert not waiting(opd.house.nurse)
    with pytest.raises(Refused, match="withdrawn"):
        waiting_list.offer(entry=urgent, begins=TUESDAY, **desk)


def test_occupancy_keeps_what_is_not_known_apart_and_divides_by_nothing():
    opd = clinic()
    desk, doctor = opd.house.receptionist, opd.house.physician
    came, absent, forgotten, late = (
        opd.book(TUESDAY + n * HALF, patient=(opd.first, opd.second)[n % 2], zone=opd.room)
        for n in range(4)
    )
    booking.cancel_appointment(actor=desk, now=MONDAY + 4 * HALF, appointment=late, reason="ill")
    booking.check_in_patient(actor=desk, now=TUESDAY, appointment=came)
    booking.begin_appointment(actor=doctor, now=TUESDAY, appointment=came)
    booking.end_appointment(actor=doctor, now=TUESDAY + HALF / 2, appointment=came)
    booking.say_no_show(actor=desk, now=TUESDAY + HALF, appointment=absent)
    evening = datetime(2026, 3, 3, 18, tzinfo=UTC)
    day = {"first": date(2026, 3, 3), "last": date(2026, 3, 3), "now": evening}
    found = occupancy(opd.house.manager, **day)
    (person,), (room,) = found.people, found.rooms
    assert (person.name, room.name) == ("Person 104", "Theatre one")
    for one in (person, room):
        assert (one.offered, one.booked, one.used) == (120, 90, 15)
        assert (one.took_place, one.no_shows, one.unknown, one.to_come) == (1, 1, 1, 0)
        assert (one.unknown_min, one.cancelled, one.cancelled_late) == (30, 1, 1)
        assert (one.booked_share, one.used_share, one.no_show_share) == (0.75, 0.25, 0.5)
    assert opd.fresh(forgotten).status == "booked"
    nothing = occupancy(
        opd.house.manager, first=date(2026, 3, 4), last=date(2026, 3, 4), now=evening
    )
    assert (nothing.people, nothing.total.booked_share, nothing.total.used_share) == (
        [],
        None,
        None,
    )
    assert occupancy(opd.house.porter, **day).people == []
