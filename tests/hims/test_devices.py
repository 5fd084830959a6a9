"""Devices and tokens: the commands, the settings, and what a key opens before and after."""

import io
import re
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils import timezone

from hims.access import keys
from hims.access.roles import Role
from hims.models import AccessKey, Actor, AuditEntry, Device
from hims.queries.actors import console
from tests import given
from tests.people import browser_of, someone
from tracking.models import Gateway

pytestmark = pytest.mark.django_db


def run(*words: str) -> str:
    out = io.StringIO()
    call_command(*words, stdout=out)
    return out.getvalue()


def added(name="gw-1", kind="gateway", scope="readings") -> str:
    return run("device", "add", name, "--kind", kind, "--scope", scope).split()[-1]


def is_open(secret: str, hours: float = 0) -> bool:
    return keys.open_key(secret, timezone.now() + timedelta(hours=hours)) is not None


def test_device_add_prints_a_key_as_its_last_word_that_opens_its_scopes_and_nothing_else():
    secret = added(kind="scanner", scope="scans,events")
    key = keys.open_key(secret, timezone.now())
    assert key.actor.username == "gw-1"
    assert key.actor.may("scan.record")
    assert key.actor.may("events.follow")
    assert not key.actor.may("readings.post")
    assert len(secret) >= 43  # 256 bits


def test_a_key_is_stored_as_its_sha256_only():
    secret = added()
    stored = AccessKey.objects.get()
    assert bytes(stored.digest) == keys.digest(secret)
    assert secret not in str(stored.__dict__)


def test_a_device_named_after_a_gateway_stands_for_it_and_only_for_it():
    given.hospital()
    bay, store = (Gateway.objects.get(name=f"Gateway {name}") for name in ("bay", "store"))
    said = run("device", "add", "AC-23-3F-00-00-01", "--kind", "gateway", "--scope", "readings")
    assert "It stands for the gateway ac233f000001" in said
    assert is_open(said.split()[-1])
    run("device", "add", "Gateway store", "--kind", "scanner", "--scope", "scans")
    bay.refresh_from_db()
    store.refresh_from_db()
    assert bay.device == Actor.objects.get(username="AC-23-3F-00-00-01")
    assert store.device is None


def test_device_add_is_in_the_trail_as_the_consoles_doing():
    added()
    entry = AuditEntry.objects.get(action="device.add")
    assert entry.actor == console()
    assert entry.door == "console"
    assert entry.objects_named == [f"actor:{Actor.objects.get(username='gw-1').uid}"]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["add", "gw-1", "--kind", "gateway", "--scope", "readings"], "already"),
        (["add", "gw-2", "--kind", "gateway", "--scope", "readings,world"], "Scopes are"),
        (["add", "gw-2", "--kind", "gateway", "--scope", ","], "Scopes are"),
        (["add", "gw-2", "--kind", "toaster", "--scope", "readings"], "invalid choice"),
        (["add", "a,b", "--kind", "gateway", "--scope", "readings"], "no comma"),
        (["rotate", "gw-9"], "no device named gw-9"),
        (["rotate", "gw-1", "--overlap", "-1"], "0 to 720"),
        (["revoke", "gw-9"], "no device named gw-9"),
    ],
)
def test_what_cannot_be_is_refused_with_a_sentence_and_changes_nothing(words, sentence):
    added()
    before = AccessKey.objects.count(), Device.objects.count()
    with pytest.raises(CommandError, match=re.escape(sentence)):
        run("device", *words)
    assert (AccessKey.objects.count(), Device.objects.count()) == before


def test_rotating_leaves_the_old_key_open_for_the_overlap_and_no_longer():
    old = added()
    said = run("device", "rotate", "gw-1", "--overlap", "2")
    new = said.split()[-1]
    assert "2 h" in said
    assert new != old
    assert is_open(old, hours=1.9)
    assert not is_open(old, hours=2.1)
    assert is_open(new, hours=10_000)


def test_rotating_twice_does_not_give_the_first_key_more_time():
    first = added()
    run("device", "rotate", "gw-1", "--overlap", "1")
    run("device", "rotate", "gw-1", "--overlap", "100")
    assert not is_open(first, hours=1.1)


def test_revoking_closes_every_key_at_once():
    old = added()
    new = run("device", "rotate", "gw-1").split()[-1]
    run("device", "revoke", "gw-1")
    assert not is_open(old)
    assert not is_open(new)
    assert "revoked" in run("device", "list")


def test_the_list_says_kind_scopes_and_whether_the_key_is_open():
    added("gw-1")
    added("scan-1", "scanner", "scans,events")
    lines = run("device", "list").splitlines()
    assert [line.split()[:4] for line in lines[1:]] == [
        ["gw-1", "gateway", "readings", "open"],
        ["scan-1", "scanner", "scans,events", "open"],
    ]


