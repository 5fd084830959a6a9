"""The label of a dispense: what it says, and where each line of it stands.

The layout is worked out once, in millimetres, with a width of letters that is never too small;
the PDF and the printer's own language then draw the same label. Nothing is cut off: long texts
wrap, then all letters become somewhat smaller, and what still does not fit goes on with a second
label.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

WIDTH, HEIGHT, MARGIN, CODE = 101.6, 76.2, 3.0, 18.0
"""Millimetres: the label (4 by 3 inches), its margin, and the side of its code."""

POINT = 0.3528  # millimetres
SCALES = (1.0, 0.9, 0.8)
LEADING = 1.18
GAP = 0.8
KEEP_AWAY = "Keep out of the sight and reach of children."


@dataclass(frozen=True)
class Style:
    """A size in points."""

    size: float
    bold: bool = False


SMALL, BODY = Style(7), Style(9)
NAME, DRUG, DIRECTIONS, MARK = (Style(n, True) for n in (11, 13, 11, 8))


Block = tuple[Style, str]


@dataclass(frozen=True)
class Label:
    """What a label says. copy: 1 for the first print, more for a reprint."""

    code: str
    patient: str
    patient_number: str
    born: str
    medicine: str
    quantity: str
    directions: str
    cautions: tuple[str, ...] = ()
    lots: tuple[str, ...] = ()
    marks: tuple[str, ...] = ()
    supplied: str = ""
    hospital: str = ""
    copy: int = 1

    @property
    def reprint(self) -> str:
        """How a reprint says that it is one; "" on the first print."""
        return f"REPRINT {self.copy - 1}" if self.copy > 1 else ""


@dataclass(frozen=True)
class Line:
    """Text whose left end is at `x` and whose baseline is at `y`, millimetres from the top left."""

    x: float
    y: float
    text: str
    style: Style


@dataclass
class Page:
    """One label; the code stands at the top right of each."""

    lines: list[Line] = field(default_factory=list)
    number: int = 1
    of: int = 1


def pages(label: Label) -> list[Page]:
    """The label as one page, or as many as it needs; each says whose it is and what."""
    for scale in SCALES:
        head, rest = _blocks(label, scale)
        page = Page()
        if not _set(page, [*head, *rest], MARGIN)[1]:
            return [page]
    made, left = [], rest
    while left:
        page = Page()
        y, over = _set(page, head, MARGIN)
        before = len(page.lines)
        left = _set(page, [*over, *left], y)[1]
        if len(page.lines) == before and not over:
            left = left[1:]  # a head that leaves no room for a single line
        made.append(page)
    for number, page in enumerate(made, 1):
        page.number, page.of = number, len(made)
        words = f"Label {number} of {page.of}"
        x = WIDTH - MARGIN - width(words, MARK)
        page.lines.append(Line(x, HEIGHT - 1, words, MARK))
    return made


def _blocks(label: Label, scale: float) -> tuple[list[Block], list[Block]]:
    """What each page begins with, and the rest."""
    head = [
        (NAME, label.patient),
        (SMALL, " · ".join(filter(None, [label.patient_number, label.born]))),
        (DRUG, label.medicine),
        (BODY, label.quantity),
    ]
    rest = [
        (MARK, " · ".join(filter(None, [label.reprint, *label.marks]))),
        (DIRECTIONS, label.directions),
        *((BODY, caution) for caution in label.cautions),
        (SMALL, " ".join(label.lots)),
        (SMALL, KEEP_AWAY),
        (SMALL, " · ".join(filter(None, [label.supplied, label.hospital]))),
    ]
    first, second = (
        [(Style(style.size * scale, style.bold), text) for style, text in blocks if text.strip()]
        for blocks in (head, rest)
    )
    return first, second


def _set(page: Page, blocks: Sequence[Block], y: float) -> tuple[float, list[Block]]:
    """Set blocks below `y`; returns where the last ends, and what does not fit."""
    bottom = HEIGHT - MARGIN
    for n, (style, text) in enumerate(blocks):
        height = style.size * POINT * LEADING
        words = text.split()
        while words:
            if y + height > bottom:
                return y, [(style, " ".join(words)), *blocks[n + 1 :]]
            beside_code = y < MARGIN + CODE + 1
            room = WIDTH - 2 * MARGIN - (CODE + 2 if beside_code else 0)
            taken, words = first_line(words, room, style)
            page.lines.append(Line(MARGIN, y + style.size * POINT, taken, style))
            y += height
        y += GAP
    return y, []


def first_line(words: Sequence[str], room: float, style: Style) -> tuple[str, list[str]]:
    """As many words as fit into `room` millimetres, and the rest; a word that is too long alone is
    broken where the room ends."""
    line = ""
    for n, word in enumerate(words):
        longer = f"{line} {word}" if line else word
        if width(longer, style) <= room:
            line = longer
            continue
        if line:
            return line, list(words[n:])
        fits = next((k for k in range(len(word), 0, -1) if width(word[:k], style) <= room), 1)
        return word[:fits], [word[fits:], *words[n + 1 :]] if fits < len(word) else list(words[1:])
    return line, []


def width(text: str, style: Style) -> float:
    """Millimetres that `text` needs at most, in the faces that the labels are set in."""
    ems = sum(map(_em, text)) * (1.05 if style.bold else 1.0)
    if not text.isascii():
        ems *= 1.15
    return ems * style.size * POINT


def _em(letter: str) -> float:
    if letter in "iljt.,:;'|!() []fI/·":
        return 0.36
    if letter in "mwMW@%":
        return 0.96
    if letter.isupper():
        return 0.75
    if ord(letter) > 0x2FF:
        return 1.0
    return 0.58


def texts(made: Iterable[Page]) -> list[str]:
    """All that stands on the pages, in order."""
    return [line.text for page in made for line in page.lines]
