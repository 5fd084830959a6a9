"""What charts are drawn of: reportlab's shapes, words in the type of the house, hatching; and the
same shapes as SVG.

The SVG has no style and no script in it, only attributes, so that the strictest
Content-Security-Policy lets it be; what is ink on paper is the colour of the text around it there.
"""

from collections.abc import Callable, Iterable
from html import escape
from typing import Any

from reportlab.graphics.shapes import (
    Circle,
    Drawing,
    Group,
    Line,
    Path,
    Polygon,
    PolyLine,
    Rect,
    String,
)
from reportlab.lib.colors import Color, HexColor

from .letters import Letters, width

INK, QUIET, GRID = HexColor("#14181c"), HexColor("#4a525c"), HexColor("#ccd1d6")
ON_PAGES = {
    INK: ("currentColor", ""),
    QUIET: ("currentColor", "0.8"),
    GRID: ("currentColor", "0.2"),
}
BLUE, YELLOW, VERMILLION = HexColor("#0072b2"), HexColor("#f0e442"), HexColor("#d55e00")
SKY, GREEN = HexColor("#56b4e9"), HexColor("#009e73")
ORANGE, PURPLE = HexColor("#e69f00"), HexColor("#cc79a7")
"""The colours of Okabe and Ito (Color Universal Design, 2008), told apart by people who see red
and green alike."""

DARK, LIGHT = HexColor("#111111"), HexColor("#ffffff")
HATCHES = {"-": (0, "-"), "|": (90, "|"), "/": (-45, "/"), "\\": (45, "\\"), "x": (45, "/\\")}
"""Kinds of hatching: the angle in degrees on a page, and the lines it is drawn of on paper."""


class Words(Group):
    """A line of words that starts, is centred (middle) or ends at `x` and stands on `y`. On pages
    the browser sets them, in its own type and direction."""

    def __init__(
        self,
        x: float,
        y: float,
        said: str,
        size: float,
        *,
        letters: Letters,
        anchor: str = "start",
        bold: bool = False,
        colour: Color = INK,
    ):
        super().__init__()
        self._x, self._y, self._said, self._size = x, y, said, size
        self._anchor, self._bold, self._colour = anchor, bold, colour
        line = letters.line(said, bold=bold)
        at = x - {"start": 0.0, "middle": 0.5, "end": 1.0}[anchor] * width(line, size)
        for run in line:
            face, text = run
            self.add(String(at, y, text, fontName=face, fontSize=size, fillColor=colour))
            at += width((run,), size)

    def as_svg(self, sheet: "_Sheet") -> str:
        bold = ' font-weight="650"' if self._bold else ""
        return (
            f'<text x="{_plain(self._x)}" y="{sheet.turned(self._y)}"'
            f' font-size="{_plain(self._size)}" text-anchor="{self._anchor}"{bold}'
            f"{_paint('fill', self._colour)}>{escape(self._said)}</text>"
        )


class Hatched(Group):
    """A box in one of the ways in which causes differ: its colour, and lines `gap` apart that are
    `hatch` ("/", "\\", "|", "-", "x" or "" for none). On pages it is filled with a pattern."""

    def __init__(
        self,
        x: float,
        y: float,
        wide: float,
        high: float,
        fill: Color | None,
        hatch: str,
        gap: float,
    ):
        super().__init__()
        self._box = Rect(x, y, wide, high, fillColor=fill, strokeColor=INK, strokeWidth=gap / 8)
        self._hatch, self._gap = hatch, gap
        dark = fill is not None and fill.red * 0.3 + fill.green * 0.59 + fill.blue * 0.11 < 0.45
        self._stroke = LIGHT if dark else DARK
        self.add(self._box)
        if hatch:
            lines = Path(strokeColor=self._stroke, strokeWidth=gap / 5, fillColor=None)
            for one in HATCHES[hatch][1]:
                for start, end in _hatching(wide, high, one, gap):
                    lines.moveTo(x + start[0], y + start[1])
                    lines.lineTo(x + end[0], y + end[1])
            if lines.points:
                self.add(lines)

    def as_svg(self, sheet: "_Sheet") -> str:
        if not self._hatch:
            return _shape(self._box, sheet)
        plain = _painted(self._box)
        fill = _paint("fill", self._box.fillColor)
        pattern = sheet.pattern(self._hatch, self._gap, fill, self._stroke)
        return f"<{_rect(self._box, sheet)}{plain.replace(fill, pattern, 1)}/>"


def _hatching(
    wide: float, high: float, hatch: str, gap: float
) -> Iterable[tuple[tuple[float, float], tuple[float, float]]]:
    """Lines across a box at the origin, each cut off at its edges."""
    if hatch == "-":
        at = gap / 2
        while at < high:
            yield (0.0, at), (wide, at)
            at += gap
    elif hatch == "|":
        at = gap / 2
        while at < wide:
            yield (at, 0.0), (at, high)
            at += gap
    elif hatch:
        at = gap / 2 - high
        while at < wide:
            low, top = max(0.0, -at), min(high, wide - at)
            if top > low:
                ends = (at + low, low), (at + top, top)
                yield ends if hatch == "/" else ((ends[0][0], high - low), (ends[1][0], high - top))
            at += gap * 1.4


