"""The keeper of the embedded server: starts it, and stops it when nobody holds it any more.

Runs as its own small process (`python -I -S keeper.py LOCK LOG UID GID COMMAND ...`), so that the
server ends with its last user even when that one was killed. It knows only the standard library.
It waits for the exclusive lock on LOCK; every user holds a shared one, so getting it means that
all have left, and keeping it until the server is down makes newcomers wait for a clean start.
"""

import contextlib
import fcntl
import os
import signal
import subprocess
import sys
import threading
from typing import Any

PATIENCE_S = 60  # a fast shutdown writes what is in memory; after this the disk must be at fault


def main(lock: str, log: str, uid: str, gid: str, *command: str) -> None:
    """Start `command` and stay until it ends."""
    who: dict[str, Any] = {}
    if uid != "-":
        who = {"user": int(uid), "group": int(gid), "extra_groups": []}
    with open(log, "ab") as out:
        server = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            **who,
        )

    def stop_after_the_last() -> None:
        with open(lock) as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            with contextlib.suppress(ProcessLookupError):
                server.send_signal(signal.SIGINT)
            try:
                server.wait(PATIENCE_S)
            except subprocess.TimeoutExpired:
                server.send_signal(signal.SIGQUIT)
                server.wait()
            os._exit(0)

    signal.signal(signal.SIGTERM, lambda *_: server.send_signal(signal.SIGINT))
    threading.Thread(target=stop_after_the_last, daemon=True).start()
    os._exit(1 if server.wait() else 0)


if __name__ == "__main__":
    main(*sys.argv[1:])
