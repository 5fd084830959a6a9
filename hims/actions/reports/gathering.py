"""The making of a report: its rows read once, from one snapshot, counted, digested and kept.

Memory stays flat: rows come by a cursor of the server's and go out by COPY, some thousands at a
time. Everything is one transaction, so that a crash leaves nothing half made; how far it is stands
beside it, written through a connection of its own.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

import msgspec
from django.db import DEFAULT_DB_ALIAS, connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.utils import timezone

from hims.action import action, step, touches
from hims.actions.reports.breaches import note_breaches
from hims.actions.reports.restating import differences
from hims.actions.reports.schedules import tell_ready
from hims.domain.figures import Tally
from hims.errors import NotFound
from hims.models import Actor, AuditSeal, ReportEdition, ReportProgress
from hims.reporting.cells import Digest, keepers, kept_rows
from hims.reporting.counting import as_kept, by_of
from hims.reporting.declared import Asked, Report, report_of

AT_ONCE = 2_000  # rows between two looks at whether it was called off
TRIES = 3
Status = ReportEdition.Status


class CalledOff(Exception):
    """Somebody asked that the report be not made after all."""


@action("report.gather")
def gather(*, actor: Actor, now: datetime, edition: ReportEdition) -> ReportEdition:
    """Read, count and keep the rows of a queued edition.

    Raises NotFound when it is made already or being made by somebody else, CalledOff when it was
    called off; nothing is left of it then.
    """
    _hold_snapshot()
    free = ReportEdition.objects.select_for_update(skip_locked=True)
    row = free.filter(pk=edition.pk, status=Status.QUEUED).first()
    if row is None:
        raise NotFound("this report is made, or somebody else makes it")
    touches(row)
    report = report_of(row.code)
    tally = Tally(report.figures, report.names, by_of(report, row.grouping))
    digest = Digest(report.columns)
    keep = keepers(report.columns)
    position = 0
    with _progress(row) as tell:
        tell(0)
        for rows in _rows(report, row, now):
            tally.add(rows)
            kept = kept_rows(keep, rows)
            digest.add(kept)
            digest.take()
            position = _copy(row, position, kept)
            tell(position)
    row.figures, row.groups, row.series = as_kept(report, row.grouping, tally)
    row.row_count = position
    row.sha256 = digest.hexdigest()
    row.data_as_of = now
    row.done_at = _by_the_database()
    row.seal = AuditSeal.objects.order_by("-number").first()
    row.status = Status.DONE
    row.differences = differences(row, report)
    row.save()
    note_breaches(edition=row, now=now, actor=actor)
    tell_ready(edition=row, now=now)
    return row


@action("report.settle")
def settle(
    *, actor: Actor, now: datetime, edition: ReportEdition, error: str = ""
) -> ReportEdition:
    """Write down that the making of an edition was called off, or failed; after three failures it
    stays so."""
    row = ReportEdition.objects.select_for_update().get(pk=edition.pk)
    touches(row)
    if row.status != Status.QUEUED:
        return row
    if error:
        progress = ReportProgress.objects.select_for_update().get(edition=row)
        progress.attempts += 1
        progress.save(update_fields=["attempts"])
        row.status = Status.FAILED if progress.attempts >= TRIES else Status.QUEUED
        row.error = error
    else:
        row.status = Status.CANCELLED
    row.save(update_fields=["status", "error"])
    return row


def _rows(report: Report, row: ReportEdition, now: datetime) -> Iterator[list[tuple]]:
    """The rows of the report's one statement, some thousands at a time."""
    chosen: dict[str, str | None] = {one.name: row.filters.get(one.name) for one in report.filters}
    zone = timezone.get_default_timezone_name()
    asked = Asked(row.begins, row.ends, now, zone, chosen)
    with connection.cursor() as plain:
        # All rows are wanted, not the first tenth of them, for which a cursor plans otherwise.
        plain.execute("SET LOCAL cursor_tuple_fraction = 1")
    with connection.connection.cursor(name="report") as cursor:
        cursor.itersize = AT_ONCE
        cursor.execute(report.sql, asked.parameters())
        while rows := cursor.fetchmany(AT_ONCE):
            yield rows


@step
def _copy(row: ReportEdition, position: int, kept: Sequence[tuple]) -> int:
    """Keep rows after the first `position`; how many there are now."""
    # COPY's text format: a tab between columns, a backslash doubled; JSON has neither tabs nor
    # line ends of its own.
    said = b"".join(
        b"%d\t%d\t%s\n" % (row.pk, at, msgspec.json.encode(cells).replace(b"\\", b"\\\\"))
        for at, cells in enumerate(kept, position)
    )
    with (
        connection.cursor() as cursor,
        cursor.copy("COPY hims_reportrow (edition_id, position, cells) FROM STDIN") as copy,
    ):
        copy.write(said)
    return position + len(kept)


@contextmanager
def _progress(row: ReportEdition) -> Iterator[Callable[[int], None]]:
    """A function that tells how many rows there are, seen at once by everybody. It raises CalledOff
    when somebody asked for that."""
    beside = connections.create_connection(DEFAULT_DB_ALIAS)
    with beside.cursor() as cursor:
        cursor.execute("SET synchronous_commit = off")  # a beat lost in a power cut is no loss

    def tell(rows: int) -> None:
        if _beat(beside, row, rows):
            raise CalledOff

    try:
        yield tell
    finally:
        beside.close()


@step
def _beat(beside: BaseDatabaseWrapper, row: ReportEdition, rows: int) -> bool:
    """Write down how many rows there are; whether it was called off."""
    with beside.cursor() as cursor:
        cursor.execute(
            "UPDATE hims_reportprogress SET rows = %s, beat_at = clock_timestamp()"
            " WHERE edition_id = %s RETURNING cancel_asked",
            [rows, row.pk],
        )
        found = cursor.fetchone()
    return bool(found and found[0])


def _by_the_database() -> datetime:
    """What the database's clock says at this moment of a long transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        return cursor.fetchone()[0]


def _hold_snapshot() -> None:
    """Have all statements of this transaction see the data of one moment (REPEATABLE READ).

    Only the first statement of the outermost transaction may say so; within another one, which
    tests have around them, the report's one statement is a snapshot by itself.
    """
    if connection.savepoint_ids:
        return
    with connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
