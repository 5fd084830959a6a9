"""Are we well? A plain registry of checks and gauges that each floor fills at start."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from hims.models import ClockBeat, Timer

STALE_S = 10.0  # a part that beats every second or two and has been silent for so long is down
OVERDUE_S = 30.0


@dataclass(frozen=True)
class Check:
    """One answer to "are you well?": a sentence for the operator, figures for programs."""

    well: bool
    text: str
    figures: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Sample:
    """One line of the metrics page (Prometheus text format 0.0.4)."""

    name: str
    value: float
    help: str
    labels: tuple[tuple[str, str], ...] = ()
    kind: str = "gauge"


_checks: dict[str, Callable[[datetime], Check]] = {}
_gauges: list[Callable[[datetime], Iterable[Sample]]] = []


def register_check(name: str, check: Callable[[datetime], Check]) -> None:
    """Hand down a check; `check(now)` may use the database."""
    _checks[name] = check


def register_gauges(gauges: Callable[[datetime], Iterable[Sample]]) -> None:
    """Hand down gauges; `gauges(now)` may use the database."""
    _gauges.append(gauges)


def checks(now: datetime) -> dict[str, Check]:
    """All checks, in the order they were handed down; one that fails is not well."""
    return {name: _asked(check, now) for name, check in _checks.items()}


def _asked(check: Callable[[datetime], Check], now: datetime) -> Check:
    try:
        return check(now)
    except Exception as error:
        return Check(False, f"{type(error).__name__}: {error}".strip().splitlines()[0])


def samples(now: datetime) -> list[Sample]:
    """All gauges there are."""
    return [sample for gauges in _gauges for sample in gauges(now)]


def beat_check(what: str, at: datetime | None, now: datetime) -> Check:
    """Well if `what` gave a sign of life in the last seconds."""
    if at is None:
        return Check(False, f"{what} has not been seen yet")
    age = (now - at).total_seconds()
    word = "is at work" if age < STALE_S else f"was last seen {age:.0f} s ago"
    return Check(age < STALE_S, f"{what} {word}", {"age_s": round(age, 1)})


# --- What the ground floor can say --------------------------------------------------------------


def _database(now: datetime) -> Check:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('server_version')")
        return Check(True, f"PostgreSQL {cursor.fetchone()[0]}")


_migrated = False


def _migrations(now: datetime) -> Check:
    """Read until all are applied, then remembered: they do not come undone under us."""
    global _migrated
    if not _migrated:
        executor = MigrationExecutor(connection)
        missing = len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
        if missing:
            return Check(False, f"{missing} migrations are not applied; run manage.py migrate")
        _migrated = True
    return Check(True, "all migrations are applied")


def _beat_of(part: str) -> datetime | None:
    return ClockBeat.objects.filter(part=part).values_list("at", flat=True).first()


def _worker(now: datetime) -> Check:
    return beat_check("the worker", _beat_of("worker"), now)


def _clock(now: datetime) -> Check:
    return beat_check("the clock", _beat_of("clock"), now)


def _timers(now: datetime) -> Check:
    late = _oldest_due_s(now)
    if late > OVERDUE_S:
        return Check(False, f"a timer is {late:.0f} s overdue", {"oldest_s": round(late, 1)})
    return Check(True, "no timer is overdue", {"oldest_s": round(late, 1)})


def _oldest_due_s(now: datetime) -> float:
    """Seconds since the oldest due timer that was never tried should have run."""
    due = Timer.objects.filter(done_at=None, due_at__lte=now, attempts=0).order_by("due_at")
    oldest = due.values_list("due_at", flat=True).first()
    return (now - oldest).total_seconds() if oldest else 0.0


def _ground_gauges(now: datetime) -> Iterable[Sample]:
    failing = Timer.objects.filter(done_at=None, attempts__gt=0).count()
    yield Sample("hims_queue_age_seconds", _oldest_due_s(now), "Age of the oldest due timer.")
    yield Sample("hims_timers_failing", failing, "Timers that failed and will be tried again.")
    for part, at in ClockBeat.objects.values_list("part", "at"):
        age = (now - at).total_seconds()
        label = (("part", part),)
        yield Sample("hims_beat_age_seconds", age, "Seconds since a part was seen.", label)


register_check("database", _database)
register_check("migrations", _migrations)
register_check("worker", _worker)
register_check("clock", _clock)
register_check("queue", _timers)
register_gauges(_ground_gauges)
