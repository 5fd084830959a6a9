"""`GET /api/events/`: the event stream of a page or a program, without a thread or a connection.

Who asks is found out once in a thread and again every few seconds for all streams together,
so that a revoked key or an ended session closes its stream within five seconds.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from typing import Any
from urllib.parse import parse_qs

from django.db import DatabaseError, InterfaceError, close_old_connections
from django.utils import timezone

from hims import live
from hims.access.credentials import Credential, holders, shown_in
from hims.bridge import Receive, Scope, Send, send_problem
from hims.models import Actor

KINDS = ("position", "patient_position", "staff_count", "room", "stock", "alert")
MAX_STREAMS = 1_000
PING_S = 15.0
CHECK_S = 3.0
QUEUE_EVENTS = 64  # a stream that is further behind gets the latest word on each thing only
MERGED_ROWS = 2_000  # and beyond that it is told to start anew
RESET = b"event: reset\ndata: {}\n\n"

log = logging.getLogger(__name__)
Run = Callable[..., Awaitable[Any]]


class Stream:
    """One open stream: what its viewer may see, and what waits to be sent."""

    def __init__(
        self, credential: Credential, viewer: Actor, kinds: frozenset[str], floor: str
    ) -> None:
        self.credential, self.viewer = credential, viewer
        self.kinds, self.floor = kinds, floor
        self.waiting: deque[live.Event] = deque()
        self.reset = False
        self.ping = False
        self.closed = False
        self.wake = asyncio.Event()

    def offer(self, event: live.Event | None) -> None:
        """Take an event if it concerns this viewer; None says that events were missed."""
        if event is None:
            self._start_anew()
            return
        if event.kind not in self.kinds:
            return
        seen = live.seen_by(self.viewer, event)
        if seen is None or not seen.text(self.floor):
            return
        self.waiting.append(seen)
        if len(self.waiting) > QUEUE_EVENTS:
            self._merge()
        self.wake.set()

    def _start_anew(self) -> None:
        self.waiting.clear()
        self.reset = True
        self.wake.set()

    def _merge(self) -> None:
        """Keep the latest row of each thing; rows that name no thing cannot be merged."""
        latest: dict[tuple[str, str], tuple[live.Row, str | None]] = {}
        for event in self.waiting:
            for row, before in zip(event.rows, event.before, strict=True):
                thing = row.get("id")
                if thing is None:
                    self._start_anew()
                    return
                known = latest.pop((event.kind, thing), None)
                # It may have left the watched floor in any of the merged steps.
                kept = before if known is None or known[1] == before else None
                latest[event.kind, thing] = (row, kept)
        if len(latest) > MERGED_ROWS:
            self._start_anew()
            return
        self.waiting.clear()
        for kind in dict.fromkeys(kind for kind, _ in latest):
            pairs = [pair for (one, _), pair in latest.items() if one == kind]
            rows, before = [row for row, _ in pairs], [floor for _, floor in pairs]
            self.waiting.append(live.Event(kind, rows, before))

    def take(self, latest_id: str) -> bytes:
        """All that waits, as server-sent events; its last line names where to resume."""
        parts = []
        if self.reset:
            parts.append(RESET)
        for event in self.waiting:
            text = event.text(self.floor)
            if text:
                parts.append(b"event: " + event.kind.encode() + b"\ndata: " + text + b"\n\n")
        if self.ping:
            parts.append(b": still here\n\n")
        parts.append(b"id: " + latest_id.encode() + b"\n\n")
        self.waiting.clear()
        self.reset = self.ping = False
        self.wake.clear()
        return b"".join(parts)

    def close(self) -> None:
        self.closed = True
        self.wake.set()


class EventDoor:
    """The ASGI callable behind `/api/events/` and the streams that came in through it."""

    def __init__(self, hub: live.Hub, run: Run, *, limit: int = MAX_STREAMS) -> None:
        """`run(function, *arguments)` runs a function in a thread that owns a connection."""
        self.hub, self.run, self.limit = hub, run, limit
        self.streams: set[Stream] = set()
        self._check_now = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        hub.subscribe(live.REGISTRY, lambda _: self._check_now.set())

    def start(self) -> None:
        """Begin to ping and to check, in the running event loop."""
        loop = asyncio.get_running_loop()
        self._tasks = [loop.create_task(self._ping()), loop.create_task(self._check())]

    async def stop(self) -> None:
        """Close all streams; their clients come back to whoever serves next."""
        for stream in self.streams:
            stream.close()
        for task in self._tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] not in ("GET", "HEAD"):
            await send_problem(send, 405, "Events can only be read.", [(b"allow", b"GET, HEAD")])
            return
        silent = scope["method"] == "HEAD"
        headers = list(scope["headers"])
        query = parse_qs(scope["query_string"].decode("latin-1"))
        asked = {kind for text in query.get("kinds", []) for kind in text.split(",") if kind}
        known = {*KINDS, *live.registered_kinds()}
        if asked - known:
            text = "No such kind of event: " + ", ".join(sorted(asked - known))[:200] + "."
            await send_problem(send, 400, text, body=not silent)
            return
        if len(self.streams) >= self.limit:
            text = "Too many event streams are open."
            await send_problem(send, 503, text, [(b"retry-after", b"5")], body=not silent)
            return
        try:
            credential, viewer = await self.run(_who_asks, headers)
        except (DatabaseError, InterfaceError):
            text = "The database does not answer."
            await send_problem(send, 503, text, [(b"retry-after", b"5")], body=not silent)
            return
        if credential is None or viewer is None:
            challenge = [(b"www-authenticate", b"Token")]
            text = "Sign in, or send an access key: Authorization: Token KEY."
            await send_problem(send, 401, text, challenge, body=not silent)
            return
        if not _may_follow(viewer):
            text = "This key does not open the event stream."
            await send_problem(send, 403, text, body=not silent)
            return
        start = {"type": "http.response.start", "status": 200, "headers": _STREAM_HEADERS}
        if silent:
            await send(start)
            await send({"type": "http.response.body", "body": b""})
            return
        stream = Stream(credential, viewer, frozenset(asked or known), query.get("floor", [""])[0])
        self._resume(stream, _header(headers, b"last-event-id"))
        self.streams.add(stream)
        self.hub.followers.add(stream.offer)
        gone = asyncio.get_running_loop().create_task(_wait_for_end(receive, stream))
        try:
            await send(start)
            await self._follow(stream, send)
        finally:
            gone.cancel()
            self.hub.followers.discard(stream.offer)
            self.streams.discard(stream)

    def _resume(self, stream: Stream, last_id: str) -> None:
        if last_id:
            missed = self.hub.since(last_id)
            for event in [None] if missed is None else missed:
                stream.offer(event)

    async def _follow(self, stream: Stream, send: Send) -> None:
        opening = b"retry: 2000\n: welcome\n\n"
        while not stream.closed:
            body = opening + stream.take(self.hub.latest_id)
            opening = b""
            await send({"type": "http.response.body", "body": body, "more_body": True})
            await stream.wake.wait()
        await send({"type": "http.response.body", "body": b""})

    async def _ping(self) -> None:
        while True:
            await asyncio.sleep(PING_S)
            for stream in self.streams:
                stream.ping = True
                stream.wake.set()

    async def _check(self) -> None:
        """Close the streams whose key, session or actor is no longer good; refresh the rights."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(CHECK_S):
                    await self._check_now.wait()
            self._check_now.clear()
            shown = {stream.credential for stream in self.streams}
            if not shown:
                continue
            try:
                good = await self.run(_holders, shown)
            except (DatabaseError, InterfaceError) as error:
                log.warning("the rights of open streams could not be checked: %s", error)
                await asyncio.sleep(CHECK_S)
                continue
            for stream in self.streams:
                viewer = good.get(stream.credential)
                if viewer is not None and _may_follow(viewer):
                    stream.viewer = viewer
                elif stream.credential in shown:
                    stream.close()
            await asyncio.sleep(0.2)  # many changes in a row are one check


_STREAM_HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
    (b"x-content-type-options", b"nosniff"),
]


def _header(headers: Iterable[tuple[bytes, bytes]], name: bytes) -> str:
    return next((value.decode("latin-1") for one, value in headers if one == name), "")


def _may_follow(viewer: Actor) -> bool:
    """People may always listen (each event asks again what they may see), devices by scope."""
    return viewer.kind == viewer.Kind.PERSON or viewer.may("events.follow")


async def _wait_for_end(receive: Receive, stream: Stream) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    stream.close()


def _who_asks(headers: list[tuple[bytes, bytes]]) -> tuple[Credential | None, Actor | None]:
    credential = shown_in(headers)
    if credential is None:
        return None, None
    return credential, _holders([credential]).get(credential)


def _holders(credentials: Iterable[Credential]) -> dict[Credential, Actor]:
    close_old_connections()
    return holders(credentials, timezone.now())
