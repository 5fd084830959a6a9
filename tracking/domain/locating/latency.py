"""How late readings are against the labels of a survey: some systems average before they send.

Found from the survey's own walk: the delay at which samples left out are best foretold by the
samples around them (nothing within AWAY_S counts as around). Survey points at rest say nothing
of it, and then it is 0.
"""

import numpy as np
from numpy.typing import NDArray

MOST_S, STEP_S = 2.0, 0.2
AWAY_S = 10.0
SLOWEST, FASTEST = 0.1, 2.0
"""Metres per second between which a sample counts as walked."""
ENOUGH = 200
QUERIES = 700
REACH_M = 0.4


def of_survey(at: NDArray[np.float64], xy: NDArray[np.float64], rssi: NDArray[np.float64]) -> float:
    """Seconds by which readings trail the labels. `at` S seconds in order, `rssi` S x G."""
    walked = _walked(at, xy)
    if walked.sum() < ENOUGH:
        return 0.0
    delays = np.arange(0.0, MOST_S + STEP_S / 2, STEP_S)
    return float(delays[int(np.argmin([_surprise(at, xy, rssi, walked, d) for d in delays]))])


def shifted(at, xy, zone, delay: float):
    """Places and zones of the labels as they were `delay` seconds before each of them."""
    if delay == 0.0:
        return xy, zone
    then = np.stack([np.interp(at - delay, at, xy[:, k]) for k in (0, 1)], axis=1)
    before = np.clip(np.searchsorted(at, at - delay), 0, len(at) - 1)
    # Across a pause in the walk there is no way between the labels: those keep their own.
    paused = np.abs(at[before] - (at - delay)) > STEP_S + 1.0
    return np.where(paused[:, None], xy, then), np.where(paused, zone, zone[before])


def _walked(at, xy) -> NDArray[np.bool_]:
    passed = np.maximum(np.diff(at), 1e-3)
    speed = np.hypot(*np.diff(xy, axis=0).T) / passed
    moving = (speed > SLOWEST) & (speed < FASTEST) & (passed < 1.0)
    steady = np.zeros(len(at), dtype=bool)
    steady[1:-1] = moving[1:] & moving[:-1]
    return steady


def _surprise(at, xy, rssi, walked, delay) -> float:
    """Mean squared error of left-out samples when labels are taken `delay` seconds earlier."""
    place = np.stack([np.interp(at - delay, at, xy[:, k]) for k in (0, 1)], axis=1)
    every = np.flatnonzero(walked)
    asked = every[:: max(1, len(every) // QUERIES)]
    near = ((place[asked, None, :] - place[None, :, :]) ** 2).sum(axis=2)
    weight = np.exp(-near / (2.0 * REACH_M**2))
    weight *= np.abs(at[asked, None] - at[None, :]) > AWAY_S
    heard = ~np.isnan(rssi)
    total = weight @ heard
    mean = (weight @ np.where(heard, rssi, 0.0)) / np.maximum(total, 1e-9)
    error = np.where(heard[asked] & (total > 1.0), rssi[asked] - mean, np.nan)
    return float(np.nanmean(error**2)) if np.isfinite(error).any() else np.inf
