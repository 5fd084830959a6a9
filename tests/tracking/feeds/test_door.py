import gzip
import json
import time
from datetime import timedelta
from itertools import count, product

import msgspec
import numpy as np
import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hims.access import keys
from hims.actions.devices import revoke_device, rotate_device
from hims.queries.actors import console
from tests import given as made
from tracking.actions.gateways import bind_gateway
from tracking.feeds.registry import Known
from tracking.models import Gateway, Tag
from tracking.wire import frames

from .at_the_door import Doorway, doorway

BAY, STORE = "AC:23:3F:00:00:01", "AC:23:3F:00:00:02"
PUMP, OTHER = "C3:00:00:00:00:01", "C3:00:00:00:00:02"
MINEW = "/api/gateways/minew/"


# The door reads in a thread of its own: only what is committed is seen there.
pytestmark = pytest.mark.django_db(transaction=True)
NAME = (f"machine {number}" for number in count(1))


@pytest.fixture
def house():
    return made.hospital()


@pytest.fixture
def key(house):
    return made.device("readings", kind="interface", name=next(NAME))[1]


@pytest.fixture
def own_gateway(house):
    """The key of a device that is the gateway in the bay."""
    device, key = made.device("readings", kind="gateway", name=next(NAME))
    gateway = house.gateways["ac233f000001"]
    bind_gateway(actor=console(), now=house.now, gateway=gateway, device=device)
    return key


@pytest.fixture
def door(tmp_path, house):
    with doorway(tmp_path / "engine.sock") as opened:
        yield opened


def row(**other):
    return {"tag": PUMP, "gateway": BAY, "rssi": -60, "at": round(time.time(), 3)} | other


def rows(*readings):
    return {"readings": list(readings)}


def number(model, address):
    return model.objects.get(address=address.replace(":", "").lower()).pk


# --- what is taken --------------------------------------------------------------------------------


def test_a_reading_reaches_the_engine_as_numbers(door: Doorway, key):
    reading = row()
    answer = door.knock(rows(reading), key)
    assert (answer.status, answer.json) == (202, {"accepted": 1, "rejected": []})
    assert door.readings() == [(number(Tag, PUMP), number(Gateway, BAY), -60.0, reading["at"])]


def test_a_tag_is_known_in_every_spelling(door: Doorway, key):
    spellings = [PUMP, "c3-00-00-00-00-01", "C30000000001", "c300.0000.0001", "0xC30000000001"]
    answer = door.knock(rows(*[row(tag=spelling) for spelling in spellings]), key)
    assert answer.json == {"accepted": 5, "rejected": []}


def test_columns_come_as_json_or_messagepack_and_gzip(door: Doorway, key):
    body = {"gateway": BAY, "tag": [PUMP, OTHER], "rssi": [-60, -61.5], "at": time.time() * 1000}
    for packed, zipped in product([False, True], repeat=2):
        raw = msgspec.msgpack.encode(body) if packed else json.dumps(body).encode()
        headers = {"content_type": "application/msgpack" if packed else "application/json"}
        if zipped:
            raw, headers["content_encoding"] = gzip.compress(raw), "gzip"
        assert door.knock(raw, key, **headers).json == {"accepted": 2, "rejected": []}
    assert [row[2] for row in door.readings()] == [-60.0, -61.5] * 4


def test_a_minew_post_is_taken_as_the_gateway_sends_it(door: Doorway, key):
    now = "2026-11-22T12:00:00Z"
    post = [
        {"timestamp": now, "type": "Gateway", "mac": "AC233F000001", "gatewayFree": 98,
         "gatewayLoad": 0.05},
        {"timestamp": now, "type": "S1", "mac": "C30000000001", "rssi": -54, "battery": 87},
        {"timestamp": now, "type": "Unknown", "mac": 17, "rssi": -54},
    ]  # fmt: skip
    answer = door.knock(post, key, path=MINEW)
    assert answer.json["accepted"] == 1
    assert answer.reasons == [(2, "mac is not a text")]
    notes = door.notes()
    assert notes.health == [frames.Health(number(Gateway, BAY), 0.05, 98.0)]
    assert notes.batteries == {number(Tag, PUMP): 87}


def test_an_administrators_token_may_post(door: Doorway, house):
    assert door.knock(rows(row()), made.token(house.administrator)).json["accepted"] == 1


def test_a_gateway_that_is_a_device_may_leave_out_its_name(own_gateway, door: Doorway):
    assert door.knock(rows({"tag": PUMP, "rssi": -60}), own_gateway).json["accepted"] == 1
    assert door.readings()[0][1] == number(Gateway, BAY)


def test_a_key_that_is_no_gateway_must_name_one(door: Doorway, key):
    reason = "gateway is missing, and this key does not stand for one gateway"
    assert door.knock(rows({"tag": PUMP, "rssi": -60}), key).reasons == [(0, reason)]


