"""What one run came to, and what many say: means with 95 % intervals, paired where due."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from math import sqrt
from statistics import NormalDist, fmean, stdev

import numpy as np

from hims.simulation.arrivals import people
from hims.simulation.department import Department
from hims.simulation.parameters import Scenario

LATE_MIN, BOARDED_MIN, STAY_MIN = 60, 240, 480
"""A gap of ECAT (CMS1244): a room after more than 60 minutes, left unseen, boarded more than 240,
or more than 480 minutes in the department."""


@dataclass(frozen=True)
class Run:
    """One run. Minutes, shares in per cent, means over a day; shares are of arrivals."""

    door_to_room: float
    door_to_room_p90: float
    late: float
    left_unseen: float
    ecat_gap: float
    door_to_provider: float
    stay: float
    turns_per_day: float
    told_cleaner: float
    told_nurse: float
    turned: float
    rooms_used: float
    doctors_used: float


@dataclass(frozen=True)
class Interval:
    """A mean and its 95 % confidence interval over replications."""

    mean: float
    low: float
    high: float


def run(scenario: Scenario, seed: int) -> Run:
    """Simulate once. Only who arrived after the warm-up is counted."""
    department = Department(scenario, people(scenario, seed))
    department.run()
    begin = scenario.warm_up_days * 1440.0
    counted = [one for one in department.people if one.at >= begin]
    roomed = [one for one in counted if not one.unseen]
    waits = np.array([(one.in_room_at or 0.0) - one.at for one in roomed])
    gaps = sum(
        one.unseen
        or (one.in_room_at or 0.0) - one.at > LATE_MIN
        or (one.admitted and (one.left_at or 0.0) - (one.disposition_at or 0.0) > BOARDED_MIN)
        or (one.left_at or 0.0) - one.at > STAY_MIN
        for one in counted
    )
    days, turns = scenario.days, department.turns
    used = sum((one.left_at or 0.0) - (one.in_room_at or 0.0) for one in roomed)
    counted_minutes = (days - scenario.warm_up_days) * 1440.0
    return Run(
        door_to_room=float(waits.mean()),
        door_to_room_p90=float(np.percentile(waits, 90)),
        late=100 * float((waits > LATE_MIN).sum()) / len(counted),
        left_unseen=100 * (len(counted) - len(roomed)) / len(counted),
        ecat_gap=100 * gaps / len(counted),
        door_to_provider=fmean((one.provider_at or 0.0) - one.at for one in roomed),
        stay=fmean((one.left_at or 0.0) - one.at for one in roomed),
        turns_per_day=len(turns.turned) / days,
        told_cleaner=fmean(turns.told_cleaner),
        told_nurse=fmean(turns.told_nurse) if turns.told_nurse else 0.0,
        turned=fmean(turns.turned),
        rooms_used=used / counted_minutes / scenario.rooms,
        doctors_used=department.doctor_minutes / (days * 1440.0) / scenario.doctors,
    )


def interval(values: Sequence[float]) -> Interval:
    """The mean of independent replications with its 95 % interval (Student's t)."""
    mean = fmean(values)
    half = _student(len(values) - 1) * stdev(values) / sqrt(len(values))
    return Interval(mean, mean - half, mean + half)


def intervals(runs: Sequence[Run]) -> dict[str, Interval]:
    """Of each figure of a run."""
    return {name: interval([asdict(one)[name] for one in runs]) for name in asdict(runs[0])}


def differences(runs: Sequence[Run], baseline: Sequence[Run]) -> dict[str, Interval]:
    """`runs` minus `baseline`, pairwise by replication: the same people with the same luck."""
    pairs = list(zip(runs, baseline, strict=True))
    return {
        name: interval([asdict(one)[name] - asdict(other)[name] for one, other in pairs])
        for name in asdict(runs[0])
    }


def same_delays(scenario: Scenario) -> Scenario:
    """The negative control: the system in use, and everything told as late as by word of mouth."""
    usual = scenario.usual_told
    return replace(scenario, told_cleaner=usual, told_nurse=usual, adopted=1.0, missed=0.0)


def _student(degrees: int, share: float = 0.975) -> float:
    """A quantile of Student's t by the Cornish-Fisher expansion; three digits from 4 degrees up."""
    z, n = NormalDist().inv_cdf(share), degrees
    return (
        z
        + (z**3 + z) / (4 * n)
        + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * n**2)
        + (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * n**3)
        + (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / (92160 * n**4)
    )
