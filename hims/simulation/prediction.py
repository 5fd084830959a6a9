"""The product's wait prediction on the simulated stream, beside a rolling mean of the last ten.

Each patient is asked about when they begin to wait; only waits that had ended by then are known to
the prediction, to its upper end and to the rolling mean. Who leaves unseen has no outcome.
"""

from collections import deque
from dataclasses import dataclass
from math import isnan, nan
from statistics import median

from hims.domain.waiting import (
    JUDGED_BY,
    RATE_OVER_MIN,
    Outcome,
    ahead_of,
    calibration,
    ninetieth,
    predicted_minutes,
    rolling_mean,
)
from hims.simulation.arrivals import Person, people
from hims.simulation.department import Department
from hims.simulation.measures import Interval, interval
from hims.simulation.parameters import Scenario

KEPT = 1000
"""Outcomes that the upper end is read off, the latest."""

LONG_WAIT_MIN, FAR_OFF_MIN = 10, 15
JUDGED = (3, 4, 5)
"""ESI levels that are told a time; 1 and 2 go first."""


@dataclass(frozen=True)
class Judged:
    """One run. Errors are medians of the absolute error in minutes; shares in per cent.

    ready: share who found a room ready, which is said instead of a time; the other figures are of
    those who found none. long_error: of those who waited longer than ten minutes; too_short: of
    those, whom it told at least 15 minutes too few. spoke: share to whom a time would have been
    shown; in the rest of the cases it was silent. all_error: of everybody, those with a room
    ready too.
    """

    patients: int
    ready: float
    error: float
    rolling_error: float
    coverage: float
    spoke: float
    coverage_when_spoken: float
    long_error: float
    rolling_long_error: float
    too_short: float
    rolling_too_short: float
    all_error: float
    rolling_all_error: float


class Oracle:
    """Listens to one department and keeps what was predicted and what came."""

    def __init__(self, from_minute: float):
        self.from_minute = from_minute
        self.departures: deque[float] = deque()
        self.asked: dict[int, tuple[float, float | None, float | None, bool]] = {}
        self.known: deque[tuple[float, float]] = deque(maxlen=KEPT)
        self.waits: dict[int, list[float]] = {}
        self.outcomes: deque[Outcome] = deque(maxlen=JUDGED_BY)
        self.judged: list[tuple[Outcome, float, bool]] = []

    def begins_to_wait(self, department: Department, person: Person) -> None:
        now = department.env.now
        while self.departures and self.departures[0] < now - RATE_OVER_MIN:
            self.departures.popleft()
        queue = [(one.acuity, one.since) for one in department.queue.values()]
        ahead = ahead_of(person.acuity, department.time_of(person.at), queue)
        ready = sum(person.needs <= one.offers for one in department.ready.values())
        minutes = predicted_minutes(ahead=ahead, departures=len(self.departures), ready=ready)
        if person.acuity not in JUDGED or minutes is None:
            return
        if minutes == 0:
            self.asked[person.number] = (0.0, 0.0, self._rolling(person), True)
            return
        upper = ninetieth(self.known, minutes)
        speaks = calibration(list(self.outcomes)).speaks
        self.asked[person.number] = (minutes, upper, self._rolling(person), speaks)

    def _rolling(self, person: Person) -> float | None:
        return rolling_mean(self.waits.get(person.acuity, []))

    def given_room(self, department: Department, person: Person) -> None:
        now = department.env.now
        self.departures.append(now)
        waited = now - (person.triaged_at or 0.0)
        asked = self.asked.pop(person.number, None)
        if asked is not None:
            minutes, upper, rolling, speaks = asked
            outcome = Outcome(minutes, upper, waited)
            if minutes > 0:
                self.known.append((minutes, waited))
                self.outcomes.append(outcome)
            if person.at >= self.from_minute and upper is not None and rolling is not None:
                self.judged.append((outcome, rolling, speaks))
        self.waits.setdefault(person.acuity, []).append(waited)


def judge(scenario: Scenario, seed: int) -> Judged:
    """One run of the prediction over `scenario`."""
    oracle = Oracle(scenario.warm_up_days * 1440.0)
    Department(
        scenario,
        people(scenario, seed),
        begins_to_wait=oracle.begins_to_wait,
        given_room=oracle.given_room,
    ).run()
    everybody = oracle.judged
    queued = [(one, rolling, speaks) for one, rolling, speaks in everybody if one.predicted > 0]
    long = [(one, rolling) for one, rolling, _ in queued if one.waited > LONG_WAIT_MIN]
    return Judged(
        patients=len(everybody),
        ready=_share([one.predicted == 0 for one, _, _ in everybody]),
        error=median(abs(one.predicted - one.waited) for one, _, _ in queued),
        rolling_error=median(abs(rolling - one.waited) for one, rolling, _ in queued),
        coverage=_share([_covers(one) for one, _, _ in queued]),
        spoke=_share([speaks for _, _, speaks in queued]),
        coverage_when_spoken=_share([_covers(one) for one, _, speaks in queued if speaks]),
        long_error=median(abs(one.predicted - one.waited) for one, _ in long),
        rolling_long_error=median(abs(rolling - one.waited) for one, rolling in long),
        too_short=_share([one.waited - one.predicted > FAR_OFF_MIN for one, _ in long]),
        rolling_too_short=_share([one.waited - rolling > FAR_OFF_MIN for one, rolling in long]),
        all_error=median(abs(one.predicted - one.waited) for one, _, _ in everybody),
        rolling_all_error=median(abs(rolling - one.waited) for one, rolling, _ in everybody),
    )


def judged(scenario: Scenario, seeds: range) -> dict[str, Interval]:
    """Each figure over replications, with its interval; without those that fewer than two runs
    have (who was silent throughout covered nothing)."""
    runs = [judge(scenario, seed) for seed in seeds]
    found = {}
    for name in Judged.__annotations__:
        values = [value for one in runs if not isnan(value := getattr(one, name))]
        if len(values) >= 2:
            found[name] = interval(values)
    return found


def _covers(one: Outcome) -> bool:
    return one.ninetieth is not None and one.waited <= one.ninetieth


def _share(flags: list[bool]) -> float:
    return 100 * sum(flags) / len(flags) if flags else nan
