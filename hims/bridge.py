"""Django as WSGI inside one ASGI callable: a fixed pool of threads that keep their connections.

Django's own ASGI path costs three to four times the CPU of its WSGI path for a short request.
A request is read whole before it takes a thread, so that a slow sender holds none; a short answer
goes back to the event loop in one step; a long one is streamed with back-pressure.
"""

import asyncio
import json
import logging
import sys
import tempfile
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from concurrent.futures import Future, ThreadPoolExecutor
from http import HTTPStatus
from typing import IO, Any
from urllib.parse import unquote_to_bytes

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
Headers = list[tuple[bytes, bytes]]

SPOOL_BYTES = 1 << 18  # a larger body waits in a temporary file instead of in memory
BODY_S = 60.0  # whoever sends more slowly is sent away
FLUSH_BYTES = 1 << 16  # an answer up to this size needs one step back to the event loop
STALLED_S = 60.0  # a client that takes nothing for so long loses its answer, not our thread

log = logging.getLogger(__name__)


class TooLarge(Exception):
    """The body is larger than this house takes."""


class TooSlow(Exception):
    """The body did not arrive in time."""


class Broken(Exception):
    """The body ended before its end."""


class ClientGone(Exception):
    """The client hung up before our answer was complete."""


async def send_problem(
    send: Send, status: int, detail: str, headers: Headers | None = None, *, body: bool = True
) -> None:
    """Answer with RFC 9457 problem details."""
    title = HTTPStatus(status).phrase
    problem = {"type": "about:blank", "title": title, "status": status, "detail": detail}
    content = json.dumps(problem).encode()
    fixed = [
        (b"content-type", b"application/problem+json"),
        (b"content-length", str(len(content)).encode()),
        (b"cache-control", b"no-store"),
    ]
    await send(
        {"type": "http.response.start", "status": status, "headers": fixed + (headers or [])}
    )
    await send({"type": "http.response.body", "body": content if body else b""})


async def read_body(scope: Scope, receive: Receive, limit: int) -> tuple[IO[bytes], int]:
    """The whole request body, at its start, and its length in bytes.

    Raises TooLarge (over `limit` bytes), TooSlow or Broken.
    """
    length = 0
    spool: IO[bytes] = tempfile.SpooledTemporaryFile(max_size=SPOOL_BYTES)  # noqa: SIM115
    try:
        async with asyncio.timeout(BODY_S):
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise Broken
                chunk = message.get("body", b"")
                length += len(chunk)
                if length > limit:
                    raise TooLarge
                spool.write(chunk)
                if not message.get("more_body"):
                    spool.seek(0)
                    return spool, length
    except TimeoutError:
        spool.close()
        raise TooSlow from None
    except BaseException:
        spool.close()
        raise


def environ_of(scope: Scope, body: IO[bytes], length: int) -> dict[str, Any]:
    """The WSGI environment (PEP 3333) of an ASGI request; text is bytes read as latin-1."""
    path = scope.get("raw_path")
    server = scope.get("server") or ("localhost", 80)
    client = scope.get("client") or ("", 0)
    environ: dict[str, Any] = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": (unquote_to_bytes(path) if path else scope["path"].encode()).decode("latin-1"),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_NAME": server[0],
        "SERVER_PORT": str(server[1] or 0),
        "SERVER_PROTOCOL": "HTTP/" + scope.get("http_version", "1.1"),
        "REMOTE_ADDR": client[0],
        "REMOTE_PORT": str(client[1]),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.get("scheme", "http"),
        "wsgi.input": body,
        "wsgi.input_terminated": True,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    if scope.get("scheme") == "https":
        environ["HTTPS"] = "on"
    for raw_name, raw_value in scope["headers"]:
        # A name with an underscore would pass for the one with a hyphen that a proxy sets.
        if b"_" in raw_name:
            continue
        name = "HTTP_" + raw_name.decode("latin-1").upper().replace("-", "_")
        value = raw_value.decode("latin-1")
        if name == "HTTP_CONTENT_TYPE":
            environ["CONTENT_TYPE"] = value
        elif name in environ:
            environ[name] += ("; " if name == "HTTP_COOKIE" else ",") + value
        elif name not in ("HTTP_CONTENT_LENGTH", "HTTP_TRANSFER_ENCODING"):
            environ[name] = value
    environ["CONTENT_LENGTH"] = str(length)
    return environ


