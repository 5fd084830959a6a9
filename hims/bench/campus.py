"""A large site for the benches: the demonstration hospital many times over, a gateway in each
room, and what these gateways hear of tags that lie still.
"""

import csv
import io
import random
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from hims.bench import hospital
from inventory.models import Asset
from tracking.models import Gateway

IN_EACH = 100
"""Gateways in one building: in its hundred first rooms."""
HEARD_BY, APART_M = 8, 12.0
"""Gateways that hear a tag: the nearest ones of its floor."""
AT_ONE_METRE_DBM, LOSS_DB, WALL_DB, FLOOR_DBM = -50.0, 25.0, 12.0, -95.0
NOISE_DB = 4.0


@dataclass(frozen=True)
class Heard:
    """What one gateway hears: tags (addresses) and their mean strengths in dBm."""

    gateway: str
    tags: list[str]
    dbm: list[float]


def build(gateways: int) -> None:
    """Import as many buildings as it takes to have a gateway in each of so many rooms."""
    first = {name: _rows((hospital.FIXTURES / name).read_text()) for name in hospital.PLACES}
    sheets: dict[str, list[dict[str, str]]] = {name: [] for name in hospital.PLACES}
    sheets["kinds.csv"] = first["kinds.csv"]
    for copy in range(-(-gateways // IN_EACH)):
        for name in ("buildings.csv", "floors.csv", "zones.csv", "doors.csv"):
            sheets[name] += [_renamed(row, copy) for row in first[name]]
        wanted = min(IN_EACH, gateways - copy * IN_EACH)
        rooms = [row for row in first["zones.csv"] if row["kind"] != "area" and row["polygon"]]
        sheets["gateways.csv"] += [
            _gateway(room, copy, place) for place, room in enumerate(rooms[:wanted])
        ]
    hospital.take({name: _text(rows) for name, rows in sheets.items()})


class Ground:
    """Where the gateways are, and how strongly they hear what is somewhere."""

    def __init__(self) -> None:
        rows = Gateway.objects.exclude(x=None).exclude(zone=None).order_by("floor_id", "pk")
        columns = zip(*rows.values_list("address", "floor_id", "x", "y", "zone__uid"), strict=True)
        address, floor, x, y, zone = columns
        self.address, self.zone = list(address), [str(uid) for uid in zone]
        self.floor, self.xy = np.array(floor), np.array([x, y], dtype=float).T

    def hearing(
        self, here: NDArray[np.intp], xy: NDArray[np.float64]
    ) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
        """Of the gateways `here` the HEARD_BY nearest to each point (N x 2, metres), and the mean
        strengths in dBm at which they hear it, both nearest first."""
        apart = np.hypot(*(xy[:, None] - self.xy[here]).transpose(2, 0, 1))
        near = np.argsort(apart, axis=1)[:, :HEARD_BY]
        lost = LOSS_DB * np.log10(np.maximum(np.take_along_axis(apart, near, axis=1), 0.5))
        lost[:, 1:] += WALL_DB  # all but the nearest are in other rooms
        return here[near], np.maximum(AT_ONE_METRE_DBM - lost, FLOOR_DBM)


def resting(first: int, last: int) -> list[Heard]:
    """What each gateway hears of the tags numbered `first` to `last`, which lie in all rooms."""
    ground = Ground()
    chance = np.random.default_rng(1)
    number = np.arange(first, last + 1)
    home = number % len(ground.address)
    lies = ground.xy[home] + chance.uniform(-2.0, 2.0, (len(number), 2))
    heard = [Heard(address, [], []) for address in ground.address]
    for floor in np.unique(ground.floor).tolist():
        tags = np.flatnonzero(ground.floor[home] == floor)
        gateways, dbm = ground.hearing(np.flatnonzero(ground.floor == floor), lies[tags])
        for tag, near, levels in zip(number[tags], gateways.tolist(), dbm.tolist(), strict=True):
            for gateway, level in zip(near, levels, strict=True):
                heard[gateway].tags.append(hospital.TAG.format(tag))
                heard[gateway].dbm.append(level)
    return [one for one in heard if one.tags]


def moving(count: int) -> list[dict[str, Any]]:
    """Tags (the first `count`) that go to and fro between two rooms of one floor, APART_M apart or
    a little more, heard in both by the same gateways: the address, the asset's id and, for both
    rooms, the zone and who hears it there how well."""
    ground = Ground()
    numbers = [f"A-{number:06d}" for number in range(1, count + 1)]
    assets = Asset.objects.in_bulk(numbers, field_name="number")
    found = []
    for number in range(1, count + 1):
        one = number * 7 % len(ground.address)
        far = np.hypot(*(ground.xy - ground.xy[one]).T)
        far[(ground.floor != ground.floor[one]) | (far < APART_M)] = np.inf
        rooms = np.array([one, int(far.argmin())])
        middle = np.hypot(*(ground.xy - ground.xy[rooms].mean(axis=0)).T)
        middle[ground.floor != ground.floor[one]] = np.inf
        between = np.argsort(middle)[: HEARD_BY - 2]
        gateways, dbm = ground.hearing(np.union1d(between, rooms), ground.xy[rooms])
        places = [
            [ground.zone[room], [[ground.address[g], round(d)] for g, d in zip(*near, strict=True)]]
            for room, *near in zip(rooms, gateways, dbm, strict=True)
        ]
        asset = assets[numbers[number - 1]]
        found.append({"tag": hospital.TAG.format(number), "id": str(asset.uid), "places": places})
    return found


def noisy(heard: Heard, readings: int, chance: random.Random) -> tuple[list[str], list[int]]:
    """So many readings of a gateway, every tag in turn: addresses, and strengths with noise."""
    turn = [n % len(heard.tags) for n in range(readings)]
    rssi = [max(round(chance.gauss(heard.dbm[n], NOISE_DB)), -110) for n in turn]
    return [heard.tags[n] for n in turn], rssi


def _gateway(room: dict[str, str], copy: int, place: int) -> dict[str, str]:
    middle = shapely.from_wkt(room["polygon"]).representative_point()
    return {
        "gateway": f"AC233FE{copy:02X}{place:03X}",
        "name": room["name"],
        "building": _in(copy, "MAIN"),
        "floor": room["floor"],
        "zone": _in(copy, room["zone"]),
        "x": f"{middle.x:.2f}",
        "y": f"{middle.y:.2f}",
        "z": "2.7",
    }


def _renamed(row: dict[str, str], copy: int) -> dict[str, str]:
    """The row as it is in that copy of the hospital."""
    codes = {"building", "zone", "area", "neighbour"}
    return {
        name: _in(copy, value) if name in codes and value else value for name, value in row.items()
    }


def _in(copy: int, code: str) -> str:
    return f"B{copy:02d}-{code}"


def _rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def _text(rows: list[dict[str, str]]) -> bytes:
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()
