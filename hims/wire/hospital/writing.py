"""A Hospital to the CSV files it can be read from again, and rejects to a CSV of their own."""

import csv
import io
from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from .cells import guard
from .layout import SHEETS, Hospital
from .rows import ABSENT, Reject


def write(hospital: Hospital) -> dict[str, bytes]:
    """File name -> content, UTF-8 with a header row; a sheet without rows makes no file."""
    return {
        sheet.file: _table(
            list(sheet.columns),
            (
                [
                    _cell(getattr(row, column), "; " if column in sheet.listed else " ")
                    for column in sheet.columns
                ]
                for row in hospital.rows(name).values()
            ),
        )
        for name, sheet in SHEETS.items()
        if hospital.rows(name)
    }


def rejects_to_csv(rejects: list[Reject]) -> bytes:
    """Columns file, line, reason, row (as it stood there, where a row is meant)."""
    return _table(
        ["file", "line", "reason", "row"],
        ([r.file, str(r.line), guard(r.reason), guard(r.row)] for r in rejects),
    )


def _table(header: list[str], rows: Iterable[list[str]]) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return out.getvalue().encode()


def _cell(value: object, between: str) -> str:
    if value is None or value is ABSENT:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    if isinstance(value, float):
        return repr(int(value)) if value.is_integer() else repr(value)
    if isinstance(value, int):
        return str(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, tuple):
        return guard(between.join(value))
    return guard(str(value))