class _Sheet:
    """An SVG that is being written: its height, and the patterns that it needs so far."""

    def __init__(self, name: str, high: float):
        self.name, self.high = name, high
        self.patterns: dict[tuple[str, str, str], tuple[str, str]] = {}

    def turned(self, y: float) -> str:
        """A height as SVG counts it, downwards."""
        return _plain(self.high - y)

    def pattern(self, hatch: str, gap: float, fill: str, stroke: Color) -> str:
        """The attribute that fills with a pattern of its own name."""
        key = (hatch, _plain(gap), fill)
        name, _said = self.patterns.get(key, (f"{self.name}-{len(self.patterns)}", ""))
        side, half = _plain(gap), _plain(gap / 2)
        lines = f"M0,{half}H{side}" + (f"M{half},0V{side}" if len(HATCHES[hatch][1]) > 1 else "")
        self.patterns[key] = (
            name,
            (
                f'<pattern id="{name}" width="{side}" height="{side}" patternUnits="userSpaceOnUse"'
                f' patternTransform="rotate({HATCHES[hatch][0]})">'
                f'<rect width="{side}" height="{side}"{fill}/><path d="{lines}"'
                f'{_paint("stroke", stroke)} stroke-width="{_plain(gap / 5)}"/></pattern>'
            ),
        )
        return f' fill="url(#{name})"'


def as_svg(drawing: Drawing, *, name: str, title: str, says: str, kind: str) -> str:
    """The drawing as an SVG element. name: unique on its page. title, says: what it is and what it
    shows, for who does not see it. kind: its class beside "chart"."""
    sheet = _Sheet(name, drawing.height)
    shapes = "".join(_shape(shape, sheet) for shape in drawing.contents)
    patterns = "".join(said for _name, said in sheet.patterns.values())
    return (
        f'<svg class="chart {kind}" viewBox="0 0 {_plain(drawing.width)} {_plain(drawing.height)}"'
        f' role="img" aria-labelledby="{name}-title {name}-says">'
        f'<title id="{name}-title">{escape(title)}</title>'
        f'<desc id="{name}-says">{escape(says)}</desc>'
        + (f"<defs>{patterns}</defs>" if patterns else "")
        + f"{shapes}</svg>"
    )


def _shape(shape: Any, sheet: _Sheet) -> str:
    if isinstance(shape, (Words, Hatched)):
        return shape.as_svg(sheet)
    return f"<{_SHAPES[type(shape)](shape, sheet)}{_painted(shape)}/>"


def _line(shape: Any, sheet: _Sheet) -> str:
    return (
        f'line x1="{_plain(shape.x1)}" y1="{sheet.turned(shape.y1)}"'
        f' x2="{_plain(shape.x2)}" y2="{sheet.turned(shape.y2)}"'
    )


def _points(tag: str) -> Callable[[Any, _Sheet], str]:
    def say(shape: Any, sheet: _Sheet) -> str:
        pairs = zip(shape.points[::2], shape.points[1::2], strict=True)
        text = " ".join(f"{_plain(x)},{sheet.turned(y)}" for x, y in pairs)
        return f'{tag} points="{text}"'

    return say


def _rect(shape: Any, sheet: _Sheet) -> str:
    return (
        f'rect x="{_plain(shape.x)}" y="{sheet.turned(shape.y + shape.height)}"'
        f' width="{_plain(shape.width)}" height="{_plain(shape.height)}"'
    )


def _circle(shape: Any, sheet: _Sheet) -> str:
    return f'circle cx="{_plain(shape.cx)}" cy="{sheet.turned(shape.cy)}" r="{_plain(shape.r)}"'


def _path(shape: Any, sheet: _Sheet) -> str:
    """Straight strokes only: of each four numbers the first pair is where a stroke begins."""
    steps = []
    for at in range(0, len(shape.points), 4):
        x1, y1, x2, y2 = shape.points[at : at + 4]
        steps.append(f"M{_plain(x1)},{sheet.turned(y1)}L{_plain(x2)},{sheet.turned(y2)}")
    return f'path d="{"".join(steps)}"'


_SHAPES: dict[type, Callable[[Any, _Sheet], str]] = {
    Line: _line,
    PolyLine: _points("polyline"),
    Polygon: _points("polygon"),
    Rect: _rect,
    Circle: _circle,
    Path: _path,
}


def _painted(shape: Any) -> str:
    """Fill and stroke of a shape, as attributes."""
    fill = _paint("fill", getattr(shape, "fillColor", None))
    stroke = _paint("stroke", shape.strokeColor)
    if shape.strokeColor is None:
        return fill
    dash = shape.strokeDashArray
    dashed = f' stroke-dasharray="{" ".join(map(_plain, dash))}"' if dash else ""
    return f'{fill}{stroke} stroke-width="{_plain(shape.strokeWidth)}"{dashed}'


def _paint(what: str, colour: Color | None) -> str:
    if colour is None:
        return f' {what}="none"'
    said, faint = ON_PAGES.get(colour, (f"#{colour.hexval()[2:]}", ""))
    return f' {what}="{said}"' + (f' {what}-opacity="{faint}"' if faint else "")


def _plain(number: float) -> str:
    return f"{number:.1f}".removesuffix(".0")
