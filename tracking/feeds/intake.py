"""The engine's end of the local socket: frames of all doors in, words about its pace back.

What doors may have under way, and how much a step takes at once, follow from the pace at which the
engine was seen to get through what came: so nothing waits longer than feeds.link promises, and
memory does not grow under a flood. A thread of its own takes in while the engine steps: doors need
not hold what the engine could.
"""

import logging
import selectors
import socket
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from tracking.feeds.link import UNDER_WAY_S, reachable
from tracking.wire import frames

MOST_STEP_S = 1.0
"""A step takes no more than so long is expected to take,"""
MOST_BYTES = 10_000_000
"""and no more than this, half a million readings: its memory grows with what it takes."""
LOADED_S, TOO_LONG_S = 0.1, 1.5
"""A round shorter than the first says how fast the engine can be, not how slow; one longer than
the second is believed at once."""
FIRST_BYTES_PER_S = 1e6
LEAST_BYTES = 220_000
"""Under way in any case: a body of ten thousand readings."""
CHUNK = 1 << 18
IDLE_S, PAUSED_S, QUIET_S, DRAIN_S = 0.25, 0.01, 0.1, 2.0

log = logging.getLogger(__name__)


class Pace:
    """Bytes a second that the engine gets through, from rounds of bytes and busy seconds."""

    def __init__(self) -> None:
        self.bytes_per_s = FIRST_BYTES_PER_S

    def seen(self, size: int, busy_s: float) -> None:
        """A round of `size` bytes took so long, waiting not counted."""
        if not size or busy_s <= 0:
            return
        # A small round says little of a large one: it is believed step by step.
        found = min(size / busy_s, 2 * self.bytes_per_s)
        if busy_s > TOO_LONG_S:
            self.bytes_per_s = min(self.bytes_per_s, found)
        elif busy_s >= LOADED_S or found > self.bytes_per_s:
            self.bytes_per_s += 0.4 * (found - self.bytes_per_s)

    @property
    def under_way(self) -> int:
        """Bytes that all doors together may have under way."""
        return max(int(self.bytes_per_s * UNDER_WAY_S), LEAST_BYTES)

    @property
    def at_once(self) -> int:
        """Bytes after which a step begins."""
        return max(min(int(self.bytes_per_s * MOST_STEP_S), MOST_BYTES), LEAST_BYTES // 2)


@dataclass
class _Line:
    """One door's connection; byte counts since it was made."""

    buffer: bytearray = field(default_factory=bytearray)
    came: int = 0
    taken: int = 0


class Intake:
    """Listens at `path` for doors; what came is held until `collect`."""

    def __init__(self, path: Path) -> None:
        self.path, self.pace = path, Pace()
        self._selector = selectors.DefaultSelector()
        self._lines: dict[socket.socket, _Line] = {}
        self._frames: list[frames.Frame] = []
        self._held = self._collected = 0
        self._paused = self._leaving = self._over = False
        self._lock = threading.Lock()
        self._full = threading.Event()
        self._thread = threading.Thread(target=self._listen, name="intake", daemon=True)

    def open(self) -> None:
        """Begin to listen; the folder and the socket are for this user alone."""
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.path.unlink(missing_ok=True)
        self._server = socket.socket(socket.AF_UNIX)
        self._server.bind(reachable(self.path))
        self.path.chmod(0o600)
        self._server.listen(64)
        self._server.setblocking(False)
        self._selector.register(self._server, selectors.EVENT_READ)
        self._thread.start()

    def close(self) -> None:
        """Hang up on all doors."""
        self._over = True
        self._thread.join()
        for client in list(self._lines):
            self._drop(client)
        self._server.close()
        self.path.unlink(missing_ok=True)

    def full(self, seconds: float) -> bool:
        """Whether so much is held that a step is due; waits for it so long at most."""
        return self._full.wait(seconds)

    def collect(self) -> tuple[int, list[frames.Frame]]:
        """The frames held, for the step that begins now, and how many bytes they are."""
        if not self._thread.is_alive():
            raise RuntimeError("nobody listens to the doors any more")
        with self._lock:
            collected, self._frames = self._frames, []
            self._collected, self._held = self._held, 0
            self._full.clear()
            for line in self._lines.values():
                line.taken = line.came - len(line.buffer)
        return self._collected, collected

    def stepped(self, busy_s: float) -> None:
        """What was collected is stepped and written; the round took so long. Doors hear of it."""
        self.pace.seen(self._collected, busy_s)
        self._collected = 0
        with self._lock:
            for client in list(self._lines):
                self._say(client)

    def last(self) -> None:
        """Let no door send any more, and wait until all that is under way from them came."""
        end = time.monotonic() + DRAIN_S
        with self._lock:
            self._leaving = True
            for client in list(self._lines):
                self._say(client)
        before = -1
        while before != self._held and time.monotonic() < end:
            before = self._held
            time.sleep(QUIET_S)

    def _listen(self) -> None:
        while not self._over:
            ready = self._selector.select(PAUSED_S if self._paused else IDLE_S)
            with self._lock:
                for key, _ in ready:
                    if key.fileobj is self._server:
                        self._accept()
                    elif key.fileobj in self._lines:
                        self._receive(key.fileobj)
                if self._held >= self.pace.at_once:
                    self._full.set()
                self._pause(self._full.is_set())

    def _pause(self, paused: bool) -> None:
        if paused is self._paused:
            return
        self._paused = paused
        for client in self._lines:
            if paused:
                self._selector.unregister(client)
            else:
                self._selector.register(client, selectors.EVENT_READ)

    def _accept(self) -> None:
        with suppress(OSError):
            client, _ = self._server.accept()
            client.setblocking(False)
            self._lines[client] = _Line()
            if not self._paused:
                self._selector.register(client, selectors.EVENT_READ)
            self._say(client)

    def _receive(self, client: socket.socket) -> None:
        try:
            part = client.recv(CHUNK)
        except BlockingIOError:
            return
        except OSError:
            part = b""
        line = self._lines[client]
        line.buffer += part
        line.came += len(part)
        before = len(line.buffer)
        try:
            self._frames += frames.take(line.buffer)
        except frames.Broken as error:
            log.error("a door speaks another language: %s", error)
            part = b""
        self._held += before - len(line.buffer)
        if not part:
            self._drop(client)

    def _say(self, client: socket.socket) -> None:
        """Tell a door how far we are. One that does not listen misses it: the next says all."""
        allowed = 0 if self._leaving else self.pace.under_way // len(self._lines)
        word = frames.of_word(frames.Word(self._lines[client].taken, allowed))
        try:
            if client.send(word) != len(word):
                self._drop(client)
        except BlockingIOError:
            return
        except OSError:
            self._drop(client)

    def _drop(self, client: socket.socket) -> None:
        del self._lines[client]
        if not self._paused:
            self._selector.unregister(client)
        client.close()
