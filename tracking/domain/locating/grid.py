"""The floors of a site as rasters of square cells, and the ways that lead from cell to cell."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

TOUCH_M = 0.05
"""Zones this near to each other touch."""
NOTHING = -1
DRAWN = np.uint8(128)
HEADINGS = np.array([(1, 0), (0, 1), (-1, 0), (0, -1)])
"""Unit steps on the grid, counter-clockwise from the x axis; heading h + 2 leads back."""


@dataclass(frozen=True)
class Window:
    """How a tag's belief is laid out: WIDE x HIGH cells of `spacing` metres around it."""

    spacing: float
    wide: int
    high: int

    @property
    def cells(self) -> int:
        return self.wide * self.high


FINE, MIDDLE, SMALL = Window(0.75, 32, 32), Window(1.0, 12, 12), Window(1.5, 5, 4)
"""Windows of a site with few tags, which hold a ward whole; of a small hospital; of a big one."""


@dataclass(frozen=True)
class Grid:
    """F rasters one after the other in flat arrays of N cells, each with an empty border.

    `first`, `columns`, `rows` by floor place (columns 0: nothing is drawn there); `origin` F x 2
    metres of the corner of the cell (0, 0). A cell (i, j) of floor f is first[f] + i * rows[f] + j.
    `zone` N places or NOTHING; `ways` N bits: bit h says that heading h can be walked, DRAWN that
    the cell belongs to a zone.
    `border`: cells of margin on every side, so that a window over a drawn cell lies inside.
    """

    window: Window
    first: NDArray[np.int64]
    columns: NDArray[np.int32]
    rows: NDArray[np.int32]
    origin: NDArray[np.float64]
    zone: NDArray[np.int32]
    ways: NDArray[np.uint8]
    border: int

    @property
    def spacing(self) -> float:
        return self.window.spacing

    def at(self, floor, i, j):
        """Places of cells in the flat arrays."""
        return self.first[floor] + i.astype(np.int64) * self.rows[floor] + j

    def xy(self, floor, i, j) -> NDArray[np.float64]:
        """Middle of cells in metres: (..., 2)."""
        cell = np.stack(np.broadcast_arrays(i, j), axis=-1) + 0.5
        return self.origin[floor] + cell * self.spacing

    def cell_of(self, floor, xy: NDArray[np.floating]):
        """Column and row of the cells that hold these metres, kept inside the raster."""
        cell = np.floor((xy - self.origin[floor]) / self.spacing).astype(np.int64)
        last_i = np.maximum(self.columns[floor] - self.border - 1, 0)
        last_j = np.maximum(self.rows[floor] - self.border - 1, 0)
        return (
            np.clip(cell[..., 0], self.border, last_i).astype(np.int32),
            np.clip(cell[..., 1], self.border, last_j).astype(np.int32),
        )

    def anchored(self, floor, i, j):
        """The lowest cell of a window whose middle is near (i, j), kept inside the raster."""
        wide, high = self.window.wide, self.window.high
        top_i = np.maximum(self.columns[floor] - wide, 0)
        top_j = np.maximum(self.rows[floor] - high, 0)
        return (
            np.clip(i - wide // 2, 0, top_i).astype(np.int32),
            np.clip(j - high // 2, 0, top_j).astype(np.int32),
        )

    def cells(self, floor: int):
        """Columns, rows and zones of the drawn cells of a floor."""
        wide, high = int(self.columns[floor]), int(self.rows[floor])
        part = self.zone[self.first[floor] : self.first[floor] + wide * high].reshape(wide, high)
        i, j = np.nonzero(part >= 0)
        return i, j, part[i, j]


def cut(
    shapes: Sequence[object | None],
    zone_floor: NDArray[np.integer],
    floors: int,
    neighbours: Sequence[tuple[int, int]] | None,
    window: Window,
) -> Grid:
    """The grid of `shapes` (one polygon a zone, None for undrawn) on floors `zone_floor` (places).

    `neighbours`: pairs of zone places with a door between them; None: zones that touch. Each
    floor has its raster from its own lower left corner, so that moving a site moves its cells
    along. A zone too small to hold the middle of a cell takes the cell it lies in.
    """
    open_ways = _open_ways(shapes, zone_floor, neighbours)
    border = max(window.wide, window.high) // 2 + 1
    first, columns, rows = np.zeros(floors, np.int64), np.zeros(floors, np.int32), None
    rows = np.zeros(floors, np.int32)
    origin, zones, ways, count = np.zeros((floors, 2)), [], [], 0
    for floor in range(floors):
        first[floor] = count
        drawn = [z for z, s in enumerate(shapes) if s is not None and zone_floor[z] == floor]
        if not drawn:
            continue
        zone, origin[floor] = _raster([shapes[z] for z in drawn], np.array(drawn), window, border)
        columns[floor], rows[floor] = zone.shape
        zones.append(zone.ravel())
        ways.append(_ways(zone, open_ways).ravel())
        count += zone.size
    return Grid(
        window,
        first,
        columns,
        rows,
        origin,
        np.concatenate([*zones, np.empty(0, np.int32)]).astype(np.int32),
        np.concatenate([*ways, np.empty(0, np.uint8)]).astype(np.uint8),
        border,
    )


def _open_ways(shapes, zone_floor, neighbours) -> set[tuple[int, int]]:
    if neighbours is None:
        drawn = [z for z, shape in enumerate(shapes) if shape is not None]
        outlines = np.array([shapes[z] for z in drawn], dtype=object)
        found = np.empty((2, 0), int)
        if drawn:
            tree = shapely.STRtree(outlines)
            found = tree.query(outlines, predicate="dwithin", distance=TOUCH_M)
        neighbours = [
            (drawn[a], drawn[b])
            for a, b in found.T.tolist()
            if zone_floor[drawn[a]] == zone_floor[drawn[b]]
        ]
    return {pair for a, b in neighbours for pair in ((int(a), int(b)), (int(b), int(a)))}


def _raster(shapes, place, window: Window, border: int):
    """The zone of each cell (NOTHING for none), and the corner of the first in metres."""
    left, low, right, high = shapely.total_bounds(np.array(shapes, dtype=object))
    spacing = window.spacing
    inner = [max(1, int(np.ceil((b - a) / spacing - 0.5))) for a, b in ((left, right), (low, high))]
    wide = max(inner[0] + 2 * border, window.wide)
    tall = max(inner[1] + 2 * border, window.high)
    origin = np.array([left, low]) - border * spacing
    found = np.full((wide, tall), NOTHING, dtype=np.int32)
    for z, shape in zip(place.tolist(), shapes, strict=True):
        box = (np.array(shape.bounds) - np.tile(origin, 2)) / spacing
        i0, j0 = np.maximum(np.floor(box[:2]).astype(int), 0)
        i1, j1 = np.ceil(box[2:]).astype(int) + 1
        part = found[i0:i1, j0:j1]
        i, j = np.indices(part.shape)
        x = origin[0] + (i + i0 + 0.5) * spacing
        y = origin[1] + (j + j0 + 0.5) * spacing
        part[shapely.intersects_xy(shape, x, y) & (part == NOTHING)] = z
    _bridge(found, place, shapes, origin, spacing)
    for z, shape in zip(place.tolist(), shapes, strict=True):
        if not (found == z).any():
            point = shape.representative_point()
            i, j = np.floor((np.array([point.x, point.y]) - origin) / spacing).astype(int)
            found[min(i, wide - 1), min(j, tall - 1)] = z
    return found, origin


def _bridge(found, place, shapes, origin, spacing: float) -> None:
    """Give cells that lie in a wall between two zones to the nearer one, in place: a wall that is
    drawn with its thickness would shut the doors in it."""
    i, j = np.nonzero(found == NOTHING)
    points = shapely.points(np.column_stack([i, j]) * spacing + spacing / 2 + origin)
    tree = shapely.STRtree(shapes)
    cell, near = tree.query(points, predicate="dwithin", distance=spacing / 2)
    between = np.bincount(cell, minlength=len(points)) > 1
    cell, near = cell[between[cell]], near[between[cell]]
    apart = shapely.distance(points[cell], np.array(shapes, dtype=object)[near])
    order = np.argsort(-apart, kind="stable")  # the nearest is written last
    found[i[cell[order]], j[cell[order]]] = place[near[order]]


def _ways(zone: NDArray[np.int32], open_ways: set[tuple[int, int]]) -> NDArray[np.uint8]:
    bits = np.where(zone >= 0, DRAWN, np.uint8(0))
    if open_ways:
        size = int(zone.max()) + 2
        pairs = np.array([a * size + b for a, b in open_ways if max(a, b) < size], dtype=np.int64)
    for heading, (di, dj) in enumerate(HEADINGS.tolist()):
        wide, high = zone.shape
        near = np.s_[max(0, -di) : wide - max(0, di), max(0, -dj) : high - max(0, dj)]
        here = zone[near]
        there = zone[max(0, di) : wide + min(0, di), max(0, dj) : high + min(0, dj)]
        walked = (here == there) & (here >= 0)
        if open_ways:
            both = (here >= 0) & (there >= 0)
            walked |= both & np.isin(here.astype(np.int64) * size + there, pairs)
        part = bits[near]
        part |= (walked << heading).astype(np.uint8)
    return bits
