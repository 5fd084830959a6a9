"""The pages of alerts: one line each, taken in one press, and nothing of a patient to strangers."""

import json

import pytest
from django.urls import reverse
from django.utils import timezone

from hims.live import Event
from hims.models import Alert, AlertRule, AlertSuppression, Channel, InterruptionBudget
from hims.web.alerts import may_hear
from tests import given
from tests.given_alerts import HIGH, MEDIUM, a_department, cleared, on_shift, raised

pytestmark = pytest.mark.django_db


@pytest.fixture
def ed():
    return a_department("ED")


def opened(someone):
    return given.signed_in(someone)


def test_an_alert_is_one_line_and_is_taken_in_one_press_however_often_pressed(ed):
    now = timezone.now()
    nurse, colleague = on_shift(ed, "nurse", now=now), on_shift(ed, "nurse", now=now)
    alert = raised(department=ed, now=now, title="No pump in the store", text="Store two")
    browser = opened(nurse)
    page = browser.get(reverse("alerts"))
    text = page.content.decode()
    assert "No pump in the store" in text
    assert "nurse" in text
    assert "1 alert calls you" in text
    assert 'class="state alert-high"' in text
    press = {"key": f"{page.context['key']}-{alert.pk}", "back": "mine"}
    address = reverse("acknowledge-alert", args=[alert.uid])
    for _ in range(2):
        assert browser.post(address, press)["Location"] == "/alerts/?which=mine"
    alert.refresh_from_db()
    assert (alert.status, alert.owner) == ("acknowledged", nurse)
    assert alert.events.filter(event="acknowledged").count() == 1
    assert "0 alerts call you" in browser.get(reverse("alerts-bell")).content.decode()
    theirs = opened(colleague).get(reverse("alerts")).content.decode()
    assert "No pump in the store" not in theirs
    everyones = opened(colleague).get(reverse("alerts") + "?which=all").content.decode()
    assert nurse.name in everyones
    detail = browser.get(reverse("alert", args=[alert.uid])).content.decode()
    for word in ("Raised", "Told", "Taken", "Store two"):
        assert word in detail


def test_it_is_given_put_off_and_ended_on_its_page_and_what_is_missing_is_said(ed):
    now = timezone.now()
    nurse, colleague = on_shift(ed, "nurse", now=now), on_shift(ed, "nurse", now=now)
    alert = raised(department=ed, now=now)
    browser = opened(nurse)

    def press(name, key, **typed):
        return browser.post(reverse(name, args=[alert.uid]), {"key": key, **typed})

    assert press("assign-alert", "a").status_code == 400
    assert press("snooze-alert", "b", minutes="5").status_code == 400
    assert press("snooze-alert", "c", minutes="500", reason="busy").status_code == 409
    assert press("resolve-alert", "d").status_code == 400
    assert press("snooze-alert", "e", minutes="5", reason="busy").status_code == 302
    assert press("assign-alert", "f", to=str(colleague.uid)).status_code == 302
    alert.refresh_from_db()
    assert (alert.owner, alert.status) == (colleague, "raised")
    assert press("resolve-alert", "g", acted_on="no", resolution="Found it").status_code == 302
    alert.refresh_from_db()
    assert (alert.status, alert.acted_on) == ("resolved", False)
    assert "Found it" in browser.get(reverse("alerts") + "?which=resolved").content.decode()


def test_who_may_not_know_the_patient_is_told_neither_the_alert_nor_the_name(ed, patient_pair):
    now = timezone.now()
    nurse = on_shift(ed, "nurse", now=now)
    stranger = on_shift(a_department("W1"), "nurse", now=now)
    alert = raised(department=ed, patient=patient_pair[0], title="Waits too long", now=now)
    assert opened(nurse).get(reverse("alert", args=[alert.uid])).status_code == 200
    assert opened(stranger).get(reverse("alert", args=[alert.uid])).status_code == 404
    for who in (nurse, stranger):
        for which in ("mine", "all"):
            text = opened(who).get(reverse("alerts") + f"?which={which}").content.decode()
            assert "Quillfeather" not in text  # told, but in no care relationship
            assert ("Waits too long" in text) == (who is nurse)
    assert "Quillfeather" not in json.dumps(
        given.with_token(nurse).get("/api/alerts/").json(), default=str
    )


def test_programs_read_and_answer_alerts(ed):
    now = timezone.now()
    nurse, colleague = on_shift(ed, "nurse", now=now), on_shift(ed, "nurse", now=now)
    alert = raised(department=ed, now=now)
    raised(department=ed, subject="pump-2", now=now)
    caller = given.with_token(nurse)
    (told,) = caller.get("/api/alerts/").json()["results"]
    assert (told["id"], told["occurrences"], told["department"]) == (str(alert.uid), 2, "ED")
    address = f"/api/alerts/{alert.uid}"
    given_key = {"headers": {"Idempotency-Key": "k1"}}
    first = caller.post(f"{address}/acknowledge/", {}, "application/json", **given_key)
    again = caller.post(f"{address}/acknowledge/", {}, "application/json", **given_key)
    assert first.status_code == again.status_code == 200
    assert first.json() == again.json()
    assert first.json()["owner"] == nurse.name
    wrong = caller.post(f"{address}/assign/", {"to": str(alert.uid)}, "application/json")
    assert wrong.status_code == 409
    given_on = caller.post(f"{address}/assign/", {"to": str(colleague.uid)}, "application/json")
    assert given_on.json()["status"] == "raised"
    later = caller.post(f"{address}/snooze/", {"minutes": 5, "reason": "x"}, "application/json")
    assert later.json()["snoozed_until"]
    over = caller.post(f"{address}/resolve/", {"acted_on": True}, "application/json")
    assert (over.json()["status"], over.json()["acted_on"]) == ("resolved", True)
    assert caller.get("/api/alerts/?status=resolved").json()["results"][0]["id"] == told["id"]
    assert caller.get("/api/alerts/?status=odd").status_code == 400
    assert caller.post(f"{address}/resolve/", {}, "application/json").status_code == 400


