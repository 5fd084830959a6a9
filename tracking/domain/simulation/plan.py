"""The building that is walked through: rooms, the ways between them, gateways under ceilings."""

from collections.abc import Sequence
from dataclasses import dataclass
from heapq import heappop, heappush

import numpy as np
import shapely
from numpy.typing import NDArray

STOREY_M = 4.0
"""Height of a storey, floor to floor."""
TYPICAL_M_S = 1.2
WAY_S = {"door": 0.0, "lift": 30.0, "stairs": 22.0}


@dataclass(frozen=True)
class RoomIn:
    """A room as it is described: its floor's key and storey, and its outline as WKT in metres."""

    code: str
    floor: int
    level: int
    kind: str
    polygon: str


@dataclass(frozen=True)
class DoorIn:
    a: str
    b: str
    kind: str = "door"
    seconds: float | None = None
    x: float | None = None
    y: float | None = None


@dataclass(frozen=True)
class GatewayIn:
    """x, y and z in metres on its floor; z above that floor."""

    address: str
    floor: int
    level: int
    x: float
    y: float
    z: float = 2.6


@dataclass(frozen=True)
class Stretch:
    """One straight piece of a way: to x, y in room `room`, after standing still for `wait_s`."""

    room: int
    x: float
    y: float
    wait_s: float = 0.0


class Plan:
    """Rooms R and gateways G as arrays, and the shortest way from a point to a room.

    `floor` R, `level` R, `gateway_xyz` G x 3 with heights above storey 0, `gateway_floor` G,
    `gateway_level` G.
    """

    def __init__(
        self, rooms: Sequence[RoomIn], doors: Sequence[DoorIn], gateways: Sequence[GatewayIn]
    ) -> None:
        self.rooms = [room for room in rooms if room.polygon and room.kind != "area"]
        self.number = {room.code: n for n, room in enumerate(self.rooms)}
        self.shapes = shapely.from_wkt([room.polygon for room in self.rooms])
        self.floor = np.array([room.floor for room in self.rooms])
        self.level = np.array([room.level for room in self.rooms], dtype=float)
        self.gateways = list(gateways)
        self.gateway_xyz = np.array(
            [(g.x, g.y, g.level * STOREY_M + g.z) for g in gateways], dtype=float
        ).reshape(-1, 3)
        self.gateway_floor = np.array([g.floor for g in gateways], dtype=int)
        self.gateway_level = np.array([g.level for g in gateways], dtype=float)
        self.doors = [door for door in doors if door.a in self.number and door.b in self.number]
        self.doors_of: list[list[int]] = [[] for _ in self.rooms]
        self.door_xy: list[tuple[float, float]] = []
        self.door_s: list[float] = []
        for n, door in enumerate(self.doors):
            ends = self.number[door.a], self.number[door.b]
            for end in ends:
                self.doors_of[end].append(n)
            self.door_xy.append(self._where(door, *ends))
            self.door_s.append(WAY_S[door.kind] if door.seconds is None else door.seconds)

    def point_in(self, room: int, random: np.random.Generator) -> tuple[float, float]:
        """A place in the room where something may stand, half a metre off the walls if it fits."""
        inner = self.shapes[room].buffer(-0.5)
        shape = self.shapes[room] if inner.is_empty else inner
        x0, y0, x1, y1 = shape.bounds
        for _ in range(50):
            x, y = random.uniform(x0, x1), random.uniform(y0, y1)
            if shapely.contains_xy(shape, x, y):
                return x, y
        middle = shape.representative_point()
        return middle.x, middle.y

    def way(self, room: int, at: tuple[float, float], goal: int, to: tuple[float, float]):
        """The stretches from point `at` in `room` to point `to` in room `goal`; None if no way."""
        if room == goal:
            return [Stretch(goal, *to)]
        best: dict[int, float] = {}
        came: dict[int, tuple[int | None, int]] = {}
        queue: list[tuple[float, int, int | None, int]] = [
            (self._walk_s(at, door), door, None, room) for door in self.doors_of[room]
        ]
        while queue:
            seconds, door, before, inside = heappop(queue)
            if door in best:
                continue
            best[door], came[door] = seconds, (before, inside)
            beyond = self._other(door, inside)
            if beyond == goal:
                return self._traced(door, came, goal, to)
            for onward in self.doors_of[beyond]:
                if onward not in best:
                    cost = seconds + self.door_s[door] + self._walk_s(self.door_xy[door], onward)
                    heappush(queue, (cost, onward, door, beyond))
        return None

    def _traced(self, door: int | None, came, goal: int, to: tuple[float, float]):
        stretches = [Stretch(goal, *to)]
        while door is not None:
            before, inside = came[door]
            x, y = self.door_xy[door]
            stretches.append(Stretch(self._other(door, inside), x, y, self.door_s[door]))
            stretches.append(Stretch(inside, x, y))
            door = before
        return stretches[::-1]

    def _other(self, door: int, room: int) -> int:
        a, b = self.number[self.doors[door].a], self.number[self.doors[door].b]
        return b if a == room else a

    def _walk_s(self, at: tuple[float, float], door: int) -> float:
        x, y = self.door_xy[door]
        return ((at[0] - x) ** 2 + (at[1] - y) ** 2) ** 0.5 / TYPICAL_M_S

    def _where(self, door: DoorIn, a: int, b: int) -> tuple[float, float]:
        if door.x is not None and door.y is not None:
            return door.x, door.y
        from_a, from_b = shapely.shortest_line(self.shapes[a], self.shapes[b]).coords
        if self.floor[a] != self.floor[b]:
            middle = self.shapes[a].centroid
            return middle.x, middle.y
        return (from_a[0] + from_b[0]) / 2, (from_a[1] + from_b[1]) / 2

    def walls_between(
        self, rooms: NDArray[np.integer], xy: NDArray[np.floating], gateways: NDArray[np.integer]
    ) -> NDArray[np.floating]:
        """Walls between points N x 2 in `rooms` and each of `gateways` on their floor: N x K.

        One wall for each room that the straight line enters; the wall of an open bay, which is
        a curtain, counts a third.
        """
        tree = getattr(self, "_tree", None)
        if tree is None:
            tree = self._tree = shapely.STRtree(self.shapes)
            self._thickness = np.array([0.33 if room.kind == "bay" else 1.0 for room in self.rooms])
        n, k = len(xy), len(gateways)
        ends = np.empty((n * k, 2, 2))
        ends[:, 0] = np.repeat(xy, k, axis=0)
        ends[:, 1] = np.tile(self.gateway_xyz[gateways, :2], (n, 1))
        lines = shapely.linestrings(ends)
        line, room = tree.query(lines, predicate="intersects")
        inside = np.repeat(rooms, k)[line]
        other = (room != inside) & (self.floor[room] == self.floor[inside])
        # Two bays side by side have a curtain between them; a bay and a corridor too.
        thin = np.minimum(self._thickness[room], self._thickness[inside])
        walls = np.bincount(line[other], thin[other], minlength=n * k)
        return np.asarray(walls, dtype=float).reshape(n, k)
