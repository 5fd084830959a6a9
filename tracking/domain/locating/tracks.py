"""What the filter remembers of each tag: a window of cells, and its last seconds."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from tracking.domain.locating.grid import Window
from tracking.domain.locating.motion import MODES

SLOT_S = 0.8
"""Steps nearer to each other than this share one moment of the past."""
UNSEEN = -1
NEVER = -np.inf


@dataclass(frozen=True)
class Moment:
    """The filter as it was at a step: `now`, and per tag as in Tracks. `said`: what was heard
    since the moment before, T x W x H."""

    now: float
    at: NDArray[np.float64]
    floor: NDArray[np.int32]
    i: NDArray[np.int32]
    j: NDArray[np.int32]
    belief: NDArray[np.floating]
    said: NDArray[np.floating]


@dataclass(frozen=True)
class Tracks:
    """T tags, by place. `floor` (UNSEEN for a tag without a window), `i`, `j` the window's lowest
    cell; `at` when `belief` (T x modes x W x H, sums to 1) was true; `live` T x W x H the same
    with the newest readings counting more, sums to 1. `power_sum`, `power_weight`: a tag's power
    against the map's (see transmit_power), as of `heard_at`. `zone`, `p`: the zone of the likeliest
    cell and its probability; `x`, `y` metres, the middle of the live belief; `checked` when it was
    last compared with places outside its window, `doubt` by how many nats these were likelier,
    added up, `outside` the probability that it is there.
    `looked_*`: zone, probability and middle when the answer was last worked out. `past`: moments
    of the last seconds, oldest first.
    """

    window: Window
    floor: NDArray[np.int32]
    i: NDArray[np.int32]
    j: NDArray[np.int32]
    at: NDArray[np.float64]
    belief: NDArray[np.float32]
    live: NDArray[np.float32]
    power_sum: NDArray[np.float32]
    power_weight: NDArray[np.float32]
    heard_at: NDArray[np.float64]
    zone: NDArray[np.int32]
    p: NDArray[np.float32]
    x: NDArray[np.float32]
    y: NDArray[np.float32]
    checked: NDArray[np.float64]
    doubt: NDArray[np.float32]
    outside: NDArray[np.float32]
    looked_zone: NDArray[np.int32]
    looked_p: NDArray[np.float32]
    looked_x: NDArray[np.float32]
    looked_y: NDArray[np.float32]
    past: tuple[Moment, ...] = ()

    @property
    def capacity(self) -> int:
        return len(self.floor)

    def copy(self) -> "Tracks":
        return replace(self, **{name: getattr(self, name).copy() for name in COLUMNS})

    def relooked(self) -> "Tracks":
        """The same with `looked_*` of its own."""
        looked = [name for name in COLUMNS if name.startswith("looked_")]
        return replace(self, **{name: getattr(self, name).copy() for name in looked})

    def blanked(self, rows) -> None:
        """Forget these tags, in place."""
        fresh = none(self.window, 1)
        for name in COLUMNS:
            getattr(self, name)[rows] = getattr(fresh, name)[0]

    def grown(self, capacity: int) -> "Tracks":
        """A copy with room for so many tags; the past is forgotten."""
        more = none(self.window, capacity)
        for name in COLUMNS:
            getattr(more, name)[: self.capacity] = getattr(self, name)[:capacity]
        return more


COLUMNS = (
    "floor", "i", "j", "at", "belief", "live", "power_sum", "power_weight", "heard_at", "zone", "p",
    "x", "y", "checked", "doubt", "outside", "looked_zone", "looked_p", "looked_x", "looked_y",
)  # fmt: skip


def none(window: Window, capacity: int) -> Tracks:
    """Tracks of tags of which nothing is known."""
    shape = capacity, window.wide, window.high

    def full(value, dtype):
        return np.full(capacity, value, dtype=dtype)

    return Tracks(
        window,
        floor=full(UNSEEN, np.int32),
        i=full(0, np.int32),
        j=full(0, np.int32),
        at=full(NEVER, np.float64),
        belief=np.zeros((capacity, MODES, *shape[1:]), np.float32),
        live=np.zeros(shape, np.float32),
        power_sum=full(0, np.float32),
        power_weight=full(0, np.float32),
        heard_at=full(NEVER, np.float64),
        zone=full(UNSEEN, np.int32),
        p=full(0, np.float32),
        x=full(np.nan, np.float32),
        y=full(np.nan, np.float32),
        checked=full(NEVER, np.float64),
        doubt=full(0, np.float32),
        outside=full(0, np.float32),
        looked_zone=full(UNSEEN, np.int32),
        looked_p=full(0, np.float32),
        looked_x=full(np.nan, np.float32),
        looked_y=full(np.nan, np.float32),
    )
