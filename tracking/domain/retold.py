"""The last minutes of one bearer told again: the engine's own step over what was heard then."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tracking.domain import engine
from tracking.domain.site import Site
from tracking.domain.state import empty, enrolled

STEP_S = 1.0
EVERY_S = 2.0
"""So far apart are the moments that are told."""
WARMING_S = 60.0
"""The engine begins so long before the first moment, knowing nothing."""
HEARS_S = 10.0
"""A gateway counts as hearing a bearer for so long after a reading."""
LEAST_P = 0.01

HEARING = np.dtype([("gateway", "<i8"), ("rssi", "<f4"), ("at", "<f8"), ("count", "<i4")])
"""A gateway (place) that hears: its middle strength in dBm, its newest reading, how many there
were."""


@dataclass(frozen=True)
class Moment:
    """What was believed at `at` (seconds since 1970); zones, floors and gateways as places of the
    site, NOWHERE for none. `level` and the rest as in engine.POSITION; `candidates` (zone, p),
    likeliest first; `hearing` HEARING records, strongest first."""

    at: float
    level: int
    zone: int
    floor: int
    p: float
    x: float
    y: float
    heard: bool
    candidates: list[tuple[int, float]]
    hearing: NDArray[np.void]


@dataclass(frozen=True)
class Traffic:
    """What came of one bearer: READING records (places; `tag` from 0), when each was taken in
    (ascending), SIGHTING records of bearer 0 with when each was told (ascending), and which
    gateways gave a sign of life when: `alive[i, g]` in the i-th span of EVERY_S from `begin`."""

    begin: float
    readings: NDArray[np.void]
    taken: NDArray[np.float64]
    sightings: NDArray[np.void]
    told: NDArray[np.float64]
    alive: NDArray[np.bool_]


def spans(begin: float, end: float) -> int:
    """How many spans of EVERY_S there are from `begin` to `end`."""
    return max(0, int(np.ceil((end - begin) / EVERY_S)))


def moments(site: Site, tags: int, traffic: Traffic, start: float, end: float) -> list[Moment]:
    """The moments from `start` to `end`, EVERY_S apart, of a bearer that wears so many tags.

    A moment rests on nothing that was taken in after it.
    """
    one = np.array([0], dtype=np.int64)
    state = enrolled(empty(site), np.arange(tags), one, np.zeros(tags, dtype=np.int64))
    told: list[Moment] = []
    read = said = 0
    steps = int(np.floor((end - traffic.begin) / STEP_S))
    each = round(EVERY_S / STEP_S)
    for number in range(1, steps + 1):
        now = traffic.begin + number * STEP_S
        reads = int(np.searchsorted(traffic.taken, now, side="right"))
        says = int(np.searchsorted(traffic.told, now, side="right"))
        span = min(int((now - traffic.begin) / EVERY_S), len(traffic.alive)) - 1
        evidence = engine.Evidence(
            readings=traffic.readings[read:reads],
            sightings=traffic.sightings[said:says],
            alive=np.flatnonzero(traffic.alive[span]) if span >= 0 else np.empty(0, np.int32),
        )
        state, _, _ = engine.step(state, evidence, site, now)
        read, said = reads, says
        if now >= start and number % each == 0:
            recent = traffic.readings[:read][traffic.taken[:read] > now - HEARS_S - EVERY_S]
            told.append(_moment(state, site, now, hearing(recent, now)))
    return told


def hearing(readings: NDArray[np.void], now: float) -> NDArray[np.void]:
    """Who hears by these READING records (places): HEARING records of the last HEARS_S before
    `now`, strongest first."""
    recent = readings[(readings["at"] > now - HEARS_S) & (readings["at"] <= now)]
    gateways = np.unique(recent["gateway"])
    out = np.zeros(len(gateways), HEARING)
    for place, gateway in enumerate(gateways):
        theirs = recent[recent["gateway"] == gateway]
        out[place] = gateway, np.median(theirs["rssi"]), theirs["at"].max(), len(theirs)
    return out[np.argsort(-out["rssi"], kind="stable")]


def _moment(state, site: Site, now: float, heard_by: NDArray[np.void]) -> Moment:
    people = state.bearers
    found = engine.beliefs(state, site, np.array([0]), now)[0][: site.zones]
    order = np.argsort(-found, kind="stable")[: engine.CANDIDATES]
    return Moment(
        at=now,
        level=int(people.level[0]),
        zone=int(people.shown[0]),
        floor=int(people.floor[0]),
        p=float(people.p[0]),
        x=float(people.x[0]),
        y=float(people.y[0]),
        heard=bool(people.heard[0]),
        candidates=[(int(zone), float(found[zone])) for zone in order if found[zone] >= LEAST_P],
        hearing=heard_by,
    )
