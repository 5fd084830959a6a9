"""A receptionist mends messages and words; an administrator lists senders, and reads no patient."""

import pytest
from django.urls import reverse

from hims.access.roles import Role
from hims.models import AuditEntry, CodeMapping, InboxMessage, Interface
from tests import given
from tests.given_flow import a_department
from tests.hims.inbox.given_inbox import kept, listed, told
from tests.hims.wire.messages import adt
from tests.people import browser_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def house():
    house = given.hospital()
    a_department(house)
    listed()
    return house


def key_in(page, after: str) -> str:
    text = page.content.decode().split(after)[-1]
    return text.split('name="key" value="')[1].split('"')[0]


def test_a_receptionist_replays_once_and_settles(house):
    told(adt("A28", visit="", birth="18000101"))
    desk = browser_of(Role.RECEPTIONIST)
    assert b"ADT^A28" in desk.get(reverse("inbox")).content
    address = reverse("inbox-message", args=[kept().uid])
    shown = desk.get(address)
    assert b"Weber^Anna" in shown.content
    look = AuditEntry.objects.get(action="message.look")
    assert look.actor == desk.someone

    press = {"key": key_in(shown, "replay/")}
    for _twice in range(2):
        desk.post(reverse("replay-message", args=[kept().uid]), press)
    assert (kept().status, kept().attempts) == ("dead", 2)
    settling = {"key": press["key"] + "-settle", "reason": "Nobody was born then."}
    assert desk.post(reverse("settle-message", args=[kept().uid]), settling).status_code == 302
    assert kept().status == InboxMessage.Status.SETTLED
    assert b"Nothing waits" in desk.get(reverse("inbox")).content


def test_a_word_is_given_a_meaning_that_exists(house):
    told(adt("A01", place="NORTH WING"))
    desk = browser_of(Role.RECEPTIONIST)
    word = CodeMapping.objects.get(kind="location")
    page = desk.get(reverse("inbox-words"))
    assert b"NORTH WING" in page.content
    address = reverse("map-word", args=[word.uid])
    wrong = desk.post(address, {"key": key_in(page, address), "ours": "NOWHERE"})
    assert (wrong.status_code, b"not known here either" in wrong.content) == (409, True)
    desk.post(address, {"key": key_in(wrong, address), "ours": "W1"})
    word.refresh_from_db()
    assert word.ours == "W1"


def test_an_administrator_lists_who_knocked_and_reads_no_patient(house):
    told(adt("A28", visit="", application="OTHER"))
    told(adt("A28", visit=""))
    desk = browser_of(Role.ADMINISTRATOR)
    assert b"knocked, not listed" in desk.get(reverse("interfaces")).content
    other = Interface.objects.get(sending_application="OTHER")
    form = {"name": "Other", "mode": "live", "owns": ["demographics"], "character_set": "8859/1"}
    assert desk.post(reverse("interface", args=[other.uid]), form).status_code == 302
    assert told(adt("A28", visit="", application="OTHER")).code == "AA"
    page = desk.get(reverse("inbox-message", args=[kept_of("OTHER").uid]))
    assert b"MSH|" in page.content
    assert b"Weber" not in page.content

    form = {"name": "New", "sending_application": "LAB", "mode": "off", "owns": []}
    assert desk.post(reverse("add-interface"), form).status_code == 302
    again = desk.post(reverse("add-interface"), form)
    assert (again.status_code, b"listed already" in again.content) == (400, True)


def kept_of(application: str) -> InboxMessage:
    return InboxMessage.objects.get(sending_application=application)
