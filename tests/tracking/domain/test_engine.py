import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tracking.domain import engine
from tracking.domain.site import GatewayIn, ZoneIn, build
from tracking.domain.state import AREA, FLOOR, ROOM, UNKNOWN, empty, enrolled, resettled

from .a_ward import (
    DOORS,
    FLOORS,
    GATEWAYS,
    NOW,
    ROOM_A,
    ROOM_B,
    SITE,
    STORE,
    WARD,
    ZONES,
    Run,
    following,
    heard,
    in_room_a,
    in_room_b,
    said,
)


def test_a_tag_heard_in_a_room_is_shown_in_it():
    run = Run().stay(in_room_a, 3)
    assert (run.of("level"), run.of("shown")) == (ROOM, ROOM_A)
    assert run.of("heard")
    assert 0 <= run.of("x") <= 5
    assert 0 <= run.of("y") <= 4


def test_a_tag_that_walks_to_the_next_room_is_shown_there_within_seconds():
    run = Run().stay(in_room_a, 10).stay(in_room_b, 8)
    assert (run.of("level"), run.of("shown")) == (ROOM, ROOM_B)


def test_a_tag_between_two_rooms_is_shown_in_the_ward_not_in_either():
    between = lambda at: [(0, 0, -55, at), (0, 1, -55, at), (0, 2, -58, at)]  # noqa: E731
    run = Run().stay(between, 10)
    assert (run.of("level"), run.of("shown")) == (AREA, WARD)


def test_floors_are_not_confused_with_rooms():
    run = Run().stay(lambda at: [(0, 3, -55, at), (0, 0, -75, at)], 5)
    assert run.of("shown") == STORE


def test_a_gateway_of_which_only_the_floor_is_known_gives_a_floor():
    site = build(FLOORS, ZONES, [GatewayIn(21, 1)], DOORS)
    run = Run(site=site).stay(lambda at: [(0, 0, -60, at)], 5)
    assert (run.of("level"), run.of("shown"), run.of("floor")) in [
        (FLOOR, -1, 0),
        (AREA, WARD, 0),  # the whole floor is one ward here
    ]


def test_a_gateway_of_which_nothing_is_known_gives_nothing():
    site = build(FLOORS, ZONES, [GatewayIn(21)], DOORS)
    run = Run(site=site).stay(lambda at: [(0, 0, -40, at)], 5)
    assert run.of("level") == UNKNOWN
    assert run.of("heard")


def test_a_dead_gateway_is_not_a_moved_asset():
    run = Run(following(3))
    everywhere = lambda at: [r for tag in range(3) for r in in_room_a(at, tag)]  # noqa: E731
    run.stay(everywhere, 20)
    without_a = lambda at: [r for r in everywhere(at) if r[1] != 0]  # noqa: E731
    run.stay(without_a, 60)
    for bearer in range(3):
        assert run.of("zone", bearer) == ROOM_A


def test_an_asset_that_leaves_a_live_gateway_has_moved():
    run = Run(following(2))
    both = lambda at: in_room_a(at, 0) + in_room_a(at, 1)  # noqa: E731
    run.stay(both, 20)
    one_left = lambda at: [(0, 1, -50, at), (0, 2, -68, at), *in_room_a(at, 1)]  # noqa: E731
    run.stay(one_left, 15)
    assert run.of("zone", 0) == ROOM_B
    assert run.of("zone", 1) == ROOM_A


def test_a_scan_beats_the_radio_at_once():
    run = Run().stay(in_room_a, 10)
    run.step(in_room_a(run.now), said((0, ROOM_B, run.now, True)))
    assert (run.of("level"), run.of("shown"), run.of("source")) == (ROOM, ROOM_B, 1)


def test_radio_that_contradicts_a_scan_widens_the_answer_before_it_wins():
    run = Run().step((), said((0, ROOM_B, NOW, True)))
    levels = []
    for _ in range(400):
        run.stay(in_room_a, 1)
        levels.append((int(run.of("level")), int(run.of("shown"))))
    assert levels[0] == (ROOM, ROOM_B)
    assert (AREA, WARD) in levels
    assert levels[-1] == (ROOM, ROOM_A)


def test_without_radio_a_scan_stands():
    run = Run().step((), said((0, STORE, NOW, True)))
    for _ in range(300):
        run.step((), seconds=36.0)
    assert (run.of("level"), run.of("shown")) == (ROOM, STORE)
    assert not run.of("heard")
    assert run.of("heard_at") == NOW


def test_an_older_scan_that_comes_late_changes_nothing():
    run = Run().step((), said((0, STORE, NOW, True)))
    run.step((), said((0, ROOM_A, NOW - 60, True)))
    assert run.of("shown") == STORE


