"""Health and metrics: true answers, for this machine only."""

import asyncio
import json
import re
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connections

from hims import health
from hims.health import Check, Sample
from hims.models import ClockBeat, Timer
from hims.web.health import HealthDoor, is_loopback, written
from tests.hims.test_asgi import ask, scope_of
from tracking.models import EngineStatus

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
HERE = {"client": ("127.0.0.1", "50000")}


def door(gauges=lambda: {"streams_open": 3.0}):
    def ask_and_leave(function, *arguments):
        try:
            return function(*arguments)
        finally:
            connections.close_all()

    async def run(function, *arguments):
        return await asyncio.to_thread(ask_and_leave, function, *arguments)

    return HealthDoor(run, Counter({200: 7, 503: 1}), gauges)


@pytest.fixture
def only(monkeypatch):
    checks = {}
    monkeypatch.setattr(health, "_checks", checks)
    return checks


@pytest.mark.parametrize(
    ("client", "headers", "ours"),
    [
        (("127.0.0.1", "1"), [], True),
        (("::1", "1"), [], True),
        (("::ffff:127.0.0.1", "1"), [], True),
        (("10.0.0.7", "1"), [], False),
        (("", "1"), [], False),
        (None, [], False),
        (("127.0.0.1", "1"), [(b"x-forwarded-for", b"10.0.0.7")], False),
        (("127.0.0.1", "1"), [(b"forwarded", b"for=10.0.0.7")], False),
    ],
)
def test_only_this_machine_itself_may_ask(client, headers, ours):
    assert is_loopback(scope_of(client=client, headers=headers)) is ours


@pytest.mark.parametrize("path", ["/health/live", "/health/ready", "/metrics"])
def test_others_are_told_that_there_is_nothing(path):
    assert ask(door(), path=path).status == 404


def test_alive_needs_no_database():
    answer = ask(door(), path="/health/live", **HERE)
    assert (answer.status, json.loads(answer.body)) == (200, {"status": "live"})


def test_ready_says_200_when_all_is_well_and_503_naming_what_is_not(only):
    only["one"] = lambda now: Check(True, "one is well", {"lag_s": 0.5})
    answer = ask(door(), path="/health/ready", **HERE)
    assert answer.status == 200
    assert json.loads(answer.body)["checks"]["one"]["lag_s"] == 0.5
    only["two"] = lambda now: 1 / 0
    answer = ask(door(), path="/health/ready", **HERE)
    told = json.loads(answer.body)
    assert (answer.status, told["status"]) == (503, "not ready")
    assert told["checks"]["two"] == {"well": False, "text": "ZeroDivisionError: division by zero"}


@pytest.mark.django_db
def test_parts_are_well_while_they_give_signs_of_life():
    found = health.checks(NOW)
    assert found["database"].well
    assert found["migrations"].well
    assert not any(found[part].well for part in ("worker", "clock", "engine"))
    for part in ("worker", "clock"):
        ClockBeat.objects.create(part=part, at=NOW - timedelta(seconds=2))
    EngineStatus.objects.create(started_at=NOW, beat_at=NOW - timedelta(seconds=1), lag_s=0.2)
    assert all(check.well for check in health.checks(NOW).values())
    later = health.checks(NOW + timedelta(seconds=60))
    assert not any(later[part].well for part in ("worker", "clock", "engine"))
    assert later["worker"].text == "the worker was last seen 62 s ago"


@pytest.mark.django_db
def test_an_overdue_timer_and_a_lagging_feed_are_not_well():
    Timer.objects.create(kind="test", due_at=NOW - timedelta(seconds=40))
    EngineStatus.objects.create(started_at=NOW, beat_at=NOW, lag_s=9.0)
    found = health.checks(NOW)
    assert not found["queue"].well
    assert found["queue"].figures["oldest_s"] == 40
    assert not found["feed"].well


LINE = re.compile(r'[a-z_]+(\{[a-z]+="[^"\n]*"(,[a-z]+="[^"\n]*")*\})? [-+.e0-9infa]+')


@pytest.mark.django_db(transaction=True)
def test_metrics_are_lines_that_prometheus_reads():
    EngineStatus.objects.create(started_at=NOW, beat_at=NOW, accepted=12)
    ClockBeat.objects.create(part="worker", at=NOW)
    answer = ask(door(), path="/metrics", **HERE)
    assert answer.status == 200
    assert answer.headers[b"content-type"].startswith(b"text/plain; version=0.0.4")
    lines = answer.body.decode().splitlines()
    figures = [line for line in lines if not line.startswith("#")]
    assert all(LINE.fullmatch(line) for line in figures)
    assert 'hims_readings_total{fate="accepted"} 12' in figures
    for name in ("feed_lag_seconds", "queue_age_seconds", "gateways_silent", "streams_open"):
        assert any(line.startswith(f"hims_{name}") for line in figures)
    helped = [line.split()[2] for line in lines if line.startswith("# HELP")]
    assert len(helped) == len(set(helped))


def test_labels_cannot_break_the_metrics_page():
    text = written([Sample("hims_x", 1.5, "x", (("name", 'a"b\\c\nd'),))])
    assert text.splitlines()[-1] == 'hims_x{name="a\\"b\\\\c\\nd"} 1.5'


def test_only_reading_is_possible():
    assert ask(door(), "POST", "/health/live", **HERE).status == 405
    head = ask(door(), "HEAD", "/health/live", **HERE)
    assert (head.status, head.body) == (200, b"")