class Bridge:
    """`wsgi` served to ASGI by `threads` threads, with at most `waiting` requests in the queue."""

    def __init__(self, wsgi: Wsgi, *, threads: int, waiting: int, body_limit: int) -> None:
        self.wsgi = wsgi
        self.pool = ThreadPoolExecutor(threads, thread_name_prefix="page")
        self.aside = ThreadPoolExecutor(1, thread_name_prefix="aside")
        self.threads = threads
        self.room = threads + waiting
        self.body_limit = body_limit
        self.under_way = 0
        self.answered: Counter[int] = Counter()

    async def run(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Run a short function in a thread with a connection of its own, however busy pages are."""
        return await asyncio.get_running_loop().run_in_executor(self.aside, function, *arguments)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        silent = scope["method"] == "HEAD"
        try:
            body, length = await read_body(scope, receive, self.body_limit)
            with body:
                if self.under_way >= self.room:
                    await self._refuse(send, 503, "Too many requests are waiting.", silent)
                    return
                self.under_way += 1
                try:
                    await self._answer(scope, environ_of(scope, body, length), receive, send)
                finally:
                    self.under_way -= 1
        except TooLarge:
            text = f"The body is larger than {self.body_limit} bytes."
            await self._refuse(send, 413, text, silent)
        except TooSlow:
            await self._refuse(send, 408, "The body did not arrive in time.", silent)
        except Broken:
            # Nobody may be there to hear it; or a chunk was malformed, and the sender waits.
            await self._refuse(send, 400, "The body did not arrive whole.", silent)
        except ClientGone:
            self.answered[499] += 1

    async def _refuse(self, send: Send, status: int, text: str, silent: bool) -> None:
        self.answered[status] += 1
        headers = [(b"retry-after", b"1")] if status == 503 else None
        await send_problem(send, status, text, headers, body=not silent)

    async def _answer(
        self, scope: Scope, environ: dict[str, Any], receive: Receive, send: Send
    ) -> None:
        answer = _Answer(self.wsgi, environ, asyncio.get_running_loop(), receive, send)
        work = self.pool.submit(answer.make)
        if self.under_way > self.threads:
            # Only who has to wait is watched: for the others it would cost more than it saves.
            answer.watch(work)
        try:
            rest = await asyncio.wrap_future(work)
        except asyncio.CancelledError:
            if answer.gone:
                raise ClientGone from None
            raise
        except ClientGone:
            raise
        except Exception:
            log.exception("no answer to %s %s", scope["method"], scope["path"])
            self.answered[500] += 1
            if answer.started:
                raise
            text = "Something went wrong here; it was written down."
            await send_problem(send, 500, text, body=scope["method"] != "HEAD")
            return
        finally:
            answer.stop_watching()
        self.answered[answer.status] += 1
        await answer.send_part(rest, more=False)


class _Answer:
    """One answer in the making: `make` runs in a page thread, the rest in the event loop."""

    def __init__(
        self,
        wsgi: Wsgi,
        environ: dict[str, Any],
        loop: asyncio.AbstractEventLoop,
        receive: Receive,
        send: Send,
    ) -> None:
        self.wsgi, self.environ = wsgi, environ
        self.loop, self.receive, self.send = loop, receive, send
        self.status = 0
        self.headers: Headers = []
        self.started = False
        self.gone = False
        self._watching: asyncio.Task[None] | None = None

    def make(self) -> bytes:
        """Run the application; what is left to send of its answer when all but that was sent."""
        buffer: list[bytes] = []
        size = 0

        def start_response(status, headers, exc_info=None):
            self.status = int(status[:3])
            self.headers = [
                (name.lower().encode("latin-1"), str(value).encode("latin-1"))
                for name, value in headers
            ]
            return buffer.append

        chunks = self.wsgi(self.environ, start_response)
        silent = self.environ["REQUEST_METHOD"] == "HEAD" or self.status in (204, 304)
        try:
            for chunk in chunks:
                if silent:
                    break
                buffer.append(chunk)
                size += len(chunk)
                if size >= FLUSH_BYTES:
                    self._flush(b"".join(buffer))
                    buffer.clear()
                    size = 0
        finally:
            close = getattr(chunks, "close", None)
            if close:
                close()
        return b"".join(buffer)

    def _flush(self, part: bytes) -> None:
        """Send a part from the page thread and wait until the client has taken it."""
        sent = asyncio.run_coroutine_threadsafe(self.send_part(part, more=True), self.loop)
        try:
            sent.result(STALLED_S)
        except TimeoutError:
            sent.cancel()
            raise ClientGone from None
        if self.gone:
            raise ClientGone

    async def send_part(self, part: bytes, *, more: bool) -> None:
        if not self.started:
            self.started = True
            if more:
                self.watch(None)
            start = {"type": "http.response.start", "status": self.status, "headers": self.headers}
            await self.send(start)
        await self.send({"type": "http.response.body", "body": part, "more_body": more})

    def watch(self, work: Future[bytes] | None) -> None:
        """Notice when the client hangs up; then drop `work` if no thread has begun it."""
        if self._watching is None:
            self._watching = self.loop.create_task(self._wait_for_end(work))

    async def _wait_for_end(self, work: Future[bytes] | None) -> None:
        while (await self.receive())["type"] != "http.disconnect":
            pass
        self.gone = True
        if work is not None:
            work.cancel()

    def stop_watching(self) -> None:
        if self._watching:
            self._watching.cancel()
