"""Where is it, and is it free? Each answer with its age, its doubt and its reasons."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from inventory.actions.assets import release, reserve, set_state
from tests import given as there
from tracking.actions.sightings import found_here, not_there
from tracking.domain.ageing import HALF_LIFE_S
from tracking.queries.locate import find, find_rate, kinds_with_counts

HOUR = timedelta(hours=1)


def numbers(found) -> list[str]:
    return [one.number for one in found]


def the(house, number, **asked):
    """One asset as the nurse finds it."""
    asked = {"viewer": house.nurse, "now": house.now} | asked
    found = find(asset_ids=[house.assets[number].pk], **asked)
    assert len(found) == 1
    return found[0]


# --- is it free -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "available", "reasons"),
    [
        ("P-1", True, ()),
        ("P-2", False, ("in_use",)),
        ("P-3", False, ("overdue",)),
        ("P-4", True, ()),
        ("P-5", None, ()),
        ("B-1", False, ("dirty",)),
    ],
)
def test_available_is_true_false_with_reasons_or_not_known(house, number, available, reasons):
    found = the(house, number)
    assert (found.available, found.reasons) == (available, reasons)


def test_what_is_overdue_is_never_available_even_when_free_and_reserved(house):
    reserve(actor=house.nurse, now=house.now, asset=house.assets["P-3"])
    found = the(house, "P-3")
    assert found.available is False
    assert found.reasons == ("overdue", "reserved")


def test_an_asset_is_good_until_the_end_of_the_day_its_service_is_due(house):
    asset = house.assets["P-1"]
    asset.service_due_on = house.now.date()
    asset.save()
    assert the(house, "P-1").available is True
    assert the(house, "P-1", now=house.now + timedelta(days=1)).reasons == ("overdue",)


def test_a_reservation_is_shown_with_its_holder_until_it_ends(house):
    reserve(actor=house.nurse, now=house.now, asset=house.assets["P-1"])
    held = the(house, "P-1")
    assert (held.available, held.reserved_by) == (False, house.nurse.name)
    assert the(house, "P-1", now=house.now + timedelta(minutes=31)).available is True
    release(actor=house.nurse, now=house.now + timedelta(minutes=1), asset=house.assets["P-1"])
    assert the(house, "P-1", now=house.now + timedelta(minutes=1)).available is True


@pytest.mark.parametrize(
    ("available", "expected"),
    [
        (True, {"P-1", "P-4"}),
        (False, {"P-2", "P-3", "B-1"}),
        (None, {"P-1", "P-2", "P-3", "P-4", "P-5", "B-1"}),
    ],
)
def test_the_filter_and_the_answer_agree_on_what_is_available(house, available, expected):
    found = find(viewer=house.nurse, now=house.now, available=available)
    assert set(numbers(found)) == expected
    if available is not None:
        assert {one.available for one in found} == {available}


def test_the_filter_knows_of_reservations(house):
    reserve(actor=house.nurse, now=house.now, asset=house.assets["P-1"])
    assert numbers(find(viewer=house.nurse, now=house.now, available=True)) == ["P-4"]
    held = numbers(find(viewer=house.nurse, now=house.now, available=False))
    assert "P-1" in held


# --- what is it called ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("q", "expected"),
    [
        ("P-1", {"P-1"}),
        ("p-1", {"P-1"}),
        ("agilia", {"P-1", "P-2", "P-3", "P-4", "P-5"}),
        ("infusion", {"P-1", "P-2", "P-3", "P-4", "P-5"}),
        ("SN600", {"B-1"}),
        ("ward bed", {"B-1"}),
        ("bed agilia", set()),
        ("  agilia   SN300 ", {"P-3"}),
        ("nothing of the kind", set()),
        ("", {"P-1", "P-2", "P-3", "P-4", "P-5", "B-1"}),
    ],
)
def test_words_are_looked_for_in_name_number_serial_and_kind(house, q, expected):
    assert set(numbers(find(viewer=house.nurse, now=house.now, q=q))) == expected


@pytest.mark.parametrize("q", ["%", "_", "%%%", "P_1", "A%a", "\\", "\\%", "'", "');--", "%(now)s"])
def test_signs_that_mean_something_to_the_database_mean_only_themselves(house, q):
    assert find(viewer=house.nurse, now=house.now, q=q) == []


def test_a_name_with_such_signs_is_found_by_them(house):
    there.assets(
        [
            {"asset": "X-1", "kind": "bed", "name": "100% wide_bed \\ left"},
            {"asset": "X-2", "kind": "bed", "name": "100 wide bed"},
        ]
    )
    for q in ("100%", "wide_bed", "\\", "100% \\ wide_"):
        assert numbers(find(viewer=house.nurse, now=house.now, q=q)) == ["X-1"], q


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(q=st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=40))
def test_no_words_break_the_question(house, q):
    find(viewer=house.nurse, now=house.now, q=q, kind=q)


def test_a_kind_is_named_by_code_or_by_name(house):
    for kind in ("bed", "Bed", "BED"):
        assert numbers(find(viewer=house.nurse, now=house.now, kind=kind)) == ["B-1"]
    assert find(viewer=house.nurse, now=house.now, kind="stretcher") == []


# --- near -----------------------------------------------------------------------------------------


@pytest.fixture
def spread(house):
    """P-1 in the store, P-2 in bay one, P-4 upstairs, P-5 in the corridor; all heard now."""
    there.engine_beat(house.now)
    for number, zone in [("P-1", "ST"), ("P-2", "ED-1"), ("P-4", "W1"), ("P-5", "COR")]:
        there.placed(house.assets[number], house.zones[zone], at=house.now)
    return house


def test_near_puts_what_is_surely_free_and_close_first(spread):
    found = find(viewer=spread.nurse, now=spread.now, near=spread.zones["COR"], kind="pump")
    assert numbers(found)[0] == "P-1"
    walks = {one.number: one.walk_s for one in found}
    assert walks["P-5"] == 0
    assert 0 < walks["P-1"] < walks["P-4"]
    assert walks["P-4"] > 45, "the lift takes 45 s"


def test_near_prefers_a_free_one_upstairs_to_one_in_use_at_hand(spread):
    there.placed(spread.assets["P-1"], spread.zones["W1"], at=spread.now)
    found = numbers(find(viewer=spread.nurse, now=spread.now, near=spread.zones["ED-1"]))
    assert found.index("P-1") < found.index("P-2")


def test_near_prefers_what_is_surely_there(spread):
    there.placed(spread.assets["P-1"], spread.zones["ST"], probability=0.3, at=spread.now)
    there.placed(spread.assets["P-4"], spread.zones["ST"], probability=0.9, at=spread.now)
    found = numbers(find(viewer=spread.nurse, now=spread.now, near=spread.zones["COR"]))
    assert found.index("P-4") < found.index("P-1")


def test_near_prefers_what_was_heard_lately(spread):
    old = spread.now - 6 * HOUR
    there.placed(spread.assets["P-1"], spread.zones["ST"], at=old, heard_at=old)
    there.placed(spread.assets["P-4"], spread.zones["ST"], at=spread.now)
    found = numbers(find(viewer=spread.nurse, now=spread.now, near=spread.zones["COR"]))
    assert found.index("P-4") < found.index("P-1")


def test_near_gives_at_most_as_many_as_asked(spread):
    assert len(find(viewer=spread.nurse, now=spread.now, near=spread.zones["ST"], limit=2)) == 2


def test_a_floor_holds_only_what_is_believed_to_be_on_it(spread):
    upstairs = find(viewer=spread.nurse, now=spread.now, floor=spread.floors["1"])
    assert numbers(upstairs) == ["P-4"]


# --- where, how surely, how old -------------------------------------------------------------------


def test_what_nobody_heard_or_saw_has_no_place(house):
    assert the(house, "P-1").position is None


def test_while_it_is_heard_its_age_is_that_of_the_engines_last_beat(spread):
    assert the(spread, "P-1").position.age_s == 0
    there.engine_beat(spread.now - timedelta(seconds=2))
    assert the(spread, "P-1").position.age_s == 2


def test_when_the_engine_stops_every_answer_grows_old_with_it(spread):
    for hours in (0, 2, 4):
        where = the(spread, "P-1", now=spread.now + hours * HOUR).position
        assert where.age_s == hours * 3600
        assert where.probability == pytest.approx(0.95 * 0.5 ** (hours * 3600 / HALF_LIFE_S))
        assert where.seen_at == spread.now


def test_a_silent_tag_grows_old_although_the_engine_lives(spread):
    heard = spread.now - 2 * HOUR
    there.placed(spread.assets["P-1"], spread.zones["ST"], at=heard, heard_at=heard)
    where = the(spread, "P-1").position
    assert (where.age_s, where.seen_at) == (7200, heard)
    assert where.probability == pytest.approx(0.475)
    assert where.words == "maybe"


def test_a_clock_that_is_ahead_gives_no_negative_age(spread):
    there.engine_beat(spread.now + timedelta(seconds=30))
    where = the(spread, "P-1").position
    assert where.age_s == 0
    assert where.probability == 0.95


def test_candidates_are_named_and_age_with_the_answer(spread):
    heard = spread.now - 2 * HOUR
    there.placed(
        spread.assets["P-1"],
        spread.zones["ST"],
        heard_at=heard,
        probability=0.6,
        candidates=[(spread.zones["ST"], 0.6), (spread.zones["COR"], 0.4)],
    )
    candidates = the(spread, "P-1").position.candidates
    assert [tuple(one)[:2] for one in candidates] == [("ST", "Store two"), ("COR", "Long corridor")]
    assert [one[-1] for one in candidates] == pytest.approx([0.3, 0.2])


def test_a_flat_belief_names_the_floor_and_no_room(spread):
    position = there.placed(spread.assets["P-1"], None, probability=0.9)
    position.level, position.floor = "floor", spread.floors["G"]
    position.save()
    where = the(spread, "P-1").position
    assert (where.level, where.zone, where.zone_code) == ("floor", None, "")
    assert where.floor_name == "Ground floor"


# --- what people say ------------------------------------------------------------------------------


def test_not_there_warns_others_for_thirty_minutes(spread):
    asset, zone = spread.assets["P-1"], spread.zones["ST"]
    not_there(actor=spread.nurse, now=spread.now, asset=asset, zone=zone)
    assert the(spread, "P-1", viewer=spread.porter).warned_not_there
    after = spread.now + timedelta(minutes=29, seconds=59)
    assert the(spread, "P-1", now=after).warned_not_there
    assert not the(spread, "P-1", now=spread.now + timedelta(minutes=30)).warned_not_there


def test_finding_it_ends_the_warning(spread):
    asset = spread.assets["P-1"]
    not_there(actor=spread.nurse, now=spread.now, asset=asset, zone=spread.zones["ST"])
    later = spread.now + timedelta(minutes=3)
    found_here(actor=spread.porter, now=later, asset=asset, zone=spread.zones["COR"])
    assert not the(spread, "P-1", now=later).warned_not_there


def test_a_warning_is_about_one_asset_only(spread):
    asset, zone = spread.assets["P-1"], spread.zones["ST"]
    not_there(actor=spread.nurse, now=spread.now, asset=asset, zone=zone)
    warned = [one for one in find(viewer=spread.nurse, now=spread.now) if one.warned_not_there]
    assert numbers(warned) == ["P-1"]


def test_the_find_rate_counts_only_what_somebody_went_to_see(spread):
    asset = spread.assets["P-1"]
    asked = {"actor": spread.nurse, "now": spread.now, "asset": asset}
    found_here(**asked, zone=spread.zones["ST"])
    found_here(**asked, zone=spread.zones["COR"])
    not_there(**asked, zone=spread.zones["ST"])
    not_there(**asked, zone=spread.zones["ED-1"])  # we never said it was there
    since = spread.now - HOUR
    assert find_rate(viewer=spread.manager, since=since) == (1, 3)
    assert find_rate(viewer=spread.manager, since=spread.now + HOUR) == (0, 0)
    assert find_rate(viewer=spread.porter, since=since) == (0, 0)


# --- who asks, and at what price ------------------------------------------------------------------


def test_somebody_who_may_not_see_equipment_finds_nothing(spread):
    assert find(viewer=spread.newcomer, now=spread.now) == []
    assert kinds_with_counts(viewer=spread.newcomer, now=spread.now) == []


def test_the_number_of_queries_does_not_grow_with_the_answer(spread):
    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            find(viewer=spread.nurse, now=spread.now, near=spread.zones["ST"], q="pump")
        return len(queries)

    before = asked()
    there.assets(
        [
            {"asset": f"M-{number}", "kind": "pump", "name": "More pump", "state": "free"}
            for number in range(40)
        ]
    )
    for number, asset in enumerate(there.known_by_code(spread.now).assets.values()):
        zone = spread.zones["ST" if number % 2 else "COR"]
        there.placed(asset, zone, candidates=[(zone, 0.6), (spread.zones["W1"], 0.3)])
    assert asked() == before
    assert before <= 6


def test_kinds_are_counted_with_what_is_free_and_in_date(house):
    kinds = kinds_with_counts(viewer=house.nurse, now=house.now)
    assert kinds == [
        {"code": "bed", "name": "Bed", "count": 1, "free": 0},
        {"code": "pump", "name": "Infusion pump", "count": 5, "free": 2},
    ]


def test_without_near_what_is_known_to_be_free_comes_first(spread):
    found = numbers(find(viewer=spread.nurse, now=spread.now))
    assert set(found[:2]) == {"P-1", "P-4"}
    assert found[2] == "P-5", "not known comes before surely not"


def test_saying_it_is_free_makes_it_available(spread):
    set_state(actor=spread.porter, now=spread.now, asset=spread.assets["P-5"], state="free")
    assert the(spread, "P-5").available is True
    assert the(spread, "P-5").service_due_on is None
    assert the(spread, "P-1").service_due_on == date(2099, 12, 31)
