"""A target that is missed is a breach, with an owner, a day, an action, evidence and an end."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from hims.actions.reports.asking import ask
from hims.actions.reports.breaches import (
    call_late,
    close_breach,
    finish_action,
    own_breach,
    plan_action,
)
from hims.actions.reports.rules import set_target
from hims.domain.periods import Period
from hims.errors import Forbidden, Invalid, Refused
from hims.models import Alert, Breach
from hims.queries.actors import clock
from hims.queries.breaches import course_of, history_of, late
from hims.reporting.making import make
from tests import given
from tests.given_reports import LAMPS, declared

pytestmark = pytest.mark.django_db
AUGUST = Period(date(2026, 8, 1), date(2026, 9, 1))
SEPTEMBER = Period(date(2026, 9, 1), date(2026, 10, 1))
OCTOBER = Period(date(2026, 10, 1), date(2026, 11, 1))
EARLY_OCTOBER = datetime(2026, 10, 2, 12, tzinfo=UTC)
EARLY_NOVEMBER = datetime(2026, 11, 2, 12, tzinfo=UTC)


@pytest.fixture
def house():
    return given.hospital()


@pytest.fixture(autouse=True)
def lamps():
    with declared(LAMPS):
        yield


def made(house, period=OCTOBER, now=EARLY_NOVEMBER, **more):
    edition = ask(actor=house.manager, now=now, report=LAMPS, period=period, **more)
    return make(edition.pk, now)


def held_to(house, figure="burning", value="90", *, each=False):
    return set_target(
        actor=house.manager,
        now=EARLY_OCTOBER,
        report=LAMPS,
        figure=figure,
        comparison="at-least",
        value=Decimal(value),
        each=each,
    )


def breached(house) -> Breach:
    """Four of five lamps burnt in September, where nine of ten should."""
    held_to(house)
    made(house, SEPTEMBER, EARLY_OCTOBER)
    return Breach.objects.get()


def in_hand(house, breach, now=EARLY_OCTOBER, days=7, **more):
    asked = {"owner": house.charge_nurse, "due_on": now.date() + timedelta(days=days)} | more
    return own_breach(actor=house.manager, now=now, breach=breach, **asked)


def done(house, breach, now=EARLY_OCTOBER):
    """The lamp is mended, and October must show it."""
    in_hand(house, breach, now)
    return finish_action(
        actor=house.charge_nurse,
        now=now,
        breach=breach,
        text="New bulbs",
        evidence="Order 12",
        report=breach.found_in,
        check_on=now.date() + timedelta(days=14),
    )


def test_a_missed_target_begins_one_breach_that_goes_on_until_somebody_ends_it(house):
    first = breached(house)
    assert (first.figure, first.group, first.status) == ("burning", "", "open")
    assert (first.value, first.n, first.whole) == (Decimal("80.0"), "4", "5")
    assert first.target == "at least 90 %"
    october = made(house)
    assert Breach.objects.get().last_in == october
    made(house, AUGUST)  # an older period says nothing of today
    made(house, filters={"room": "kitchen"})  # neither does a part of the house
    made(house, now=datetime(2026, 10, 20, tzinfo=UTC))  # nor one that is not over
    again = Breach.objects.get()
    assert (again.found_in, again.last_in) == (first.found_in, october)
    with pytest.raises(IntegrityError, match="breach_one_open"), transaction.atomic():
        Breach.objects.create(
            code="LAMPS",
            figure="burning",
            found_in=october,
            last_in=october,
            found_at=EARLY_NOVEMBER,
            target="at least 90 %",
            value=80,
            n="4",
        )


def test_a_target_for_each_group_names_the_groups_that_miss_it_and_n_a_misses_nothing(house):
    held_to(house, "half", "3", each=True)
    made(house)
    # In the hall half burnt 1.5 h, in the kitchen 4 h, on the whole 3; of one lamp nobody knows.
    assert list(Breach.objects.values_list("figure", "group")) == [("half", "hall")]
    made(house, grouping="bulb")  # in other groups the same name would mean something else
    assert Breach.objects.count() == 1


def test_who_has_it_by_when_and_what_is_done_is_asked_in_this_order(house):
    breach = breached(house)
    with pytest.raises(Refused, match="owner and a day"):
        plan_action(actor=house.manager, now=EARLY_OCTOBER, breach=breach, text="New bulbs")
    with pytest.raises(Refused, match="over already"):
        in_hand(house, breach, days=-1)
    with pytest.raises(Refused, match="may not deal"):
        in_hand(house, breach, owner=house.pharmacist)  # who cannot see the report
    in_hand(house, breach)
    for blind in (house.pharmacist, house.porter):
        with pytest.raises(Forbidden):
            plan_action(actor=blind, now=EARLY_OCTOBER, breach=breach, text="New bulbs")
    with pytest.raises(Invalid, match="what shows"):
        finish_action(
            actor=house.charge_nurse,
            now=EARLY_OCTOBER,
            breach=breach,
            text="New bulbs",
            evidence=" ",
            check_on=OCTOBER.first + timedelta(days=14),
        )
    finished = done(house, breach)
    assert finished.evidence == f"Order 12 ({breach.found_in.check_code})"
    with pytest.raises(Refused, match="waits to be checked"):
        in_hand(house, breach)


@pytest.mark.parametrize(("target", "helped"), [("75", True), ("90", False)])
def test_the_next_report_says_whether_it_helped_and_a_person_concludes(house, target, helped):
    breach = done(house, breached(house))
    held_to(house, value=target)
    october = made(house)
    breach.refresh_from_db()
    assert (breach.status, breach.effective, breach.checked_in) == ("done", helped, october)
    if not helped:
        breach = in_hand(house, breach, EARLY_NOVEMBER)
        assert (breach.status, breach.effective, breach.check_on) == ("owned", None, None)
        breach = done(house, breach, EARLY_NOVEMBER)
        with pytest.raises(Refused, match="shown yet"):
            closed(house, breach)
        return
    breach = closed(house, breach)
    assert (breach.status, breach.closed_by) == ("closed", house.charge_nurse)
    with pytest.raises(Refused, match="closed"):
        in_hand(house, breach)
    told = [change.status for change in history_of(breach)]
    assert told == ["open", "owned", "done", "done", "closed"]
    course = [(edition.first, str(was.value)) for edition, was in course_of(house.manager, breach)]
    assert course == [(OCTOBER.first, "80.0"), (SEPTEMBER.first, "80.0")]


def closed(house, breach, conclusion="The bulbs were old", *, by=None, **more):
    return close_breach(
        actor=by or house.charge_nurse,
        now=EARLY_NOVEMBER,
        breach=breach,
        conclusion=conclusion,
        **more,
    )


def test_without_a_check_somebody_else_than_the_owner_closes_it_and_says_why(house):
    breach = breached(house)
    in_hand(house, breach)
    with pytest.raises(Invalid, match="few words"):
        closed(house, breach, "ok", by=house.manager, unchecked=True)
    with pytest.raises(Refused, match="You own it"):
        closed(house, breach, unchecked=True)
    assert closed(house, breach, by=house.manager, unchecked=True).status == "closed"
    made(house)  # it is missed again: that is a new breach
    assert list(Breach.objects.order_by("pk").values_list("status", flat=True)) == [
        "closed",
        "open",
    ]


def test_what_is_not_done_by_its_day_calls_once_until_it_is_dealt_with(house):
    breach = in_hand(house, breached(house), days=3)
    on_the_day = EARLY_OCTOBER + timedelta(days=3)
    assert not late(on_the_day, on_the_day.date())
    after = on_the_day + timedelta(days=1)
    assert [call_late(actor=clock(), now=after + timedelta(minutes=n)) for n in (0, 1)] == [1, 0]
    alert = Alert.objects.get(rule__code="breach_overdue")
    assert alert.title == "Overdue: a breach of Lamps"
    assert alert.owner_role == "manager"
    in_hand(house, breach, after)
    alert.refresh_from_db()
    assert alert.status == "resolved"
