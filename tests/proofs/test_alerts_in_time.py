"""An alert that nobody answers reaches the next person in time, although workers are killed.

Real programs: a clock, workers, and the same database. Each figure is the time between the moment
at which the next person was to be told, and the row that tells them.
"""

import signal
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from hims.actions.alerts import ESCALATE
from hims.models import Alert, AlertRule, ClockBeat, Delivery, Timer
from tests import programs
from tests.given_alerts import HIGH, a_department, on_shift, raised, rule_of
from tests.hims.test_jobs import BEAT, WORKER

pytestmark = [pytest.mark.proof, pytest.mark.django_db(transaction=True)]

WITHIN_S = 60
AT_MOST_S = 5.0


@pytest.fixture
def ed():
    ed = a_department()
    rule_of(HIGH)
    AlertRule.objects.filter(code=HIGH).update(acknowledge_within_s=WITHIN_S)
    return ed


class Watched:
    """An alert that nobody answers, and how often it was told on."""

    def __init__(self, alert):
        self.alert = alert

    @property
    def climbed(self):
        return self.alert.events.filter(event="escalated").count()

    def due_in(self, seconds):
        """Have it climb so soon; when that is."""
        due = timezone.now() + timedelta(seconds=seconds)
        waiting = Timer.objects.filter(kind=ESCALATE, subject=str(self.alert.uid), done_at=None)
        assert waiting.update(due_at=due) == 1
        return due

    def late_s(self, climbed, due, log):
        """Seconds between when the next were to be told and when it was committed that they are."""
        programs.until(lambda: self.climbed > climbed, seconds=30, log=log)
        return (timezone.now() - due).total_seconds()


def somebody_waits_for_a_lock():
    """Whether a program stands half way in its transaction, held up by this test."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
        return cursor.fetchone()[0] > 0


def test_an_unanswered_alert_is_told_on_in_five_seconds_when_its_worker_is_killed(
    ed, tmp_path, record_property
):
    now = timezone.now()
    for role in ("nurse", "charge_nurse", "physician"):
        on_shift(ed, role, now=now)
    env = programs.environment(CELERY_BROKER_URL=f"filesystem://{tmp_path}/broker")
    env["CLOCKWORK"] = str(tmp_path)
    log = tmp_path / "log"
    seen = ClockBeat.objects.filter
    with programs.program(BEAT, log, env), programs.program(WORKER, log, env) as worker:
        programs.until(lambda: seen(part="worker").exists() and seen(part="clock"), log=log)
        watched = Watched(raised(department=ed, now=timezone.now()))
        due, climbed = watched.due_in(2), watched.climbed
        worker.send_signal(signal.SIGKILL)  # before it is due
        worker.wait()
        before = watched.late_s(climbed, due, log)

        beat = ClockBeat.objects.get(part="worker").at
        with programs.program(WORKER, log, env) as second:
            programs.until(lambda: seen(part="worker", at__gt=beat).exists(), log=log)
            with transaction.atomic():
                Alert.objects.select_for_update().get(pk=watched.alert.pk)
                with ThreadPoolExecutor(1) as elsewhere:  # what others see must be committed
                    due = elsewhere.submit(committed, watched.due_in, 1).result()
                climbed = watched.climbed
                programs.until(somebody_waits_for_a_lock, log=log)  # it gets half way
                second.send_signal(signal.SIGKILL)  # during
                second.wait()
            during = watched.late_s(climbed, due, log)
    record_property("late_s", f"{before:.1f} before, {during:.1f} during")
    assert 0 <= before < AT_MOST_S
    assert 0 <= during < AT_MOST_S
    rows = Delivery.objects.filter(alert=watched.alert, channel=None)
    told = Counter(rows.values_list("actor", "level"))
    assert max(told.values()) == 1  # nobody twice for one call


def committed(function, *asked):
    """Run it with a connection of its own."""
    try:
        return function(*asked)
    finally:
        connection.close()
