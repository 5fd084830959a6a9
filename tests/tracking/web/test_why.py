"""Why here: the evidence as a page, and the last ten minutes told again."""

import json
import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from hims.access import scopes
from hims.models import AuditEntry, Patient
from tests import given
from tests.tracking.on_the_radio import BAY, STORE, heard, stream
from tests.tracking.web.test_locate import text_of
from tracking.models import Position
from tracking.queries import retold

pytestmark = pytest.mark.django_db
PUMP, PATIENT = "C3:00:00:00:00:01", "C3:00:00:00:07:01"


@pytest.fixture
def house(settings, tmp_path):
    settings.HIMS_VAR = tmp_path
    house = given.hospital()
    given.everybody_somewhere(house)
    house.now = timezone.now()
    return house


def why_url(house):
    return reverse("asset-why", args=[house.assets["P-1"].uid])


def replay(house, **headers):
    url = reverse("asset-replay", args=[house.assets["P-1"].uid])
    return given.signed_in(house.porter).get(url, headers=headers)


def moved(house):
    """Nine minutes of the pump: first in the bay, for the last four minutes in the store."""
    rows = stream(house, house.now, PUMP, BAY, 540, 240) + stream(
        house, house.now, PUMP, STORE, 240
    )
    rows += stream(house, house.now, PUMP, BAY, 240, rssi=-85)
    heard(house, house.now, *rows)


def test_a_porter_reads_who_hears_it_how_strongly_and_how_long_ago(house):
    heard(house, house.now, (2, PUMP, STORE, -51), (2, PUMP, BAY, -70))
    page = given.signed_in(house.porter).get(why_url(house))
    words = text_of(page)
    assert re.search(r"Heard strongest by Store two, (just now|\d s ago) \.", words)
    assert "−51 dBm" in words
    assert "Bay one Gateway bay, Ground floor −70 dBm" in words
    assert "What speaks against it Nothing that we know of." in words
    assert "Nobody has scanned it or said where it is." in words
    assert '<p class="place">Store two</p>' in page.content.decode()


def test_no_age_stands_still_on_a_page_that_is_left_open(house):
    heard(house, house.now, (2, PUMP, STORE, -51), (30, PUMP, BAY, -70))
    page = given.signed_in(house.porter).get(why_url(house)).content.decode()
    bare = re.sub(r"(?s)<time.*?</time>", "", page)
    assert page.count("<time") >= 4
    assert not re.search(r"\d (s|min) ago", bare)


def test_the_card_of_the_locator_leads_there(house):
    page = given.signed_in(house.porter).get("/locate/", {"q": "P-1"})
    assert f'href="{why_url(house)}"' in page.content.decode()


def test_what_is_missing_is_said(house, settings):
    words = text_of(given.signed_in(house.porter).get(why_url(house)))
    assert "No gateway has heard it in the last ten minutes." in words
    assert "No gateway has heard it in the last ten minutes." in text_of(replay(house))
    settings.HIMS_SPOOL_MB = 0
    words = text_of(given.signed_in(house.porter).get(why_url(house)))
    assert "Raw readings are not kept on this server" in words
    assert "Raw readings are not kept on this server" in text_of(replay(house))


def test_the_last_minutes_are_a_table_of_changes_and_the_moments_of_a_picture(house):
    moved(house)
    page = replay(house)
    words = text_of(page)
    rows = re.findall(r"(\d\d:\d\d:\d\d) (\d\d:\d\d:\d\d) (Store two|Bay one) ", words)
    assert [place for *_, place in rows] == ["Store two", "Bay one"]
    story = json.loads(
        re.search(r'<script type="application/json">(.*?)</script>', page.content.decode())[1]
    )
    places = [moment["w"] for moment in story["moments"]]
    assert len(places) in (300, 301)
    assert (places[0], places[100], places[-1]) == ("Not known", "Bay one", "Store two")
    last = story["moments"][-1]
    assert [story["ears"][ear] for ear, *_ in last["g"]] == ["Gateway store", "Gateway bay"]
    assert story["zones"][last["c"][0][0]] == "Store two"
    assert sum(p for _, p in last["c"]) <= 1.01


