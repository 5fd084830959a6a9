"""The same clock over a real Redis: woken at once, and nothing lost while Redis is away."""

import shutil
import signal
import socket
import subprocess
import time
from contextlib import contextmanager
from datetime import timedelta

import pytest
from celery import Celery
from django.db import transaction
from django.utils import timezone

from hims import jobs
from hims.models import Actor, Building, Timer
from tests import programs
from tests.hims.test_jobs import BEAT, WORKER

pytestmark = [
    pytest.mark.proof,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not shutil.which("redis-server"), reason="redis-server is not installed"),
]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def redis(port, folder):
    command = ["redis-server", "--bind", "127.0.0.1", "--port", str(port), "--save", ""]
    running = subprocess.Popen(
        [*command, "--dir", str(folder)], stdout=subprocess.DEVNULL, start_new_session=True
    )

    def answers():
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0

    try:
        programs.until(answers)
        yield running
    finally:
        running.send_signal(signal.SIGKILL)
        running.wait()


def test_over_redis_a_timer_is_woken_at_once_and_runs_also_while_redis_is_away(
    tmp_path, settings, monkeypatch
):
    Actor.objects.get_or_create(kind="clock", defaults={"username": "clock"})
    port = free_port()
    settings.CELERY_BROKER_URL = f"redis://127.0.0.1:{port}/0"
    app = Celery("proof", set_as_current=False)
    app.conf.update(jobs._configuration())
    monkeypatch.setattr(jobs, "app", app)
    monkeypatch.setattr(jobs, "_resting_until", 0.0)
    env = programs.environment(
        CELERY_BROKER_URL=settings.CELERY_BROKER_URL, CLOCKWORK=str(tmp_path)
    )
    log = tmp_path / "log"

    def due(subject, after=0.0):
        """Commit a due timer and wake a worker for it; how long that took."""
        began = time.monotonic()
        with transaction.atomic():
            at = timezone.now() + timedelta(seconds=after)
            Timer.objects.create(kind="test.open_building", due_at=at, subject=subject)
            jobs.wake("hims.tasks.run_due_timers")
        return time.monotonic() - began

    def opened(subject):
        return lambda: Building.objects.filter(code=subject).exists()

    with redis(port, tmp_path):
        with programs.program(WORKER, log, env):
            due("B1")  # there is no beat yet: only the message can have woken the worker
            programs.until(opened("B1"), log=log)
        with programs.program(WORKER, log, env), programs.program(BEAT, log, env):
            due("B2", after=1.5)  # the message comes too early: the clock comes by
            programs.until(opened("B2"), log=log)
    with programs.program(WORKER, log, env), programs.program(BEAT, log, env):
        assert due("B3") < 3  # Redis is away: the commit stands and nobody waits long
        assert due("B4") < 0.5
        programs.until(opened("B3"), seconds=60, log=log)  # the clock does the worker's part
        programs.until(opened("B4"), seconds=60, log=log)
        with redis(port, tmp_path):
            due("B5")
            programs.until(opened("B5"), seconds=60, log=log)
    begun = [line.split()[0] for line in (tmp_path / "begun").read_text().splitlines()]
    assert sorted(begun) == ["B1", "B2", "B3", "B4", "B5"]
