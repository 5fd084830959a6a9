"""The engine's own step at a big hospital's size, in memory: readings a second on one core.

Ten floors of 500 rooms with a gateway in each; tags lie in rooms, and each is heard by the eight
gateways nearest to it, as a radio with path loss, walls and noise would have it.
"""

import resource
import time
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from hims.bench.figures import Figure, middle
from hims.bench.scratch import House, Say
from tracking.domain import engine
from tracking.domain.readings import READING
from tracking.domain.site import FloorIn, GatewayIn, Site, ZoneIn, build, window_for
from tracking.domain.state import State, empty, enrolled

FLOORS, COLUMNS, ROWS = 10, 25, 20
WIDE_M, HIGH_M = 6.0, 5.0
HEARD_BY = 8
NOISE_DB = 4.0
SETTLING, MEASURED = 10, 10
BEGUN_AT = 1_800_000_000.0


@dataclass(frozen=True)
class Ward:
    """T tags at rest: the `room` (zone place) of each, the HEARD_BY gateways (places) that hear it
    and the mean dBm at each."""

    room: NDArray[np.int64]
    gateway: NDArray[np.int64]
    dbm: NDArray[np.float64]

    def heard(self, count: int, now: float, chance: np.random.Generator) -> NDArray[np.void]:
        """A second's readings."""
        out = np.zeros(count, READING)
        tag = chance.integers(0, len(self.room), count)
        which = chance.integers(0, HEARD_BY, count)
        out["tag"], out["gateway"] = tag, self.gateway[tag, which]
        out["rssi"] = self.dbm[tag, which] + chance.normal(0.0, NOISE_DB, count)
        out["at"] = now - 0.9 * chance.random(count)
        return out


def measure(
    house: House | None, say: Say, *, tags: int = 50_000, rate: int = 1_000_000
) -> list[Figure]:
    """Readings a second of processor time that `engine.step` takes, in steps of one second."""
    say(f"a site of {FLOORS * COLUMNS * ROWS} gateways")
    site = _site(tags)
    chance = np.random.default_rng(1)
    ward = _ward(tags, chance)
    keys = np.arange(1, tags + 1)
    state = enrolled(empty(site), keys, keys, keys)
    say(f"{tags} tags, {rate} readings a step, {site.place.grid.window.cells} cells a tag")
    spent, plain, now = [], [], BEGUN_AT
    for turn in range(SETTLING + MEASURED):
        now += 1.0
        readings = ward.heard(rate, now, chance)
        begun = time.process_time()
        state, _, _ = engine.step(state, engine.Evidence(readings), site, now)
        done = time.process_time()
        _strongest(readings, tags)
        if turn >= SETTLING:
            spent.append(done - begun)
            plain.append(time.process_time() - done)
    named = state.bearers.zone[:tags] == ward.room
    held = sum(value.nbytes for value in _arrays(state)) + site.place.radio.table.nbytes
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    reference = "mean per tag and gateway and the strongest of each tag, by one sort"
    return [
        Figure("engine", rate / middle(spent), "readings/s", reference, rate / middle(plain)),
        Figure("engine_cells", site.place.grid.window.cells, "cells a tag", "asked for", 20.0),
        Figure("engine_named", 100.0 * named.mean(), "% of rooms", "all tags", 100.0),
        Figure("engine_held_mb", held / 1e6, "MB", "the most this process ever took", peak),
    ]


def _site(tags: int) -> Site:
    zones, gateways, doors = [], [], []
    for key in range(1, FLOORS * COLUMNS * ROWS + 1):
        floor, place = divmod(key - 1, COLUMNS * ROWS)
        column, row = divmod(place, ROWS)
        x, y = column * WIDE_M, row * HIGH_M
        box = shapely.box(x, y, x + WIDE_M, y + HIGH_M).wkt
        zones.append(ZoneIn(key, floor + 1, "room", None, box))
        gateways.append(GatewayIn(key, floor + 1, key, x + WIDE_M / 2, y + HIGH_M / 2, 2.6))
        if row:
            doors.append((key - 1, key))
    floors = [FloorIn(floor + 1, 1, floor) for floor in range(FLOORS)]
    return build(floors, zones, gateways, doors, window=window_for(tags, len(gateways)))


def _ward(tags: int, chance: np.random.Generator) -> Ward:
    room = chance.integers(0, FLOORS * COLUMNS * ROWS, tags)
    floor, place = np.divmod(room, COLUMNS * ROWS)
    corner = np.stack(np.divmod(place, ROWS), axis=1) * (WIDE_M, HIGH_M)
    xy = corner + chance.random((tags, 2)) * (WIDE_M, HIGH_M)
    every = np.arange(COLUMNS * ROWS)
    hung = (np.stack(np.divmod(every, ROWS), axis=1) + 0.5) * (WIDE_M, HIGH_M)
    gateway, dbm = np.empty((tags, HEARD_BY), np.int64), np.empty((tags, HEARD_BY))
    for level in range(FLOORS):
        mine = np.flatnonzero(floor == level)
        metres = np.sqrt(((xy[mine, None] - hung) ** 2).sum(axis=2) + 2.5)
        near = np.argpartition(metres, HEARD_BY, axis=1)[:, :HEARD_BY]
        walled = near != place[mine, None]
        gateway[mine] = near + level * COLUMNS * ROWS
        dbm[mine] = -59.0 - 26.0 * np.log10(np.take_along_axis(metres, near, axis=1)) - 3.0 * walled
    return Ward(room, gateway, dbm)


def _strongest(readings: NDArray[np.void], tags: int) -> NDArray[np.int64]:
    """The gateway that hears each tag best, -1 for none: the plainest thing an engine could do."""
    key = readings["tag"].astype(np.int64) << 32 | readings["gateway"]
    order = np.argsort(key, kind="stable")
    first = np.flatnonzero(np.diff(key[order], prepend=-1))
    count = np.diff(np.append(first, len(key)))
    mean = np.add.reduceat(readings["rssi"][order], first) / count
    tag, gateway = key[order][first] >> 32, key[order][first] & 0xFFFFFFFF
    best = np.lexsort((mean, tag))
    out = np.full(tags, -1)
    out[tag[best]] = gateway[best]
    return out


def _arrays(state: State):
    """Every array that the state holds, once."""
    rows = [state.tags, state.bearers, state.tracks, *state.tracks.past]
    found = {id(v): v for row in rows for v in vars(row).values() if isinstance(v, np.ndarray)}
    return found.values()
