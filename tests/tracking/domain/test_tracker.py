"""Properties of the filter over cells, for each window in which tags are followed."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tracking.domain import engine
from tracking.domain.locating import tracker
from tracking.domain.locating.grid import FINE, MIDDLE, SMALL
from tracking.domain.readings import READING
from tracking.domain.site import build
from tracking.domain.state import ROOM

from .a_hospital import (
    A_FLOOR,
    DOORS,
    FLOORS,
    LIFT,
    NOW,
    SPOTS,
    Watch,
    following,
    gateways_in,
    heard,
    hospital,
    strengths,
    zones_in,
)

WINDOWS = pytest.mark.parametrize(
    "window",
    # The fine window here, the big hospital's in test_faults; all of both: `make proof`.
    [FINE, *(pytest.param(window, marks=pytest.mark.proof) for window in (MIDDLE, SMALL))],
    ids=["fine", "middle", "small"],
)
WINDOW = st.sampled_from([FINE, MIDDLE, SMALL])
TAGS = 3
READINGS = st.lists(
    st.tuples(
        st.integers(0, TAGS - 1),
        st.integers(0, len(SPOTS) - 1),
        st.floats(-130, 10, width=32),
        st.floats(-5, 1),
    ),
    max_size=15,
)
STEPS = st.lists(st.tuples(READINGS, st.floats(0.05, 200.0)), min_size=1, max_size=6)
FAR_CORNERS = (0, (0.5, 0.5)), (11, (29.5, 9.5))
"""Two rooms of a floor and places in them, 30 m apart."""


def array(rows, now: float) -> np.ndarray:
    return np.array([(tag, g, rssi, now + late) for tag, g, rssi, late in rows], dtype=READING)


def stepped(site, steps, state=None):
    """The states after each step of readings and seconds."""
    state, now = state or following(site, TAGS), NOW
    for rows, seconds in steps:
        now += seconds
        state, _, _ = engine.step(state, engine.Evidence(array(rows, now)), site, now)
        yield state, now


@settings(max_examples=40, deadline=None)
@given(WINDOW, STEPS)
def test_whatever_is_heard_beliefs_sum_to_one_and_are_finite(window, steps):
    site = hospital(window)
    for state, now in stepped(site, steps):
        tracks, tags = state.tracks, np.arange(TAGS)
        seen = tags[tracks.floor[tags] >= 0]
        for belief in (tracks.belief[seen], tracks.live[seen]):
            assert np.isfinite(belief).all()
            assert (belief >= 0).all()
            assert np.allclose(belief.sum(axis=tuple(range(1, belief.ndim))), 1.0, atol=1e-3)
        assert np.isfinite(np.column_stack([tracks.x, tracks.y])[seen]).all()
        assert ((tracks.outside[seen] >= 0) & (tracks.outside[seen] <= 1)).all()
        for found in (
            engine.beliefs(state, site, tags, now).sum(axis=1) - 1.0,
            np.maximum(engine.zones_then(state, site, tags, now - 2.0)[0].sum(axis=1) - 1.0, 0.0),
        ):
            assert np.allclose(found, 0.0, atol=1e-3)


@settings(max_examples=25, deadline=None)
@given(WINDOW, STEPS, st.randoms())
def test_the_order_of_readings_within_a_step_does_not_show(window, steps, random):
    site = hospital(window)
    shuffled = [(random.sample(rows, len(rows)), seconds) for rows, seconds in steps]
    for (one, _), (other, _) in zip(stepped(site, steps), stepped(site, shuffled), strict=True):
        assert np.array_equal(one.tracks.belief, other.tracks.belief)
        assert np.array_equal(one.tags.rssi, other.tags.rssi)
        assert np.array_equal(one.bearers.zone, other.bearers.zone)


@cache
def turned(window, quarters: int, x: int = 0, y: int = 0):
    """The hospital after so many quarter turns, moved by x and y metres."""

    def moved(xy):
        for _ in range(quarters):
            xy = np.array([-xy[1], xy[0]])
        return np.add(xy, (x, y))

    return build(FLOORS, zones_in(moved), gateways_in(moved), DOORS, window=window)


@settings(max_examples=12, deadline=None)
@given(WINDOW, STEPS, st.sampled_from([(-400, 3), (17, 250), (1000, -1000)]))
def test_a_hospital_that_lies_elsewhere_gives_the_same_zones(window, steps, shift):
    pairs = zip(
        stepped(hospital(window), steps), stepped(turned(window, 0, *shift), steps), strict=True
    )
    for (one, _), (other, _) in pairs:
        assert np.array_equal(one.tracks.zone, other.tracks.zone)
        assert np.array_equal(one.bearers.shown, other.bearers.shown)
        assert np.allclose(one.tracks.p, other.tracks.p, atol=1e-3)


@WINDOWS
@pytest.mark.parametrize("quarters", [1, 2, 3])
@pytest.mark.parametrize("zone", [0, 4, A_FLOOR + 9])
def test_a_hospital_turned_by_quarters_gives_the_same_rooms(window, quarters, zone):
    straight = Watch(hospital(window)).stay(zone, 20)
    around = Watch(turned(window, quarters)).stay(zone, 20)
    assert [shown[:2] for shown in around.shown[3:]] == [shown[:2] for shown in straight.shown[3:]]


def seconds_until(watch: Watch, zone: int, xy=None, patience: int = 40) -> int:
    """Seconds that a tag in a zone is heard until it is shown there."""
    for second in range(patience):
        watch.stay(zone, 1, xy)
        if watch.shown[-1][:2] == (ROOM, zone):
            return second + 1
    return patience + 1


@WINDOWS
@pytest.mark.parametrize("seed", range(8))
def test_a_tag_that_jumps_thirty_metres_is_found_again_within_ten_seconds(window, seed):
    (here, spot), (there, other) = FAR_CORNERS
    watch = Watch(hospital(window), seed=seed).stay(here, 20, spot)
    assert seconds_until(watch, there, other) <= 10


@WINDOWS
@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("there", [A_FLOOR, A_FLOOR + 8, 2 * A_FLOOR + 8])
def test_a_tag_that_appears_on_another_floor_is_found_there_within_ten_seconds(window, seed, there):
    watch = Watch(hospital(window), seed=seed).stay(0, 20)
    assert seconds_until(watch, there) <= 10


@WINDOWS
@pytest.mark.parametrize("seed", range(4))
def test_a_tag_that_takes_the_lift_is_found_above_within_half_a_minute(window, seed):
    watch = Watch(hospital(window), seed=seed).stay(LIFT, 20)
    assert seconds_until(watch, A_FLOOR + LIFT) <= 30
    assert seconds_until(watch, A_FLOOR + 5) <= 10


def moved_after_a_minute(window, rooms: list[int], seconds: int) -> list:
    """Moves, after the first minute, of tags at rest in these rooms that are heard every two
    seconds with 4 dB of noise."""
    site = hospital(window)
    watch = Watch(site, following(site, len(rooms)))
    quiet = [strengths(zone) for zone in rooms]
    for _ in range(seconds // 2):
        readings = [heard(tag, dbm, watch.now, watch.random) for tag, dbm in enumerate(quiet)]
        watch.step(readings, seconds=2.0)
    assert [watch.of("zone", bearer) for bearer in range(len(rooms))] == rooms
    return [move for move in watch.moves if move["at"] > NOW + 60]


@WINDOWS
def test_tags_at_rest_do_not_move_under_noise(window):
    assert moved_after_a_minute(window, [0, 3, 8, A_FLOOR + 6, 2 * A_FLOOR + 11], 600) == []


@pytest.mark.proof
@pytest.mark.timeout(1200)
@WINDOWS
def test_tags_at_rest_do_not_move_under_noise_for_a_whole_day(window, record_property):
    moves = moved_after_a_minute(window, [3, 2 * A_FLOOR + 11], 86_400)
    record_property("figure", f"{len(moves)} moves of 2 tags in 24 h")
    assert moves == []


@WINDOWS
def test_two_tags_of_one_bearer_are_one_answer(window):
    site = hospital(window)
    state = following(site, 2)
    state = replace(state, tags=state.tags.copy())
    state.tags.bearer[1] = state.tags.bearer[0]
    watch = Watch(site, state)
    for _ in range(30):
        watch.step([heard(tag, strengths(4), watch.now, watch.random) for tag in (0, 1)])
    assert watch.shown[-1][:2] == (ROOM, 4)
    assert len(watch.moves) == 1
    for _ in range(30):  # one of them falls silent: the other carries the answer on its own
        watch.step(heard(1, strengths(10), watch.now, watch.random))
    assert watch.shown[-1][:2] == (ROOM, 10)


@WINDOWS
def test_a_dead_gateway_among_live_ones_moves_nobody(window):
    site = hospital(window)
    watch = Watch(site, following(site, A_FLOOR - 2))
    for second in range(90):
        dead = np.where((np.arange(len(SPOTS)) == 7) & (second >= 30), -np.inf, 0.0)
        watch.step(
            [heard(t, strengths(t) + dead, watch.now, watch.random) for t in range(A_FLOOR - 2)]
        )
    assert [watch.of("zone", bearer) for bearer in range(12)] == list(range(12))
    assert not [move for move in watch.moves if move["at"] > NOW + 30]


@WINDOWS
def test_the_later_answer_knows_when_a_tag_crossed_over(window):
    watch = Watch(hospital(window)).stay(3, 20)
    watch.stay(10, int(tracker.LAG_S) + 2)
    then, _ = engine.zones_then(watch.state, watch.site, np.array([0]), watch.now - tracker.LAG_S)
    assert then[0].argmax() == 10
