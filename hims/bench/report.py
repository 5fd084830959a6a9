"""Reports over a large hospital: the making of one beside its own statement run bare, and how it
grows from ten thousand lines of the ledger to a million.

Making is all of it: the rows read, counted, told apart, digested and kept.
"""

import re
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone

from hims.access.roles import Role
from hims.actions.reports.asking import ask
from hims.bench import hospital, stockroom, visits
from hims.bench.figures import Figure, middle
from hims.bench.scratch import House, Say
from hims.domain.periods import Period
from hims.models import Actor, ReportEdition
from hims.queries.editions import Kept
from hims.reporting import paper
from hims.reporting.declared import Asked, Report, report_of
from hims.reporting.making import make
from inventory.models import StockPlace

BARE = "its own SQL by bare psycopg, rows fetched"
EACH = 20
"""Movements of a lot, of two lines each."""
PRODUCTS = 200
PDF_ALLOWED_S = 10.0
PAGES, ROWS_OF_A_PAGE = 100, 30
PAGE = re.compile(rb"/Type\s*/Page\b(?!s)")

# Every tenth thing that left a shelf was wasted, not given; every fiftieth lot's last day was one
# of the period; all of it is kept under lock.
WASTE = """
ALTER TABLE inventory_movement DISABLE TRIGGER USER;
ALTER TABLE inventory_movementline DISABLE TRIGGER USER;
UPDATE inventory_movement SET kind = 'waste', reason = 'broken'
WHERE kind = 'dispense' AND id % 10 = 0;
UPDATE inventory_movementline SET place_id = (
    SELECT id FROM inventory_stockplace WHERE code = 'WORLD-WASTE')
WHERE virtual AND quantity > 0 AND movement_id % 10 = 0;
UPDATE inventory_lot SET expiry = current_date - 88 WHERE id % 50 = 0;
UPDATE inventory_product SET schedule = 'II', price = 2.5;
ALTER TABLE inventory_movement ENABLE TRIGGER USER;
ALTER TABLE inventory_movementline ENABLE TRIGGER USER;
VACUUM ANALYZE;
"""


def measure(
    house: House,
    say: Say,
    *,
    lines: Sequence[int] = (10_000, 100_000, 1_000_000),
    visited: Sequence[int] = (10_000, 200_000),
    pages: int = PAGES,
    times: int = 3,
) -> list[Figure]:
    """Seconds of R8 and R9 over the ledger at each number of `lines`, of R20 over as many visits as
    were `visited`, of a PDF, and the memory that making takes, each the middle of `times`."""
    manager = hospital.somebody(Role.MANAGER).actor
    now = timezone.now()
    figures = _over_the_ledger(house, say, manager, now, lines, times)
    year = Period(now.date() - timedelta(days=400), now.date() - timedelta(days=30))
    begins = datetime.combine(year.first, datetime.min.time(), timezone.get_default_timezone())
    held = []
    for before, last in pairwise([0, *visited]):
        say(f"{last} visits")
        visits.visits(house, first=before + 1, last=last, of=visited[-1], begins=begins)
        held.append(_held_mb(house, manager, "R20", year))
    r20 = report_of("R20")
    ours, bare = _beside(house, manager, now, r20, year, times)
    figures.append(Figure("report_r20", ours, "s", BARE, bare))
    figures.append(
        Figure(
            "report_memory_mb",
            held[-1],
            "MB",
            f"R20 of {visited[0]} visits instead of {visited[-1]}, a process of its own",
            held[0],
        )
    )
    say(f"A PDF of {pages} pages")
    figures.append(_pdf(manager, now, r20, year, visited[-1], pages))
    return figures


