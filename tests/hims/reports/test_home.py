"""Whoever answers for numbers sees on the start page what is in breach, what changed, what is to be
signed and which breaches have no end, each one click from what shows it."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from hims.actions.reports.asking import ask
from hims.actions.reports.breaches import own_breach
from hims.actions.reports.rules import set_target
from hims.domain.periods import Cadence, newest_whole, period_of
from hims.models import Breach, ReportSignature
from hims.queries.report_home import standing
from hims.reporting import declared as registry
from hims.reporting.making import make
from tests import given
from tests.given_reports import LAMPS, declared

pytestmark = pytest.mark.django_db
BEFORE = replace(LAMPS, sql=LAMPS.sql.replace("true, 4, 'tube'", "true, 9, 'tube'"))


@pytest.fixture
def house():
    with declared(LAMPS):
        yield given.hospital()


def made(house, period, report=LAMPS):
    edition = ask(actor=house.manager, now=house.now, report=report, period=period)
    return make(edition.pk, house.now)


def last_month():
    return newest_whole(timezone.localdate(), Cadence.MONTH)


def month_before(house):
    """The month before the last one, in which the lamps burnt longer."""
    registry._reports[LAMPS.code] = BEFORE
    edition = made(house, last_month().before())
    registry._reports[LAMPS.code] = LAMPS
    return edition


def sign(house, edition):
    ReportSignature.objects.create(
        edition=edition,
        actor=house.manager,
        name=house.manager.name,
        role="manager",
        meaning="approved",
        at=house.now,
        sha256=edition.sha256,
    )


def held_to(house, value):
    set_target(
        actor=house.manager,
        now=house.now,
        report=LAMPS,
        figure="burning",
        comparison="at-least",
        value=Decimal(value),
    )


def stands(house, person):
    return standing(person, house.now, timezone.localdate(house.now))


def test_what_missed_what_changed_and_what_waits_are_found(house):
    held_to(house, "90")
    month_before(house)
    newest = made(house, last_month())
    found = stands(house, house.manager)
    assert [(one.line.figure.name, one.kept.edition) for one in found.breached] == [
        ("burning", newest)
    ]
    names = [one.line.figure.name for one in found.changed]
    assert names[:1] == ["most"], "the largest change first: from 9 h to 5 h"
    assert set(names) == {"most", "hours"}
    assert [kept.edition for kept in found.unsigned] == [newest]
    assert [row.status for row in found.loose] == ["open"]
    # A charge nurse sees it too, and may not sign it; others do not see it.
    assert stands(house, house.charge_nurse).breached
    assert not stands(house, house.charge_nurse).unsigned
    assert not stands(house, house.pharmacist).breached


def test_a_period_that_still_runs_shows_its_breach_and_is_not_compared_or_signed(house):
    held_to(house, "90")
    running = made(house, period_of(timezone.localdate(), Cadence.MONTH))
    found = stands(house, house.manager)
    assert [one.kept.edition for one in found.breached] == [running]
    assert [found.changed, found.unsigned, found.loose] == [[], [], []]


def test_a_signed_one_needs_no_signature_until_it_is_restated(house):
    first = made(house, last_month())
    sign(house, first)
    made(house, last_month())
    assert not stands(house, house.manager).unsigned
    registry._reports[LAMPS.code] = BEFORE
    restated = ask(actor=house.manager, now=house.now, report=BEFORE, period=last_month())
    type(restated).objects.filter(pk=restated.pk).update(restates=first, source="check")
    restated = make(restated.pk, house.now)
    assert restated.differences["changed"] == 1
    assert [kept.edition for kept in stands(house, house.manager).unsigned] == [restated]


def test_the_page_leads_to_each_of_them_and_asks_the_database_as_often_for_many(house):
    held_to(house, "90")
    month_before(house)
    newest = made(house, last_month())
    breach = Breach.objects.get()
    due_on = timezone.localdate(house.now) + timedelta(days=3)
    own_breach(
        actor=house.manager, now=house.now, breach=breach, owner=house.manager, due_on=due_on
    )
    client = Client()
    client.force_login(house.manager, given.BACKEND)
    client.get("/")
    with CaptureQueriesContext(connection) as few:
        page = client.get("/").content.decode()
    for url in (
        reverse("edition", args=[newest.uid]),
        reverse("breach", args=[breach.uid]),
        reverse("edition-rows", args=[newest.uid]),
    ):
        assert url in page
    assert "80.0 %" in page
    with declared(replace(LAMPS, code="OTHER", slug="others")):
        other = registry.report_of("OTHER")
        set_target(
            actor=house.manager,
            now=house.now,
            report=other,
            figure="burning",
            comparison="at-least",
            value=Decimal(95),
        )
        made(house, last_month().before(), other)
        made(house, last_month(), other)
        with CaptureQueriesContext(connection) as many:
            page = client.get("/").content.decode()
    assert page.count("80.0 %") >= 2
    assert len(many) == len(few)
    client.force_login(house.nurse, given.BACKEND)
    assert "In breach today" not in client.get("/").content.decode()
