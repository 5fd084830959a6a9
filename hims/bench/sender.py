"""A ward of gateways in a process of its own: posts readings at a given rate, as gateways do.

The question is JSON on stdin: `port`, `key`, `seconds`; `resting`, one for each gateway that posts
once a second: its address, its tags and their mean strengths; `moving`, one for each moving tag:
its address, its id, and two places, each a zone with [gateway, dBm] pairs; `stay_s`, the seconds
after which a moving tag is at its other place; `each_s`, how often it sends there (once a stay if
that is missing), as a tag with a motion sensor does.

The answer on stdout: `sent`, `accepted` (readings, by the door's word), `busy` (answers 503),
`behind_s` (how far behind its own schedule it fell), `moves`: [id, zone, the times just before each
post of that stay on the monotonic clock], the first stay of each tag left out.
"""

import json
import math
import random
import sys
import threading
import time
from typing import Any

from hims.bench.flood import TIME, Line, Post, columns

LINES = 3  # connections for the resting tags
NOISE_DB = 4.0
VARIANTS = 4
"""Different noises that a gateway's readings have, one after the other."""


class Sender:
    """Posts from several threads and counts together."""

    def __init__(self, question: dict[str, Any]) -> None:
        self.question = question
        self.sent = self.accepted = self.busy = 0
        self.behind_s = 0.0
        self.moves: list[tuple[str, str, list[float]]] = []
        self._head = (
            "POST /api/readings/ HTTP/1.1\r\nhost: 127.0.0.1\r\n"
            f"authorization: Token {question['key']}\r\ncontent-type: application/json\r\n"
        )
        self._lock = threading.Lock()

    def run(self) -> dict[str, Any]:
        """Post until the time is over."""
        chance = random.Random(1)  # noqa: S311 -- noise of a radio
        resting = [self._posts(gateway, chance) for gateway in self.question["resting"]]
        self.begun = time.monotonic() + 0.5
        threads = [
            threading.Thread(target=self._rest, args=(resting[n::LINES],)) for n in range(LINES)
        ]
        threads.append(threading.Thread(target=self._move))
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        counts = {"sent": self.sent, "accepted": self.accepted, "busy": self.busy}
        return counts | {"behind_s": self.behind_s, "moves": self.moves}

    def _posts(self, gateway: dict[str, Any], chance: random.Random) -> list[tuple[Post, int]]:
        """What a gateway sends, encoded beforehand, and how many readings that is."""
        posts = []
        for _ in range(min(VARIANTS, self.question["seconds"])):
            dbm = [round(chance.gauss(mean, NOISE_DB)) for mean in gateway["dbm"]]
            body = columns(gateway["address"], gateway["tags"], dbm)
            posts.append((Post(self._head, body), len(dbm)))
        return posts

    def _rest(self, gateways: list[list[tuple[Post, int]]]) -> None:
        line = Line(self.question["port"])
        for second in range(self.question["seconds"]):
            for number, posts in enumerate(gateways):
                self._until(self.begun + second + number / len(gateways))
                self._post(line, *posts[second % len(posts)])

    def _move(self) -> None:
        line = Line(self.question["port"])
        moving, stay = self.question["moving"], self.question["stay_s"]
        each = self.question.get("each_s", stay)
        stays: dict[tuple[str, int], list[float]] = {}
        for turn in range(math.ceil(self.question["seconds"] / each)):
            for number, thing in enumerate(moving):
                due = (turn + number / len(moving)) * each
                if due >= self.question["seconds"]:
                    return
                self._until(self.begun + due)
                of_stay = int(turn * each / stay)
                zone, heard = thing["places"][of_stay % 2]
                tags = [thing["tag"]] * len(heard)
                values = {"gateway": [gateway for gateway, _ in heard], "tag": tags}
                body = json.dumps(values | {"rssi": [dbm for _, dbm in heard]})
                post = Post(self._head, body[:-1] + f', "at": {TIME}}}')
                if of_stay:
                    times = stays.setdefault((thing["id"], of_stay), [])
                    if not times:
                        self.moves.append((thing["id"], zone, times))
                    times.append(time.monotonic())
                self._post(line, post, len(heard))

    def _until(self, moment: float) -> None:
        wait = moment - time.monotonic()
        if wait > 0:
            time.sleep(wait)
        else:
            self.behind_s = max(self.behind_s, -wait)

    def _post(self, line: Line, post: Post, readings: int) -> None:
        status, said = line.post(post.at(time.time()))
        taken = json.loads(said)["accepted"] if status == 202 else 0
        with self._lock:
            self.sent += readings
            self.accepted += taken
            self.busy += status == 503


if __name__ == "__main__":
    json.dump(Sender(json.load(sys.stdin)).run(), sys.stdout)
