"""A recorded file of readings, posted again through the door that live traffic uses."""

import csv
import gzip
import http.client
import json
import ssl
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO
from urllib.parse import urlsplit

from tracking.wire.readings import seconds

WINDOW_S = 0.25
"""Readings of so long a stretch, as it is played, go into one post."""
MOST_IN_POST = 1_000
TIMEOUT_S = 30.0
PATIENCE_S = 60.0
"""How long a server may say 503 or be away before the replay gives up."""


class Unplayable(ValueError):
    """The file cannot be replayed; the text says why and where."""


@dataclass
class Recorded:
    """One reading, or one post of a vendor's gateway (`post`), made at `at` seconds since 1970."""

    at: float
    reading: dict[str, Any] | None = None
    post: list[Any] | None = None


@dataclass
class Tally:
    """What came of a replay. `refused` counts rows by reason."""

    rows: int = 0
    posts: int = 0
    accepted: int = 0
    refused: Counter[str] = field(default_factory=Counter)


def recorded(path: Path) -> Iterator[Recorded]:
    """The file's readings in its order: CSV at,tag,gateway,rssi, or JSON lines (one reading, a
    body {"readings": […]}, or a Minew array each); `.gz` is unpacked. Raises Unplayable."""
    with _opened(path) as file:
        first = file.read(1)
        file.seek(0)
        try:
            yield from (_lines if first in ("{", "[") else _table)(file)
        except (UnicodeDecodeError, EOFError, gzip.BadGzipFile, csv.Error) as error:
            raise Unplayable(f"{path.name} cannot be read: {error}") from None


def from_spool(rows: Iterable[tuple[float, str, str, float]]) -> Iterator[Recorded]:
    """Rows (at, tag, gateway, rssi) of the spool as a recording."""
    for at, tag, gateway, rssi in rows:
        yield Recorded(at, {"tag": tag, "gateway": gateway, "rssi": rssi})


def _opened(path: Path) -> TextIO:
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8", newline="")
    return path.open(encoding="utf-8-sig", newline="")


def _table(file: TextIO) -> Iterator[Recorded]:
    rows = csv.DictReader(file)
    missing = {"at", "tag", "gateway", "rssi"} - set(rows.fieldnames or [])
    if missing:
        raise Unplayable(f"the header lacks {', '.join(sorted(missing))}")
    for row in rows:
        reading = {"tag": row["tag"], "gateway": row["gateway"], "rssi": _number(row["rssi"])}
        yield Recorded(_moment(row["at"], rows.line_num), reading)


def _lines(file: TextIO) -> Iterator[Recorded]:
    for number, line in enumerate(file, 1):
        if not line.strip():
            continue
        try:
            value = json.loads(line)
        except ValueError as error:
            raise Unplayable(f"line {number} is not JSON: {error}") from None
        if isinstance(value, list):
            times = [row.get("timestamp") for row in value if isinstance(row, dict)]
            yield Recorded(_moment(next(filter(None, times), None), number), post=value)
            continue
        for row in value.get("readings", [value]):
            if not isinstance(row, dict):
                raise Unplayable(f"line {number} does not hold readings")
            reading = {name: row[name] for name in ("tag", "gateway", "rssi") if name in row}
            yield Recorded(_moment(row.get("at"), number), reading)


def _number(text: str) -> float | str:
    try:
        return float(text)
    except (TypeError, ValueError):
        return text  # the door names what is wrong with it


def _moment(value: object, line: int) -> float:
    try:
        at = seconds(value, naive_is_utc=True)
    except ValueError as error:
        raise Unplayable(f"line {line}: {error}") from None
    if at != at:
        raise Unplayable(f"line {line} has no time")
    return at


class Replay:
    """Plays a recording at `speed` times its own (None: as fast as the server takes it)."""

    def __init__(self, url: str, key: str, speed: float | None, tell: Callable[[Tally], None]):
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise Unplayable(f"{url} is not an address like http://127.0.0.1:8000")
        self.host, self.port, self.secure = parts.hostname, parts.port, parts.scheme == "https"
        self.headers = {"Authorization": f"Token {key}", "Content-Type": "application/json"}
        self.speed, self.tell = speed, tell
        self.tally = Tally()
        self._line: http.client.HTTPConnection | None = None

    def play(self, readings: Iterator[Recorded]) -> Tally:
        """Post everything, its times shifted to now. Raises Unplayable when the server refuses
        altogether or stays away."""
        begun = time.time()
        first: float | None = None
        batch: list[dict[str, Any]] = []
        until = 0.0
        for one in readings:
            first = one.at if first is None else first
            at = begun + (one.at - first) / self.speed if self.speed else time.time()
            if batch and (at > until or len(batch) >= MOST_IN_POST):
                self._post_readings(batch)
                batch = []
            if self.speed and not batch:
                self._wait(at)
                until = at + WINDOW_S
            elif not batch:
                until = at + 1e9
            if one.post is not None:
                self._post_vendor(one.post, at - one.at)
            elif one.reading is not None:
                batch.append({**one.reading, "at": round(at, 3)})
        if batch:
            self._post_readings(batch)
        self.close()
        return self.tally

    def _wait(self, at: float) -> None:
        # What is posted together was heard by the end of its window: none comes from the future.
        pause = at + WINDOW_S - time.time()
        if pause > 0:
            time.sleep(pause)

    def _post_readings(self, batch: list[dict[str, Any]]) -> None:
        self.tally.rows += len(batch)
        self._post("/api/readings/", {"readings": batch})

    def _post_vendor(self, rows: list[Any], shift: float) -> None:
        moved = []
        for row in rows:
            if isinstance(row, dict) and row.get("timestamp"):
                try:
                    at = seconds(row["timestamp"], naive_is_utc=True) + shift
                except ValueError:
                    at = None
                row = {**row, "timestamp": round(at * 1000)} if at is not None else row
            moved.append(row)
        self.tally.rows += sum(
            not (isinstance(row, dict) and row.get("type") == "Gateway") for row in moved
        )
        self._post("/api/gateways/minew/", moved)

    def _post(self, path: str, value: Any) -> None:
        body = json.dumps(value).encode()
        give_up = time.monotonic() + PATIENCE_S
        while True:
            try:
                status, answer, wait = self._asked(path, body)
            except (OSError, http.client.HTTPException) as error:
                self.close()
                status, answer, wait = 503, {"detail": f"no answer: {error}"}, 1.0
            if status == 202:
                break
            if status not in (429, 503) or time.monotonic() > give_up:
                raise Unplayable(f"the server answers {status}: {answer.get('detail', '')}")
            time.sleep(wait)
        self.tally.posts += 1
        self.tally.accepted += answer["accepted"]
        for row in answer["rejected"]:
            self.tally.refused[row["reason"]] += 1
        self.tell(self.tally)

    def _asked(self, path: str, body: bytes) -> tuple[int, dict[str, Any], float]:
        if self._line is None:
            self._line = (
                http.client.HTTPSConnection(
                    self.host, self.port, timeout=TIMEOUT_S, context=ssl.create_default_context()
                )
                if self.secure
                else http.client.HTTPConnection(self.host, self.port, timeout=TIMEOUT_S)
            )
        self._line.request("POST", path, body, self.headers)
        answer = self._line.getresponse()
        text = answer.read()
        if answer.will_close:
            self.close()
        try:
            value = json.loads(text)
        except ValueError:
            value = {}
        wait = answer.headers.get("Retry-After", "1")
        return answer.status, value, min(float(wait) if wait.isdigit() else 1.0, 10.0)

    def close(self) -> None:
        if self._line is not None:
            self._line.close()
            self._line = None
