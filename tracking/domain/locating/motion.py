"""How a bearer moves: at rest or walking along one of eight headings, from cell to cell.

A state is a probability for each mode and cell, M x N. Mode 0 rests, mode d + 1 walks along
heading d. Flow between cells is upwind (a cell gives to the next at speed / distance), so that
walls are never crossed and mass is kept; a little diffusion carries what no mode describes.
"""

import numpy as np
from numpy.typing import NDArray

from tracking.domain.locating.cells import HEADINGS, STEP_LENGTH, Cells

SPEED_M_S = 0.4
DIFFUSION = 0.07
"""Rate per second and square metre at which a cell gives to each neighbour, besides walking."""
START_S, STOP_S, TURN_S = 0.6, 0.05, 0.4
"""Rates of setting out, of stopping and of changing course, per second."""
LEAP_S = 1e-4
"""Rate of being anywhere else: what the model does not know of (a lift, a tag handed over)."""
MOST_PER_STEP = 0.75
"""Share of a cell that may flow out in one sub-step."""


class Motion:
    """Forward and backward steps of the motion on given cells, for M modes."""

    def __init__(self, cells: Cells):
        self.cells = cells
        self.modes = 1 + len(HEADINGS)
        length = STEP_LENGTH * cells.spacing
        rate = np.zeros((self.modes, len(HEADINGS)))
        for heading in range(len(HEADINGS)):
            rate[1 + heading, heading] = SPEED_M_S / length[heading]
        self._rate = rate + DIFFUSION / length**2
        self._turning = _turning(self.modes)
        self._is_open = cells.onward < len(cells)
        self._known: dict[float, tuple] = {}

    def start(self) -> NDArray[np.float64]:
        """Nothing known: M x N, sums to one."""
        shape = self.modes, len(self.cells)
        return np.full(shape, 1.0 / max(1, shape[0] * shape[1]))

    def forward(self, p: NDArray[np.float64], seconds: float) -> NDArray[np.float64]:
        """The state (M x N) after `seconds`; its sum is kept. Meant for steps of a second or two:
        turning and flowing take turns within one call."""
        if seconds <= 0:
            return p
        steps, turn, flow, stay = self._prepared(seconds)
        p = turn.T @ p
        for _ in range(steps):
            p = self._flowed(p, flow, stay, self.cells.back)
        leap = min(LEAP_S * seconds, 0.5)
        return (1.0 - leap) * p + leap * p.sum() / p.size

    def backward(self, likely: NDArray[np.float64], seconds: float) -> NDArray[np.float64]:
        """What a likelihood of each state makes of the states `seconds` before: M x N."""
        if seconds <= 0:
            return likely
        steps, turn, flow, stay = self._prepared(seconds)
        leap = min(LEAP_S * seconds, 0.5)
        likely = (1.0 - leap) * likely + leap * likely.mean()
        for _ in range(steps):
            likely = self._flowed(likely, flow, stay, self.cells.onward)
        return turn @ likely

    def _flowed(self, p, flow, stay, source):
        padded = np.concatenate([p, np.zeros((self.modes, 1))], axis=1)
        out = stay * p
        for heading in range(len(HEADINGS)):
            out += flow[:, heading, None] * padded[:, source[heading]]
        return out

    def _prepared(self, seconds: float):
        seconds = round(min(seconds, 60.0), 2) or 0.01
        if seconds not in self._known:
            steps = max(1, int(np.ceil(self._rate.sum(axis=1).max() * seconds / MOST_PER_STEP)))
            flow = self._rate * (seconds / steps)
            stay = 1.0 - flow @ self._is_open
            self._known[seconds] = steps, _exponential(self._turning * seconds), flow, stay
        return self._known[seconds]


def _turning(modes: int) -> NDArray[np.float64]:
    """Rates between modes per second; rows sum to zero."""
    rates = np.zeros((modes, modes))
    rates[0, 1:] = START_S / (modes - 1)
    for heading in range(modes - 1):
        row = rates[1 + heading]
        row[0] = STOP_S
        row[1:] += 0.25 * TURN_S / (modes - 1)
        for beside in (-1, 1):
            row[1 + (heading + beside) % (modes - 1)] += 0.3 * TURN_S
    np.fill_diagonal(rates, 0.0)
    return rates - np.diag(rates.sum(axis=1))


def _exponential(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """exp(matrix) of a rate matrix by scaling and squaring."""
    halvings = max(0, int(np.ceil(np.log2(max(np.abs(matrix).sum(axis=1).max(), 1e-9)))) + 4)
    small = np.eye(len(matrix)) + matrix / 2**halvings
    small += (matrix / 2**halvings) @ (matrix / 2**halvings) / 2.0
    return np.linalg.matrix_power(small, 2**halvings)
