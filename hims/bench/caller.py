"""A client in a process of its own: one request again and again over one connection.

The question is JSON on stdin, the answer JSON on stdout; see `running.asked`.
"""

import http.client
import json
import sys
import time
from collections import Counter


def main() -> None:
    """Ask, and say how each was answered and how long it took (seconds)."""
    question = json.load(sys.stdin)
    line = http.client.HTTPConnection("127.0.0.1", question["port"], timeout=30)
    body = question["body"]
    method = "POST" if body else "GET"
    statuses: Counter[str] = Counter()
    seconds = []
    for _ in range(question["times"]):
        begun = time.perf_counter()
        line.request(method, question["path"], body or None, question["headers"])
        answer = line.getresponse()
        answer.read()
        seconds.append(time.perf_counter() - begun)
        statuses[str(answer.status)] += 1
    json.dump({"statuses": statuses, "seconds": seconds}, sys.stdout)


if __name__ == "__main__":
    main()
