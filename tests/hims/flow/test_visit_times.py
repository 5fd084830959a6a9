"""How long visits took: seen, inferred and unknown are told apart, and a day is hospital time."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from hims.actions import encounters
from hims.actions.milestones import say_milestone
from hims.models import Milestone
from hims.queries.visit_times import _bounds, headlines, intervals, visits_of
from tests import given
from tests.given_flow import a_department, arrived

MINUTE = timedelta(minutes=1)


def said(kind, at):
    return Milestone(kind=kind, at=at)


def test_what_nobody_saw_is_inferred_and_marked_and_counts_in_no_figure():
    at = datetime(2026, 3, 1, 10, tzinfo=ZoneInfo("UTC"))
    times = intervals([said("arrival", at), said("provider", at + 40 * MINUTE)], "")
    assert (times["door_to_provider"].minutes, times["door_to_provider"].inferred) == (40, False)
    assert (times["door_to_room"].minutes, times["door_to_room"].inferred) == (20, True)
    assert times["stay"].minutes is None
    assert "boarding" not in times


@pytest.mark.parametrize(
    ("day", "hours"), [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25), (date(2026, 6, 1), 24)]
)
def test_a_day_has_as_many_hours_as_the_clock_gives_it(settings, day, hours):
    settings.TIME_ZONE = "Europe/Berlin"
    begins, ends = _bounds(day)
    utc = ZoneInfo("UTC")
    assert ends.astimezone(utc) - begins.astimezone(utc) == timedelta(hours=hours)


@pytest.mark.django_db
def test_the_page_shows_each_visit_once_and_names_only_ones_own_patients():
    house = given.hospital()
    flow = a_department(house)
    visit = arrived(house, flow, at=house.now - 30 * MINUTE)
    arrived(house, flow, "MRN-777002", at=house.now - 10 * MINUTE)
    say_milestone(actor=house.nurse, now=house.now, encounter=visit, kind="provider")
    encounters.patient_left(actor=house.nurse, now=house.now, encounter=visit, disposition="home")
    visit.refresh_from_db()
    day = timezone.localdate(visit.started_at)
    visits = visits_of(house.manager, flow.ed, day)
    assert [one.encounter for one in visits].count(visit) == 1
    line = {one.name: one for one in headlines(visits)}["stay"]
    assert line.seen + line.inferred + line.unknown == len(visits)
    shown = given.signed_in(house.manager).get(f"/flow/visits/?day={day}").content.decode()
    assert shown.count(f'id="visit-{visit.uid}"') == 1
    assert "Oakhurst" not in shown
    assert "not yours" in shown
