"""How long until a room: a formula of two lines, a measured upper end, and when to keep quiet.

Patients ahead, less the rooms that stand ready, over the recent rate of departures. Every
prediction is stored with its outcome; the upper end comes from
those outcomes, and when it stops covering what it should, nothing is said any more.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import ceil
from statistics import fmean, median
from typing import TypeVar

Time = TypeVar("Time", float, datetime)

RATE_OVER_MIN = 120
"""Departures are counted over the last two hours."""

NEAREST = 100
"""The upper end is read off so many outcomes whose prediction was nearest to this one."""

FEWEST = 50
"""With fewer outcomes nothing is said."""

JUDGED_BY = 200
"""Calibration looks at so many of the latest outcomes."""

COVERED = (0.80, 0.95)
"""A ninetieth percentile that covers less misleads; one that covers more says nothing."""

COMPARED_WITH = 10
"""The rolling mean that the prediction must beat is over the last ten."""


@dataclass(frozen=True)
class Prediction:
    """Minutes until a room: the middle, and the upper end (None while too little is known)."""

    minutes: float
    ninetieth: float | None


@dataclass(frozen=True)
class Outcome:
    """What was predicted, the upper end said with it (or None), and what came, in minutes."""

    predicted: float
    ninetieth: float | None
    waited: float


@dataclass(frozen=True)
class Calibration:
    """How right the latest predictions were.

    count: outcomes that had an upper end. coverage: share of them that came at or below it, None
    without any. median_error: of the absolute error, minutes. usually_within: four in five were
    this near, minutes. speaks: whether a prediction may be shown.
    """

    count: int
    coverage: float | None
    median_error: float | None
    usually_within: float | None
    speaks: bool


def ahead_of(
    acuity: int | None, since: Time, queue: Iterable[tuple[int | None, Time]], *, unknown: int = 3
) -> int:
    """How many of the queue go first: a more urgent ESI level, or the same and there before.

    queue: (ESI or None, since) of the others. The same claim as `next_room` uses.
    """
    mine = (acuity or unknown, since)
    return sum(((level or unknown), at) < mine for level, at in queue)


def predicted_minutes(
    *, ahead: int, departures: int, ready: int = 0, over_min: float = RATE_OVER_MIN
) -> float | None:
    """(patients ahead + 1 - rooms ready) / (departures a minute), or None when nobody departed.

    departures: patients who left the queue for a room in the last `over_min` minutes. ready: rooms
    that are READY now and fit; whoever finds enough of them does not wait.
    """
    turns = ahead + 1 - ready
    if turns <= 0:
        return 0.0
    return turns * over_min / departures if departures > 0 else None


def ninetieth(outcomes: Sequence[tuple[float, float]], predicted: float) -> float | None:
    """The wait that nine in ten did not exceed, among the outcomes predicted most like this one.

    outcomes: (predicted, waited) in minutes. None with fewer than FEWEST of them.
    """
    if len(outcomes) < FEWEST:
        return None
    nearest = sorted(outcomes, key=lambda one: abs(one[0] - predicted))[:NEAREST]
    return quantile([waited for _, waited in nearest], 0.9)


def calibration(outcomes: Sequence[Outcome]) -> Calibration:
    """How right the latest predictions were; outcomes in the order they came, the latest last.

    Whoever finds a room ready is told no time, so a prediction of nought is not judged: easy
    cases would hide how wrong the others are.
    """
    judged = [one for one in outcomes if one.ninetieth is not None and one.predicted > 0]
    judged = judged[-JUDGED_BY:]
    if not judged:
        return Calibration(0, None, None, None, speaks=False)
    covered = sum(one.waited <= one.ninetieth for one in judged if one.ninetieth is not None)
    coverage = covered / len(judged)
    errors = [abs(one.waited - one.predicted) for one in judged]
    return Calibration(
        count=len(judged),
        coverage=coverage,
        median_error=median(errors),
        usually_within=quantile(errors, 0.8),
        speaks=len(judged) >= FEWEST and COVERED[0] <= coverage <= COVERED[1],
    )


def rolling_mean(waited: Sequence[float]) -> float | None:
    """The mean wait of the last ten: what most signs show, and what ours is compared with."""
    return fmean(waited[-COMPARED_WITH:]) if waited else None


def quantile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least `share` of the values do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, ceil(share * len(ordered) - 1e-9) - 1)]
