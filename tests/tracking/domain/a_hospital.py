"""Two buildings of two floors to try faults in: twelve rooms a floor along a corridor with a lift,
a gateway in each room, and what these hear of a tag anywhere (distance, walls, ceilings)."""

from functools import cache

import numpy as np

from tracking.domain import engine
from tracking.domain.locating.grid import MIDDLE, Window
from tracking.domain.readings import READING
from tracking.domain.site import FloorIn, GatewayIn, Site, ZoneIn, build
from tracking.domain.state import ROOM, State, empty, enrolled

NOW = 1_764_000_000.0
WIDE, DEEP, ALONG = 5.0, 4.0, 6
FLOORS = [FloorIn(1, 1, 0), FloorIn(2, 1, 1), FloorIn(3, 2, 0), FloorIn(4, 2, 1)]
GROUND, UPSTAIRS, OTHER_BUILDING = 0, 1, 2
ROOMS, CORRIDOR, LIFT, A_FLOOR = range(12), 12, 13, 14
"""Zones of a floor; those of floor f begin at A_FLOOR * f."""
WEAKEST = -94.0


def corners() -> list[tuple[float, float, float, float]]:
    """x0, y0, x1, y1 of the zones of a floor in metres."""
    rows = [(WIDE * k, y, WIDE * (k + 1), y + DEEP) for y in (0.0, 6.0) for k in range(ALONG)]
    return [*rows, (0.0, 4.0, WIDE * ALONG, 6.0), (WIDE * ALONG, 4.0, WIDE * ALONG + 2, 6.0)]


def polygon(points) -> str:
    return "POLYGON((" + ",".join(f"{x} {y}" for x, y in [*points, points[0]]) + "))"


def middle(zone: int) -> np.ndarray:
    """Metres of the middle of a zone."""
    x0, y0, x1, y1 = corners()[zone % A_FLOOR]
    return np.array([(x0 + x1) / 2, (y0 + y1) / 2])


def same(xy):
    return xy


def zones_in(turned=same) -> list[ZoneIn]:
    kinds = ["room"] * 12 + ["corridor", "lift"]
    out = []
    for place, floor in enumerate(FLOORS):
        for zone, ((x0, y0, x1, y1), kind) in enumerate(zip(corners(), kinds, strict=True)):
            around = [turned(np.array(c)) for c in ((x0, y0), (x1, y0), (x1, y1), (x0, y1))]
            out.append(ZoneIn(A_FLOOR * place + zone + 1, floor.key, kind, None, polygon(around)))
    return out


def gateways_in(turned=same) -> list[GatewayIn]:
    """One in the middle of each room and of each half of the corridors: 14 a floor."""
    spots = [middle(zone) for zone in ROOMS] + [np.array([7.5, 5.0]), np.array([22.5, 5.0])]
    return [
        GatewayIn(len(spots) * place + g + 1, floor.key, None, *turned(xy).tolist(), 2.5)
        for place, floor in enumerate(FLOORS)
        for g, xy in enumerate(spots)
    ]


DOORS = [
    (A_FLOOR * f + zone + 1, A_FLOOR * f + CORRIDOR + 1)
    for f in range(4)
    for zone in (*ROOMS, LIFT)
] + [(A_FLOOR * f + LIFT + 1, A_FLOOR * (f + 1) + LIFT + 1) for f in (0, 2)]
SPOTS = np.array([(g.x, g.y) for g in gateways_in()])
SPOT_ZONE = np.tile([*ROOMS, CORRIDOR, CORRIDOR], 4)
SPOT_FLOOR = np.repeat(np.arange(4), A_FLOOR)


@cache
def hospital(window: Window = MIDDLE) -> Site:
    return build(FLOORS, zones_in(), gateways_in(), DOORS, window=window)


def strengths(zone: int, xy=None) -> np.ndarray:
    """dBm at every gateway of a tag in `zone` (place) at `xy`, by default its middle; -inf in the
    other building."""
    floor, xy = zone // A_FLOOR, middle(zone) if xy is None else np.asarray(xy)
    storeys = np.abs(SPOT_FLOOR - floor)
    flat = ((SPOTS - xy) ** 2).sum(axis=1)
    metres = np.sqrt(flat + (1.5 + 4.0 * storeys) ** 2)
    dbm = -58.0 - 25.0 * np.log10(metres) - 16.0 * storeys
    dbm -= 4.0 * ((zone % A_FLOOR != SPOT_ZONE) | (storeys > 0))
    return np.where(floor // 2 == SPOT_FLOOR // 2, dbm, -np.inf)


def heard(tag: int, dbm: np.ndarray, at: float, random=None, noise: float = 4.0) -> np.ndarray:
    """Readings of a tag of which the gateways get these strengths."""
    if random is not None:
        dbm = dbm + random.normal(0.0, noise, len(dbm))
    gateway = np.flatnonzero(dbm > WEAKEST)
    out = np.zeros(len(gateway), READING)
    out["tag"], out["gateway"], out["rssi"], out["at"] = tag, gateway, dbm[gateway], at
    return out


def following(site: Site, tags: int = 1) -> State:
    """Nothing known yet of `tags` tags, each on a bearer of its own."""
    keys = np.arange(1, tags + 1)
    return enrolled(empty(site), keys, keys + 1000, keys + 1000)


class Watch:
    """Steps of a second, keeping after each what is shown of a bearer."""

    def __init__(self, site: Site | None = None, state: State | None = None, seed: int = 1):
        self.site = hospital() if site is None else site
        self.state = following(self.site) if state is None else state
        self.random, self.now = np.random.default_rng(seed), NOW
        self.shown: list[tuple[int, int, float]] = []
        self.moves: list[np.void] = []

    def step(self, readings, seconds: float = 1.0, *, keep_time: bool = False) -> "Watch":
        """A step with these readings, made just now unless they keep their time."""
        self.now += seconds
        readings = np.concatenate(readings) if isinstance(readings, list) else readings.copy()
        if not keep_time:
            readings["at"] = self.now
        evidence = engine.Evidence(readings)
        self.state, _, moved = engine.step(self.state, evidence, self.site, self.now)
        self.moves += list(moved)
        self.shown.append(tuple(self.of(name) for name in ("level", "shown", "p")))
        return self

    def stay(self, zone: int, seconds: int, xy=None, spoilt=lambda dbm: dbm, tag: int = 0):
        """Hear a tag from a zone for so long, the strengths `spoilt` on the way."""
        for _ in range(seconds):
            noisy = strengths(zone, xy) + self.random.normal(0.0, 4.0, len(SPOTS))
            self.step(heard(tag, spoilt(noisy), self.now))
        return self

    def of(self, column: str, bearer: int = 0):
        return getattr(self.state.bearers, column)[bearer].item()

    def wrong(self, *zones: int, surer: float = 0.9) -> int:
        """Seconds in which another room than these was shown, surer than that."""
        return sum(
            level == ROOM and shown not in zones and p > surer for level, shown, p in self.shown
        )

    def since(self) -> "Watch":
        """Forget what was shown so far."""
        self.shown, self.moves = [], []
        return self
