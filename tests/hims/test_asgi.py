"""The bridge from ASGI to the pages: bounds, streaming, who asks, what comes back."""

import asyncio
import json
import threading
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hims import bridge as bridges
from hims.bridge import Bridge, environ_of

MIB = 1 << 20


def scope_of(method="GET", path="/", headers=(), **more) -> dict[str, Any]:
    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "query_string": b"",
        "headers": list(headers),
        "server": ("127.0.0.1", "8000"),
        "client": ("10.1.2.3", "50000"),
        "scheme": "http",
        "http_version": "1.1",
    }
    return scope | more


class Client:
    """One exchange with an ASGI application, seen from the client's side."""

    def __init__(self, app, scope, parts=(b"",)):
        self.app, self.scope = app, scope
        self.parts = list(parts)
        self.sent: list[dict[str, Any]] = []
        self.hung_up = asyncio.Event()
        self.takes = asyncio.Event()
        self.takes.set()

    async def receive(self):
        if self.parts:
            part = self.parts.pop(0)
            return {"type": "http.request", "body": part, "more_body": bool(self.parts)}
        await self.hung_up.wait()
        return {"type": "http.disconnect"}

    async def send(self, message):
        await self.takes.wait()
        self.sent.append(message)

    async def exchange(self):
        await self.app(self.scope, self.receive, self.send)
        return self

    @property
    def status(self):
        return self.sent[0]["status"]

    @property
    def headers(self):
        return dict(self.sent[0]["headers"])

    @property
    def body(self):
        return b"".join(message.get("body", b"") for message in self.sent[1:])


def ask(app, *args, parts=(b"",), **kwargs) -> Client:
    async def go():
        return await Client(app, scope_of(*args, **kwargs), parts).exchange()

    return asyncio.run(go())


def bridge_to(wsgi: Callable, *, threads=2, waiting=2, body_limit=8 * MIB) -> Bridge:
    return Bridge(wsgi, threads=threads, waiting=waiting, body_limit=body_limit)


def echo(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "9")])
    return [b"unchanged"]


def repeat_body(environ, start_response):
    start_response("200 OK", [])
    return [environ["wsgi.input"].read()]


def test_a_body_over_the_limit_is_refused_with_a_problem_and_never_reaches_the_pages():
    called = []
    app = bridge_to(lambda *_: called.append(1) or [b""], body_limit=10)
    answer = ask(app, "POST", parts=[b"12345", b"67890", b"1"])
    assert answer.status == 413
    assert answer.headers[b"content-type"] == b"application/problem+json"
    assert json.loads(answer.body)["status"] == 413
    assert called == []


def test_a_body_in_many_parts_arrives_whole_also_when_it_waits_on_disk():
    parts = [bytes([n]) * 300_000 for n in range(10)]
    answer = ask(bridge_to(repeat_body), "POST", parts=parts)
    assert answer.status == 200
    assert answer.body == b"".join(parts)


def test_a_request_that_stops_half_way_reaches_no_page():
    called = []
    app = bridge_to(lambda *_: called.append(1) or [b""])

    async def go():
        client = Client(app, scope_of("POST"))
        client.parts = []
        client.hung_up.set()
        return await client.exchange()

    assert asyncio.run(go()).status == 400
    assert called == []
    assert app.under_way == 0


def test_a_slow_sender_is_sent_away_and_holds_neither_a_thread_nor_a_place_in_the_queue(
    monkeypatch,
):
    monkeypatch.setattr(bridges, "BODY_S", 0.3)
    app = bridge_to(echo, threads=1, waiting=0)

    async def go():
        slow = Client(app, scope_of("POST"), parts=[b"begun", b""])
        slow.parts.pop()
        slow.receive = _never_ending(slow.receive)
        sending = asyncio.create_task(slow.exchange())
        await asyncio.sleep(0.05)
        other = await Client(app, scope_of()).exchange()
        await sending
        return slow, other

    slow, other = asyncio.run(go())
    assert other.status == 200
    assert slow.status == 408


def _never_ending(receive):
    async def dawdle():
        message = await receive()
        return message | {"more_body": True}

    return dawdle


def test_when_too_many_wait_the_next_one_is_told_to_come_back():
    hold = threading.Event()

    def slow(environ, start_response):
        hold.wait(20)
        return echo(environ, start_response)

    app = bridge_to(slow, threads=1, waiting=1)

    async def go():
        first = [asyncio.create_task(Client(app, scope_of()).exchange()) for _ in range(2)]
        await asyncio.sleep(0.05)
        refused = await Client(app, scope_of()).exchange()
        hold.set()
        return refused, await asyncio.gather(*first)

    refused, served = asyncio.run(go())
    assert refused.status == 503
    assert int(refused.headers[b"retry-after"]) >= 1
    assert [one.body for one in served] == [b"unchanged"] * 2
    assert app.under_way == 0