def test_not_there_shows_the_next_candidate_for_half_an_hour():
    run = Run().stay(in_room_a, 10)
    run.step(in_room_a(run.now), said((0, ROOM_A, run.now, False)))
    run.stay(in_room_a, 5)
    assert not (run.of("level") == ROOM and run.of("shown") == ROOM_A)
    assert run.belief()[ROOM_A] < 0.3
    run.stay(in_room_a, 1900, every=10.0)
    assert (run.of("level"), run.of("shown")) == (ROOM, ROOM_A)


def test_not_there_leaves_a_scanned_asset_unknown_rather_than_where_it_was():
    run = Run().step((), said((0, STORE, NOW, True)))
    run.step((), said((0, STORE, NOW + 1, False)))
    assert run.of("level") == UNKNOWN


def test_found_takes_back_not_there():
    run = Run().step((), said((0, STORE, NOW, False)))
    run.step((), said((0, STORE, NOW + 1, True)))
    assert run.of("shown") == STORE
    assert run.belief()[STORE] > 0.9


def test_a_tag_is_silent_after_twenty_seconds_and_its_place_stands():
    run = Run().stay(in_room_a, 30)
    last = run.now
    for _ in range(100):
        run.step()
    assert not run.of("heard")
    assert run.of("heard_at") == pytest.approx(last, abs=1.0)
    assert run.of("shown") == ROOM_A
    assert [bool(row["heard"]) for row in run.positions if row["store"]][-1] is False


def test_a_tag_with_a_slow_beat_is_not_called_silent_between_two_of_its_adverts():
    run = Run().stay(in_room_a, 600, every=15.0)
    for _ in range(30):
        run.step(seconds=1.0)
    assert run.of("heard")


def test_a_late_reading_never_pulls_the_answer_back():
    run = Run().stay(in_room_a, 5).stay(in_room_b, 10)
    before = run.state.late
    run.step(in_room_a(run.now - 6))
    assert run.state.late == before + 3
    assert run.of("zone") == ROOM_B


def test_a_reading_that_is_old_on_arrival_says_nothing_of_now():
    run = Run().step(in_room_a(NOW - 100))
    assert not run.of("heard")
    assert run.state.late == 3


def test_a_stay_begins_where_the_answer_stood_for_three_seconds():
    run = Run().stay(in_room_a, 2)
    assert run.moves == []
    run.stay(in_room_a, 4)
    (move,) = run.moves
    assert (move["left"], move["entered"]) == (-1, ROOM_A)
    assert NOW < move["at"] <= NOW + 2


def test_a_glance_into_the_next_room_is_no_stay():
    run = Run().stay(in_room_a, 10).stay(in_room_b, 2).stay(in_room_a, 10)
    assert [move["entered"] for move in run.moves] == [ROOM_A]


def test_a_walk_is_two_stays_that_meet():
    run = Run().stay(in_room_a, 10).stay(in_room_b, 10)
    _, second = run.moves
    assert (second["left"], second["entered"]) == (ROOM_A, ROOM_B)
    assert second["left_at"] == second["at"]
    assert NOW + 10 < second["at"] < NOW + 18


def test_after_a_long_silence_the_stay_before_ended_when_it_was_last_supported():
    run = Run().stay(in_room_a, 10)
    last = run.now
    for _ in range(100):
        run.step(seconds=10.0)
    run.stay(in_room_b, 10)
    move = run.moves[-1]
    assert (move["left"], move["entered"]) == (ROOM_A, ROOM_B)
    assert move["left_at"] == pytest.approx(last, abs=1.0)
    assert move["at"] > last + 900


def test_two_tags_of_one_bearer_give_one_answer():
    state = enrolled(empty(SITE), np.array([1, 2]), np.array([9]), np.array([9, 9]))
    run = Run(state).stay(lambda at: in_room_a(at, 0) + in_room_a(at, 1), 5)
    assert run.of("shown") == ROOM_A
    run.stay(lambda at: in_room_a(at, 0) + in_room_b(at, 1), 30)
    assert run.of("level") != ROOM


def test_a_bearer_that_loses_its_tag_stays_where_it_was_last_heard():
    run = Run().stay(in_room_a, 10)
    run.state = enrolled(run.state, np.array([1]), np.array([1001, 7]), np.array([7]))
    for _ in range(200):
        run.step(in_room_b(run.now))
    assert (run.of("level"), run.of("shown")) == (ROOM, ROOM_A)
    assert run.of("zone", 1) == ROOM_B


def test_after_a_gateway_is_added_everybody_is_where_they_were():
    run = Run().stay(in_room_a, 10)
    more = build(FLOORS, [*ZONES, ZoneIn(5, 1, "room")], [GatewayIn(3, 2), *GATEWAYS], DOORS)
    before = more.zone_key[run.of("shown") + 1]
    run.state = resettled(run.state, SITE, more)
    assert more.zone_key[run.of("shown")] == before == 12
    run.site = more
    run.stay(lambda at: [(0, g + 1, rssi, at) for _, g, rssi, at in in_room_a(at)], 5)
    assert more.zone_key[run.of("shown")] == 12
    assert len(run.moves) == 1


