"""People in the settings: added, changed, ended; what was typed is kept when a rule says no."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from hims.models import Actor, AuditEntry
from tests import given
from tests.people import browser_of, sign_in, someone

pytestmark = pytest.mark.django_db

NEW = {"username": "mira", "name": "Mira Okafor", "roles": ["nurse"], "badge": "HIMS:STAFF:B-9"}


def saved(person: Actor) -> Actor:
    return Actor.objects.get(pk=person.pk)


def test_a_new_person_gets_a_password_shown_once_and_signs_in_with_it():
    browser = browser_of("administrator")
    page = browser.post(reverse("add-person"), NEW).content.decode()
    password = re.search(r'id="secret" value="([^"]+)"', page)[1]
    mira = Actor.objects.get(username="mira")
    assert (mira.name, mira.roles, mira.badge) == ("Mira Okafor", ["nurse"], "B-9")
    assert sign_in(Client(), "mira", password).status_code == 302
    entry = AuditEntry.objects.filter(action="actor.add").latest("pk")
    assert entry.actor == browser.someone
    assert entry.objects_named == [f"actor:{mira.uid}"]


@pytest.mark.parametrize(
    ("fault", "field", "sentence"),
    [
        ({"username": "here already"}, "username", "no blanks"),
        ({"username": "taken"}, "username", "already"),
        ({"badge": "B-1"}, "badge", "Tara Taken has this badge"),
        ({"name": ""}, "name", "required"),
    ],
)
def test_a_fault_is_said_beside_its_field_and_the_rest_is_kept(fault, field, sentence):
    someone("porter", username="taken", name="Tara Taken", badge="B-1")
    answer = browser_of("administrator").post(reverse("add-person"), NEW | fault)
    page = answer.content.decode()
    assert answer.status_code == 400
    assert re.search(rf'id="id_{field}_error".*{sentence}', page)
    assert re.search(r'value="nurse"[^>]* checked', page)
    assert not Actor.objects.filter(name="Mira Okafor").exists()


def test_a_changed_role_holds_from_the_next_request_on():
    nurse = browser_of("nurse")
    assert nurse.get(reverse("people")).status_code == 403
    administrator = browser_of("administrator")
    asked = {"name": "Robin", "roles": ["nurse", "privacy_officer"], "badge": ""}
    address = reverse("person", args=[nurse.someone.uid])
    assert administrator.post(address, asked).status_code == 302
    assert nurse.get(reverse("people")).status_code == 200


def test_nobody_changes_their_own_roles_but_their_name():
    browser = browser_of("administrator")
    address = reverse("person", args=[browser.someone.uid])
    asked = {"name": "Ada", "roles": ["administrator", "manager"], "badge": ""}
    answer = browser.post(address, asked)
    assert answer.status_code == 400
    assert "Somebody else must change your own roles." in answer.content.decode()
    assert browser.post(address, asked | {"roles": ["administrator"]}).status_code == 302
    assert saved(browser.someone).name == "Ada"


def test_nobody_ends_their_own_account():
    browser = browser_of("administrator")
    answer = browser.post(reverse("deactivate-person", args=[browser.someone.uid]))
    assert answer.status_code == 409
    assert saved(browser.someone).is_active


def test_who_comes_back_has_no_badge_until_it_is_given_again():
    porter = someone("porter", badge="B-5")
    browser = browser_of("administrator")
    browser.post(reverse("deactivate-person", args=[porter.uid]), {"reason": "on leave"})
    assert saved(porter).badge is None
    browser.post(reverse("reactivate-person", args=[porter.uid]))
    assert saved(porter).is_active
    assert saved(porter).badge is None


def test_a_reset_password_is_shown_once_and_the_old_one_and_the_pin_end():
    porter = someone("porter")
    page = browser_of("administrator").post(reverse("reset-password", args=[porter.uid]))
    password = re.search(r'id="secret" value="([^"]+)"', page.content.decode())[1]
    assert sign_in(Client(), porter.username, given.PASSWORD).status_code == 400
    assert sign_in(Client(), porter.username, password).status_code == 302
    assert saved(porter).pin == ""


def test_history_of_a_person_says_who_changed_what_and_keeps_no_secret():
    porter = someone("porter")
    browser = browser_of("administrator")
    asked = {"name": "New Name", "roles": ["porter"], "badge": "B-6"}
    browser.post(reverse("person", args=[porter.uid]), asked)
    row = saved(porter).history.latest()
    assert (row.name, row.badge) == ("New Name", "B-6")
    assert row.history_user == browser.someone
    assert row.history_change_reason == "actor.change"
    assert not hasattr(row, "password")
    assert not hasattr(row, "pin")


@pytest.mark.parametrize(
    ("role", "looks", "adds"),
    [("administrator", 200, 200), ("privacy_officer", 200, 403), ("manager", 403, 403)],
)
def test_who_may_see_and_add_people(role, looks, adds):
    browser = browser_of(role)
    assert browser.get(reverse("people")).status_code == looks
    assert browser.get(reverse("add-person")).status_code == adds


def test_a_privacy_officer_ends_an_account_but_changes_no_roles():
    porter = someone("porter")
    browser = browser_of("privacy_officer")
    asked = {"name": "X", "roles": ["manager"], "badge": ""}
    assert browser.post(reverse("person", args=[porter.uid]), asked).status_code == 403
    assert saved(porter).roles == ["porter"]
    browser.post(reverse("deactivate-person", args=[porter.uid]), {"reason": "leak"})
    assert not saved(porter).is_active


def test_people_are_found_by_name_user_name_and_badge():
    someone("porter", username="zz-top", name="Zelda Quist", badge="B-42")
    browser = browser_of("administrator")
    for words in ("zelda", "zz-to", "b-42", "quist zelda"):
        assert "Zelda Quist" in browser.get(reverse("people"), {"q": words}).content.decode()
    assert "Zelda" not in browser.get(reverse("people"), {"q": "nobody"}).content.decode()


def test_the_settings_show_each_role_its_own_sections():
    shown = browser_of("charge_nurse").get(reverse("settings")).content.decode()
    assert "Enrol this phone" in shown
    assert reverse("people") not in shown
    assert browser_of("porter").get(reverse("settings")).status_code == 403
    assert (
        reverse("people") in browser_of("administrator").get(reverse("settings")).content.decode()
    )


def test_ones_own_page_shows_name_roles_and_what_the_trail_says():
    browser = browser_of("charge_nurse")
    page = browser.get(reverse("me")).content.decode()
    assert browser.someone.name in page
    assert "charge nurse" in page
    assert "session.begin" in page
    assert "session.begin" not in browser_of("porter").get(reverse("audit")).content.decode()
