"""Fuzz from our own OpenAPI description, against the real address with a real engine behind it.

No request, however strange, is a fault: no 5xx (but 503 with Retry-After), errors are problem
details, and every status and body is one that the description promises.
"""

import socket
from collections import Counter
from contextlib import ExitStack

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from inventory.models import Asset
from tests import given as there
from tests.browser import served
from tests.programs import environment, program, until
from tracking.models import EngineStatus

pytestmark = [pytest.mark.proof, pytest.mark.django_db(transaction=True), pytest.mark.timeout(900)]

EXAMPLES = 80
# Mostly those who may, so that most requests get past the first question.
WHO = st.sampled_from(["nurse"] * 4 + ["administrator"] * 4 + ["gateway", "scanner", "nobody"])
POSTING = st.sampled_from(["gateway", "administrator"] * 5 + ["scanner", "nobody"])
STREAMS = {"/api/events/"}  # never ends; tests/hims/api/test_events.py reads it
CALM = settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture
def standing(tmp_path):
    """(address, keys by who knocks) of a hospital with its web server and engine running."""
    house = there.hospital()
    there.everybody_somewhere(house)
    keys = {
        "nurse": there.token(house.nurse),
        "administrator": there.token(house.administrator),
        "gateway": there.device("readings", kind="gateway", name="a gateway")[1],
        "scanner": there.device("scans", name="a scanner")[1],
        "nobody": "nothing-like-a-key",
    }
    with ExitStack() as stack:
        address = stack.enter_context(served(tmp_path))
        stack.enter_context(
            program(["manage.py", "engine"], tmp_path / "engine.log", environment())
        )
        until(EngineStatus.objects.exists, 60, tmp_path / "engine.log")
        yield address, keys


def judged(answer: httpx.Response, what: str) -> int:
    """The status of an answer that is one of ours."""
    told = f"{what}: {answer.status_code} {answer.text[:300]}"
    if answer.status_code == 503:
        assert "retry-after" in answer.headers, told
    else:
        assert answer.status_code < 500, told
    if answer.status_code >= 400 and "/api/" in what:
        assert answer.headers["content-type"].startswith("application/problem+json"), told
        assert answer.json()["status"] == answer.status_code, told
    return answer.status_code


def test_no_request_that_the_description_allows_or_forbids_is_a_fault(standing, record_property):
    address, keys = standing
    pump = str(Asset.objects.get(number="P-1").uid)
    with httpx.Client(headers={"Authorization": f"Token {keys['administrator']}"}) as program_:
        described = program_.get(f"{address}/api/schema/?format=json")
        assert described.status_code == 200
    schema = schemathesis.openapi.from_dict(described.json())
    schema.config.update(base_url=address)
    statuses: Counter[int] = Counter()
    seen: set[str] = set()
    for found in schema.get_all_operations():
        operation = found.ok()
        if operation.path in STREAMS:
            continue
        seen.add(operation.path)

        @CALM
        @given(case=operation.as_strategy(), who=WHO, known=st.booleans())
        def fuzz(case, who, known):
            if known and "uid" in (case.path_parameters or {}):
                case.path_parameters["uid"] = pump
            case.headers = {**(case.headers or {}), "Authorization": f"Token {keys[who]}"}
            answer = case.call(base_url=address)
            what = f"{case.method} {case.path} as {who}"
            statuses[judged(_as_httpx(answer), what)] += 1

        fuzz()
    assert {"/api/readings/", "/api/gateways/minew/", "/api/scans/", "/api/assets/"} <= seen
    shown = ", ".join(f"{count} x {status}" for status, count in sorted(statuses.items()))
    record_property("figure", f"{len(seen)} addresses: {shown}")


def _as_httpx(answer) -> httpx.Response:
    """A schemathesis answer in the one shape that `judged` reads."""
    headers = {name: ", ".join(values) for name, values in answer.headers.items()}
    headers.pop("content-encoding", None)
    return httpx.Response(answer.status_code, headers=headers, content=answer.content)


