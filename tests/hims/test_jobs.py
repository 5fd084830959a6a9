"""Timers run once, on time, whatever fails or is killed; waking a worker never fails."""

import logging
import signal
import threading
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connections, transaction
from django.utils import timezone

from hims import broker, jobs
from hims.action import OutsideGate, action
from hims.actions import timers
from hims.actions.tidying import tidy
from hims.actions.timers import cancel_timer, run_due, run_timer, set_timer
from hims.errors import NotFound
from hims.gate import current
from hims.models import Actor, AuditEntry, Building, ClockBeat, IdempotentAnswer, Timer
from tests import programs

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@pytest.fixture
def clock(db):
    return Actor.objects.get_or_create(kind="clock", defaults={"username": "clock"})[0]


@pytest.fixture
def kinds(monkeypatch):
    known = {}
    monkeypatch.setattr(jobs, "_timer_functions", known)
    return known


@pytest.fixture
def console(db):
    return Actor.objects.get_or_create(kind="console", defaults={"username": "console"})[0]


@pytest.fixture
def story(console, monkeypatch):
    """Call a step as an action of the console would."""
    monkeypatch.setattr("hims.action.ACTIONS", {})

    @action("test.story")
    def tell(*, actor, now, step, asked):
        return step(**asked)

    return lambda step, **asked: tell(actor=console, now=NOON, step=step, asked=asked)


def due(kind="test.note", at=NOON, **more):
    return Timer.objects.create(kind=kind, due_at=at, **more)


def test_a_due_timer_runs_once_as_the_clock_inside_the_gate_and_leaves_a_trail(clock, kinds):
    seen = []
    kinds["test.note"] = lambda timer, now: seen.append((timer.subject, now, current().actor))
    timer = due(subject="bed:1")
    assert run_due(NOON) == (1, 0)
    assert run_due(NOON) == (0, 0)
    assert seen == [("bed:1", NOON, clock)]
    timer.refresh_from_db()
    assert timer.done_at == NOON
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.actor) == ("timer.run", clock)
    assert entry.objects_named == [f"timer:{timer.uid}"]


def test_a_timer_does_not_run_before_it_is_due(clock, kinds):
    kinds["test.note"] = lambda timer, now: pytest.fail("too early")
    timer = due(at=NOON + timedelta(seconds=1))
    assert run_due(NOON) == (0, 0)
    with pytest.raises(NotFound):
        run_timer(actor=clock, now=NOON, timer=timer.pk)
    assert not AuditEntry.objects.exists()


def test_a_failing_timer_leaves_no_half_work_is_written_down_and_comes_again_later(clock, kinds):
    def half(timer, now):
        Building.objects.create(code="half", name="half")
        raise ValueError("the lift is stuck")

    kinds["test.note"] = half
    timer = due()
    assert run_due(NOON) == (0, 1)
    timer.refresh_from_db()
    assert timer.done_at is None
    assert timer.attempts == 1
    assert timer.last_error == "ValueError: the lift is stuck"
    assert timer.due_at == NOON + timers.back_off(1)
    assert not Building.objects.exists()
    kinds["test.note"] = lambda timer, now: None
    assert run_due(NOON) == (0, 0)
    assert run_due(timer.due_at) == (1, 0)


def test_waiting_grows_with_each_failure_up_to_ten_minutes():
    waits = [timers.back_off(n).total_seconds() for n in range(1, 40)]
    assert waits[:4] == [2, 4, 8, 16]
    assert waits == sorted(waits)
    assert waits[-1] == 600


def test_one_failing_timer_does_not_hold_up_the_others(clock, kinds):
    seen = []
    kinds["test.bad"] = lambda timer, now: 1 / 0
    kinds["test.note"] = lambda timer, now: seen.append(timer.subject)
    due("test.bad", NOON - timedelta(hours=1))
    due("test.unknown", NOON - timedelta(minutes=1))
    due(subject="later")
    assert run_due(NOON) == (1, 2)
    assert seen == ["later"]
    assert "nobody knows" in Timer.objects.get(kind="test.unknown").last_error


