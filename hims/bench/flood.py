"""As many readings as a door takes: bodies posted over several connections for some seconds.

The question is JSON on stdin: `port`, `path`, `headers`, `heard` (a MessagePack file: what each
gateway hears, as [gateway, tags, dBm]), `rows` (or else columns), `connections`, `seconds`, and
`rate` (readings a second in all, 0 for as many as are taken). Every body is one gateway's batch,
encoded beforehand; only its times are written into it before it goes, so that none repeats. The
answer on stdout: `accepted` (readings, by the door's word), `busy` (answers 503, after which it
waits a moment), `seconds`, `cpu_s` (its own processor time while posting).
"""

import json
import re
import socket
import sys
import threading
import time
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

PAUSE_S = 0.02
TIME = "@" * 17
"""Stands for the time of a reading: seconds with six decimals."""
_LENGTH = re.compile(rb"content-length: *(\d+)", re.I)


class Post:
    """One batch as it goes over the line, request line and headers included."""

    def __init__(self, head: str, body: str) -> None:
        text = f"{head}content-length: {len(body)}\r\n\r\n{body}".encode()
        self.whole = bytearray(text)
        self._bytes = np.frombuffer(self.whole, dtype=np.uint8)
        starts = [found.start() for found in re.finditer(TIME.encode(), text)]
        self._times = np.array(starts)[:, None] + np.arange(len(TIME))

    def at(self, seconds: float) -> bytearray:
        """The post with every reading made at that moment."""
        self._bytes[self._times] = np.frombuffer(b"%.6f" % seconds, dtype=np.uint8)
        return self.whole


class Line:
    """A kept-alive connection that knows just enough of HTTP."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=30)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def post(self, whole: bytes | bytearray) -> tuple[int, bytes]:
        """Send one request; its answer's status and body."""
        self.socket.sendall(whole)
        head, end, body = self.socket.recv(1 << 16).partition(b"\r\n\r\n")
        while not end:
            head, end, body = (head + self._more()).partition(b"\r\n\r\n")
        length = int(_LENGTH.search(head)[1])  # type: ignore[index]  # our own server says it
        while len(body) < length:
            body += self._more()
        return int(head[9:12]), body

    def _more(self) -> bytes:
        part = self.socket.recv(1 << 16)
        if not part:
            raise SystemExit("the server hung up")
        return part


def columns(gateway: str, tags: list[str], dbm: list[int]) -> str:
    """The batch as one object of columns, as a busy gateway sends it: each reading has its time."""
    values: dict[str, Any] = {"gateway": gateway, "tag": tags, "rssi": dbm}
    times = ",".join([TIME] * len(tags))
    return json.dumps(values)[:-1] + f', "at": [{times}]}}'


def rows(gateway: str, tags: list[str], dbm: list[int]) -> str:
    """The batch as one object for each reading."""
    each = ",".join(
        f'{{"tag": "{tag}", "gateway": "{gateway}", "rssi": {level}, "at": {TIME}}}'
        for tag, level in zip(tags, dbm, strict=True)
    )
    return f'{{"readings": [{each}]}}'


class Flood:
    """Posts from several threads; gateways take turns."""

    def __init__(self, question: dict[str, Any]) -> None:
        self.question = question
        host = {"host": "127.0.0.1", "content-type": "application/json"}
        head = f"POST {question['path']} HTTP/1.1\r\n" + "".join(
            f"{name}: {value}\r\n" for name, value in (host | question["headers"]).items()
        )
        shape = rows if question["rows"] else columns
        heard = msgspec.msgpack.decode(Path(question["heard"]).read_bytes())
        self.posts = [Post(head, shape(*one)) for one in heard]
        self.in_post = len(heard[0][1])
        self.counts = {"accepted": 0, "busy": 0}

    def run(self) -> dict[str, float]:
        """Post until the time is over."""
        many = self.question["connections"]
        spent, self.begun = time.process_time(), time.monotonic()
        threads = [
            threading.Thread(target=self._post, args=(self.posts[n::many],)) for n in range(many)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        seconds = time.monotonic() - self.begun
        return self.counts | {"seconds": seconds, "cpu_s": time.process_time() - spent}

    def _post(self, posts: list[Post]) -> None:
        line = Line(self.question["port"])
        each_s = 0.0
        if self.question["rate"]:
            each_s = self.in_post * self.question["connections"] / self.question["rate"]
        accepted = busy = turn = 0
        while (passed := time.monotonic() - self.begun) < self.question["seconds"]:
            if (wait := turn * each_s - passed) > 0:
                time.sleep(wait)
            status, said = line.post(posts[turn % len(posts)].at(time.time()))
            turn += 1
            if status == 202:
                accepted += msgspec.json.decode(said)["accepted"]
            elif status == 503:
                busy += 1
                time.sleep(PAUSE_S)
            else:
                raise SystemExit(f"{self.question['path']} answered {status}: {said[:200]!r}")
        self.counts["accepted"] += accepted  # one thread at a time holds the interpreter here
        self.counts["busy"] += busy


if __name__ == "__main__":
    json.dump(Flood(json.load(sys.stdin)).run(), sys.stdout)