def _over_the_ledger(
    house: House,
    say: Say,
    manager: Actor,
    now: datetime,
    lines: Sequence[int],
    times: int,
) -> list[Figure]:
    """R8 and R9 over the whole ledger, at each of its sizes."""
    period = Period(now.date() - timedelta(days=91), now.date() - timedelta(days=80))
    took: dict[str, list[tuple[float, float]]] = {"R8": [], "R9": []}
    for before, here in pairwise([0, *lines]):
        say(f"{here} lines of the ledger")
        _ledger(house, before // (2 * EACH) + 1, here // (2 * EACH))
        for code, found in took.items():
            found.append(_beside(house, manager, now, report_of(code), period, times))
    figures = []
    for code, found in took.items():
        name = f"report_{code.lower()}"
        figures.append(Figure(name, found[-1][0], "s", BARE, found[-1][1]))
        for place in range(1, len(lines)):
            grown = lines[place] / lines[place - 1]
            figures.append(
                Figure(
                    f"report_linear_{code.lower()}_{lines[place]}",
                    found[place][0],
                    "s",
                    f"{grown:g} times that of {lines[place - 1]} lines",
                    found[place - 1][0] * grown,
                )
            )
    return figures


def _ledger(house: House, first: int, last: int) -> None:
    """Lots `first` to `last` with their movements, of which some are waste."""
    stockroom.stock(house, products=PRODUCTS, first=first, last=last, each=EACH)
    StockPlace.objects.get_or_create(
        code="WORLD-WASTE",
        defaults={"name": "waste", "kind": StockPlace.Kind.WASTE, "virtual": True},
    )
    for statement in WASTE.split(";"):
        if statement.strip():
            house.as_owner(statement)


def _beside(
    house: House, manager: Actor, now: datetime, report: Report, period: Period, times: int
) -> tuple[float, float]:
    """Seconds of the making of a report, and of its statement run bare; taken in turns."""
    begins, ends = period.bounds(timezone.get_default_timezone())
    nothing = dict.fromkeys(one.name for one in report.filters)
    asked = Asked(begins, ends, now, timezone.get_default_timezone_name(), nothing)
    ours, bare = [], []
    with house.connect(autocommit=True) as plain:
        for _ in range(times):
            bare.append(_s(lambda: plain.execute(report.sql, asked.parameters()).fetchall()))
            edition = ask(actor=manager, now=now, report=report, period=period, waits=True)
            ours.append(_s(lambda edition=edition: _made(edition, now)))
    return middle(ours), middle(bare)


def _made(edition: ReportEdition, now: datetime) -> Kept:
    done = make(edition.pk, now)
    if done is None or done.status != ReportEdition.Status.DONE:
        raise CommandError(f"{edition.code} could not be made: {done and done.error}")
    return Kept(done)


def _held_mb(house: House, manager: Actor, code: str, period: Period) -> float:
    """The most memory that a process held which made the report and did nothing else."""
    question = [code, period.first.isoformat(), period.until.isoformat(), str(manager.pk)]
    said = subprocess.run(
        [sys.executable, "-m", "hims.bench.maker", *question],
        env=house.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if said.returncode:
        raise CommandError(f"{code} could not be made: {said.stderr.strip()[-400:]}")
    return float(said.stdout)


def _pdf(
    manager: Actor, now: datetime, report: Report, year: Period, visited: int, pages: int
) -> Figure:
    """Seconds of a PDF of so many pages, all of its rows in it."""
    days = max(1, round(pages * ROWS_OF_A_PAGE * 365 / visited))
    period = Period(year.first, min(year.first + timedelta(days=days), year.until))
    edition = ask(actor=manager, now=now, report=report, period=period, waits=True)
    kept = _made(edition, now)
    begun = time.perf_counter()
    content = paper.pdf(kept, now=now)
    took = time.perf_counter() - begun
    found = len(PAGE.findall(content))
    reference = f"allowed; it was {found} pages in {took:.1f} s"
    return Figure(f"report_pdf_{pages}_pages", took * pages / found, "s", reference, PDF_ALLOWED_S)


def _s(function: Callable[[], Any]) -> float:
    begun = time.perf_counter()
    function()
    return time.perf_counter() - begun
