"""Programs that a command started: seen when they fall over, stopped to the last one."""

import os
import signal
import subprocess
import sys
import textwrap

import psutil
import pytest

from hims.children import STARTS, Child, stop_all
from tests.programs import CHECKOUT, until

STUBBORN = """
import signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
below = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
print("begun", below.pid, flush=True)
time.sleep(600)
"""


def child(tmp_path, code, name="stubborn"):
    log = tmp_path / "log" / f"{name}.log"
    return Child(name, [sys.executable, "-c", textwrap.dedent(code)], log, dict(os.environ))


def alive(pid):
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_a_program_that_ends_by_itself_is_said_with_its_code_and_its_log(tmp_path):
    one = child(tmp_path, "print('last words'); raise SystemExit(3)", "engine")
    one.start()
    one.running.wait(30)
    sentence = one.fell_over()
    assert sentence == f"engine ended by itself (exit code 3); its log is {one.log}"
    assert one.log.read_text() == "last words\n"
    assert one.fell_over() is None
    assert one.has_stopped()


def test_a_program_that_falls_over_again_and_again_is_given_up(tmp_path):
    one = child(tmp_path, "raise SystemExit(1)")
    for _ in range(STARTS):
        assert one.may_start_again()
        one.start()
        one.running.wait(30)
        assert one.fell_over()
    assert not one.may_start_again()


def test_what_will_not_stop_is_killed_with_all_that_it_started(tmp_path):
    one = child(tmp_path, STUBBORN)
    one.start()
    until(lambda: one.log.exists() and "begun" in one.log.read_text())
    pids = [one.running.pid, int(one.log.read_text().split()[1])]
    stop_all([one], patience_s=0.2)
    until(lambda: not any(map(alive, pids)))


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent died")
def test_when_the_parent_is_killed_the_child_is_told_to_stop(tmp_path):
    parent = f"""
    import os, sys, time
    from pathlib import Path
    from hims.children import Child
    one = Child("child", [sys.executable, "-c", "import time; time.sleep(600)"],
                Path({str(tmp_path)!r}) / "child.log", dict(os.environ))
    one.start()
    print(one.running.pid, flush=True)
    time.sleep(600)
    """
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(parent)], stdout=subprocess.PIPE, cwd=CHECKOUT
    ) as running:
        pid = int(running.stdout.readline())
        assert alive(pid)
        running.send_signal(signal.SIGKILL)
    until(lambda: not alive(pid))
