"""The last minutes told again by the engine's own step."""

import numpy as np

from tests.tracking.domain.a_ward import NOW, ROOM_A, ROOM_B, SITE, in_room_a, in_room_b
from tracking.domain import retold
from tracking.domain.readings import READING, SIGHTING
from tracking.domain.retold import EVERY_S, Traffic
from tracking.domain.state import ROOM

A_MINUTE = 60


def traffic(rows, late_s=0.0, sightings=(), told=(), seconds=240):
    """Readings of one tag, each taken in `late_s` after it was made."""
    readings = np.array(rows, READING)
    order = np.argsort(readings["at"], kind="stable")
    alive = np.ones((retold.spans(NOW, NOW + seconds), SITE.gateways), dtype=bool)
    readings = readings[order]
    return Traffic(
        NOW,
        readings,
        readings["at"] + late_s,
        np.array([(*row, 1.0) for row in sightings], SIGHTING),
        np.array(told, dtype=np.float64),
        alive,
    )


def two_rooms(seconds=240):
    rows = [row for s in range(120) for row in in_room_a(NOW + s)]
    return rows + [row for s in range(120, seconds) for row in in_room_b(NOW + s)]


def told(traffic, start=A_MINUTE, end=240):
    return retold.moments(SITE, 1, traffic, NOW + start, NOW + end)


def test_a_walk_is_told_moment_by_moment():
    found = told(traffic(two_rooms()))
    assert np.allclose(np.diff([one.at for one in found]), EVERY_S)
    assert found[0].at >= NOW + A_MINUTE
    assert found[-1].at <= NOW + 240
    assert {one.level for one in found} == {ROOM}
    zones = [one.zone for one in found]
    change = zones.index(ROOM_B)
    assert zones == [ROOM_A] * change + [ROOM_B] * (len(zones) - change)
    assert 120 <= found[change].at - NOW <= 150
    for one in found:
        assert sum(p for _, p in one.candidates) <= 1.0 + 1e-6
        assert all(p > 0 for _, p in one.candidates)


def test_a_moment_rests_on_nothing_that_came_later():
    whole = told(traffic(two_rooms()), end=110)
    cut = told(traffic([row for row in two_rooms() if row[3] <= NOW + 110]), end=110)
    assert [(one.zone, one.p, one.candidates) for one in whole] == [
        (one.zone, one.p, one.candidates) for one in cut
    ]
    on_time = told(traffic(two_rooms()))
    delayed = told(traffic(two_rooms(), late_s=2.0))
    first = [next(one.at for one in run if one.zone == ROOM_B) for run in (on_time, delayed)]
    assert first[1] >= first[0] + 2.0


def test_who_hears_is_told_strongest_first_for_as_long_as_it_does():
    found = told(traffic([row for row in two_rooms() if row[3] < NOW + 200]))
    by_time = {one.at - NOW: one for one in found}
    assert by_time[100].hearing["gateway"].tolist() == [0, 2, 1]
    assert by_time[100].hearing["rssi"].tolist() == [-50.0, -68.0, -70.0]
    assert len(by_time[200 + retold.HEARS_S + 2].hearing) == 0
    assert by_time[190].heard
    assert not by_time[238].heard


def test_what_was_said_counts_from_when_it_was_told():
    said = [(0, ROOM_B, NOW + 20, True)]
    found = told(traffic(in_room_a(NOW + 1), sightings=said, told=[NOW + 100]))
    zones = {one.at - NOW: one.zone for one in found}
    assert zones[98] != ROOM_B
    assert zones[102] == ROOM_B
