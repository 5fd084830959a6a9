"""The people who will come, with everything chance decides about them, drawn before the clock runs.

Each kind of chance has a random stream of its own (SeedSequence.spawn), drawn person by person in
standard units. Two scenarios with the same seed so meet the same people with the same luck, and
their difference is the scenarios', not chance's (common random numbers).
"""

from dataclasses import dataclass
from math import log, sqrt

import numpy as np

from hims.simulation.parameters import Lasts, Scenario

STREAMS = (
    "arrival", "thinning", "acuity", "admitted", "monitored", "isolated", "patience", "triage",
    "settle", "contact", "work_up", "unnoticed", "decision", "discharge", "boarding", "cleaning",
    "told_cleaner", "told_nurse", "adopted", "missed", "false_sign", "ignored", "answered",
)  # fmt: skip


@dataclass(slots=True)
class Person:
    """A patient with all their times in minutes, and what happened to them (None: has not).

    told_cleaner, told_nurse: the delays of the turn of the room that they leave.
    heard: the system is used in that turn and misses nothing.
    """

    number: int
    at: float
    acuity: int
    needs: frozenset[str]
    admitted: bool
    patience: float | None
    triage: float
    settle: float
    contact: float
    work_up: float
    unnoticed: float
    decision: float
    discharge: float
    boarding: float
    cleaning: float
    told_cleaner: float
    told_nurse: float
    heard: bool
    false_sign: bool
    ignores: bool
    answered: float
    triaged_at: float | None = None
    in_room_at: float | None = None
    provider_at: float | None = None
    disposition_at: float | None = None
    left_at: float | None = None
    unseen: bool = False


def people(scenario: Scenario, seed: int) -> list[Person]:
    """All who arrive in `scenario.days` days, in order, drawn from `seed`."""
    spawned = np.random.SeedSequence(seed).spawn(len(STREAMS))
    streams = {
        name: np.random.default_rng(child) for name, child in zip(STREAMS, spawned, strict=True)
    }
    at = _arrivals(scenario, streams["arrival"], streams["thinning"])
    many = len(at)

    def chance(name: str, share: float | np.ndarray) -> np.ndarray:
        return streams[name].random(many) < share

    def exponential(name: str) -> np.ndarray:
        return streams[name].standard_exponential(many)

    def lasting(name: str, lasts: Lasts) -> np.ndarray:
        return _log_normal(streams[name].standard_normal(many), lasts.mean, lasts.cv)

    level = np.searchsorted(np.cumsum(scenario.acuity)[:-1], streams["acuity"].random(many))
    monitored = chance("monitored", np.array(scenario.monitored)[level])
    isolated = chance("isolated", scenario.isolated)
    weibull = exponential("patience") ** (1 / scenario.patience_shape)
    contact = _log_normal(
        streams["contact"].standard_normal(many),
        np.array(scenario.first_contact, dtype=float)[level],
        scenario.contact_cv,
    )
    if scenario.work_up_exponential:
        work_up = exponential("work_up") * np.array(scenario.work_up, dtype=float)[level]
    else:
        work_up = _log_normal(
            streams["work_up"].standard_normal(many),
            np.array(scenario.work_up, dtype=float)[level],
            scenario.work_up_cv,
        )
    adopted, missed = chance("adopted", scenario.adopted), chance("missed", scenario.missed)
    heard = adopted & ~missed
    told_cleaner = exponential("told_cleaner") * np.where(
        heard, scenario.told_cleaner, scenario.usual_told
    )
    told_nurse = exponential("told_nurse") * np.where(
        adopted, scenario.told_nurse, scenario.usual_told
    )
    columns = {
        "at": at,
        "acuity": level + 1,
        "admitted": chance("admitted", np.array(scenario.admitted)[level]),
        "triage": lasting("triage", scenario.triage),
        "settle": lasting("settle", scenario.settle),
        "contact": contact,
        "work_up": work_up,
        "unnoticed": exponential("unnoticed") * scenario.unnoticed_results,
        "decision": lasting("decision", scenario.decision),
        "discharge": lasting("discharge", scenario.discharge),
        "boarding": lasting("boarding", scenario.boarding),
        "cleaning": lasting("cleaning", scenario.cleaning)
        * np.where(isolated, scenario.isolation_clean, 1.0),
        "told_cleaner": told_cleaner,
        "told_nurse": told_nurse,
        "heard": heard,
        "false_sign": adopted & chance("false_sign", scenario.false_signs),
        "ignores": chance("ignored", scenario.ignored_alerts),
        "answered": exponential("answered") * scenario.alert_answered,
    }
    rows = zip(*(column.tolist() for column in columns.values()), strict=True)
    return [
        Person(
            number=number,
            needs=_NEEDS[bool(monitored[number]), bool(isolated[number])],
            patience=_patience(scenario, int(level[number]), float(weibull[number])),
            **dict(zip(columns, row, strict=True)),
        )
        for number, row in enumerate(rows)
    ]


def _arrivals(
    scenario: Scenario, gaps: np.random.Generator, kept: np.random.Generator
) -> np.ndarray:
    """Minutes of arrival: a Poisson stream at the busiest hour's rate, thinned to each hour's."""
    hourly = np.array(scenario.hourly) / np.mean(scenario.hourly)
    end = scenario.days * 1440.0
    fastest = scenario.arrivals_per_day / 1440.0 * hourly.max()
    expected = fastest * end
    many = int(expected + 8 * sqrt(expected) + 20)
    at = np.cumsum(gaps.standard_exponential(many)) / fastest
    luck = kept.random(many)
    hours = (at // 60).astype(int) % len(hourly)
    return at[(at < end) & (luck < hourly[hours] / hourly.max())]


def _log_normal(z: np.ndarray, mean: float | np.ndarray, cv: float) -> np.ndarray:
    """Log-normal of this mean and coefficient of variation from standard normals."""
    variance = log(1 + cv * cv)
    return mean * np.exp(sqrt(variance) * z - variance / 2)


def _patience(scenario: Scenario, level: int, weibull: float) -> float | None:
    scale = scenario.patience_scale[level]
    return None if scale is None else scale * weibull


_NEEDS = {
    (False, False): frozenset[str](),
    (True, False): frozenset({"monitor"}),
    (False, True): frozenset({"isolation"}),
    (True, True): frozenset({"isolation", "monitor"}),
}
