"""The engine's end of the local socket: frames of all doors in, words about its pace back.

What doors may have under way, and how much a step takes at once, follow from the pace at which the
engine was seen to get through what came: so nothing waits longer than feeds.link promises, and
memory does not grow under a flood.
"""

import logging
import selectors
import socket
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from tracking.feeds.link import UNDER_WAY_S, reachable
from tracking.wire import frames

MOST_STEP_S = 1.0
"""A step takes no more than so long is expected to take."""
LOADED_S = 0.1
"""A round shorter than this says how fast the engine can be, not how slow."""
FIRST_BYTES_PER_S = 2e6
LEAST_BYTES = 220_000
"""Under way in any case: a body of ten thousand readings."""
CHUNK = 1 << 18
QUIET_S, DRAIN_S = 0.1, 2.0

log = logging.getLogger(__name__)


class Pace:
    """Bytes a second that the engine gets through, from rounds of bytes and busy seconds."""

    def __init__(self) -> None:
        self.bytes_per_s = FIRST_BYTES_PER_S

    def seen(self, size: int, busy_s: float) -> None:
        """A round of `size` bytes took so long, waiting not counted."""
        if not size or busy_s <= 0:
            return
        found = size / busy_s
        if busy_s >= LOADED_S:
            self.bytes_per_s += 0.4 * (found - self.bytes_per_s)
        else:
            self.bytes_per_s = max(self.bytes_per_s, found)

    @property
    def under_way(self) -> int:
        """Bytes that all doors together may have under way."""
        return max(int(self.bytes_per_s * UNDER_WAY_S), LEAST_BYTES)

    @property
    def at_once(self) -> int:
        """Bytes after which a step begins."""
        return max(int(self.bytes_per_s * MOST_STEP_S), LEAST_BYTES // 2)


@dataclass
class _Line:
    """One door's connection; byte counts since it was made."""

    buffer: bytearray = field(default_factory=bytearray)
    came: int = 0
    taken: int = 0


class Intake:
    """Listens at `path` for doors; `waiting` frames are held until `collect`."""

    def __init__(self, path: Path) -> None:
        self.path, self.pace = path, Pace()
        self._selector = selectors.DefaultSelector()
        self._lines: dict[socket.socket, _Line] = {}
        self._frames: list[frames.Frame] = []
        self._held = self._collected = 0
        self._paused = False

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

    def close(self) -> None:
        for client in list(self._lines):
            self._drop(client)
        self._server.close()
        self.path.unlink(missing_ok=True)

    @property
    def full(self) -> bool:
        """Whether a step is due for what is held alone."""
        return self._held >= self.pace.at_once

    def wait(self, seconds: float) -> None:
        """Take what comes in for so long at most; returns at the first that came, or when full.
        Doors are left waiting while it is full already."""
        self._pause(self.full)
        for key, _ in self._selector.select(0.0 if self.full else seconds):
            if key.fileobj is self._server:
                self._accept()
            elif not self.full:
                self._receive(key.fileobj)

    def collect(self) -> tuple[int, list[frames.Frame]]:
        """The frames held, for the step that begins now, and how many bytes they are."""
        collected, self._frames = self._frames, []
        self._collected, self._held = self._held, 0
        for line in self._lines.values():
            line.taken = line.came - len(line.buffer)
        return self._collected, collected

    def stepped(self, busy_s: float) -> None:
        """What was collected is stepped and written; the round took so long. Doors hear of it."""
        self.pace.seen(self._collected, busy_s)
        self._collected = 0
        allowed = self.pace.under_way // max(len(self._lines), 1)
        for client in list(self._lines):
            self._say(client, allowed)

    def last(self) -> None:
        """Let no door send any more, and take what is under way from them."""
        for client in list(self._lines):
            self._say(client, 0)
        self._pause(False)
        end = time.monotonic() + DRAIN_S
        while self._lines and time.monotonic() < end:
            ready = self._selector.select(QUIET_S)
            if not ready:
                break
            for key, _ in ready:
                if key.fileobj is not self._server:
                    self._receive(key.fileobj)

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
            self._say(client, self.pace.under_way // len(self._lines))

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

    def _say(self, client: socket.socket, allowed: int) -> None:
        """Tell a door how far we are. One that does not listen misses it: the next says all."""
        line = self._lines[client]
        word = frames.of_word(frames.Word(line.taken, allowed))
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
