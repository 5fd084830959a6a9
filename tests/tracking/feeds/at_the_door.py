"""Knocking at the hot door with raw ASGI calls, with a plain listener where the engine would be."""

import asyncio
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tracking.feeds.door import READINGS, Door
from tracking.feeds.link import EngineLink
from tracking.feeds.registry import Registry
from tracking.wire import frames


class Answer:
    """What the door said."""

    def __init__(self, messages: list[dict[str, Any]]) -> None:
        self.status: int = messages[0]["status"]
        self.headers = {k.decode(): v.decode() for k, v in messages[0]["headers"]}
        self.text = b"".join(m.get("body", b"") for m in messages[1:])

    @property
    def json(self) -> Any:
        return json.loads(self.text)

    @property
    def reasons(self) -> list[tuple[int, str]]:
        return [(row["index"], row["reason"]) for row in self.json["rejected"]]


class Doorway:
    """A door in an event loop of its own; `got` is what the engine would have got."""

    def __init__(self, runner: asyncio.Runner, path: Path, most_waiting: int) -> None:
        self.runner = runner
        self.door = Door(Registry(), EngineLink(path, most_waiting))
        self.path = path
        self.got: list[frames.Frame] = []
        self.takes = True
        self.allowed = most_waiting
        self._server: asyncio.Server | None = None

    def open_engine(self) -> None:
        """Let somebody listen where the engine would."""
        self._server = self.runner.run(
            asyncio.start_unix_server(self._listen, self.path, limit=1 << 20)
        )
        self.wait_until(lambda: self.door.link.offer(b""))

    def wait_until(self, condition: Callable[[], object]) -> None:
        async def wait() -> None:
            self.door.start()
            async with asyncio.timeout(5):
                while not condition():
                    await asyncio.sleep(0.01)

        self.runner.run(wait())

    async def _listen(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        buffer, came = bytearray(), 0
        writer.write(frames.of_word(frames.Word(0, self.allowed)))
        while self.takes and (part := await reader.read(1 << 20)):
            buffer += part
            came += len(part)
            self.got += frames.take(buffer)
            writer.write(frames.of_word(frames.Word(came, self.allowed)))
        while not self.takes:
            await asyncio.sleep(0.01)
        writer.close()

    def readings(self) -> list[tuple]:
        """All records that came, once those under way have."""

        async def settle() -> None:
            for _ in range(5):
                await asyncio.sleep(0.005)

        self.runner.run(settle())
        return [
            row
            for frame in self.got
            if frame.kind == frames.READINGS
            for row in frame.readings().tolist()
        ]

    def notes(self) -> frames.Notes:
        """The notes of all frames that came, taken together."""
        self.readings()
        whole = frames.Notes()
        for frame in self.got:
            if frame.kind == frames.NOTES:
                notes = frame.notes()
                whole.strangers.extend(notes.strangers)
                whole.health.extend(notes.health)
                whole.batteries.update(notes.batteries)
        return whole

    def knock(
        self,
        body: bytes | Any = b"",
        key: str = "",
        path: str = READINGS,
        method: str = "POST",
        **headers: str,
    ) -> Answer:
        """One request; a body that is no bytes is sent as JSON."""
        return self.runner.run(self.asked(body, key, path, method, **headers))

    def knock_at_once(self, times: int, body: Any, key: str) -> list[Answer]:
        """The same request several times at the same moment."""

        async def all_of_them() -> list[Answer]:
            return await asyncio.gather(*(self.asked(body, key) for _ in range(times)))

        return self.runner.run(all_of_them())

    async def asked(self, body, key="", path=READINGS, method="POST", **headers) -> Answer:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        sent = {
            "content-type": "application/json",
            **{k.replace("_", "-"): v for k, v in headers.items()},
        }
        if key:
            sent["authorization"] = f"Token {key}"
        scope = {
            "type": "http",
            "method": method,
            "path": path,
            "headers": [(k.encode(), v.encode("latin-1")) for k, v in sent.items()],
        }
        parts = [raw[i : i + 65536] for i in range(0, len(raw), 65536)] or [b""]
        coming = iter(
            {"type": "http.request", "body": part, "more_body": n < len(parts) - 1}
            for n, part in enumerate(parts)
        )

        async def receive() -> dict[str, Any]:
            return next(coming, {"type": "http.disconnect"})

        said: list[dict[str, Any]] = []

        async def send(message: dict[str, Any]) -> None:
            said.append(message)

        await self.door(scope, receive, send)
        return Answer(said)

    def close(self) -> None:
        self.takes = True
        self.runner.run(self.door.stop())
        if self._server is not None:
            self._server.close()


@contextmanager
def doorway(path: Path, engine: bool = True, most_waiting: int = 1 << 20) -> Iterator[Doorway]:
    """A door that is closed at the end."""
    with asyncio.Runner() as runner:
        opened = Doorway(runner, path, most_waiting)
        try:
            if engine:
                opened.open_engine()
            yield opened
        finally:
            opened.close()
