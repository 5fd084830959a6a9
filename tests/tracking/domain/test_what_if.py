"""Two runs over the same traffic, side by side."""

from collections import deque
from dataclasses import replace

import numpy as np
import pytest

from tests.tracking.domain.a_ward import (
    DOORS,
    FLOORS,
    GATEWAYS,
    NOW,
    ROOM_A,
    ROOM_B,
    SITE,
    ZONES,
    following,
    heard,
    in_room_a,
    in_room_b,
)
from tracking.domain.site import NOWHERE, GatewayIn, build
from tracking.domain.what_if import SAID, Run, compare, with_parameters


def traffic(seconds=120, change=60, start=NOW):
    """A tag that is in room A and, from `change` on, in room B."""
    for s in range(1, seconds + 1):
        at = start + s
        yield at, heard(*(in_room_a(at) if s <= change else in_room_b(at)))


def swapped():
    """A site that takes the gateway of room A for that of room B."""
    a, b = (replace(GATEWAYS[n], zone=GATEWAYS[1 - n].zone, x=GATEWAYS[1 - n].x) for n in (0, 1))
    return build(FLOORS, ZONES, [a, b, *GATEWAYS[2:]], DOORS)


def ran(one, other, batches, said=()):
    said = np.array(list(said), SAID)
    grown = compare(Run(one, following()), Run(other, following()), batches, said)
    return deque(grown, maxlen=1).pop()


def test_the_same_parameters_agree_in_everything():
    found = ran(SITE, SITE, traffic(), [(0, ROOM_A, NOW + 40), (0, ROOM_B, NOW + 110)])
    assert found.looks == found.same > 20
    assert not found.apart
    assert found.seconds == pytest.approx(119)
    for run in (found.a, found.b):
        assert (run.moves, run.right, run.wider) == (1, [True, True], 0)
        assert run.accuracy == 1.0
        assert run.share_of_rooms > 0.9
        assert run.moves_per_hour == pytest.approx(3600 / run.heard_s)
        assert run.heard_s == pytest.approx(119, abs=6)


def test_other_parameters_show_where_they_differ_and_who_is_right():
    found = ran(SITE, swapped(), traffic(), [(0, ROOM_A, NOW + 40), (0, ROOM_B, NOW + 110)])
    assert found.same < found.looks / 4
    assert set(found.apart) >= {(ROOM_A, ROOM_B), (ROOM_B, ROOM_A)}
    assert found.a.accuracy == 1.0
    assert found.b.accuracy == 0.0
    assert found.b.calibration > 0.5 > found.a.calibration


def test_what_people_say_is_a_yardstick_and_not_evidence():
    without = ran(SITE, SITE, traffic())
    wrong = ran(SITE, SITE, traffic(), [(0, ROOM_B, NOW + 30)] * 5)
    assert wrong.a.right == [False] * 5
    assert wrong.a.positions == without.a.positions
    assert np.array_equal(wrong.a.state.bearers.p, without.a.state.bearers.p)


def test_who_is_not_heard_is_neither_looked_at_nor_judged():
    batches = [*traffic(30), *traffic(30, start=NOW + 600)]
    found = ran(SITE, SITE, batches, [(0, ROOM_A, NOW + 300), (9, ROOM_A, NOW + 20)])
    assert found.a.right == []
    assert found.a.accuracy is None
    assert found.looks < 100 / 5 + 2
    assert found.seconds == pytest.approx(629)


def test_parameters_are_changed_by_name_and_a_strange_name_is_told_the_known_ones():
    changed = with_parameters(SITE, {"margin": 0.4})
    before = SITE.place.parameters
    assert changed.place.parameters == replace(before, margin=0.4) != before
    assert changed.zone_key is SITE.zone_key
    with pytest.raises(ValueError, match="no parameter volume; there are evidence, "):
        with_parameters(SITE, {"margin": 0.4, "volume": 11})


def test_a_wider_answer_is_apart_from_a_room():
    blind = build(FLOORS, ZONES, [GatewayIn(gateway.key) for gateway in GATEWAYS], DOORS)
    found = ran(SITE, blind, traffic(), [(0, ROOM_A, NOW + 40)])
    assert (ROOM_A, NOWHERE) in found.apart
    assert (found.b.rooms, found.b.wider, found.b.right) == (0, 1, [])
    assert found.b.mean_probability is None
