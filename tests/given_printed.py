"""A report to draw and print, counted from rows that a test writes down; no database is asked."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from hims.access.roles import Role
from hims.domain import figures
from hims.domain.figures import Tally
from hims.domain.periods import Cadence
from hims.models import Actor, ReportEdition, ReportRule
from hims.queries.editions import Kept
from hims.reporting.cells import Digest, keepers
from hims.reporting.counting import as_kept, by_of
from hims.reporting.declared import Cell, Column, Report, RunChart, StackedBars
from tests.given_reports import declared

MADE = datetime(2027, 1, 5, 6, 7, 8, tzinfo=UTC)
FIRST = date(2026, 10, 1)

WAITS = Report(
    code="WAITS",
    slug="waits-printed",
    title="Waits",
    version=4,
    says=["A wait is counted on the day on which it began."],
    permission="reports.flow",
    signers=frozenset({Role.MANAGER, Role.CHARGE_NURSE}),
    cadence=Cadence.MONTH,
    sql="SELECT 1",
    columns=[
        Column("visit", "Visit"),
        Column("ward", "Ward"),
        Column("cause", "Waited for"),
        Column("took", "Took", Cell.DURATION),
        Column("short", "Short", Cell.FLAG),
        Column("cost", "Cost", Cell.AMOUNT, unit="EUR"),
        Column("began", "Began", Cell.TIME),
        Column("patient", "Patient", wide=2.0),
        Column("day", "Day", Cell.DAY, shown=False),
    ],
    key=["visit"],
    figures=[
        figures.share("short", "Short waits", "short", better="higher"),
        figures.median("took", "Wait, median", "took", unit="min", scale=60, places=1),
        figures.count("visits", "Visits"),
        figures.total("cost", "Cost", "cost", unit="EUR", places=2),
    ],
    groupings=["ward"],
    charts=[
        RunChart("short"),
        RunChart("took"),
        StackedBars("visits", by="ward", cause="cause"),
        StackedBars("cost", by="day", cause="cause"),
    ],
)


class Written(Kept):
    """An edition whose rows are at hand."""

    def __init__(self, edition: ReportEdition, rows: Sequence[list[Any]]):
        super().__init__(edition)
        self._rows = rows
        self.rules, self.signatures, self.before = [], [], None

    def cells(self) -> Iterator[list[Any]]:
        return iter(self._rows)


@contextmanager
def house() -> Iterator[None]:
    """While the block runs, the report of waits is one of the house."""
    with declared(WAITS):
        yield


def wait(
    day: int,
    took: int | None = 600,
    *,
    ward: str | None = "West",
    cause: str | None = "bed",
    short: bool | None = True,
    cost: str = "1.50",
    patient: str = "Ada Ng",
    visit: str = "V-1",
) -> tuple[Any, ...]:
    """One wait, `day` days after the first of October."""
    on = FIRST + timedelta(days=day)
    began = datetime.combine(on, time(9, 30), UTC)
    return (visit, ward, cause, took, short, Decimal(cost), began, patient, on)


def written(rows: Iterable[tuple[Any, ...]], *, grouping: str = "ward", days: int = 31) -> Written:
    """The edition of these rows."""
    tally = Tally(WAITS.figures, WAITS.names, by_of(WAITS, grouping))
    keep, digest = keepers(WAITS.columns), Digest(WAITS.columns)
    kept = []
    for row in rows:
        tally.add([row])
        kept.append([one(cell) for one, cell in zip(keep, row, strict=True)])
    digest.add(kept)
    figures_of, groups, series = as_kept(WAITS, grouping, tally)
    until = FIRST + timedelta(days=days)
    edition = ReportEdition(
        code=WAITS.code,
        definition=WAITS.version,
        first=FIRST,
        until=until,
        begins=datetime.combine(FIRST, time(), UTC),
        ends=datetime.combine(until, time(), UTC),
        grouping=grouping,
        standard=True,
        source="page",
        asked_by=Actor(name="Mia Manager"),
        asked_at=MADE,
        status="done",
        data_as_of=MADE,
        done_at=MADE,
        row_count=len(kept),
        sha256=digest.hexdigest(),
        figures=figures_of,
        groups=groups,
        series=series,
        check_code="7KQF-2MXA-9PRT",
    )
    return Written(edition, kept)


def target(figure: str, comparison: str, value: str, **more: Any) -> ReportRule:
    return ReportRule(
        code=WAITS.code, figure=figure, comparison=comparison, value=Decimal(value), **more
    )
