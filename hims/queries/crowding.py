"""How crowded a department is: the inputs of the scores now, and the trend of the last day."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from hims.access.roles import Role
from hims.access.scopes import visible_to
from hims.domain import crowding
from hims.models import (
    Actor,
    BedSpace,
    CrowdingReading,
    Department,
    Encounter,
    Milestone,
    Shift,
)

Kind = Milestone.Kind
STAYS = (Encounter.Disposition.ADMIT, Encounter.Disposition.OBSERVE)
EACH = timedelta(minutes=15)
TREND = timedelta(hours=24)
WIDTH, HEIGHT = 640, 160


def quarter(now: datetime) -> datetime:
    """The latest quarter of an hour by the clock in UTC; no local hour comes twice in it."""
    return now.replace(minute=now.minute // 15 * 15, second=0, microsecond=0)


def inputs(department: Department, now: datetime) -> dict:
    """What NEDOCS and EDWIN are worked out from, by the names of `hims.domain.crowding`.

    Patients with urgency 1 stand for the ventilated and one-to-one patients; doctors are those on
    shift here. Both are approximations and the page says so.
    """
    here = list(
        Encounter.objects.filter(department=department, status__in=Encounter.OPEN).values_list(
            "pk", "acuity", "disposition"
        )
    )
    held = [pk for pk, _, disposition in here if disposition in STAYS]
    decided = (
        Milestone.objects.filter(
            encounter__in=held, stands=True, kind__in=[Kind.DISPOSITION, Kind.BED_REQUESTED]
        )
        .order_by("at")
        .values_list("at", flat=True)
        .first()
    )
    spaces = BedSpace.objects.filter(active=True)
    doctors = Shift.objects.filter(
        department=department,
        begins_at__lte=now,
        ends_at__gt=now,
        actor__roles__contains=[Role.PHYSICIAN.value],
    )
    levels = Counter(acuity for _, acuity, _ in here if acuity)
    return {
        "patients": len(here),
        "ed_beds": spaces.filter(department=department).count(),
        "admitted_held": len(held),
        "hospital_beds": spaces.filter(department__kind=Department.Kind.INPATIENT).count(),
        "one_to_one": levels[1],
        "longest_admit_h": max(0.0, (now - decided).total_seconds() / 3600) if decided else 0.0,
        "last_door_to_bed_h": _last_door_to_bed_h(department, now),
        "by_acuity": {str(level): count for level, count in sorted(levels.items())},
        "physicians": doctors.values("actor").distinct().count(),
    }


def scores(given: dict) -> tuple[float | None, float | None]:
    """NEDOCS and EDWIN of such inputs; None where one is not defined."""
    nedocs = crowding.nedocs(
        patients=given["patients"],
        ed_beds=given["ed_beds"],
        admitted_held=given["admitted_held"],
        hospital_beds=given["hospital_beds"],
        one_to_one=given["one_to_one"],
        longest_admit_h=given["longest_admit_h"],
        last_door_to_bed_h=given["last_door_to_bed_h"],
    )
    edwin = crowding.edwin(
        by_acuity={int(level): count for level, count in given["by_acuity"].items()},
        physicians=given["physicians"],
        bays=given["ed_beds"],
        boarders=given["admitted_held"],
    )
    return nedocs, edwin


def _last_door_to_bed_h(department: Department, now: datetime) -> float:
    """Of the patient who came to a room most recently, however long ago."""
    latest = (
        Milestone.objects.filter(
            encounter__department=department, kind=Kind.IN_ROOM, stands=True, at__lte=now
        )
        .select_related("encounter")
        .order_by("-at")
        .first()
    )
    if latest is None or latest.encounter.started_at is None:
        return 0.0
    return max(0.0, (latest.at - latest.encounter.started_at).total_seconds() / 3600)


@dataclass(frozen=True)
class Trend:
    """The readings of the last day and one line for each score, as SVG points."""

    readings: list[CrowdingReading]
    latest: CrowdingReading | None
    nedocs_band: str | None
    edwin_band: str | None
    nedocs_points: list[str]
    edwin_points: list[str]
    nedocs_top: int
    edwin_top: int
    hours: list[tuple[float, str]]


def trend(viewer: Actor, department: Department, now: datetime) -> Trend:
    """The last day of a department. A gap stays a gap: lines end where a reading is missing."""
    begins = now - TREND
    readings = list(
        visible_to(viewer, CrowdingReading.objects.filter(department=department))
        .filter(at__gt=begins, at__lte=now)
        .order_by("at")
    )
    latest = readings[-1] if readings else None
    nedocs_top = _top([one.nedocs for one in readings], least=200, each=50)
    edwin_top = _top([one.edwin for one in readings], least=3, each=1)
    return Trend(
        readings=readings,
        latest=latest,
        nedocs_band=crowding.nedocs_band(latest.nedocs) if latest else None,
        edwin_band=crowding.edwin_band(latest.edwin) if latest else None,
        nedocs_points=_lines([(one.at, one.nedocs) for one in readings], begins, nedocs_top),
        edwin_points=_lines([(one.at, one.edwin) for one in readings], begins, edwin_top),
        nedocs_top=nedocs_top,
        edwin_top=edwin_top,
        hours=_hours(begins, now),
    )


def _top(values: list[float | None], *, least: int, each: int) -> int:
    highest = max((value for value in values if value is not None), default=0)
    return max(least, -int(-highest // each) * each)


def _lines(values: list[tuple[datetime, float | None]], begins: datetime, top: int) -> list[str]:
    """Runs of readings without a gap, as the points of SVG polylines."""
    runs: list[list[str]] = []
    before: datetime | None = None
    for at, value in values:
        if value is None:
            before = None
            continue
        x = (at - begins) / TREND * WIDTH
        y = HEIGHT - min(1.0, max(0.0, value / top)) * HEIGHT
        if before is None or at - before > 2 * EACH:
            runs.append([])
        runs[-1].append(f"{x:.1f},{y:.1f}")
        before = at
    return [" ".join(run if len(run) > 1 else run * 2) for run in runs]


def _hours(begins: datetime, now: datetime) -> list[tuple[float, str]]:
    """Marks of the time axis, every six hours by the clock on the wall."""
    marks = []
    at = begins.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    while at <= now:
        local = timezone.localtime(at)
        if local.hour % 6 == 0:
            marks.append((round((at - begins) / TREND * WIDTH, 1), f"{local:%H:%M}"))
        at += timedelta(hours=1)
    return marks
