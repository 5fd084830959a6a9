"""What was signed is checked: the same report is made again, and where data came in since, the
new edition stands beside the signed one with the differences listed."""

import json
from datetime import datetime
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from hims.action import action, step, touches
from hims.actions.reports.asking import have_made
from hims.domain.periods import Period
from hims.errors import Finding, Refused
from hims.models import Actor, ReportEdition
from hims.reporting.declared import Report, report_of

KEPT = 200  # rows that differ are told one by one up to so many; all are counted
Source, Status = ReportEdition.Source, ReportEdition.Status


@action("report.ask")
def check_again(
    *, actor: Actor, now: datetime, edition: ReportEdition, waits: bool = False
) -> ReportEdition:
    """Have a signed edition made once more from today's data, to see whether it still holds.

    waits: the caller makes it at once. Raises Refused for one that nobody signed, or whose
    definition has changed since: other numbers would then say nothing about the data.
    """
    report = report_of(edition.code)
    if not edition.signatures.exists():
        text = _("Nobody has signed this report. Make it anew instead.")
        raise Refused(Finding("not_signed", text))
    if edition.definition != report.version:
        text = _("This report is counted in another way since. It cannot be compared any more.")
        raise Refused(Finding("other_definition", text))
    touches(edition)
    return have_made(
        actor=actor,
        now=now,
        report=report,
        period=Period(edition.first, edition.until),
        filters=edition.filters,
        grouping=edition.grouping,
        source=Source.CHECK,
        restates=edition,
        waits=waits,
    )


@step
def differences(edition: ReportEdition, report: Report) -> dict[str, Any]:
    """What sets `edition`, counted and about to be kept, apart from the one it restates.

    {"rows": 0} where the rows are the same to the byte; an older edition that found the same is
    then thrown away. Else "rows" with "added", "gone" and "changed" counted, "kept": the first of
    them as {"what", "key", "before", "after", "columns"}, and "figures": those that came out
    otherwise, as {"figure", "before", "after"}.
    """
    signed = edition.restates
    if signed is None:
        return {}
    if edition.sha256 == signed.sha256:
        older = signed.restated_by.filter(differences__rows=0, signatures=None, status=Status.DONE)
        older.exclude(pk=edition.pk).delete()
        return {"rows": 0}
    counted, kept = _rows_apart(signed, edition, report)
    return {
        "rows": sum(counted.values()),
        **counted,
        "kept": kept,
        "figures": [
            {"figure": name, "before": signed.figures[name], "after": edition.figures[name]}
            for name in (figure.name for figure in report.figures)
            if signed.figures.get(name) != edition.figures[name]
        ],
    }


APART = """
WITH before AS (
    SELECT position, cells, {key} AS key,
        row_number() OVER (PARTITION BY {key} ORDER BY position) AS nth
    FROM hims_reportrow WHERE edition_id = %(before)s
), after AS (
    SELECT position, cells, {key} AS key,
        row_number() OVER (PARTITION BY {key} ORDER BY position) AS nth
    FROM hims_reportrow WHERE edition_id = %(after)s
), apart AS (
    SELECT before.cells AS was, after.cells AS is_now, coalesce(after.key, before.key) AS key,
        coalesce(after.position, before.position) AS position,
        CASE WHEN before.cells IS NULL THEN 'added' WHEN after.cells IS NULL THEN 'gone'
            ELSE 'changed' END AS what
    FROM before FULL JOIN after ON after.key = before.key AND after.nth = before.nth
    WHERE before.cells IS DISTINCT FROM after.cells
)
"""
"""The rows of two editions side by side, by the columns that tell one row from the next."""


def _rows_apart(
    signed: ReportEdition, edition: ReportEdition, report: Report
) -> tuple[dict[str, int], list[dict[str, Any]]]:
    """How many rows were added, are gone and changed; and the first of them."""
    places = ", ".join(f"cells -> {report.place(name)}" for name in report.key)
    apart = APART.format(key=f"jsonb_build_array({places})")
    asked = {"before": signed.pk, "after": edition.pk, "kept": KEPT}
    counted = dict.fromkeys(("added", "gone", "changed"), 0)
    with connection.cursor() as cursor:
        cursor.execute(f"{apart} SELECT what, count(*) FROM apart GROUP BY what", asked)
        counted.update(cursor.fetchall())
        cursor.execute(
            f"{apart} SELECT jsonb_build_object('what', what, 'key', key, 'before', was,"
            " 'after', is_now)::text FROM apart ORDER BY position, what LIMIT %(kept)s",
            asked,
        )
        kept = [json.loads(row) for (row,) in cursor.fetchall()]
    for row in kept:
        pairs = zip(report.names, row["before"] or [], row["after"] or [], strict=False)
        row["columns"] = [name for name, was, now in pairs if was != now]
    return counted, kept
