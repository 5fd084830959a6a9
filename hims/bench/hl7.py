"""Small HL7 messages over MLLP, kept, applied and committed before each answer, by our listener;
beside the same messages parsed by python-hl7 and inserted, each committed, by bare psycopg.
"""

import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import psycopg
from django.conf import settings
from django.core.management.base import CommandError
from django.utils import timezone

from hims.actions.departments import add_department
from hims.actions.inbox.interfaces import add_interface
from hims.bench import hospital, running
from hims.bench.figures import Figure, quantile
from hims.bench.scratch import House, Say
from hims.models import Interface, Zone
from hims.queries.actors import console
from hims.wire.hl7v2 import Frames, framed, parsed

CLIENTS = 8
MOST = 900  # a department gives 999 tickets
BARE = "parsed by python-hl7, bare INSERT, commit; as many connections"
TABLE = "CREATE TABLE bare_message (id bigserial PRIMARY KEY, control text UNIQUE, raw bytea)"


def measure(house: House, say: Say, *, messages: int = 3_000) -> list[Figure]:
    """Messages a second of persons (A31, nothing changed and changed) and of visits (A04 new, A08
    of each), and the 95th percentile of the time to an answer."""
    _prepare()
    bare = _bare_rate(house, say, _persons(messages, "bare", "0"))
    figures: list[Figure] = []
    with listener(house) as (port, pid):
        _sent(port, _persons(messages, "new", "0"))  # they are known from now on
        parts = {
            "update": _persons(messages, "same", "0"),
            "change": _persons(messages, "other", "1"),
            "register": _visits(min(messages // 2, MOST), "A04"),
            "visit_update": _visits(min(messages // 2, MOST), "A08"),
        }
        for name, bodies in parts.items():
            say(f"{len(bodies)} messages, {name.replace('_', ' ')}")
            before = _cpu_s(pid)
            rate, seconds = _sent(port, bodies)
            spent_ms = (_cpu_s(pid) - before) * 1000 / len(bodies)
            figures.append(Figure(f"hl7_{name}_per_s", rate, "messages/s", BARE, bare))
            p95, half = quantile(seconds, 0.95) * 1000, quantile(seconds, 0.5) * 1000
            figures.append(Figure(f"hl7_{name}_p95_ms", p95, "ms", "its median", half))
            cost = "the listener's processor time of an update"
            first = figures[2].value if len(figures) > 2 else spent_ms
            figures.append(Figure(f"hl7_{name}_cpu_ms", spent_ms, "ms", cost, first))
    return figures


def _persons(count: int, control: str, given: str) -> list[bytes]:
    """Messages about `count` persons, each of five segments at most."""
    return [_message("A31", f"{control}-{n}", n, _pid(n, given)) for n in range(count)]


def _visits(count: int, trigger: str) -> list[bytes]:
    return [
        _message(
            trigger,
            f"{trigger}-{n}",
            n,
            _pid(n, "1"),
            "PV1|1|E|ED||||||||||||||||" + f"V{n}^^^BENCH^VN",
        )
        for n in range(count)
    ]


def _pid(number: int, given: str) -> str:
    return f"PID|1||B{number}^^^BENCH^MR||Family{number}^Given{given}||19700405|F"


def _message(trigger: str, control: str, number: int, *segments: str) -> bytes:
    at = f"202603020{number % 9 + 1}{number % 60:02}00+0000"
    head = f"MSH|^~\\&|BENCH|NORTH|HIMS|HOUSE|{at}||ADT^{trigger}|{control}|P|2.5"
    return "\r".join([head, f"EVN|{trigger}|{at}", *segments, ""]).encode()


def _bare_rate(house: House, say: Say, bodies: Sequence[bytes]) -> float:
    """Messages a second of the reference, in threads of this process."""
    say("the same by bare psycopg")
    house.as_owner(f"{TABLE}; GRANT ALL ON bare_message, bare_message_id_seq TO PUBLIC")

    def keep(part: Sequence[bytes]) -> None:
        with house.connect(autocommit=True) as plain:
            for body in part:
                message = parsed(body.decode())
                with plain.transaction():
                    _insert(plain, message.control_id, body)

    parts = [bodies[first::CLIENTS] for first in range(CLIENTS)]
    begun = time.perf_counter()
    with ThreadPoolExecutor(CLIENTS) as pool:
        list(pool.map(keep, parts))
    return len(bodies) / (time.perf_counter() - begun)


def _insert(plain: psycopg.Connection, control: str, body: bytes) -> None:
    plain.execute("INSERT INTO bare_message (control, raw) VALUES (%s, %s)", [control, body])


def _prepare() -> None:
    """A department that takes patients, and the sender, listed."""
    now = timezone.now()
    hospital.places()
    area = Zone.objects.filter(kind=Zone.Kind.AREA).order_by("pk")[0]
    add_department(
        actor=console(), now=now, code="ED", name="Emergency", kind="emergency", area=area
    )
    add_interface(
        actor=console(),
        now=now,
        name="Bench",
        sending_application="BENCH",
        mode=Interface.Mode.LIVE,
    )


@contextmanager
def listener(house: House) -> Iterator[tuple[int, int]]:
    """A listener on a free port, as `manage.py mllp` starts it: its port and process id."""
    command = [sys.executable, str(settings.BASE_DIR / "manage.py"), "mllp", "--port", "0"]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env=house.environment, cwd=house.folder
    )
    try:
        found = re.search(r":(\d+)$", (process.stdout.readline() if process.stdout else "").strip())
        if found is None:
            raise CommandError("The listener did not start.")
        yield int(found[1]), process.pid
    finally:
        process.terminate()
        try:
            process.wait(running.STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _cpu_s(pid: int) -> float:
    """Seconds of processor time that a listener and its processes have taken so far."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return running.cpu_s(pid) + sum(running.cpu_s(int(child)) for child in children)


def _sent(port: int, bodies: Sequence[bytes]) -> tuple[float, list[float]]:
    """Messages a second over all connections, and the seconds that each took to be answered.
    Raises CommandError unless all are accepted."""
    parts = [bodies[first::CLIENTS] for first in range(CLIENTS)]
    begun = time.perf_counter()
    with ThreadPoolExecutor(CLIENTS) as pool:
        told = list(pool.map(lambda part: _spoken(port, part), parts))
    return len(bodies) / (time.perf_counter() - begun), [each for one in told for each in one]


def _spoken(port: int, bodies: Sequence[bytes]) -> list[float]:
    seconds = []
    with socket.create_connection((running.HOST, port), timeout=60) as line:
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for body in bodies:
            begun = time.perf_counter()
            line.sendall(framed(body))
            answer = _answer(line)
            seconds.append(time.perf_counter() - begun)
            if b"MSA|AA|" not in answer:
                raise CommandError(f"A message was not accepted: {answer.decode()[-300:]}")
    return seconds


def _answer(line: socket.socket) -> bytes:
    frames = Frames()
    while True:
        data = line.recv(65_536)
        if not data:
            raise CommandError("The listener closed the connection.")
        if found := frames.feed(data):
            return found[0].body
