"""Reports as they were made: which there are, and everything that is told of one, in one place.

The page, the CSV, the XLSX, the PDF and the API all tell an edition through `Kept`; none of them
counts anything.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from django.db import connection
from django.db.models import BigIntegerField, DecimalField, Exists, OuterRef, QuerySet
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast

from hims.access.scopes import the_one, visible_to
from hims.domain.figures import Figure, Told, told
from hims.domain.periods import Period
from hims.models import Actor, ReportEdition, ReportRow, ReportRule, ReportSignature
from hims.reporting.declared import Cell, Report, report_of

AT_ONCE = 2_000
SIGNED = Exists(ReportSignature.objects.filter(edition=OuterRef("pk")))
GONE = timedelta(seconds=60)  # after so long without a beat nobody makes it any more
ORDERED_AS: dict[Cell, Any] = {
    Cell.NUMBER: BigIntegerField(),
    Cell.AMOUNT: DecimalField(max_digits=40, decimal_places=10),
    Cell.DURATION: BigIntegerField(),
}


@dataclass(frozen=True)
class Target:
    """What a figure is held to, and what that follows from."""

    rule: ReportRule

    def missed(self, told: Told) -> bool:
        """Whether the figure misses it; what has no value misses nothing."""
        if told.value is None or self.rule.value is None:
            return False
        if self.rule.comparison == ReportRule.Comparison.AT_MOST:
            return told.value > self.rule.value
        return told.value < self.rule.value


@dataclass(frozen=True)
class Line:
    """One figure as it is told: what it is, what it came to, its target and what it was before
    (None where there is none)."""

    figure: Figure
    told: Told
    target: Target | None = None
    before: Told | None = None

    @property
    def in_breach(self) -> bool:
        return self.target is not None and self.target.missed(self.told)


@dataclass(frozen=True)
class Only:
    """Which rows: those whose cell in `column` is `value`, as kept (a flag True, False or None; a
    text; None: not known). Two stand for a figure within a group."""

    column: str
    value: Any


class Kept:
    """A finished edition, its declaration and everything that is told of it."""

    def __init__(self, edition: ReportEdition):
        self.edition = edition
        self.report: Report = report_of(edition.code)

    @cached_property
    def rules(self) -> list[ReportRule]:
        """The targets and citations that hold now."""
        return list(ReportRule.objects.filter(code=self.edition.code, active=True).order_by("pk"))

    @cached_property
    def targets(self) -> dict[str, Target]:
        return {rule.figure: Target(rule) for rule in self.rules if rule.figure}

    @cached_property
    def before(self) -> ReportEdition | None:
        """The newest edition of the period just before, asked in the same way."""
        earlier = Period(self.edition.first, self.edition.until).before()
        return (
            ReportEdition.objects.filter(
                code=self.edition.code,
                first=earlier.first,
                until=earlier.until,
                filters=self.edition.filters,
                definition=self.edition.definition,
                status=ReportEdition.Status.DONE,
            )
            .order_by("-pk")
            .first()
        )

    @cached_property
    def lines(self) -> list[Line]:
        """The figures of the whole report, the headline first."""
        earlier = self.before.figures if self.before else {}
        return [
            Line(
                figure,
                told(self.edition.figures[figure.name]),
                self.targets.get(figure.name),
                told(earlier[figure.name]) if figure.name in earlier else None,
            )
            for figure in self.report.figures
        ]

    @cached_property
    def groups(self) -> list[tuple[Any, list[Line]]]:
        """(kept key of the grouping, the figures of that group), in order."""
        found = []
        for group in self.edition.groups:
            lines = []
            for figure in self.report.figures:
                target = self.targets.get(figure.name)
                held = target if target and target.rule.each else None
                lines.append(Line(figure, told(group["figures"][figure.name]), held))
            found.append((group["key"], lines))
        return found

    @cached_property
    def signatures(self) -> list[ReportSignature]:
        return list(self.edition.signatures.select_related("actor").order_by("at", "pk"))

    def rows(
        self, *, only: Sequence[Only] = (), order: str = "", backwards: bool = False
    ) -> QuerySet[ReportRow]:
        """The rows behind the numbers, as reported or in order of a column (unknown ones last).

        Raises LookupError for a column that the report has not.
        """
        found = ReportRow.objects.filter(edition=self.edition)
        for one in only:
            found = found.filter(**{f"cells__{self.report.place(one.column)}": one.value})
        if not order:
            return found.order_by("position")
        value: Any = KeyTextTransform(str(self.report.place(order)), "cells")
        if orders := ORDERED_AS.get(self.report.column(order).cell):
            value = Cast(value, orders)
        way = value.desc(nulls_last=True) if backwards else value.asc(nulls_last=True)
        return found.order_by(way, "position")

    def cells(self) -> Iterator[list[Any]]:
        """The cells of all rows in order, some thousands in memory at a time."""
        last = -1
        while True:
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT position, cells::text FROM hims_reportrow"
                    " WHERE edition_id = %s AND position > %s ORDER BY position LIMIT %s",
                    [self.edition.pk, last, AT_ONCE],
                )
                found = cursor.fetchall()
            if not found:
                return
            last = found[-1][0]
            yield from (json.loads(cells) for _position, cells in found)


def editions(viewer: Actor, code: str = "") -> QuerySet[ReportEdition]:
    """What was made of the reports that the viewer may see, newest first."""
    found = visible_to(viewer, ReportEdition.objects.all())
    return (found.filter(code=code) if code else found).order_by("-pk")


def edition_of(viewer: Actor, uid: Any) -> ReportEdition:
    """One edition; NotFound if there is none that the viewer may see."""
    return the_one(viewer, ReportEdition.objects.select_related("asked_by", "seal"), uid=uid)


def newest(
    viewer: Actor, report: Report, *, first: Any, until: Any, filters: dict, grouping: str
) -> ReportEdition | None:
    """The edition that answers a question, made or being made: a signed one before others, then
    the newest."""
    return (
        editions(viewer, report.code)
        .filter(first=first, until=until, filters=filters, grouping=grouping)
        .filter(definition=report.version)
        .filter(status__in=[ReportEdition.Status.QUEUED, ReportEdition.Status.DONE])
        .annotate(signed=SIGNED)
        .order_by("-signed", "-pk")
        .first()
    )


def gone(now: datetime) -> list[int]:
    """Editions that wait, and that nobody has made for a minute: the worker is woken for them."""
    waiting = ReportEdition.objects.filter(
        status=ReportEdition.Status.QUEUED, progress__beat_at__lt=now - GONE
    )
    return list(waiting.order_by("pk").values_list("pk", flat=True)[:50])
