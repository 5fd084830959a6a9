"""The cell filter keeps its promises on sites that nobody drew by hand."""

from dataclasses import replace

import numpy as np
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from tracking.domain.locating import evaluation, grid, latency, motion, scoring, tracker
from tracking.domain.locating.parameters import Parameters
from tracking.domain.locating.windows import realigned

ROOMS = [shapely.box(0, 0, 4, 4), shapely.box(4, 0, 8, 4), shapely.box(0, 4, 8, 6)]
GATEWAYS = np.array([[1.0, 1.0, 2.5], [7.0, 1.0, 2.5], [4.0, 5.5, 2.5]])


def recording(at, gateway, rssi, moments, shift=(0.0, 0.0), turn=0):
    def moved(xy):
        xy = np.asarray(xy, dtype=float)
        for _ in range(turn):
            xy = np.stack([-xy[..., 1], xy[..., 0]], axis=-1)
        return xy + shift

    shapes = [shapely.transform(room, moved) for room in ROOMS]
    number = len(moments)
    return evaluation.Recording(
        gateways=["a", "b", "c"],
        gateway_xyz=np.column_stack([moved(GATEWAYS[:, :2]), GATEWAYS[:, 2]]),
        gateway_floor=np.zeros(3, int),
        zones=["left", "right", "hall"],
        shapes=shapes,
        zone_floor=np.zeros(3, int),
        neighbours=[(0, 2), (1, 2)],
        readings=evaluation.Rows(
            np.asarray(at, float), np.array(["t"] * len(at)), np.asarray(gateway, int),
            np.asarray(rssi, float),
        ),
        truth=evaluation.Labels(
            np.asarray(moments, float), np.array(["t"] * number), np.full(number, -1),
            np.full((number, 2), np.nan),
        ),
    )  # fmt: skip


HEARD = st.lists(
    st.tuples(
        st.floats(0, 10), st.integers(0, 2), st.floats(-120, 0, allow_nan=False)
    ),
    max_size=25,
)  # fmt: skip
MOMENTS = np.arange(0.0, 10.5, 1.5)


def columns(heard):
    heard = sorted(heard)
    return [h[0] for h in heard], [h[1] for h in heard], [h[2] for h in heard]


@settings(max_examples=25, deadline=None)
@given(HEARD)
def test_probabilities_are_probabilities_and_places_are_on_the_floor(heard):
    found = evaluation.predicted(recording(*columns(heard), MOMENTS))
    for p in (found.probability, found.history_probability):
        assert ((p >= 0) & (p <= 1 + 1e-6)).all()
    known = np.isfinite(found.xy[:, 0])
    assert (~known | ((found.xy >= 0) & (found.xy <= [8, 6])).all(axis=1)).all()
    assert known.all() or not heard or min(h[0] for h in heard) > MOMENTS[0]


@settings(max_examples=25, deadline=None)
@given(HEARD, st.integers(0, len(MOMENTS) - 1))
def test_nothing_later_than_its_moment_changes_an_answer(heard, moment):
    at, gateway, rssi = columns(heard)
    whole = evaluation.predicted(recording(at, gateway, rssi, MOMENTS))
    for cut, names in ((0.0, ("zone", "xy")), (tracker.LAG_S, ("history_zone", "history_xy"))):
        kept = [h for h in sorted(heard) if h[0] <= MOMENTS[moment] + cut]
        less = evaluation.predicted(recording(*columns(kept), MOMENTS))
        for name in names:
            np.testing.assert_allclose(
                getattr(less, name)[: moment + 1], getattr(whole, name)[: moment + 1], atol=1e-5
            )


@settings(max_examples=15, deadline=None)
@given(HEARD, st.randoms())
def test_the_order_in_which_readings_arrive_within_a_step_does_not_matter(heard, random):
    rows = [(1.0, g, r) for _, g, r in heard]
    mixed = rows.copy()
    random.shuffle(mixed)
    one = evaluation.predicted(recording(*zip(*rows, strict=True), MOMENTS)) if rows else None
    two = evaluation.predicted(recording(*zip(*mixed, strict=True), MOMENTS)) if rows else None
    if rows:
        np.testing.assert_array_equal(one.xy, two.xy)


@settings(max_examples=15, deadline=None)
@given(HEARD, st.integers(-400, 400), st.integers(-400, 400))
def test_a_site_moved_elsewhere_gives_the_same_answers(heard, x, y):
    here = evaluation.predicted(recording(*columns(heard), MOMENTS))
    there = evaluation.predicted(recording(*columns(heard), MOMENTS, shift=(x, y)))
    np.testing.assert_array_equal(here.zone, there.zone)
    np.testing.assert_allclose(here.xy + np.array([x, y]), there.xy, atol=1e-3)


def test_a_site_turned_by_quarters_gives_the_same_answers():
    heard = [(0.5 * k, k % 3, -50.0 - 7 * (k % 3)) for k in range(20)]
    here = evaluation.predicted(recording(*columns(heard), MOMENTS))
    there = evaluation.predicted(recording(*columns(heard), MOMENTS, turn=1))
    np.testing.assert_array_equal(here.zone, there.zone)


