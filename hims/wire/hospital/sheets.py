"""One CSV file: bytes to lines of named cells, with a reason for whatever cannot be read."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass

from .rows import Reject, Sheet

LARGEST_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Line:
    """One record: where it begins in the file, its cells by column, and its text as read."""

    number: int
    cells: dict[str, str]
    text: str


def lines(file: str, content: bytes, sheet: Sheet, rejects: list[Reject]) -> Iterator[Line]:
    """The records of `file`; what is wrong with it is added to `rejects`.

    Takes UTF-8 with or without a byte order mark, any line ending, and comma, semicolon or tab
    between cells. An unknown column is named once and its cells are left out.
    """
    text = _decoded(file, content, rejects)
    if text is None:
        return
    first = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=first.count)
    records = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    began = 1
    header: list[str] | None = None
    try:
        for record in records:
            number, began = began, records.line_num + 1
            if not any(cell.strip() for cell in record):
                continue
            if header is None:
                header = _header(file, number, record, sheet, rejects)
                if header is None:
                    return
                continue
            shown = delimiter.join(record)
            if len(record) != len(header):
                reason = f"the row has {len(record)} cells, the header {len(header)}"
                rejects.append(Reject(file, number, reason, shown))
                continue
            cells = {
                column: cell.strip()
                for column, cell in zip(header, record, strict=True)
                if column in sheet.columns
            }
            yield Line(number, cells, shown)
    except csv.Error as error:
        rejects.append(Reject(file, began, f"the file cannot be read from here on: {error}"))
        return
    if header is None:
        rejects.append(Reject(file, 1, "the file is empty"))


def _decoded(file: str, content: bytes, rejects: list[Reject]) -> str | None:
    reason = line = None
    if len(content) > LARGEST_BYTES:
        reason = f"the file is larger than {LARGEST_BYTES // 1024 // 1024} MB"
    elif content.startswith((b"\xff\xfe", b"\xfe\xff")):
        reason = "the file is UTF-16; save it as UTF-8"
    elif content.startswith(b"PK\x03\x04"):
        reason = "the file is a spreadsheet or zip archive; save it as CSV"
    elif (nul := content.find(b"\0")) >= 0:
        line, reason = content.count(b"\n", 0, nul) + 1, "the file holds a NUL byte"
    else:
        try:
            return content.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = content.count(b"\n", 0, error.start) + 1
            reason = "the file is not UTF-8; save it with that encoding"
    rejects.append(Reject(file, line or 1, reason))
    return None


def _header(
    file: str, number: int, record: list[str], sheet: Sheet, rejects: list[Reject]
) -> list[str] | None:
    header = [cell.strip().lower() for cell in record]
    twice = sorted({column for column in header if header.count(column) > 1})
    if twice:
        rejects.append(Reject(file, number, f"column {twice[0]!r} stands twice in the header"))
        return None
    missing = [column for column in sheet.needed if column not in header]
    if missing:
        reason = f"column {missing[0]!r} is missing; the header reads {', '.join(header)[:120]}"
        rejects.append(Reject(file, number, reason))
        return None
    for column in header:
        if column not in sheet.columns:
            rejects.append(Reject(file, number, f"column {column!r} is not known here"))
    return header
