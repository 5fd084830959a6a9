"""A large site for the benches: the demonstration hospital many times over, a gateway in each
room, and what these gateways hear of tags that lie still.
"""

import csv
import io
import random
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from hims.bench import hospital
from tracking.models import Gateway

IN_EACH = 100
"""Gateways in one building: in its hundred first rooms."""
HEARD_BY = 8
"""Gateways that hear a tag: the nearest ones of its floor."""
AT_ONE_METRE_DBM, LOSS_DB, FLOOR_DBM = -50.0, 25.0, -95.0
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


def resting(first: int, last: int) -> list[Heard]:
    """What each gateway hears of the tags numbered `first` to `last`, which lie in all rooms."""
    gateways = Gateway.objects.order_by("floor_id", "pk").values_list(
        "address", "floor_id", "x", "y"
    )
    address, floor, *xy = (np.array(column) for column in zip(*gateways, strict=True))
    place = np.array(xy, dtype=float).T
    chance = np.random.default_rng(1)
    number = np.arange(first, last + 1)
    home = number % len(address)
    lies = place[home] + chance.uniform(-2.0, 2.0, (len(number), 2))
    by: dict[int, tuple[list[str], list[float]]] = {n: ([], []) for n in range(len(address))}
    for one in np.unique(floor):
        here = np.flatnonzero(floor == one)
        tags = np.flatnonzero(floor[home] == one)
        apart = np.hypot(*(lies[tags][:, None] - place[here]).transpose(2, 0, 1))
        near = np.argsort(apart, axis=1)[:, :HEARD_BY]
        dbm = _strength(np.take_along_axis(apart, near, axis=1))
        for tag, nearest, levels in zip(number[tags].tolist(), here[near], dbm, strict=True):
            for gateway, level in zip(nearest.tolist(), levels.tolist(), strict=True):
                by[gateway][0].append(hospital.TAG.format(tag))
                by[gateway][1].append(level)
    return [Heard(str(address[n]), *heard) for n, heard in by.items() if heard[0]]


def noisy(heard: Heard, readings: int, chance: random.Random) -> tuple[list[str], list[int]]:
    """So many readings of a gateway, every tag in turn: addresses, and strengths with noise."""
    turn = [n % len(heard.tags) for n in range(readings)]
    rssi = [max(round(chance.gauss(heard.dbm[n], NOISE_DB)), -110) for n in turn]
    return [heard.tags[n] for n in turn], rssi


def _strength(metres: NDArray[np.float64]) -> NDArray[np.float64]:
    lost = LOSS_DB * np.log10(np.maximum(metres, 0.5))
    return np.maximum(AT_ONE_METRE_DBM - lost, FLOOR_DBM)


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
