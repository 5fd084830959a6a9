"""What is announced is split into notes that fit, kept in a ring, and told by floor."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hims import live
from tests.hims.streams import event, row


@given(
    st.lists(st.dictionaries(st.text(max_size=8), st.text(max_size=60), max_size=4), max_size=80)
)
def test_an_announcement_of_any_length_is_split_into_notes_that_fit_and_lose_nothing(rows):
    notes = list(live.payloads("position", rows, limit=1_200 + 60 * 4 * 12))
    told = [one for note in notes for one in json.loads(note)["rows"]]
    assert told == rows
    assert all(len(note.encode()) <= 1_200 + 60 * 4 * 12 for note in notes)


def test_a_row_too_large_for_one_note_is_refused():
    with pytest.raises(ValueError, match="too large"):
        list(live.payloads("position", [{"text": "x" * 8_000}]))


def test_who_watches_a_floor_hears_what_is_on_it_what_left_it_and_what_may_have():
    moved = event(
        row("here", "f1"),
        row("left", "f2"),
        row("elsewhere", "f3"),
        row("unknown before", "f2"),
        row("no longer placed", None),
        before=["f2", "f1", "f2", None, "f1"],
    )
    told = [one["id"] for one in json.loads(moved.text("f1"))["rows"]]
    assert told == ["here", "left", "unknown before", "no longer placed"]
    assert event(row("a", "f2"), before=["f3"]).text("f1") == b""


def heard(hub, n):
    for number in range(n):
        hub._hear(live.EVENTS, json.dumps({"kind": "position", "rows": [row(str(number))]}))


def test_the_ring_gives_what_came_after_an_id_in_order():
    hub = live.Hub()
    heard(hub, 3)
    seen = hub.latest_id
    assert hub.since(seen) == []
    heard(hub, 2)
    assert [one.rows[0]["id"] for one in hub.since(seen)] == ["0", "1"]


def test_an_id_from_elsewhere_too_old_or_nonsense_cannot_be_resumed():
    hub = live.Hub()
    first = hub.latest_id
    heard(hub, live.RING_EVENTS + 1)
    assert hub.since(first) is None
    assert hub.since(live.Hub().latest_id) is None
    for nonsense in ("", "x", f"{hub.latest_id}9", hub.latest_id.replace("-", "--"), "²-²"):
        assert hub.since(nonsense) is None


def test_words_that_nobody_can_read_do_not_stop_the_listening():
    hub = live.Hub()
    for text in ("", "{", "[]", '{"kind": 3}', '{"kind":"a","rows":[1]}'):
        hub._hear(live.EVENTS, text)
    heard(hub, 1)
    assert hub.latest_id.endswith("-1")


def test_one_failing_listener_does_not_deafen_the_others():
    hub, told = live.Hub(), []
    hub.followers |= {lambda _: 1 / 0, told.append}
    heard(hub, 1)
    assert len(told) == 1
