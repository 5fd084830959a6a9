"""R19, appointments, and R19R and R19T, rooms and their turnover: by hand and counted again."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from hypothesis import given as examples
from hypothesis import strategies as st

from hims.actions import booking, cleaning, departments, encounters, rooms_by_people, schedules
from hims.domain.periods import Period
from hims.models import Appointment, BedAssignment, BedSpaceEvent, Encounter
from hims.queries.actors import console
from hims.reporting.declared import report_of
from tests import given, given_appointments, given_flow
from tests.given_appointments import HALF, MONDAY, TUESDAY
from tests.given_reports import made

from .recounting import cells_of, counted_again, few_examples, numbers, part, rounded, undone

pytestmark = pytest.mark.django_db
R19, R19R, R19T = (report_of(code) for code in ("R19", "R19R", "R19T"))
WEEK = Period(date(2026, 3, 2), date(2026, 3, 9))
MINUTE = timedelta(minutes=1)


@pytest.fixture
def house():
    return given.hospital()


@pytest.fixture
def clinic(house):
    return given_appointments.opened(house)


def took_place(clinic, one, begins, ends):
    """The patient of `one` was there, from and to so many minutes after it was booked for."""
    actor, booked = clinic.house.physician, one.period.lower
    booking.check_in_patient(actor=actor, now=booked - 5 * MINUTE, appointment=one)
    booking.begin_appointment(actor=actor, now=booked + begins * MINUTE, appointment=one)
    booking.end_appointment(actor=actor, now=booked + ends * MINUTE, appointment=one)


def a_morning(clinic):
    """Of five: one did not come, two took place, one was cancelled an hour before, one was moved
    to Wednesday, when nobody said what became of it."""
    room, actor = clinic.room, clinic.house.receptionist
    empty = clinic.book(TUESDAY, zone=room)
    first = clinic.book(TUESDAY + HALF, zone=room)
    second = clinic.book(TUESDAY + 2 * HALF, zone=room, patient=clinic.second)
    gone = clinic.book(TUESDAY + 3 * HALF, zone=room)
    moved = clinic.book(TUESDAY + 3 * HALF, patient=clinic.second, practitioner=clinic.other)
    booking.cancel_appointment(
        actor=actor, now=gone.period.lower - 60 * MINUTE, appointment=gone, reason="ill"
    )
    booking.reschedule_appointment(
        actor=actor, now=MONDAY, appointment=moved, begins=TUESDAY + timedelta(days=1)
    )
    booking.say_no_show(actor=actor, now=TUESDAY + HALF, appointment=empty)
    took_place(clinic, first, 5, 20)
    took_place(clinic, second, 12, 42)


def test_a_morning_is_counted_as_a_hand_counts_it(clinic):
    a_morning(clinic)
    kept = made(R19, WEEK, clinic.house.manager, TUESDAY + timedelta(days=3))
    told = numbers(kept)
    assert part(told["no_shows"]) == (1, 3, 1)
    assert part(told["used"]) == (45 * 60, 90 * 60, 1)
    assert told["used"].value == Decimal("50.0")
    assert part(told["late_cancellations"]) == (1, 1, 0)
    assert (told["cancelled"].n, told["due"].n, told["all"].n) == (1, 4, 6)
    # Who did not come is not the first of the day: five minutes after its time is still on time.
    # What became of the first on Wednesday nobody knows.
    assert part(told["first_on_time"]) == (1, 1, 1)
    assert told["waited"].value == Decimal("8")  # 5 and 12 minutes, half to even
    assert told["waited"].unknown == 1
    states = [row["state"] for row in cells_of(kept)]
    assert states.count("moved to another time") == 1
    assert states[-1] == "nobody said what became of it"


def test_what_is_to_come_is_neither_come_nor_not_come(clinic):
    clinic.book(TUESDAY)
    told = numbers(made(R19, WEEK, clinic.house.manager, MONDAY))
    assert part(told["no_shows"]) == (0, 0, 0)
    assert (told["no_shows"].value, told["all"].n) == (None, 1)


BOOKED = st.fixed_dictionaries(
    {
        "hour": st.integers(-2, 26),
        "status": st.sampled_from(["booked", "arrived", "fulfilled", "noshow", "cancelled"]),
        "began": st.one_of(st.none(), st.integers(-10, 30)),
        "lasted": st.one_of(st.none(), st.integers(-1, 50)),
        "notice": st.integers(0, 48),
    }
)
APPOINTMENTS = """
SELECT count(*) AS all,
  sum((status = 'noshow')::int) AS away,
  sum((status IN ('noshow', 'arrived', 'fulfilled'))::int) AS known,
  sum(CASE WHEN ended_at >= began_at AND status NOT IN ('noshow', 'cancelled')
      AND (status <> 'booked' OR upper(period) <= %(now)s)
      THEN extract(epoch FROM ended_at - began_at) END)::bigint AS used,
  percentile_disc(0.9) WITHIN GROUP (ORDER BY CASE WHEN began_at IS NOT NULL THEN greatest(0, extract(epoch FROM began_at - lower(period))) END)
    FILTER (WHERE status NOT IN ('cancelled', 'noshow') AND (status <> 'booked' OR upper(period) <= %(now)s)) AS waited,
  sum((status = 'cancelled' AND cancelled_at > lower(period) - interval '1 day')::int) AS late
