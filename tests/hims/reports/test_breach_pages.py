"""A breach is dealt with on its page; targets and schedules are changed on theirs."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from hims.actions.reports.asking import ask
from hims.actions.reports.rules import set_target
from hims.domain.periods import Cadence, newest_whole
from hims.models import Breach, ReportRule, ReportSchedule
from hims.reporting.making import make
from hims.web.form import fresh_key
from tests import given
from tests.given_reports import LAMPS, declared

pytestmark = pytest.mark.django_db


@pytest.fixture
def house():
    with declared(LAMPS):
        yield given.hospital()


@pytest.fixture
def breach(house):
    set_target(
        actor=house.manager,
        now=house.now,
        report=LAMPS,
        figure="half",
        comparison="at-least",
        value=Decimal(3),
        each=True,
    )
    period = newest_whole(timezone.localdate(), Cadence.MONTH)
    make(ask(actor=house.manager, now=house.now, report=LAMPS, period=period).pk, house.now)
    return Breach.objects.get()


def client_of(person) -> Client:
    client = Client()
    client.force_login(person, given.BACKEND)
    return client


def test_a_breach_is_dealt_with_on_its_page(house, breach):
    client = client_of(house.manager)
    listed = client.get(reverse("breaches")).content.decode()
    assert "Half burnt at least, hall" in listed
    url = reverse("breach", args=[breach.uid])
    page = client.get(url).content.decode()
    assert "at least 3" in page
    assert f"{reverse('edition-rows', args=[breach.found_in.uid])}?figure=half" in page
    assert "&amp;group=%22hall%22" in page, "the rows of that group"
    today = timezone.localdate()

    def press(name, **more):
        return client.post(reverse(name, args=[breach.uid]), {"key": fresh_key(), **more})

    nurse = house.charge_nurse.pk
    late = press("own-breach", owner=nurse, due_on=today - timedelta(days=1))
    assert late.status_code == 400
    assert "The day is over already." in late.content.decode()
    assert press("own-breach", owner=house.porter.pk, due_on=today).status_code == 400
    assert press("own-breach", owner=nurse, due_on=today).status_code == 302
    assert press("plan-breach", text="<New> bulbs").status_code == 302
    done = {"text": "<New> bulbs", "evidence": "Order 12", "check_on": today}
    wrong = press("finish-breach", code="AAAA-AAAA-AAAA", **done)
    assert "No report has this code" in wrong.content.decode()
    code = breach.found_in.check_code
    assert press("finish-breach", code=code.lower(), **done).status_code == 302
    page = client.get(url).content.decode()
    assert "&lt;New&gt; bulbs" in page
    assert "Order 12 · <a" in page, "the report that shows it is a click away"
    early = press("close-breach", conclusion="It helped, I think")
    assert "No report has shown yet" in early.content.decode()
    ended = {"conclusion": "The lamps are sold", "unchecked": "on"}
    assert press("close-breach", **ended).status_code == 302
    assert "The lamps are sold" in client.get(url).content.decode()
    assert "hall" in client.get(reverse("breaches"), {"which": "closed"}).content.decode()
    assert client_of(house.pharmacist).get(url).status_code == 404


def test_targets_and_citations_are_changed_by_those_who_may(house, breach):
    client = client_of(house.manager)
    page = client.get(reverse("report-rules")).content.decode()
    assert "Half burnt at least</strong> at least 3" in page
    rule = ReportRule.objects.get()
    changed = {"comparison": "at-least", "value": "2.5", "active": "on", "reason": "as agreed"}
    url = reverse("report-rule", args=[rule.uid])
    assert client.post(url, {"key": "a", **changed}).status_code == 302
    assert "as agreed" in client.get(url).content.decode()
    add = reverse("add-report-rule", args=["lamps"])
    wrong = {"figure": "burning", "comparison": "at-most", "value": "50", "active": "on"}
    refused = client.post(add, {"key": "b", **wrong})
    assert "Higher is better here" in refused.content.decode()
    assert client.post(add, {"key": "c", **wrong, "comparison": "at-least"}).status_code == 302
    cite = reverse("report-citation", args=["lamps"])
    assert client.post(cite, {"key": "d", "citation": "House rule 7"}).status_code == 302
    assert "House rule 7" in client.get(reverse("report-rules")).content.decode()
    assert client.get(reverse("add-report-rule", args=["none"])).status_code == 404
    others = client_of(house.charge_nurse)
    assert add not in others.get(reverse("report-rules")).content.decode()
    assert others.get(add).status_code == 403
    assert client_of(house.privacy_officer).get(add).status_code == 404, "not a report of theirs"


def test_a_schedule_is_set_on_its_page(house):
    client = client_of(house.manager)
    add = reverse("add-report-schedule", args=["lamps"])
    assert "privacy officer" not in client.get(add).content.decode(), "who may not see the report"
    asked = {"cadence": "month", "at": "06:30", "roles": ["manager"], "active": "on"}
    assert client.post(add, {"key": "a", **asked}).status_code == 302
    row = ReportSchedule.objects.get()
    assert (row.cadence, row.roles) == ("month", ["manager"])
    assert "at 06:30" in client.get(reverse("report-schedules")).content.decode()
    url = reverse("report-schedule", args=[row.uid])
    assert client.post(url, {"key": "b", "at": "07:00", "roles": []}).status_code == 302
    assert "made when somebody asks" in client.get(reverse("report-schedules")).content.decode()
