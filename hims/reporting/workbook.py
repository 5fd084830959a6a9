"""A report as an XLSX workbook: About, Figures, Groups and Rows, written as it is read, so that a
million rows need no more memory than ten.

Numbers are numbers and days are dates. A time stands in the hospital's time and shows its own
offset, so that the hour which comes twice in autumn is told apart. A text is never a formula; one
that looks like one is marked as text also for whoever edits the cell. What is not known is empty.
The same edition gives the same bytes, until it is signed or its targets change.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, BinaryIO

from django.utils import timezone
from django.utils.translation import gettext as _
from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from hims.domain.figures import Number
from hims.queries.editions import Kept, Line

from .cells import STARTS_A_FORMULA
from .declared import Cell, Column
from .wording import about, group_text, moment_text, target_text

MOST_ROWS = 1_048_575  # of a sheet, below its header
MOST_CHARACTERS = 32_767  # of a cell, in units of UTF-16
MOST_DIGITS = 15  # of a number, that a spreadsheet tells apart
FIRST_YEAR = 1900  # that a spreadsheet knows
NO_XML = str.maketrans({"\ufffe": "\ufffd", "\uffff": "\ufffd"})
FIGURE_WIDTHS = (24, 34, 12, 8, 12, 12, 12, 22, 10)

Write = Callable[[int, int, Any], None]


def write(kept: Kept, to: BinaryIO) -> None:
    """Write the whole workbook into `to`."""
    book = _Book(
        Workbook(
            to,
            {
                "constant_memory": True,
                "strings_to_formulas": False,
                "strings_to_urls": False,
                "strings_to_numbers": False,
            },
        )
    )
    made_at = (kept.edition.done_at or kept.edition.asked_at).astimezone(UTC)
    book.file.set_properties(
        {"title": f"{kept.edition.code} {kept.report.title}", "created": made_at}
    )
    _about(book, kept)
    _figures(book, kept)
    _groups(book, kept)
    _rows(book, kept)
    book.file.close()


@dataclass
class _Book:
    """The workbook and the looks of its cells, each made once."""

    file: Workbook
    looks: dict[tuple, Format] = field(default_factory=dict)

    def look(self, **properties: Any) -> Format:
        key = tuple(sorted(properties.items()))
        if key not in self.looks:
            self.looks[key] = self.file.add_format(properties)
        return self.looks[key]

    def sheet(self, name: str, header: Sequence[str], widths: Sequence[float]) -> Worksheet:
        """A new sheet, with a header that stays where it is."""
        made = self.file.add_worksheet(name)
        for place, width in enumerate(widths):
            made.set_column(place, place, width)
        bold = self.look(bold=True, text_wrap=True, valign="top", bottom=1)
        for place, title in enumerate(header):
            made.write_string(0, place, _readable(title), bold)
        made.freeze_panes(1, 0)
        made.repeat_rows(0)
        made.set_landscape()
        made.fit_to_pages(1, 0)
        return made

    def text(self, sheet: Worksheet, row: int, place: int, said: str, **properties: Any) -> None:
        """A text as it is; one that could be taken for a formula is marked as text."""
        if STARTS_A_FORMULA.match(said):
            properties["quote_prefix"] = True
        sheet.write_string(row, place, _readable(said), self.look(**properties))

    def number(
        self, sheet: Worksheet, row: int, place: int, number: Number, shape: str = "0"
    ) -> None:
        """A number; one with more digits than a spreadsheet tells apart, as a text."""
        if _exact(number):
            sheet.write_number(row, place, number, self.look(num_format=shape))
        else:
            self.text(sheet, row, place, format(number, "f"))


def _about(book: _Book, kept: Kept) -> None:
    sheet = book.sheet(_("About"), [_("About"), ""], (26, 100))
    lines = [*about(kept)]
    lines += [(_("What is counted"), str(sentence)) for sentence in kept.report.says]
    lines += [
        (
            _("Signed"),
            f"{one.name}, {one.role}, {one.get_meaning_display()}, {moment_text(one.at)}",
        )
        for one in kept.signatures
    ]
    for row, (name, said) in enumerate(lines, 1):
        book.text(sheet, row, 0, name, bold=True, valign="top")
        book.text(sheet, row, 1, said, text_wrap=True, valign="top")


def _figures(book: _Book, kept: Kept) -> None:
    header = [*_header()[1:], _("Before")]
    sheet = book.sheet(_("Figures"), header, [*FIGURE_WIDTHS[1:], 12])
    for row, line in enumerate(kept.lines, 1):
        _line(book, sheet, row, 0, line)
        if line.before is not None:
            _value(book, sheet, row, len(header) - 1, line, line.before.value)


def _groups(book: _Book, kept: Kept) -> None:
    by = kept.edition.grouping
    header = _header()
    if by:
        header[0] = str(kept.report.column(by).title)
    sheet = book.sheet(_("Groups"), header, FIGURE_WIDTHS)
    row = 0
    for key, lines in kept.groups:
        for line in lines:
            row += 1
            book.text(sheet, row, 0, group_text(kept, key))
            _line(book, sheet, row, 1, line)
    if row:
        sheet.autofilter(0, 0, row, len(header) - 1)


def _header() -> list[str]:
    return [
        *(_("Group"), _("Figure"), _("Value"), _("Unit"), _("Counted"), _("Of")),
        *(_("Not known"), _("Target"), _("In breach")),
    ]


def _line(book: _Book, sheet: Worksheet, row: int, first: int, line: Line) -> None:
    figure, told = line.figure, line.told
    book.text(sheet, row, first, str(figure.title))
    _value(book, sheet, row, first + 1, line, told.value)
    book.text(sheet, row, first + 2, str(figure.unit))
    book.number(sheet, row, first + 3, told.n, "General")
    if told.whole is not None:
        book.number(sheet, row, first + 4, told.whole, "General")
    book.number(sheet, row, first + 5, told.unknown)
    if line.target is not None:
        book.text(sheet, row, first + 6, target_text(figure, line.target))
        book.text(sheet, row, first + 7, _("yes") if line.in_breach else _("no"))


def _value(
    book: _Book, sheet: Worksheet, row: int, place: int, line: Line, value: Decimal | None
) -> None:
    if value is None:
        book.text(sheet, row, place, _("n/a"), align="right")
        return
    places = line.figure.places
    book.number(sheet, row, place, value, "0." + "0" * places if places else "0")


def _rows(book: _Book, kept: Kept) -> None:
    columns = kept.report.columns
    header = [_title(column) for column in columns]
    widths = [_width(column) for column in columns]
    sheet, row, sheets = book.sheet(_("Rows"), header, widths), 0, 1
    writers = _writers(book, sheet, columns)
    for cells in kept.cells():
        if row == MOST_ROWS:
            sheet.autofilter(0, 0, row, len(columns) - 1)
            sheets += 1
            name = _("Rows %(number)s") % {"number": sheets}
            sheet, row = book.sheet(name, header, widths), 0
            writers = _writers(book, sheet, columns)
        row += 1
        for place, (put, cell) in enumerate(zip(writers, cells, strict=True)):
            if cell is not None:
                put(row, place, cell)
    if row:
        sheet.autofilter(0, 0, row, len(columns) - 1)


def _title(column: Column) -> str:
    """The title; with the zone of a time and the unit of what is a number."""
    unit = str(column.unit)
    if column.cell is Cell.TIME:
        unit = timezone.get_default_timezone_name()
    elif column.cell is Cell.DURATION:
        unit = _("seconds")
    return f"{column.title} ({unit})" if unit else str(column.title)


def _width(column: Column) -> float:
    least = {Cell.TEXT: 22, Cell.TIME: 26, Cell.UID: 38}.get(column.cell, 13)
    return max(least, min(len(_title(column)) + 2, 30))


def _writers(book: _Book, sheet: Worksheet, columns: Sequence[Column]) -> list[Write]:
    """For each column what writes a kept cell that is known."""
    return [_WRITERS[column.cell](book, sheet) for column in columns]


def _texts(book: _Book, sheet: Worksheet) -> Write:
    plain, marked = book.look(), book.look(quote_prefix=True)

    def put(row: int, place: int, cell: str) -> None:
        look = marked if STARTS_A_FORMULA.match(cell) else plain
        sheet.write_string(row, place, _readable(cell), look)

    return put


def _whole(book: _Book, sheet: Worksheet) -> Write:
    look = book.look(num_format="0")

    def put(row: int, place: int, cell: int) -> None:
        if _exact(cell):
            sheet.write_number(row, place, cell, look)
        else:
            book.text(sheet, row, place, str(cell))

    return put


def _amounts(book: _Book, sheet: Worksheet) -> Write:
    return lambda row, place, cell: book.number(sheet, row, place, Decimal(cell), "General")


def _flags(book: _Book, sheet: Worksheet) -> Write:
    yes, no, look = _("yes"), _("no"), book.look()
    return lambda row, place, cell: sheet.write_string(row, place, yes if cell else no, look)


def _days(book: _Book, sheet: Worksheet) -> Write:
    look = book.look(num_format="yyyy-mm-dd")

    def put(row: int, place: int, cell: str) -> None:
        day = date.fromisoformat(cell)
        if day.year < FIRST_YEAR:
            book.text(sheet, row, place, cell)
        else:
            sheet.write_datetime(row, place, day, look)

    return put


def _times(book: _Book, sheet: Worksheet) -> Write:
    zone = timezone.get_default_timezone()

    def put(row: int, place: int, cell: str) -> None:
        local = datetime.fromisoformat(cell).astimezone(zone)
        if local.year < FIRST_YEAR:
            book.text(sheet, row, place, local.isoformat(sep=" "))
            return
        shape = f'yyyy-mm-dd hh:mm:ss" {local.isoformat()[19:]}"'
        sheet.write_datetime(row, place, local.replace(tzinfo=None), book.look(num_format=shape))

    return put


_WRITERS: dict[Cell, Callable[[_Book, Worksheet], Write]] = {
    Cell.TEXT: _texts,
    Cell.NUMBER: _whole,
    Cell.AMOUNT: _amounts,
    Cell.DURATION: _whole,
    Cell.TIME: _times,
    Cell.DAY: _days,
    Cell.FLAG: _flags,
    Cell.UID: _texts,
}


def _exact(number: Number) -> bool:
    """Whether a spreadsheet, which counts in binary fractions, holds all digits of it."""
    if isinstance(number, int):
        return abs(number) < 10**MOST_DIGITS
    return len(number.as_tuple().digits) <= MOST_DIGITS


def _readable(said: str) -> str:
    """What XML can hold and a cell has room for; the CSV has all of it."""
    said = said.translate(NO_XML)
    if 2 * len(said) > MOST_CHARACTERS:
        units = said.encode("utf-16-le")
        if len(units) > 2 * MOST_CHARACTERS:
            said = units[: 2 * (MOST_CHARACTERS - 1)].decode("utf-16-le", "ignore") + "…"
    return said
