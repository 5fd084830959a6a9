"""Sheets of paper as PDF: tables on A4, readable in grey, with a password on them.

The ground floor's one place that knows reportlab, and pypdf for the lock.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import reportlab
from pypdf import PdfWriter
from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.utils import simpleSplit
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

WIDTH, HEIGHT = landscape(A4)
MARGIN, HEAD, FOOT = 36.0, 34.0, 20.0
SIZE, LEADING, GAP = 8.5, 10.5, 5.0
PLAIN, BOLD = "Vera", "VeraBd"
_FONTS = Path(reportlab.__file__).parent / "fonts"


@dataclass(frozen=True)
class Section:
    """A table: its heading, its columns as (title, share of the width), and rows of texts."""

    heading: str
    columns: Sequence[tuple[str, float]]
    rows: Sequence[Sequence[str]]
    nothing: str


@dataclass(frozen=True)
class Sheet:
    """What is printed. as_of: stands on every page. page_words: a sentence with %(page)d and
    %(pages)d."""

    title: str
    as_of: str
    page_words: str
    sections: Sequence[Section]


@dataclass(frozen=True)
class _Line:
    """A row of a table, a heading, or the head of a table, ready to be drawn."""

    cells: list[tuple[float, list[str]]]
    height: float
    bold: bool = False
    ruled: bool = True


def encrypted(sheet: Sheet, password: str) -> bytes:
    """The sheet as a PDF that opens with `password` only (AES with 256 bits, PDF 2.0; reportlab's
    own is not read by all). Raises ValueError without a password."""
    if not password:
        raise ValueError("a sheet with patients on it needs a password")
    locked = PdfWriter(clone_from=BytesIO(_drawn(sheet)))
    locked.encrypt(user_password=password, algorithm="AES-256")
    written = BytesIO()
    locked.write(written)
    return written.getvalue()


def _drawn(sheet: Sheet) -> bytes:
    _fonts()
    pages = list(_pages(sheet))
    canvas = Canvas("sheet.pdf", pagesize=(WIDTH, HEIGHT), pageCompression=1)
    canvas.setTitle(sheet.title)
    canvas.setAuthor("HIMS")
    for number, lines in enumerate(pages, 1):
        _head_and_foot(canvas, sheet, number, len(pages))
        low = HEIGHT - MARGIN - HEAD
        for line in lines:
            _line(canvas, line, low)
            low -= line.height
        canvas.showPage()
    data: bytes = canvas.getpdfdata()
    return data


def _pages(sheet: Sheet) -> Iterator[list[_Line]]:
    """Lines by page. A table that goes on has its head again; a row is never torn."""
    room = HEIGHT - 2 * MARGIN - HEAD - FOOT
    page: list[_Line] = []
    used = 0.0
    for section in sheet.sections:
        top = [_heading(section.heading), _row(section, [name for name, _ in section.columns], 1)]
        rows = [_row(section, row) for row in section.rows]
        rows = rows or [_heading(section.nothing, bold=False)]
        if page and used + sum(line.height for line in top) + rows[0].height > room:
            yield page
            page, used = [], 0.0
        begun = False
        for line in rows:
            if begun and used + line.height > room:
                yield page
                page, used, begun = [], 0.0, False
            if not begun:
                page += top
                used += sum(one.height for one in top)
                begun = True
            page.append(line)
            used += line.height
    yield page


def _heading(text: str, *, bold: bool = True) -> _Line:
    lines = simpleSplit(text, BOLD if bold else PLAIN, SIZE + 2, WIDTH - 2 * MARGIN)
    return _Line([(0.0, lines)], len(lines) * (LEADING + 2) + 10, bold=bold, ruled=False)


def _row(section: Section, texts: Sequence[str], bold: int = 0) -> _Line:
    width = WIDTH - 2 * MARGIN
    whole = sum(share for _, share in section.columns)
    cells, at = [], 0.0
    font = BOLD if bold else PLAIN
    for text, (_, share) in zip(texts, section.columns, strict=True):
        wide = width * share / whole
        cells.append((at, simpleSplit(_printable(text), font, SIZE, wide - GAP) or [""]))
        at += wide
    return _Line(cells, max(len(lines) for _, lines in cells) * LEADING + 4, bold=bool(bold))


def _line(canvas: Canvas, line: _Line, top: float) -> None:
    size = SIZE if line.ruled else SIZE + 2
    canvas.setFont(BOLD if line.bold else PLAIN, size)
    for at, texts in line.cells:
        for number, text in enumerate(texts):
            canvas.drawString(MARGIN + at, top - size - 1 - number * LEADING, text)
    if line.ruled:
        canvas.setLineWidth(0.8 if line.bold else 0.3)
        canvas.line(MARGIN, top - line.height + 1, WIDTH - MARGIN, top - line.height + 1)


def _head_and_foot(canvas: Canvas, sheet: Sheet, page: int, pages: int) -> None:
    canvas.setFont(BOLD, 14)
    canvas.drawString(MARGIN, HEIGHT - MARGIN - 12, sheet.title)
    canvas.setFont(BOLD, 10)
    canvas.drawRightString(WIDTH - MARGIN, HEIGHT - MARGIN - 12, sheet.as_of)
    canvas.setFont(PLAIN, SIZE)
    canvas.drawString(MARGIN, MARGIN - 6, sheet.as_of)
    words = sheet.page_words % {"page": page, "pages": pages}
    canvas.drawRightString(WIDTH - MARGIN, MARGIN - 6, words)


def _printable(text: str) -> str:
    known = pdfmetrics.getFont(PLAIN).face.charToGlyph
    return "".join(letter if ord(letter) in known else "?" for letter in text)


def _fonts() -> None:
    for name in (PLAIN, BOLD):
        if name not in pdfmetrics.getRegisteredFontNames():
            pdfmetrics.registerFont(TTFont(name, str(_FONTS / f"{name}.ttf")))
