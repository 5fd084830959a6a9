"""What can be wrong with a hospital's radio: the answer widens, it is never confidently wrong."""

from dataclasses import replace

import numpy as np
import pytest

from tracking.domain import clocks
from tracking.domain.locating.grid import FINE, MIDDLE, SMALL
from tracking.domain.readings import READING
from tracking.domain.site import GatewayIn, ZoneIn, build
from tracking.domain.state import FLOOR, ROOM, UNKNOWN

from .a_hospital import (
    A_FLOOR,
    CORRIDOR,
    DOORS,
    FLOORS,
    GROUND,
    SPOT_FLOOR,
    SPOTS,
    UPSTAIRS,
    WEAKEST,
    Watch,
    following,
    gateways_in,
    heard,
    hospital,
    middle,
    strengths,
    zones_in,
)

HERE, BESIDE, FAR = 2, 1, 5
THERE = 2 * A_FLOOR + 8  # a room of the other building
WINDOWS = pytest.mark.parametrize(
    "window",
    # The big hospital's window here, the fine one in test_tracker; all of both: `make proof`.
    [*(pytest.param(window, marks=pytest.mark.proof) for window in (FINE, MIDDLE)), SMALL],
    ids=["fine", "middle", "small"],
)


def built(window, zones=None, gateways=None):
    zones = zones_in() if zones is None else zones
    return build(
        FLOORS, zones, gateways_in() if gateways is None else gateways, DOORS, window=window
    )


def lying(window, floor: int, room: int):
    """The hospital in which the gateway of room HERE says that it hangs elsewhere."""
    gateways = gateways_in()
    xy = middle(room).tolist()
    gateways[HERE] = GatewayIn(gateways[HERE].key, FLOORS[floor].key, None, *xy, 2.5)
    return built(window, gateways=gateways)


def undrawn(*floors: int):
    """The zones, those of some floors without polygons."""
    keys = [FLOORS[floor].key for floor in floors]
    return [ZoneIn(z.key, z.floor, z.kind) if z.floor in keys else z for z in zones_in()]


def cloned(watch: Watch, seconds: int) -> Watch:
    """The same address heard in a room of each building."""
    for _ in range(seconds):
        both = [heard(0, strengths(zone), watch.now, watch.random) for zone in (HERE, THERE)]
        watch.step(both)
    return watch


# --- A gateway that lies about its place ----------------------------------------------------------


@WINDOWS
@pytest.mark.parametrize(("floor", "room"), [(GROUND, FAR), (GROUND, 9), (UPSTAIRS, 3), (3, 3)])
def test_a_gateway_that_hangs_elsewhere_than_it_says_never_makes_a_wrong_room_sure(
    window, floor, room
):
    watch = Watch(lying(window, floor, room)).stay(HERE, 90)
    assert watch.wrong(HERE) == 0
    assert sum(move["entered"] not in (HERE, -1) for move in watch.moves) <= 2


@WINDOWS
@pytest.mark.parametrize(("floor", "room"), [(GROUND, FAR), (UPSTAIRS, 3), (3, 3)])
def test_in_the_next_room_the_others_outvote_a_gateway_that_lies(window, floor, room):
    watch = Watch(lying(window, floor, room)).stay(BESIDE, 60)
    assert watch.wrong(BESIDE, surer=0.0) == 0
    assert watch.shown[-1][:2] == (ROOM, BESIDE)


@WINDOWS
def test_a_gateway_that_says_it_hangs_in_the_other_building_makes_its_room_unknown(window):
    watch = Watch(lying(window, 3, 3)).stay(HERE, 60)
    assert {level for level, _, _ in watch.shown[5:]} == {UNKNOWN}


# --- A cloned tag ---------------------------------------------------------------------------------


@WINDOWS
def test_a_tag_heard_in_two_buildings_at_once_is_in_neither(window):
    watch = cloned(Watch(hospital(window)), 120)
    assert {level for level, _, _ in watch.shown} == {UNKNOWN}
    assert watch.moves == []


@WINDOWS
def test_a_clone_that_appears_takes_the_tag_out_of_its_room_once(window):
    watch = Watch(hospital(window)).stay(HERE, 30).since()
    cloned(watch, 120)
    assert [(move["left"], move["entered"]) for move in watch.moves] == [(HERE, -1)]
    assert {level for level, _, _ in watch.shown[10:]} == {UNKNOWN}


