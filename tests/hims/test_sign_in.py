"""Signing in and out: who gets in, where to, and what the trail keeps of it."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from hims.access.hidden import Hidden
from hims.actions.actors import deactivate_person, reset_password
from hims.models import Actor, AuditEntry
from hims.queries.actors import console
from tests import given
from tests.people import NOW, sign_in, someone

pytestmark = pytest.mark.django_db


def trail(action):
    return list(AuditEntry.objects.filter(action=action).order_by("pk"))


def test_a_password_opens_a_session_and_the_trail_says_so(client):
    porter = someone("porter")
    answer = sign_in(client, porter.username)
    assert answer.status_code == 302
    assert answer["Location"] == "/"
    assert client.get(reverse("me")).status_code == 200
    (entry,) = trail("session.begin")
    assert entry.actor == porter
    assert entry.door == "web"
    assert entry.objects_named == [f"actor:{porter.uid}"]


def test_signing_in_leaves_no_history_row_without_a_name(client):
    porter = someone("porter")
    before = porter.history.count()
    sign_in(client, porter.username)
    assert porter.history.count() == before


def test_a_wrong_password_is_refused_in_words_and_what_was_typed_is_kept(client):
    porter = someone("porter")
    answer = sign_in(client, porter.username, "not it")
    assert answer.status_code == 400
    assert "do not belong together" in answer.content.decode()
    assert f'value="{porter.username}"' in answer.content.decode()
    assert "not it" not in answer.content.decode()
    (entry,) = trail("session.refuse")
    assert entry.objects_named == [f"actor:{porter.uid}"]
    assert entry.reason == "wrong password"


def test_an_unknown_name_hears_the_same_words_and_is_not_kept_in_the_trail(client):
    known = sign_in(client, someone("porter").username, "wrong").content.decode()
    unknown = sign_in(client, "hunter2-typed-in-the-wrong-field", "wrong").content.decode()
    sentence = "User name and password do not belong together. Try again."
    assert sentence in known
    assert sentence in unknown
    entry = trail("session.refuse")[-1]
    assert entry.objects_named == []
    assert "hunter2" not in entry.reason


@pytest.mark.parametrize(
    "wanted", ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)"]
)
def test_a_next_that_is_not_ours_leads_home(client, wanted):
    answer = sign_in(client, someone("porter").username, next=wanted)
    assert answer["Location"] == "/"


def test_a_next_that_is_ours_is_followed(client):
    answer = client.get(reverse("my-pin"))
    assert answer["Location"] == f"{reverse('sign-in')}?next=/me/pin/"
    assert 'value="/me/pin/"' in client.get(answer["Location"]).content.decode()
    answer = sign_in(client, someone("porter").username, next="/me/pin/")
    assert answer["Location"] == "/me/pin/"


def test_signing_out_takes_a_post_and_ends_the_session(client):
    porter = someone("porter")
    sign_in(client, porter.username)
    assert client.get(reverse("sign-out")).status_code == 405
    answer = client.post(reverse("sign-out"))
    assert answer["Location"] == reverse("sign-in")
    assert client.get(reverse("me")).status_code == 302
    assert [entry.actor for entry in trail("session.end")] == [porter]


def test_signing_in_and_out_needs_the_csrf_token():
    from django.test import Client

    strict = Client(enforce_csrf_checks=True)
    assert sign_in(strict, someone("porter").username).status_code == 403
    assert strict.post(reverse("sign-out")).status_code == 403


def test_the_eighth_wrong_try_locks_out_with_a_sentence_and_only_that_account(client):
    porter, nurse = someone("porter"), someone("nurse")
    for _ in range(8):
        answer = sign_in(client, porter.username, "wrong")
    assert answer.status_code == 429
    assert "Wait 15 minutes" in answer.content.decode()
    assert sign_in(client, porter.username).status_code == 429
    assert sign_in(client, nurse.username).status_code == 302


def test_a_right_password_forgives_the_wrong_ones_before(client):
    porter = someone("porter")
    for _ in range(6):
        sign_in(client, porter.username, "wrong")
    assert sign_in(client, porter.username).status_code == 302
    client.post(reverse("sign-out"))
    for _ in range(6):
        sign_in(client, porter.username, "wrong")
    assert sign_in(client, porter.username).status_code == 302


def test_a_session_ends_after_twelve_hours(client, time_machine):
    time_machine.move_to(NOW)
    sign_in(client, someone("porter").username)
    time_machine.move_to(NOW + timedelta(hours=11, minutes=59))
    assert client.get(reverse("me")).status_code == 200
    time_machine.move_to(NOW + timedelta(hours=12, minutes=1))
    assert client.get(reverse("me")).status_code == 302


def test_who_is_deactivated_is_out_at_the_next_request(client):
    porter = someone("porter")
    sign_in(client, porter.username)
    deactivate_person(actor=console(), now=timezone.now(), person=porter, reason="left")
    assert client.get(reverse("me")).status_code == 302
    assert sign_in(client, porter.username).status_code == 400


def test_a_new_password_from_the_administrator_ends_open_sessions(client):
    porter = someone("porter")
    sign_in(client, porter.username)
    reset_password(
        actor=console(), now=timezone.now(), person=porter, password=Hidden("a quite new password")
    )
    assert client.get(reverse("me")).status_code == 302


def test_who_has_no_role_is_told_so_and_stays_outside(client):
    answer = sign_in(client, someone().username)
    assert answer.status_code == 400
    assert "no role yet" in answer.content.decode()


@pytest.mark.parametrize("kind", [Actor.Kind.CLOCK, Actor.Kind.CONSOLE])
def test_nobody_signs_in_as_the_clock_or_the_console(client, kind):
    machine = Actor.objects.get(kind=kind)
    machine.set_password(given.PASSWORD)
    machine.save()
    assert sign_in(client, machine.username).status_code == 400


def test_a_changed_own_password_keeps_this_session_and_opens_the_next(client):
    porter = someone("porter")
    sign_in(client, porter.username)
    wrong = {"old": "not it", "password": "four words no saying", "again": "four words no saying"}
    answer = client.post(reverse("my-password"), wrong)
    assert answer.status_code == 400
    assert "This is not your password." in answer.content.decode()
    answer = client.post(reverse("my-password"), wrong | {"old": given.PASSWORD})
    assert answer.status_code == 302
    assert client.get(reverse("me")).status_code == 200
    client.post(reverse("sign-out"))
    assert sign_in(client, porter.username).status_code == 400
    assert sign_in(client, porter.username, "four words no saying").status_code == 302