BODIES = st.one_of(
    st.binary(max_size=200),
    st.sampled_from(
        [
            b"",
            b"[]",
            b"{}",
            b"null",
            b"NaN",
            b'{"readings": null}',
            b'{"readings": [null, 1, {}, {"tag": 1}]}',
            b'{"readings":[{"tag":"c30000000001","gateway":"ac233f000001","rssi":1e999,"at":0}]}',
            b'{"gateway":"x","tag":["a"],"rssi":[20, -1000],"at":4102444800000}',
            b'{"tag":["c30000000001"],"rssi":["-60"],"at":"1970-01-01T00:00:00Z"}',
            b"\x1f\x8b\x08\x00broken gzip",
            b"\x81\xa8readings\xdd\xff\xff\xff\xff",
            b"[" * 50_000,
            b'{"a":' * 20_000,
            b'{"readings":[' + b'{"tag":"x","gateway":"y","rssi":-1},' * 9_000 + b"{}]}",
            b'{"readings":[' + b'{"tag":"x","gateway":"y","rssi":-1},' * 20_000 + b"{}]}",
        ]
    ),
)


def test_no_bytes_at_the_hot_doors_are_a_fault(standing, record_property):
    address, keys = standing
    statuses: Counter[int] = Counter()

    @settings(CALM, max_examples=400)
    @given(
        path=st.sampled_from(
            ["/api/readings/", "/api/gateways/minew/"] * 5 + ["/api/gateways/x/", "/api/gateways/"]
        ),
        body=BODIES,
        kind=st.sampled_from(
            ["application/json"] * 4 + ["application/msgpack", "text/plain", "nonsense", ""]
        ),
        packed=st.sampled_from(["", "", "", "gzip", "br", "gzip, gzip"]),
        who=POSTING,
    )
    def fuzz(path, body, kind, packed, who):
        headers = {"Authorization": f"Token {keys[who]}", "Content-Type": kind}
        if packed:
            headers["Content-Encoding"] = packed
        answer = httpx.post(address + path, content=body, headers=headers, timeout=60)
        statuses[judged(answer, f"POST {path} {body[:60]!r} {headers}")] += 1

    fuzz()
    shown = ", ".join(f"{count} x {status}" for status, count in sorted(statuses.items()))
    record_property("figure", shown)


def test_no_bytes_on_the_socket_stop_the_house(standing, record_property):
    """What is hardly HTTP at all: the server goes on answering others."""
    address, keys = standing
    host, port = address.removeprefix("http://").split(":")
    key = keys["gateway"].encode()
    torn = [
        b"",
        b"\r\n\r\n",
        b"GET\r\n\r\n",
        b"POST /api/readings/ HTTP/9.9\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: " + b"x" * 70_000 + b"\r\n\r\n",
        b"GET /\xff\xfe HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /%00%ff%2e%2e/ HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: nobody.example\r\n\r\n",
        b"POST /api/readings/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
        b"POST /api/readings/ HTTP/1.1\r\nHost: localhost\r\nAuthorization: Token " + key
        + b"\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{",
        b"POST /api/scans/ HTTP/1.1\r\nHost: localhost\r\nAuthorization: Token " + key
        + b"\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200),
    ]  # fmt: skip
    for number, sent in enumerate(torn * 3):
        with socket.create_connection((host, int(port)), timeout=10) as wire:
            wire.sendall(sent)
            if number % 2:
                assert b" 500 " not in _heard(wire), sent[:80]
        assert httpx.get(f"{address}/sign-in/", timeout=20).status_code == 200
    record_property("figure", f"{len(torn) * 3} torn connections, every page between them served")


def _heard(wire: socket.socket) -> bytes:
    """What the server says to somebody who stopped speaking, if it says anything."""
    wire.settimeout(5)
    try:
        wire.shutdown(socket.SHUT_WR)
        return wire.recv(200)
    except OSError:
        return b""
