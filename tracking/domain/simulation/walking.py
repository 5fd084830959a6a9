"""Who walks where: staff on their rounds, patients now and then, equipment when it is fetched."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from .plan import Plan, Stretch

SLOWEST_M_S, FASTEST_M_S = 0.8, 1.4
PUSHING = 0.85
"""Who pushes a bed or a trolley of pumps walks this much slower."""
NEAR_HOME = 0.7
"""How often a walk ends in the walker's own ward."""
FETCHES = 0.35
"""How often a member of staff who sets out goes to fetch a piece of equipment."""
RESTS_S = {"porter": 45.0, "staff": 240.0, "patient": 1500.0}
IN_BED = "patient in bed"
NOT_FOR_STAYING = {"corridor", "lift", "stairs"}
BEDS = {"ward", "bay", "room", "triage"}
SEEN_BY_PATIENTS = BEDS | {"imaging", "theatre", "waiting", "entrance"}


@dataclass(frozen=True)
class TagIn:
    """A tag and what bears it: asset, patient, patient in bed (who stays), staff, or porter (staff
    who walk all day).

    `home` is the code of the room or area where its bearer mostly is, "" for anywhere; `room`
    the code of the room where it is when the simulation begins, "" for somewhere at home.
    """

    address: str
    bearer: str
    home: str = ""
    room: str = ""


@dataclass
class Walker:
    """Somebody or something at a point in a room; walks along `way` while there is one."""

    bearer: str
    home: list[int]
    room: int
    x: float
    y: float
    rests_until: float = 0.0
    speed: float = 1.1
    way: list[Stretch] = field(default_factory=list)
    waits: float = 0.0
    fetches: int | None = None
    brings: int | None = None


class Walking:
    """All walkers of a hospital. The first are the bearers of the tags, in their order."""

    def __init__(
        self,
        plan: Plan,
        tags: Sequence[TagIn],
        members: dict[str, list[str]],
        helpers: int,
        random: np.random.Generator,
    ) -> None:
        """members: area code -> codes of its rooms. helpers: staff who wear no tag."""
        self.plan, self.random, self.clock = plan, random, 0.0
        self.stays = [
            n for n, room in enumerate(plan.rooms) if room.kind not in NOT_FOR_STAYING
        ] or list(range(len(plan.rooms)))
        self.beds = [n for n in self.stays if plan.rooms[n].kind in BEDS]
        self.for_patients = [n for n in self.stays if plan.rooms[n].kind in SEEN_BY_PATIENTS]
        self.walkers = [self._placed(tag, members) for tag in tags]
        nobody = TagIn("", "porter")
        self.walkers += [self._placed(nobody, members) for _ in range(helpers)]
        self.borne = len(tags)
        self.assets = [n for n, walker in enumerate(self.walkers) if walker.bearer == "asset"]
        self.spoken_for: set[int] = set()

    def step(self, dt: float) -> set[int]:
        """Let `dt` seconds pass; the numbers of those who changed their place."""
        self.clock += dt
        moved = set()
        for n, walker in enumerate(self.walkers):
            if walker.way:
                self._walk(n, walker, dt)
                moved.add(n)
                if walker.brings is not None:
                    thing = self.walkers[walker.brings]
                    thing.room, thing.x, thing.y = walker.room, walker.x + 0.4, walker.y
                    moved.add(walker.brings)
                if not walker.way:
                    self._arrived(walker)
            elif walker.bearer != "asset" and self.clock >= walker.rests_until:
                self._set_out(walker)
        return moved

    def moving(self) -> int:
        """How many bearers of tags are under way."""
        brought = sum(1 for walker in self.walkers if walker.brings is not None)
        return brought + sum(1 for walker in self.walkers[: self.borne] if walker.way)

    def _placed(self, tag: TagIn, members: dict[str, list[str]]) -> Walker:
        codes = [tag.home] if tag.home in self.plan.number else members.get(tag.home, [])
        home = [
            self.plan.number[code]
            for code in codes
            if code in self.plan.number and self.plan.number[code] in self.stays
        ]
        home = home or [self.plan.number[code] for code in codes if code in self.plan.number]
        if not home and tag.bearer == "patient" and self.beds:
            home = [self._one_of(self.beds)]
        room = self.plan.number.get(tag.room)
        if room is None:
            room = self._one_of(home or self.stays)
        x, y = self.plan.point_in(room, self.random)
        walker = Walker(tag.bearer, home, room, x, y)
        walker.speed = self.random.uniform(SLOWEST_M_S, FASTEST_M_S)
        if walker.bearer == IN_BED:
            walker.rests_until = math.inf
        elif walker.bearer != "asset":
            walker.rests_until = self.random.uniform(0, RESTS_S[walker.bearer])
        return walker

    def _one_of(self, choices: Sequence[int]) -> int:
        return choices[int(self.random.integers(len(choices)))]

    def _goal(self, walker: Walker) -> int:
        if walker.home and self.random.random() < NEAR_HOME:
            return self._one_of(walker.home)
        if walker.bearer == "patient" and self.for_patients:
            return self._one_of(self.for_patients)
        return self._one_of(self.stays)

    def _go(self, walker: Walker, goal: int, to: tuple[float, float] | None = None) -> None:
        to = to or self.plan.point_in(goal, self.random)
        walker.way = self.plan.way(walker.room, (walker.x, walker.y), goal, to) or []
        walker.waits = walker.way[0].wait_s if walker.way else 0.0

    def _set_out(self, walker: Walker) -> None:
        fetching = walker.bearer in ("staff", "porter") and self.random.random() < FETCHES
        free = [n for n in self.assets if n not in self.spoken_for] if fetching else []
        if free:
            wanted = self._one_of(free)
            thing = self.walkers[wanted]
            self._go(walker, thing.room, (thing.x, thing.y))
            if walker.way:
                walker.fetches = wanted
                self.spoken_for.add(wanted)
                return
        self._go(walker, self._goal(walker))
        if not walker.way:
            self._rest(walker)

    def _arrived(self, walker: Walker) -> None:
        if walker.fetches is not None:
            walker.brings, walker.fetches = walker.fetches, None
            thing = self.walkers[walker.brings]
            goal = self._one_of(thing.home) if thing.room not in thing.home and thing.home else None
            self._go(walker, goal if goal is not None else self._goal(walker))
            if walker.way:
                return
        if walker.brings is not None:
            thing = self.walkers[walker.brings]
            thing.x, thing.y = walker.x, walker.y
            self.spoken_for.discard(walker.brings)
            walker.brings = None
        self._rest(walker)

    def _rest(self, walker: Walker) -> None:
        walker.rests_until = self.clock + self.random.exponential(RESTS_S[walker.bearer])

    def _walk(self, number: int, walker: Walker, dt: float) -> None:
        pace = walker.speed * (PUSHING if walker.brings is not None else 1.0)
        while walker.way and dt > 0:
            stretch = walker.way[0]
            if walker.waits > 0:
                spent = min(walker.waits, dt)
                walker.waits -= spent
                dt -= spent
                continue
            walker.room = stretch.room
            dx, dy = stretch.x - walker.x, stretch.y - walker.y
            length = (dx * dx + dy * dy) ** 0.5
            reach = pace * dt
            if reach < length:
                walker.x += dx / length * reach
                walker.y += dy / length * reach
                return
            walker.x, walker.y = stretch.x, stretch.y
            dt -= length / pace
            walker.way.pop(0)
            walker.waits = walker.way[0].wait_s if walker.way else 0.0