def test_rules_are_scored_changed_held_back_and_heard_again_and_all_of_it_is_seen(ed):
    now = timezone.now()
    manager, nurse = on_shift(ed, "manager", now=now), on_shift(ed, "nurse", now=now)
    for n in range(3):
        alert = raised(department=ed, group_key=f"g{n}", now=now)
        address = reverse("resolve-alert", args=[alert.uid])
        opened(nurse).post(address, {"key": f"r{n}", "acted_on": "yes" if n else "no"})
    raised(MEDIUM, department=ed, now=now)
    rule = AlertRule.objects.get(code=HIGH)
    browser = opened(manager)
    page = browser.get(reverse("alert-rules"))
    shown = next(one for one in page.context["rules"] if one == rule)
    assert (shown.score.raised, round(shown.score.acted_on, 2), shown.score.said) == (3, 0.67, 3)
    assert "67 %" in page.content.decode()
    change = reverse("change-alert-rule", args=[rule.uid])
    form = browser.get(change).context["form"]
    typed = {name: form[name].value() for name in form.fields} | {"title": "Pumps", "active": "on"}
    typed = {name: value for name, value in typed.items() if value is not None}
    assert browser.post(change, typed).status_code == 302
    refused = browser.post(change, typed | {"key": "again", "escalates_to": ["nurse"]})
    assert refused.status_code == 400
    rule.refresh_from_db()
    assert rule.title == "Pumps"
    assert rule.history.count() == 2
    hold = reverse("suppress-alerts", args=[rule.uid])
    assert browser.post(hold, {"key": "h", "hours": "48", "reason": "x"}).status_code == 400
    assert browser.post(hold, {"key": "h", "hours": "4", "reason": "works"}).status_code == 302
    raised(department=ed, group_key="later", now=timezone.now())
    seen = opened(nurse).get(reverse("alerts")).content.decode()
    assert "works" in seen
    assert "1 held back so far" in seen
    row = AlertSuppression.objects.get()
    assert browser.post(reverse("end-suppression", args=[row.uid]), {"key": "e"}).status_code == 302
    assert "works" not in opened(nurse).get(reverse("alerts")).content.decode()
    budget = {"key": "b", "role": "nurse", "per_hour": "4", "digest_every_min": "20"}
    assert browser.post(reverse("alert-budget"), budget).status_code == 302
    assert InterruptionBudget.objects.get().per_hour == 4


def test_a_channel_is_written_never_read_back_and_leads_nowhere_inside(ed):
    manager, nurse = on_shift(ed, "manager"), on_shift(ed, "nurse")
    typed = {"name": "Desk", "least": "high"}
    secret = "https://hooks.example.org/token-4711"
    webhook = typed | {"kind": "webhook", "role": "manager"}
    browser = opened(manager)
    for n, inside in enumerate(("https://127.0.0.1/x", "https://10.0.0.8/x", "http://a.example/")):
        asked = webhook | {"key": f"w{n}", "address": inside}
        assert browser.post(reverse("add-channel"), asked).status_code == 400
    asked = webhook | {"key": "w", "address": secret}
    assert browser.post(reverse("add-channel"), asked).status_code == 302
    text = browser.get(reverse("alert-channels")).content.decode()
    assert "hooks.example.org" in text
    assert "token-4711" not in text
    assert "token-4711" not in str(Channel.history.values())
    mine = opened(nurse)
    asked = webhook | {"key": "n", "address": secret}
    assert mine.post(reverse("add-channel"), asked).status_code == 400
    mail = typed | {"key": "m", "kind": "email", "address": "robin@example.org"}
    assert mine.post(reverse("add-channel"), mail).status_code == 302
    channel = Channel.objects.get(actor=nurse)
    close = reverse("close-channel", args=[channel.uid])
    assert browser.post(close, {"key": "c"}).status_code == 404
    assert mine.post(close, {"key": "c"}).status_code == 302
    channel.refresh_from_db()
    assert (channel.active, channel.address) == (False, "")


def test_an_open_page_hears_only_of_what_concerns_its_viewer(ed):
    nurse, charge = on_shift(ed, "nurse"), on_shift(ed, "charge_nurse")
    cleaner = on_shift(ed, "cleaner")
    row = {
        *(("id", "a"), ("priority", "high"), ("status", "raised"), ("department", "ED")),
        *(("roles", ("nurse",)), ("owner", None), ("told", ()), ("calls", (nurse.pk,))),
    }
    event = Event("alert", [dict(row)], [None])
    assert may_hear(nurse, event).rows[0]["yours"] is True
    assert may_hear(charge, event).rows[0]["yours"] is False  # keeps the rules
    assert may_hear(cleaner, event) is None
    assert str(nurse.pk) not in str(may_hear(nurse, event).rows[0]).replace(str(event), "")


def test_what_is_over_by_itself_leaves_the_list(ed):
    now = timezone.now()
    nurse = on_shift(ed, "nurse", now=now)
    raised(department=ed, now=now, title="Gone soon")
    cleared(now=now)
    assert "Gone soon" not in opened(nurse).get(reverse("alerts")).content.decode()
    assert Alert.objects.get().resolution == "Over by itself"
