"""Windows of cells: what a tag's window covers, and beliefs over it as places and zones.

The windows of R tags lie at `home`: floor, i, j of their lowest cell, R each (as in Tracks); what
is said of their cells is R x W x H.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from tracking.domain.locating.grid import DRAWN, Grid
from tracking.domain.locating.parameters import Parameters
from tracking.domain.locating.radio_map import RadioMap
from tracking.domain.locating.tracks import UNSEEN

LEAST = 1e-5
"""Cells less likely than this are left out of what is said of zones."""
CHUNK = 8192
"""Tags whose windows are worked on at once."""


@dataclass(frozen=True)
class Place:
    """The world of a filter: its grid, radio map, whether each zone leads to another floor, and
    by how many seconds readings trail what they tell of."""

    grid: Grid
    radio: RadioMap
    linked: NDArray[np.bool_]
    lateness: float = 0.0
    parameters: Parameters = field(default_factory=Parameters)


def _cells(grid: Grid, floor, i, j):
    """Places in the grid of the cells of windows: R x W x H."""
    across = i[:, None, None] + np.arange(grid.window.wide)[:, None]
    up = j[:, None, None] + np.arange(grid.window.high)
    return grid.at(floor[:, None, None], across, up)


def ways(grid: Grid, floor, i, j) -> NDArray[np.uint8]:
    """Bits of the cells of windows, as in Grid: R x W x H."""
    return grid.ways[_cells(grid, floor, i, j)]


def drawn(grid: Grid, floor, i, j) -> NDArray[np.float32]:
    """1 for the cells of windows that are in a drawn zone, 0 for the others: R x W x H."""
    return ((ways(grid, floor, i, j) & DRAWN) > 0).astype(np.float32)


def zones(grid: Grid, floor, i, j) -> NDArray[np.int32]:
    """Zones of the cells of windows, -1 for none: R x W x H."""
    return grid.zone[_cells(grid, floor, i, j)]


def middle(grid: Grid, floor, i, j, p) -> NDArray[np.float64]:
    """Mean place in metres of beliefs R x W x H: R x 2."""
    across = p.sum(axis=2) @ (np.arange(grid.window.wide) + 0.5)
    up = p.sum(axis=1) @ (np.arange(grid.window.high) + 0.5)
    cell = np.stack([across + i, up + j], axis=-1)
    return grid.origin[floor] + cell * grid.spacing


def by_zone(place: Place, rows, home, p):
    """Entries (row, zone, probability) of beliefs over windows at `home`, R x W x H; each zone of
    a row once."""
    has = home[0] != UNSEEN
    if not has.any():
        return np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0)
    zone = zones(place.grid, *(np.where(has, k, 0) for k in home))
    known = (zone >= 0) & has[:, None, None] & (p > LEAST)
    row = np.broadcast_to(np.arange(len(rows))[:, None, None], zone.shape)[known]
    most = int(place.grid.zone.max(initial=0)) + 1
    key, of_key = np.unique(row * most + zone[known], return_inverse=True)
    return *np.divmod(key, most), np.bincount(of_key, p[known], minlength=len(key))


def realigned(then, rows, home, values):
    """Windows over cells as they lay `then` (Moment or Tracks), as windows at `home`; cells that
    were outside get the least value of the window."""
    di, dj = home[1] - then.i[rows], home[2] - then.j[rows]
    elsewhere = then.floor[rows] != home[0]
    if not (di.any() or dj.any() or elsewhere.any()):
        return values
    wide, high = values.shape[-2:]
    i, j = np.arange(wide) + di[:, None], np.arange(high) + dj[:, None]
    inside = ((i >= 0) & (i < wide))[:, :, None] & ((j >= 0) & (j < high))[:, None, :]
    inside &= ~elsewhere[:, None, None]
    i, j = np.clip(i, 0, wide - 1), np.clip(j, 0, high - 1)
    row = np.arange(len(values))[:, None, None]
    if values.ndim == 4:
        moved = values.transpose(0, 2, 3, 1)[row, i[:, :, None], j[:, None, :]]
        moved = moved.transpose(0, 3, 1, 2)
        inside = inside[:, None]
    else:
        moved = values[row, i[:, :, None], j[:, None, :]]
    return np.where(inside, moved, values.min(axis=(-2, -1), keepdims=True))
