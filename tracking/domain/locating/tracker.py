"""One tag through a stretch of readings: the live answer, and the same seconds later.

A forward filter over cells and modes. Readings of one tag are not independent (a body, a shelf
stands in the way for seconds), so each counts only EVIDENCE of its log-likelihood; the live answer
leans on the newest a little more than the memory does, because what it says of now is not yet
repeated. The later answer multiplies in what the readings of the next seconds say, backwards.
"""

import itertools
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tracking.domain.locating.motion import Motion
from tracking.domain.locating.power import Power
from tracking.domain.locating.radio_map import RadioMap

EVIDENCE = 0.35
"""Share of a reading's log-likelihood that counts."""
REPEATED = 0.5
"""Several readings of one gateway in a step count as their number to this power."""
NEWEST = 1.5
"""How much more the newest step counts in the live answer."""
AGREED = 0.6
"""The lagged answer is this much less sharp than its readings would make it: those before and
after a moment share their errors."""
LAG_S = 3.0
STEP_S = 1.0
"""The longest step: longer silences are walked through in pieces."""


@dataclass(frozen=True)
class Site:
    """What a filter needs: motion over the cells, the radio map, the readings' lateness in s."""

    motion: Motion
    radio_map: RadioMap
    latency: float = 0.0


@dataclass(frozen=True)
class Answer:
    """Probability of each cell at `moment` (its place in the moments asked), live or lagged."""

    moment: int
    live: NDArray[np.float64] | None
    history: NDArray[np.float64] | None


@dataclass
class _Step:
    at: float
    state: NDArray[np.float64]
    evidence: NDArray[np.float64]


def follow(
    site: Site,
    at: NDArray[np.float64],
    gateway: NDArray[np.integer],
    rssi: NDArray[np.float64],
    moments: NDArray[np.float64],
    lag_s: float = LAG_S,
) -> Iterator[Answer]:
    """Answers for `moments` (seconds, rising) from one tag's readings in time order.

    The live answer rests on readings at or before its moment, the history on those up to `lag_s`
    later; each moment is answered twice, in that order, the second time late.
    """
    motion = site.motion
    ticks, asked = _ticks(moments, at, lag_s)
    used = np.searchsorted(at, ticks, side="right")
    state, before, power = motion.start(), None, Power()
    recent: deque[_Step] = deque()
    waiting: deque[int] = deque()
    first = 0
    for tick, last, moment in zip(ticks, used, asked, strict=True):
        passed = 0.0 if before is None else tick - before
        state = motion.forward(state, passed)
        heard = slice(first, last)
        evidence = _evidence(site.radio_map, gateway[heard], rssi[heard] - power.offset)
        while waiting and tick > moments[waiting[0]] + lag_s:
            yield Answer(waiting[0], None, _lagged(site, recent, moments[waiting.popleft()]))
        live = _sharpened(state, NEWEST * evidence)
        state = _sharpened(state, evidence)
        if not site.radio_map.fitted and last > first:
            expected = state.sum(axis=0) @ site.radio_map.mean[:, gateway[heard]]
            power.learn(float((rssi[heard] - expected).mean()), passed)
        recent.append(_Step(tick, state, evidence))
        while recent[0].at < tick - lag_s - STEP_S:
            recent.popleft()
        for place in moment:
            yield Answer(place, motion.forward(live, site.latency).sum(axis=0), None)
            waiting.append(place)
        first, before = last, tick
    while waiting:
        yield Answer(waiting[0], None, _lagged(site, recent, moments[waiting.popleft()]))


def _ticks(moments, at, lag_s):
    """Times of the steps, and for each the moments (places) answered at it."""
    if not len(moments):
        return np.empty(0), []
    times = [at[:1]] if len(at) and at[0] < moments[0] else []
    times.append(moments)
    known = np.unique(np.concatenate(times))
    edges = np.append(known, known[-1] + lag_s)
    pieces = [
        np.linspace(a, b, int(np.ceil((b - a) / STEP_S - 1e-9)), endpoint=False)
        for a, b in itertools.pairwise(edges)
    ]
    ticks = np.unique(np.concatenate([*pieces, edges]))
    place = np.searchsorted(ticks, moments)
    asked: list[list[int]] = [[] for _ in ticks]
    for moment, tick in enumerate(place):
        asked[tick].append(moment)
    return ticks, asked


def _evidence(radio_map: RadioMap, gateway, rssi) -> NDArray[np.float64]:
    """What the readings of a step say of each cell, in log-likelihood; 0 is nothing."""
    if not len(gateway):
        return np.zeros(radio_map.table.shape[2])
    which, of_which, times = np.unique(gateway, return_inverse=True, return_counts=True)
    mean = np.bincount(of_which, rssi) / times
    rows = radio_map.rows(which, mean)
    said = (EVIDENCE * times**REPEATED) @ rows
    return said - said.max()


def _sharpened(state, evidence):
    out = state * np.exp(evidence)[None, :]
    return out / out.sum()


def _lagged(site: Site, recent, moment: float) -> NDArray[np.float64]:
    """Probability of each cell at `moment`, given all steps kept up to now."""
    steps = list(recent)
    reached = [abs(step.at - moment - site.latency) for step in steps]
    start = int(np.argmin(reached))
    likely = np.ones_like(steps[start].state)
    for later in range(len(steps) - 1, start, -1):
        likely = likely * np.exp(steps[later].evidence)[None, :]
        likely = site.motion.backward(likely, steps[later].at - steps[later - 1].at)
        likely /= likely.max()
    p = (steps[start].state * likely).sum(axis=0)
    p = (p / p.max()) ** AGREED
    return p / p.sum()
