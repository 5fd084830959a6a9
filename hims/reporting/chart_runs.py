"""Run charts: a figure over time, with the median of its points and its target.

What has no value leaves a gap, a point that misses the target has another shape, and where there
are more points than can be seen apart, the lowest and the highest of each stretch are drawn and
the chart says so.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from statistics import median
from typing import Any

from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from reportlab.graphics.shapes import Circle, Polygon, PolyLine
from reportlab.graphics.shapes import Line as Stroke

from .chart_axes import Hand, Key, day_ticks, keys, notes, tick_text, ticks, title
from .chart_shapes import BLUE, GRID, INK, QUIET, VERMILLION

TOGETHER = 0.6  # of a letter: points nearer to each other than that are not told apart


@dataclass(frozen=True)
class Point:
    """A day, what the figure came to in it (None: n/a), and whether that misses the target."""

    day: date
    value: float | None
    missed: bool = False


@dataclass(frozen=True)
class Run:
    """What is drawn. points: in order of their days. target: its height and its words."""

    title: str
    points: Sequence[Point]
    middle: str
    target: tuple[float, str] | None
    whole: bool
    share: bool
    dayless: int = 0

    @property
    def told(self) -> list[Point]:
        return [point for point in self.points if point.value is not None]

    @property
    def median(self) -> float:
        return median(_value(point) for point in self.told)


def says(run: Run) -> str:
    """The chart in a sentence, for who does not see it."""
    told = run.told
    days = _("%(first)s to %(last)s") % {
        "first": date_format(told[0].day, "j F Y"), "last": date_format(told[-1].day, "j F Y"),
    }  # fmt: skip
    counted = ngettext("%(count)s point", "%(count)s points", len(told)) % {"count": len(told)}
    parts = [f"{days}: {counted}", run.middle]
    if run.target:
        missed = sum(point.missed for point in told)
        parts += [run.target[1], _("missed %(count)s times") % {"count": missed}]
    return "; ".join(parts) + "."


def drawn(run: Run, hand: Hand, top: float) -> tuple[list[Any], float]:
    """The shapes of the chart from `top` down, and how low it reaches."""
    shapes, high = title(hand, run.title, top)
    scale = _Scale(run, hand, high)
    shapes += list(scale.frame())
    kept = [_thinned(part, scale) for part in _parts(run.points)]
    thinned = scale.together > 1
    marked = scale.apart >= hand.size * 0.4
    for part in kept:
        spots = [(scale.x(point.day), scale.y(_value(point)), point) for point in part]
        line = [at for x, y, _point in spots for at in (x, y)]
        if len(spots) > 1:
            shapes.append(PolyLine(line, strokeColor=BLUE, strokeWidth=hand.size / 7))
        for x, y, point in spots:
            if point.missed:
                shapes.append(_missed(x, y, hand.size * (0.5 if thinned else 1)))
            elif marked or len(spots) == 1:
                shapes.append(_spot(x, y, hand))
    if run.target:
        shapes.append(_target(scale.left, scale.right, scale.y(run.target[0]), hand))
    shapes.append(_middle(scale.left, scale.right, scale.y(run.median), hand))
    below, low = keys(hand, list(_entries(run, hand)), scale.low - hand.size * 1.9)
    said, low = notes(hand, list(_notes(run, sum(map(len, kept)))), low)
    return shapes + below + said, low - hand.size * 0.4


class _Scale:
    """Where a day and a value are on the sheet, and the frame around them."""

    def __init__(self, run: Run, hand: Hand, top: float):
        self.hand, self.run = hand, run
        values = [_value(point) for point in run.told] + ([run.target[0]] if run.target else [])
        low, high = min(values), max(values)
        if low > 0 and high - low > 0.3 * high:
            low = 0.0
        if low == high:
            low, high = min(low, 0.0), max(high, 0.0)
        self.ticks = ticks(low, high, 5, whole=run.whole)
        if run.share and high <= 100:
            self.ticks = [tick for tick in self.ticks if tick <= 100]
        step = self.ticks[1] - self.ticks[0]
        self.labels = [tick_text(tick, step) for tick in self.ticks]
        self.left = max(map(hand.width, self.labels)) + hand.size * 0.7
        self.right = hand.wide - hand.size * 0.6
        self.top = top
        self.low = top - min(max(hand.wide * 0.36, hand.size * 12), hand.size * 16)
        self.first, self.last = run.points[0].day, run.points[-1].day
        self.days = max(1, (self.last - self.first).days)
        self.apart = (self.right - self.left) / max(1, len(run.points) - 1)
        self.together = (
            math.ceil(hand.size * TOGETHER / self.apart) if self.apart < hand.size / 7 else 1
        )

    def x(self, day: date) -> float:
        if self.first == self.last:
            return (self.left + self.right) / 2
        inside = self.hand.size * 0.5
        room = self.right - self.left - 2 * inside
        return self.left + inside + room * (day - self.first).days / self.days

    def y(self, value: float) -> float:
        low, high = self.ticks[0], self.ticks[-1]
        return self.low + (self.top - self.low) * (value - low) / (high - low)

    def frame(self) -> Iterator[Any]:
        hand, size = self.hand, self.hand.size
        for tick, label in zip(self.ticks, self.labels, strict=True):
            y = self.y(tick)
            yield Stroke(self.left, y, self.right, y, strokeColor=GRID, strokeWidth=size / 12)
            x = self.left - size * 0.5
            yield hand.words(x, y - size * 0.35, label, anchor="end", colour=QUIET)
        yield Stroke(
            self.left, self.low, self.right, self.low, strokeColor=QUIET, strokeWidth=size / 12
        )
        most = max(2, int((self.right - self.left) / (size * 5.5)))
        before = -1e9
        for day, label in day_ticks(self.first, self.last, most):
            x, half = self.x(day), hand.width(label) / 2
            yield Stroke(x, self.low, x, self.low - size * 0.3, strokeColor=QUIET,
                         strokeWidth=size / 12)  # fmt: skip
            centre = min(max(x, half), hand.wide - half)
            if centre - half > before:
                yield hand.words(centre, self.low - size * 1.4, label, anchor="middle",
                                 colour=QUIET)  # fmt: skip
                before = centre + half + size * 0.5


def _parts(points: Sequence[Point]) -> Iterator[list[Point]]:
    """The points in stretches without a gap: a day without a value is one, and so is a day that
    should be there, as near to the last as others are to each other."""
    apart = [(after.day - day.day).days for day, after in pairwise(points)]
    step = min(apart, default=1) or 1
    part: list[Point] = []
    for point in points:
        if point.value is None or (part and (point.day - part[-1].day).days > step * 1.5):
            if part:
                yield part
            part = []
        if point.value is not None:
            part.append(point)
    if part:
        yield part


def _thinned(part: list[Point], scale: _Scale) -> list[Point]:
    """The points, or the lowest and the highest of as many as fall on one spot."""
    if scale.together == 1:
        return part
    kept: list[Point] = []
    for start in range(0, len(part), scale.together):
        bucket = sorted(part[start : start + scale.together], key=_value)
        ends = {bucket[0].day: bucket[0], bucket[-1].day: bucket[-1]}
        kept += [ends[day] for day in sorted(ends)]
    return kept


def _entries(run: Run, hand: Hand) -> Iterator[Key]:
    wide = hand.size * 2
    if run.target:
        yield Key(run.target[1], lambda x, y: [_target(x, x + wide, y, hand)])
    yield Key(run.middle, lambda x, y: [_middle(x, x + wide, y, hand)])
    if any(point.missed for point in run.told):
        yield Key(_("target missed"), lambda x, y: [_missed(x + wide / 2, y, hand.size)])


def _notes(run: Run, drawn: int) -> Iterator[str]:
    told = len(run.told)
    if drawn < told:
        yield _(
            "Of %(all)s points %(drawn)s are drawn: the lowest and the highest of each stretch."
        ) % {
            "all": number_format(told, use_l10n=True, force_grouping=True),
            "drawn": number_format(drawn, use_l10n=True, force_grouping=True),
        }
    if without := len(run.points) - told:
        yield ngettext(
            "%(count)s point has no value (n/a) and is a gap.",
            "%(count)s points have no value (n/a) and are gaps.",
            without,
        ) % {"count": without}
    if run.dayless:
        yield _("What has no known day is not in the chart.")


def _value(point: Point) -> float:
    return float("nan") if point.value is None else point.value


def _target(left: float, right: float, y: float, hand: Hand) -> Stroke:
    dash = (hand.size * 0.5, hand.size * 0.3)
    return Stroke(left, y, right, y, strokeColor=INK, strokeWidth=hand.size / 8,
                  strokeDashArray=dash)  # fmt: skip


def _middle(left: float, right: float, y: float, hand: Hand) -> Stroke:
    return Stroke(left, y, right, y, strokeColor=QUIET, strokeWidth=hand.size / 16)


def _spot(x: float, y: float, hand: Hand) -> Circle:
    return Circle(x, y, hand.size * 0.2, fillColor=BLUE, strokeColor=BLUE, strokeWidth=0.2)


def _missed(x: float, y: float, size: float) -> Polygon:
    half = size * 0.42
    points = [x - half, y - half * 0.8, x + half, y - half * 0.8, x, y + half]
    return Polygon(points, fillColor=VERMILLION, strokeColor=INK, strokeWidth=size / 20)