def test_a_fragment_is_given_to_the_page_that_asks_for_one(house):
    heard(house, house.now, *stream(house, house.now, PUMP, STORE, 60))
    assert b"<html" in replay(house).content
    fragment = replay(house, **{"HX-Request": "true"}).content
    assert b"<html" not in fragment
    assert b"data-replay" in fragment


def test_more_readings_than_can_be_told_shorten_the_story(house, monkeypatch):
    monkeypatch.setattr("tracking.queries.retold.MOST_READINGS", 100)
    moved(house)
    words = text_of(replay(house))
    assert "only the newest part is told" in words


def test_only_one_is_told_at_a_time(house, monkeypatch):
    heard(house, house.now, *stream(house, house.now, PUMP, STORE, 60))
    monkeypatch.setattr(retold, "PATIENCE_S", 0.01)
    with retold._one_at_a_time:
        answer = replay(house)
    assert answer.status_code == 503
    assert "Others are replaying at the moment" in text_of(answer)
    assert replay(house).status_code == 200


# --- people ---------------------------------------------------------------------------------------


def test_why_a_colleague_is_thought_to_be_somewhere_takes_a_reason_that_is_kept(house):
    staff = house.staff["S-900"]
    url = reverse("staff-why", args=[staff.uid])
    browser = given.signed_in(house.charge_nurse)
    assert "Ward west" not in text_of(browser.get(url))
    assert "Say why you need to know" in text_of(browser.post(url, {"reason": "so"}))
    assert not AuditEntry.objects.filter(action="staff_position.ask").exists()
    words = text_of(browser.post(url, {"reason": "Her patient has arrested in bed 3."}))
    assert "Ward west" in words
    assert "Raw readings of staff tags are kept of nobody" in words
    assert "Replay" not in words
    entry = AuditEntry.objects.get(action="staff_position.ask")
    assert (entry.actor, entry.objects_named) == (house.charge_nurse, [f"staff:{staff.uid}"])
    assert given.signed_in(house.nurse).get(url).status_code == 403


def test_a_patient_is_told_to_nobody_without_a_care_relationship(house):
    patient = house.patients["MRN-777001"]
    for name in ("patient-why", "patient-replay"):
        url = reverse(name, args=[patient.uid])
        for someone in (house.nurse, house.physician, house.privacy_officer):
            assert given.signed_in(someone).get(url).status_code == 404
        assert given.signed_in(house.porter).get(url).status_code == 403
    assert not AuditEntry.objects.filter(action__startswith="patient.").exists()


def test_each_look_at_a_patient_with_a_relationship_is_in_the_trail(house, monkeypatch):
    for model in (Patient, Position):
        monkeypatch.setitem(scopes._rules, model, lambda viewer, queryset: queryset)
    patient = house.patients["MRN-777001"]
    heard(house, house.now, *stream(house, house.now, PATIENT, STORE, 60))
    browser = given.signed_in(house.nurse)
    assert "Ward west" in text_of(browser.get(reverse("patient-why", args=[patient.uid])))
    assert "Store two" in text_of(browser.get(reverse("patient-replay", args=[patient.uid])))
    looks = AuditEntry.objects.filter(action__startswith="patient.").order_by("pk")
    assert [(one.action, one.actor, one.objects_named) for one in looks] == [
        ("patient.why", house.nurse, [f"patient:{patient.uid}"]),
        ("patient.replay", house.nurse, [f"patient:{patient.uid}"]),
    ]


def test_an_asset_nobody_knows_is_not_there(house):
    for name in ("asset-why", "asset-replay", "staff-why"):
        url = reverse(name, args=["0197f0a0-0000-7000-8000-000000000000"])
        assert given.signed_in(house.charge_nurse).get(url).status_code == 404


def test_scans_are_told_with_who_kind_and_age(house):
    from tracking.actions.sightings import found_here

    asset = house.assets["P-1"]
    when = house.now - timedelta(minutes=7)
    found_here(actor=house.nurse, now=when, asset=asset, zone=house.zones["ED-1"], source="scan")
    words = text_of(given.signed_in(house.porter).get(why_url(house)))
    assert "Scanned in Bay one by nurse, 7 min ago ." in words
    assert "Somebody saw it in Bay one 7 min ago ." in words
    assert house.nurse.name not in words