def test_who_hangs_up_while_waiting_is_not_served():
    hold, served = threading.Event(), []

    def slow(environ, start_response):
        served.append(environ["PATH_INFO"])
        hold.wait(20)
        return echo(environ, start_response)

    app = bridge_to(slow, threads=1, waiting=5)

    async def go():
        first = asyncio.create_task(Client(app, scope_of(path="/first")).exchange())
        await asyncio.sleep(0.05)
        client = Client(app, scope_of(path="/impatient"))
        second = asyncio.create_task(client.exchange())
        await asyncio.sleep(0.05)
        client.hung_up.set()
        await second
        hold.set()
        await first
        return client

    assert asyncio.run(go()).sent == []
    assert served == ["/first"]


def test_a_long_answer_is_sent_in_parts_and_whole():
    def long(environ, start_response):
        start_response("200 OK", [("Content-Type", "text/csv")])
        return (b"%06d\n" % n for n in range(100_000))

    answer = ask(bridge_to(long))
    assert answer.body == b"".join(b"%06d\n" % n for n in range(100_000))
    assert len(answer.sent) > 5
    assert max(len(message.get("body", b"")) for message in answer.sent) <= 2 * bridges.FLUSH_BYTES


def test_a_long_answer_stops_when_its_reader_hangs_up():
    closed = threading.Event()

    class Endless:
        def __iter__(self):
            return self

        def __next__(self):
            return b"x" * 10_000

        def close(self):
            closed.set()

    def endless(environ, start_response):
        start_response("200 OK", [])
        return Endless()

    app = bridge_to(endless)

    async def go():
        client = Client(app, scope_of())
        exchange = asyncio.create_task(client.exchange())
        while len(client.sent) < 3:
            await asyncio.sleep(0.01)
        client.hung_up.set()
        await asyncio.wait_for(exchange, 10)

    asyncio.run(go())
    assert closed.is_set()
    assert app.under_way == 0


def test_who_takes_nothing_loses_the_answer_and_gives_the_thread_back(monkeypatch):
    monkeypatch.setattr(bridges, "STALLED_S", 0.1)

    def long(environ, start_response):
        start_response("200 OK", [])
        return (b"x" * 70_000 for _ in range(50))

    app = bridge_to(long, threads=1)

    async def go():
        client = Client(app, scope_of())
        client.takes.clear()
        await asyncio.wait_for(client.exchange(), 10)
        return await Client(bridge_to(echo), scope_of()).exchange()

    assert asyncio.run(go()).status == 200
    assert app.answered[499] == 1


def test_head_gets_the_headers_of_get_and_no_body():
    answer = ask(bridge_to(echo), "HEAD")
    assert answer.headers[b"content-length"] == b"9"
    assert answer.body == b""


def test_an_error_without_an_answer_is_a_problem_with_status_500():
    def broken(environ, start_response):
        raise RuntimeError("no")

    answer = ask(bridge_to(broken))
    assert answer.status == 500
    assert b"no" not in answer.body.split(b'"detail"')[0]
    assert answer.headers[b"content-type"] == b"application/problem+json"


def test_the_environment_names_client_server_scheme_and_length():
    headers = [
        (b"host", b"hims.example"),
        (b"content-type", b"text/plain"),
        (b"content-length", b"999"),
        (b"transfer-encoding", b"chunked"),
    ]
    scope = scope_of("POST", "/a b/é", headers, raw_path=b"/a%20b/%C3%A9", scheme="https")
    environ = environ_of(scope, None, 3)
    assert environ["REMOTE_ADDR"] == "10.1.2.3"
    assert (environ["SERVER_NAME"], environ["SERVER_PORT"]) == ("127.0.0.1", "8000")
    assert (environ["HTTPS"], environ["wsgi.url_scheme"]) == ("on", "https")
    assert environ["CONTENT_TYPE"] == "text/plain"
    assert environ["CONTENT_LENGTH"] == "3"
    assert environ["PATH_INFO"].encode("latin-1").decode() == "/a b/é"
    assert "HTTP_TRANSFER_ENCODING" not in environ


def test_headers_sent_twice_are_joined_and_underscores_cannot_pose_as_hyphens():
    headers = [
        (b"cookie", b"a=1"),
        (b"cookie", b"b=2"),
        (b"accept", b"text/html"),
        (b"accept", b"*/*"),
        (b"x_forwarded_proto", b"https"),
    ]
    environ = environ_of(scope_of(headers=headers), None, 0)
    assert environ["HTTP_COOKIE"] == "a=1; b=2"
    assert environ["HTTP_ACCEPT"] == "text/html,*/*"
    assert "HTTP_X_FORWARDED_PROTO" not in environ


@given(
    st.lists(st.tuples(st.binary(min_size=1, max_size=12), st.binary(max_size=20)), max_size=8),
    st.binary(max_size=30),
    st.binary(max_size=30),
)
def test_any_bytes_in_headers_path_and_query_make_an_environment_of_latin_1_text(
    headers, path, query
):
    scope = scope_of(headers=headers, raw_path=b"/" + path, query_string=query)
    environ = environ_of(scope, None, 0)
    for value in environ.values():
        if isinstance(value, str):
            value.encode("latin-1")


@pytest.mark.parametrize("status", ["204 No Content", "304 Not Modified"])
def test_answers_that_have_no_body_are_sent_without_one(status):
    def bodiless(environ, start_response):
        start_response(status, [])
        return [b"should not be seen"]

    assert ask(bridge_to(bodiless)).body == b""
