"""What charts have in common: round ticks, a frame with its words, the lines below that say what
is what."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.utils.formats import date_format, number_format

from .chart_shapes import QUIET, Words
from .letters import Letters, width

LEADING = 1.35


@dataclass(frozen=True)
class Hand:
    """The hand that draws: how large the letters are and how wide the sheet is. slack: by how much
    a page's own type may be wider than the one that is measured here."""

    letters: Letters
    size: float
    wide: float
    slack: float = 1.0

    def width(self, text: str, *, bold: bool = False) -> float:
        return width(self.letters.line(text, bold=bold), self.size) * self.slack

    def wrapped(self, text: str, room: float, most: int) -> list[str]:
        """The text in at most `most` lines of words; what is left out ends in an ellipsis."""
        lines: list[str] = []
        for word in text.split():
            if lines and self.width(f"{lines[-1]} {word}") <= room:
                lines[-1] += f" {word}"
            else:
                lines.append(word)
        kept = lines[:most]
        if len(lines) > most:
            kept[-1] += "…"
        return [self.cut(line, room) for line in kept] or [""]

    def cut(self, text: str, room: float) -> str:
        """As much of the text as there is room for."""
        if self.width(text) <= room:
            return text
        while text and self.width(f"{text}…") > room:
            text = text[:-1]
        return f"{text.rstrip('…')}…"

    def words(self, x: float, y: float, said: str, **more: Any) -> Words:
        return Words(x, y, said, self.size, letters=self.letters, **more)


def ticks(low: float, high: float, most: int, *, whole: bool = False) -> list[float]:
    """Round numbers around [low, high], at most `most` steps of 1, 2 or 5 times a power of ten.
    whole: no fractions."""
    spread = max(high - low, abs(high) * 1e-6, most if whole else 0.0) or 1.0
    power = 10.0 ** math.floor(math.log10(spread / most))
    steps = [power * one for one in (1, 2, 5, 10, 20, 50)]
    for step in steps:
        if whole and step < 1:
            continue
        first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
        if last - first <= most:
            return [place * step for place in range(first, max(last, first + 1) + 1)]
    raise AssertionError("fifty times the power of ten is always enough")


def tick_text(tick: float, step: float) -> str:
    places = max(0, -math.floor(math.log10(step) + 1e-9))
    return number_format(f"{tick:.{places}f}", use_l10n=True, force_grouping=True)


def day_ticks(first: date, last: date, most: int) -> list[tuple[date, str]]:
    """At most `most` days from `first` to `last` that are worth a label, and the label."""
    found: list[date] = []
    for step in (1, 2, 7, 14):
        found = [first + timedelta(days=day) for day in range(0, (last - first).days + 1, step)]
        if len(found) <= most:
            return [(day, date_format(day, "j M")) for day in found]
    for months in (1, 2, 3, 6):
        found = list(_months(first, last, months))
        if len(found) <= most:
            return [(day, date_format(day, "M Y")) for day in found]
    for years in (12, 24, 60):
        found = list(_months(first, last, years))
        if len(found) <= most:
            break
    return [(day, date_format(day, "Y")) for day in found]


def _months(first: date, last: date, every: int) -> Iterator[date]:
    """The first days of months in [first, last] whose number divides by `every`."""
    number = -(-(first.year * 12 + first.month - (first.day == 1)) // every) * every
    while (day := date(number // 12, number % 12 + 1, 1)) <= last:
        yield day
        number += every


@dataclass
class Key:
    """One entry below a chart: a sample, drawn by `sample(x, y)` into a box as wide as two
    letters, and its words."""

    said: str
    sample: Callable[[float, float], list[Any]] = field(default=lambda x, y: [])


def keys(hand: Hand, entries: Sequence[Key], top: float) -> tuple[list[Any], float]:
    """The shapes of the entries from `top` down, side by side where they fit, and how low they
    reach."""
    shapes: list[Any] = []
    high = hand.size * 1.5
    sample = hand.size * 2.4
    x, y = 0.0, top - high
    for entry in entries:
        room = hand.wide - sample - hand.size * 0.6
        lines = hand.wrapped(entry.said, room, 2)
        wide = sample + hand.size * 1.6 + max(hand.width(line) for line in lines)
        if x and x + wide - hand.size > hand.wide:
            x, y = 0.0, y - high
        shapes += entry.sample(x, y + hand.size * 0.35)
        for number, line in enumerate(lines):
            shapes.append(hand.words(x + sample, y - number * hand.size * LEADING, line))
        if len(lines) > 1:
            y -= hand.size * LEADING
            x = hand.wide
        else:
            x += wide
    return shapes, y if entries else top


def notes(hand: Hand, sentences: Sequence[str], top: float) -> tuple[list[Any], float]:
    """Sentences in quiet words from `top` down, and how low they reach."""
    shapes: list[Any] = []
    y = top
    for sentence in sentences:
        for line in hand.wrapped(sentence, hand.wide, 4):
            y -= hand.size * LEADING
            shapes.append(hand.words(0, y, line, colour=QUIET))
    return shapes, y


def title(hand: Hand, said: str, top: float) -> tuple[list[Any], float]:
    """The title from `top` down, if there is one, and how low it reaches."""
    shapes: list[Any] = []
    y = top
    if not said:
        return shapes, y - hand.size * 0.6
    for line in hand.wrapped(said, hand.wide / 1.1, 2):
        y -= hand.size * LEADING
        shapes.append(hand.words(0, y, line, bold=True))
    return shapes, y - hand.size * 0.9
