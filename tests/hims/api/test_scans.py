"""A code was read: it is kept whatever it is, and says what it was."""

import json
from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests import given as there
from tracking.models import Scan, Sighting

URL = "/api/scans/"


@pytest.fixture
def program(house):
    return there.with_token(house.nurse)


def scanned(program, code, status=201, key=None, **more) -> dict:
    headers = {"Idempotency-Key": key} if key else {}
    answer = program.post(
        URL, {"code": code} | more, content_type="application/json", headers=headers
    )
    assert answer.status_code == status, answer.content
    return answer.json()


@pytest.mark.parametrize(
    ("code", "kind", "known"),
    [
        ("P-1", "asset", True),
        ("HIMS:ASSET:P-1", "asset", True),
        ("hims:asset:P-1", "asset", True),
        ("  P-1\r\n", "asset", True),
        ("ST", "zone", True),
        ("HIMS:ZONE:ST", "zone", True),
        ("HIMS:TAG:C3:00:00:00:00:01", "asset", True),
        ("c3-00-00-00-00-01", "asset", True),
        ("HIMS:PATIENT:MRN-777001", "patient", False),
        ("HIMS:STAFF:BADGE102", "staff", False),
        ("C3:00:00:00:09:00", "staff", False),
    ],
)
def test_a_scan_says_what_it_was(house, program, code, kind, known):
    told = scanned(program, code)
    assert told["kind"] == kind
    assert (told["subject"] is not None) is known
    assert told["reason"] is None
    assert told["parsed"]["format"] == "own"
    assert told["parsed"]["elements"] == []
    assert Scan.objects.get(uid=told["id"]).code == code, "as it was read"


@pytest.mark.parametrize(
    "code",
    [
        "nobody knows this",
        "HIMS:ASSET:P-999",
        "HIMS:LOT:1",
        "HIMS:",
        "(01)06141411234567",
        "🩺",
        "%",
    ],
)
def test_an_unknown_code_is_kept_and_said_to_be_unknown(program, code):
    told = scanned(program, code)
    assert (told["kind"], told["subject"]) == ("unknown", None)
    assert told["reason"]
    assert told["effects"] == []
    assert Scan.objects.get(uid=told["id"]).code == code


def test_a_tag_on_nothing_is_unknown(house, program):
    from hims.queries.actors import console
    from tracking.actions.tags import release_tag

    tag = house.tag("C3:00:00:00:00:04")
    release_tag(actor=console(), now=timezone.now(), tag=tag)
    assert scanned(program, "HIMS:TAG:C3:00:00:00:00:04")["kind"] == "unknown"


@pytest.mark.parametrize("zone", ["OR1", "HIMS:ZONE:OR1", "by id"])
def test_a_thing_scanned_in_a_zone_is_a_sighting(house, program, zone):
    text = str(house.zones["OR1"].uid) if zone == "by id" else zone
    told = scanned(program, "P-1", zone=text)
    (effect,) = told["effects"]
    assert effect["zone"] == "OR1"
    sighting = Sighting.objects.get(uid=effect["id"])
    assert (sighting.asset, sighting.zone) == (house.assets["P-1"], house.zones["OR1"])
    assert sighting.source == "scan"


def test_a_thing_scanned_nowhere_in_particular_is_no_sighting(house, program):
    assert scanned(program, "P-1")["effects"] == []
    assert scanned(program, "P-1", zone="")["effects"] == []
    assert not Sighting.objects.exists()


def test_a_room_scanned_in_a_room_is_no_sighting(house, program):
    assert scanned(program, "OR1", zone="ST")["effects"] == []


def test_a_zone_that_does_not_exist_is_refused_and_nothing_is_kept(house, program):
    told = scanned(program, "P-1", 400, zone="OR99")
    assert [finding["field"] for finding in told["findings"]] == ["zone"]
    assert not Scan.objects.exists()


@pytest.mark.parametrize("days", [-30_000, -8, 1, 30_000])
def test_a_clock_that_is_wrong_is_told_and_not_believed(house, program, days):
    at = timezone.now() + timedelta(days=days)
    told = scanned(program, "P-1", at=at.isoformat(), zone="ST")
    assert [finding["code"] for finding in told["findings"]] == ["clock"]
    assert told["findings"][0]["severity"] == "warn"
    assert abs(Scan.objects.get().at - timezone.now()) < timedelta(minutes=1)
    assert Sighting.objects.get().at == Scan.objects.get().at


def test_a_scan_that_waited_for_the_network_keeps_its_own_time(house, program):
    at = timezone.now() - timedelta(hours=5)
    told = scanned(program, "P-1", at=at.isoformat(), zone="ST")
    assert told["findings"] == []
    kept = Scan.objects.get()
    assert kept.at == at
    assert kept.received_at - at > timedelta(hours=4)


def test_the_queue_of_a_phone_may_send_its_scans_again_and_again(house, program):
    """The offline queue: each scan with its own key, in order, repeated until one answer came."""
    queue = [(str(uuid4()), f"P-{number}", "ST") for number in range(1, 5)]
    first = [scanned(program, code, key=key, zone=zone) for key, code, zone in queue]
    again = [scanned(program, code, key=key, zone=zone) for key, code, zone in queue * 3]
    assert again == first * 3
    assert Scan.objects.count() == Sighting.objects.count() == 4


def test_the_same_scan_without_a_key_is_another_scan(house, program):
    assert scanned(program, "P-1")["id"] != scanned(program, "P-1")["id"]


@pytest.mark.parametrize("code", ["", "   ", "x" * 4097])
def test_a_code_has_between_one_and_4096_signs(house, program, code):
    scanned(program, code, 400)
    assert not Scan.objects.exists()


def test_a_machine_with_the_scope_scans_posts_scans_and_is_named_in_the_trail(house):
    device, key = there.device("scans")
    told = scanned(there.knocking(key), "P-1", zone="ST", scanner="wedge at the door")
    kept = Scan.objects.get(uid=told["id"])
    assert kept.actor == device.actor
    device.refresh_from_db()
    assert device.last_seen_at == kept.received_at
    assert kept.scanner == "wedge at the door"
    assert told["subject"]["number"] == "P-1"


def test_a_machine_of_another_scope_may_not(house):
    _, key = there.device("readings", "events", kind="interface")
    scanned(there.knocking(key), "P-1", 403)


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)
FIELDS = st.fixed_dictionaries(
    {},
    optional={
        name: ANY_JSON | st.text(max_size=50) | st.datetimes().map(str)
        for name in ("code", "at", "zone", "scanner", "symbology", "other")
    },
)


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(body=FIELDS | ANY_JSON)
def test_no_json_is_a_fault(program, body):
    answer = program.generic("POST", URL, json.dumps(body), content_type="application/json")
    assert answer.status_code in {201, 400}, answer.content
