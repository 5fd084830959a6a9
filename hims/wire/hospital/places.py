"""What must be true of floors, zones, doors and gateways of a hospital folder."""

import csv
import io
import re
from dataclasses import replace
from functools import lru_cache
from statistics import median
from typing import TYPE_CHECKING

from shapely import MultiPoint, Point, Polygon, STRtree
from shapely.geometry.base import BaseGeometry

from .cells import Bad, outline
from .layout import DoorRow, FloorRow, GatewayRow, ZoneRow
from .rows import ABSENT

if TYPE_CHECKING:
    from .reading import Reading

FAR_OFF_M = 2_000.0
"""A zone farther than this from the middle of its floor is a slip of the pen."""
DOOR_OFF_M = 5.0
"""A door may be drawn this far from the rooms it joins."""
OUTSIDE_M = 15.0
"""A gateway may hang this far outside the outline of its floor's rooms."""
OVERLAP = 0.5
"""Two rooms that share more than this part of the smaller one were drawn twice."""

_MAC_LIKE = re.compile(r"(?i)(0x)?([0-9a-z]{1,3}([:-][0-9a-z]{1,3}){3,}|[0-9a-f]{10,14})")

shape_of = lru_cache(maxsize=65_536)(outline)


def in_order(row: DoorRow) -> DoorRow:
    """A door is the same from both sides: its zones in alphabetical order."""
    if row.neighbour < row.zone:
        return replace(row, zone=row.neighbour, neighbour=row.zone)
    return row


def level_of(floor: str) -> int:
    """The storey of a floor that is named by a number, else 0."""
    return int(floor) if re.fullmatch(r"-?[0-9]{1,2}", floor) else 0


def derive_floors(reading: "Reading", contents: dict[str, bytes], derived: str | None) -> None:
    """Floors that zones.csv names, where no floors.csv says what floors there are."""
    if "floors.csv" in contents or derived is None:
        return
    text = contents["zones.csv"].decode("utf-8-sig", "replace")
    for record in csv.DictReader(io.StringIO(text, newline="")):
        floor = (record.get("floor") or "").strip()[:40]
        if floor:
            row = FloorRow(derived, floor, level=level_of(floor))
            reading.hospital.floors.setdefault(row.key, row)


def radio_address(reading: "Reading", text: str, what: str) -> str:
    """`text` in the one spelling of radio addresses; Bad if it is a MAC with a slip in it."""
    address = reading.address(text)
    if _MAC_LIKE.fullmatch(text) and not re.fullmatch(r"[0-9a-f]{12}", address):
        raise Bad(f"{what} {text!r} is not a radio address: a MAC has 12 hexadecimal digits")
    if len(address) > 64:
        raise Bad(f"{what} {text[:40]!r} is longer than 64 characters")
    return address


def check_zone(reading: "Reading", row: ZoneRow) -> ZoneRow:
    reading.need("floors", (row.building, row.floor), "floor")
    if row.kind is not ABSENT:
        one_of(row.kind, reading.words.zone_kinds, "kind")
    if row.area is not ABSENT and row.area == row.zone:
        raise Bad("the zone is its own area")
    return row


def check_together(reading: "Reading", file: str) -> None:
    """Zones against each other: far off, drawn twice, areas that are none or go in a circle."""
    zones = reading.hospital.zones

    def refuse(code: str, reason: str) -> None:
        row = zones.pop(code)
        reading.refuse("zones", file, row, reason)

    for code, reason in list(_far_off(list(zones.values()))):
        refuse(code, reason)
    for code, reason in _drawn_twice(list(zones.values())):
        if code in zones:
            refuse(code, reason)
    again = True
    while again:
        again = False
        for row in list(zones.values()):
            try:
                _check_area(reading, row)
            except Bad as bad:
                refuse(row.zone, str(bad))
                again = True


def _check_area(reading: "Reading", row: ZoneRow) -> None:
    passed = [row.zone]
    at = row
    while at.area:
        area = reading.need("zones", at.area, "area")
        if area.zone in passed:
            raise Bad(f"the areas go in a circle: {' in '.join([*passed, area.zone])}")
        if at is row:
            if area.kind != "area":
                raise Bad(f"area {area.zone!r} is of another kind; only an area holds zones")
            if (area.building, area.floor) != (row.building, row.floor):
                raise Bad(f"area {area.zone!r} is on another floor")
        passed.append(area.zone)
        at = area


