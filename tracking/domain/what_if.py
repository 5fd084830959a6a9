"""Two sets of parameters on the same traffic: the engine's own step, side by side."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields, replace

import numpy as np
from numpy.typing import NDArray

from tracking.domain import engine
from tracking.domain.locating.scoring import calibration_error
from tracking.domain.site import NOWHERE, Site
from tracking.domain.state import ROOM, State

LOOK_S = 5.0
"""So often the answers of both are compared."""
QUIET_S = 1.0
"""A step is made at least so often, also while nothing is heard."""

SAID = np.dtype([("bearer", "<i4"), ("zone", "<i4"), ("at", "<f8")])
"""Somebody scanned or found a bearer in a zone: the yardstick. Neither run is told of it."""


def with_parameters(site: Site, values: Mapping[str, float]) -> Site:
    """The site with these of its parameters changed. Raises ValueError, with the names there are,
    for one that does not exist."""
    held = site.place.parameters
    known = [f.name for f in fields(held)]
    if strangers := sorted(set(values) - set(known)):
        raise ValueError(f"There is no parameter {strangers[0]}; there are {', '.join(known)}.")
    return replace(site, place=replace(site.place, parameters=replace(held, **values)))


@dataclass
class Run:
    """One set of parameters and what came of it.

    `positions`: answers that would have been written. `moves`: changes of room. `looks`: answers
    looked at, of bearers that were heard; `rooms` of them named a room, with a sum of stated
    probability of `certainty`; `heard_s` bearer-seconds. Judged by people: `stated` probability
    and whether it was `right`, of answers that named a room; `wider` did not.
    """

    site: Site
    state: State
    positions: int = 0
    moves: int = 0
    looks: int = 0
    rooms: int = 0
    certainty: float = 0.0
    heard_s: float = 0.0
    stated: list[float] = field(default_factory=list)
    right: list[bool] = field(default_factory=list)
    wider: int = 0

    @property
    def moves_per_hour(self) -> float | None:
        return self.moves / self.heard_s * 3600.0 if self.heard_s else None

    @property
    def share_of_rooms(self) -> float | None:
        return self.rooms / self.looks if self.looks else None

    @property
    def mean_probability(self) -> float | None:
        return self.certainty / self.rooms if self.rooms else None

    @property
    def accuracy(self) -> float | None:
        return sum(self.right) / len(self.right) if self.right else None

    @property
    def calibration(self) -> float | None:
        """Expected calibration error of the rooms that people judged."""
        if not self.right:
            return None
        return calibration_error(np.array(self.stated), np.array(self.right))


@dataclass
class Comparison:
    """Both runs over `seconds` of traffic; `same` of `looks` answers were the same, `apart` counts
    pairs of rooms (places, NOWHERE for a wider answer) where they were not."""

    a: Run
    b: Run
    seconds: float = 0.0
    looks: int = 0
    same: int = 0
    apart: Counter[tuple[int, int]] = field(default_factory=Counter)


def compare(
    a: Run,
    b: Run,
    batches: Iterable[tuple[float, NDArray[np.void]]],
    said: NDArray[np.void],
) -> Iterator[Comparison]:
    """Run both over `batches` (when they were taken in, READING records in places of the states
    and the site; ascending) and `said` (SAID records). Yields the comparison as it grows.

    The two sites differ in nothing but their parameters, the states begin alike.
    """
    found = Comparison(a, b)
    said = said[np.argsort(said["at"], kind="stable")]
    judged, begun, look_at = 0, None, 0.0
    for now, readings in _with_quiet(batches):
        until = int(np.searchsorted(said["at"], now, side="right"))
        for run in (a, b):
            _judge(run, said[judged:until])
            _step(run, readings, now)
        judged = until
        if begun is None:
            begun, look_at = now, now + LOOK_S
        found.seconds = now - begun
        if now >= look_at:
            _look(found, now - look_at + LOOK_S)
            look_at = now + LOOK_S
            yield found


def _with_quiet(batches) -> Iterator[tuple[float, NDArray[np.void]]]:
    """The batches, with empty ones where nothing was heard for long."""
    last = None
    for now, readings in batches:
        while last is not None and now - last > 2 * QUIET_S:
            last += QUIET_S
            yield last, readings[:0]
        yield now, readings
        last = now


def _step(run: Run, readings: NDArray[np.void], now: float) -> None:
    evidence = engine.Evidence(readings=readings.copy())
    run.state, placed, moved = engine.step(run.state, evidence, run.site, now)
    run.positions += int(placed["store"].sum())
    run.moves += int(((moved["left"] != NOWHERE) & (moved["entered"] != NOWHERE)).sum())


def _judge(run: Run, said: NDArray[np.void]) -> None:
    """Hold what was believed just before against what people said."""
    people = run.state.bearers
    for row in said:
        bearer = int(row["bearer"])
        if bearer >= people.count or not people.heard[bearer]:
            continue
        if people.level[bearer] != ROOM:
            run.wider += 1
            continue
        run.stated.append(float(people.p[bearer]))
        run.right.append(bool(people.shown[bearer] == row["zone"]))


def _look(found: Comparison, passed: float) -> None:
    """Compare the answers of all that both hear; `passed` seconds since the last look."""
    shown = []
    both = found.a.state.bearers.heard & found.b.state.bearers.heard
    heard = np.flatnonzero(both[: found.a.state.bearers.count])
    for run in (found.a, found.b):
        people = run.state.bearers
        room = people.level[heard] == ROOM
        run.looks += len(heard)
        run.rooms += int(room.sum())
        run.certainty += float(people.p[heard][room].sum())
        run.heard_s += passed * len(heard)
        shown.append((people.level[heard], np.where(room, people.shown[heard], NOWHERE), people))
    (level_a, zone_a, people_a), (level_b, zone_b, people_b) = shown
    wide = (level_a == level_b) & (people_a.shown[heard] == people_b.shown[heard])
    same = np.where(zone_a == NOWHERE, wide, zone_a == zone_b)
    found.looks += len(heard)
    found.same += int(same.sum())
    found.apart.update(zip(zone_a[~same].tolist(), zone_b[~same].tolist(), strict=True))
