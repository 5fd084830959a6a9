"""Sheets of paper that fill from the top: paragraphs, tables and pictures.

A heading never stays alone at the foot of a page, the head of a table comes again on each, and a
row is torn only if it is taller than a page. Lengths are points; a place is the upper edge of what
stands there.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from reportlab.graphics import renderPDF
from reportlab.graphics.shapes import Drawing
from reportlab.lib.colors import Color
from reportlab.lib.pagesizes import A4, LETTER
from reportlab.pdfgen.canvas import Canvas

from .chart_shapes import GRID, INK
from .letters import Letters, Line, draw, width

PAPERS = {"A4": A4, "Letter": LETTER}
MARGIN, HEAD, FOOT = 40.0, 14.0, 30.0
SIZE, SMALL, HEADING = 9.0, 8.0, 11.5
LEADING = 1.32
GAP = 10.0  # between two columns
THICK, HAIR = 0.9, 0.5  # rules under heads, and under rows


class Strip(Protocol):
    """Something that stands on a page across its whole width."""

    @property
    def height(self) -> float: ...

    def draw(self, canvas: Canvas, left: float, top: float) -> None: ...


@dataclass(frozen=True)
class Said:
    """A line of letters in its size and ink."""

    line: Line
    size: float
    ink: Color = INK


@dataclass(frozen=True)
class Cell:
    """Lines under each other, beginning at `x` or, to the right, ending at x + wide."""

    x: float
    wide: float
    said: tuple[Said, ...]
    right: bool = False

    @property
    def height(self) -> float:
        return sum(one.size * LEADING for one in self.said)


@dataclass(frozen=True)
class Row:
    """Cells beside each other. above, below: empty space. rule: how thick the line under it is,
    over `wide`."""

    cells: tuple[Cell, ...]
    above: float = 0.0
    below: float = 0.0
    rule: float = 0.0
    wide: float = 0.0

    @property
    def height(self) -> float:
        return self.above + max((cell.height for cell in self.cells), default=0.0) + self.below

    def draw(self, canvas: Canvas, left: float, top: float) -> None:
        for cell in self.cells:
            y = top - self.above
            for one in cell.said:
                x = left + cell.x
                if cell.right:
                    x += cell.wide - width(one.line, one.size)
                canvas.setFillColor(one.ink)
                draw(canvas, x, y - one.size, one.line, one.size)
                y -= one.size * LEADING
        if self.rule:
            canvas.setStrokeColor(INK if self.rule > HAIR else GRID)
            canvas.setLineWidth(self.rule)
            y = top - self.height
            canvas.line(left, y, left + self.wide, y)

    def torn(self, room: float) -> Iterator["Row"]:
        """The row in pieces of which each fits into `room`."""
        cells = [list(cell.said) for cell in self.cells]
        while any(cells):
            left = room - self.above - self.below
            piece = []
            for cell, said in zip(self.cells, cells, strict=True):
                fits, used = 0, 0.0
                while fits < len(said) and used + said[fits].size * LEADING <= left:
                    used += said[fits].size * LEADING
                    fits += 1
                fits = max(fits, 1)
                piece.append(replace(cell, said=tuple(said[:fits])))
                del said[:fits]
            yield replace(self, cells=tuple(piece), rule=0.0 if any(cells) else self.rule)


@dataclass(frozen=True)
class Picture:
    """A drawing, made smaller if it is taller than `most`."""

    drawing: Drawing
    most: float
    x: float = 0.0
    below: float = 10.0

    @property
    def scale(self) -> float:
        return min(1.0, (self.most - self.below) / self.drawing.height)

    @property
    def height(self) -> float:
        return self.drawing.height * self.scale + self.below

    def draw(self, canvas: Canvas, left: float, top: float) -> None:
        canvas.saveState()
        canvas.translate(left + self.x, top - self.drawing.height * self.scale)
        canvas.scale(self.scale, self.scale)
        renderPDF.draw(self.drawing, canvas, 0, 0)
        canvas.restoreState()


@dataclass(frozen=True)
class Together:
    """Strips that stand on the same place and are never parted: the tallest counts."""

    strips: tuple[Strip, ...]

    @property
    def height(self) -> float:
        return max(strip.height for strip in self.strips)

    def draw(self, canvas: Canvas, left: float, top: float) -> None:
        for strip in self.strips:
            strip.draw(canvas, left, top)


@dataclass(frozen=True)
class Stack:
    """Strips under each other that are never parted."""

    strips: tuple[Strip, ...]

    @property
    def height(self) -> float:
        return sum(strip.height for strip in self.strips)

    def draw(self, canvas: Canvas, left: float, top: float) -> None:
        for strip in self.strips:
            strip.draw(canvas, left, top)
            top -= strip.height


class Pages:
    """Pages that are being filled. wide: whether the one that is filled lies on its long side."""

    def __init__(self, paper: str, letters: Letters):
        self._size = PAPERS[paper]
        self.letters = letters
        self.wide = False
        self.pages: list[tuple[tuple[float, float], list[tuple[Strip, float]]]] = []
        self._low = 0.0
        self.turn()

    @property
    def across(self) -> float:
        """How wide a line is."""
        return self.size[0] - 2 * MARGIN

    @property
    def size(self) -> tuple[float, float]:
        return (self._size[1], self._size[0]) if self.wide else self._size

    @property
    def body(self) -> float:
        """How much room an empty page has."""
        return self.size[1] - 2 * MARGIN - HEAD - FOOT

    @property
    def room(self) -> float:
        """How much is left on this one."""
        return self._low - MARGIN - FOOT

    @property
    def empty(self) -> bool:
        return not self.pages[-1][1]

    def across_if(self, wide: bool) -> float:
        return self._size[1 if wide else 0] - 2 * MARGIN

    def turn(self, *, wide: bool | None = None) -> None:
        """Begin a page, if the last is not still empty."""
        wide = self.wide if wide is None else wide
        if self.pages and self.empty:
            self.pages.pop()
        self.wide = wide
        self.pages.append((self.size, []))
        self._low = self.size[1] - MARGIN - HEAD

    def lie(self, wide: bool) -> None:
        """Go on on a page that lies, or stands."""
        if self.wide != wide:
            self.turn(wide=wide)

    def put(self, strip: Strip, *, follows: float = 0.0) -> None:
        """Put a strip where there is room for it and for what follows, or on the next page."""
        if strip.height + follows > self.room and not self.empty:
            self.turn()
        self.pages[-1][1].append((strip, self._low))
        self._low -= strip.height

    def space(self, height: float) -> None:
        """Leave room, but not at the top of a page."""
        if not self.empty:
            self._low -= height

    def words(
        self,
        text: str,
        *,
        size: float = SIZE,
        bold: bool = False,
        above: float = 0.0,
        below: float = 0.0,
    ) -> Row:
        """Text across the page, to be put."""
        lines = self.letters.lines(text, self.across, size, bold=bold)
        cell = Cell(0.0, self.across, tuple(Said(line, size) for line in lines))
        return Row((cell,), above=above, below=below)

    def heading(self, text: str) -> Row:
        """The heading of a section, to be put above something."""
        return self.words(text, size=HEADING, bold=True, above=16.0, below=4.0)

    def table(
        self, head: Sequence[Strip], rows: Iterable[Row], *, above: Sequence[Strip] = ()
    ) -> None:
        """Rows under a head that comes again on each page. above: stands over the first."""
        tall = sum(strip.height for strip in head)
        begun = False
        for row in rows:
            pieces = [row] if row.height + tall <= self.body else list(row.torn(self.body - tall))
            for piece in pieces:
                if not begun:
                    first = sum(strip.height for strip in above) + tall + piece.height
                    if first > self.room:
                        self.turn()
                    self._put_all([*above, *head])
                    begun = True
                elif piece.height > self.room:
                    self.turn()
                    self._put_all(head)
                self.put(piece)

    def _put_all(self, strips: Sequence[Strip]) -> None:
        for strip in strips:
            self.put(strip)
