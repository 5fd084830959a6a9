"""Stacked bars: a figure that adds up, a bar for each value, parted by cause.

Causes differ in colour, in lightness and in hatching. Beyond seven causes the rest is one; beyond
so many bars the smallest are one, or days are taken together by week, month or year.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from reportlab.graphics.shapes import Line as Stroke
from reportlab.lib.colors import Color

from hims.domain.periods import Cadence, period_of

from .chart_axes import LEADING, Hand, Key, keys, notes, tick_text, ticks, title
from .chart_shapes import (
    BLUE,
    GREEN,
    GRID,
    ORANGE,
    PURPLE,
    QUIET,
    SKY,
    VERMILLION,
    YELLOW,
    Hatched,
)

CAUSES, BARS = 7, 31
LOOKS: list[tuple[Color | None, str]] = [
    *((BLUE, ""), (YELLOW, "/"), (VERMILLION, "|"), (SKY, "")),
    *((GREEN, "-"), (ORANGE, "x"), (PURPLE, "\\"), (None, "")),
]
"""Colour and hatching of each cause, the eighth being all the others."""


@dataclass(frozen=True)
class Bar:
    """A bar: its name and its length by cause."""

    said: str
    parts: dict[str, float]

    @property
    def total(self) -> float:
        return sum(self.parts.values())


@dataclass(frozen=True)
class Stack:
    """What is drawn. causes: in the order of the stack. told: a length in words."""

    title: str
    causes: Sequence[str]
    bars: Sequence[Bar]
    told: Callable[[float], str]
    whole: bool
    notes: Sequence[str] = ()

    @property
    def ends(self) -> tuple[float, float]:
        """How far the bars reach to the left and to the right of nothing."""
        left = [sum(part for part in bar.parts.values() if part < 0) for bar in self.bars]
        right = [sum(part for part in bar.parts.values() if part > 0) for bar in self.bars]
        return min(left, default=0.0), max(right, default=0.0)


def stacked(
    found: dict[tuple[Any, str], float],
    *,
    name: Callable[[Any], str],
    days: bool,
    **words: Any,
) -> Stack:
    """The stack of {(value, cause): length}. name: of a value. days: values are days."""
    sums: dict[str, float] = {}
    for (_value, cause), length in found.items():
        sums[cause] = sums.get(cause, 0.0) + abs(length)
    order = sorted(sums, key=lambda cause: (-sums[cause], cause))
    rest = _("%(count)s others") % {"count": len(order) - CAUSES}
    shown = order if len(order) <= CAUSES + 1 else order[:CAUSES]
    parts: dict[Any, dict[str, float]] = {}
    for (value, cause), length in found.items():
        bar = parts.setdefault(value, {})
        shown_as = cause if cause in shown else rest
        bar[shown_as] = bar.get(shown_as, 0.0) + length
    causes = [*shown, rest] if len(shown) < len(order) else shown
    bars, said = _by_time(parts, name) if days else _by_size(parts, name)
    return Stack(causes=causes, bars=bars, notes=said, **words)


def says(stack: Stack) -> str:
    """The chart in a sentence, for who does not see it."""
    counted = ngettext("%(count)s bar", "%(count)s bars", len(stack.bars)) % {
        "count": len(stack.bars)
    }
    longest = max(stack.bars, key=lambda bar: bar.total)
    return _("%(bars)s, parted by %(causes)s; the longest is %(name)s with %(total)s.") % {
        "bars": counted,
        "causes": ", ".join(stack.causes),
        "name": longest.said,
        "total": stack.told(longest.total),
    }


def drawn(stack: Stack, hand: Hand, top: float) -> tuple[list[Any], float]:
    """The shapes of the chart from `top` down, and how low it reaches."""
    size = hand.size
    shapes, y = title(hand, stack.title, top)
    below, y = keys(hand, list(_entries(stack, hand)), y + size * 0.9)
    shapes += below
    y -= size * 0.8
    beside = hand.wide >= size * 34
    longest = max(hand.width(bar.said) for bar in stack.bars) + size * 0.8
    left = min(longest, hand.wide * 0.32) if beside else 0.0
    right = hand.wide - max(hand.width(stack.told(bar.total)) for bar in stack.bars) - size * 0.8
    marks = ticks(*stack.ends, 6 if beside else 4, whole=stack.whole)
    low, high = marks[0], marks[-1]

    def x(value: float) -> float:
        return left + (right - left) * (value - low) / (high - low)

    bars: list[Any] = []
    frame = y
    for bar in stack.bars:
        lines = hand.wrapped(bar.said, left - size * 0.8 if beside else hand.wide, 2)
        tall = size * 1.3
        if not beside:
            for line in lines:
                y -= size * LEADING
                bars.append(hand.words(0, y, line))
            y -= size * 0.45
        block = max(tall, len(lines) * size * LEADING) if beside else tall
        if beside:
            at = y - block / 2 + (len(lines) * LEADING / 2 - 1.0) * size
            for number, line in enumerate(lines):
                bars.append(hand.words(left - size * 0.6, at - number * size * LEADING, line,
                                       anchor="end"))  # fmt: skip
        bottom = y - (block + tall) / 2
        bars += _bar(stack, bar, x, bottom, tall, size)
        end = x(max(sum(part for part in bar.parts.values() if part > 0), 0.0))
        bars.append(hand.words(end + size * 0.4, bottom + size * 0.32, stack.told(bar.total)))
        y -= block + size * (0.5 if beside else 0.7)
    step = marks[1] - marks[0]
    for tick in marks:
        colour = QUIET if tick == 0 else GRID
        shapes.append(Stroke(x(tick), frame, x(tick), y, strokeColor=colour, strokeWidth=size / 12))
        label = tick_text(tick, step)
        half = hand.width(label) / 2
        centre = min(max(x(tick), half), hand.wide - half)
        shapes.append(hand.words(centre, y - size * 1.1, label, anchor="middle", colour=QUIET))
    said, y = notes(hand, stack.notes, y - size * 1.5)
    return shapes + bars + said, y - size * 0.4


def _bar(
    stack: Stack, bar: Bar, x: Callable[[float], float], y: float, tall: float, size: float
) -> Iterator[Any]:
    """The boxes of a bar: what is more than nothing to the right, what is less to the left."""
    ends = {True: 0.0, False: 0.0}
    for place, cause in enumerate(stack.causes):
        length = bar.parts.get(cause, 0.0)
        if not length:
            continue
        begin = ends[length > 0]
        ends[length > 0] = begin + length
        left, right = sorted((x(begin), x(begin + length)))
        yield Hatched(left, y, right - left, tall, *LOOKS[place], size * 0.45)


def _entries(stack: Stack, hand: Hand) -> Iterator[Key]:
    for place, cause in enumerate(stack.causes):
        fill, hatch = LOOKS[place]
        yield Key(cause, _sample(fill, hatch, hand.size))


def _sample(fill: Color | None, hatch: str, size: float) -> Callable[[float, float], list[Any]]:
    return lambda x, y: [
        Hatched(x, y - size * 0.45, size * 2, size * 0.95, fill, hatch, size * 0.45)
    ]


def _by_size(
    parts: dict[Any, dict[str, float]], name: Callable[[Any], str]
) -> tuple[list[Bar], list[str]]:
    """The bars in their order; of too many the longest, and the others as one."""
    bars = [Bar(name(value), lengths) for value, lengths in parts.items()]
    if len(bars) <= BARS:
        return bars, []
    long = set(sorted(range(len(bars)), key=lambda place: -abs(bars[place].total))[: BARS - 1])
    rest: dict[str, float] = {}
    for place, bar in enumerate(bars):
        if place not in long:
            for cause, length in bar.parts.items():
                rest[cause] = rest.get(cause, 0.0) + length
    count = len(bars) - len(long)
    kept = [bar for place, bar in enumerate(bars) if place in long]
    kept.append(Bar(_("%(count)s others") % {"count": count}, rest))
    said = _("The %(long)s longest of %(all)s bars; the others are taken together.") % {
        "long": len(long),
        "all": number_format(len(bars), use_l10n=True, force_grouping=True),
    }
    return kept, [said]


def _by_time(
    parts: dict[Any, dict[str, float]], name: Callable[[Any], str]
) -> tuple[list[Bar], list[str]]:
    """A bar for each day, or for each week, month or year if there are too many."""
    if len(parts) <= BARS:
        return [Bar(name(value), lengths) for value, lengths in parts.items()], []
    ways: list[tuple[Callable[[date], date], str, str]] = [
        (lambda day: period_of(day, Cadence.WEEK).first, "j M Y",
         _("Each bar is a week, by its Monday.")),
        (lambda day: day.replace(day=1), "M Y", _("Each bar is a month.")),
        (lambda day: day.replace(month=1, day=1), "Y", _("Each bar is a year.")),
    ]  # fmt: skip
    for begin, form, said in ways:
        bars: dict[date | None, dict[str, float]] = {}
        for value, lengths in parts.items():
            bar = bars.setdefault(None if value is None else begin(date.fromisoformat(value)), {})
            for cause, length in lengths.items():
                bar[cause] = bar.get(cause, 0.0) + length
        if len(bars) <= BARS or form == "Y":
            return [
                Bar(name(None) if day is None else date_format(day, form), lengths)
                for day, lengths in bars.items()
            ], [said]
    raise AssertionError("years are the last way")
