"""The demonstration as a user meets it: it comes up, says so, mends itself, and leaves nothing."""

import json
import os
import queue
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from contextlib import contextmanager

import psutil
import pytest

from tests.programs import CHECKOUT, until

pytestmark = [pytest.mark.proof, pytest.mark.timeout(600)]

PROGRAMS = {"web", "engine", "worker", "clock", "mllp", "simulation", "visits"}
MOST_MEMORY = 1.5 * 2**30


class Demo:
    """One `manage.py demo` in a shell of its own, read line by line."""

    def __init__(self, var, *arguments):
        unset = {"HIMS_DB_ROLE", "HIMS_DB_DURABLE", "DJANGO_SETTINGS_MODULE", "HIMS_ENV"}
        environment = {key: text for key, text in os.environ.items() if key not in unset}
        self.var = var
        self.running = subprocess.Popen(
            [sys.executable, "manage.py", "demo", *map(str, arguments)],
            cwd=CHECKOUT,
            env=environment | {"HIMS_VAR": str(var)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self.lines: list[str] = []
        self._coming: queue.Queue[str | None] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.running.stdout:
            self._coming.put(line.rstrip("\n"))
        self._coming.put(None)

    def wait_for(self, pattern, seconds=180.0):
        """The first line that matches wholly, or fail with all that was said."""
        end = time.monotonic() + seconds
        while True:
            try:
                line = self._coming.get(timeout=max(0.0, end - time.monotonic()))
            except queue.Empty:
                line = None
            if line is None:
                raise AssertionError(f"no {pattern!r} in:\n" + "\n".join(self.lines))
            self.lines.append(line)
            if re.fullmatch(pattern, line):
                return line

    def code(self, seconds=60.0):
        """The exit code, when it has ended."""
        try:
            code = self.running.wait(seconds)
        except subprocess.TimeoutExpired:
            self.running.kill()
            raise AssertionError("it does not end, after\n" + self.text) from None
        while (line := self._coming.get(timeout=10)) is not None:
            self.lines.append(line)
        return code

    @property
    def text(self):
        return "\n".join(self.lines)


@contextmanager
def demo(var, *arguments):
    started = Demo(var, *arguments)
    try:
        yield started
    finally:
        if started.running.poll() is None:
            started.running.send_signal(signal.SIGTERM)
            started.running.wait(60)


def programs_of(var):
    """All processes that work on this data folder, by pid."""
    found = {}
    for process in psutil.process_iter():
        try:
            if process.environ().get("HIMS_VAR") == str(var):
                found[process.pid] = process
        except psutil.Error:
            continue
    return found


def memory_of(var):
    """Bytes that all of the demo holds, shared pages counted once (PSS), its database included."""
    trees = {process.pid: process for process in programs_of(var).values()}
    for process in psutil.process_iter(["cmdline"]):
        if any(str(var) in word for word in process.info["cmdline"] or []):
            trees[process.pid] = process
            trees |= {child.pid: child for child in process.children(recursive=True)}
    held = 0
    for process in trees.values():
        try:
            held += process.memory_full_info().pss
        except psutil.Error:
            continue
    return held


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def ready_on(port):
    return f"ready http://127\\.0\\.0\\.1:{port}/"


def ask(port, path="/health/ready"):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
        return answer.status, answer.read().decode()


@pytest.fixture(scope="module")
def var(tmp_path_factory):
    """A data folder whose hospital is loaded already: the first start is the slow one."""
    folder = tmp_path_factory.mktemp("demo") / "var"
    port = free_port()
    with demo(folder, "--port", port, "--for", 1) as first:
        first.wait_for(ready_on(port))
        assert first.code() == 0, first.text
    return folder


def test_it_comes_up_quickly_a_second_time_says_who_may_sign_in_and_ends_by_itself(
    var, record_property
):
    port = free_port()
    began = time.monotonic()
    with demo(var, "--port", port, "--for", 5) as shown:
        shown.wait_for(ready_on(port))
        took = time.monotonic() - began
        record_property("figure", f"second start {took:.1f} s, at most 10")
        for name in ("porter", "nurse", "charge-nurse", "pharmacist", "administrator"):
            assert re.search(rf"^  {name} ", shown.text, re.MULTILINE)
        assert "password" in shown.text
        status, told = ask(port)
        assert status == 200
        checks = json.loads(told)["checks"]
        assert {"database", "migrations", "worker", "clock", "queue", "engine"} <= set(checks)
        assert ask(port, "/")[0] == 200
        assert shown.code() == 0
        assert time.monotonic() - began >= took + 5
    assert took < 10
    assert not programs_of(var)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_everything_and_the_exit_code_is_0(var, number):
    port = free_port()
    with demo(var, "--port", port) as stopped:
        stopped.wait_for(ready_on(port))
        assert len(programs_of(var)) >= len(PROGRAMS)
        stopped.running.send_signal(number)
        assert stopped.code() == 0, stopped.text
    assert not programs_of(var)
    assert json.loads((var / "demo.lock").read_text()) == {}


def test_a_signal_while_it_starts_stops_it_too(var):
    with demo(var, "--port", free_port()) as early:
        early.wait_for("Starting web.*")
        early.running.send_signal(signal.SIGTERM)
        assert early.code() == 0, early.text
    assert not programs_of(var)


def test_a_second_demo_on_the_same_data_and_a_taken_port_are_refused_with_2(var, tmp_path):
    port = free_port()
    with demo(var, "--port", port) as first:
        first.wait_for(ready_on(port))
        for more in ([], ["--reset"]):
            second = Demo(var, "--port", free_port(), *more)
            assert second.code() == 2
            assert str(first.running.pid) in second.text
            assert str(port) in second.text
        elsewhere = Demo(tmp_path / "var", "--port", port)
        assert elsewhere.code() == 2
        assert str(port) in elsewhere.text
        assert ask(port)[0] == 200


def test_what_is_killed_is_started_again_and_everything_is_well_again(var):
    port = free_port()
    with demo(var, "--port", port) as mended:
        mended.wait_for(ready_on(port))
        words = {name: name for name in ("worker", "clock", "engine", "mllp")}
        words["web"] = "granian"
        for name, word in words.items():
            victims = [
                process
                for process in programs_of(var).values()
                if word in process.cmdline() and process.ppid() == mended.running.pid
            ]
            assert victims, name
            victims[0].kill()
            mended.wait_for(f"{name.capitalize()} ended by itself .*SIGKILL.*")

        def well():
            try:
                return ask(port)[0] == 200
            except OSError:
                return False

        until(well, seconds=60)
        mended.running.send_signal(signal.SIGTERM)
        assert mended.code() == 0
    assert not programs_of(var)


def test_when_the_demo_itself_is_killed_its_programs_end_and_the_next_one_takes_over(var):
    port = free_port()
    killed = Demo(var, "--port", port)
    killed.wait_for(ready_on(port))
    killed.running.kill()
    with demo(var, "--port", port) as following:
        following.wait_for(ready_on(port))
        following.running.send_signal(signal.SIGINT)
        assert following.code() == 0
    until(lambda: not programs_of(var))


def test_reset_begins_with_a_new_hospital(var):
    def state():
        return json.loads((var / "demonstration.json").read_text())["key"]

    before, port = state(), free_port()
    with demo(var, "--port", port, "--reset", "--no-simulation", "--for", 1) as fresh:
        fresh.wait_for(ready_on(port))
        assert fresh.code() == 0, fresh.text
    assert state() != before


@pytest.mark.parametrize("without", [[], ["--no-radio"], ["--no-simulation"]])
def test_the_whole_demo_holds_less_than_one_and_a_half_gigabyte(var, without, record_property):
    port = free_port()
    with demo(var, "--port", port, *without) as shown:
        shown.wait_for(ready_on(port))
        time.sleep(20)
        held = memory_of(var)
        assert "ended by itself" not in shown.text
        shown.running.send_signal(signal.SIGINT)
        assert shown.code() == 0
    record_property("figure", f"{held / 2**20:.0f} MB, at most 1536")
    assert held < MOST_MEMORY
