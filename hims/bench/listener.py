"""Many open event streams in one process: when each heard that a watched thing changed rooms.

The first line of stdin is the question as JSON; when all streams are open it says {"open": n}.
`watch` names ids of things. At the next line of stdin it says everything that it heard of them as
one line: [[stream, id, zone, seconds on the machine's monotonic clock], …], only where the zone
differs from the last one on that stream. It ends when stdin does.
"""

import asyncio
import json
import sys
import time
from functools import lru_cache
from typing import Any


class Ears:
    """What the streams have heard so far."""

    def __init__(self, watched: list[str]) -> None:
        self.watched = set(watched)
        self.heard: list[tuple[int, str, str, float]] = []
        self._zone: dict[tuple[int, str], str] = {}
        # The same line comes on every stream: it is read once.
        self._moves = lru_cache(64)(self._read)

    def _read(self, line: bytes) -> list[tuple[str, str]]:
        rows: list[dict[str, Any]] = json.loads(line[5:]).get("rows", [])
        return [(row["id"], row["zone"]) for row in rows if row.get("id") in self.watched]

    async def follow(self, reader: asyncio.StreamReader, stream: int) -> None:
        """Hear one stream until it ends."""
        while line := await reader.readline():
            if not line.startswith(b"data:"):
                continue
            at = time.monotonic()
            for thing, zone in self._moves(line):
                if zone and self._zone.get((stream, thing)) != zone:
                    self._zone[stream, thing] = zone
                    self.heard.append((stream, thing, zone, at))


async def main() -> None:
    """Open the streams, report when asked, and hold them until nobody asks any more."""
    loop = asyncio.get_running_loop()
    stdin = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(stdin), sys.stdin)
    question = json.loads(await stdin.readline())
    ears = Ears(question.get("watch", []))
    head = "GET /api/events/?kinds=position HTTP/1.1\r\n"
    head += "".join(f"{name}: {value}\r\n" for name, value in question["headers"].items())
    opened = []
    for number in range(question["streams"]):
        reader, writer = await asyncio.open_connection("127.0.0.1", question["port"], limit=1 << 24)
        writer.write(head.encode() + b"\r\n")
        await writer.drain()
        status = await reader.readline()
        if b" 200 " not in status:
            raise SystemExit(f"an event stream was answered {status.decode().strip()}")
        await reader.readuntil(b"retry:")
        opened.append((writer, loop.create_task(ears.follow(reader, number))))
    print(json.dumps({"open": len(opened)}), flush=True)
    while await stdin.readline():
        print(json.dumps(ears.heard), flush=True)
    for writer, following in opened:
        following.cancel()
        writer.close()


if __name__ == "__main__":
    asyncio.run(main())
