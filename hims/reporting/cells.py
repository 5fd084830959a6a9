"""The cells of a report: as they are kept, and as one text in every file, which is what the
SHA-256 of a report is taken over.

    sha256sum R20_2026-10.csv

gives what stands printed on the report: the file of rows is digested as it is downloaded.
"""

import csv
import hashlib
import io
import re
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from django.utils.encoding import force_str

from .declared import Cell, Column

STARTS_A_FORMULA = re.compile(r"[\t\r\n]|\s*[=+\-@＝＋－＠]")
"""A spreadsheet takes such a text for a formula (OWASP, CSV injection): it gets an apostrophe."""


def keepers(columns: Sequence[Column]) -> list[Callable[[Any], Any]]:
    """How each cell of a row from the database is kept, as plain JSON."""
    return [_KEEP[column.cell](column) for column in columns]


def kept_rows(keep: Sequence[Callable[[Any], Any]], rows: Sequence[Sequence[Any]]) -> list[tuple]:
    """Rows from the database as they are kept, a column at a time; `keep` is that of keepers."""
    if not rows:
        return []
    columns: list[Iterable[Any]] = [
        cells if one is _same else map(one, cells)
        for one, cells in zip(keep, zip(*rows, strict=True), strict=True)
    ]
    return list(zip(*columns, strict=True))


def texts(columns: Sequence[Column]) -> list[Callable[[Any], str]]:
    """How each kept cell stands in a file: an unknown one is empty, a flag is yes or no, a time
    has its offset, a duration is in seconds."""
    return [_SAY.get(column.cell, _written) for column in columns]


def guarded(text: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    return f"'{text}" if STARTS_A_FORMULA.match(text) else text


class Digest:
    """The file of rows, a line at a time: what it says, and the SHA-256 over all of it."""

    def __init__(self, columns: Sequence[Column]):
        self._says = [_SAY.get(column.cell) for column in columns]
        self._sha = hashlib.sha256()
        self._said = io.StringIO(newline="")
        self._writer = csv.writer(self._said, lineterminator="\r\n")
        self._writer.writerow([column.name for column in columns])

    def add(self, rows: Iterable[Sequence[Any]]) -> None:
        """Take kept rows in their order; the writer itself knows None and whole numbers."""
        columns = list(zip(*rows, strict=True))
        if columns:
            said: list[Iterable[Any]] = [
                map(say, cells) if say else cells
                for say, cells in zip(self._says, columns, strict=True)
            ]
            self._writer.writerows(zip(*said, strict=True))

    def take(self) -> bytes:
        """What was said since the last time, in UTF-8."""
        said = self._said.getvalue().encode()
        self._said.seek(0)
        self._said.truncate()
        self._sha.update(said)
        return said

    def hexdigest(self) -> str:
        self.take()
        return self._sha.hexdigest()


def _same(value: Any) -> Any:
    return value


def _plain(column: Column) -> Callable[[Any], Any]:
    return _same


def _worded(column: Column) -> Callable[[Any], Any]:
    if not column.words:
        return _same
    words = {key: force_str(word) for key, word in column.words.items()}
    return lambda value: words.get(value, value)


def _decimal(value: Decimal | None) -> str | None:
    return None if value is None else format(value, "f")


def _time(value: datetime | None) -> str | None:
    return None if value is None else value.astimezone(UTC).isoformat(timespec="seconds")


def _day(value: date | None) -> str | None:
    return None if value is None else value.isoformat()


def _uid(value: Any) -> str | None:
    return None if value is None else str(value)


_KEEP: dict[Cell, Callable[[Column], Callable[[Any], Any]]] = {
    Cell.TEXT: _worded,
    Cell.NUMBER: _plain,
    Cell.AMOUNT: lambda column: _decimal,
    Cell.DURATION: _plain,
    Cell.TIME: lambda column: _time,
    Cell.DAY: lambda column: _day,
    Cell.FLAG: _plain,
    Cell.UID: lambda column: _uid,
}


def _flag(value: bool | None) -> str:
    return "" if value is None else "yes" if value else "no"


def _written(value: Any) -> str:
    return "" if value is None else str(value)


def _text(value: str | None) -> str:
    return "" if value is None else guarded(value)


_SAY: dict[Cell, Callable[[Any], str]] = {Cell.TEXT: _text, Cell.FLAG: _flag}
