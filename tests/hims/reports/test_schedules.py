"""A report on schedule is made once for each period, and those it names are told by a link."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings as configured
from hypothesis import given as examples
from hypothesis import strategies as st

from hims.access.hidden import Hidden
from hims.actions.alerts.keeping import add_channel
from hims.actions.reports.schedules import make_scheduled, set_schedule
from hims.domain.periods import Cadence, newest_whole
from hims.domain.report_days import MOST_BACK, due_at, due_periods
from hims.errors import Forbidden, Invalid
from hims.models import AuditEntry, Delivery, ReportEdition, ReportSchedule
from hims.queries.actors import clock
from hims.queries.report_schedules import due_schedules
from hims.reporting.making import make
from hims.tasks import watch_reports
from tests import given
from tests.given_reports import LAMPS, declared

BERLIN = ZoneInfo("Europe/Berlin")
MOMENTS = st.integers(0, 6 * 366 * 24 * 60).map(
    lambda minutes: datetime(2024, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)


@examples(MOMENTS, st.sampled_from(Cadence), st.times(), st.lists(st.integers(0, 40 * 24 * 60)))
def test_every_period_is_due_once_after_its_end_whenever_the_clock_comes(now, cadence, at, steps):
    made_until, found = None, []
    for minutes in [0, *steps]:
        now += timedelta(minutes=minutes)
        for period in due_periods(cadence, at, made_until, now, BERLIN):
            assert due_at(period, at, BERLIN) <= now
            assert made_until is None or period.until > made_until
            made_until = period.until
            found.append(period)
    assert not due_periods(cadence, at, made_until, now, BERLIN)
    newest = newest_whole(now.astimezone(BERLIN).date(), cadence)
    assert found[-1] in {newest, newest.before()}, "the newest one is always among them"
    assert len(found) == len(set(found))


def test_after_a_month_without_a_server_the_newest_days_are_caught_up_in_order():
    now = datetime(2026, 11, 23, 12, tzinfo=UTC)
    found = due_periods(Cadence.DAY, time(6), date(2026, 10, 20), now, BERLIN)
    assert len(found) == MOST_BACK
    assert [period.first for period in found] == sorted(period.first for period in found)
    assert found[-1].last == date(2026, 11, 22)


def test_a_schedule_at_an_hour_that_the_night_skips_is_still_due():
    skipped = newest_whole(date(2026, 3, 29), Cadence.DAY)  # at 2:00 the clocks say 3:00
    at = due_at(skipped, time(2, 30), BERLIN)
    assert timedelta(hours=1) <= at.astimezone(UTC) - datetime(2026, 3, 29, tzinfo=UTC)
    assert due_periods(Cadence.DAY, time(2, 30), skipped.first, at, BERLIN) == [skipped]


@pytest.fixture
def house(db):
    with declared(LAMPS):
        yield given.hospital()


def monthly(house, by=None, **more):
    asked = {"cadence": "month", "at": time(6), "roles": ["manager", "charge_nurse"]} | more
    return set_schedule(actor=by or house.manager, now=house.now, report=LAMPS, **asked)


def test_each_month_is_asked_for_once_and_its_people_are_told_once_it_is_there(house):
    monthly(house)
    now = datetime(2026, 11, 3, 12, tzinfo=UTC)
    post = {"actor": house.manager, "now": now, "kind": "email", "name": "post", "least": "low"}
    add_channel(**post, address=Hidden("office@hospital.example"), role="manager")
    add_channel(**post, address=Hidden("me@hospital.example"))
    (edition,) = make_scheduled(actor=clock(), now=now)
    assert (edition.first, edition.source) == (date(2026, 10, 1), "schedule")
    assert not make_scheduled(actor=clock(), now=now + timedelta(minutes=1))
    assert not due_schedules(now)
    assert not Delivery.objects.exists(), "nobody is told of what is not there"
    make(edition.pk, now)
    told = {(one.actor, one.channel is None): one for one in Delivery.objects.all()}
    assert set(told) == {
        (house.manager, True),
        (house.manager, False),
        (house.charge_nurse, True),
        (None, False),
    }
    assert told[house.manager, True].title == "Lamps, October 2026 is ready to sign"
    assert told[house.charge_nurse, True].title == "Lamps, October 2026 is ready"
    link = f"{configured.HIMS_ADDRESS.rstrip('/')}/reports/editions/{edition.uid}/"
    assert {one.text for one in told.values()} == {link}


def test_who_cannot_see_a_report_schedules_none_and_is_told_of_none(house):
    with pytest.raises(Forbidden):
        monthly(house, by=house.privacy_officer)
    with pytest.raises(Invalid, match="porter"):
        monthly(house, roles=["manager", "porter"])
    with pytest.raises(Invalid, match="how often"):
        monthly(house, cadence="year")
    assert not ReportSchedule.objects.exists()


def test_what_was_missed_while_a_schedule_was_not_in_use_is_not_caught_up(house):
    monthly(house)
    make_scheduled(actor=clock(), now=datetime(2026, 5, 3, 12, tzinfo=UTC))
    monthly(house, active=False)
    later = datetime(2026, 11, 3, 12, tzinfo=UTC)
    assert not make_scheduled(actor=clock(), now=later)
    row = monthly(house)
    assert ReportSchedule.objects.get() == row
    (edition,) = make_scheduled(actor=clock(), now=later)
    assert edition.first == date(2026, 10, 1)
    assert ReportEdition.objects.count() == 2


def test_the_clocks_minute_has_what_is_due_made_and_an_idle_one_leaves_no_trace(house):
    monthly(house, at=time(0))
    watch_reports()
    (edition,) = ReportEdition.objects.all()
    assert edition.source == "schedule"
    before = AuditEntry.objects.count()
    watch_reports()
    assert AuditEntry.objects.count() == before