def test_the_state_given_to_a_step_is_not_changed():
    state = Run().stay(in_room_a, 5).state
    before = state.copy()
    evidence = engine.Evidence(heard(*in_room_b(NOW + 6)), said((0, STORE, NOW + 6, True)))
    engine.step(state, evidence, SITE, NOW + 6)
    for rows in ("tags", "bearers"):
        for name, column in vars(getattr(state, rows)).items():
            assert (
                np.array_equal(column, getattr(getattr(before, rows), name), equal_nan=name in "xy")
                or np.isnan(np.asarray(column, dtype=float)).any()
            )


@settings(deadline=None, max_examples=30)
@given(st.permutations(in_room_a(NOW) + in_room_b(NOW - 1) + [(0, 3, -80, NOW)] * 3))
def test_the_order_of_readings_within_a_step_does_not_matter(readings):
    evidence = engine.Evidence(heard(*readings))
    one = engine.step(following(), evidence, SITE, NOW)
    other = engine.step(following(), engine.Evidence(np.sort(heard(*readings))), SITE, NOW)
    assert np.array_equal(one[1], other[1])
    assert np.array_equal(one[0].tags.rssi, other[0].tags.rssi)


SITES = st.builds(
    lambda floors, zones, gateways: build(
        FLOORS[:floors], [z for z in ZONES[:zones] if z.floor <= floors], gateways, DOORS
    ),
    st.integers(0, 2),
    st.integers(0, 5),
    st.lists(
        st.builds(
            GatewayIn,
            st.integers(1, 40),
            st.none() | st.integers(1, 3),
            st.none() | st.integers(10, 17),
            st.none() | st.floats(-1e9, 1e9) | st.just(float("nan")),
            st.none() | st.floats(-50, 50),
        ),
        max_size=5,
        unique_by=lambda gateway: gateway.key,
    ),
)
READINGS = st.lists(
    st.tuples(
        st.integers(0, 4), st.integers(0, 6), st.floats(width=32), st.floats(-40, 10, width=32)
    ),
    max_size=20,
)
SIGHTINGS = st.lists(
    st.tuples(st.integers(0, 4), st.integers(0, 4), st.floats(-9000, 50, width=32), st.booleans()),
    max_size=4,
)


@settings(deadline=None, max_examples=80)
@given(SITES, st.lists(st.tuples(READINGS, SIGHTINGS, st.floats(0.1, 400)), max_size=6))
def test_whatever_is_heard_and_said_the_answer_is_honest(site, steps):
    run = Run(following(3, site), site)
    for readings, sightings, seconds in steps:
        sightings = [s for s in sightings if s[1] < site.zones]
        run.step(
            [(tag, gateway, rssi, run.now + late) for tag, gateway, rssi, late in readings],
            said(*[(b, z, run.now + late, present) for b, z, late, present in sightings]),
            seconds=seconds,
        )
        found = engine.beliefs(run.state, site, np.arange(3), run.now)
        assert np.isfinite(found).all()
        assert (found >= 0).all()
        assert np.allclose(found.sum(axis=1), 1.0)
    for row in run.positions:
        assert 0.0 <= row["p"] <= 1.0
        assert (row["zone"] >= 0) == (row["level"] in (ROOM, AREA))
        assert (row["floor"] >= 0) == (row["level"] != UNKNOWN)
        assert 0.0 <= row["candidate_p"].sum() <= 1.0 + 1e-5
        assert not np.isinf([row["x"], row["y"]]).any()


@pytest.mark.parametrize("seed", [0, pytest.param(1, marks=pytest.mark.proof)])
def test_a_tag_at_rest_writes_nearly_nothing_under_noise(seed):
    random = np.random.default_rng(seed)
    tags = 20
    run = Run(following(tags))
    rooms = [in_room_a, in_room_b]
    heard_in_all = 0
    for _ in range(400):
        at = run.now + 1.0
        rows = [
            (tag, gateway, rssi + random.normal(0, 5), at)
            for tag in range(tags)
            for _, gateway, rssi, _ in rooms[tag % 2](at, tag)
            if random.random() < 0.8
        ]
        heard_in_all += len(rows)
        run.step(rows, seconds=1.0)
    stored = sum(bool(row["store"]) for row in run.positions)
    assert stored + 2 * len(run.moves) < 0.001 * heard_in_all + 3 * tags
    assert all(run.of("zone", tag) == (ROOM_A, ROOM_B)[tag % 2] for tag in range(tags))
    assert not [move for move in run.moves if move["at"] > NOW + 20]
