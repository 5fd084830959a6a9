"""How a bearer moves: at rest or walking along one of four headings, from cell to cell.

A state is a probability for each mode and cell of a window: R x M x W x H for R tags. Mode 0 rests,
mode h + 1 walks along heading h. Flow between cells is upwind (a cell gives to the next at speed /
distance), so that walls are never crossed and mass is kept; a little diffusion carries what no mode
describes. What reaches the edge of a window stays there until the window is moved.
"""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from tracking.domain.locating.grid import DRAWN, HEADINGS
from tracking.domain.locating.parameters import Parameters

MODES = 1 + len(HEADINGS)
MOST_PER_STEP = 0.75
"""Share of a cell that may flow out in one sub-step."""
LONGEST_S = 8.0
"""A longer silence spreads a belief no further: it is then sought anew."""
CHUNK = 4096


def forward(
    p: NDArray[np.float32],
    seconds: NDArray[np.floating],
    ways: NDArray[np.uint8],
    spacing: float,
    by: Parameters,
) -> NDArray[np.float32]:
    """The states after `seconds` (R). `ways` R x W x H bits as in Grid. Sums are kept."""
    p = _stepped(p, seconds, ways, spacing, by, back=False)
    leap, share = _leaps(seconds, ways, by)
    return (1 - leap) * p + leap * p.sum(axis=(1, 2, 3), keepdims=True) * share


def backward(
    likely: NDArray[np.float32],
    seconds: NDArray[np.floating],
    ways: NDArray[np.uint8],
    spacing: float,
    by: Parameters,
) -> NDArray[np.float32]:
    """What likelihoods of states make of the states `seconds` (R) before: the transpose."""
    leap, share = _leaps(seconds, ways, by)
    likely = (1 - leap) * likely + leap * (likely * share).sum(axis=(1, 2, 3), keepdims=True)
    return _stepped(likely, seconds, ways, spacing, by, back=True)


def _leaps(seconds, ways, by: Parameters):
    """Share that leaps in so long, and how much of it each mode and cell gets."""
    leap = 1.0 - np.exp(-by.leap_s * np.maximum(seconds, 0.0))
    inside = ((ways & DRAWN) > 0).astype(np.float32)
    number = MODES * np.maximum(inside.sum(axis=(1, 2)), 1.0)
    share = (inside / number[:, None, None])[:, None]
    return leap.astype(np.float32)[:, None, None, None], share


def _stepped(p, seconds, ways, spacing, by: Parameters, *, back):
    out = np.array(p, dtype=p.dtype)
    seconds = np.minimum(np.round(np.asarray(seconds, dtype=float), 2), LONGEST_S)
    for length in np.unique(seconds[seconds > 0]).tolist():
        rows = np.flatnonzero(seconds == length)
        for start in range(0, len(rows), CHUNK):
            part = rows[start : start + CHUNK]
            out[part] = _moved(p[part], length, ways[part], spacing, by, back)
    return out


def _moved(p, seconds: float, ways, spacing: float, by: Parameters, back: bool):
    diffuse, walk = by.diffusion / spacing**2, by.speed_m_s / spacing
    steps = max(1, int(np.ceil((4 * diffuse + walk) * seconds / MOST_PER_STEP)))
    turning = _turned(seconds, by).astype(p.dtype)
    valid = _open(ways)
    if not back:
        p = np.einsum("ab,raij->rbij", turning, p, optimize=False)
    rates = np.full((MODES, len(HEADINGS)), diffuse)
    rates[1:] += walk * np.eye(len(HEADINGS))
    flow = (rates * seconds / steps).astype(p.dtype)
    for _ in range(steps):
        p = _flowed(p, flow, valid, back)
    if back:
        return np.einsum("ab,rbij->raij", turning, p, optimize=False)
    return p


def _flowed(p, flow, valid, back):
    out = p.copy()
    for heading, (di, dj) in enumerate(HEADINGS.tolist()):
        wide, high = p.shape[2:]
        here = np.s_[..., max(0, -di) : wide - max(0, di), max(0, -dj) : high - max(0, dj)]
        there = np.s_[..., max(0, di) : wide + min(0, di), max(0, dj) : high + min(0, dj)]
        share = flow[:, heading, None, None] * valid[heading][here][:, None]
        if back:
            out[here] += share * (p[there] - p[here])
        else:
            moved = share * p[here]
            out[here] -= moved
            out[there] += moved
    return out


def _open(ways):
    """For each heading where it can be walked, as numbers."""
    return [((ways >> heading) & 1).astype(np.float32) for heading in range(len(HEADINGS))]


@lru_cache(maxsize=1024)
def _turned(seconds: float, by: Parameters) -> NDArray[np.float64]:
    """Probabilities of each mode (columns) from each (rows) after so long."""
    headings = MODES - 1
    rates = np.zeros((MODES, MODES))
    rates[0, 1:] = by.start_s / headings
    for heading in range(headings):
        row = rates[1 + heading]
        row[0] = by.stop_s
        row[1:] += 0.25 * by.turn_s / headings
        for beside in (-1, 1):
            row[1 + (heading + beside) % headings] += 0.3 * by.turn_s
    np.fill_diagonal(rates, 0.0)
    rates -= np.diag(rates.sum(axis=1))
    halvings = max(0, int(np.ceil(np.log2(np.abs(rates * seconds).sum(axis=1).max() + 1e-9)))) + 4
    small = rates * seconds / 2**halvings
    return np.linalg.matrix_power(np.eye(MODES) + small + small @ small / 2.0, 2**halvings)
