"""Many open event streams in one process: says when each heard that a watched thing moved.

The first line of stdin is the question as JSON; when all streams are open it says {"open": n}.
With `watch` (ids of things) it then says one line for each event on each stream that names one of
them: [stream, id, zone, seconds on the machine's monotonic clock]. It ends when stdin does.
"""

import asyncio
import json
import sys
import time


async def main() -> None:
    """Open the streams, report, and hold them until nobody asks any more."""
    loop = asyncio.get_running_loop()
    stdin = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(stdin), sys.stdin)
    question = json.loads(await stdin.readline())
    watched = [name.encode() for name in question.get("watch", [])]
    kinds = ",".join(question.get("kinds", ["position"]))
    head = f"GET /api/events/?kinds={kinds} HTTP/1.1\r\n"
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
        opened.append((writer, loop.create_task(_follow(reader, number, watched))))
    print(json.dumps({"open": len(opened)}), flush=True)
    while await stdin.read(1 << 16):
        pass
    for writer, following in opened:
        following.cancel()
        writer.close()


async def _follow(reader: asyncio.StreamReader, number: int, watched: list[bytes]) -> None:
    while line := await reader.readline():
        at = time.monotonic()
        if not line.startswith(b"data:") or not any(name in line for name in watched):
            continue
        for row in json.loads(line[5:])["rows"]:
            if row.get("id", "").encode() in watched:
                print(json.dumps([number, row["id"], row.get("zone"), at]), flush=True)


if __name__ == "__main__":
    asyncio.run(main())
