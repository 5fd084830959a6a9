"""As many readings as a door takes: bodies posted over several connections for some seconds.

The question is JSON on stdin: `port`, `path`, `headers`, `bodies` (texts in which @ stands for the
time, so that no batch repeats), `connections`, `seconds`. The answer on stdout: `accepted`
(readings, by the door's word), `busy` (answers 503, after which it waits a moment), `seconds`.
"""

import http.client
import json
import sys
import threading
import time
from typing import Any

PAUSE_S = 0.02


def main() -> None:
    """Flood, then say how much was taken."""
    question = json.load(sys.stdin)
    counts = {"accepted": 0, "busy": 0}
    begun = time.monotonic()
    threads = [
        threading.Thread(target=_post, args=(question, number, begun, counts))
        for number in range(question["connections"])
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    json.dump(counts | {"seconds": time.monotonic() - begun}, sys.stdout)


def _post(question: dict[str, Any], number: int, begun: float, counts: dict[str, int]) -> None:
    bodies = [body.encode() for body in question["bodies"]]
    line = http.client.HTTPConnection("127.0.0.1", question["port"], timeout=30)
    accepted = busy = turn = 0
    while time.monotonic() - begun < question["seconds"]:
        turn += 1
        body = bodies[(turn + number) % len(bodies)].replace(b"@", b"%.6f" % time.time())
        line.request("POST", question["path"], body, question["headers"])
        answer = line.getresponse()
        said = answer.read()
        if answer.status == 202:
            accepted += json.loads(said)["accepted"]
        elif answer.status == 503:
            busy += 1
            time.sleep(PAUSE_S)
        else:
            raise SystemExit(f"{question['path']} answered {answer.status}")
    counts["accepted"] += accepted  # one thread at a time holds the interpreter here
    counts["busy"] += busy


if __name__ == "__main__":
    main()
