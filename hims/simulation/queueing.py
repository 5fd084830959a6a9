"""The engine against a queue that has a formula: Poisson arrivals, exponential times, c servers."""

from dataclasses import dataclass, replace
from statistics import fmean
from typing import Any

from hims.simulation.arrivals import people
from hims.simulation.department import Department
from hims.simulation.measures import interval
from hims.simulation.parameters import Lasts, Scenario


@dataclass(frozen=True)
class ErlangC:
    """The queue, its true mean wait and the 95 % interval of the simulated one, in minutes."""

    servers: int
    arrivals_per_min: float
    service_min: float
    formula: float
    simulated: float
    simulated_low: float
    simulated_high: float


def mean_wait(*, servers: int, arrivals_per_min: float, service_min: float) -> float:
    """Erlang's C formula: the mean wait in minutes of M/M/c. Raises ValueError when it grows."""
    offered = arrivals_per_min * service_min
    if offered >= servers:
        raise ValueError("more work comes than the servers can do")
    blocked = 1.0
    for number in range(1, servers + 1):  # Erlang B, by its recursion
        blocked = offered * blocked / (number + offered * blocked)
    waits = blocked / (1 - offered / servers * (1 - blocked))
    return waits * service_min / (servers - offered)


def bare(*, servers: int, arrivals_per_min: float, service_min: float, days: int) -> Scenario:
    """The department with everything switched off but rooms and exponential times in them."""
    nothing, crowd = Lasts(0, 0), 10_000
    return replace(
        Scenario(),
        arrivals_per_day=arrivals_per_min * 1440,
        hourly=(1.0,) * 24,
        acuity=(0.0, 0.0, 1.0, 0.0, 0.0),
        admitted=(0.0,) * 5,
        monitored=(0.0,) * 5,
        isolated=0.0,
        patience_scale=(None,) * 5,
        plain_rooms=servers,
        monitored_rooms=0,
        isolation_rooms=0,
        nurses=crowd,
        doctors=crowd,
        cleaners=crowd,
        triage=nothing,
        walk=0.0,
        settle=nothing,
        first_contact=(0.0,) * 5,
        work_up=(service_min,) * 5,
        work_up_exponential=True,
        unnoticed_results=0.0,
        decision=nothing,
        discharge=nothing,
        cleaning=nothing,
        told_cleaner=0.0,
        told_nurse=0.0,
        days=days,
        warm_up_days=3,
    )


def against_erlang(
    *,
    servers: int = 10,
    arrivals_per_min: float = 0.08,
    service_min: float = 100.0,
    days: int = 60,
    seeds: range = range(20),
) -> ErlangC:
    """Simulate M/M/c in the department's own code and compare with the formula."""
    queue: dict[str, Any] = {
        "servers": servers,
        "arrivals_per_min": arrivals_per_min,
        "service_min": service_min,
    }
    scenario = bare(**queue, days=days)
    means = []
    for seed in seeds:
        department = Department(scenario, people(scenario, seed))
        department.run()
        begin = scenario.warm_up_days * 1440.0
        means.append(
            fmean((one.in_room_at or 0.0) - one.at for one in department.people if one.at >= begin)
        )
    found = interval(means)
    return ErlangC(**queue, formula=mean_wait(**queue), simulated=found.mean,
                   simulated_low=found.low, simulated_high=found.high)  # fmt: skip
