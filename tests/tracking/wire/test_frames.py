import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracking.domain.readings import READING
from tracking.wire import frames


def some_readings(count):
    records = np.zeros(count, READING)
    records["tag"], records["gateway"] = np.arange(count) + 1, 7
    records["rssi"], records["at"] = -60.5, 1_764_000_000.25
    return records


@given(st.lists(st.integers(0, 50), max_size=5), st.integers(1, 97))
def test_frames_survive_any_cutting_of_the_stream(counts, step):
    sent = b"".join(
        frames.of_readings(some_readings(n), actor=3, arrived=5.5, digest=b"d" * 16) for n in counts
    )
    buffer, got = bytearray(), []
    for start in range(0, len(sent), step):
        buffer += sent[start : start + step]
        got += frames.take(buffer)
    assert not buffer
    assert [len(frame.readings()) for frame in got] == counts
    for frame in got:
        assert (frame.kind, frame.actor, frame.arrived) == (frames.READINGS, 3, 5.5)
        assert frame.digest == b"d" * 16
        assert np.array_equal(frame.readings(), some_readings(len(frame.readings())))


def test_notes_come_back_as_they_were():
    notes = frames.Notes(
        strangers=[frames.Stranger("tag", "ac233fa03208", 3, -60.0, 7)],
        health=[frames.Health(7, 0.05, 98.0)],
        batteries={9: 80},
    )
    (frame,) = frames.take(bytearray(frames.of_notes(notes, actor=1, arrived=2.0)))
    assert frame.kind == frames.NOTES
    assert frame.notes() == notes


def test_another_stream_is_not_guessed_at():
    with pytest.raises(frames.Broken):
        frames.take(bytearray(b"GET / HTTP/1.1\r\nHost: localhost\r\nAccept: */*\r\n\r\n"))


def test_a_frame_that_claims_to_be_huge_is_refused():
    frame = bytearray(frames.of_readings(some_readings(1), actor=1, arrived=1.0))
    frame[8:12] = b"\xff\xff\xff\xff"
    with pytest.raises(frames.Broken):
        frames.take(frame)


def test_half_a_record_is_refused():
    (frame,) = frames.take(bytearray(frames.of_notes(frames.Notes(), actor=1, arrived=1.0)))
    with pytest.raises(frames.Broken):
        frame.readings()
    (frame,) = frames.take(bytearray(frames.of_readings(some_readings(1), actor=1, arrived=1.0)))
    with pytest.raises(frames.Broken):
        frame.notes()


@given(st.lists(st.tuples(st.integers(0, 2**63), st.integers(0, 2**63)), min_size=1, max_size=5))
def test_the_newest_of_several_words_is_what_counts(words):
    sent = b"".join(frames.of_word(frames.Word(*word)) for word in words)
    buffer = bytearray(sent[:-1])
    assert frames.newest_word(buffer) == (frames.Word(*words[-2]) if len(words) > 1 else None)
    buffer += sent[-1:]
    assert frames.newest_word(buffer) == frames.Word(*words[-1])
    assert not buffer


def test_what_is_no_word_is_not_guessed_at():
    with pytest.raises(frames.Broken):
        frames.newest_word(bytearray(b"HTTP/1.1 400 Bad Request"))
