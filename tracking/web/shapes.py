"""Zone polygons as drawing: SVG paths, and the room inside them for a name and markers.

Polygons are metres with y up; SVG has y down, so every y changes its sign.
"""

from dataclasses import dataclass
from functools import lru_cache

import shapely

MARGIN_M = 1.5
MARKER_PX = 22  # as in map.js


@dataclass(frozen=True, slots=True)
class Shape:
    """A zone as drawn: path data, a point inside it, and the clear width and height around it."""

    path: str
    x: float
    y: float
    width: float
    height: float
    bounds: tuple[float, float, float, float]


@lru_cache(maxsize=8192)
def shape_of(polygon: str) -> Shape | None:
    """The drawing of a WKT polygon in metres; None for one that cannot be drawn."""
    drawn = shapely.from_wkt(polygon, on_invalid="ignore") if polygon else None
    if drawn is None or drawn.is_empty or drawn.geom_type not in {"Polygon", "MultiPolygon"}:
        return None
    left, low, right, high = drawn.bounds
    width, height = right - left, high - low
    if drawn.area > 0.95 * width * height:
        x, y = (left + right) / 2, (low + high) / 2
    else:
        inside = shapely.point_on_surface(drawn)
        x, y = inside.x, inside.y
        across = drawn.intersection(shapely.LineString([(left, y), (right, y)]))
        x, width = _longest(across, x, 0)
        upright = drawn.intersection(shapely.LineString([(x, low), (x, high)]))
        y, height = _longest(upright, y, 1)
    parts = drawn.geoms if drawn.geom_type == "MultiPolygon" else [drawn]
    path = "".join(_ring(ring) for part in parts for ring in [part.exterior, *part.interiors])
    return Shape(path, x, -y, width, height, (left, -high, right, -low))


def _ring(ring) -> str:
    return "M" + " ".join(f"{x:.2f},{-y:.2f}" for x, y in ring.coords[:-1]) + "Z"


def _longest(line, middle: float, axis: int) -> tuple[float, float]:
    """The middle and length of the longest piece of a cut through the polygon."""
    pieces = [
        (piece.bounds[axis + 2] - piece.bounds[axis], piece.bounds[axis])
        for piece in getattr(line, "geoms", [line])
        if piece.geom_type == "LineString" and not piece.is_empty
    ]
    if not pieces:
        return middle, 0.0
    length, start = max(pieces)
    return start + length / 2, length


def view_of(shapes: list[Shape]) -> tuple[float, float, float, float]:
    """The part of the drawing that holds all shapes: x, y, width, height with a margin."""
    left = min(shape.bounds[0] for shape in shapes) - MARGIN_M
    top = min(shape.bounds[1] for shape in shapes) - MARGIN_M
    right = max(shape.bounds[2] for shape in shapes) + MARGIN_M
    low = max(shape.bounds[3] for shape in shapes) + MARGIN_M
    return left, top, right - left, low - top


def spots(shape: Shape, count: int, metres_per_pixel: float) -> list[tuple[float, float]] | None:
    """Where `count` markers stand in the room, or None when they do not fit: map.js draws them
    again by the same rule as soon as it runs."""
    cell = MARKER_PX * metres_per_pixel
    across = max(1, int(shape.width / cell))
    lines = -(-count // across)
    if shape.width < cell or lines * cell > shape.height:
        return None
    places = []
    for number in range(count):
        line, place = divmod(number, across)
        in_line = min(across, count - line * across)
        places.append(
            (
                shape.x + (place - (in_line - 1) / 2) * cell,
                shape.y + (line - (lines - 1) / 2) * cell,
            )
        )
    return places
