"""The declaration of a report, and the registry that each floor fills when it is ready.

Adding a report is a query and a declaration; docs/reports.md walks through one.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.utils.functional import Promise

from hims.access.roles import Role
from hims.domain.figures import Figure
from hims.domain.periods import Cadence
from hims.models import Actor

Words = str | Promise


class Cell(StrEnum):
    """What a column holds, and so how it is told.

    What the query gives: TEXT str; NUMBER int; AMOUNT Decimal; DURATION whole seconds (int);
    TIME aware datetime; DAY date; FLAG bool; UID UUID, never shown, where a link leads. None is
    "not known" in all of them.
    """

    TEXT = "text"
    NUMBER = "number"
    AMOUNT = "amount"
    DURATION = "duration"
    TIME = "time"
    DAY = "day"
    FLAG = "flag"
    UID = "uid"


@dataclass(frozen=True)
class Column:
    """One column of the rows behind the numbers.

    to: (url name, column of kind UID) where a click leads. words: what stands for a value of the
    data ("EMER" -> "emergency"); the files hold the same words. shown: False for columns that only
    figures and charts need (they are in the files all the same). wide: share of a printed line.
    """

    name: str
    title: Words
    cell: Cell = Cell.TEXT
    to: tuple[str, str] | None = None
    words: Mapping[str, Words] = field(default_factory=dict)
    shown: bool = True
    wide: float = 1.0
    unit: Words = ""


@dataclass(frozen=True)
class Filter:
    """A choice that narrows the rows: the query gets the chosen value, or None, under `name`."""

    name: str
    title: Words
    choices: Callable[[Actor], Sequence[tuple[str, Words]]]


@dataclass(frozen=True)
class RunChart:
    """A figure over time, with its target and its median. by: the column of kind DAY (the day, or
    the first day of the week) that a point stands for."""

    figure: str
    by: str = "day"
    title: Words = ""


@dataclass(frozen=True)
class StackedBars:
    """A figure that adds up (a count or a total), a bar for each value of `by`, stacked by
    `cause`."""

    figure: str
    by: str
    cause: str
    title: Words = ""


@dataclass(frozen=True)
class Asked:
    """What a query is asked: the half-open period in UTC, the day it is asked on, and the filters
    (None where none was chosen)."""

    begins: datetime
    ends: datetime
    now: datetime
    zone: str
    filters: dict[str, str | None]

    def parameters(self) -> dict[str, Any]:
        """As parameters of SQL: begins, ends, now, zone, and each filter by its name."""
        return {
            "begins": self.begins,
            "ends": self.ends,
            "now": self.now,
            "zone": self.zone,
            **self.filters,
        }


@dataclass(frozen=True)
class Report:
    """One report of the house.

    code: as in R20, or a short name; never changed. slug: its address. version: of the definition;
    it grows with any change of what is counted. says: sentences that define it, for who signs.
    permission: who may see it. signers: who may sign it. cadence: its standard period. sql: one
    statement that gives `columns` in their order, ordered; its placeholders are those of
    Asked.parameters. key: columns that tell one row from the next. figures: the first is the
    headline. groupings: columns by which the figures may be told apart, the first by default.
    inline_days: up to so many days it is made while one waits; longer ones are work for the worker.
    """

    code: str
    slug: str
    title: Words
    version: int
    says: Sequence[Words]
    permission: str
    signers: frozenset[Role]
    cadence: Cadence
    sql: str
    columns: Sequence[Column]
    key: Sequence[str]
    figures: Sequence[Figure]
    groupings: Sequence[str] = ()
    filters: Sequence[Filter] = ()
    charts: Sequence[RunChart | StackedBars] = ()
    inline_days: int = 31

    def place(self, column: str) -> int:
        """Where a column stands in a row, from 0."""
        return self.names.index(column)

    @property
    def names(self) -> list[str]:
        return [column.name for column in self.columns]

    def column(self, name: str) -> Column:
        return self.columns[self.place(name)]

    def figure(self, name: str) -> Figure:
        return next(one for one in self.figures if one.name == name)


_reports: dict[str, Report] = {}


def register_report(report: Report) -> None:
    """Hand down a report. Raises ValueError for one that is declared twice or names a column that
    it does not have."""
    if report.code in _reports or any(report.slug == one.slug for one in _reports.values()):
        raise ValueError(f"report {report.code} is declared twice")
    names = set(report.names)
    named = {
        *report.key,
        *report.groupings,
        *(column.to[1] for column in report.columns if column.to),
        *(one for figure in report.figures for one in (figure.of, figure.whole, figure.among)),
        *(chart.by for chart in report.charts),
        *(chart.cause for chart in report.charts if isinstance(chart, StackedBars)),
    } - {""}
    if named - names or len(names) != len(report.columns):
        raise ValueError(f"report {report.code} names columns it has not: {sorted(named - names)}")
    for chart in report.charts:
        report.figure(chart.figure)
    _reports[report.code] = report


def report_of(code: str) -> Report:
    """The report declared under `code`; LookupError if there is none."""
    return _reports[code]


def report_at(slug: str) -> Report | None:
    """The report whose address is `slug`."""
    return next((one for one in _reports.values() if one.slug == slug), None)


def all_reports() -> list[Report]:
    """Every report of the house, R1 before R10, named ones last."""
    return sorted(_reports.values(), key=_order)


def reports_for(viewer: Actor) -> list[Report]:
    """Those that `viewer` may see."""
    return [one for one in all_reports() if viewer.may(one.permission)]


def _order(report: Report) -> tuple[int, str]:
    number = report.code.removeprefix("R")
    return (int(number), "") if number.isdigit() else (1000, report.code)