def _by_floor(rows: list[ZoneRow]) -> dict[tuple[str, str], list[tuple[ZoneRow, Polygon]]]:
    floors: dict[tuple[str, str], list[tuple[ZoneRow, Polygon]]] = {}
    for row in rows:
        if row.polygon:
            floors.setdefault((row.building, row.floor), []).append((row, shape_of(row.polygon)))
    return floors


def _far_off(rows: list[ZoneRow]):
    for drawn in _by_floor(rows).values():
        centres = [shape.centroid for _, shape in drawn]
        middle = Point(median(c.x for c in centres), median(c.y for c in centres))
        for row, shape in drawn:
            away = shape.distance(middle)
            if away > FAR_OFF_M:
                yield row.zone, f"the polygon lies {away:.0f} m from the rest of its floor"


def _drawn_twice(rows: list[ZoneRow]):
    for drawn in _by_floor([row for row in rows if row.kind != "area"]).values():
        shapes = [shape for _, shape in drawn]
        for first, second in STRtree(shapes).query(shapes, predicate="intersects").T.tolist():
            if first >= second:
                continue
            shared = shapes[first].intersection(shapes[second]).area
            part = shared / min(shapes[first].area, shapes[second].area)
            if part > OVERLAP:
                yield (
                    drawn[second][0].zone,
                    f"the polygon covers {part:.0%} of the same ground as"
                    f" {drawn[first][0].zone!r} (line {drawn[first][0].line})",
                )


def check_door(reading: "Reading", row: DoorRow) -> DoorRow:
    if row.zone == row.neighbour:
        raise Bad(f"the door leads from {row.zone!r} to itself")
    one_of(row.kind, reading.words.door_kinds, "kind")
    ends = [reading.need("zones", code, "zone") for code in (row.zone, row.neighbour)]
    places = {(end.building, end.floor) for end in ends}
    if row.kind == "door" and len(places) > 1 and ends[0].building == ends[1].building:
        raise Bad("a door joins zones of one floor; between floors it is a lift or stairs")
    if _half_given(row.x, row.y):
        raise Bad("x is given without y" if row.x not in (None, ABSENT) else "y without x")
    if row.x not in (None, ABSENT) and row.kind == "door":
        for end in ends:
            if not end.polygon:
                continue
            away = shape_of(end.polygon).distance(Point(row.x, row.y))
            if away > DOOR_OFF_M:
                raise Bad(f"the door lies {away:.0f} m from {end.zone!r}")
    return row


def check_gateway(reading: "Reading", row: GatewayRow) -> GatewayRow:
    row = replace(row, gateway=radio_address(reading, row.gateway, "gateway"))
    reading.claim("address", row.gateway, f"gateway {row.gateway}")
    if row.zone:
        zone = reading.need("zones", row.zone, "zone")
        if not row.floor:
            row = replace(row, building=zone.building, floor=zone.floor)
        elif (row.building, row.floor) != (zone.building, zone.floor):
            raise Bad(f"zone {row.zone!r} is on floor {zone.floor!r}, not on {row.floor!r}")
    if row.floor:
        if not row.building:
            raise Bad("the floor is given without its building")
        reading.need("floors", (row.building, row.floor), "floor")
    elif row.building:
        row = replace(row, building="" if row.floor == "" else ABSENT)
    if _half_given(row.x, row.y):
        raise Bad("x is given without y" if row.x not in (None, ABSENT) else "y without x")
    if row.x not in (None, ABSENT):
        if not row.floor:
            raise Bad("x and y are given without a floor")
        away = _outside(reading, row)
        if away > OUTSIDE_M:
            raise Bad(f"the gateway lies {away:.0f} m outside floor {row.floor!r}")
    return row


def _outside(reading: "Reading", row: GatewayRow) -> float:
    if reading.outlines is None:
        reading.outlines = _floor_outlines(reading)
    around = reading.outlines.get((row.building or "", row.floor or ""))
    return around.distance(Point(row.x, row.y)) if around else 0.0


def _floor_outlines(reading: "Reading") -> dict[tuple[str, str], BaseGeometry]:
    """Around all rooms of each floor."""
    rows = {**reading.known.zones, **reading.hospital.zones}
    return {
        floor: MultiPoint(
            [corner for _, shape in drawn for corner in shape.exterior.coords]
        ).convex_hull
        for floor, drawn in _by_floor(list(rows.values())).items()
    }


def one_of(value: str, words: frozenset[str], what: str) -> None:
    if value not in words:
        raise Bad(f"{what} {value!r} is not one of {', '.join(sorted(words))}")


def _half_given(x, y) -> bool:
    return (x in (None, ABSENT)) != (y in (None, ABSENT))
