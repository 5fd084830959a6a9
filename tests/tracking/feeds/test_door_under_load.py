"""The door while the engine is away, behind or leaving."""

import time
from itertools import count

import pytest

from tests import given as made
from tracking.wire import frames

from .at_the_door import doorway

BAY, PUMP = "AC:23:3F:00:00:01", "C3:00:00:00:00:01"
NAME = (f"busy machine {number}" for number in count(1))

# The door reads in a thread of its own: only what is committed is seen there.
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def key():
    made.hospital()
    return made.device("readings", kind="interface", name=next(NAME))[1]


def one_reading():
    row = {"tag": PUMP, "gateway": BAY, "rssi": -60, "at": round(time.time(), 3)}
    return {"readings": [row]}


def test_without_an_engine_the_door_says_try_again(tmp_path, key):
    with doorway(tmp_path / "engine.sock", engine=False) as door:
        answer = door.knock(one_reading(), key)
        assert answer.status == 503
        assert answer.headers["retry-after"] == "1"
        door.open_engine()
        assert door.knock(one_reading(), key).status == 202


def test_an_engine_that_does_not_keep_up_makes_503_and_no_memory(tmp_path, key):
    with doorway(tmp_path / "engine.sock", most_waiting=1 << 20) as door:
        door.takes = False
        body = {"gateway": BAY, "tag": [PUMP] * 10_000, "rssi": [-60] * 10_000}
        answers = [door.knock(body, key) for _ in range(30)]
        assert {answer.status for answer in answers} == {202, 503}
        assert {a.headers["retry-after"] for a in answers if a.status == 503} == {"1"}
        assert door.door.link.under_way <= 1 << 20


def test_what_was_answered_202_comes_in_full_and_nothing_else_does(tmp_path, key):
    with doorway(tmp_path / "engine.sock", most_waiting=5_000) as door:
        door.wait_until(lambda: door.door.link.offer(b""))
        body = {"gateway": BAY, "tag": [PUMP] * 100, "rssi": [-60] * 100}
        answers = door.knock_at_once(40, body, key)
        taken = sum(answer.json["accepted"] for answer in answers if answer.status == 202)
        assert {answer.status for answer in answers} == {202, 503}
        assert len(door.readings()) == taken


def test_a_body_larger_than_is_allowed_is_taken_when_nothing_is_under_way(tmp_path, key):
    with doorway(tmp_path / "engine.sock", most_waiting=1_000) as door:
        body = {"gateway": BAY, "tag": [PUMP] * 10_000, "rssi": [-60] * 10_000}
        assert door.knock(body, key).json["accepted"] == 10_000


def test_an_engine_that_is_leaving_is_sent_nothing(tmp_path, key):
    with doorway(tmp_path / "engine.sock") as door:
        door.door.link.heard(frames.Word(0, 0))
        assert door.knock(one_reading(), key).status == 503