def windows(shape=(12, 10)):
    """The ways of a window over the three rooms, and the zone of each of its cells."""
    window = grid.Window(0.75, *shape)
    layout = grid.cut(ROOMS, np.zeros(3, int), 1, [(0, 2), (1, 2)], window)
    i, j = np.indices(shape)
    cell = layout.at(0, i + layout.border, j + layout.border)
    return layout.ways[cell][None], layout.zone[cell][None]


def test_mass_is_kept_and_never_passes_a_wall():
    ways, zone = windows()
    by = Parameters(leap_s=0.0)
    p = np.zeros((1, motion.MODES, *zone.shape[1:]), np.float32)
    p[0, 0, 1, 1] = 1.0
    assert zone[0, 1, 1] == 0
    after = motion.forward(p, np.array([0.5]), ways, 0.75, by)
    assert abs(after.sum() - 1.0) < 1e-5
    assert (after.sum(axis=1) * (zone == 1)).sum() == 0
    assert (after.sum(axis=1) * (zone < 0)).sum() == 0
    for _ in range(60):
        p = motion.forward(p, np.array([1.0]), ways, 0.75, by)
    assert abs(p.sum() - 1.0) < 1e-4
    assert (p.sum(axis=1) * (zone == 1)).sum() > 0.05


def test_forward_and_backward_are_each_others_transpose():
    ways, zone = windows()
    chance = np.random.default_rng(3)
    drawn = zone[:, None] >= 0
    shape = (1, motion.MODES, *zone.shape[1:])
    p, likely = chance.random(shape) * drawn, chance.random(shape) * drawn
    seconds = np.array([0.7])
    ahead = (motion.forward(p, seconds, ways, 0.75, Parameters()) * likely).sum()
    back = (p * motion.backward(likely, seconds, ways, 0.75, Parameters())).sum()
    assert abs(ahead - back) < 1e-5 * ahead


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32), st.sampled_from([(5, 4), (8, 8)]))
def test_a_window_that_is_moved_keeps_what_it_still_covers(seed, shape):
    chance = np.random.default_rng(seed)
    values = chance.random((1, *shape))
    there = np.array([0]), np.array([chance.integers(-2, 3)]), np.array([chance.integers(-2, 3)])

    class Then:
        floor, i, j = np.zeros(1, int), np.zeros(1, int), np.zeros(1, int)

    moved = realigned(Then, np.array([0]), there, values)
    for a in range(shape[0]):
        for b in range(shape[1]):
            before = a + there[1][0], b + there[2][0]
            inside = 0 <= before[0] < shape[0] and 0 <= before[1] < shape[1]
            assert moved[0, a, b] == (values[0][before] if inside else values.min())


def test_a_tag_at_rest_stays_in_its_room_under_noise():
    chance = np.random.default_rng(5)
    at = np.repeat(np.arange(0.0, 600.0, 1.0), 3)
    gateway = np.tile([0, 1, 2], 600)
    rssi = np.array([-48.0, -70.0, -66.0])[gateway] + chance.normal(0, 4, len(at))
    found = evaluation.predicted(recording(at, gateway, rssi, np.arange(10.0, 600.0, 2.0)))
    assert set(found.zone) == set(found.history_zone) == {0}


def test_a_silent_gateway_leaves_an_answer():
    at = np.arange(0.0, 20.0, 1.0)
    given_ = recording(at, np.zeros(20, int), np.full(20, -45.0), MOMENTS)
    assert (evaluation.predicted(given_).zone[1:] == 0).all()


def test_lateness_is_found_in_a_walk_and_is_nought_at_rest():
    at = np.arange(0.0, 600.0, 0.3)
    walk = np.stack([4 + 3 * np.sin(at / 9), 3 + 2 * np.sin(at / 6.5)], axis=1)
    then = np.stack([np.interp(at - 1.2, at, walk[:, k]) for k in (0, 1)], axis=1)
    apart = np.hypot(*(then[:, None] - GATEWAYS[None, :, :2]).transpose(2, 0, 1))
    rssi = -50 - 22 * np.log10(np.maximum(apart, 0.5))
    assert abs(latency.of_survey(at, walk, rssi) - 1.2) <= 0.2
    assert latency.of_survey(at, np.ones_like(walk), rssi) == 0.0


def test_rooms_without_polygons_or_gateways_do_not_break_it():
    given_ = recording([1.0], [0], [-50.0], MOMENTS)
    half_drawn = replace(given_, shapes=[ROOMS[0], None, None], neighbours=None)
    assert (evaluation.predicted(half_drawn).zone == 0).all()
    undrawn = evaluation.predicted(replace(given_, shapes=[None, None, None], neighbours=None))
    assert np.isfinite(undrawn.probability).all()


def test_a_zone_gives_way_only_to_a_clear_lead():
    p = np.array([[0.6, 0.4], [0.45, 0.55], [0.3, 0.7]])
    assert scoring.decided(p).tolist() == [0, 0, 1]


def test_calibration_error_is_the_gap_between_said_and_found():
    assert scoring.calibration_error(np.full(10, 0.95), np.ones(10, bool)) < 0.051
    assert abs(scoring.calibration_error(np.full(10, 0.95), np.zeros(10, bool)) - 0.95) < 1e-9