@pytest.mark.django_db(transaction=True)
def test_the_open_doors_are_told_of_a_revoked_key_when_it_is_committed(as_application):
    added()
    as_application.execute("LISTEN hims_registry")
    run("device", "revoke", "gw-1")
    told = [note.payload for note in as_application.notifies(timeout=5, stop_after=1)]
    assert told == ["keys"]


def test_token_prints_a_token_that_opens_what_the_persons_roles_open():
    nurse = someone("nurse")
    secret = run("token", nurse.username).strip()
    assert " " not in secret
    assert keys.open_key(secret, timezone.now()).actor == nurse
    with pytest.raises(CommandError, match="nobody"):
        run("token", "who-is-that")


def test_a_token_opens_nothing_once_its_person_is_deactivated():
    nurse = someone("nurse")
    secret = run("token", nurse.username).strip()
    browser = browser_of("administrator")
    browser.post(reverse("deactivate-person", args=[nurse.uid]), {"reason": "left"})
    assert keys.open_key(secret, timezone.now()) is None


def test_the_permission_matrix_says_who_may_what():
    printed = run("permissions")
    head = printed.splitlines()[0]
    (row,) = [line for line in printed.splitlines() if line.startswith("device.revoke ")]
    marks = dict(zip(head.split()[1:], row.split()[1:], strict=True))
    assert {role for role, mark in marks.items() if mark == "x"} == {
        "privacy_officer",
        "administrator",
    }
    assert len(marks) == len(Role)
    assert re.search(r"^readings\.post +x( +\.){5}$", printed, re.M)


# --- the same, on the pages ---------------------------------------------------------------------


def secret_on(page: str) -> str:
    return re.search(r'id="secret" value="([^"]+)"', page)[1]


def test_an_administrator_adds_a_device_and_sees_its_key_once():
    browser = browser_of("administrator")
    asked = {"name": "Door scanner", "kind": "scanner", "scopes": ["scans"]}
    answer = browser.post(reverse("add-device"), asked)
    assert is_open(secret_on(answer.content.decode()))
    assert "no-store" in answer["Cache-Control"]
    listed = browser.get(reverse("devices")).content.decode()
    assert "Door scanner" in listed
    assert secret_on(answer.content.decode()) not in listed


def test_a_device_form_with_a_fault_says_so_beside_the_field_and_keeps_what_was_typed():
    given.device("scans", name="taken")
    browser = browser_of("administrator")
    asked = {"name": "taken", "kind": "scanner", "scopes": ["scans"]}
    answer = browser.post(reverse("add-device"), asked)
    page = answer.content.decode()
    assert answer.status_code == 400
    assert re.search(r'id="id_name_error".*already', page)
    assert 'value="taken"' in page
    assert re.search(r'value="scans"[^>]* checked', page)


def test_the_settings_rotate_and_revoke_a_device():
    device, old = given.device("scans")
    browser = browser_of("administrator")
    answer = browser.post(reverse("rotate-device", args=[device.actor.uid]), {"hours": "0"})
    new = secret_on(answer.content.decode())
    assert is_open(new)
    assert not is_open(old)
    browser.post(reverse("revoke-device", args=[device.actor.uid]), {"reason": "stolen"})
    assert not is_open(new)
    entry = AuditEntry.objects.get(action="device.revoke")
    assert entry.actor == browser.someone
    assert entry.reason == "stolen"


@pytest.mark.parametrize(
    ("role", "may_look", "may_revoke", "may_add"),
    [
        ("administrator", True, True, True),
        ("privacy_officer", True, True, False),
        ("biomedical_engineer", True, False, False),
        ("charge_nurse", False, False, False),
        ("porter", False, False, False),
    ],
)
def test_who_may_see_revoke_and_add_devices(role, may_look, may_revoke, may_add):
    device, secret = given.device("scans")
    browser = browser_of(role)
    assert (browser.get(reverse("devices")).status_code == 200) is may_look
    assert (browser.get(reverse("add-device")).status_code == 200) is may_add
    browser.post(reverse("revoke-device", args=[device.actor.uid]))
    assert is_open(secret) is not may_revoke


def test_a_person_s_token_is_made_and_revoked_on_the_pages():
    nurse = someone("nurse")
    browser = browser_of("administrator")
    address = reverse("add-token", args=[nurse.uid])
    answer = browser.post(address, {"token-label": "ward display", "token-days": "30"})
    secret = secret_on(answer.content.decode())
    assert is_open(secret, hours=24 * 29)
    assert not is_open(secret, hours=24 * 31)
    assert "ward display" in browser.get(reverse("tokens")).content.decode()
    browser.post(reverse("revoke-token", args=[AccessKey.objects.get().pk]))
    assert not is_open(secret)
