"""Who hears whom: log-distance path loss, walls, storeys, shadows, noise and lost packets.

The model is the usual one indoors (ITU-R P.1238 and the multi-wall model of COST 231, chapter
4.7): power falls by 10 n log10(d), each wall and each storey costs its own; what is left over is
a slowly changing normal shadow and a fast normal noise, in decibels.
"""

import numpy as np
from numpy.typing import NDArray

from .plan import STOREY_M, Plan

AT_ONE_METRE_DBM = -59.0
EXPONENT = 2.2
WALL_DB, MOST_WALLS = 3.5, 6.0
STOREY_DB, MORE_STOREYS_DB = 17.0, 9.0
"""The first storey between them, and each further one."""
SHADOW_DB, NOISE_DB, TAG_DB = 3.0, 2.5, 2.0
SHADOW_M, SHADOW_S = 3.0, 180.0
"""A shadow is another one after so many metres, and, because others walk, after so long."""
WEAKEST_DBM = -94.0
LOST = 0.12
"""Packets that no gateway hears although they were strong enough, each gateway by itself."""
WORN_M, BODY_DB = 1.1, 3.0
"""Height at which tags are worn, and what the wearer's body takes away."""


class Radio:
    """Powers between T tags and G gateways, kept from step to step."""

    def __init__(
        self, plan: Plan, tags: int, worn: NDArray[np.bool_], random: np.random.Generator
    ) -> None:
        """worn: which tags are on a body rather than on a thing."""
        self.plan, self.random = plan, random
        shape = (tags, len(plan.gateways))
        self.tag_db = random.normal(0.0, TAG_DB, tags) - np.where(worn, BODY_DB, 0.0)
        self.mean = np.full(shape, -200.0)
        self.shadow = random.normal(0.0, SHADOW_DB, shape)
        self.xy = np.full((tags, 2), np.nan)

    def moved(
        self, which: NDArray[np.integer], rooms: NDArray[np.integer], xy: NDArray[np.floating]
    ) -> None:
        """Work out the mean powers of the tags `which`, now at `xy` (metres) in `rooms`."""
        gateways = self.plan.gateway_xyz
        level, floor = self.plan.level[rooms], self.plan.floor[rooms]
        apart = np.empty((len(which), len(gateways), 3))
        apart[:, :, :2] = xy[:, None, :] - gateways[None, :, :2]
        apart[:, :, 2] = (level * STOREY_M + WORN_M)[:, None] - gateways[None, :, 2]
        metres = np.maximum(np.sqrt((apart**2).sum(axis=2)), 0.5)
        walls = np.zeros(metres.shape)
        for here in np.unique(floor):
            tags = np.flatnonzero(floor == here)
            near = np.flatnonzero(self.plan.gateway_floor == here)
            walls[np.ix_(tags, near)] = self.plan.walls_between(rooms[tags], xy[tags], near)
        # Two floors of one storey (wings, buildings) still have something between them.
        storeys = np.maximum(np.abs(level[:, None] - self.plan.gateway_level), 1.0)
        storeys[floor[:, None] == self.plan.gateway_floor] = 0.0
        loss = (
            10 * EXPONENT * np.log10(metres)
            + WALL_DB * np.minimum(walls, MOST_WALLS)
            + np.where(storeys > 0, STOREY_DB + MORE_STOREYS_DB * (storeys - 1), 0.0)
        )
        self.mean[which] = AT_ONE_METRE_DBM - loss + self.tag_db[which][:, None]
        walked = np.nan_to_num(np.hypot(*(xy - self.xy[which]).T))
        self._fade(which, np.exp(-walked / SHADOW_M))
        self.xy[which] = xy

    def _fade(self, which: NDArray[np.integer], kept: NDArray[np.floating]) -> None:
        fresh = self.random.normal(0.0, SHADOW_DB, (len(which), self.shadow.shape[1]))
        kept = kept[:, None]
        self.shadow[which] = kept * self.shadow[which] + np.sqrt(1 - kept**2) * fresh

    def hear(
        self, sending: NDArray[np.integer], dt: float
    ) -> tuple[NDArray[np.integer], NDArray[np.integer], NDArray[np.int8]]:
        """What is heard of one packet of each tag in `sending`: tag, gateway, dBm.

        dt: seconds since these tags were last heard, in which the shadows changed a little.
        """
        self._fade(sending, np.full(len(sending), np.exp(-dt / SHADOW_S)))
        power = self.mean[sending] + self.shadow[sending]
        power += self.random.normal(0.0, NOISE_DB, power.shape)
        heard = (power > WEAKEST_DBM) & (self.random.random(power.shape) > LOST)
        tag, gateway = np.nonzero(heard)
        return sending[tag], gateway, np.clip(np.rint(power[heard]), -127, 0).astype(np.int8)