@WINDOWS
def test_a_tag_heard_now_in_one_building_and_now_in_the_other_does_not_flip(window):
    watch = Watch(hospital(window))
    for second in range(120):
        zone = (HERE, THERE)[second % 2]
        watch.step(heard(0, strengths(zone), watch.now, watch.random))
    assert len(watch.moves) <= 2
    assert sum(level == ROOM for level, _, _ in watch.shown) <= 6


def test_where_nothing_is_drawn_a_clone_is_not_in_a_room_either():
    rooms = [
        GatewayIn(g.key, g.floor, A_FLOOR * (k // 14) + min(k % 14, CORRIDOR) + 1)
        for k, g in enumerate(gateways_in())
    ]
    watch = cloned(Watch(built(MIDDLE, undrawn(0, 1, 2, 3), rooms)), 60)
    assert {level for level, _, _ in watch.shown} == {UNKNOWN}


@WINDOWS
def test_a_tag_that_really_goes_to_the_other_building_is_soon_found_there(window):
    watch = Watch(hospital(window)).stay(HERE, 30).since().stay(THERE, 20)
    assert all(shown[:2] == (ROOM, THERE) for shown in watch.shown[10:])
    assert watch.wrong(HERE, THERE, surer=0.0) == 0


# --- Strengths that are stuck ---------------------------------------------------------------------


@WINDOWS
@pytest.mark.parametrize("stuck", [-40.0, -60.0, -80.0])
@pytest.mark.parametrize("who", ["floor", "building", "all"])
def test_strengths_that_are_all_one_say_no_room(window, stuck, who):
    hears = {"floor": SPOT_FLOOR == 0, "building": SPOT_FLOOR < 2, "all": SPOT_FLOOR >= 0}[who]
    watch = Watch(hospital(window))
    for _ in range(20):
        watch.step(heard(0, np.where(hears, stuck, -np.inf), watch.now))
    assert all(level < ROOM for level, _, _ in watch.shown)
    assert watch.moves == []


@WINDOWS
def test_strengths_that_get_stuck_widen_the_answer(window):
    watch = Watch(hospital(window)).stay(HERE, 30).since()
    watch.stay(HERE, 60, spoilt=lambda dbm: np.where(dbm > WEAKEST, -60.0, -np.inf))
    assert watch.wrong(HERE, surer=0.0) == 0
    assert watch.shown[-1][0] < ROOM


@WINDOWS
def test_one_gateway_whose_strength_is_stuck_is_outvoted(window):
    watch = Watch(hospital(window))
    watch.stay(HERE, 60, spoilt=lambda dbm: np.where(np.arange(len(dbm)) == 9, -40.0, dbm))
    assert watch.wrong(HERE) == 0
    assert watch.shown[-1][:2] == (ROOM, HERE)


# --- Clocks ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "hours", [-9000.0, -5.0, -0.2, 0.2, 5.0, 9000.0, float("nan"), float("inf")]
)
def test_clocks_hours_off_change_nothing_of_where_a_tag_is(hours):
    watch = Watch()
    clock, wrong = clocks.unset(len(SPOTS)), np.arange(len(SPOTS)) % 2 == 0
    for _ in range(20):
        readings = heard(0, strengths(HERE), watch.now + 1.0, watch.random)
        own = readings["at"] + np.where(wrong[readings["gateway"]], 3600.0 * hours, 0.0)
        arrived = np.full(len(readings), watch.now + 1.0)
        clock, readings["at"] = clocks.follow(clock, readings["gateway"], own, arrived)
        watch.step(readings, keep_time=True)
    assert watch.shown[-1][:2] == (ROOM, HERE)
    assert watch.state.late == 0
    assert watch.of("heard_at") == watch.now
    assert clock.faulty.any() == (abs(hours) > 1.0)


# --- Few gateways, few plans ----------------------------------------------------------------------


@WINDOWS
@pytest.mark.parametrize("dbm", [-45.0, -60.0, -75.0, -90.0])
def test_a_single_gateway_never_makes_a_room_sure(window, dbm):
    watch = Watch(built(window, gateways=[gateways_in()[3]]))
    for _ in range(30):
        watch.step(heard(0, np.array([dbm + watch.random.normal(0.0, 4.0)]), watch.now))
    assert watch.wrong() == 0
    if dbm <= -75.0:
        assert sum(level == ROOM for level, _, _ in watch.shown) <= 3


@WINDOWS
def test_a_site_without_gateways_answers_unknown(window):
    site = built(window, gateways=[])
    watch = Watch(site).step(np.empty(0, READING)).step(heard(0, np.array([-50.0]), 0.0))
    assert watch.shown == [(UNKNOWN, -1, 0.0)] * 2
    assert not watch.of("heard")


@WINDOWS
def test_a_tag_far_from_every_gateway_is_not_put_into_a_room_that_has_one(window):
    near = [k for k, g in enumerate(gateways_in()) if g.x > 12]
    watch = Watch(built(window, gateways=[gateways_in()[k] for k in near]))
    for _ in range(60):
        watch.step(heard(0, strengths(0)[near], watch.now, watch.random))
    unheard = [0, 1, 6, 7, CORRIDOR]
    assert watch.wrong(*unheard, surer=0.6) == 0
    assert watch.wrong(0, surer=0.7) == 0


@WINDOWS
def test_who_goes_where_nobody_hears_was_last_heard_and_is_not_heard_now(window):
    watch = Watch(hospital(window)).stay(HERE, 30)
    last = watch.now
    for _ in range(60):
        watch.step(np.empty(0, READING))
    assert not watch.of("heard")
    assert watch.of("heard_at") == last
    assert watch.shown[-1][:2] == (ROOM, HERE)
    assert len(watch.moves) == 1


@WINDOWS
@pytest.mark.parametrize("zone", [A_FLOOR + 2, A_FLOOR + CORRIDOR, A_FLOOR + 13])
def test_on_a_floor_without_polygons_the_floor_is_shown_and_never_one_that_is_drawn(window, zone):
    watch = Watch(built(window, undrawn(UPSTAIRS))).stay(zone, 30)
    assert all(shown[0] == FLOOR for shown in watch.shown)
    assert watch.of("floor") == UPSTAIRS
    assert watch.moves == []


@WINDOWS
def test_beside_a_floor_without_polygons_rooms_are_found_as_ever(window):
    watch = Watch(built(window, undrawn(UPSTAIRS))).stay(HERE, 30)
    assert watch.wrong(HERE, surer=0.0) == 0
    assert watch.shown[-1][:2] == (ROOM, HERE)


def test_a_hospital_without_any_polygon_shows_the_floor():
    watch = Watch(built(MIDDLE, undrawn(0, 1, 2, 3))).stay(A_FLOOR + 2, 20)
    assert {shown[0] for shown in watch.shown} == {FLOOR}
    assert watch.of("floor") == UPSTAIRS


# --- Floors, dead gateways, several tags ----------------------------------------------------------


@WINDOWS
@pytest.mark.parametrize("zone", [HERE, A_FLOOR + 3, THERE])
def test_floors_and_buildings_are_never_confused(window, zone):
    watch = Watch(hospital(window))
    for _ in range(60):
        watch.stay(zone, 1)
        assert watch.of("floor") in (-1, zone // A_FLOOR)
    assert watch.shown[-1][:2] == (ROOM, zone)


@WINDOWS
def test_a_gateway_that_dies_moves_nobody(window):
    watch = Watch(hospital(window), following(hospital(window), 4))
    alive = np.ones(len(SPOTS), dtype=bool)
    for second in range(150):
        alive[HERE] = second < 30
        dbm = np.where(alive, strengths(HERE), -np.inf)
        watch.step([heard(tag, dbm, watch.now, watch.random) for tag in range(4)])
    for bearer in range(4):
        assert watch.of("zone", bearer) == HERE
    assert all(move["at"] < watch.now - 120 for move in watch.moves)


@WINDOWS
def test_a_room_whose_only_support_is_a_lost_gateway_is_told_from_one_that_was_left(window):
    watch = Watch(hospital(window), following(hospital(window), 2)).since()
    for second in range(60):
        gone = BESIDE + 2 if second >= 30 else HERE
        watch.step([heard(t, strengths((gone, HERE)[t]), watch.now, watch.random) for t in (0, 1)])
    assert [watch.of("zone", bearer) for bearer in (0, 1)] == [BESIDE + 2, HERE]


@WINDOWS
def test_tags_of_one_bearer_in_two_rooms_make_neither_sure(window):
    site = hospital(window)
    state = following(site, 2)
    state = replace(state, tags=state.tags.copy())
    state.tags.bearer[1] = state.tags.bearer[0]
    watch = Watch(site, state)
    for _ in range(40):
        readings = [heard(tag, strengths((HERE, FAR)[tag]), 0.0, watch.random) for tag in (0, 1)]
        watch.step(readings)
    assert watch.wrong(surer=0.7) == 0
    assert all(shown in (HERE, FAR, -1) for _, shown, _ in watch.shown)
