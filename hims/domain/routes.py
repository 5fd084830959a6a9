"""How long it takes to walk: shortest ways through doors, lifts and stairs."""

from dataclasses import dataclass
from heapq import heappop, heappush

WALKING_M_S = 1.2
UNDRAWN_S = 10.0  # a room without a polygon costs a flat time to cross
WAY_S = {"door": 1.0, "lift": 45.0, "stairs": 25.0}


@dataclass(frozen=True)
class Way:
    """A door between zones `a` and `b`. `seconds` overrules the guess; x, y are metres or None."""

    a: int
    b: int
    kind: str
    seconds: float | None = None
    x: float | None = None
    y: float | None = None


def walking_seconds(
    start: int, ways: list[Way], centres: dict[int, tuple[float, float]]
) -> dict[int, float]:
    """Seconds from zone `start` to every zone that can be walked to (Dijkstra).

    centres: zone -> x, y in metres, absent for zones without a polygon. Crossing from the centre
    of one zone through a door to the centre of the next is walked at 1.2 m/s; a lift costs 45 s
    and stairs 25 s unless the way names its own seconds.
    """
    neighbours: dict[int, list[tuple[int, float]]] = {}
    for way in ways:
        cost = way.seconds if way.seconds is not None else WAY_S[way.kind]
        cost += _leg(centres.get(way.a), way) + _leg(centres.get(way.b), way)
        neighbours.setdefault(way.a, []).append((way.b, cost))
        neighbours.setdefault(way.b, []).append((way.a, cost))
    best = {start: 0.0}
    queue = [(0.0, start)]
    while queue:
        so_far, zone = heappop(queue)
        if so_far > best[zone]:
            continue
        for other, cost in neighbours.get(zone, ()):
            if so_far + cost < best.get(other, float("inf")):
                best[other] = so_far + cost
                heappush(queue, (best[other], other))
    return best


def _leg(centre: tuple[float, float] | None, way: Way) -> float:
    if centre is None or way.x is None or way.y is None:
        return UNDRAWN_S / 2
    return ((centre[0] - way.x) ** 2 + (centre[1] - way.y) ** 2) ** 0.5 / WALKING_M_S
