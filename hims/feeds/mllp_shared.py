"""Several listeners behind one port, since one Python process keeps only one processor busy.

The parent takes each connection and hands it to the child that serves the fewest; it reads no
message and never talks to the database. A child that ends by itself is started again: its
connections are gone, and their senders send again what was not answered. A child ends when the
parent asks, or is no more: then their line has an end.
"""

import asyncio
import logging
import os
import selectors
import signal
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from django.db import connection

from hims.feeds.hl7 import where
from hims.feeds.mllp import Limits, Listener

GIVEN, DONE = b"g", b"d"
AGAIN_AFTER_S = 1.0  # a child that falls over at once is not started more often than this
LOOK_S = 0.25
STOP_S = 60.0  # so long a child may work on what it has begun
BACKLOG = 128

log = logging.getLogger(__name__)


@dataclass
class _Child:
    """A listener of ours: its process, our end of the line to it, and how many it serves."""

    pid: int
    line: socket.socket
    serves: int = 0


class SharedListener:
    """Listens at one address with several processes until SIGTERM or SIGINT comes."""

    def __init__(
        self, host: str, port: int, *, processes: int, any_sender: bool, limits: Limits | None
    ):
        self._address = (host, port)
        self._processes = processes
        self._any_sender = any_sender
        self._limits = limits or Limits()
        self._children: list[_Child] = []
        self._next_start = 0.0
        self._stopping = False

    def run(self, ready: Callable[[str, int], None]) -> None:
        """Serve; `ready(host, port)` is told when it listens. Returns when all children ended."""
        family = socket.AF_INET6 if ":" in self._address[0] else socket.AF_INET
        door = socket.create_server(self._address, family=family, backlog=BACKLOG)
        door.setblocking(False)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        with selectors.DefaultSelector() as ears:
            ears.register(door, selectors.EVENT_READ)
            self._start_missing(ears, door)
            ready(*door.getsockname()[:2])
            while not self._stopping:
                for key, _events in ears.select(LOOK_S):
                    if key.data is None:
                        self._accept(door)
                    else:
                        self._hear(key.data, ears)
                self._start_missing(ears, door)
        door.close()
        self._end_children()

    def _stop(self, *_signal: object) -> None:
        self._stopping = True

    # --- children -------------------------------------------------------------------------------

    def _start_missing(self, ears: selectors.BaseSelector, door: socket.socket) -> None:
        now = time.monotonic()
        if len(self._children) == self._processes or now < self._next_start:
            return
        while len(self._children) < self._processes:
            ours, theirs = socket.socketpair()
            pid = os.fork()
            if pid == 0:
                door.close()
                ours.close()
                for other in self._children:
                    other.line.close()
                self._be_child(theirs)
            theirs.close()
            ours.setblocking(False)
            child = _Child(pid, ours)
            self._children.append(child)
            ears.register(ours, selectors.EVENT_READ, child)
        self._next_start = now + AGAIN_AFTER_S

    def _be_child(self, line: socket.socket) -> None:
        """What a child does from its beginning to its end; does not return."""
        code = 1
        try:
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, signal.SIG_IGN)  # the parent says when, over the line
            connection.ensure_connection()
            asyncio.run(_FedListener(line, any_sender=self._any_sender, limits=self._limits).run())
            code = 0
        except Exception as error:
            log.error("a listener could not go on: %s\n%s", *where(error))
        finally:
            os._exit(code)

    def _end_children(self) -> None:
        for child in self._children:
            child.line.close()
        until = time.monotonic() + STOP_S
        for child in self._children:
            while not _ended(child.pid):
                if time.monotonic() > until:
                    os.kill(child.pid, signal.SIGKILL)
                time.sleep(0.02)

    # --- connections ----------------------------------------------------------------------------

    def _accept(self, door: socket.socket) -> None:
        try:
            given, peer = door.accept()
        except OSError:
            return  # who knocked has gone
        with given:
            child = min(self._children, key=lambda one: one.serves, default=None)
            if child is None or sum(one.serves for one in self._children) >= (
                self._limits.connections
            ):
                log.warning("the connection of %s was closed: no more can be served", peer)
                return
            with suppress(OSError):  # it has just ended; the sender will come again
                socket.send_fds(child.line, [GIVEN], [given.fileno()])
                child.serves += 1

    def _hear(self, child: _Child, ears: selectors.BaseSelector) -> None:
        try:
            said = child.line.recv(4_096)
        except BlockingIOError:
            return
        except OSError:
            said = b""
        child.serves -= said.count(DONE)
        if said:
            return
        log.warning("the listener %s ended by itself and is started again", child.pid)
        ears.unregister(child.line)
        child.line.close()
        self._children.remove(child)
        with suppress(ProcessLookupError):
            os.kill(child.pid, signal.SIGKILL)
        os.waitpid(child.pid, 0)


class _FedListener(Listener):
    """A listener that is given its connections over a line, and stops at the end of the line."""

    def __init__(self, line: socket.socket, *, any_sender: bool, limits: Limits):
        super().__init__("", 0, any_sender=any_sender, limits=limits)
        self._line = line
        self._given_tasks: set[asyncio.Task] = set()  # the loop itself holds tasks weakly only

    async def run(self, ready: Callable[[str, int], None] = lambda host, port: None) -> None:
        """Serve what is given; returns when what was begun is answered."""
        self._line.setblocking(False)
        loop = asyncio.get_running_loop()
        loop.add_reader(self._line.fileno(), self._take)
        await self._stopping.wait()
        loop.remove_reader(self._line.fileno())
        await self._finished()

    def _take(self) -> None:
        try:
            said, files, _flags, _from = socket.recv_fds(self._line, 1, 1)
        except BlockingIOError:
            return
        except OSError:
            said, files = b"", []
        if not said:
            asyncio.get_running_loop().remove_reader(self._line.fileno())
            self.stop()
        for file in files:
            task = asyncio.ensure_future(self._given(socket.socket(fileno=file)))
            self._given_tasks.add(task)
            task.add_done_callback(self._given_tasks.discard)

    async def _given(self, sock: socket.socket) -> None:
        try:
            sock.setblocking(False)
            await self._accept(*await asyncio.open_connection(sock=sock))
        finally:
            with suppress(OSError):
                self._line.send(DONE)


def _ended(pid: int) -> bool:
    try:
        return os.waitpid(pid, os.WNOHANG)[0] == pid
    except ChildProcessError:
        return True
