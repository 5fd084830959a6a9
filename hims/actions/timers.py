"""Timers: set, cancelled, and run when due, each exactly once, whatever was killed in between."""

from datetime import datetime, timedelta
from typing import Any

from django.db import OperationalError, transaction

from hims import gate
from hims.action import action, step, touches
from hims.errors import NotFound
from hims.jobs import timer_function, wake
from hims.models import Actor, Timer
from hims.queries.actors import clock

CANCELLED = "cancelled"
LONGEST_BACK_OFF_S = 600
ERROR_CHARACTERS = 500
AT_ONCE = 200  # due rows read in one go


@step
def set_timer(
    *, kind: str, due_at: datetime, subject: str = "", payload: dict[str, Any] | None = None
) -> Timer:
    """Have the function registered for `kind` run at `due_at`.

    One pending timer per kind and subject: setting it again moves it. The caller holds a lock on
    what the subject names, if two could set it at once.
    """
    pending = Timer.objects.select_for_update().filter(kind=kind, subject=subject, done_at=None)
    timer = (subject and pending.first()) or Timer(kind=kind, subject=subject)
    timer.due_at = due_at
    timer.payload = payload or {}
    timer.attempts = 0
    timer.last_error = ""
    timer.save()
    if due_at <= gate.current().now:
        wake("hims.tasks.run_due_timers")
    return timer


@step
def cancel_timer(*, kind: str, subject: str, now: datetime) -> bool:
    """Whether a pending timer was there to cancel."""
    pending = Timer.objects.filter(kind=kind, subject=subject, done_at=None)
    return bool(pending.update(done_at=now, last_error=CANCELLED))


@action("timer.run")
def run_timer(*, actor: Actor, now: datetime, timer: int) -> bool:
    """Run one due timer; False if it failed and will be tried again.

    Raises NotFound if it is not due, done already, or being run by somebody else.
    """
    due = Timer.objects.select_for_update(skip_locked=True)
    row = due.filter(pk=timer, done_at=None, due_at__lte=now).first()
    if row is None:
        raise NotFound("this timer is done, or somebody else runs it")
    touches(row)
    try:
        with transaction.atomic():
            timer_function(row.kind)(row, now)
    except OperationalError:
        raise  # the gate knows which of these are worth another try
    except Exception as error:
        row.attempts += 1
        row.last_error = f"{type(error).__name__}: {error}"[:ERROR_CHARACTERS]
        row.due_at = now + back_off(row.attempts)
        row.save(update_fields=["attempts", "last_error", "due_at"])
        return False
    # What has set its own timer again is not done.
    Timer.objects.filter(pk=row.pk, due_at=row.due_at).update(done_at=now)
    return True


def back_off(attempts: int) -> timedelta:
    """How long to wait after so many failures: 2, 4, 8 … seconds, at most ten minutes."""
    return timedelta(seconds=min(LONGEST_BACK_OFF_S, 2 ** min(attempts, 10)))


def run_due(now: datetime) -> tuple[int, int]:
    """Run all timers due at `now`, oldest first; how many were done and how many failed."""
    done = failed = 0
    due = Timer.objects.filter(done_at=None, due_at__lte=now).order_by("due_at", "pk")
    for pk in due.values_list("pk", flat=True)[:AT_ONCE]:
        try:
            if run_timer(actor=clock(), now=now, timer=pk):
                done += 1
            else:
                failed += 1
        except NotFound:
            continue
        except OperationalError:
            failed += 1
    return done, failed