def test_setting_a_timer_again_moves_it_and_cancelling_ends_it(clock, kinds, story):
    kinds["test.note"] = lambda timer, now: pytest.fail("was cancelled")
    first = story(set_timer, kind="test.note", due_at=NOON, subject="bed:1")
    later = NOON + timedelta(minutes=5)
    again = story(set_timer, kind="test.note", due_at=later, subject="bed:1", payload={"n": 2})
    assert again.pk == first.pk
    assert Timer.objects.get() == again
    assert Timer.objects.get().due_at == later
    assert story(cancel_timer, kind="test.note", subject="bed:1", now=NOON) is True
    assert story(cancel_timer, kind="test.note", subject="bed:1", now=NOON) is False
    assert run_due(later) == (0, 0)


def test_timers_are_set_inside_the_gate_only():
    with pytest.raises(OutsideGate):
        set_timer(kind="test.note", due_at=NOON)


def test_a_kind_has_one_function(kinds):
    def one(timer, now): ...

    jobs.register_timer("test.note", one)
    jobs.register_timer("test.note", one)
    with pytest.raises(ValueError, match="already"):
        jobs.register_timer("test.note", lambda timer, now: None)


@pytest.mark.django_db(transaction=True)
def test_two_clocks_at_once_never_run_one_timer_twice(clock, kinds):
    kinds["test.open"] = lambda timer, now: Building.objects.create(code=timer.subject, name="x")
    for n in range(40):
        due("test.open", subject=f"B{n}")
    results, start = [], threading.Barrier(4)

    def run():
        try:
            start.wait(10)
            results.append(run_due(NOON))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(done for done, _ in results) == 40
    assert sum(failed for _, failed in results) == 0
    assert Building.objects.count() == 40
    assert AuditEntry.objects.filter(action="timer.run").count() == 40


@pytest.mark.django_db(transaction=True)
def test_every_task_of_the_clock_has_a_name_that_the_worker_knows_and_runs(clock):
    from hims.celery import app

    app.loader.import_default_modules()
    for entry in app.conf.beat_schedule.values():
        app.tasks[entry["task"]].apply(throw=True)
    assert {"worker"} == set(ClockBeat.objects.values_list("part", flat=True))
    done = set(AuditEntry.objects.values_list("action", flat=True))
    assert done >= {"house.tidy", "stays.partition", "coverage.note"}
    assert done >= {"stuck.watch", "crowding.note", "downtime.write"}


def test_tidying_throws_away_what_is_past_and_keeps_the_rest(clock):
    def answer(key, expires_at):
        IdempotentAnswer.objects.create(actor=clock, key=key, digest=b"", expires_at=expires_at)

    answer("old", NOON - timedelta(seconds=1))
    answer("kept", NOON + timedelta(seconds=1))
    due(done_at=NOON - timedelta(days=91))
    pending = due(at=NOON - timedelta(days=200))
    recent = due(done_at=NOON - timedelta(days=1))
    assert tidy(actor=clock, now=NOON) == {"answers": 1, "timers": 1}
    assert set(Timer.objects.all()) == {pending, recent}
    assert IdempotentAnswer.objects.get().key == "kept"


# --- waking ---------------------------------------------------------------------------------------


@pytest.fixture
def sent(monkeypatch):
    monkeypatch.setattr(jobs, "_resting_until", 0.0)
    calls = []
    monkeypatch.setattr(
        jobs.app, "send_task", lambda name, args, **kwargs: calls.append((name, args))
    )
    return calls


@pytest.mark.django_db(transaction=True)
def test_workers_are_woken_after_the_commit_and_not_at_all_without_one(sent):
    with transaction.atomic():
        jobs.wake("hims.tasks.run_due_timers", 7)
        assert sent == []
    assert sent == [("hims.tasks.run_due_timers", (7,))]
    with suppress(ZeroDivisionError), transaction.atomic():
        jobs.wake("hims.tasks.run_due_timers", 8)
        _ = 1 / 0
    assert len(sent) == 1


