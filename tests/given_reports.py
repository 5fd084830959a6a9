"""A small report to try the reporting on: six lamps, made of constants; and any report, made."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from hims.access.roles import Role
from hims.actions.reports.asking import ask
from hims.domain import figures
from hims.domain.periods import Cadence, Period
from hims.models import Actor
from hims.queries.editions import Kept
from hims.reporting import declared as registry
from hims.reporting.declared import Cell, Column, Filter, Report, RunChart, StackedBars
from hims.reporting.making import make

SQL = """
SELECT name, room, burns, hours, bulb, (%(begins)s AT TIME ZONE %(zone)s)::date AS day
FROM (VALUES
    ('=1+1', 'hall', true, 1, 'glow'), ('lamp, small', 'hall', true, 2, 'glow'),
    ('desk', 'kitchen', true, 3, 'tube'), ('ceiling', 'kitchen', true, 4, 'tube'),
    ('stove', 'kitchen', false, 5, 'glow'), ('lost', NULL, NULL, NULL, NULL)
) AS lamp (name, room, burns, hours, bulb)
WHERE %(room)s::text IS NULL OR room = %(room)s
ORDER BY name
"""

LAMPS = Report(
    code="LAMPS",
    slug="lamps",
    title="Lamps",
    version=1,
    says=["A lamp burns when somebody saw it burn."],
    permission="reports.flow",
    signers=frozenset({Role.MANAGER}),
    cadence=Cadence.MONTH,
    sql=SQL,
    columns=[
        Column("name", "Lamp"),
        Column("room", "Room"),
        Column("burns", "Burns", Cell.FLAG),
        Column("hours", "Hours", Cell.NUMBER),
        Column("bulb", "Bulb"),
        Column("day", "Day", Cell.DAY, shown=False),
    ],
    key=["name"],
    figures=[
        figures.share("burning", "Burning", "burns", better="higher"),
        figures.count("lamps", "Lamps"),
        figures.total("hours", "Hours burnt", "hours", unit="h"),
        figures.median("half", "Half burnt at least", "hours", unit="h", places=1),
        figures.ninetieth("most", "Nine in ten burnt at most", "hours", unit="h"),
    ],
    groupings=["room", "bulb"],
    filters=[Filter("room", "Room", lambda viewer: [("hall", "Hall"), ("kitchen", "Kitchen")])],
    charts=[RunChart("burning"), StackedBars("lamps", by="room", cause="bulb")],
)


@contextmanager
def declared(report: Report) -> Iterator[None]:
    """While the block runs, the house has this report too."""
    registry.register_report(report)
    try:
        yield
    finally:
        registry._reports.pop(report.code)


def made(report: Report, period: Period, viewer: Actor, now: datetime, **filters: str) -> Kept:
    """The finished edition of a report over `period`, as everybody is told it; `grouping` among
    the filters chooses by what it is told apart."""
    grouping = filters.pop("grouping", "")
    edition = ask(
        actor=viewer, now=now, report=report, period=period, filters=filters, grouping=grouping
    )
    make(edition.pk, now)
    edition.refresh_from_db()
    assert edition.status == edition.Status.DONE, edition.error
    return Kept(edition)
