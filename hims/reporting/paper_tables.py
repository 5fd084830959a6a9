"""Tables on paper: how wide each column is, and rows of texts in them."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from .chart_shapes import QUIET
from .letters import Letters, width
from .paper_pages import GAP, HAIR, LEADING, SMALL, THICK, Cell, Row, Said

NARROWEST, WIDEST = 110.0, 190.0  # how long a word counts, and a whole text
TALLEST = 3  # lines that the title of a column should take at most
SMALLEST = 0.72  # of the usual size: smaller letters are not read any more


@dataclass(frozen=True)
class Head:
    """A column: its title, whether it stands on the right, whether its texts stay in one line,
    and its share of what is to spare."""

    title: str
    right: bool = False
    whole: bool = False
    wide: float = 1.0


@dataclass(frozen=True)
class Measured:
    """How wide a column is at least, and at best."""

    least: float
    best: float


Texts = Sequence[str | Sequence[str]]
"""One text for each column, or a text and what stands small below it."""


def measured(heads: Sequence[Head], sample: Iterable[Texts], letters: Letters) -> list[Measured]:
    """What the columns need for these rows."""
    least = [max(_long(word, letters, bold=True) for word in head.title.split() or [""])
             for head in heads]  # fmt: skip
    best = [max(low, _long(head.title, letters, bold=True) / TALLEST * 1.15)
            for low, head in zip(least, heads, strict=True)]  # fmt: skip
    for row in sample:
        for place, (head, text) in enumerate(zip(heads, row, strict=True)):
            for one in [text] if isinstance(text, str) else text:
                long = _long(one, letters)
                words = [one] if head.whole else one.split()
                longest = max((_long(word, letters) for word in words), default=0.0)
                cap = 1e9 if head.whole else NARROWEST * head.wide
                least[place] = max(least[place], min(longest, cap))
                best[place] = max(best[place], min(long, max(WIDEST * head.wide, least[place])))
    return [Measured(*pair) for pair in zip(least, best, strict=True)]


def needed(columns: Sequence[Measured]) -> float:
    """How wide a line has to be for no word to be torn."""
    return sum(one.least for one in columns) + GAP * (len(columns) - 1)


def wished(columns: Sequence[Measured]) -> float:
    """How wide a line would have to be for texts to stay in one line."""
    return sum(one.best for one in columns) + GAP * (len(columns) - 1)


def size_for(columns: Sequence[Measured], across: float) -> float:
    """The size of letters in which no word is torn, or the smallest that is read."""
    room = across - GAP * (len(columns) - 1)
    part = room / max(sum(one.least for one in columns), 1.0)
    return SMALL * min(1.0, max(SMALLEST, part * 0.995))


def shared(
    heads: Sequence[Head], columns: Sequence[Measured], across: float, size: float = SMALL
) -> list[float]:
    """The width of each column, together as wide as a line. Where there is too little, texts give
    way; numbers, times and days stay whole as long as they can."""
    room = across - GAP * (len(columns) - 1)
    least = [one.least * size / SMALL for one in columns]
    best = [one.best * size / SMALL for one in columns]
    if sum(least) > room:
        whole = sum(low for low, head in zip(least, heads, strict=True) if head.whole)
        texts = sum(least) - whole
        if whole >= room * 0.9 or not texts:
            return [one * room / sum(least) for one in least]
        part = (room - whole) / texts
        return [low if head.whole else low * part for low, head in zip(least, heads, strict=True)]
    if sum(best) > room:
        spare = (room - sum(least)) / (sum(best) - sum(least))
        return [low + (high - low) * spare for low, high in zip(least, best, strict=True)]
    loose = [0.0 if head.right else head.wide for head in heads]
    if not any(loose):
        loose = [1.0] * len(heads)
    spare = min((room - sum(best)) / sum(loose), 60.0)
    return [high + part * spare for high, part in zip(best, loose, strict=True)]


class Table:
    """Columns of given widths, in which rows are set."""

    def __init__(
        self,
        heads: Sequence[Head],
        widths: Sequence[float],
        letters: Letters,
        size: float = SMALL,
    ):
        self._heads, self._widths, self._letters, self._size = heads, widths, letters, size
        self.wide = sum(widths) + GAP * (len(widths) - 1)

    def head(self) -> Row:
        """The titles of the columns."""
        cells = [
            Cell(x, wide, tuple(Said(line, self._size) for line in
                 self._letters.lines(head.title, wide, self._size, bold=True)), head.right)
            for head, x, wide in self._places()
        ]  # fmt: skip
        low = max(cell.height for cell in cells)
        # Short titles stand on the same foot as long ones.
        padded = tuple(
            Cell(one.x, one.wide, (*_empty(low - one.height), *one.said), one.right)
            for one in cells
        )
        return Row(padded, above=3.0, below=3.0, rule=THICK, wide=self.wide)

    def row(self, texts: Texts, *, bold: bool = False) -> Row:
        """One row of texts."""
        cells = []
        for (head, x, wide), text in zip(self._places(), texts, strict=True):
            parts = [text] if isinstance(text, str) else text
            said: list[Said] = []
            for place, part in enumerate(parts):
                if place and not part:
                    continue
                size = self._size * (1.0 if place == 0 else 0.875)
                lines = self._letters.lines(part, wide, size, bold=bold and place == 0)
                ink = {} if place == 0 else {"ink": QUIET}
                said += [Said(line, size, **ink) for line in lines]
            cells.append(Cell(x, wide, tuple(said), head.right))
        return Row(tuple(cells), above=1.8, below=2.4, rule=HAIR, wide=self.wide)

    def rows(self, rows: Iterable[Texts]) -> Iterator[Row]:
        return (self.row(texts) for texts in rows)

    def _places(self) -> Iterator[tuple[Head, float, float]]:
        x = 0.0
        for head, wide in zip(self._heads, self._widths, strict=True):
            yield head, x, wide
            x += wide + GAP


def _long(text: str, letters: Letters, *, bold: bool = False) -> float:
    return width(letters.line(text, bold=bold), SMALL) + 0.1


def _empty(height: float) -> Iterator[Said]:
    if height > 0.01:
        yield Said((), height / LEADING)
