"""Who waits for a room, how fast the queue moves, and how right we were about waits."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

from django.db.models import Q

from hims.access.scopes import visible_to
from hims.domain import waiting
from hims.models import AccessKey, Actor, BedSpace, Department, Encounter, Milestone, WaitPrediction

Kind = Milestone.Kind
OUTCOMES = 1_000
"""The upper end of a prediction is looked for among so many of the latest outcomes."""

ROOM_OR_LATER = (Kind.IN_ROOM, Kind.PROVIDER, Kind.DISPOSITION, Kind.LEFT)
FORGOTTEN_AFTER = timedelta(hours=24)
"""Who has waited for longer was forgotten by whoever should have ended the visit."""

LATEST = 200


@dataclass(frozen=True)
class InQueue:
    """A patient without a room. room_given: they were told which one."""

    encounter: int
    ticket: str
    acuity: int | None
    since: datetime
    triaged: bool
    room_given: bool
    needs: tuple[str, ...] = ()


def queue(department: Department, now: datetime) -> list[InQueue]:
    """All who wait for a room in `department`, in no particular order.

    Machinery of predictions and of the sign: it names nobody, so it asks for no viewer.
    """
    waits = (
        Encounter.objects.filter(
            department=department,
            status__in=[Encounter.Status.ARRIVED, Encounter.Status.TRIAGED],
            started_at__gt=now - FORGOTTEN_AFTER,
        )
        .exclude(milestones__in=Milestone.objects.filter(kind__in=ROOM_OR_LATER, stands=True))
        .values_list("pk", "ticket", "acuity", "started_at", "status", "needs")
    )
    rows = list(waits)
    given = set(
        Milestone.objects.filter(
            encounter__in=[row[0] for row in rows], kind=Kind.ROOM_ASSIGNED, stands=True
        ).values_list("encounter_id", flat=True)
    )
    return [
        InQueue(
            pk, ticket, acuity, since, status == Encounter.Status.TRIAGED, pk in given, tuple(needs)
        )
        for pk, ticket, acuity, since, status, needs in rows
    ]


def departures(department: Department, now: datetime) -> int:
    """How many left the queue for a room in the last waiting.RATE_OVER_MIN minutes."""
    since = now - timedelta(minutes=waiting.RATE_OVER_MIN)
    return Milestone.objects.filter(
        encounter__department=department, kind=Kind.IN_ROOM, stands=True, at__gt=since, at__lte=now
    ).count()


def rooms_ready(department: Department, needs: Sequence[str]) -> int:
    """How many spaces of `department` are ready now and have what is needed; the hallway is no
    room."""
    return (
        BedSpace.objects.filter(
            department=department,
            active=True,
            state=BedSpace.State.READY,
            capabilities__contains=list(needs),
        )
        .exclude(kind=BedSpace.Kind.HALLWAY)
        .count()
    )


def outcomes(department: Department, most: int = OUTCOMES) -> list[waiting.Outcome]:
    """What was predicted and what came, of the latest `most` who came to a room; the latest
    last."""
    rows = (
        WaitPrediction.objects.filter(
            department=department, settled_at__isnull=False, waited_min__isnull=False
        )
        .order_by("-settled_at", "-pk")
        .values_list("expected_min", "p90_min", "waited_min")[:most]
    )
    return [waiting.Outcome(*row) for row in reversed(rows)]


# --- the sign -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Called:
    """A line of the wait sign. within_min: None where nothing honest can be said."""

    ticket: str
    stage: str  # triage, waiting, room
    within_min: int | None


@dataclass(frozen=True)
class Sign:
    """What the public sign says; `speaks` is whether waits are shown at all."""

    department: Department
    lines: list[Called]
    speaks: bool
    as_of: datetime


def sign_department(key: AccessKey | None) -> Department | None:
    """The department whose sign a kiosk key opens: the one around the device's place, else the
    first emergency department. None without a good key."""
    if key is None or not key.actor.may("wait_sign.show"):
        return None
    zone = key.actor.device.zone
    departments = Department.objects.filter(active=True)
    if zone is not None:
        areas = Q(area=zone) | Q(area=zone.area_id)
        if found := departments.filter(areas).first():
            return found
    return departments.filter(kind=Department.Kind.EMERGENCY).order_by("code").first()


def sign(department: Department, now: datetime) -> Sign:
    """Tickets in their own order, so that nobody reads from the sign who is more ill."""
    waits = queue(department, now)
    known = outcomes(department)
    speaks = waiting.calibration(known).speaks
    rate = departures(department, now)
    lines = []
    for one in waits:
        if not one.ticket:
            continue
        within = _within(department, one, waits, rate, known) if speaks and one.triaged else None
        stage = "room" if one.room_given else "waiting" if one.triaged else "triage"
        lines.append(Called(one.ticket, stage, None if one.room_given else within))
    return Sign(department, sorted(lines, key=lambda line: _in_order(line.ticket)), speaks, now)


def _within(
    department: Department,
    one: InQueue,
    waits: Sequence[InQueue],
    rate: int,
    known: Sequence[waiting.Outcome],
) -> int | None:
    """Minutes from now that nine in ten did not exceed, rounded up as people round."""
    others = [(other.acuity, other.since) for other in waits if other is not one]
    ahead = waiting.ahead_of(one.acuity, one.since, others)
    ready = rooms_ready(department, one.needs)
    expected = waiting.predicted_minutes(ahead=ahead, departures=rate, ready=ready)
    if not expected:
        return None  # nobody departed lately, or a room stands ready: no number is honest
    upper = waiting.ninetieth([(past.predicted, past.waited) for past in known], expected)
    return None if upper is None else rounded_up(upper)


def rounded_up(minutes: float) -> int:
    """5, 10, 15 … 60, then half hours: never a smaller number than was measured."""
    to = 5 if minutes <= 60 else 30
    return max(5, ceil(minutes / to) * to)


def _in_order(ticket: str) -> tuple[str, int]:
    letters = ticket.rstrip("0123456789")
    digits = ticket[len(letters) :]
    return letters, int(digits or 0)


# --- how right we are ---------------------------------------------------------------------------


@dataclass(frozen=True)
class HowRight:
    """The measured error of the predictions of a department, and of what most signs show.

    rolling_error: median absolute error of the rolling mean over the same patients, minutes.
    without_end: how many of the latest left before they came to a room; they count nowhere.
    """

    calibration: waiting.Calibration
    rolling_error: float | None
    without_end: int
    latest: list[WaitPrediction]


def how_right(viewer: Actor, department: Department) -> HowRight:
    """How right the latest predictions were, over the same patients as the rolling mean: those
    who found no room ready."""
    seen = visible_to(viewer, WaitPrediction.objects.filter(department=department))
    settled = list(
        seen.filter(settled_at__isnull=False)
        .select_related("encounter")
        .order_by("-settled_at", "-pk")[:LATEST]
    )
    ended = [row for row in settled if row.waited_min is not None]
    judged = [waiting.Outcome(row.expected_min, row.p90_min, row.waited_min) for row in ended]
    rolling = [
        abs(row.waited_min - row.rolling_mean_min)
        for row in ended
        if row.waited_min is not None
        and row.rolling_mean_min is not None
        and row.p90_min is not None
        and row.expected_min > 0
    ]
    return HowRight(
        calibration=waiting.calibration(judged[::-1]),
        rolling_error=waiting.quantile(rolling, 0.5) if rolling else None,
        without_end=len(settled) - len(ended),
        latest=ended[:20],
    )
