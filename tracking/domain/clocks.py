"""Clocks of gateways: how far each is off, and which readings come late.

A gateway's own time is only trusted for the order of its readings. Its offset is the least
delay (arrival minus its own time) over the last one to two windows: the freshest reading of a
batch has hardly waited, so what remains is the error of the clock.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

FAULT_S = 3600.0
"""A clock further off than this is not followed: arrival time is used and the gateway flagged."""
WINDOW_S = 30.0


@dataclass(frozen=True)
class Clocks:
    """Per gateway: `least` and `before` the least delay in this and the last window in seconds
    (+inf for none yet), `turned` when this window began, `faulty` whether its latest readings
    were more than FAULT_S off."""

    least: NDArray[np.float64]
    before: NDArray[np.float64]
    turned: NDArray[np.float64]
    faulty: NDArray[np.bool_]

    @property
    def offset(self) -> NDArray[np.float64]:
        """Seconds to add to a gateway's own time, NaN where none is known."""
        least = np.minimum(self.least, self.before)
        return np.where(np.isfinite(least), least, np.nan)


def unset(gateways: int) -> Clocks:
    """Clocks of which nothing is known yet."""
    return Clocks(
        np.full(gateways, np.inf),
        np.full(gateways, np.inf),
        np.zeros(gateways),
        np.zeros(gateways, dtype=bool),
    )


def follow(
    clocks: Clocks,
    gateway: NDArray[np.integer],
    at: NDArray[np.float64],
    arrived: NDArray[np.float64],
) -> tuple[Clocks, NDArray[np.float64]]:
    """When each reading was made on our clock, never after it arrived, and the clocks after it.

    `gateway` places, `at` in the gateway's own time (NaN: none given), `arrived` in ours.
    """
    if not len(gateway):
        return clocks, np.asarray(arrived, dtype=np.float64).copy()
    delay = arrived - at
    with np.errstate(invalid="ignore"):
        wild = np.abs(delay) > FAULT_S
    sane = np.isfinite(delay) & ~wild
    faulty = clocks.faulty.copy()
    faulty[gateway[sane]] = False
    faulty[gateway[wild]] = True

    least, before, turned = clocks.least.copy(), clocks.before.copy(), clocks.turned.copy()
    seen = gateway[sane]
    newest = np.full(len(least), -np.inf)
    np.maximum.at(newest, seen, arrived[sane])
    due = newest - turned > WINDOW_S
    before[due] = least[due]
    least[due] = np.inf
    turned[due] = newest[due]
    np.minimum.at(least, seen, delay[sane])
    after = Clocks(least, before, turned, faulty)

    made = np.asarray(arrived, dtype=np.float64).copy()
    made[sane] = np.minimum(at[sane] + after.offset[seen], arrived[sane])
    return after, made


def resized(clocks: Clocks, kept: NDArray[np.integer]) -> Clocks:
    """Clocks for another list of gateways: `kept[i]` is the old place of gateway i, or -1."""
    new = unset(len(kept))
    old = kept >= 0
    for name in ("least", "before", "turned", "faulty"):
        getattr(new, name)[old] = getattr(clocks, name)[kept[old]]
    return replace(new)
