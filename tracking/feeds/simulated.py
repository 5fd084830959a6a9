"""The simulated hospital's wires: what its gateways and scanners post over HTTP."""

import http.client
import json
import random
import ssl
import time
from collections.abc import Callable
from datetime import UTC, datetime
from urllib.parse import urlsplit

import numpy as np

from hims.wire import own_codes
from tracking.domain.simulation import Heard, Simulation
from tracking.queries.simulated import Cast
from tracking.wire import minew_sent

LONGEST_WAIT_S = 30.0
TIMEOUT_S = 10.0
AWAY_FROM_HOME = 0.2


class Line:
    """One kept connection to the server; a refused or broken post is counted, not repeated.

    What gateways hear is worth nothing a minute later: when the server says 503, nothing is sent
    until its Retry-After has passed.
    """

    def __init__(self, url: str, key: str, tell: Callable[[str], None]) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"{url} is not an address like http://127.0.0.1:8000")
        self.host, self.port, self.secure = parts.hostname, parts.port, parts.scheme == "https"
        self.headers = {"Authorization": f"Token {key}", "Content-Type": "application/json"}
        self.tell = tell
        self.connection: http.client.HTTPConnection | None = None
        self.quiet_until = 0.0
        self.sent = self.lost = 0
        self.last_fault = ""

    def post(self, path: str, body: bytes) -> bool:
        """Whether the server took it."""
        if time.monotonic() < self.quiet_until:
            self.lost += 1
            return False
        try:
            answer = self._asked(path, body)
        except (OSError, http.client.HTTPException) as error:
            self._drop()
            return self._fault(f"no answer from the server: {error or type(error).__name__}", 1.0)
        if answer.status in (200, 201, 202):
            self.sent += 1
            self.last_fault = ""
            return True
        if answer.status in (429, 503):
            return self._fault("the server asks to wait", _seconds(answer))
        return self._fault(f"{path} was refused with {answer.status}", 1.0)

    def _asked(self, path: str, body: bytes) -> http.client.HTTPResponse:
        for fresh in (self.connection is None, True):
            self.connection = connection = self.connection or self._open()
            try:
                connection.request("POST", path, body, self.headers)
                answer = connection.getresponse()
                answer.read()
            except (OSError, http.client.HTTPException):
                # The server may close a kept connection at any time: one fresh try.
                self._drop()
                if fresh:
                    raise
            else:
                if answer.will_close:
                    self._drop()
                return answer
        raise AssertionError("unreachable")

    def _open(self) -> http.client.HTTPConnection:
        if self.secure:
            context = ssl.create_default_context()
            return http.client.HTTPSConnection(
                self.host, self.port, timeout=TIMEOUT_S, context=context
            )
        return http.client.HTTPConnection(self.host, self.port, timeout=TIMEOUT_S)

    def _drop(self) -> None:
        if self.connection is not None:
            self.connection.close()
            self.connection = None

    def _fault(self, text: str, wait_s: float) -> bool:
        self.lost += 1
        self.quiet_until = time.monotonic() + wait_s
        if text != self.last_fault:
            self.tell(text)
        self.last_fault = text
        return False

    def close(self) -> None:
        self._drop()


def _seconds(answer: http.client.HTTPResponse) -> float:
    try:
        return min(max(float(answer.headers.get("Retry-After", 1)), 0.2), LONGEST_WAIT_S)
    except ValueError:
        return 1.0


class Gateways:
    """The gateways of a simulation: each posts about once in `every_s`, one after another."""

    def __init__(self, simulation: Simulation, line: Line, seed: int) -> None:
        chance = np.random.default_rng(seed)
        self.simulation, self.line = simulation, line
        self.battery = chance.integers(20, 101, len(simulation.tags)).tolist()
        self.load = chance.uniform(0.02, 0.2, len(simulation.plan.gateways)).round(2).tolist()
        self.readings = 0

    def post(self, heard: Heard, every_s: float, stopped: Callable[[float], bool]) -> None:
        """Send what was heard in one step, spread over `every_s` seconds.

        stopped: waits so many seconds, and says whether to leave off.
        """
        gateways = self.simulation.plan.gateways
        order = np.argsort(heard.gateway, kind="stable")
        ends = np.searchsorted(heard.gateway[order], np.arange(len(gateways) + 1))
        began = time.monotonic()
        for n, gateway in enumerate(gateways):
            ahead = began + every_s * n / len(gateways) - time.monotonic()
            if ahead > 0.002 and stopped(ahead):
                return
            mine = order[ends[n] : ends[n + 1]]
            rows = [
                (self.simulation.tags[tag].address, rssi, self.battery[tag])
                for tag, rssi in zip(
                    heard.tag[mine].tolist(), heard.rssi[mine].tolist(), strict=True
                )
            ]
            body = minew_sent.post(gateway.address, rows, at=datetime.now(UTC), load=self.load[n])
            if self.line.post("/api/gateways/minew/", body):
                self.readings += len(rows)


class Porters:
    """People who scan equipment where it stands.

    Beside a simulation, tagged things are scanned where they are in it; all others at home or,
    now and then, somewhere else.
    """

    def __init__(self, cast: Cast, simulation: Simulation | None, line: Line, seed: int) -> None:
        self.cast, self.simulation, self.line = cast, simulation, line
        self.chance = random.Random(seed)  # noqa: S311 - simulated people, not secrets
        self.rooms = [room.code for room in cast.plan.rooms if room.kind not in ("lift", "stairs")]
        self.followed = [
            (n, cast.asset_of[tag.address])
            for n, tag in enumerate(cast.tags)
            if simulation and tag.address in cast.asset_of
        ]
        followed = {number for _, number in self.followed}
        self.others = [number for number in cast.home_of if number not in followed]
        self.scans = 0

    def scan(self) -> bool:
        """One thing is scanned; whether the server took it."""
        zone = ""
        if self.simulation and self.followed and (not self.others or self.chance.random() < 0.3):
            place, number = self.chance.choice(self.followed)
            zone = self.cast.plan.rooms[self.simulation.rooms()[place]].code
        elif self.others:
            number = self.chance.choice(self.others)
            zone = self.cast.home_of[number]
            if self.rooms and (not zone or self.chance.random() < AWAY_FROM_HOME):
                zone = self.chance.choice(self.rooms)
        else:
            return False
        body = {
            "code": own_codes.written("asset", number),
            "scanner": f"Scanner {self.chance.randint(1, 9)}",
            "at": datetime.now(UTC).isoformat(),
            "symbology": "qrcode",
        }
        if zone:
            body["zone"] = zone
        taken = self.line.post("/api/scans/", json.dumps(body).encode())
        self.scans += taken
        return taken