FROM hims_appointment
WHERE lower(period) >= '2026-03-03 00:00Z' AND lower(period) < '2026-03-04 00:00Z'
"""  # noqa: E501


@few_examples
@examples(booked=st.lists(BOOKED, max_size=10, unique_by=lambda one: one["hour"]))
def test_any_appointments_come_to_the_same_numbers_when_somebody_else_counts(clinic, booked):
    now = TUESDAY + timedelta(hours=5)
    with undone():
        for one in booked:
            begins = TUESDAY + timedelta(hours=one["hour"] - 9)
            began = None if one["began"] is None else begins + one["began"] * MINUTE
            known = began is not None and one["lasted"] is not None
            Appointment.objects.create(
                patient=clinic.first,
                service=clinic.service,
                practitioner=clinic.doctor,
                period=DateTimeTZRange(begins, begins + HALF),
                status=one["status"],
                began_at=began,
                ended_at=began + one["lasted"] * MINUTE if known else None,
                cancelled_at=begins - timedelta(hours=one["notice"], seconds=1),
                booked_by=console(),
                booked_at=MONDAY,
            )
        day = Period(date(2026, 3, 3), date(2026, 3, 4))
        told = numbers(made(R19, day, clinic.house.manager, now))
        again = counted_again(APPOINTMENTS, now=now)
        assert told["all"].n == again["all"]
        assert (told["no_shows"].n, told["no_shows"].whole) == (
            again["away"] or 0, again["known"] or 0,
        )  # fmt: skip
        assert told["used"].n == (again["used"] or 0)
        assert told["late_cancellations"].n == (again["late"] or 0)
        assert told["waited_p90"].value == rounded(again["waited"], scale=60)


# --- rooms ----------------------------------------------------------------------------------------


def visit(house, flow, at, patient="MRN-777001"):
    return given_flow.arrived(house, flow, patient, at=at)


def cleaned(house, space, begins, ends):
    cleaning.start_cleaning(actor=house.cleaner, now=begins, space=space)
    cleaning.cleaning_done(actor=house.cleaner, now=ends, space=space, ready=True)


def a_space_in_use(house, flow):
    """ED-1-A is used from 8:00 to 10:00, cleaned from 10:10 to 10:25, used again from 11:00; ED-1-B
    is blocked from 6:00 to 12:00; the hallway space is open from 9:00 to 15:00."""
    eight = datetime(2026, 3, 3, 8, tzinfo=UTC)
    a, b, hall = (flow.spaces[code] for code in ("ED-1-A", "ED-1-B", "ED-H"))
    first = visit(house, flow, eight)
    rooms_by_people.occupy(actor=house.nurse, now=eight, space=a, encounter=first)
    rooms_by_people.block(
        actor=house.nurse, now=eight - 120 * MINUTE, space=b, reason="water on the floor"
    )
    departments.open_space(actor=house.nurse, now=eight + 60 * MINUTE, space=hall)
    encounters.patient_left(
        actor=house.nurse, now=eight + 120 * MINUTE, encounter=first, disposition="home"
    )
    cleaned(house, a, eight + 130 * MINUTE, eight + 145 * MINUTE)
    second = visit(house, flow, eight + 150 * MINUTE, "MRN-777002")
    a.refresh_from_db()
    rooms_by_people.occupy(actor=house.nurse, now=eight + 180 * MINUTE, space=a, encounter=second)
    rooms_by_people.unblock(actor=house.nurse, now=eight + 240 * MINUTE, space=b)
    departments.close_space(actor=house.nurse, now=eight + 420 * MINUTE, space=hall)


def test_spaces_are_there_when_open_and_used_while_somebody_is_in_them(house):
    flow = given_flow.a_department(house, MONDAY)
    a_space_in_use(house, flow)
    day = Period(date(2026, 3, 3), date(2026, 3, 4))
    kept = made(R19R, day, house.manager, TUESDAY + timedelta(days=2))
    rows = {row["code"]: row for row in cells_of(kept)}
    hour = 3600
    assert (rows["ED-1-A"]["offered"], rows["ED-1-A"]["used"]) == (24 * hour, 15 * hour)
    assert rows["ED-1-B"]["offered"] == 18 * hour
    assert rows["ED-H"]["offered"] == 6 * hour
    told = numbers(kept)
    assert part(told["spaces_used"]) == (15 * hour, (24 + 18 + 6 + 24 + 24) * hour, 0)
    # Up to now, and no further: at noon half of the day is over.
    noon = made(R19R, day, house.manager, TUESDAY + timedelta(hours=3), department="ED")
    assert {row["code"]: row["offered"] for row in cells_of(noon)} == {
        "ED-1-A": 12 * hour, "ED-1-B": 6 * hour, "ED-H": 3 * hour,
    }  # fmt: skip

    turns = made(R19T, day, house.manager, TUESDAY + timedelta(days=2))
    (row,) = cells_of(turns)
    minutes = {name: row[name] / 60 for name in ("waited", "cleaned", "turnover", "empty")}
    assert minutes == {"waited": 10, "cleaned": 15, "turnover": 25, "empty": 35}
    assert numbers(turns)["turnover"].value == Decimal(25)


def test_what_was_undone_was_no_turnover_and_a_blocked_space_has_none(house):
    flow = given_flow.a_department(house, MONDAY)
    a, b = flow.spaces["ED-1-A"], flow.spaces["ED-1-B"]
    for space, patient in ((a, "MRN-777001"), (b, "MRN-777002")):
        one = visit(house, flow, TUESDAY, patient)
        rooms_by_people.occupy(actor=house.nurse, now=TUESDAY, space=space, encounter=one)
        space.refresh_from_db()
        rooms_by_people.left(actor=house.nurse, now=TUESDAY + 10 * MINUTE, space=space)
    rooms_by_people.take_back(actor=house.nurse, now=TUESDAY + 11 * MINUTE, space=a)
    rooms_by_people.block(
        actor=house.nurse, now=TUESDAY + 12 * MINUTE, space=b, reason="the lamp is broken"
    )
    told = numbers(made(R19T, WEEK, house.manager, TUESDAY + timedelta(days=1)))
    assert (told["turns"].n, told["interrupted"].n) == (1, 1)
    assert (told["turnover"].value, told["turnover"].unknown) == (None, 0)


def test_a_clinic_room_is_offered_in_its_hours_less_closures(clinic):
    a_morning(clinic)
    schedules.close(
        actor=clinic.house.receptionist,
        now=MONDAY,
        zone=clinic.room,
        begins=TUESDAY + 3 * HALF + timedelta(minutes=15),
        ends=TUESDAY + timedelta(days=1),
        reason="repairs",
    )
    kept = made(R19R, WEEK, clinic.house.manager, TUESDAY + timedelta(days=3))
    (row,) = cells_of(kept, kind="clinic room")
    assert row["offered"] == 105 * 60
    assert (row["booked"], row["used"]) == (90 * 60, 45 * 60)
    assert numbers(kept)["clinics_used"].value == rounded(Decimal(45) / Decimal("1.05"), 1)


@pytest.mark.parametrize(("day", "hours"), [((2026, 3, 29), 23), ((2026, 10, 25), 25)])
def test_the_day_when_clocks_change_has_as_many_hours_as_it_has(house, settings, day, hours):
    settings.TIME_ZONE = "Europe/Berlin"
    given_flow.a_department(house, MONDAY)
    first = date(*day)
    period = Period(first, first + timedelta(days=1))
    later = datetime(2027, 1, 1, tzinfo=UTC)
    (row, *_others) = cells_of(made(R19R, period, house.manager, later, department="W1"))
    assert row["offered"] == hours * 3600


SPACES = """
SELECT coalesce(sum(extract(epoch FROM CASE WHEN a.id IS NOT NULL THEN
    least(coalesce(upper(a.period), %(now)s), %(now)s, d.day + interval '1 day')
    - greatest(lower(a.period), d.day) END)), 0)::bigint AS used
