"""The engine's end of the socket, with a plain socket for a door."""

import os
import socket

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracking.domain.readings import READING
from tracking.feeds.intake import LEAST_BYTES, Intake, Pace
from tracking.feeds.link import UNDER_WAY_S, engine_of, reachable, socket_path
from tracking.wire import frames


class Doorman:
    """A door's end: sends frames, hears words."""

    def __init__(self, intake: Intake) -> None:
        self.intake = intake
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(reachable(intake.path))
        self.socket.setblocking(False)
        self.buffer = bytearray()
        self.unsent = b""

    def send(self, readings: int) -> int:
        """Send one frame of so many; returns its bytes."""
        frame = frames.of_readings(np.zeros(readings, READING), actor=1, arrived=1.0)
        self.unsent += frame
        self.push()
        return len(frame)

    def push(self) -> None:
        while self.unsent:
            try:
                self.unsent = self.unsent[self.socket.send(self.unsent) :]
            except BlockingIOError:
                return

    def word(self) -> frames.Word | None:
        """The newest word since the last time."""
        try:
            self.buffer += self.socket.recv(1 << 16)
        except BlockingIOError:
            return None
        return frames.newest_word(self.buffer)


@pytest.fixture
def intake(tmp_path):
    opened = Intake(tmp_path / "engine.sock")
    opened.open()
    yield opened
    opened.close()


@pytest.fixture
def door(intake):
    doorman = Doorman(intake)
    intake.wait(1.0)
    yield doorman
    doorman.socket.close()


def test_a_door_is_told_at_once_what_it_may_have_under_way(door, intake):
    assert door.word() == (0, intake.pace.under_way)


def test_a_frame_is_done_when_it_is_stepped_and_not_when_it_came(door, intake):
    door.word()
    first = door.send(100)
    intake.wait(1.0)
    size, taken = intake.collect()
    assert (size, len(taken)) == (first, 1)
    assert door.word() is None
    second = door.send(50)
    intake.wait(1.0)
    intake.stepped(0.01)
    assert door.word().done == first
    assert intake.collect()[0] == second
    intake.stepped(0.01)
    assert door.word().done == first + second


def test_two_doors_share_what_may_be_under_way(door, intake):
    other = Doorman(intake)
    intake.wait(1.0)
    intake.collect()
    intake.stepped(0.01)
    assert other.word().allowed == door.word().allowed == intake.pace.under_way // 2


def test_a_full_engine_reads_no_further_and_loses_nothing(door, intake):
    sent = sum(door.send(10_000) for _ in range(40))
    for _ in range(100):
        door.push()
        intake.wait(0.01)
    held, _ = intake.collect()
    assert intake.pace.at_once <= held < sent
    got = held
    while got < sent:
        door.push()
        intake.wait(1.0)
        got += intake.collect()[0]
    assert got == sent


def test_the_last_word_is_that_nothing_may_be_sent_and_all_under_way_is_taken(door, intake):
    sent = door.send(1_000)
    intake.last()
    assert door.word().allowed == 0
    assert intake.collect()[0] == sent


def test_a_door_that_speaks_another_language_is_hung_up_on(door, intake):
    door.word()
    door.socket.send(b"GET / HTTP/1.1\r\nHost: localhost\r\nAccept: text/html, */*\r\n\r\n")
    intake.wait(1.0)
    assert door.socket.recv(100) == b""


@given(st.lists(st.tuples(st.integers(1, 10**8), st.floats(0.1, 5.0)), min_size=30, max_size=60))
def test_under_a_flood_no_more_is_under_way_than_the_pace_clears_in_time(rounds):
    pace = Pace()
    for size, busy in rounds:
        pace.seen(size, busy)
    fastest = max(size / busy for size, busy in rounds)
    first = 2e6 * 0.6 ** len(rounds)
    assert pace.under_way <= max(LEAST_BYTES, (fastest + first) * UNDER_WAY_S)
    for _ in range(30):
        pace.seen(50_000, 1.0)
    assert pace.under_way == max(LEAST_BYTES, int(pace.bytes_per_s * UNDER_WAY_S))
    assert pace.bytes_per_s < 51_000 + fastest * 0.6**30


def test_a_calm_round_never_lowers_the_pace(intake):
    before = intake.pace.bytes_per_s
    intake.pace.seen(20, 0.05)
    intake.pace.seen(0, 3.0)
    assert intake.pace.bytes_per_s == before


@given(st.integers(1, 8), st.integers(0, 2**31))
def test_each_tag_has_one_engine_and_the_engines_have_alike_many(engines, first):
    tags = np.arange(first, first + 4_000, dtype=np.uint32)
    chosen = engine_of(tags, engines)
    assert np.array_equal(engine_of(tags[::-1], engines)[::-1], chosen)
    counts = np.bincount(chosen, minlength=engines)
    assert len(counts) == engines
    assert counts.max() <= 1.2 * len(tags) / engines


def test_one_engine_follows_all_and_each_has_a_socket_of_its_own():
    assert not engine_of(np.arange(1_000, dtype=np.uint32)).any()
    assert len({socket_path(engine) for engine in range(4)}) == 4
    assert os.path.basename(socket_path()) == "engine.sock"
