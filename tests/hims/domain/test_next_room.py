"""The next patient and the next room, in the stated order, with the reasons said."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from hims.domain.next_room import SCARCE, Reason, Space, Waiting, suggest

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def waits(patient, acuity, minutes, *needs, place=None) -> Waiting:
    since = NOW - timedelta(minutes=minutes)
    return Waiting(patient, acuity, since, frozenset(needs), place)


def room(space, *offers, place=None, hallway=False) -> Space:
    return Space(space, frozenset(offers), place, hallway)


def pair(waiting, spaces, walk=None, **more):
    found = suggest(waiting, spaces, walk, now=NOW, **more)
    return found and (found.patient, found.space)


def test_acuity_goes_before_the_wait_and_the_wait_decides_among_equals():
    queue = [waits("Ida", 3, 90), waits("Noah", 2, 5), waits("Zoe", 2, 9)]
    assert pair(queue, [room("ED-1")]) == ("Zoe", "ED-1")


def test_what_is_needed_comes_first_of_all():
    queue = [waits("Ida", 2, 10, "isolation"), waits("Noah", 4, 50)]
    found = suggest(queue, [room("ED-1", "monitor")], now=NOW)
    assert (found.patient, found.space) == ("Noah", "ED-1")
    assert Reason("passed_over", 1) in found.reasons
    assert pair(queue, [room("ED-1"), room("ED-7", "isolation")]) == ("Ida", "ED-7")


def test_a_special_room_is_not_wasted_while_a_plain_one_fits():
    rooms = [room("ED-1", "monitor"), room("ED-2", "isolation"), room("ED-3")]
    found = suggest([waits("Ida", 2, 10)], rooms, lambda a, b: 30, now=NOW)
    assert found.space == "ED-3"
    assert found.reasons == (
        Reason("fits", ()),
        Reason("acuity", 2),
        Reason("waited_min", 10),
        Reason("spares", ("isolation", "monitor")),
        Reason("walk_s", 30),
    )


def test_the_only_room_is_given_though_special_and_the_reason_says_so():
    found = suggest([waits("Ida", 3, 10)], [room("ED-2", "isolation")], now=NOW)
    assert Reason("spends", ("isolation",)) in found.reasons


def test_the_shorter_walk_decides_between_equal_rooms_and_an_unknown_way_is_last():
    ways = {("hall", "a"): 40.0, ("hall", "b"): 12.0}
    rooms = [room("ED-1", place="a"), room("ED-2", place="b"), room("ED-0", place="c")]
    walk = lambda a, b: ways.get((a, b))  # noqa: E731
    assert pair([waits("Ida", 3, 10, place="hall")], rooms, walk) == ("Ida", "ED-2")


def test_a_corridor_is_the_last_resort_even_when_nearer():
    rooms = [room("H-1", hallway=True), room("ED-2", "negative_pressure")]
    assert pair([waits("Ida", 3, 10)], rooms) == ("Ida", "ED-2")
    found = suggest([waits("Ida", 3, 10)], rooms[:1], now=NOW)
    assert Reason("hallway", True) in found.reasons


def test_a_refused_pair_is_not_suggested_again():
    queue, rooms = [waits("Ida", 2, 10), waits("Noah", 3, 10)], [room("ED-1")]
    assert pair(queue, rooms, refused={("Ida", "ED-1")}) == ("Noah", "ED-1")
    assert pair(queue, rooms, refused={("Ida", "ED-1"), ("Noah", "ED-1")}) is None


def test_an_unknown_acuity_counts_as_three_and_is_said():
    queue = [waits("Ida", None, 10), waits("Noah", 4, 60)]
    found = suggest(queue, [room("ED-1")], now=NOW)
    assert found.patient == "Ida"
    assert Reason("acuity", None) in found.reasons


NEEDS = st.frozensets(st.sampled_from(sorted(SCARCE)))


@given(
    queue=st.lists(st.tuples(st.integers(1, 5), st.integers(0, 300), NEEDS), max_size=6),
    rooms=st.lists(NEEDS, max_size=5),
)
def test_nobody_with_a_better_claim_and_a_fitting_room_is_passed_over(queue, rooms):
    waiting = [
        waits(n, acuity, minutes, *needs) for n, (acuity, minutes, needs) in enumerate(queue)
    ]
    spaces = [room(f"ED-{n}", *offers) for n, offers in enumerate(rooms)]
    found = suggest(waiting, spaces, now=NOW)
    servable = [one for one in waiting if any(one.needs <= space.offers for space in spaces)]
    if found is None:
        assert not servable
        return
    chosen = next(one for one in waiting if one.patient == found.patient)
    given_to = next(space for space in spaces if space.space == found.space)
    assert chosen.needs <= given_to.offers
    assert all((chosen.acuity, chosen.since) <= (one.acuity, one.since) for one in servable)
