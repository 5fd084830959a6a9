"""Breaches: what a report shows of them, which there are, and what became of one."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import CharField, Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Cast

from hims.access.scopes import the_one, visible_to
from hims.domain.figures import Told, told
from hims.models import Actor, AlertOccurrence, AlertRule, Breach, ReportEdition
from hims.queries.editions import Kept, Line
from hims.reporting.declared import report_of

OVERDUE = "breach_overdue"
AGAIN = timedelta(days=1)  # a breach that is overdue still calls again after so long
UNKNOWN_GROUP = "—"  # what a group of rows is called of which the grouping is not known
WHICH = ("open", "mine", "overdue", "closed")
SHOWN_BEFORE = 8  # earlier periods beside a breach
Status = Breach.Status


# --- in a report ----------------------------------------------------------------------------------


def misses(kept: Kept) -> dict[tuple[str, str], Line]:
    """(figure, group) -> the figure as it is told, of those that have a target: of the whole, and
    of each group by the report's first grouping where the target holds for each."""
    found = {(line.figure.name, ""): line for line in kept.lines if line.target}
    if kept.edition.grouping == next(iter(kept.report.groupings), ""):
        for key, lines in kept.groups:
            for line in lines:
                if line.target:
                    found[line.figure.name, group_key(key)] = line
    return found


def group_key(key: Any) -> str:
    """How a breach names a group of a report."""
    return UNKNOWN_GROUP if key is None else str(key)[:120]


def newest_over(edition: ReportEdition) -> date:
    """When the newest period began that was over when it was reported on, this one among them."""
    newer = ReportEdition.objects.filter(
        code=edition.code,
        standard=True,
        status=ReportEdition.Status.DONE,
        ends__lte=F("data_as_of"),
        first__gt=edition.first,
    )
    return newer.order_by("-first").values_list("first", flat=True).first() or edition.first


# --- which there are ------------------------------------------------------------------------------


def breaches(viewer: Actor, which: str, today: date) -> QuerySet[Breach]:
    """Breaches of the reports that the viewer may see, what is due first on top; closed ones
    newest first. which: one of WHICH."""
    found = visible_to(viewer, Breach.objects.all()).select_related("owner", "found_in", "last_in")
    if which == "closed":
        return found.filter(status=Status.CLOSED).order_by("-closed_at", "-pk")
    found = found.exclude(status=Status.CLOSED)
    if which == "mine":
        found = found.filter(owner=viewer)
    elif which == "overdue":
        found = found.filter(is_late(today))
    return found.order_by(F("due_on").asc(nulls_first=True), "pk")


def is_late(today: date) -> Q:
    """In hand, and its day is over."""
    return Q(status=Status.OWNED, due_on__lt=today)


def late(now: datetime, today: date) -> list[Breach]:
    """Overdue breaches that no alert speaks of, nor did within a day; none while the hospital has
    that alert switched off."""
    if AlertRule.objects.filter(code=OVERDUE, active=False).exists():
        return []
    spoken = AlertOccurrence.objects.filter(
        Q(cleared_at=None) | Q(begun_at__gt=now - AGAIN),
        alert__rule__code=OVERDUE,
        subject=Cast(OuterRef("uid"), CharField()),
    )
    return list(Breach.objects.filter(is_late(today)).exclude(Exists(spoken)).order_by("pk"))


def breach_of(viewer: Actor, uid: Any) -> Breach:
    """One breach; NotFound if there is none that the viewer may see."""
    known = Breach.objects.select_related("owner", "found_in", "last_in", "checked_in", "closed_by")
    return the_one(viewer, known, uid=uid)


def may_own(breach: Breach) -> list[Actor]:
    """Who can be given a breach: active people who may deal with it and see its report."""
    permission = report_of(breach.code).permission
    people = Actor.objects.filter(kind=Actor.Kind.PERSON, is_active=True).order_by("name", "pk")
    return [one for one in people if one.may("breach.act") and one.may(permission)]


# --- what became of one ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Change:
    """One entry of a breach's history: when, who, and what became different."""

    at: datetime
    who: Actor | None
    status: str
    changed: frozenset[str]
    row: Any


def history_of(breach: Breach) -> list[Change]:
    """What happened to a breach, the oldest first."""
    rows = list(breach.history.select_related("history_user", "owner").order_by("history_id"))
    before = None
    told_of = []
    for row in rows:
        changed = frozenset(
            field
            for field in _TOLD_OF
            if before is None or getattr(row, field) != getattr(before, field)
        )
        told_of.append(Change(row.history_date, row.history_user, row.status, changed, row))
        before = row
    return told_of


_TOLD_OF = (
    *("status", "owner_id", "due_on", "action", "evidence", "check_on"),
    *("last_in_id", "checked_in_id", "effective", "conclusion"),
)


def course_of(viewer: Actor, breach: Breach) -> list[tuple[ReportEdition, Told | None]]:
    """The figure of a breach in the newest editions of whole periods, the newest first."""
    found = visible_to(viewer, ReportEdition.objects.all()).filter(
        code=breach.code,
        standard=True,
        status=ReportEdition.Status.DONE,
        ends__lte=F("data_as_of"),
    )
    newest = found.order_by("first", "-pk").distinct("first").values("pk")
    rows = ReportEdition.objects.filter(pk__in=newest).defer("series").order_by("-first")
    return [(row, told_in(row, breach.figure, breach.group)) for row in rows[:SHOWN_BEFORE]]


def told_in(edition: ReportEdition, figure: str, group: str) -> Told | None:
    """What a figure came to in an edition, of the whole or of a group; None if it is not there."""
    figures: Iterable[Any] = [edition.figures]
    if group:
        figures = (one["figures"] for one in edition.groups if group_key(one["key"]) == group)
    for kept in figures:
        if figure in kept:
            return told(kept[figure])
    return None
