"""The wait prediction: its formula, its upper end, and when it keeps quiet."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hims.domain.waiting import (
    Outcome,
    ahead_of,
    calibration,
    ninetieth,
    predicted_minutes,
    quantile,
    rolling_mean,
)


def test_the_formula_is_patients_ahead_over_the_rate_of_departures():
    # ten roomings in two hours are one every 12 minutes; two ahead and oneself are three turns
    assert predicted_minutes(ahead=2, departures=10) == pytest.approx(36)
    assert predicted_minutes(ahead=0, departures=120) == pytest.approx(1)
    assert predicted_minutes(ahead=2, departures=0) is None


def test_a_room_that_stands_ready_is_one_turn_less():
    assert predicted_minutes(ahead=2, departures=10, ready=1) == pytest.approx(24)
    assert predicted_minutes(ahead=2, departures=0, ready=3) == 0


def test_ahead_are_the_more_urgent_and_those_of_the_same_urgency_who_came_before():
    queue = [(2, 50.0), (3, 10.0), (3, 30.0), (4, 1.0), (None, 5.0)]
    assert ahead_of(3, 20.0, queue) == 3
    assert ahead_of(1, 99.0, queue) == 0
    assert ahead_of(5, 99.0, queue) == 5


def test_the_upper_end_is_read_off_the_outcomes_predicted_most_alike():
    short = [(5.0, float(n)) for n in range(1, 101)]  # waits 1..100 after a prediction of 5
    long = [(60.0, float(n)) for n in range(101, 201)]
    assert ninetieth(short + long, 6.0) == 90
    assert ninetieth(short + long, 58.0) == 190
    assert ninetieth(short[:49], 5.0) is None


def test_it_says_how_near_it_usually_is():
    outcomes = [Outcome(20, 30, 20 + n % 10) for n in range(200)]  # errors 0..9
    judged = calibration([Outcome(20, None, 500)] * 30 + outcomes)
    assert (judged.count, judged.coverage, judged.median_error) == (200, 1.0, 4.5)
    assert judged.usually_within == 7


@pytest.mark.parametrize(
    ("covered", "of", "speaks"),
    [(158, 200, False), (160, 200, True), (180, 200, True), (190, 200, True), (191, 200, False),
     (45, 50, True), (44, 49, False), (0, 0, False)],
)  # fmt: skip
def test_it_falls_silent_when_its_coverage_leaves_the_band(covered, of, speaks):
    outcomes = [Outcome(10, 20, 15)] * covered + [Outcome(10, 20, 25)] * (of - covered)
    assert calibration(outcomes).speaks is speaks


def test_rooms_that_stood_ready_do_not_make_it_look_right():
    wrong, easy = [Outcome(10, 20, 99)] * 60, [Outcome(0, 0, 0)] * 500
    judged = calibration(wrong + easy)
    assert (judged.count, judged.coverage) == (60, 0.0)


def test_it_speaks_again_when_the_latest_outcomes_are_right_again():
    wrong, right = [Outcome(10, 20, 99)] * 200, [Outcome(10, 20, 15)] * 180
    assert not calibration(wrong).speaks
    assert calibration(wrong + right + [Outcome(10, 20, 25)] * 20).speaks


def test_a_steady_department_is_covered_by_its_own_upper_end():
    random.seed(3)
    past: list[tuple[float, float]] = []
    outcomes = []
    for _ in range(600):
        predicted = random.uniform(2, 80)
        waited = predicted * random.uniform(0.3, 1.8)
        outcomes.append(Outcome(predicted, ninetieth(past, predicted), waited))
        past.append((predicted, waited))
    judged = calibration(outcomes)
    assert judged.speaks
    assert judged.coverage == pytest.approx(0.9, abs=0.05)


def test_the_comparator_is_the_mean_of_the_last_ten():
    assert rolling_mean([500.0, *range(1, 11)]) == pytest.approx(5.5)
    assert rolling_mean([]) is None


@given(
    st.lists(st.floats(0, 1000), min_size=1, max_size=60),
    st.floats(0.01, 1.0),
)
def test_a_quantile_is_one_of_the_values_and_covers_its_share(values, share):
    found = quantile(values, share)
    assert found in values
    assert sum(one <= found for one in values) >= share * len(values) - 1e-9
