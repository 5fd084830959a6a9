"""Labels as arrays, and the judge that keeps bad maps out."""

from dataclasses import replace
from uuid import uuid4

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from hims.bench.learning import World
from tracking.domain.locating import labelled, learning, propagation
from tracking.domain.locating.fingerprints import is_held_out, of_rows
from tracking.domain.site import FloorIn, GatewayIn, ZoneIn, build

FLOORS = [FloorIn(1, 1, 0), FloorIn(2, 1, 1)]
ZONES = [
    ZoneIn(10 * floor + n, floor, "room", None, shapely.box(6 * n, 0, 6 * n + 6, 6).wkt)
    for floor in (1, 2)
    for n in range(3)
]
GATEWAYS = [GatewayIn(n, 1 + n // 3, None, 6 * (n % 3) + 3.0, 3.0) for n in range(6)]

label = st.tuples(
    st.sampled_from([zone.key for zone in ZONES] + [999]),
    st.dictionaries(st.integers(0, 7), st.floats(-110, -20), min_size=1, max_size=6),
)
labels = st.lists(label, max_size=12).map(
    lambda rows: of_rows(
        (n, zone, None, None, float(n), list(heard), list(heard.values()))
        for n, (zone, heard) in enumerate(rows)
    )
)


@given(labels, st.data())
def test_chosen_labels_keep_their_own_readings(fingerprints, data):
    chosen = (
        data.draw(st.lists(st.sampled_from(range(len(fingerprints))), unique=True))
        if len(fingerprints)
        else []
    )
    few = fingerprints.only(np.array(chosen, dtype=int))
    keys = np.arange(8)
    assert few.key.tolist() == [fingerprints.key[n] for n in chosen]
    np.testing.assert_array_equal(few.by_gateway(keys), fingerprints.by_gateway(keys)[chosen])


@settings(max_examples=25, deadline=None)
@given(labels, labels)
def test_a_map_of_any_labels_gives_probabilities_for_any_labels(teaching, asked):
    site = build(FLOORS, ZONES, GATEWAYS, (), teaching or None)
    p = labelled.zones_of(site, asked)
    assert p.shape == (len(asked), len(ZONES))
    assert np.isfinite(p).all()
    heard = ~np.isnan(asked.by_gateway(site.gateway_key)).all(axis=1)
    np.testing.assert_allclose(p.sum(axis=1), heard)
    found = learning.judged(site, asked)
    assert found.n == int((asked.zone != 999).sum())
    assert 0 <= found.accuracy <= 1
    assert 0 <= found.calibration_error <= 1
    assert sum(count for count, _, _ in found.bins) == found.n


@settings(max_examples=15, deadline=None)
@given(labels)
def test_the_order_of_the_labels_does_not_matter(teaching):
    backwards = teaching.only(np.arange(len(teaching))[::-1])
    one = build(FLOORS, ZONES, GATEWAYS, (), teaching or None)
    two = build(FLOORS, ZONES, GATEWAYS, (), backwards or None)
    np.testing.assert_allclose(one.place.radio.mean, two.place.radio.mean, atol=0.2)


@pytest.mark.parametrize(
    ("zones", "gateways"),
    [([], []), (ZONES, []), ([ZoneIn(1, 1, "room")], GATEWAYS), ([], GATEWAYS)],
)
def test_a_site_without_gateways_or_outlines_is_judged_without_a_crash(zones, gateways):
    few = of_rows([(1, 1, None, None, 0.0, [0, 1], [-50.0, -60.0])])
    site = build(FLOORS, zones, gateways, (), few)
    assert 0 <= learning.judged(site, few).accuracy <= 1
    assert learning.drift(site, few) == [] or zones
    learning.rooms(site)


def test_what_a_ceiling_lets_through_says_nothing_of_the_floor_below():
    random = np.random.default_rng(1)
    xy = random.uniform(0, 18, (40, 2))
    upstairs = propagation.Heard(
        xy, random.uniform(-90, -50, 40), np.ones(40), np.zeros(40, bool), np.zeros(40, bool)
    )
    field = propagation.from_samples(np.array([[9.0, 3.0, 2.6]]), [upstairs])
    here = np.zeros(40, bool)
    np.testing.assert_allclose(field.at(0, xy, 0.0, here)[0], field.loss(0, xy, 0.0, here))
    assert np.abs(field.at(0, xy, 1.0, here)[0] - field.loss(0, xy, 1.0, here)).max() > 1


def test_no_labels_at_all_is_geometry():
    none = of_rows([])
    some = build(FLOORS, ZONES, GATEWAYS, (), none).place.radio
    assert np.array_equal(some.table, build(FLOORS, ZONES, GATEWAYS).place.radio.table)


def test_a_tenth_is_held_out_always_the_same():
    uids = [uuid4() for _ in range(5000)]
    held_out = [is_held_out(uid) for uid in uids]
    assert 0.08 < np.mean(held_out) < 0.12
    assert held_out == [is_held_out(uid) for uid in uids]


@pytest.fixture(scope="module")
def world():
    return World(3)


@pytest.fixture(scope="module")
def scans(world):
    """Scans that teach, and scans that judge."""
    return world.scanned(600), world.scanned(250)


@pytest.fixture(scope="module")
def taught(world, scans):
    """The map that the scans make."""
    return world.learnt(scans[0])


@pytest.fixture(scope="module")
def before(world, scans):
    """How the scans that judge find a map that nothing taught."""
    teaching, judging = scans
    return judged(world, teaching.only(slice(0, 0)), judging)


def judged(world, teaching, judging):
    return learning.judged(world.learnt(teaching), judging)


def test_scans_teach_what_the_drawing_does_not_tell(taught, before, scans):
    after = learning.judged(taught, scans[1])
    assert after.accuracy > before.accuracy + 0.02
    assert learning.verdict(after, before).taken
    assert not learning.verdict(before, after).taken


def test_a_map_of_shuffled_labels_is_refused(world, scans, before):
    teaching, judging = scans
    shuffled = replace(teaching, zone=np.random.default_rng(1).permutation(teaching.zone))
    found = learning.verdict(judged(world, shuffled, judging), before)
    assert found.why == learning.LESS_RIGHT
    assert found.only_before > found.only_new


def test_the_same_map_is_no_worse_than_itself_and_too_few_labels_judge_nothing(world, scans):
    teaching, judging = scans
    few = judging.only(slice(0, learning.LEAST_HELD_OUT - 1))
    some = judged(world, teaching.only(slice(0, 50)), judging)
    assert learning.verdict(some, some).taken
    too_few = judged(world, teaching.only(slice(0, 50)), few)
    assert learning.verdict(too_few, too_few).why == learning.FEW


def test_a_gateway_that_fell_by_ten_decibels_is_found_and_no_other(world, scans, taught):
    teaching, _ = scans
    loud = max(set(teaching.gateway.tolist()), key=teaching.gateway.tolist().count)
    later = world.scanned(250)
    fallen = replace(later, rssi=np.where(later.gateway == loud, later.rssi - 10.0, later.rssi))
    drifted = [one for one in learning.drift(taught, fallen) if one.drifted]
    assert [one.gateway for one in drifted] == [loud]
    assert -13 < drifted[0].median_db < -6
    assert not [one for one in learning.drift(taught, later) if one.drifted]


def test_a_room_among_gateways_is_expected_better_than_one_that_none_hears():
    far = ZoneIn(30, 1, "room", None, shapely.box(400, 0, 406, 6).wkt)
    found = learning.rooms(build(FLOORS, [*ZONES, far], GATEWAYS))
    assert found[30][0] == 0
    assert found[11][0] >= 3
    assert found[11][1] > 0.3
