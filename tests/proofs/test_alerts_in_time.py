"""An alert that nobody answers reaches the next person in time, although workers are killed.

Real programs: a clock, workers, and the same database. Each figure is the time between the moment
at which the next person was to be told, and the row that tells them.
"""

import signal
from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from hims.models import Alert, AlertRule, ClockBeat, Delivery
from tests import programs
from tests.given_alerts import HIGH, a_department, on_shift, raised, rule_of
from tests.hims.test_jobs import BEAT, WORKER

pytestmark = [pytest.mark.proof, pytest.mark.django_db(transaction=True)]

WITHIN_S = 6
AT_MOST_S = 5.0


@pytest.fixture
def ed():
    ed = a_department()
    rule_of(HIGH)
    AlertRule.objects.filter(code=HIGH).update(acknowledge_within_s=WITHIN_S)
    return ed


def told(someone):
    return Delivery.objects.filter(actor=someone, channel=None, level__gt=0)


def late_s(someone, due):
    """Seconds between when `someone` was to be told and when they were."""
    return (told(someone).earliest("pk").sent_at - due).total_seconds()


def test_an_unanswered_alert_is_told_on_in_five_seconds_when_its_worker_is_killed(
    ed, tmp_path, record_property
):
    now = timezone.now()
    on_shift(ed, "nurse", now=now)
    charge = on_shift(ed, "charge_nurse", now=now)
    doctor = on_shift(ed, "physician", now=now)
    env = programs.environment(CELERY_BROKER_URL=f"filesystem://{tmp_path}/broker")
    env["CLOCKWORK"] = str(tmp_path)
    log = tmp_path / "log"
    with programs.program(BEAT, log, env), programs.program(WORKER, log, env) as worker:
        programs.until(lambda: ClockBeat.objects.filter(part="worker").exists(), log=log)
        programs.until(lambda: ClockBeat.objects.filter(part="clock").exists(), log=log)

        alert = raised(department=ed, now=timezone.now())
        due = alert.raised_at + timedelta(seconds=WITHIN_S)
        worker.send_signal(signal.SIGKILL)  # before it is due
        worker.wait()
        programs.until(told(charge).exists, seconds=WITHIN_S + 20, log=log)
        before = late_s(charge, due)

        with programs.program(WORKER, log, env) as second:
            beat = ClockBeat.objects.get(part="worker").at
            programs.until(lambda: ClockBeat.objects.get(part="worker").at > beat, log=log)
            escalated = told(charge).earliest("pk").sent_at
            due = escalated + timedelta(seconds=WITHIN_S)
            with transaction.atomic():
                Alert.objects.select_for_update().get(pk=alert.pk)  # it gets half way
                programs.until(lambda: timezone.now() > due + timedelta(seconds=1), log=log)
                second.send_signal(signal.SIGKILL)  # during
                second.wait()
            programs.until(told(doctor).exists, seconds=WITHIN_S + 20, log=log)
        during = late_s(doctor, due)
    record_property("late_s", f"{before:.1f} before, {during:.1f} during")
    assert 0 <= before < AT_MOST_S
    assert 0 <= during < AT_MOST_S
    assert alert.events.filter(event="escalated").count() == 2
    assert told(charge).count() == told(doctor).count() == 1
