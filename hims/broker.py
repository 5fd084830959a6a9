"""A Celery broker that needs no server: messages as files in one folder of this machine.

kombu's own transport over the filesystem shows a message before it is written (a reader then
fails on an empty file) and moves it through the temporary folder, which may be another disk. Here
a message appears by one rename and is taken by one rename. A message that a killed worker had
taken is lost, as with kombu's: the row is the job, and the clock catches it up.
"""

import os
import time
import uuid
from pathlib import Path
from queue import Empty
from typing import Any

from kombu.transport import TRANSPORT_ALIASES, virtual
from kombu.utils.json import dumps, loads

LISTENS_S = 0.5


class Channel(virtual.Channel):
    """One connection's view of the folder named by the transport option `folder`."""

    supports_fanout = False

    @property
    def folder(self) -> Path:
        return Path(self.connection.client.transport_options["folder"])

    def _messages(self, queue: str) -> list[str]:
        ending = f".{queue}.message"
        try:
            return sorted(name for name in os.listdir(self.folder) if name.endswith(ending))
        except FileNotFoundError:
            return []

    def _put(self, queue: str, message: dict[str, Any], **kwargs: Any) -> None:
        path = self.folder / f"{time.time_ns():020}-{uuid.uuid4().hex}.{queue}.message"
        unseen = path.with_suffix(".unseen")
        try:
            unseen.write_text(dumps(message))
        except FileNotFoundError:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            unseen.write_text(dumps(message))
        unseen.replace(path)

    def _get(self, queue: str, timeout: float | None = None) -> dict[str, Any]:
        for name in self._messages(queue):
            path = self.folder / name
            taken = path.with_suffix(".taken")
            try:
                path.rename(taken)
            except FileNotFoundError:  # another worker was faster
                continue
            text = taken.read_text()
            taken.unlink()
            return loads(text)
        raise Empty

    def _size(self, queue: str) -> int:
        return len(self._messages(queue))

    def _purge(self, queue: str) -> int:
        names = self._messages(queue)
        for name in names:
            (self.folder / name).unlink(missing_ok=True)
        return len(names)

    def _has_queue(self, queue: str, **kwargs: Any) -> bool:
        return True


class Transport(virtual.Transport):
    """The folder as a kombu transport, under kombu's name for it: `filesystem://`."""

    Channel = Channel
    global_state = virtual.BrokerState()
    driver_type = driver_name = "filesystem"
    default_port = 0

    def __init__(self, client: Any, **kwargs: Any) -> None:
        super().__init__(client, **kwargs)
        self.state = self.global_state

    def drain_events(self, connection: Any, timeout: float | None = None) -> None:
        """As kombu's; returns soon, so that a worker that shall stop hears of it soon."""
        super().drain_events(connection, timeout=min(timeout or LISTENS_S, LISTENS_S))

    def driver_version(self) -> str:
        return "1"


TRANSPORT_ALIASES["filesystem"] = "hims.broker:Transport"


def empty(folder: Path) -> None:
    """Forget all messages: the due rows are still there, and nobody is listening to these."""
    for path in folder.glob("*.*"):
        if path.suffix in {".message", ".unseen", ".taken"}:
            path.unlink(missing_ok=True)
