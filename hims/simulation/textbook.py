"""A published textbook department in the same engine, to be held against its published means.

Nelson (2013), exercise 13, as implemented by stars-treat-sim (MIT): triage, then registration,
examination and perhaps treatment, or stabilisation and treatment of trauma; first come first
served. It has no room turns, boarding, acuity or leaving, so it says nothing about the product;
it shows that the engine queues as the literature does.
"""

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from math import log, sqrt
from statistics import fmean, stdev
from typing import Any

import numpy as np

from hims.simulation.events import Environment, Event, Resource

Story = Generator[Event, Any, None]
RUN_MIN = 19 * 60.0


@dataclass
class Visit:
    trauma: bool
    arrived: float
    waits: dict[str, float]
    lasted: dict[str, float]
    total: float | None = None


class Textbook:
    """One day of it. parameters: as published (minutes); hourly: patients an hour from 6 am."""

    def __init__(self, parameters: dict[str, Any], hourly: Sequence[float], seed: int):
        self.parameters, self.hourly = parameters, np.array(hourly)
        names = ("arrival", "thinning", "trauma", "treat", "triage", "registration", "examination",
                 "stabilisation", "trauma_treatment", "non_trauma_treatment")  # fmt: skip
        children = np.random.SeedSequence(seed).spawn(len(names))
        self.streams = {
            name: np.random.default_rng(child) for name, child in zip(names, children, strict=True)
        }
        self.env = Environment()
        self.staff = {
            name: Resource(self.env, many) for name, many in parameters["resources"].items()
        }
        self.visits: list[Visit] = []

    def run(self) -> dict[str, float]:
        """Simulate 19 hours; the published summary figures of this day."""
        self.env.process(self._arrivals())
        self.env.run(until=RUN_MIN)
        return self._figures()

    def _arrivals(self) -> Story:
        """Thinned by the rate of the hour in which the last one came, as the published model does.

        Strictly it should be the hour of the candidate; it makes the morning begin a little later.
        """
        fastest = self.hourly.max() / 60.0
        while True:
            kept = self.hourly[int(self.env.now // 60) % len(self.hourly)] / self.hourly.max()
            gap = self.streams["arrival"].exponential(1 / fastest)
            while self.streams["thinning"].random() >= kept:
                gap += self.streams["arrival"].exponential(1 / fastest)
            yield self.env.timeout(gap)
            trauma = bool(self.streams["trauma"].random() < self.parameters["p_trauma"])
            visit = Visit(trauma, self.env.now, {}, {})
            self.visits.append(visit)
            self.env.process(self._visit(visit))

    def _visit(self, visit: Visit) -> Story:
        yield from self._served(visit, "triage", "triage")
        if visit.trauma:
            yield from self._served(visit, "stabilisation", "trauma")
            yield from self._served(visit, "trauma_treatment", "cubicle_trauma")
        else:
            yield from self._served(visit, "registration", "registration")
            yield from self._served(visit, "examination", "exam")
            if self.streams["treat"].random() < self.parameters["p_treat_non_trauma"]:
                yield from self._served(visit, "non_trauma_treatment", "cubicle_non_trauma")
        visit.total = self.env.now - visit.arrived

    def _served(self, visit: Visit, step: str, staff: str) -> Story:
        came = self.env.now
        with self.staff[staff].request() as turn:
            yield turn
            visit.waits[step] = self.env.now - came
            visit.lasted[step] = self._lasts(step)
            yield self.env.timeout(visit.lasted[step])

    def _lasts(self, step: str) -> float:
        key = "trauma_stabilisation" if step == "stabilisation" else step
        how, stream = self.parameters[key], self.streams[step]
        if how["dist"] == "exponential":
            return float(stream.exponential(how["mean"]))
        if how["dist"] == "truncated normal":
            return float(max(how["min"], stream.normal(how["mean"], sqrt(how["var"]))))
        variance = log(1 + how["var"] / how["mean"] ** 2)
        return float(stream.lognormal(log(how["mean"]) - variance / 2, sqrt(variance)))

    def _figures(self) -> dict[str, float]:
        def wait(step: str) -> float:
            return fmean([v.waits[step] for v in self.visits if step in v.waits] or [0.0])

        def used(step: str, staff: str) -> float:
            busy = sum(visit.lasted.get(step, 0.0) for visit in self.visits)
            return busy / (RUN_MIN * self.parameters["resources"][staff])

        def total(trauma: bool) -> float:
            found = [v.total for v in self.visits if v.total is not None and v.trauma is trauma]
            return fmean(found or [0.0])

        return {
            "00_arrivals": len(self.visits),
            "01a_triage_wait": wait("triage"),
            "01b_triage_util": used("triage", "triage"),
            "02a_registration_wait": wait("registration"),
            "02b_registration_util": used("registration", "registration"),
            "03a_examination_wait": wait("examination"),
            "03b_examination_util": used("examination", "exam"),
            "04a_treatment_wait(non_trauma)": wait("non_trauma_treatment"),
            "04b_treatment_util(non_trauma)": used("non_trauma_treatment", "cubicle_non_trauma"),
            "05_total_time(non-trauma)": total(False),
            "06a_trauma_wait": wait("stabilisation"),
            "06b_trauma_util": used("stabilisation", "trauma"),
            "07a_treatment_wait(trauma)": wait("trauma_treatment"),
            "07b_treatment_util(trauma)": used("trauma_treatment", "cubicle_trauma"),
            "08_total_time(trauma)": total(True),
            "09_throughput": sum(visit.total is not None for visit in self.visits),
        }


@dataclass(frozen=True)
class Held:
    """A figure of ours beside the published one; `sigmas`: their difference in standard errors."""

    name: str
    ours: float
    published: float
    sigmas: float


def against_published(
    parameters: dict[str, Any], hourly: Sequence[float], *, replications: int = 100
) -> list[Held]:
    """Every published mean, beside ours from as many days."""
    days = [Textbook(parameters, hourly, seed).run() for seed in range(replications)]
    published = parameters["reference_100_replications"]
    held = []
    for name, mean in published["mean"].items():
        ours = [day[name] for day in days]
        error = sqrt(published["sd"][name] ** 2 / 100 + stdev(ours) ** 2 / len(ours))
        held.append(Held(name, fmean(ours), mean, (fmean(ours) - mean) / error))
    return held
