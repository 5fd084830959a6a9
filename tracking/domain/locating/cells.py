"""Zones cut into square cells, and the ways that lead from cell to cell."""

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

SPACING_M = 0.75
HEADINGS = np.array([(1, 0), (1, 1), (0, 1), (-1, 1), (-1, 0), (-1, -1), (0, -1), (1, -1)])
"""Unit steps on the grid, counter-clockwise from the x axis; HEADINGS[d + 4] leads back."""
STEP_LENGTH = np.hypot(HEADINGS[:, 0], HEADINGS[:, 1])
TOUCH_M = 0.05
"""Zones this near to each other touch."""


@dataclass(frozen=True)
class Cells:
    """N cells. `xy` N x 2 metres, `zone` and `floor` places per cell, `zones` how many zones.

    `onward[d, c]`: the cell that lies from c along heading d and can be walked to, N for none;
    `back[d, c]`: the cell from which heading d leads to c.
    """

    xy: NDArray[np.float64]
    zone: NDArray[np.int32]
    floor: NDArray[np.int32]
    zones: int
    spacing: float
    onward: NDArray[np.int32]
    back: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.xy)

    def per_zone(self, p: NDArray[np.float64]) -> NDArray[np.float64]:
        """Probability of each zone from that of each cell: (..., N) -> (..., Z)."""
        member = np.zeros((len(self), self.zones))
        member[np.arange(len(self)), self.zone] = 1.0
        return p @ member


def cut(shapes, zone_floor, neighbours=None, *, spacing: float = SPACING_M) -> Cells:
    """Cells of `shapes` (one polygon a zone, None for undrawn) on floors `zone_floor` (places).

    `neighbours`: pairs of zone places with a door between them; without it, zones that touch.
    Each floor has its own grid from its lower left corner, so that moving a site moves its cells
    along. A zone too small to hold a grid point gets one cell, reached only by a leap.
    """
    open_ways = _open_ways(shapes, zone_floor, neighbours)
    xy, zone, floor, onward = [], [], [], []
    count = 0
    for level in np.unique(zone_floor):
        drawn = [z for z, s in enumerate(shapes) if s is not None and zone_floor[z] == level]
        if not drawn:
            continue
        place, found = _grid([shapes[z] for z in drawn], spacing)
        zone_at = np.where(found >= 0, np.array(drawn)[found], -1)
        rows, columns = np.nonzero(zone_at >= 0)
        number = np.full((zone_at.shape[0] + 2, zone_at.shape[1] + 2), -1)
        number[rows + 1, columns + 1] = np.arange(len(rows))
        here = zone_at[rows, columns]
        onward.append(_links(number, rows, columns, here, open_ways, count))
        xy.append(place[rows, columns])
        zone.append(here)
        missed = [z for z in drawn if z not in here]
        xy.append(np.array([shapes[z].representative_point().coords[0] for z in missed]))
        zone.append(np.array(missed, dtype=int))
        onward.append(np.full((8, len(missed)), -1))
        floor.append(np.full(len(rows) + len(missed), level))
        count += len(rows) + len(missed)
    if not count:
        nothing = np.empty((8, 0), np.int32)
        none = np.empty(0, np.int32)
        return Cells(np.empty((0, 2)), none, none, len(shapes), spacing, nothing, nothing)
    ways = np.concatenate(onward, axis=1)
    ways = _both_ways(np.where(ways < 0, count, ways).astype(np.int32), count)
    return Cells(
        np.concatenate([part.reshape(-1, 2) for part in xy]),
        np.concatenate(zone).astype(np.int32),
        np.concatenate(floor).astype(np.int32),
        len(shapes),
        spacing,
        ways,
        ways[[4, 5, 6, 7, 0, 1, 2, 3]],
    )


def _both_ways(ways: NDArray[np.int32], count: int) -> NDArray[np.int32]:
    """Only ways that lead back too: where three zones meet, a diagonal may be open on one side."""
    returning = np.append(ways, np.full((len(ways), 1), count, np.int32), axis=1)
    opposite = np.roll(returning, -4, axis=0)
    back = np.take_along_axis(opposite, ways, axis=1)
    return np.where(back == np.arange(count), ways, count).astype(np.int32)


def _open_ways(shapes, zone_floor, neighbours) -> NDArray[np.bool_]:
    ways = np.eye(len(shapes), dtype=bool)
    if neighbours is None:
        neighbours = [
            (a, b)
            for a in range(len(shapes))
            for b in range(a)
            if shapes[a] is not None
            and shapes[b] is not None
            and zone_floor[a] == zone_floor[b]
            and shapely.distance(shapes[a], shapes[b]) <= TOUCH_M
        ]
    for a, b in neighbours:
        ways[a, b] = ways[b, a] = True
    return ways


def _grid(shapes, spacing):
    """Grid points X x Y x 2 over these polygons, and the first polygon that holds each (or -1)."""
    left, low, right, high = shapely.total_bounds(np.array(shapes, dtype=object))
    across = left + spacing * (
        np.arange(max(1, int(np.ceil((right - left) / spacing - 0.5)))) + 0.5
    )
    up = low + spacing * (np.arange(max(1, int(np.ceil((high - low) / spacing - 0.5)))) + 0.5)
    x, y = np.meshgrid(across, up, indexing="ij")
    found = np.full(x.shape, -1)
    for z, shape in enumerate(shapes):
        found[shapely.contains_xy(shape, x, y) & (found < 0)] = z
    return np.stack([x, y], axis=-1), found


def _links(number, rows, columns, here, open_ways, first):
    """Cell reached along each heading, -1 for none. A diagonal needs both sides to be open."""

    def reach(step):
        there = number[rows + 1 + step[0], columns + 1 + step[1]]
        return np.where((there >= 0) & open_ways[here, here[there]], there, -1)

    ways = []
    for step in HEADINGS:
        there = reach(step)
        if step.all():
            there = np.where((reach((step[0], 0)) >= 0) & (reach((0, step[1])) >= 0), there, -1)
        ways.append(np.where(there >= 0, there + first, -1))
    return np.array(ways)
