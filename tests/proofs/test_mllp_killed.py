"""A listener and a database that are killed in the middle of a thousand messages: what a sender was
told is there, once; and what it was not told it sends again, which does no harm."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from hims.children import Child
from hims.wire.hl7v2 import Frames, framed
from tests import programs
from tests.hims.wire.messages import adt

pytestmark = [pytest.mark.proof, pytest.mark.timeout(420)]

MESSAGES, SENDERS = 1_000, 4
EACH = 5  # each fifth person is admitted, the others are only told of
SET_UP = """
from django.utils import timezone
from hims.actions.departments import add_department
from hims.actions.inbox.interfaces import add_interface
from hims.actions.places import add_building, add_floor, add_zone
from hims.queries.actors import console
now, who = timezone.now(), console()
house = add_building(actor=who, now=now, code="B", name="House")
floor = add_floor(actor=who, now=now, building=house, code="0", name="Ground", level=0)
area = add_zone(actor=who, now=now, floor=floor, code="W1", name="Ward", kind="area")
add_department(actor=who, now=now, code="W1", name="Ward", kind="inpatient", area=area)
add_interface(actor=who, now=now, name="ADT", sending_application="ADT", mode="live")
"""
COUNTED = """
from django.db.models import Count
from hims.models import Encounter, InboxMessage, Milestone, Patient
rows = InboxMessage.objects.filter(status="applied")
print("rows", InboxMessage.objects.count(), "applied", rows.count())
print("patients", Patient.objects.count(), "visits", Encounter.objects.count())
print("arrivals", Milestone.objects.filter(kind="arrival").count())
print("told", *sorted(rows.values_list("control_id", flat=True)))
"""


class Sender(threading.Thread):
    """Sends its messages one after the other, each again until it is answered."""

    def __init__(self, port: int, numbers: range):
        super().__init__()
        self.port, self.numbers = port, numbers
        self.told: dict[str, str] = {}
        self.again = 0

    def run(self) -> None:
        line: socket.socket | None = None
        frames = Frames()
        for number in self.numbers:
            visit = "" if number % EACH else f"v{number}"
            said = {"control": f"c{number}", "number": f"n{number}", "visit": visit}
            body = adt("A01" if visit else "A28", **said)
            while f"c{number}" not in self.told:
                try:
                    if line is None:
                        line = socket.create_connection(("127.0.0.1", self.port), timeout=60)
                        frames = Frames()
                    line.sendall(framed(body))
                    self._hear(line, frames)
                except OSError:
                    self.again += 1
                    line = line and line.close()
                    time.sleep(0.2)

    def _hear(self, line: socket.socket, frames: Frames) -> None:
        found: list = []
        while not found:
            data = line.recv(65_536)
            if not data:
                raise ConnectionError
            found = frames.feed(data)
        for one in found:
            told = next(row for row in one.body.decode().split("\r") if row.startswith("MSA"))
            _msa, code, control, *_rest = told.split("|")
            self.told[control] = code


def manage(environment: dict, *words: str, said: str = "") -> str:
    done = subprocess.run(
        [sys.executable, "manage.py", *words],
        cwd=programs.CHECKOUT,
        env=environment,
        input=said,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_kill_9_of_listener_and_database_loses_and_doubles_nothing(tmp_path):
    var = tmp_path / "var"
    keep = ("PATH", "HOME", "LANG")
    environment = {name: os.environ[name] for name in keep if name in os.environ}
    environment |= {
        "HIMS_VAR": str(var),
        "DJANGO_SETTINGS_MODULE": "hims.settings",
        "PYTHONPATH": str(programs.CHECKOUT),
        "PYTHONUNBUFFERED": "1",
    }
    manage(environment | {"HIMS_DB_ROLE": "owner"}, "migrate", "--verbosity", "0")
    manage(environment, "shell", "--verbosity", "0", "-c", SET_UP)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    manage_py = str(programs.CHECKOUT / "manage.py")
    command = [sys.executable, manage_py, "mllp", "--port", str(port)]
    listener = Child("listener", command, tmp_path / "mllp.log", environment)
    listener.start()
    per = MESSAGES // SENDERS
    senders = [Sender(port, range(one * per, (one + 1) * per)) for one in range(SENDERS)]
    for sender in senders:
        sender.start()
    killed = 0
    for share, who in ((0.2, "listener"), (0.4, "database"), (0.6, "listener"), (0.8, "database")):
        until = time.monotonic() + 150
        while sum(len(one.told) for one in senders) < MESSAGES * share:
            assert time.monotonic() < until, listener.log.read_text()[-2000:]
            time.sleep(0.02)
        if who == "listener":
            listener.kill()
            listener.start()
        else:
            os.kill(postmaster(var), signal.SIGKILL)
        killed += 1
    for sender in senders:
        sender.join(180)
    listener.ask_to_stop()
    assert killed == 4
    assert not any(sender.is_alive() for sender in senders)
    told = {control: code for one in senders for control, code in one.told.items()}
    assert set(told.values()) == {"AA"}
    assert sum(sender.again for sender in senders) >= killed
    lines = manage(environment, "shell", "--verbosity", "0", "-c", COUNTED).splitlines()
    assert f"rows {MESSAGES} applied {MESSAGES}" in lines
    assert f"patients {MESSAGES} visits {MESSAGES // EACH}" in lines
    assert f"arrivals {MESSAGES // EACH}" in lines
    assert "messages" in manage(environment, "verify")
    listener.kill()
    print(f"{MESSAGES} messages, {killed} kills: lost 0, doubled 0")


def postmaster(var: Path) -> int:
    """The process id of the embedded server."""
    [lock] = var.rglob("postmaster.pid")
    return int(lock.read_text().split()[0])
