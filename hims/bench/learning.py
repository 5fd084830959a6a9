"""How much a hospital's own scans teach: rooms named right after so many scans, from geometry on.

The demonstration hospital in memory, with a radio that its drawing does not tell: walls counted
one by one, storeys, shadows, tags of unlike power, and gateways whose gain is off by some
decibels. Things stand somewhere and are scanned there; other scans of the same hospital judge.
"""

from datetime import date
from pathlib import Path

import numpy as np

from hims.bench.figures import Figure
from hims.bench.scratch import House, Say
from hims.hospital.stored import words
from hims.wire.hospital import Hospital, read
from tracking.domain.locating import learning
from tracking.domain.locating.fingerprints import Fingerprints, of_rows
from tracking.domain.simulation import DoorIn, GatewayIn, Plan, RoomIn
from tracking.domain.simulation.radio import WEAKEST_DBM, Radio
from tracking.domain.simulation.walking import NOT_FOR_STAYING
from tracking.domain.site import FloorIn, Site, ZoneIn, build
from tracking.domain.site import GatewayIn as Gateway
from tracking.wire.addresses import normalise

FIXTURES = Path(__file__).resolve().parent.parent.parent / "fixtures"
GAIN_DB = 4.0
"""Deviation of the gateways' gains, of which the drawing knows nothing."""
PACKETS, APART_S = 4, 3.0
"""Packets of a tag that lies still, heard in the ten seconds around a scan."""
SCANS = (50, 200, 1000)


def measure(
    house: House | None,
    say: Say,
    *,
    scans: tuple[int, ...] = SCANS,
    judging: int = 400,
    worlds: int = 3,
) -> list[Figure]:
    """Percent of `judging` other scans whose room is named, after 0 and so many `scans`; the mean
    of several hospitals, whose gateways and shadows differ. No database is touched."""
    named: dict[int, list[float]] = {many: [] for many in (0, *scans)}
    for seed in range(1, worlds + 1):
        say(f"hospital {seed} of {worlds}: {max(scans)} scans teach, {judging} judge")
        world = World(seed)
        teach, judge = world.scanned(max(scans)), world.scanned(judging)
        for many, found in named.items():
            site = world.learnt(teach.only(slice(0, many)))
            found.append(100.0 * learning.judged(site, judge).accuracy)
    percent = {many: sum(found) / len(found) for many, found in named.items()}
    reference = "geometry alone, the same scans judging"
    return [
        Figure(f"learning_{many}", percent[many], "% of rooms", reference, percent[0])
        for many in percent
    ]


class World:
    """The demonstration hospital: its drawing, and a radio that knows more than the drawing."""

    def __init__(self, seed: int) -> None:
        self.random = np.random.default_rng(seed)
        hospital, _ = read(
            {path.name: path.read_bytes() for path in FIXTURES.glob("*.csv")},
            folder=FIXTURES.name,
            known=Hospital(),
            words=words(),
            address=normalise,
            today=date(2026, 1, 1),
        )
        floor = {key: n for n, key in enumerate(hospital.floors, 1)}
        storey = {n: hospital.floors[key].level or 0 for key, n in floor.items()}
        building = {key: n for n, key in enumerate(hospital.buildings, 1)}
        zone = {code: n for n, code in enumerate(hospital.zones, 1)}
        on = {row.zone: floor[row.building, row.floor] for row in hospital.zones.values()}
        placed = [row for row in hospital.gateways.values() if row.x is not None]
        self.zone = zone
        self.drawing = (
            [FloorIn(n, building[key[0]], storey[n]) for key, n in floor.items()],
            [
                ZoneIn(zone[r.zone], on[r.zone], r.kind, zone.get(r.area or ""), r.polygon or "")
                for r in hospital.zones.values()
            ],
            [
                Gateway(n, floor[g.building, g.floor], zone.get(g.zone or ""), g.x, g.y)
                for n, g in enumerate(placed, 1)
            ],
            [(zone[d.zone], zone[d.neighbour]) for d in hospital.doors.values()],
        )
        self.plan = Plan(
            [
                RoomIn(r.zone, on[r.zone], storey[on[r.zone]], r.kind, r.polygon or "")
                for r in hospital.zones.values()
            ],
            [DoorIn(d.zone, d.neighbour, d.kind) for d in hospital.doors.values()],
            [
                GatewayIn(
                    g.gateway, n := floor[g.building, g.floor], storey[n], g.x, g.y, g.z or 2.6
                )
                for g in placed
            ],
        )
        self.stays = [
            n for n, room in enumerate(self.plan.rooms) if room.kind not in NOT_FOR_STAYING
        ]
        self.gain = self.random.normal(0.0, GAIN_DB, len(placed))

    def scanned(self, many: int) -> Fingerprints:
        """So many things, each somewhere in a random room, scanned there once."""
        room = self.random.choice(self.stays, many)
        xy = np.array([self.plan.point_in(int(one), self.random) for one in room])
        radio = Radio(self.plan, many, np.zeros(many, bool), self.random)
        everything = np.arange(many)
        radio.moved(everything, room, xy)
        shape = many, len(self.gain)
        total, times = np.zeros(shape), np.zeros(shape)
        for _ in range(PACKETS):
            tag, gateway, rssi = radio.hear(everything, APART_S)
            rssi = rssi + self.gain[gateway]
            heard = rssi > WEAKEST_DBM
            cell = tag[heard], gateway[heard]
            np.add.at(total, cell, rssi[heard])
            np.add.at(times, cell, 1)
        rows = []
        for n in range(many):
            heard = np.flatnonzero(times[n])
            if len(heard):
                zone = self.zone[self.plan.rooms[room[n]].code]
                mean = total[n, heard] / times[n, heard]
                rows.append((n + 1, zone, None, None, float(n), heard + 1, mean))
        return of_rows(rows)

    def learnt(self, labels: Fingerprints) -> Site:
        return build(*self.drawing, labels or None)
