import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tracking.domain import clocks

NOW = 1_764_000_000.0


def follow(state, at, arrived, gateway=0):
    at = np.atleast_1d(np.array(at, dtype=float))
    arrived = np.broadcast_to(np.array(arrived, dtype=float), at.shape)
    return clocks.follow(state, np.full(len(at), gateway), at, arrived)


def test_a_clock_ten_minutes_behind_is_followed():
    state, made = follow(clocks.unset(1), [NOW - 600, NOW - 605], NOW)
    assert made.tolist() == [NOW, NOW - 5]
    assert state.offset[0] == 600
    assert not state.faulty[0]


def test_a_clock_ahead_never_makes_a_reading_of_the_future():
    state, made = follow(clocks.unset(1), [NOW + 600], NOW)
    assert made.tolist() == [NOW]
    _, made = follow(state, [NOW + 601], NOW + 2)
    assert made.tolist() == [NOW + 1]


def test_a_clock_hours_off_is_flagged_and_arrival_counts():
    for at in (0.0, 4_102_444_800.0):
        state, made = follow(clocks.unset(2), [at], NOW, gateway=1)
        assert made.tolist() == [NOW]
        assert state.faulty.tolist() == [False, True]
        assert np.isnan(state.offset).all()


def test_the_flag_goes_when_the_clock_is_set():
    state, _ = follow(clocks.unset(1), [0.0], NOW)
    state, _ = follow(state, [NOW], NOW)
    assert not state.faulty[0]


def test_a_reading_without_time_is_of_its_arrival():
    _, made = follow(clocks.unset(1), [np.nan], NOW)
    assert made.tolist() == [NOW]


def test_a_clock_that_jumps_is_followed_after_two_windows():
    state, _ = follow(clocks.unset(1), [NOW - 600], NOW)
    for second in range(1, 90):
        state, made = follow(state, [NOW + second], NOW + second)
    assert made.tolist() == [NOW + 89]


def test_what_was_posted_late_is_known_to_be_old():
    state, _ = follow(clocks.unset(1), [NOW], NOW + 0.1)
    _, made = follow(state, [NOW + 1], NOW + 20)
    assert abs(made[0] - (NOW + 1.1)) < 1e-3


def test_another_list_of_gateways_keeps_the_clocks_of_those_that_stay():
    state, _ = follow(clocks.unset(2), [NOW - 5], NOW, gateway=1)
    assert clocks.resized(state, np.array([1, -1, 0])).offset.tolist()[0] == 5


@given(
    st.lists(
        st.tuples(
            st.integers(0, 3), st.floats(allow_nan=True, allow_infinity=True), st.floats(0, 4e9)
        ),
        max_size=30,
    )
)
def test_whatever_clocks_say_a_reading_was_made_by_the_time_it_came(readings):
    gateway = np.array([r[0] for r in readings], dtype=int)
    at = np.array([r[1] for r in readings], dtype=float)
    arrived = np.array([r[2] for r in readings], dtype=float)
    _, made = clocks.follow(clocks.unset(4), gateway, at, arrived)
    assert np.isfinite(made).all()
    assert (made <= arrived).all()
