"""The local socket between the door (in each web worker) and the engine process.

Every frame that the door hands over is under way until the engine has stepped it and written what
came of it; the engine says how far it is and how much may be under way, which is what it gets done
in UNDER_WAY_S. So a 202 is never further than that ahead of the engine, whatever the flood, and no
more than that is lost if the engine is killed.

One engine follows a hospital. Several would share it by tag: `engine_of` names the engine of each
tag, each engine listens on its own `socket_path`, and the door would cut a batch into the shares
of the engines before it makes frames. An engine's state is soft and belongs to its tags alone, so
nothing else is shared: each writes the positions and stays of its own bearers, and a tag that
changes engines is found again within seconds from its current position. The tags of one bearer
must go to one engine (by the bearer's oldest tag), and each engine takes an advisory lock of its
own number. None of this is built: one engine on one core does more than a hospital sends.
"""

import asyncio
import logging
import os
from contextlib import suppress
from functools import partial
from pathlib import Path

import numpy as np
from django.conf import settings
from numpy.typing import NDArray

from tracking.wire import frames

ENGINES = 1
UNDER_WAY_S = 2.0
"""Of the engine's measured pace, so much may be acknowledged and not yet stepped."""
MOST_WAITING = 32 * 1024 * 1024
"""Bytes that may be under way from one web worker, whatever the engine allows."""
RETRY_S = 0.25
_LONGEST_PATH = 100
_GOLDEN = np.uint32(2654435769)

log = logging.getLogger(__name__)


def engine_of(tags: NDArray[np.uint32], engines: int = ENGINES) -> NDArray[np.uint32]:
    """Which of `engines` follows each tag (database keys): always the same one, evenly spread."""
    spread = np.asarray(tags, dtype=np.uint32) * _GOLDEN  # Fibonacci hashing: high bits are mixed
    return (spread >> np.uint32(16)) % np.uint32(engines)


def socket_path(engine: int = 0) -> Path:
    """Where that engine listens."""
    return Path(settings.HIMS_VAR) / "run" / (f"engine-{engine}.sock" if engine else "engine.sock")


def reachable(path: Path) -> str:
    """A name of `path` that fits into a socket address (108 bytes), however deep it lies.

    Linux only for deep folders: their name goes through a descriptor that stays open.
    """
    if len(os.fsencode(path)) <= _LONGEST_PATH:
        return str(path)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    return f"/proc/self/fd/{folder}/{path.name}"


class EngineLink:
    """A web worker's connection to the engine: made again whenever it is lost."""

    def __init__(self, path: Path, most_waiting: int = MOST_WAITING) -> None:
        self.path, self.most_waiting = path, most_waiting
        self._transport: asyncio.WriteTransport | None = None
        self._task: asyncio.Task[None] | None = None
        self._sent = 0
        self._word = _NOTHING_SAID

    def start(self) -> None:
        """Begin to connect, in the running event loop."""
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._stay_connected())

    async def stop(self) -> None:
        if self._task:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
            self._task = None

    @property
    def under_way(self) -> int:
        """Bytes handed over that the engine has not stepped yet."""
        return self._sent - self._word.done

    @property
    def full(self) -> bool:
        """Whether the engine is away or as much is under way as it allows."""
        return self._transport is None or self.under_way >= self._word.allowed

    def offer(self, parts: bytes) -> bool:
        """Hand whole frames to the engine; False if it is away or too far behind: nothing was
        taken. What is offered while nothing is under way is taken whatever its size."""
        transport = self._transport
        if transport is None or transport.is_closing() or not self._word.allowed:
            return False
        after = self.under_way + len(parts)
        if self.under_way and after > min(self._word.allowed, self.most_waiting):
            return False
        transport.write(parts)
        self._sent += len(parts)
        return True

    def heard(self, word: frames.Word) -> None:
        """The engine has spoken."""
        self._word = word

    async def _stay_connected(self) -> None:
        name = None
        while True:
            lost = asyncio.get_running_loop().create_future()
            with suppress(OSError):
                name = name or reachable(self.path)
                self._sent, self._word = 0, _NOTHING_SAID
                transport, _ = await asyncio.get_running_loop().create_unix_connection(
                    partial(_Words, self, lost), name
                )
                self._transport = transport
                try:
                    await lost
                    log.warning("the engine is away; readings are refused until it is back")
                finally:
                    self._transport = None
                    transport.abort()
            await asyncio.sleep(RETRY_S)


class _Words(asyncio.Protocol):
    """Passes on what the engine says, and says when the connection has ended."""

    def __init__(self, link: EngineLink, lost: "asyncio.Future[None]") -> None:
        self.link, self.lost = link, lost
        self._buffer = bytearray()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        try:
            word = frames.newest_word(self._buffer)
        except frames.Broken as error:
            log.error("the engine speaks another language: %s", error)
            self.connection_lost(None)
            return
        if word is not None:
            self.link.heard(word)

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.lost.done():
            self.lost.set_result(None)


_NOTHING_SAID = frames.Word(0, 0)
