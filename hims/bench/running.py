"""The house's own programs, started for a bench, and what the system counts of them."""

import json
import os
import re
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError

from hims.bench.scratch import House
from hims.children import Child, stop_all

HOST = "127.0.0.1"
READY_S, STOP_S, WATCH_S = 60.0, 8.0, 0.5
TICKS_PER_S = os.sysconf("SC_CLK_TCK")


@dataclass
class Web:
    """A running web server: where it listens and the process that answers."""

    port: int
    worker: int

    @property
    def address(self) -> str:
        return f"http://{HOST}:{self.port}"


@contextmanager
def web(
    house: House,
    application: str = "hims.asgi:application",
    *,
    settings_module: str = "hims.settings",
    probe: str = "/health/live",
) -> Iterator[Web]:
    """The web server with one worker, as the demo starts it, until the block ends.

    `probe` is a path that answers, with whatever status, as soon as the server is up.
    """
    port = _free_port()
    command = [sys.executable, "-m", "granian", "--interface", "asgi", "--host", HOST, "--no-ws"]
    command += ["--port", str(port), "--workers", "1", "--workers-kill-timeout", "3"]
    command += ["--runtime-mode", "st"]
    command += ["--log-level", "warning", application]
    environment = house.environment | {"DJANGO_SETTINGS_MODULE": settings_module}
    with _running(Child("web", command, house.folder / "web.log", environment)) as child:
        _wait(child, lambda: _answers(f"http://{HOST}:{port}{probe}"))
        yield Web(port, _worker_of(child))


@contextmanager
def engine(house: House, at: Web) -> Iterator[int]:
    """The positioning engine until the block ends; yields its process id when it is at work."""
    command = [sys.executable, str(settings.BASE_DIR / "manage.py"), "engine"]
    child = Child("engine", command, house.folder / "engine.log", house.environment)
    with _running(child):
        _wait(child, lambda: _well(at, "engine"))
        yield child.running.pid


@contextmanager
def beside(house: House, module: str, *arguments: str) -> Iterator[subprocess.Popen]:
    """A client of the bench as a process of its own, with pipes; killed if it does not end."""
    process = subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=house.environment,
    )
    try:
        yield process
    finally:
        if process.stdin:
            process.stdin.close()
        try:
            process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()


def asked(house: House, at: Web, path: str, *, times: int, headers: dict[str, str], body="") -> Any:
    """Send one request `times` times over one connection from another process.

    Returns {"statuses": {status: count}, "seconds": [one per request]}. Raises CommandError
    unless every answer was a 2xx.
    """
    with beside(house, "hims.bench.caller") as caller:
        question = {"port": at.port, "path": path, "times": times, "headers": headers, "body": body}
        said, _ = caller.communicate(json.dumps(question))
    answer = json.loads(said or "{}")
    statuses = answer.get("statuses", {})
    if not statuses or any(not status.startswith("2") for status in statuses):
        raise CommandError(f"{path} answered {statuses or 'nothing'} instead of 200")
    return answer


@contextmanager
def listening(house: House, question: dict[str, Any]) -> Iterator[subprocess.Popen]:
    """Open event streams as `hims.bench.listener` understands the question; all are open inside."""
    with beside(house, "hims.bench.listener") as listener:
        listener.stdin.write(json.dumps(question) + "\n")
        listener.stdin.flush()
        if not listener.stdout.readline():
            raise CommandError("The event streams could not be opened.")
        yield listener


def reported(listener: subprocess.Popen) -> list[list[Any]]:
    """All that the event streams of `listening` have heard so far; see `hims.bench.listener`."""
    listener.stdin.write("\n")
    listener.stdin.flush()
    line = listener.stdout.readline()
    if not line:
        raise CommandError("The event streams ended before they were asked.")
    return json.loads(line)


def cpu_s(pid: int) -> float:
    """Seconds of processor time, of user and system, that a process has taken so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS_PER_S


def resident_mb(pid: int) -> float:
    """Megabytes of memory that a process holds."""
    return _resident(pid) / 1024


@dataclass
class Seen:
    """What processes, by name, held while they were watched."""

    resident_mb: dict[str, list[float]]


@contextmanager
def watching(**pids: int) -> Iterator[Seen]:
    """Look at these processes every WATCH_S until the block ends."""
    seen = Seen({name: [resident_mb(pid)] for name, pid in pids.items()})
    over = threading.Event()

    def look() -> None:
        while not over.wait(WATCH_S):
            for name, pid in pids.items():
                seen.resident_mb[name].append(resident_mb(pid))

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        yield seen
    finally:
        over.set()
        watcher.join()


def threads(pid: int) -> int:
    return len(os.listdir(f"/proc/{pid}/task"))


def connections(house: House) -> int:
    """Connections to the scratch database, this one not counted."""
    with house.connect() as bare:
        found = bare.execute(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        ).fetchone()
    return found[0]


@contextmanager
def _running(child: Child) -> Iterator[Child]:
    child.start()
    try:
        yield child
    finally:
        stop_all([child], STOP_S)


def _wait(child: Child, ready: Callable[[], bool]) -> None:
    end = time.monotonic() + READY_S
    while not ready():
        if child.has_stopped() or time.monotonic() > end:
            words = child.log.read_text(errors="replace").strip()[-800:]
            raise CommandError(f"The {child.name} did not start: {words}")
        time.sleep(0.1)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5):  # noqa: S310 -- our own server
            return True
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False


def _well(at: Web, part: str) -> bool:
    """Whether the readiness page says that `part` is at work."""
    try:
        with urllib.request.urlopen(f"{at.address}/health/ready", timeout=5) as answer:  # noqa: S310
            told = json.load(answer)
    except urllib.error.HTTPError as error:
        told = json.load(error)
    except OSError:
        return False
    return told["checks"][part]["well"]


def _worker_of(child: Child) -> int:
    """The process that serves: the server's child that holds the most memory."""
    first = child.running.pid
    below = Path(f"/proc/{first}/task/{first}/children").read_text().split()
    return max((int(pid) for pid in below), key=_resident, default=first)


def _resident(pid: int) -> int:
    found = re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())
    return int(found[1]) if found else 0


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return probe.getsockname()[1]
