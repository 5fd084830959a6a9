"""The trail page: who did what to what, when and why, for those who keep watch."""

import re
from datetime import UTC, datetime

import pytest
from django.urls import reverse

from hims.action import look
from hims.actions.places import add_building
from hims.models import AuditEntry, Patient
from hims.queries.actors import console
from hims.queries.audit import PAGE
from tests.people import browser_of, someone

pytestmark = pytest.mark.django_db

MONDAY = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
TUESDAY = datetime(2026, 3, 3, 0, 0, tzinfo=UTC)


def shown(browser, **asked) -> str:
    answer = browser.get(reverse("audit"), asked)
    assert answer.status_code == 200
    return answer.content.decode()


def rows(page: str) -> int:
    return page.count("<tr><td")


def building(code, now=MONDAY, actor=None):
    return add_building(actor=actor or console(), now=now, code=code, name=code)


@pytest.mark.parametrize(
    ("role", "status"),
    [
        ("privacy_officer", 200),
        ("manager", 200),
        ("administrator", 403),
        ("charge_nurse", 403),
        ("porter", 403),
    ],
)
def test_who_may_read_the_trail(role, status):
    assert browser_of(role).get(reverse("audit")).status_code == status


def test_it_is_found_by_actor_object_action_and_day():
    ada = someone("administrator", name="Ada Lovelace", username="ada")
    one, _ = building("A", actor=ada), building("B", now=TUESDAY)
    officer = browser_of("privacy_officer")
    for asked in (
        {"actor": "ada"},
        {"actor": "lovelace", "action": "building"},
        {"thing": f"building:{one.uid}"},
        {"thing": str(one.uid)},
        {"day": "2026-03-02", "action": "building.add"},
    ):
        page = shown(officer, **asked)
        assert f"building:{one.uid}" in page, asked
        assert page.count("building.add</a>") == 1, asked
    assert "Nothing in the trail matches" in shown(officer, actor="nobody-like-this")


def test_a_day_is_a_day_of_the_hospital(settings):
    settings.TIME_ZONE = "Europe/Berlin"
    made = building("A", now=datetime(2026, 3, 2, 23, 30, tzinfo=UTC))
    officer = browser_of("privacy_officer")
    assert str(made.uid) in shown(officer, day="2026-03-03")
    assert str(made.uid) not in shown(officer, day="2026-03-02")


@pytest.mark.parametrize("day", ["yesterday", "2026-02-30", "999999-01-01"])
def test_a_day_that_is_none_is_said_beside_the_field(day):
    page = shown(browser_of("privacy_officer"), day=day)
    assert "Write a day like 2026-03-31." in page
    assert f'value="{day}"' in page


@pytest.mark.parametrize("junk", [{"before": "x"}, {"before": "9" * 40}, {"thing": "'; --"}])
def test_junk_in_the_address_breaks_nothing(junk):
    shown(browser_of("privacy_officer"), **junk)


def test_looks_are_in_it_and_names_of_patients_are_not():
    patient = Patient.objects.create(mrn="MRN-1", family="Oakhurst", given="Zebulon")
    nurse = someone("nurse", name="Nora Nurse")
    look(viewer=nurse, now=MONDAY, what="patient.look", things=[patient], reason="handover")
    page = shown(browser_of("privacy_officer"), action="patient.look")
    assert "Nora Nurse" in page
    assert f"patient:{patient.uid}" in page
    assert "handover" in page
    assert "Oakhurst" not in page
    assert "MRN-1" not in page


def test_what_people_wrote_is_shown_as_text():
    ada = someone("administrator", name="<b>Ada</b>")
    building("A", actor=ada)
    assert "&lt;b&gt;Ada" in shown(browser_of("privacy_officer"), action="building.add")


def test_pages_follow_one_another_without_a_gap_or_a_double():
    for n in range(PAGE + 7):
        building(f"B{n}", now=MONDAY)
    officer = browser_of("privacy_officer")
    seen, query = [], "action=building.add"
    while query:
        page = officer.get(f"{reverse('audit')}?{query}").content.decode()
        seen += re.findall(r">(building:[0-9a-f-]+)</a>", page)
        further = re.search(r'href="\?([^"]*before=[^"]*)"', page)
        query = further[1].replace("&amp;", "&") if further else ""
        building(f"late {len(seen)}", now=MONDAY)
    assert len(seen) == len(set(seen)) == PAGE + 7
    assert AuditEntry.objects.filter(action="building.add").count() == PAGE + 9
