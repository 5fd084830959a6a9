"""The swept curve as a picture (SVG) and as lines of text."""

from typing import Any

from reportlab.graphics import renderSVG
from reportlab.graphics.shapes import Drawing, Line, PolyLine, String
from reportlab.lib.colors import HexColor

WIDTH, HEIGHT = 640, 360
LEFT, RIGHT, BOTTOM, TOP = 56, 620, 48, 316
COLOURS = ("#0b5fa5", "#b3541e", "#2f7d4f", "#7a3e9d", "#8a1c3b")
DASHES = (None, (6, 3), (2, 2), (8, 3, 2, 3), (1, 3))
"""Lines differ by dash too: colour is never the only sign."""

Curve = list[tuple[float, dict[str, float]]]


def curves(found: dict[str, Any], figure: str = "door_to_room") -> dict[float, Curve]:
    """Patients a day -> [(delay, interval)] of the system used always and missing nothing."""
    lines: dict[float, Curve] = {}
    for row in found["sweep"]:
        if row["missed"] == 0 and row["adopted"] == 1:
            line = lines.setdefault(row["arrivals_per_day"], [])
            line.append((row["told_cleaner_min"], row["figures"][figure]))
    return {load: sorted(line, key=lambda point: point[0]) for load, line in lines.items()}


def svg(found: dict[str, Any]) -> str:
    """Door-to-room minutes over the information delay, one line per load, with 95 % intervals."""
    lines = curves(found)
    widest = max(delay for line in lines.values() for delay, _ in line) or 1.0
    highest = max(one["high"] for line in lines.values() for _, one in line) * 1.05
    drawing = Drawing(WIDTH, HEIGHT)

    def x(delay: float) -> float:
        return LEFT + (RIGHT - 110 - LEFT) * delay / widest

    def y(minutes: float) -> float:
        return BOTTOM + (TOP - BOTTOM) * minutes / highest

    _axes(drawing, x, y, widest, highest)
    for place, (load, line) in enumerate(sorted(lines.items())):
        colour = HexColor(COLOURS[place % len(COLOURS)])
        dash = DASHES[place % len(DASHES)]
        points = [coordinate for delay, one in line for coordinate in (x(delay), y(one["mean"]))]
        drawing.add(PolyLine(points, strokeColor=colour, strokeWidth=2, strokeDashArray=dash))
        for delay, one in line:
            low, high = y(max(0.0, one["low"])), y(one["high"])
            drawing.add(Line(x(delay), low, x(delay), high, strokeColor=colour))
        end = line[-1][1]["mean"]
        drawing.add(String(x(widest) + 8, y(end) - 4, f"{load:g} a day", fontSize=11,
                           fontName="Helvetica", fillColor=colour))  # fmt: skip
    drawn: str = renderSVG.drawToString(drawing)
    return drawn


def text(found: dict[str, Any], width: int = 40) -> str:
    """The same curve in characters: a bar for each delay and load."""
    lines = curves(found)
    highest = max(one["high"] for line in lines.values() for _, one in line)
    rows = ["Door to room, mean minutes (bar) and 95 % interval, over the delay of each of the "
            "two messages"]  # fmt: skip
    for load, line in sorted(lines.items()):
        rows.append(f"  {load:g} patients a day")
        for delay, one in line:
            bar = "#" * max(1, round(width * one["mean"] / highest))
            rows.append(
                f"    {delay:4g} min {bar:<{width}} {one['mean']:5.1f} "
                f"({one['low']:.1f} to {one['high']:.1f})"
            )
    return "\n".join(rows)


def _axes(drawing: Drawing, x: Any, y: Any, widest: float, highest: float) -> None:
    grey, ink = HexColor("#c8ccd2"), HexColor("#30363d")
    step = next(one for one in (1, 2, 5, 10, 20, 50, 100, 1000) if highest / one <= 7)
    for minutes in range(0, int(highest) + 1, step):
        drawing.add(Line(LEFT, y(minutes), x(widest), y(minutes), strokeColor=grey))
        drawing.add(String(LEFT - 8, y(minutes) - 4, str(minutes), textAnchor="end", fontSize=11,
                           fontName="Helvetica", fillColor=ink))  # fmt: skip
    for share in range(5):
        delay = widest * share / 4
        drawing.add(String(x(delay), BOTTOM - 18, f"{delay:g}", textAnchor="middle", fontSize=11,
                           fontName="Helvetica", fillColor=ink))  # fmt: skip
    drawing.add(String(LEFT, BOTTOM - 36, "minutes until the cleaner, and then the nurse, is told",
                       fontSize=11, fontName="Helvetica", fillColor=ink))  # fmt: skip
    drawing.add(String(LEFT, TOP + 18, "Door to room, minutes (mean, 95 % interval; simulated)",
                       fontSize=13, fontName="Helvetica", fillColor=ink))  # fmt: skip
