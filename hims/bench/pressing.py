"""Clients of a bench that press buttons: each connection sends its share of the bodies, one after
the other, each with an idempotency key of its own.

One JSON line in: {"port", "path", "headers", "bodies": [text, …], "connections": n}. One out:
{"statuses": {status: count}, "seconds": [one per request], "refused": [first few other answers]}.
"""

import http.client
import json
import sys
import time
import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

TOLD = 3


def main() -> None:
    asked = json.loads(sys.stdin.read())
    shares = [asked["bodies"][n :: asked["connections"]] for n in range(asked["connections"])]
    with ThreadPoolExecutor(len(shares)) as pool:
        told = list(pool.map(lambda bodies: _pressed(asked, bodies), shares))
    answer: dict[str, Any] = {"statuses": Counter(), "seconds": [], "refused": []}
    for statuses, seconds, refused in told:
        answer["statuses"].update(statuses)
        answer["seconds"] += seconds
        answer["refused"] += refused
    answer["refused"] = answer["refused"][:TOLD]
    print(json.dumps(answer))


def _pressed(asked: dict, bodies: list[str]) -> tuple[Counter, list[float], list[str]]:
    line = http.client.HTTPConnection("127.0.0.1", asked["port"], timeout=60)
    statuses: Counter = Counter()
    seconds, refused = [], []
    for body in bodies:
        headers = asked["headers"] | {
            "Content-Type": "application/json",
            "Idempotency-Key": str(uuid.uuid4()),
        }
        begun = time.perf_counter()
        line.request("POST", asked["path"], body, headers)
        answer = line.getresponse()
        said = answer.read()
        seconds.append(time.perf_counter() - begun)
        statuses[str(answer.status)] += 1
        if answer.status >= 300 and len(refused) < TOLD:
            refused.append(said.decode(errors="replace")[:400])
    return statuses, seconds, refused


if __name__ == "__main__":
    main()
