"""A ward to test the engine in: two rooms and a corridor on one floor, a store on the next."""

import numpy as np

from tracking.domain import engine
from tracking.domain.readings import READING, SIGHTING
from tracking.domain.site import FloorIn, GatewayIn, ZoneIn, build
from tracking.domain.state import State, empty, enrolled

NOW = 1_764_000_000.0
WARD, ROOM_A, ROOM_B, CORRIDOR, STORE = range(5)
ZONES = [
    ZoneIn(11, 1, "area"),
    ZoneIn(12, 1, "room", 11, "POLYGON((0 0, 5 0, 5 4, 0 4, 0 0))"),
    ZoneIn(13, 1, "room", 11, "POLYGON((5 0, 10 0, 10 4, 5 4, 5 0))"),
    ZoneIn(14, 1, "corridor", 11, "POLYGON((0 4, 10 4, 10 6, 0 6, 0 4))"),
    ZoneIn(15, 2, "store", None, "POLYGON((0 0, 10 0, 10 6, 0 6, 0 0))"),
]
FLOORS = [FloorIn(1, 1, 0), FloorIn(2, 1, 1)]
# The gateways of room A, room B, the corridor and the store, in this order.
GATEWAYS = [
    GatewayIn(21, 1, 12, 2.5, 2),
    GatewayIn(22, 1, 13, 7.5, 2),
    GatewayIn(23, 1, 14, 5, 5),
    GatewayIn(24, 2, 15, 5, 3),
]
DOORS = [(12, 14), (13, 14)]
SITE = build(FLOORS, ZONES, GATEWAYS, DOORS)


def following(tags: int = 1, site=SITE) -> State:
    """Nothing known yet of `tags` tags, each on a bearer of its own."""
    keys = np.arange(1, tags + 1)
    return enrolled(empty(site), keys, keys + 1000, keys + 1000)


def heard(*rows) -> np.ndarray:
    """Readings of (tag, gateway, rssi, at)."""
    return np.array(list(rows), dtype=READING)


def said(*rows) -> np.ndarray:
    """Sightings of (bearer, zone, at, present)."""
    return np.array([(*row, 1.0) for row in rows], dtype=SIGHTING)


def in_room_a(at, tag=0):
    """What gateways hear of a tag in room A."""
    return [(tag, 0, -50, at), (tag, 1, -70, at), (tag, 2, -68, at)]


def in_room_b(at, tag=0):
    return [(tag, 0, -70, at), (tag, 1, -50, at), (tag, 2, -68, at)]


class Run:
    """Steps one after another, keeping what came out."""

    def __init__(self, state: State | None = None, site=SITE, now: float = NOW):
        self.state, self.site, self.now = state or following(site=site), site, now
        self.positions, self.moves = [], []

    def step(self, readings=(), sightings=None, seconds: float = 0.25):
        self.now += seconds
        evidence = engine.Evidence(
            readings=heard(*readings) if len(readings) else engine.Evidence().readings,
            sightings=engine.Evidence().sightings if sightings is None else sightings,
        )
        self.state, placed, moved = engine.step(self.state, evidence, self.site, self.now)
        self.positions += list(placed)
        self.moves += list(moved)
        return self

    def stay(self, where, seconds: float, every: float = 1.0):
        """Hear the tag from `where` for so long."""
        for _ in range(round(seconds / every)):
            self.step(where(self.now + every), seconds=every)
        return self

    def belief(self, bearer=0):
        return engine.beliefs(self.state, self.site, np.array([bearer]), self.now)[0]

    def of(self, column, bearer=0):
        """A column of what is believed of a bearer."""
        return getattr(self.state.bearers, column)[bearer]
