"""Targets and citations are configuration: changed by those who may, with their history."""

from decimal import Decimal

import pytest

from hims.actions.reports.rules import end_target, set_citation, set_target
from hims.errors import Forbidden, Invalid, Refused
from hims.models import ReportRule
from tests import given
from tests.given_reports import LAMPS, declared

pytestmark = pytest.mark.django_db


@pytest.fixture
def house():
    return given.hospital()


@pytest.fixture(autouse=True)
def lamps():
    with declared(LAMPS):
        yield


def held_to(house, *, by=None, **more):
    asked = {"figure": "burning", "comparison": "at-least", "value": Decimal(90)} | more
    return set_target(actor=by or house.manager, now=house.now, report=LAMPS, **asked)


def test_a_target_is_changed_and_ended_and_its_history_goes_on(house):
    first = held_to(house, citation="House rule 7")
    again = held_to(house, value=Decimal("92.5"), each=True, reason="as agreed")
    assert again.pk == first.pk
    end_target(actor=house.manager, now=house.now, rule=again)
    back = held_to(house, value=Decimal(80))
    assert (back.pk, back.active) == (first.pk, True)
    told = [(row.value, row.active) for row in back.history.order_by("history_id")]
    assert told == [
        (Decimal(90), True),
        (Decimal("92.5"), True),
        (Decimal("92.5"), False),
        (Decimal(80), True),
    ]
    assert back.history.order_by("history_id")[1].history_change_reason == "as agreed"


def test_what_cannot_be_a_target_is_refused(house):
    for more, why in (
        ({"figure": "shining"}, "no such figure"),
        ({"comparison": "about"}, "at most or at least"),
        ({"comparison": "at-most"}, "Higher is better"),
        ({"value": Decimal(101)}, "100 percent"),
        ({"value": Decimal("NaN")}, "no number"),
        ({"figure": "lamps", "value": Decimal(10) ** 12}, "no number"),
    ):
        with pytest.raises(Refused, match=why):
            held_to(house, **more)
    for nobody in (house.charge_nurse, house.privacy_officer):
        with pytest.raises(Forbidden):  # may change no rule, or not see this report
            held_to(house, by=nobody)
    assert not ReportRule.objects.exists()


def test_what_a_report_rests_on_is_said_once_and_taken_back(house):
    asked = {"actor": house.manager, "now": house.now, "report": LAMPS}
    assert set_citation(**asked, citation=" ") is None
    rule = set_citation(**asked, citation="House rule 7, 2026")
    assert set_citation(**asked, citation="House rule 8").pk == rule.pk
    assert set_citation(**asked, citation="").active is False
    with pytest.raises(Invalid):
        held_to(house, figure="")
