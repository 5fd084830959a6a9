"""A readings door that only listens, for recordings that are played to it."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest


class Door(ThreadingHTTPServer):
    """Answers as the readings door does and keeps what it is sent."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.got: list[tuple[str, list]] = []
        self.refuse: list[tuple[int, dict]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Door

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        rows = body if isinstance(body, list) else body["readings"]
        status, answer = 202, {
            "accepted": sum(isinstance(row.get("rssi"), float | int) for row in rows),
            "rejected": [
                {"index": n, "reason": "rssi is not a number"}
                for n, row in enumerate(rows)
                if isinstance(row.get("rssi"), str)
            ],
        }  # fmt: skip
        if self.server.refuse:
            status, answer = self.server.refuse.pop(0)
        else:
            self.server.got.append((self.path, rows))
        text = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.send_header("Retry-After", "0")
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def door() -> Iterator[Door]:
    """What recordings are played to; files that knock at the real door have one of their own."""
    with Door() as door:
        threading.Thread(target=door.serve_forever, args=(0.01,), daemon=True).start()
        yield door
        door.shutdown()
