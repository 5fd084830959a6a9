"""How long the visits of a day took: from the door to a room, to a doctor, to the way out.

An interval with an end that nobody saw is inferred and says so; one that cannot be known is its
own line, never zero.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from statistics import median

from django.db.models import Prefetch
from django.utils import timezone

from hims.access.scopes import visible_to
from hims.domain.milestones import Interval, Kind, interval
from hims.models import Actor, Department, Encounter, Milestone, Patient

ASKED = ("door_to_room", "door_to_provider", "boarding", "stay")


@dataclass(frozen=True)
class VisitTimes:
    """A visit, who it was of if the viewer may know, and its intervals by the names of ASKED."""

    encounter: Encounter
    patient: Patient | None
    times: dict[str, Interval]
    sources: dict[str, str]


@dataclass(frozen=True)
class Headline:
    """One interval over all visits, in minutes: median and 90th percentile of those seen whole;
    how many were seen, partly inferred, and not known."""

    name: str
    median: float | None
    p90: float | None
    seen: int
    inferred: int
    unknown: int


def visits_of(viewer: Actor, department: Department, day: date) -> list[VisitTimes]:
    """The visits that began on `day`, a day of the hospital's calendar, in order."""
    begins, ends = _bounds(day)
    standing = Milestone.objects.filter(stands=True)
    found = list(
        visible_to(viewer, Encounter.objects.all())
        .filter(started_at__gte=begins, started_at__lt=ends)
        .filter(
            milestones__kind=Kind.ARRIVAL.value,
            milestones__stands=True,
            milestones__evidence__department=department.code,
        )
        .exclude(status=Encounter.Status.CANCELLED)
        .prefetch_related(Prefetch("milestones", queryset=standing, to_attr="standing"))
        .order_by("started_at", "pk")
    )
    known = visible_to(viewer, Patient.objects.filter(pk__in=[one.patient_id for one in found]))
    names = {one.pk: one for one in known}
    return [
        VisitTimes(
            one,
            names.get(one.patient_id),
            intervals(one.standing, one.disposition),
            {said.kind: said.source for said in one.standing},
        )
        for one in found
    ]


def intervals(standing: list[Milestone], disposition: str) -> dict[str, Interval]:
    """The asked intervals of a visit from the milestones that stand. What is not due yet, because
    nobody decided to admit, is no interval."""
    at = {Kind(said.kind): said.at for said in standing}
    unseen = disposition == Encounter.Disposition.UNSEEN
    asked = [name for name in ASKED if name != "boarding" or Kind.BED_REQUESTED in at]
    return {name: interval(name, at, left_unseen=unseen) for name in asked}


def headlines(visits: list[VisitTimes]) -> list[Headline]:
    """The asked intervals over `visits`."""
    lines = []
    for name in ASKED:
        told = [one.times[name] for one in visits if name in one.times]
        minutes = sorted(t.minutes for t in told if t.minutes is not None and not t.inferred)
        lines.append(
            Headline(
                name,
                median(minutes) if minutes else None,
                _ninetieth(minutes),
                len(minutes),
                sum(t.minutes is not None and t.inferred for t in told),
                sum(t.minutes is None for t in told),
            )
        )
    return lines


def _ninetieth(ordered: list[float]) -> float | None:
    """The smallest value that nine in ten do not exceed (nearest rank); None of nothing."""
    return ordered[-(-len(ordered) * 9 // 10) - 1] if ordered else None


def _bounds(day: date) -> tuple[datetime, datetime]:
    """The day in hospital time, half-open: 23 or 25 hours on the nights when clocks change."""
    zone = timezone.get_current_timezone()
    following = day + timedelta(days=1)
    return (
        datetime.combine(day, time.min, tzinfo=zone),
        datetime.combine(following, time.min, tzinfo=zone),
    )
