"""The listener itself, over sockets: whatever it is sent, it goes on; and what it says is true."""

import os
import signal
import socket
import threading
from contextlib import contextmanager
from pathlib import Path

import pytest

from hims.models import AuditEntry, Encounter, InboxMessage, Patient
from hims.verifiers.messages import messages
from hims.wire.hl7v2 import Frames, framed
from tests import given, programs
from tests.given_flow import a_department
from tests.hims.inbox.given_inbox import listed
from tests.hims.wire.messages import adt

pytestmark = pytest.mark.django_db(transaction=True)


class Line:
    """A connection to the listener."""

    def __init__(self, port: int):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=30)
        self._frames, self._found = Frames(), []

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def answer(self) -> str:
        """The next answer: its MSA, or empty when the other side closed."""
        while not self._found:
            try:
                data = self.socket.recv(65_536)
            except ConnectionResetError:
                data = b""
            if not data:
                return ""
            self._found += self._frames.feed(data)
        return next(one for one in self._found.pop(0).body.decode().split("\r") if "MSA" in one)

    def ask(self, body: bytes) -> str:
        self.send(framed(body))
        return self.answer()


@contextmanager
def listening(folder, *more: str):
    """`manage.py mllp` on a free port: the program and the port."""
    log = folder / "mllp.log"
    command = ["manage.py", "mllp", "--port", "0", *more]
    with programs.program(command, log) as running:
        programs.until(lambda: "listening" in log.read_text(), 60, log)
        yield running, int(log.read_text().split(":")[-1].split()[0])


def _children(running) -> list[int]:
    """Processes of the listener that live."""
    of = f"/proc/{running.pid}/task/{running.pid}/children"
    return [int(child) for child in Path(of).read_text().split()]


def test_a_listener_that_goes_on_whatever_comes(tmp_path):
    a_department(given.hospital())
    listed()
    with listening(tmp_path) as (running, port):
        line = Line(port)
        # Cut anywhere, two in one read, and noise before, between and after.
        stream = b"\r\n" + framed(adt("A28", control="1", visit="")) + framed(b"hello") + b"\r"
        stream += framed(adt("A28", control="2", number="2", visit="").replace(b"\r", b"\n"))
        for at in range(0, len(stream), 37):
            line.send(stream[at : at + 37])
        assert line.answer() == "MSA|AA|1|"
        assert line.answer().startswith("MSA|AR||")
        assert line.answer() == "MSA|AA|2|"
        line.send(b"\x0bMSH|^~\\&|half")  # begun anew: nothing is answered for the half
        assert line.ask(adt("A28", control="3", number="3", visit="")) == "MSA|AA|3|"
        assert "longer than" in line.ask(adt(more=("ZZZ|" + "x" * 1_100_000,)))
        line.send(b"GET / HTTP/1.1\r\n" * 9_000)
        assert line.answer() == ""  # this is not MLLP

        # The same ten times at once is one row, one effect and ten times the same answer.
        told: list[str] = []
        body = adt("A01", control="ten", place="W1^^1")
        many = [
            threading.Thread(target=lambda: told.append(Line(port).ask(body))) for _ in range(10)
        ]
        for each in many:
            each.start()
        for each in many:
            each.join()
        assert told == ["MSA|AA|ten|"] * 10
        assert Encounter.objects.count() == 1
        assert InboxMessage.objects.filter(control_id="ten").count() == 1
        assert Line(port).ask(adt(application="NOBODY")).startswith("MSA|AR|1|")

        # Its processes killed, others take their place, and whoever sends again is answered.
        held = Line(port)
        assert held.ask(body) == "MSA|AA|ten|"
        killed = _children(running)
        assert len(killed) == 2
        for child in killed:
            os.kill(child, signal.SIGKILL)
        assert held.answer() == ""
        programs.until(lambda: len(set(_children(running)) - set(killed)) == 2, 30)
        assert Line(port).ask(body) == "MSA|AA|ten|"

        # Told to stop, it answers what it works on, and is gone.
        last = Line(port)
        last.send(framed(adt("A28", control="last", number="9", visit="")))
        running.terminate()
        assert last.answer() in {"MSA|AA|last|", ""}
        assert running.wait(20) == 0
    kept = InboxMessage.objects.filter(status="applied").count()
    assert Patient.objects.filter(mrn__in=["4711", "2", "3", "9"]).count() + 1 == kept
    count, wrong = messages(None)
    assert (count, wrong) == (InboxMessage.objects.count(), None)
    assert AuditEntry.objects.filter(action="hl7.receive", door="feed").exists()