@pytest.mark.django_db(transaction=True)
def test_a_timer_that_is_due_at_once_wakes_a_worker_and_a_later_one_waits_for_the_clock(
    sent, story
):
    story(set_timer, kind="test.note", due_at=NOON + timedelta(minutes=1))
    assert sent == []
    story(set_timer, kind="test.note", due_at=NOON)
    assert sent == [("hims.tasks.run_due_timers", ())]


@pytest.mark.django_db(transaction=True)
def test_without_a_broker_the_commit_stands_and_nobody_waits_for_it_twice(monkeypatch, caplog):
    tries = []

    def fail(*args, **kwargs):
        tries.append(1)
        raise ConnectionRefusedError("nobody there")

    monkeypatch.setattr(jobs, "_resting_until", 0.0)
    monkeypatch.setattr(jobs.app, "send_task", fail)
    with caplog.at_level(logging.WARNING):
        for n in range(3):
            with transaction.atomic():
                Building.objects.create(code=f"kept {n}", name="x")
                jobs.wake("hims.tasks.run_due_timers")
    assert Building.objects.count() == 3
    assert len(tries) == 1
    assert "the clock will come by" in caplog.text


def test_the_folder_broker_keeps_order_and_gives_each_message_to_one_reader(tmp_path):
    import kombu

    def open_connection():
        options = {"folder": str(tmp_path / "deep" / "broker")}
        return kombu.Connection("filesystem://", transport_options=options)

    with open_connection() as writer, open_connection() as one, open_connection() as two:
        queue = writer.SimpleQueue("celery")
        for n in range(20):
            queue.put({"n": n})
        readers, got = [one.SimpleQueue("celery"), two.SimpleQueue("celery")], []
        for n in range(20):
            message = readers[n % 2].get(block=False)
            got.append(message.payload["n"])
            message.ack()
        assert got == list(range(20))
        with pytest.raises(queue.Empty):
            readers[0].get(block=False)
        queue.put({"n": 21})
        broker.empty(tmp_path / "deep" / "broker")
        with pytest.raises(queue.Empty):
            readers[0].get(block=False)


# --- real processes -------------------------------------------------------------------------------

WORKER = ["-m", "celery", "-A", "tests.hims.clockwork", "worker", "-P", "solo", "-l", "INFO"]
WORKER += ["--without-gossip", "--without-mingle", "--without-heartbeat"]
BEAT = ["-m", "celery", "-A", "tests.hims.clockwork", "beat", "--pidfile=", "-l", "INFO"]


@pytest.mark.django_db(transaction=True)
def test_a_timer_whose_worker_is_killed_is_caught_up_by_the_next_one_exactly_once(clock, tmp_path):
    env = programs.environment(
        CELERY_BROKER_URL=f"filesystem://{tmp_path}/broker", CLOCKWORK=str(tmp_path)
    )
    log, hold, begun = tmp_path / "log", tmp_path / "hold", tmp_path / "begun"
    hold.touch()
    due("test.open_building", timezone.now(), subject="B1")
    with programs.program(BEAT, log, env):
        with programs.program(WORKER, log, env) as worker:
            programs.until(begun.exists, log=log)
            worker.send_signal(signal.SIGKILL)
            worker.wait()
        assert not Building.objects.exists()
        assert Timer.objects.get().done_at is None
        hold.unlink()
        with programs.program(WORKER, log, env):
            programs.until(Building.objects.exists, log=log)
            programs.until(lambda: Timer.objects.get().done_at, log=log)
            due("test.open_building", timezone.now(), subject="B2")
            programs.until(lambda: Building.objects.count() == 2, log=log)
            programs.until(lambda: ClockBeat.objects.count() == 2, log=log)
            beats = dict(ClockBeat.objects.values_list("part", "at"))
            programs.until(
                lambda: all(
                    ClockBeat.objects.get(part=part).at > beats[part]
                    for part in ("clock", "worker")
                ),
                log=log,
            )
    assert [line.split()[0] for line in begun.read_text().splitlines()] == ["B1", "B1", "B2"]
    assert AuditEntry.objects.filter(action="timer.run").count() == 2
