"""The simulated hospital as a whole: let time pass, and get what the gateways heard."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .plan import Plan
from .radio import Radio
from .walking import TagIn, Walking

MOVING_S, RESTING_S = 1.0, 3.0
"""A tag sends about so often while it is moved and while it lies still."""


@dataclass(frozen=True)
class Heard:
    """Packets heard in one step: places of tag and gateway, and power in dBm."""

    tag: NDArray[np.integer]
    gateway: NDArray[np.integer]
    rssi: NDArray[np.int8]

    def __len__(self) -> int:
        return len(self.tag)


class Simulation:
    """T tags walk a plan and G gateways hear them; the same seed gives the same day."""

    def __init__(
        self,
        plan: Plan,
        tags: Sequence[TagIn],
        *,
        seed: int,
        members: dict[str, list[str]] | None = None,
        helpers: int = 12,
        resting_s: float = RESTING_S,
    ) -> None:
        """members: area code -> its rooms' codes. helpers: staff without tags who fetch things.

        resting_s: seconds between the packets of a tag that lies still.
        """
        if not plan.rooms:
            raise ValueError("nobody can walk through a hospital whose rooms are not drawn")
        random = np.random.default_rng(seed)
        self.plan, self.tags, self.random = plan, list(tags), random
        self.walking = Walking(plan, tags, members or {}, helpers, random)
        worn = np.array([tag.bearer != "asset" for tag in tags], dtype=bool)
        self.radio = Radio(plan, len(self.tags), worn, random)
        self.resting_s = resting_s
        self.next_at = random.uniform(0.0, resting_s, len(self.tags))
        self.clock = 0.0
        self._place(np.arange(len(self.tags)))

    def step(self, dt: float) -> Heard:
        """Let `dt` seconds pass."""
        self.clock += dt
        moved = np.array(
            sorted(n for n in self.walking.step(dt) if n < len(self.tags)), dtype=np.intp
        )
        if len(moved):
            self._place(moved)
            self.next_at[moved] = np.minimum(self.next_at[moved], self.clock + MOVING_S)
        sending = np.flatnonzero(self.next_at <= self.clock)
        still = np.ones(len(self.tags), dtype=bool)
        still[moved] = False
        pause = np.where(still[sending], self.resting_s, MOVING_S)
        # Beacons add a little chance so that two of them do not collide for ever.
        self.next_at[sending] = self.clock + pause * self.random.uniform(0.9, 1.1, len(sending))
        return Heard(*self.radio.hear(sending, max(dt, self.resting_s)))

    def rooms(self) -> NDArray[np.intp]:
        """Where each tag truly is: the number of its room in the plan."""
        return np.array([w.room for w in self.walking.walkers[: len(self.tags)]], dtype=np.intp)

    def _place(self, which: NDArray[np.intp]) -> None:
        walkers = [self.walking.walkers[n] for n in which]
        rooms = np.array([walker.room for walker in walkers], dtype=np.intp)
        xy = np.array([(walker.x, walker.y) for walker in walkers]).reshape(-1, 2)
        self.radio.moved(which, rooms, xy)