# --- what is refused, row by row ------------------------------------------------------------------


def test_unknown_tags_and_gateways_are_refused_with_what_to_do_and_counted(door: Doorway, key):
    answer = door.knock(
        rows(row(tag="AA:00:00:00:00:01"), row(tag="aa0000000001", rssi=-40), row(),
             row(gateway="BB:00:00:00:00:01")),
        key,
    )  # fmt: skip
    assert answer.json["accepted"] == 1
    assert answer.reasons == [
        (0, "unknown tag aa0000000001: adopt it under Settings, Unknown devices"),
        (1, "unknown tag aa0000000001: adopt it under Settings, Unknown devices"),
        (3, "unknown gateway bb0000000001: adopt it under Settings, Unknown devices"),
    ]
    assert sorted(door.notes().strangers, key=lambda one: one.kind) == [
        frames.Stranger("gateway", "bb0000000001", 1),
        frames.Stranger("tag", "aa0000000001", 2, -40.0, number(Gateway, BAY)),
    ]


FAULTS = [
    ({"tag": ""}, "tag is empty"),
    ({"tag": "a\0b"}, "tag holds a character that cannot be printed"),
    ({"gateway": "x" * 99}, "gateway is longer than 64 characters"),
    ({"rssi": 20}, "rssi 20 is not a received power (-127 to +10 dBm)"),
    ({"rssi": "-60"}, "rssi is not a number"),
    ({"at": "soon"}, "at is not a time (ISO 8601 or seconds since 1970)"),
]


def test_a_bad_row_is_named_and_the_good_ones_are_taken(door: Doorway, key):
    for fault, reason in FAULTS:
        answer = door.knock(rows(row(), row(**fault), row()), key)
        assert answer.json["accepted"] == 2
        assert answer.reasons == [(1, reason)]


def test_a_device_cannot_speak_for_another_devices_gateway(own_gateway, key, door: Doorway):
    reason = "gateway ac233f000001 is not this device's"
    assert door.knock(rows(row(), row(gateway=STORE)), key).reasons == [(0, reason)]
    reason = "gateway ac233f000002 is not this device's"
    assert door.knock(rows(row(), row(gateway=STORE)), own_gateway).reasons == [(1, reason)]


def test_clocks_of_1970_and_2100_are_taken(door: Doorway, key):
    assert door.knock(rows(row(at=0), row(at="2100-01-01T00:00:00Z")), key).json["accepted"] == 2


# --- who may knock --------------------------------------------------------------------------------


def test_nobody_posts_without_a_key(door: Doorway):
    for key in ("", "wrong"):
        answer = door.knock(rows(row()), key)
        assert answer.status == 401
        assert answer.headers["www-authenticate"] == "Token"
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json["status"] == 401


def test_a_key_for_something_else_does_not_open_this_door(door: Doorway, house):
    for key in (made.device("scans", name=next(NAME))[1], made.token(house.porter)):
        assert door.knock(rows(row()), key).status == 403


def test_a_revoked_key_is_refused_within_seconds(door: Doorway, house):
    device, key = made.device("readings", kind="interface", name=next(NAME))
    assert door.knock(rows(row()), key).status == 202
    revoke_device(actor=console(), now=timezone.now(), device=device)
    door.wait_until(lambda: keys.digest(key) not in door.door.registry.known.callers)
    assert door.knock(rows(row()), key).status == 401


def test_a_key_that_has_expired_is_refused(door: Doorway, house):
    device, key = made.device("readings", kind="interface", name=next(NAME))
    assert door.knock(rows(row()), key).status == 202
    rotate_device(actor=console(), now=timezone.now(), device=device, overlap=timedelta(0))
    door.wait_until(lambda: door.door.registry.known.callers[keys.digest(key)].expires_at)
    assert door.knock(rows(row()), key).status == 401


def test_when_keys_cannot_be_checked_any_more_nobody_is_let_in(door: Doorway, key):
    assert door.knock(rows(row()), key).status == 202
    door.door.registry._read_at -= 60
    door.runner.run(_stopped(door))
    answer = door.knock(rows(row()), key)
    assert answer.status == 503
    assert answer.headers["retry-after"] == "1"


async def _stopped(door: Doorway) -> None:
    door.door.registry._task.cancel()


# --- repeats --------------------------------------------------------------------------------------


def test_the_same_batch_ten_times_at_once_bears_one_mark(door: Doorway, key):
    body = rows(row())
    assert {answer.status for answer in door.knock_at_once(10, body, key)} == {202}
    door.readings()
    assert len({frame.digest for frame in door.got}) == 1
    assert door.got[0].digest != frames.NO_DIGEST


def test_a_batch_without_times_may_rightly_come_twice(door: Doorway, key):
    body = rows({"tag": PUMP, "gateway": BAY, "rssi": -60})
    door.knock(body, key)
    door.knock(body, key, idempotency_key="k-1")
    door.readings()
    assert door.got[0].digest == frames.NO_DIGEST
    assert door.got[1].digest != frames.NO_DIGEST


