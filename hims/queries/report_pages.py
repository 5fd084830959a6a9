"""What the pages of reports ask: which reports there are and how they stand, and the rows behind
one number."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q

from hims.access.scopes import visible_to
from hims.domain.figures import Figure, Kind, told
from hims.models import Actor, Breach, Patient, ReportEdition, ReportRule
from hims.queries.editions import SIGNED, Kept, Line, Target, editions
from hims.reporting.declared import Cell, Report, reports_for

COUNTED, OF, UNKNOWN = "counted", "of", "unknown"
PARTS = (COUNTED, OF, UNKNOWN)
FLAGS = {Kind.COUNT, Kind.SHARE}
PATIENT_BY = {
    "patient": "uid__in",
    "visit": "encounters__uid__in",
    "appointment": "appointments__uid__in",
}
"""A column of identifiers -> how the patient is found by them."""
RESTATED = Exists(
    ReportEdition.objects.filter(restates=OuterRef("pk"), status=ReportEdition.Status.DONE).exclude(
        differences__rows=0
    )
)
WHOLE = object()
"""Stands for "all groups": None is the group of what is not known."""


@dataclass(frozen=True)
class Shelved:
    """A report, its edition of the newest standard period, a signed one before others (None: never
    made), and the headline of it; whether anybody signed it, and how many breaches are open."""

    report: Report
    edition: ReportEdition | None
    line: Line | None
    signed: bool
    breaches: int


def shelf(viewer: Actor) -> list[Shelved]:
    """Every report that the viewer may see, with how it stands."""
    reports = reports_for(viewer)
    newest = {
        one.code: one
        for one in editions(viewer)
        .filter(standard=True, status=ReportEdition.Status.DONE)
        .defer("groups", "series", "differences")
        .annotate(signed=SIGNED)
        .order_by("code", "-first", "-signed", "-pk")
        .distinct("code")
    }
    rules = visible_to(viewer, ReportRule.objects.filter(active=True).exclude(figure=""))
    targets = {(rule.code, rule.figure): Target(rule) for rule in rules}
    open_now = visible_to(viewer, Breach.objects.exclude(status=Breach.Status.CLOSED))
    breaches = dict(open_now.values_list("code").annotate(Count("pk")).order_by())
    return [
        _shelved(report, newest.get(report.code), targets, breaches.get(report.code, 0))
        for report in reports
    ]


def _shelved(
    report: Report,
    edition: ReportEdition | None,
    targets: dict[tuple[str, str], Target],
    breaches: int,
) -> Shelved:
    headline = report.figures[0]
    if edition is None or headline.name not in edition.figures:
        return Shelved(report, edition, None, bool(edition and edition.signed), breaches)
    target = targets.get((report.code, headline.name))
    line = Line(headline, told(edition.figures[headline.name]), target)
    return Shelved(report, edition, line, edition.signed, breaches)


def made_before(viewer: Actor, code: str, number: int, *, before: int = 0) -> list[ReportEdition]:
    """The newest `number` editions of a report, those after `before` (a key) left out."""
    found = editions(viewer, code).select_related("asked_by")
    found = found.defer("figures", "groups", "series")
    found = found.annotate(signed=SIGNED, restated=RESTATED)
    return list((found.filter(pk__lt=before) if before else found)[:number])


def behind(kept: Kept, figure: Figure, part: str, group: Any = WHOLE) -> Q:
    """Which rows of an edition stand behind a figure: those that were `counted`, those they were
    counted `of`, those of which it is `unknown`; within one group of the grouping, if named.

    So many rows as the figure says, for counts and shares; those that were added up or put in
    order, for the others.
    """
    report = kept.report
    found = Q() if group is WHOLE else _is(report, kept.edition.grouping, group)
    if figure.among:
        found &= _is(report, figure.among, True)
    columns = [column for column in (figure.of, figure.whole) if column]
    unknown = Q(pk__in=[])
    for column in columns:
        unknown |= _is(report, column, None)
    if part == UNKNOWN:
        return found & unknown
    if part == COUNTED and figure.kind in FLAGS and figure.of:
        return found & _is(report, figure.of, True)
    for column in columns:
        found &= ~_is(report, column, None)
    return found


def whose(kept: Kept, rows: Sequence[Sequence[Any]]) -> list[Patient]:
    """The patients that rows are about, by the identifiers in them.

    Past the read gate on purpose: the trail names them when their rows are looked at; nothing of
    them is shown.
    """
    found = Q()
    for column in kept.report.columns:
        if column.cell is Cell.UID and column.name in PATIENT_BY:
            place = kept.report.place(column.name)
            uids = {row[place] for row in rows if row[place]}
            found |= Q(**{PATIENT_BY[column.name]: uids}) if uids else Q()
    return list(Patient.objects.filter(found).distinct().order_by("pk")) if found else []


def _is(report: Report, column: str, value: Any) -> Q:
    return Q(**{f"cells__{report.place(column)}": value})
