"""The engine's end of the socket, with a plain socket for a door."""

import os
import socket
import threading
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracking.domain.readings import READING
from tracking.feeds.engine import apart_s
from tracking.feeds.intake import CHUNK, FIRST_BYTES_PER_S, LEAST_BYTES, Intake, Pace
from tracking.feeds.link import UNDER_WAY_S, engine_of, reachable, socket_path
from tracking.wire import frames


class Doorman:
    """A door's end: sends frames, hears words."""

    def __init__(self, intake: Intake) -> None:
        self.intake = intake
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(reachable(intake.path))
        self.socket.settimeout(10.0)
        self.buffer = bytearray()

    def send(self, readings: int) -> int:
        """Send one frame of so many; returns its bytes."""
        frame = frames.of_readings(np.zeros(readings, READING), actor=1, arrived=1.0)
        self.socket.sendall(frame)
        return len(frame)

    def word(self) -> frames.Word:
        """The newest of the words that came and were not read yet; waits for the first."""
        self.buffer += self.socket.recv(1 << 16)
        return frames.newest_word(self.buffer)


def collected(intake: Intake, size: int) -> int:
    """Bytes collected at once when so many have come, or as many as do come."""
    until = time.monotonic() + 2.0
    while intake._held < size and time.monotonic() < until:
        time.sleep(0.005)
    return intake.collect()[0]


@pytest.fixture
def intake(tmp_path):
    opened = Intake(tmp_path / "engine.sock")
    opened.open()
    yield opened
    opened.close()


@pytest.fixture
def door(intake):
    doorman = Doorman(intake)
    yield doorman
    doorman.socket.close()


def test_a_door_is_told_at_once_what_it_may_have_under_way(door, intake):
    assert door.word() == (0, intake.pace.under_way)


def test_a_frame_is_done_when_it_is_stepped_and_not_when_it_came(door, intake):
    door.word()
    first = door.send(100)
    assert collected(intake, first) == first
    second = door.send(50)
    intake.stepped(0.01)
    assert door.word().done == first
    assert collected(intake, second) == second
    intake.stepped(0.01)
    assert door.word().done == first + second


def test_two_doors_share_what_may_be_under_way(door, intake):
    door.word()
    other = Doorman(intake)
    other.word()
    intake.stepped(0.01)
    assert other.word().allowed == door.word().allowed == intake.pace.under_way // 2


def test_a_full_engine_reads_no_further_and_loses_nothing(door, intake):
    door.word()
    sender = threading.Thread(target=lambda: [door.send(10_000) for _ in range(40)])
    sender.start()
    assert intake.full(5.0)
    got = held = collected(intake, 10**9)
    sent = 40 * (10_000 * READING.itemsize + 44)
    assert intake.pace.at_once <= held < intake.pace.at_once + CHUNK + 200_044
    while got < sent and (more := collected(intake, 1)):
        got += more
    sender.join()
    assert got == sent


def test_the_last_word_is_that_nothing_may_be_sent_and_all_under_way_is_taken(door, intake):
    door.word()
    sent = door.send(1_000)
    intake.last()
    assert door.word().allowed == 0
    assert intake.collect()[0] == sent


def test_an_engine_that_nobody_feeds_any_more_does_not_go_on(tmp_path):
    deaf = Intake(tmp_path / "engine.sock")
    with pytest.raises(RuntimeError, match="nobody listens"):
        deaf.collect()


def test_a_door_that_speaks_another_language_is_hung_up_on(door, intake):
    door.word()
    door.socket.send(b"GET / HTTP/1.1\r\nHost: localhost\r\nAccept: text/html, */*\r\n\r\n")
    assert door.socket.recv(100) == b""


@given(st.lists(st.tuples(st.integers(1, 10**8), st.floats(0.1, 5.0)), min_size=30, max_size=60))
def test_under_a_flood_no_more_is_under_way_than_the_pace_clears_in_time(rounds):
    pace = Pace()
    for size, busy in rounds:
        pace.seen(size, busy)
    fastest = max(size / busy for size, busy in rounds)
    assert pace.under_way <= max(
        LEAST_BYTES, fastest * UNDER_WAY_S, FIRST_BYTES_PER_S * UNDER_WAY_S
    )
    pace.seen(1_000_000, 4.0)
    assert pace.under_way <= 500_000


def test_the_pace_is_found_within_some_rounds_whatever_it_was():
    pace = Pace()
    for _ in range(20):
        pace.seen(10_000_000, 0.5)
    assert pace.bytes_per_s == pytest.approx(2e7, rel=0.01)
    for _ in range(20):
        pace.seen(500_000, 0.5)
    assert pace.bytes_per_s == pytest.approx(1e6, rel=0.01)


def test_a_calm_round_never_lowers_the_pace():
    pace = Pace()
    before = pace.bytes_per_s
    pace.seen(20, 0.05)
    pace.seen(0, 3.0)
    assert pace.bytes_per_s == before


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


@pytest.mark.parametrize(("busy_s", "expected"), [(0.01, 0.25), (0.3, 0.6), (0.9, 1.0), (4.0, 1.0)])
def test_steps_are_further_apart_the_more_there_is_to_do(busy_s, expected):
    assert apart_s(busy_s) == expected
