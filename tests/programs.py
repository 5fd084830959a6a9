"""Real programs of the project on the test's own database: settings for them, and their lives."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from django.db import connection

CHECKOUT = Path(__file__).resolve().parent.parent


def environment(**more: str) -> dict[str, str]:
    """What a program needs to run as the application role on the database of the running test."""
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "tests.program_settings",
        "HIMS_TEST_DATABASE": connection.settings_dict["NAME"],
        "HIMS_DB_ROLE": "app",
        "PYTHONPATH": str(CHECKOUT),
        "PYTHONUNBUFFERED": "1",
        **more,
    }


@contextmanager
def program(
    command: list[str], log: Path, env: dict[str, str] | None = None
) -> Iterator[subprocess.Popen]:
    """Run `python COMMAND…` in a session of its own; what is left of it at the end is killed."""
    with log.open("ab") as words:
        running = subprocess.Popen(
            [sys.executable, *command],
            cwd=CHECKOUT,
            env=env or environment(),
            stdin=subprocess.DEVNULL,
            stdout=words,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield running
    finally:
        end(running)


def end(running: subprocess.Popen) -> None:
    """kill -9 of a program and all that it started."""
    with suppress(ProcessLookupError):
        os.killpg(running.pid, signal.SIGKILL)
    running.wait()


def until(condition: Callable[[], object], seconds: float = 30.0, log: Path | None = None) -> None:
    """Wait until `condition()` holds; say what the program said if it does not."""
    give_up = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > give_up:
            raise AssertionError("it did not happen" + (f":\n{log.read_text()}" if log else ""))
        time.sleep(0.05)
