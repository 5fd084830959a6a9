"""Programs that one command starts, watches, starts again when they fall over, and stops."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

PR_SET_PDEATHSIG = 1  # linux/prctl.h
LOG_BYTES = 5 << 20  # a larger log is begun anew
STARTS = 5
STEADY_S = 60.0  # who has run for so long may fall over as often again


def _die_with_parent() -> Callable[[], None] | None:
    """What the child runs before its program: be told to stop when its parent is gone (Linux)."""
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    parent = os.getpid()

    def ask() -> None:
        prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:  # it died before we could ask
            os._exit(1)

    return ask


class Child:
    """One program in a session of its own, its words in a log file."""

    def __init__(self, name: str, command: list[str], log: Path, environment: dict[str, str]):
        self.name, self.command, self.log, self.environment = name, command, log, environment
        self.running: subprocess.Popen[bytes] | None = None
        self.starts = 0
        self.started_at = 0.0

    def start(self) -> None:
        self.starts += 1
        self.started_at = time.monotonic()
        self.log.parent.mkdir(parents=True, exist_ok=True)
        large = self.log.exists() and self.log.stat().st_size > LOG_BYTES
        with self.log.open("wb" if large else "ab") as log:
            self.running = subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=self.environment,
                start_new_session=True,
                preexec_fn=_die_with_parent(),
            )

    def fell_over(self) -> str | None:
        """A sentence if the program has ended by itself, else None."""
        if self.running is None:
            return None
        code = self.running.poll()
        if code is None:
            return None
        self._signal(signal.SIGKILL)  # what it had started itself would be in the way
        self.running = None
        how = f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
        return f"{self.name} ended by itself ({how}); its log is {self.log}"

    def may_start_again(self) -> bool:
        if time.monotonic() - self.started_at > STEADY_S:
            self.starts = 0
        return self.starts < STARTS

    def ask_to_stop(self) -> None:
        self._signal(signal.SIGTERM)

    def has_stopped(self) -> bool:
        return self.running is None or self.running.poll() is not None

    def kill(self) -> None:
        """End whatever is left of the program and of what it started."""
        self._signal(signal.SIGKILL)
        if self.running is not None:
            self.running.wait()
            self.running = None

    def _signal(self, number: signal.Signals) -> None:
        if self.running is not None:
            try:
                os.killpg(self.running.pid, number)
            except ProcessLookupError:
                return


def stop_all(children: list[Child], patience_s: float) -> None:
    """Ask all children to stop, wait, and kill what does not."""
    for child in children:
        child.ask_to_stop()
    end = time.monotonic() + patience_s
    while time.monotonic() < end and not all(child.has_stopped() for child in children):
        time.sleep(0.05)
    for child in children:
        child.kill()
