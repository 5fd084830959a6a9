"""The MLLP listener: frames come in over TCP, each is answered after what it caused is committed.

One connection is served in its order, one frame at a time, and is not read from meanwhile, so that
memory is bounded by the number of connections; several connections are served at once by a few
database threads. Whatever a sender sends, the listener goes on. While the database is away nothing
is answered: the frame is tried again for a few seconds, then the connection is closed, and its
sender will send again what was not answered.
"""

import asyncio
import logging
import signal
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass

from django.utils.translation import gettext as _

from hims.feeds import hl7
from hims.wire.hl7v2 import CUT_SHORT, LONGEST, TOO_LONG, Frame, Frames, framed

READ_BYTES = 65_536
MOST_STRAY = 65_536  # who sends so much outside of any frame does not speak MLLP
TRY_AGAIN_S = (0.2, 0.5, 1.0, 2.0, 4.0)

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Limits:
    """workers: database threads. connections: served at once, more are closed. longest: bytes of a
    frame. quiet_s: between two reads of a connection. pause_s: between two reads within a frame."""

    workers: int = 8
    connections: int = 64
    longest: int = LONGEST
    quiet_s: float = 6 * 3600.0
    pause_s: float = 30.0


class Listener:
    """Listens at one address until `stop` is called, or SIGTERM or SIGINT comes."""

    def __init__(self, host: str, port: int, *, any_sender: bool, limits: Limits | None = None):
        self._address = (host, port)
        self._any_sender = any_sender
        self._limits = limits or Limits()
        self._pool = ThreadPoolExecutor(self._limits.workers, thread_name_prefix="mllp")
        self._open: set[asyncio.Task] = set()
        self._stopping = asyncio.Event()

    async def run(self, ready: Callable[[str, int], None]) -> None:
        """Serve; `ready(host, port)` is told when it listens. Returns when what was begun is
        answered."""
        server = await asyncio.start_server(self._accept, *self._address, limit=READ_BYTES)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            with suppress(NotImplementedError, RuntimeError, ValueError):
                loop.add_signal_handler(number, self.stop)
        ready(*server.sockets[0].getsockname()[:2])
        try:
            await self._stopping.wait()
        finally:
            server.close()
            await self._finished()

    async def _finished(self) -> None:
        """Wait until what was begun is answered."""
        if self._open:
            await asyncio.wait(self._open)
        self._pool.shutdown()

    def stop(self) -> None:
        """Take no more; answer what is being worked on."""
        self._stopping.set()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is None or len(self._open) >= self._limits.connections:
            log.warning("a connection more than %s was closed", self._limits.connections)
            writer.close()
            return
        self._open.add(task)
        peer = writer.get_extra_info("peername")
        try:
            _keep_alive(writer)
            await self._serve(reader, writer)
        except (ConnectionError, TimeoutError, hl7.DatabaseAway) as error:
            log.warning("the connection of %s was closed: %s", peer, error or "too long silent")
        except Exception as error:
            log.error("the connection of %s was closed: %s\n%s", peer, *hl7.where(error))
        finally:
            self._open.discard(task)
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        frames = Frames(self._limits.longest)
        while not self._stopping.is_set():
            pause = self._limits.pause_s if frames.inside else self._limits.quiet_s
            data = await self._read(reader, pause)
            if not data:
                return
            for frame in frames.feed(data):
                said = await self._answered(frame)
                if said:
                    writer.write(framed(said))
                    await writer.drain()
            if frames.stray > MOST_STRAY:
                raise ConnectionError("this is not MLLP")

    async def _read(self, reader: asyncio.StreamReader, pause: float) -> bytes:
        """The next bytes; none when the other side closed, or we are to stop."""
        reading = asyncio.ensure_future(reader.read(READ_BYTES))
        stopping = asyncio.ensure_future(self._stopping.wait())
        done, waiting = await asyncio.wait(
            {reading, stopping}, timeout=pause, return_when=asyncio.FIRST_COMPLETED
        )
        for each in waiting:
            each.cancel()
        if reading in done:
            return reading.result()
        if stopping in done:
            return b""
        raise TimeoutError

    async def _answered(self, frame: Frame) -> bytes:
        if frame.trouble == CUT_SHORT:
            log.warning("a frame was cut short by the next one; nothing was answered for it")
            return b""
        if frame.trouble == TOO_LONG:
            words = _("The message is longer than %(limit)s bytes.")
            return hl7.refusal(frame.body, words % {"limit": self._limits.longest})
        if not frame.body.strip():
            return b""
        for pause in TRY_AGAIN_S:
            try:
                return await self._in_a_thread(self._answer, frame.body)
            except hl7.DatabaseAway as error:
                log.warning("the database is away, trying again: %s", error)
            await asyncio.sleep(pause)
        return await self._in_a_thread(self._answer, frame.body)

    def _answer(self, body: bytes) -> bytes:
        return hl7.answer(body, any_sender=self._any_sender)

    def _in_a_thread(self, function: Callable, *given: object) -> asyncio.Future:
        return asyncio.get_running_loop().run_in_executor(self._pool, function, *given)


def _keep_alive(writer: asyncio.StreamWriter) -> None:
    """Have the system notice a sender that vanished; answers are small and shall not wait."""
    sock = writer.get_extra_info("socket")
    if sock is not None:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
