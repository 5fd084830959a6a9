"""A ward of gateways in a process of its own: posts readings at a given rate, as gateways do.

The question is JSON on stdin: `port`, `key`, `seconds`; `resting`, one for each gateway that posts
once a second: its address, its tags and their mean strengths; `moving`, one for each moving tag:
its address, its id, and two places, each a zone with [gateway, dBm] pairs; `stay_s`, the seconds
after which a moving tag is at its other place and sends once, as a tag with a motion sensor does.

The answer on stdout: `sent`, `accepted` (readings, by the door's word), `behind_s` (how far behind
its own schedule it fell), `moves`: [id, zone, seconds on the monotonic clock just before the post
that causes the move].
"""

import http.client
import json
import math
import random
import sys
import threading
import time
from typing import Any

LINES = 3  # connections for the resting tags
NOISE_DB = 4.0


class Sender:
    """Posts from several threads and counts together."""

    def __init__(self, question: dict[str, Any]) -> None:
        self.question = question
        self.begun = time.monotonic() + 0.5
        self.sent = self.accepted = 0
        self.behind_s = 0.0
        self.moves: list[tuple[str, str, float]] = []
        self._lock = threading.Lock()

    def run(self) -> dict[str, Any]:
        """Post until the time is over."""
        resting = self.question["resting"]
        threads = [
            threading.Thread(target=self._rest, args=(resting[n::LINES],)) for n in range(LINES)
        ]
        threads.append(threading.Thread(target=self._move))
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        counts = {"sent": self.sent, "accepted": self.accepted, "behind_s": self.behind_s}
        return counts | {"moves": self.moves}

    def _rest(self, gateways: list[dict[str, Any]]) -> None:
        chance = random.Random(len(gateways))  # noqa: S311 -- noise of a radio
        line = self._line()
        for second in range(self.question["seconds"]):
            for number, gateway in enumerate(gateways):
                self._until(self.begun + second + number / len(gateways))
                rssi = [round(chance.gauss(mean, NOISE_DB)) for mean in gateway["dbm"]]
                columns = {"gateway": gateway["address"], "tag": gateway["tags"], "rssi": rssi}
                self._post(line, columns)

    def _move(self) -> None:
        line = self._line()
        moving, stay = self.question["moving"], self.question["stay_s"]
        for turn in range(math.ceil(self.question["seconds"] / stay)):
            for number, thing in enumerate(moving):
                due = (turn + number / len(moving)) * stay
                if due >= self.question["seconds"]:
                    return
                self._until(self.begun + due)
                zone, heard = thing["places"][turn % 2]
                columns = {
                    "gateway": [gateway for gateway, _ in heard],
                    "tag": [thing["tag"]] * len(heard),
                    "rssi": [dbm for _, dbm in heard],
                }
                if turn:
                    self.moves.append((thing["id"], zone, time.monotonic()))
                self._post(line, columns)

    def _until(self, moment: float) -> None:
        wait = moment - time.monotonic()
        if wait > 0:
            time.sleep(wait)
        else:
            self.behind_s = max(self.behind_s, -wait)

    def _line(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.question["port"], timeout=30)

    def _post(self, line: http.client.HTTPConnection, columns: dict[str, Any]) -> None:
        columns["at"] = round(time.time() * 1000)
        headers = {
            "Authorization": f"Token {self.question['key']}",
            "Content-Type": "application/json",
        }
        line.request("POST", "/api/readings/", json.dumps(columns), headers)
        answer = line.getresponse()
        said = answer.read()
        taken = json.loads(said)["accepted"] if answer.status == 202 else 0
        with self._lock:
            self.sent += len(columns["tag"])
            self.accepted += taken


if __name__ == "__main__":
    json.dump(Sender(json.load(sys.stdin)).run(), sys.stdout)
