"""Shared phones: enrolled once with a password, then opened by badge and PIN, until revoked."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from hims.access.hidden import Hidden
from hims.actions.actors import set_own_pin
from hims.actions.devices import enrol_phone, revoke_device
from hims.models import AuditEntry, Device
from hims.queries.actors import console
from hims.web.door import PHONE_COOKIE
from tests import given
from tests.people import browser_of, someone

pytestmark = pytest.mark.django_db

PIN = "739158"


def enrolled(name: str = "Phone 3 B 2") -> Client:
    """A phone that a charge nurse enrolled, where nobody is signed in."""
    phone = browser_of("charge_nurse")
    assert phone.post(reverse("enrol-phone"), {"name": name}).status_code == 302
    phone.post(reverse("sign-out"))
    return phone


def with_pin(*roles: str, badge: str, pin: str = PIN):
    holder = someone(*roles, badge=badge)
    set_own_pin(actor=holder, now=timezone.now(), password=Hidden(given.PASSWORD), pin=Hidden(pin))
    return holder


def by_badge(phone: Client, badge: str, pin: str = PIN):
    return phone.post(reverse("sign-in"), {"badge": badge, "pin": pin})


def who_is_in(phone: Client) -> str:
    answer = phone.get(reverse("me"))
    return answer.context["request"].user.name if answer.status_code == 200 else ""


def test_an_enrolled_phone_asks_for_the_badge_and_any_other_does_not(client):
    assert 'name="badge"' not in client.get(reverse("sign-in")).content.decode()
    shown = enrolled().get(reverse("sign-in")).content.decode()
    assert "Scan your badge" in shown
    assert 'inputmode="numeric"' in shown
    badge = shown[shown.index('name="badge"') - 20 : shown.index('id="id_badge"') + 20]
    assert "autofocus" in badge


def test_the_key_of_a_phone_lies_in_a_cookie_that_no_script_and_no_other_site_can_use(settings):
    settings.SESSION_COOKIE_SECURE = True
    phone = browser_of("charge_nurse")
    phone.post(reverse("enrol-phone"), {"name": "P"}, secure=True)
    cookie = phone.cookies[PHONE_COOKIE]
    assert cookie["httponly"]
    assert cookie["secure"]
    assert cookie["samesite"] == "Strict"
    assert cookie["max-age"] == 365 * 24 * 3600
    key = Device.objects.get(kind="phone").actor.keys.get()
    assert cookie.value.encode() not in bytes(key.digest)


@pytest.mark.parametrize("shown", ["B-77", "HIMS:STAFF:B-77", "  hims:staff:B-77 "])
def test_badge_and_pin_open_an_enrolled_phone(shown):
    phone = enrolled()
    porter = with_pin("porter", badge="B-77")
    assert by_badge(phone, shown).status_code == 302
    assert who_is_in(phone) == porter.name
    device = Device.objects.get(kind="phone")
    assert device.last_seen_at is not None
    entry = AuditEntry.objects.filter(action="session.begin").latest("pk")
    assert entry.objects_named == [f"actor:{porter.uid}", f"actor:{device.actor.uid}"]


def test_badge_and_pin_open_nothing_away_from_an_enrolled_phone(client):
    with_pin("porter", badge="B-77")
    assert by_badge(client, "B-77").status_code == 400
    assert who_is_in(client) == ""


def test_another_persons_badge_or_a_wrong_pin_is_refused():
    phone = enrolled()
    with_pin("porter", badge="B-77")
    someone("nurse", badge="B-78")
    assert by_badge(phone, "B-77", "000000").status_code == 400
    assert by_badge(phone, "B-78").status_code == 400  # has never set a PIN
    assert by_badge(phone, "B-79").status_code == 400
    reasons = AuditEntry.objects.filter(action="session.refuse").order_by("pk")
    assert [entry.reason for entry in reasons] == ["wrong PIN", "wrong PIN", "no such badge"]


def test_wrong_pins_lock_the_badge_with_a_sentence_and_nobody_elses():
    phone = enrolled()
    with_pin("porter", badge="B-77")
    nurse = with_pin("nurse", badge="B-78")
    for _ in range(8):
        answer = by_badge(phone, "B-77", "000000")
    assert answer.status_code == 429
    assert "Too many wrong tries" in answer.content.decode()
    assert by_badge(phone, "B-77").status_code == 429
    assert by_badge(phone, "B-78").status_code == 302
    assert who_is_in(phone) == nurse.name


def test_changing_the_user_is_one_press_then_the_badge():
    phone = enrolled()
    with_pin("porter", badge="B-77")
    nurse = with_pin("nurse", badge="B-78")
    by_badge(phone, "B-77")
    assert "Change user" in phone.get(reverse("me")).content.decode()
    answer = phone.post(reverse("sign-out"), {"change": "1"}, follow=True)
    assert answer.redirect_chain == [(reverse("sign-in"), 302)]
    assert "Scan your badge" in answer.content.decode()
    by_badge(phone, "B-78")
    assert who_is_in(phone) == nurse.name


def test_revoking_a_phone_ends_the_session_begun_on_it_at_the_next_request():
    phone = enrolled()
    with_pin("porter", badge="B-77")
    by_badge(phone, "B-77")
    assert who_is_in(phone)
    device = Device.objects.get(kind="phone")
    revoke_device(actor=console(), now=timezone.now(), device=device, reason="lost")
    assert phone.get(reverse("me")).status_code == 302
    assert "Scan your badge" not in phone.get(reverse("sign-in")).content.decode()
    assert by_badge(phone, "B-77").status_code == 400


def test_a_session_cookie_carried_to_another_browser_is_worth_nothing_without_the_phone(client):
    phone = enrolled()
    with_pin("porter", badge="B-77")
    by_badge(phone, "B-77")
    client.cookies["hims_session"] = phone.cookies["hims_session"].value
    assert client.get(reverse("me")).status_code == 302


def test_an_enrolment_ends_after_a_year(time_machine):
    phone = enrolled()
    assert "Scan your badge" in phone.get(reverse("sign-in")).content.decode()
    time_machine.move_to(timezone.now() + timedelta(days=366))
    assert "Scan your badge" not in phone.get(reverse("sign-in")).content.decode()


def test_who_came_in_by_pin_cannot_enrol_and_neither_can_a_porter():
    phone = enrolled()
    with_pin("charge_nurse", badge="B-79")
    by_badge(phone, "B-79")
    answer = phone.post(reverse("enrol-phone"), {"name": "Another"})
    assert answer.status_code == 403
    assert "sign in with your password" in answer.content.decode()
    assert browser_of("porter").post(reverse("enrol-phone"), {"name": "P"}).status_code == 403
    assert Device.objects.filter(kind="phone").count() == 1


def test_a_name_that_is_taken_is_said_beside_its_field_and_kept():
    enrolled("Phone 1")
    other = browser_of("manager")
    answer = other.post(reverse("enrol-phone"), {"name": "Phone 1"})
    assert answer.status_code == 400
    assert "There is something of this name already." in answer.content.decode()
    assert 'value="Phone 1"' in answer.content.decode()
    assert PHONE_COOKIE not in other.cookies


def test_a_revoked_phone_is_enrolled_again_under_its_name():
    enrolled("Phone 1")
    device = Device.objects.get(kind="phone")
    revoke_device(actor=console(), now=timezone.now(), device=device)
    phone = enrolled("Phone 1")
    assert "Scan your badge" in phone.get(reverse("sign-in")).content.decode()
    assert Device.objects.filter(kind="phone").count() == 1


def test_the_key_of_a_phone_opens_nothing_at_the_api(client):
    _, secret = enrol_phone(actor=console(), now=timezone.now(), name="P")
    answer = client.post(
        "/api/readings/", {}, "application/json", headers={"Authorization": f"Token {secret}"}
    )
    assert answer.status_code in {403, 404}


@pytest.mark.parametrize(
    ("pin", "sentence"),
    [
        ("12345", "6 to 12 digits"),
        ("12345a", "6 to 12 digits"),
        ("٣٤٥٦٧٨", "6 to 12 digits"),
        ("777777", "more than one digit"),
        ("234567", "follow one another"),
        ("890123", "follow one another"),
        ("654321", "follow one another"),
        ("121212", "again and again"),
        ("584584", "again and again"),
        ("402913", "part of your badge"),
    ],
)
def test_a_pin_that_is_easy_to_guess_is_refused_in_words(pin, sentence):
    phone = browser_of("porter", badge="77-402913")
    asked = {"password": given.PASSWORD, "pin": pin, "again": pin}
    answer = phone.post(reverse("my-pin"), asked)
    assert answer.status_code == 400
    assert sentence in answer.content.decode()


def test_setting_a_pin_asks_for_the_password_and_for_the_pin_twice():
    phone = browser_of("porter")
    asked = {"password": "not it", "pin": PIN, "again": PIN}
    assert "This is not your password." in phone.post(reverse("my-pin"), asked).content.decode()
    asked = {"password": given.PASSWORD, "pin": PIN, "again": "739159"}
    assert "not the same" in phone.post(reverse("my-pin"), asked).content.decode()
    asked = {"password": given.PASSWORD, "pin": PIN, "again": PIN}
    assert phone.post(reverse("my-pin"), asked).status_code == 302
    phone.someone.refresh_from_db()
    assert phone.someone.check_pin(PIN)


def test_the_digest_in_the_trail_says_nothing_of_the_pin():
    first, second = someone("porter"), someone("porter")
    for person, pin in [(first, "739158"), (second, "280461")]:
        set_own_pin(
            actor=person, now=timezone.now(), password=Hidden(given.PASSWORD), pin=Hidden(pin)
        )
    one, other = AuditEntry.objects.filter(action="self.set_pin").order_by("pk")
    assert bytes(one.digest) == bytes(other.digest)
