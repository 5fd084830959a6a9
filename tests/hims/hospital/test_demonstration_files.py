"""The files of the demonstration hospital: as large as promised, and a place one can walk in."""

from datetime import date

import pytest
from shapely import from_wkt, unary_union

from hims.hospital.stored import words
from hims.wire.hospital import Hospital
from tests.hims.hospital.a_small_hospital import FIXTURES, TODAY, taken


def demonstration() -> Hospital:
    contents = {path.name: path.read_bytes() for path in FIXTURES.glob("*.csv")}
    hospital, rejects = taken(contents)
    assert rejects == []
    return hospital


def test_the_demonstration_hospital_is_as_large_as_promised():
    hospital = demonstration()
    counts = hospital.counts()
    assert counts["floors"] == 3
    assert 115 <= counts["zones"] <= 140
    assert (counts["gateways"], counts["assets"], counts["kinds"]) == (70, 600, 25)
    assert (counts["patients"], counts["staff"]) == (60, 87)
    roles = {person.roles for person in hospital.staff.values()}
    assert roles == {(role,) for role in words().roles}


def test_its_rooms_tile_each_floor_and_lie_in_their_areas():
    zones = demonstration().zones
    for floor in ("0", "1", "2"):
        rooms = [z for z in zones.values() if z.floor == floor and z.kind != "area"]
        shapes = [from_wkt(room.polygon) for room in rooms]
        together = unary_union(shapes)
        assert together.area == pytest.approx(sum(shape.area for shape in shapes))
        assert together.area == pytest.approx(80 * 45)
        for room, shape in zip(rooms, shapes, strict=True):
            if room.area:
                assert from_wkt(zones[room.area].polygon).covers(shape), room.zone


def test_one_can_walk_from_every_room_to_every_other():
    hospital = demonstration()
    beyond: dict[str, set[str]] = {}
    for door in hospital.doors.values():
        beyond.setdefault(door.zone, set()).add(door.neighbour)
        beyond.setdefault(door.neighbour, set()).add(door.zone)
    reached, edge = {"ED-BAY-03"}, ["ED-BAY-03"]
    while edge:
        for room in beyond[edge.pop()] - reached:
            reached.add(room)
            edge.append(room)
    rooms = {zone.zone for zone in hospital.zones.values() if zone.kind != "area"}
    assert reached == rooms


def test_among_the_pumps_one_runs_one_is_overdue_and_one_is_free_two_floors_up():
    hospital = demonstration()
    running, overdue, upstairs = (hospital.assets[f"INF-00{n}"] for n in (1, 2, 3))
    assert running.state == "in_use"
    assert overdue.state == "free"
    assert overdue.service_due_on < TODAY
    assert upstairs.state == "free"
    assert upstairs.service_due_on > date(2028, 1, 1)
    floors = [hospital.zones[pump.home].floor for pump in (running, overdue, upstairs)]
    assert floors == ["0", "0", "2"]
    assert all(pump.tag for pump in (running, overdue, upstairs))
