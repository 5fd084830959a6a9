"""What was missed is inferred, marked, and never taken for what was seen."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hims.domain.milestones import ORDER, Backwards, Interval, Kind, backwards, inferred, interval

NINE = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def at(minutes: float) -> datetime:
    return NINE + timedelta(minutes=minutes)


def visit(**minutes: float) -> dict[Kind, datetime]:
    return {Kind(name): at(value) for name, value in minutes.items()}


def test_a_missed_entry_lies_between_its_neighbours():
    [found] = inferred(visit(arrival=0, triage_start=5, triage_end=10, provider=40, left=200))
    assert (found.kind, found.earliest, found.latest) == (Kind.IN_ROOM, at(10), at(40))
    assert (found.after, found.before) == (Kind.TRIAGE_END, Kind.PROVIDER)


def test_what_leaving_says_about_the_room():
    known = visit(arrival=0, left=120)
    [found] = inferred(known)
    assert (found.kind, found.at, found.after, found.before) == (
        Kind.IN_ROOM, at(60), Kind.ARRIVAL, Kind.LEFT,
    )  # fmt: skip
    assert inferred(known, left_unseen=True) == []


def test_a_room_is_not_inferred_from_triage_nor_triage_from_a_room():
    assert inferred(visit(arrival=0, in_room=20)) == []
    assert inferred(visit(arrival=0, triage_start=5, triage_end=10)) == []


def test_an_arrival_nobody_saw_was_at_the_first_thing_seen():
    found = {one.kind: one for one in inferred(visit(triage_end=10, in_room=20))}
    assert set(found) == {Kind.ARRIVAL, Kind.TRIAGE_START}
    assert (found[Kind.ARRIVAL].at, found[Kind.ARRIVAL].earliest) == (at(10), None)


def test_an_interval_says_when_one_end_was_not_seen_and_how_far_off_it_may_be():
    seen = visit(arrival=0, in_room=25, provider=40)
    assert interval("door_to_room", seen) == Interval(25.0)
    missed = visit(arrival=0, triage_start=4, triage_end=10, provider=40)
    assert interval("door_to_room", missed) == Interval(25.0, inferred=True, give_or_take=15.0)
    assert interval("door_to_provider", missed) == Interval(40.0)
    assert interval("stay", missed) == Interval(None, give_or_take=None, reason="missing")


def test_time_running_backwards_is_named_and_gives_no_number():
    known = visit(arrival=10, in_room=5, left=90)
    assert backwards(known) == [Backwards(Kind.ARRIVAL, Kind.IN_ROOM, 5.0)]
    assert interval("door_to_room", known).reason == "backwards"
    assert interval("stay", known).minutes == 80


def test_a_physician_at_triage_and_an_early_bed_request_are_not_backwards():
    assert (
        backwards(visit(arrival=0, provider=5, in_room=20, bed_requested=30, disposition=40)) == []
    )


def test_an_unknown_interval_is_an_error():
    with pytest.raises(KeyError):
        interval("door_to_moon", {})


@given(
    st.dictionaries(st.sampled_from(ORDER), st.integers(0, 600).map(at)),
    st.booleans(),
)
def test_whatever_was_recorded_inference_stays_within_what_was_seen(known, left_unseen):
    for one in inferred(known, left_unseen=left_unseen):
        assert one.kind not in known
        assert one.latest == known[one.before]
        assert one.at <= one.latest
        assert one.earliest is None or one.earliest <= one.at
    for name in ("door_to_room", "stay", "boarding"):
        found = interval(name, known, left_unseen=left_unseen)
        assert found.minutes is None or found.minutes >= 0
        assert (found.minutes is None) == bool(found.reason)


@given(st.sets(st.sampled_from(ORDER)))
def test_a_visit_in_order_never_runs_backwards(kinds):
    assert (
        backwards({kind: at(10 * place) for place, kind in enumerate(ORDER) if kind in kinds}) == []
    )
