"""HL7 that nobody would send: only the named refusal is ever raised, and nothing is lost."""

from contextlib import suppress
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from hims.wire import hl7v2
from tests.hims.wire.messages import adt, siu

ZONE = ZoneInfo("Europe/Berlin")
SIGNS = '|^~\\&\r\n"0129ABMSH\ufeffü.+-'

noise = st.binary(max_size=60) | st.text(SIGNS, max_size=60).map(str.encode)
segments = st.lists(
    st.tuples(
        st.sampled_from(["PID", "PV1", "PV2", "MRG", "AL1", "IAM", "NK1", "NPU", "SCH", "TQ1"])
        | st.sampled_from(["AIS", "AIP", "AIL", "AIG", "EVN", "ZZZ", "NTE"]),
        st.text(SIGNS, max_size=40),
    ).map("|".join),
    max_size=8,
)
sound = st.builds(adt, control=st.sampled_from(["1", "2", "3"]))


def understood(raw: bytes) -> list[hl7v2.Message]:
    """The messages in `raw` that can be read. Nothing but Unreadable may be raised on the way."""
    found = []
    with suppress(hl7v2.Unreadable):
        for one in hl7v2.batch(raw).messages:
            with suppress(hl7v2.Unreadable):
                found.append(hl7v2.parsed(hl7v2.decoded(one).text))
    for message in found:
        for meaning in (hl7v2.admission, hl7v2.booking):
            with suppress(hl7v2.Unreadable):
                meaning(message, ZONE)
    return found


@given(noise)
def test_noise_is_refused_with_words(raw):
    understood(raw)


@given(sound | st.just(siu()), st.integers(0, 400), noise, st.integers(0, 40))
def test_a_damaged_message_is_read_or_refused(raw, at, middle, gap):
    understood(raw[:at] + middle + raw[at + gap :])


@given(st.sampled_from(["A01", "A20", "A40", "A60"]), segments)
def test_any_segments_are_kept_in_their_order(trigger, lines):
    head = f"MSH|^~\\&|A||||20260302||ADT^{trigger}|1|P|2.5"
    raw = "\r".join([head, *lines]).encode()
    for message in understood(raw)[:1]:
        assert message.segments[0].name == "MSH"


@given(st.lists(sound, max_size=4), st.data())
def test_however_the_stream_is_cut_the_frames_are_the_same(messages, data):
    stream = b"".join(hl7v2.framed(one) for one in messages)
    frames, at, found = hl7v2.Frames(), 0, []
    while at < len(stream):
        size = data.draw(st.integers(1, len(stream)))
        found += frames.feed(stream[at : at + size])
        at += size
    assert [frame.body for frame in found] == messages


@given(st.lists(st.binary(max_size=30), max_size=8))
def test_any_bytes_leave_the_framing_fit_for_the_next_message(pieces):
    frames = hl7v2.Frames(longest=50)
    for piece in pieces:
        frames.feed(piece)
    frames.feed(b"\x1c")
    assert frames.feed(hl7v2.framed(b"MSH|ok"))[-1].body == b"MSH|ok"


@given(st.text(max_size=60), st.text(max_size=30))
def test_an_answer_can_always_be_read_back(words, number):
    answer = hl7v2.Answer(hl7v2.REJECTED, words, "207")
    at = datetime(2026, 3, 2, tzinfo=UTC)
    text = hl7v2.acknowledgement(answer, to=None, number=number or "1", at=at)
    [one] = hl7v2.batch(text.encode()).messages
    told = hl7v2.decoded(one).text.split("\r")
    assert told[1].startswith("MSA|AR|")
    assert told[2].startswith("ERR|||207^")


@given(
    st.dates(min_value=date(1900, 1, 1)),
    st.sampled_from(["%Y", "%Y%m", "%Y%m%d"]),
)
def test_every_date_that_is_written_is_read(day, shape):
    written = day.strftime(shape)
    said = hl7v2.day_said(written)
    assert str(said).replace("-", "") == written