def test_two_devices_that_say_the_same_are_two(door: Doorway, key):
    other = made.device("readings", kind="interface", name=next(NAME))[1]
    body = rows(row())
    door.knock(body, key)
    door.knock(body, other)
    door.readings()
    assert door.got[0].digest != door.got[1].digest


# --- bodies that cannot be read -------------------------------------------------------------------


BODIES = [
    (b"", {}, 400),
    (b"{", {}, 400),
    (b"{}", {}, 400),
    (b"null", {}, 400),
    (b"\x81", {"content_type": "application/msgpack"}, 400),
    (b"{}", {"content_encoding": "gzip"}, 400),
    (gzip.compress(b"{}" * 9)[:-4], {"content_encoding": "gzip"}, 400),
    (gzip.compress(b" " * (1 << 23)), {"content_encoding": "gzip"}, 413),
    (b" " * (1 << 23), {}, 413),
    (b"{}", {"content_length": "99999999999"}, 413),
    (b"<a/>", {"content_type": "text/xml"}, 415),
    (b"{}", {"content_encoding": "br"}, 415),
]


def test_a_body_that_cannot_be_read_is_named(door: Doorway, key):
    too_many = (json.dumps(rows(*[{}] * 10_001)).encode(), {}, 413)
    ours = [("/api/readings/", *asked) for asked in [*BODIES, too_many]]
    for path, body, headers, status in [*ours, *((MINEW, *asked) for asked in BODIES)]:
        answer = door.knock(body, key, path=path, **headers)
        assert answer.status == status, (path, body[:40], headers)
        assert answer.json["status"] == status
        assert answer.json["detail"].endswith(".")


def test_readings_can_only_be_posted(door: Doorway, key):
    for method in ("GET", "PUT", "DELETE", "HEAD"):
        answer = door.knock(b"", key, method=method)
        assert (answer.status, answer.headers["allow"]) == (405, "POST")


def test_a_format_that_nobody_speaks_is_not_found(door: Doorway, key):
    answer = door.knock([], key, path="/api/gateways/semaphore/")
    assert answer.status == 404
    assert "minew" in answer.json["detail"]


def test_a_sender_that_hangs_up_costs_nothing(door: Doorway, key):
    class HungUp:
        async def receive(self):
            return {"type": "http.disconnect"}

    said = []

    async def send(message):
        said.append(message)

    scope = {"type": "http", "method": "POST", "path": "/api/readings/",
             "headers": [(b"authorization", b"Token " + key.encode())]}  # fmt: skip
    door.runner.run(door.door(scope, HungUp().receive, send))
    assert said[0]["status"] == 400
    assert door.door.in_flight == 0


ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=10,
)
READING = st.fixed_dictionaries(
    {},
    optional={
        "tag": st.just(PUMP) | ANY,
        "gateway": st.just(BAY) | ANY,
        "rssi": st.integers(-90, -40) | ANY,
        "at": st.integers(0, 2_000_000_000) | ANY,
        "mac": st.just(PUMP) | ANY,
        "timestamp": ANY,
        "type": st.just("Gateway") | ANY,
        "rawData": ANY,
    },
)
BODY = (
    st.lists(READING | ANY, max_size=5)
    | st.fixed_dictionaries({"readings": st.lists(READING | ANY, max_size=5)})
    | READING
    | st.fixed_dictionaries(
        {"tag": st.lists(st.just(PUMP) | ANY, max_size=3), "rssi": st.lists(ANY, max_size=3)},
        optional={"at": ANY, "gateway": st.just(BAY) | ANY},
    )
    | ANY
)


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    body=BODY.map(lambda value: json.dumps(value).encode()) | st.binary(max_size=200),
    path=st.sampled_from(["/api/readings/", MINEW]),
    headers=st.fixed_dictionaries(
        {},
        optional={
            "content_type": st.sampled_from(["application/json", "application/msgpack", "text/x"]),
            "content_encoding": st.sampled_from(["gzip", "identity", "br"]),
            "content_length": st.sampled_from(["0", "x", "-5", "9" * 50]),
            "idempotency_key": st.text(st.characters(max_codepoint=255), max_size=10),
        },
    ),
)
def test_whatever_is_sent_the_answer_is_no_fault_of_ours(door: Doorway, key, body, path, headers):
    answer = door.knock(body, key, path=path, **headers)
    assert answer.status in {202, 400, 413, 415}
    if answer.status == 202:
        assert answer.json["accepted"] >= 0
        assert all(reason for _, reason in answer.reasons)
    for _, _, rssi, at in door.readings():
        assert np.isfinite(rssi)
        assert not np.isinf(at)
    door.got.clear()


def test_an_empty_registry_knows_nobody():
    assert Known().tags.of(PUMP) == 0
