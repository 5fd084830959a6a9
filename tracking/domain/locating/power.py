"""A tag's transmit power against the map's, in dB: a slow point estimate from its own readings.

Only a map drawn from geometry needs it; a surveyed one knows its tags. A grid of offsets inside
the step was tried: it costs ten times as much and finds no more, because what a wrong exponent
or a body does to the strengths is no offset.
"""

import numpy as np

SPREAD_DB = 5.0
"""Standard deviation of tags' powers about the usual one."""
NOISE_DB = 5.0
"""Scatter of a step's mean about what the map expects where the tag is believed to be."""
MEMORY_S = 60.0
"""Seconds of readings that count."""


class Power:
    """Estimate of one tag's `offset`; starts at 0 and believes readings as they come."""

    def __init__(self) -> None:
        self.offset = 0.0
        self._sum = 0.0
        self._weight = 0.0

    def learn(self, residual: float, passed: float) -> None:
        """`residual` in dB: mean of reading minus map where the tag is believed to be, over what
        was heard in a step `passed` seconds after the one before."""
        fade = np.exp(-max(passed, 0.0) / MEMORY_S)
        self._sum, self._weight = self._sum * fade + residual, self._weight * fade + 1.0
        self.offset = self._sum / (self._weight + (NOISE_DB / SPREAD_DB) ** 2)