FROM generate_series('2026-03-02 00:00Z'::timestamptz, '2026-03-04 00:00Z', '1 day') AS d (day)
LEFT JOIN hims_bedassignment a ON a.status NOT IN ('reserved', 'cancelled')
    AND lower(a.period) < least(d.day + interval '1 day', %(now)s)
    AND coalesce(upper(a.period), 'infinity') > d.day
GROUP BY d.day ORDER BY d.day OFFSET %(number)s LIMIT 1
"""


@few_examples
@examples(
    stays=st.lists(st.tuples(st.integers(0, 4000), st.booleans()), max_size=8, unique=True),
    hour=st.integers(30, 90),
)
def test_any_use_of_a_space_is_told_by_day_as_somebody_else_counts_it(house, stays, hour):
    monday = datetime(2026, 3, 2, tzinfo=UTC)
    now = monday + timedelta(hours=hour)
    with undone():
        flow = given_flow.a_department(house, MONDAY)
        at = sorted(stays)
        for (begins, took), (ends, _next) in pairwise([*at, (None, False)]):
            encounter = Encounter.objects.create(
                patient=house.patients["MRN-777001"],
                department=flow.ed,
                visit_class="EMER",
                started_at=monday,
            )
            if begins == ends:
                continue
            BedAssignment.objects.create(
                encounter=encounter,
                patient=encounter.patient,
                bed_space=flow.spaces["ED-1-A"],
                status="completed" if took else "cancelled",
                period=DateTimeTZRange(
                    monday + begins * MINUTE, None if ends is None else monday + ends * MINUTE
                ),
                assigned_by=console(),
            )
        kept = made(R19R, Period(date(2026, 3, 2), date(2026, 3, 5)), house.manager, now)
        for number, row in enumerate(cells_of(kept, code="ED-1-A")):
            assert row["used"] == counted_again(SPACES, now=now, number=number)["used"]
        assert not BedSpaceEvent.objects.exists()
