"""Who is stuck and since when; the one next step; why a room is not ready."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hims.domain.milestones import Kind
from hims.domain.next_step import next_step, why_not_ready
from hims.domain.rooms import BedSpace, Clean, State
from hims.domain.stuck import (
    RULES,
    PatientFacts,
    Rule,
    SpaceFacts,
    stuck,
    stuck_spaces,
    watched,
    watched_spaces,
)

NINE = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def at(minutes: float) -> datetime:
    return NINE + timedelta(minutes=minutes)


def ida(*, needs=(), results_read_at=None, admitted=False, away=False, **minutes) -> PatientFacts:
    seen = {Kind(name): at(value) for name, value in minutes.items()}
    return PatientFacts("Ida", seen, frozenset(needs), results_read_at, admitted, away)


def space(state: State, minutes: float = 0, offers=(), **bed) -> SpaceFacts:
    return SpaceFacts("ED-1", BedSpace(state, **bed), at(minutes), frozenset(offers))


READY = space(State.READY)


@pytest.mark.parametrize(
    ("patient", "code", "limit"),
    [
        (ida(arrival=0), "not_triaged", 15),
        (ida(arrival=0, triage_end=5), "no_room", 20),
        (ida(arrival=0, triage_end=5, in_room=10), "no_provider", 40),
        (ida(arrival=0, in_room=10, provider=20, results=60), "results_unread", 80),
        (ida(arrival=0, in_room=10, provider=20, disposition=60), "still_in_room", 90),
        (ida(arrival=0, in_room=10, disposition=60, admitted=True), "boarding", 180),
        (ida(arrival=0, in_room=10, disposition=90, bed_requested=60, admitted=True),
         "boarding_long", 300),
    ],
)  # fmt: skip
def test_each_rule_speaks_at_its_limit_and_not_before(patient, code, limit):
    before = {one.rule.code for one in stuck(patient, [READY], at(limit - 0.1))}
    assert code not in before
    [found] = [one for one in stuck(patient, [READY], at(limit)) if one.rule.code == code]
    assert (found.about, found.due_at) == ("Ida", at(limit))


def test_no_room_is_stuck_only_while_a_fitting_room_stands_ready():
    patient = ida(arrival=0, triage_end=5, needs=("isolation",))
    assert stuck(patient, [READY, space(State.DIRTY)], at(60)) == []
    assert stuck(patient, [], at(60)) == []
    since_fifty = space(State.READY, 50, offers=("isolation", "monitor"))
    [found] = stuck(patient, [since_fifty], at(60))
    assert (found.rule.code, found.since, found.due_at) == ("no_room", at(5), at(50))
    assert found.minutes(at(60)) == 55


def test_nobody_is_expected_to_see_or_let_go_a_patient_who_is_away():
    assert stuck(ida(arrival=0, in_room=10, away=True), [], at(100)) == []
    assert stuck(ida(arrival=0, in_room=10, disposition=20, away=True), [], at(100)) == []


def test_results_read_are_not_unread_and_newer_ones_are():
    patient = ida(arrival=0, in_room=1, provider=2, results=60, results_read_at=at(70))
    assert stuck(patient, [], at(200)) == []
    newer = replace(patient, results_read_at=at(50))
    assert [one.rule.code for one in stuck(newer, [], at(200))] == ["results_unread"]


def test_whoever_has_left_is_not_stuck_and_what_was_never_seen_proves_nothing():
    assert watched(ida(arrival=0, disposition=5, left=9), [READY]) == []
    assert watched(ida(), [READY]) == []


def test_a_hospital_has_its_own_limits():
    stricter = [Rule("no_provider", 5, "charge_nurse", "see_patient")]
    [found] = stuck(ida(arrival=0, in_room=10), [], at(15), stricter)
    assert found.rule.owner == "charge_nurse"


def test_an_idle_room_counts_from_when_somebody_who_fits_waits():
    waiting = [ida(arrival=0, triage_end=30), ida(arrival=0, in_room=3)]
    [found] = watched_spaces([READY], waiting)
    assert (found.rule.code, found.about, found.since, found.due_at) == (
        "room_idle", "ED-1", at(30), at(40),
    )  # fmt: skip
    assert stuck_spaces([READY], waiting, at(39)) == []
    assert len(stuck_spaces([READY], waiting, at(40))) == 1
    assert watched_spaces([READY], [ida(arrival=0, triage_end=3, needs=("monitor",))]) == []
    assert watched_spaces([READY], []) == []


def test_a_dirty_room_that_nobody_claims():
    [found] = stuck_spaces([space(State.DIRTY)], [], at(10))
    assert (found.rule.code, found.rule.action) == ("room_unclaimed", "claim_cleaning")
    assert stuck_spaces([space(State.DIRTY, cleaner="Bo")], [], at(60)) == []


@pytest.mark.parametrize(
    ("patient", "waiting_for", "action"),
    [
        (ida(arrival=0), "triage", "triage"),
        (ida(arrival=0, triage_start=3), "triage", "finish_triage"),
        (ida(arrival=0, triage_end=5), "clean_room", "find_room"),
        (ida(arrival=0, room_assigned=8), "walk_to_room", "bring_to_room"),
        (ida(arrival=0, in_room=9), "provider", "see_patient"),
        (ida(provider=12), "results", "decide"),
        (ida(provider=12, results=50), "decision", "read_results"),
        (ida(provider=12, results=50, results_read_at=at(51)), "decision", "decide"),
        (ida(disposition=60), "departure", "let_leave"),
        (ida(disposition=60, admitted=True), "bed", "request_bed"),
        (ida(disposition=60, bed_requested=61, admitted=True), "bed", "chase_bed"),
        (ida(bed_requested=61, bed_assigned=70, admitted=True), "bed_ready", "chase_bed"),
        (ida(bed_requested=61, bed_ready=90, admitted=True), "transport", "bring_to_ward"),
        (ida(in_room=9, away=True), "return", ""),
        (ida(arrival=0, left=99), "nothing", ""),
    ],
)
def test_each_patient_has_one_next_step(patient, waiting_for, action):
    step = next_step(patient, room_ready=False)
    assert (step.waiting_for, step.action) == (waiting_for, action)
    assert bool(step.owner) == bool(action)


def test_with_a_room_ready_the_step_is_to_give_it():
    assert next_step(ida(arrival=0, triage_end=5), room_ready=True).action == "give_room"


@pytest.mark.parametrize(
    ("facts", "code", "action"),
    [
        (space(State.OCCUPIED, patient="Ida"), "occupied", ""),
        (replace(space(State.OCCUPIED, patient="Ida"), going=True), "patient_going", "let_leave"),
        (replace(space(State.OCCUPIED, patient="Ida"), asked=True), "seems_empty", "confirm_empty"),
        (space(State.VACATED, patient="Ida"), "not_confirmed_empty", "confirm_empty"),
        (space(State.RESERVED, patient="Ida"), "reserved", "release"),
        (space(State.DIRTY), "not_claimed", "call_cleaner"),
        (space(State.DIRTY, isolation_owed=True), "isolation_clean_owed", "call_cleaner"),
        (space(State.DIRTY, cleaner="Bo"), "cleaner_on_the_way", "start_cleaning"),
        (space(State.CLEANING), "being_cleaned", "finish_cleaning"),
        (space(State.CLEANING, cleaned=Clean.STANDARD), "clean_not_confirmed", "say_ready"),
        (space(State.BLOCKED, reason="leak"), "blocked", "unblock"),
        (space(State.UNKNOWN), "not_known", "look"),
        (space(State.UNKNOWN, patient="Ida"), "not_known_if_empty", "confirm_empty"),
    ],
)
def test_each_room_that_is_not_ready_says_why_and_what_helps(facts, code, action):
    found = why_not_ready(facts)
    assert (found.code, found.action) == (code, action)
    assert found.said == facts.bed.reason


def test_a_ready_room_has_no_hindrance_and_every_state_has_an_answer():
    assert why_not_ready(READY) is None
    assert all(why_not_ready(space(state)) for state in State if state is not State.READY)


@given(
    st.dictionaries(st.sampled_from(Kind), st.integers(0, 500).map(at)),
    st.booleans(),
    st.booleans(),
    st.integers(0, 600),
)
def test_whatever_is_known_a_stuck_wait_is_due_and_one_step_is_named(seen, admitted, away, now):
    patient = PatientFacts("Ida", seen, admitted=admitted, away=away)
    for one in stuck(patient, [READY], at(now)):
        assert one.since <= one.due_at <= at(now)
        assert one.rule in RULES
    assert next_step(patient, room_ready=True).waiting_for
