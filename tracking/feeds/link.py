"""The local socket between the door (in each web worker) and the one engine process."""

import asyncio
import logging
import os
from contextlib import suppress
from functools import partial
from pathlib import Path

from django.conf import settings

MOST_WAITING = 8 * 1024 * 1024
"""Bytes that may wait for the engine in one web worker; beyond it the door says 503."""
RETRY_S = 0.25
_LONGEST_PATH = 100

log = logging.getLogger(__name__)


def socket_path() -> Path:
    """Where the engine listens."""
    return Path(settings.HIMS_VAR) / "run" / "engine.sock"


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
    def waiting(self) -> int:
        """Bytes handed over that the engine has not taken yet."""
        return self._transport.get_write_buffer_size() if self._transport else 0

    def offer(self, frames: bytes) -> bool:
        """Hand `frames` to the engine; False if it is away or too far behind: nothing was taken."""
        transport = self._transport
        if transport is None or transport.is_closing():
            return False
        if transport.get_write_buffer_size() + len(frames) > self.most_waiting:
            return False
        transport.write(frames)
        return True

    async def _stay_connected(self) -> None:
        name = None
        while True:
            lost = asyncio.get_running_loop().create_future()
            with suppress(OSError):
                name = name or reachable(self.path)
                transport, _ = await asyncio.get_running_loop().create_unix_connection(
                    partial(_Ending, lost), name
                )
                self._transport = transport
                try:
                    await lost
                    log.warning("the engine is away; readings are refused until it is back")
                finally:
                    self._transport = None
                    transport.abort()
            await asyncio.sleep(RETRY_S)


class _Ending(asyncio.Protocol):
    """Says when the connection has ended; the engine itself never speaks."""

    def __init__(self, lost: "asyncio.Future[None]") -> None:
        self.lost = lost

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.lost.done():
            self.lost.set_result(None)
