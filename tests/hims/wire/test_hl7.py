"""HL7 v2 messages are read as they are sent, which is seldom as the book says."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from hims.wire import hl7v2
from tests.hims.wire.messages import adt, siu

BERLIN = ZoneInfo("Europe/Berlin")


def read(raw: bytes) -> hl7v2.Message:
    [one] = hl7v2.batch(raw).messages
    return hl7v2.parsed(hl7v2.decoded(one).text)


def said(raw: bytes) -> hl7v2.Admission:
    return hl7v2.admission(read(raw), BERLIN)


@pytest.mark.parametrize("end", [b"\r", b"\n", b"\r\n", b"\r\n\r\n"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_every_line_end_and_a_byte_order_mark_give_the_same_message(end, mark):
    assert said(mark + adt().replace(b"\r", end)) == said(adt())


def test_utf_16_is_read():
    assert said(adt().decode().encode("utf-16")) == said(adt())


def test_a_file_of_batches_holds_its_messages_in_their_order():
    envelope = [b"FHS|^~\\&|ADT", b"BHS|^~\\&|ADT", adt(control="1"), adt(control="2"), b"BTS|2"]
    found = hl7v2.batch(b"\n".join([*envelope, b"BHS|^~\\&", adt(control="3"), b"BTS|1", b"FTS|2"]))
    assert found.enveloped
    assert [read(one).control_id for one in found.messages] == ["1", "2", "3"]


def test_frames_cut_anywhere_and_two_in_one_read_are_the_same_frames():
    stream = hl7v2.framed(b"one") + b"\r\n" + hl7v2.framed(b"two")
    for cut in range(len(stream)):
        frames = hl7v2.Frames()
        found = frames.feed(stream[:cut]) + frames.feed(stream[cut:])
        assert [frame.body for frame in found] == [b"one", b"two"]
        assert frames.stray == 0


def test_a_frame_that_begins_again_was_cut_short():
    first, second = hl7v2.Frames().feed(b"\x0bMSH|hal\x0bwhole\x1c\r")
    assert (first.body, first.trouble) == (b"MSH|hal", hl7v2.CUT_SHORT)
    assert (second.body, second.trouble) == (b"whole", "")


def test_a_frame_beyond_the_limit_keeps_its_head_and_the_next_is_whole():
    frames = hl7v2.Frames(longest=10_000)
    long = frames.feed(b"\x0bMSH|" + b"x" * 50_000)
    assert long == []
    first, second = frames.feed(b"x" * 50_000 + b"\x1c\r\x0bnext\x1c\r")
    assert first.trouble == hl7v2.TOO_LONG
    assert len(first.body) < 10_000
    assert first.body.startswith(b"MSH|")
    assert second.body == b"next"


def test_bytes_outside_frames_are_counted_and_dropped():
    frames = hl7v2.Frames()
    assert frames.feed(b"GET / HTTP/1.1\r\n") == []
    assert frames.stray == len("GET / HTTP/1.1")
    assert not frames.inside


@pytest.mark.parametrize(
    ("declared", "codec"),
    [
        ("UNICODE UTF-8", "utf-8"),
        ("8859/1", "iso8859-1"),
        ("8859/2", "iso8859-2"),
        ("8859/15", "iso8859-15"),
        ("8859/1~UNICODE UTF-8", "iso8859-1"),
    ],
)
def test_text_is_read_in_the_character_set_that_was_declared(declared, codec):
    raw = adt(name="Müller^Jörg", head=f"||||||{declared}").decode().encode(codec)
    text = hl7v2.decoded(raw)
    assert (text.notes, text.lossy) == ((), False)
    assert said(raw).patient.name.family == "Müller"


def test_a_wrong_character_set_is_visible_and_noted():
    latin = adt(name="Müller^Jörg", head="||||||UNICODE UTF-8").decode().encode("latin-1")
    text = hl7v2.decoded(latin)
    assert text.lossy
    assert "not UNICODE UTF-8" in text.notes[0]
    assert said(latin).patient.name.family == "M\ufffdller"
    mistaken = adt(name="Müller^Jörg", head="||||||8859/1")
    text = hl7v2.decoded(mistaken)
    assert not text.lossy
    assert "is UTF-8" in text.notes[0]
    assert said(mistaken).patient.name.family == "Müller"


def test_undeclared_text_is_read_in_the_character_set_of_the_sender():
    raw = adt(name="Müller^Jörg").decode().encode("latin-1")
    assert hl7v2.decoded(raw).lossy
    assert "Müller" in hl7v2.decoded(raw, "8859/1").text


def test_a_character_set_that_nobody_knows_is_refused_in_words():
    with pytest.raises(hl7v2.Unreadable, match=r"KLINGON \(MSH-18\) is not known"):
        hl7v2.decoded(adt(head="||||||KLINGON"))


def test_null_blanks_a_field_and_an_empty_one_says_nothing():
    kept = said(adt(pid='PID|1||4711^^^NORTH^MR||Weber^Anna|||""|||""')).patient
    assert kept.blank == {"sex", "address"}
    assert kept.birth is None


def test_escapes_stand_for_the_separators():
    name = said(adt(name=r"O\T\B\F\C\X41\\.br\x^\H\An\N\na\Zaa\\E\^")).patient.name
    assert (name.family, name.given) == ("O&B|CA\nx", "Anna\\")


def test_own_separators_are_read():
    raw = adt().replace(b"|", b"#").replace(b"^", b"*")
    assert said(raw).patient.name.family == "Weber"
    assert read(raw).event == "ADT^A01"


def test_unknown_segments_are_kept():
    message = read(adt(more=("ZBE|1^NORTH|now||INSERT", "XYZ")))
    assert [segment.name for segment in message.segments][-2:] == ["ZBE", "XYZ"]
    assert message.first("ZBE").text(4) == "INSERT"


def test_an_admission_says_who_where_and_when():
    found = said(
        adt(
            place="WARD^12^B&1",
            more=(
                "PV2||||||||202603041030",
                "AL1|1|DA|70618^Penicillin^RXN|SV|Rash~Fever|20200101",
                "NK1|1|Weber^Jan|SPO^Spouse||030 1234^PRN",
            ),
        )
    )
    assert found.patient.identifiers == (hl7v2.Identifier("4711", "NORTH", "MR"),)
    assert found.patient.birth == hl7v2.PartialDate(date(1970, 4, 5), "day")
    assert found.visit.number.value == "V1"
    assert found.visit.location.code == "WARD^12^B"
    assert found.visit.admitted_at == datetime(2026, 3, 2, 9, tzinfo=UTC)
    assert found.visit.expected_at == datetime(2026, 3, 4, 9, 30, tzinfo=UTC)
    [allergy] = found.allergies
    assert (allergy.substance.text, allergy.severity) == ("Penicillin", "SV")
    assert allergy.reactions == ("Rash", "Fever")
    [contact] = found.contacts
    assert (contact.name.full, contact.relationship.text) == ("Jan Weber", "Spouse")


def test_a_merge_may_hold_several_pairs():
    found = said(
        adt("A40", visit="", more=("MRG|1^^^N^MR~2^^^N^MR", "PID|2||9^^^N^MR", "MRG|8^^^N^MR"))
    )
    assert [
        (merge.patient.identifiers[0].value, [prior.value for prior in merge.prior])
        for merge in found.merges
    ] == [("4711", ["1", "2"]), ("9", ["8"])]


def test_a_bed_status_needs_no_patient():
    raw = b"MSH|^~\\&|A||||20260302||ADT^A20|1|P|2.5\rEVN|A20|20260302\rNPU|W^1^2|K"
    [bed] = said(raw).beds
    assert (bed.location.code, bed.status) == ("W^1^2", "K")


def test_an_appointment_says_when_who_and_where():
    found = hl7v2.booking(read(siu(place="CLINIC^R1")), BERLIN)
    assert found.number == "77"
    assert found.starts_at == datetime(2026, 3, 3, 10, tzinfo=UTC)
    assert found.ends_at == datetime(2026, 3, 3, 10, 30, tzinfo=UTC)
    assert [each.kind for each in found.resources] == ["AIS", "AIL", "AIP"]
    assert found.resources[1].where.code == "CLINIC^R1"
    assert found.resources[2].who.number == "S-1"


@pytest.mark.parametrize(
    ("text", "shown"),
    [("1970", "1970"), ("197004", "1970-04"), ("19700405", "1970-04-05"), ("19700230", "None")],
)
def test_a_birth_date_is_as_exact_as_it_was_said(text, shown):
    assert str(hl7v2.day_said(text)) == shown


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("202603290230", datetime(2026, 3, 29, 1, 30, tzinfo=UTC)),  # an hour that is not there
        ("202610250230", datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),  # the first of two
        ("202610250230+0100", datetime(2026, 10, 25, 1, 30, tzinfo=UTC)),
        ("20260302235960", datetime(2026, 3, 2, 22, 59, 59, tzinfo=UTC)),
        ("20260302235961", None),
        ("202603022400", None),
        ("2026", None),
        ("", None),
    ],
)
def test_times_keep_their_offset_or_are_of_the_hospital(text, moment):
    assert hl7v2.moment_said(text, BERLIN) == moment


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"", "no message"),
        (b"PID|1||2", "first segment is not MSH"),
        (b"MSH", "does not begin with its separators"),
        (b"MSH|^^\\&|A", "one separator twice"),
        (b"MSH|^~\\&|A|B|C|D|2026|||1|P|2.5", "MSH-9"),
        (b"MSH|^~\\&|A|B|C|D|2026||ADT^A01||P|2.5", "MSH-10"),
        (b"MSH|^~\\&|A|B|C|D|2026||ADT^A01|1|P|2.5\rPID|1||2", "EVN"),
        (b"MSH|^~\\&|A|B|C|D|2026||ADT^A01|1|P|2.5\rEVN|A01", "PID"),
        (b"MSH|^~\\&|A|B|C|D|2026||ADT^A01|1|P|2.5\rEVN|A01\rPID|1", "PID-3"),
        (b"MSH|^~\\&|A|B|C|D|2026||ADT^A40|1|P|2.5\rEVN|A40\rPID|1||2", "MRG"),
        (b"MSH|^~\\&|A|B|C|D|2026||ADT^A01|1|P|2.5\rhello", "no name of a segment"),
        (b"MSH|^~\\&|A|B|C|D|2026||ADT^A01|1|P|2.5\r\0", "NUL"),
    ],
)
def test_what_is_no_message_is_refused_in_words(raw, words):
    with pytest.raises(hl7v2.Unreadable, match=words):
        said(raw)


def test_the_answer_goes_back_to_who_asked():
    asked = read(adt(control="a|b^c".replace("|", "\\F\\").replace("^", "\\S\\")))
    at = datetime(2026, 3, 2, 9, 0, 1, tzinfo=UTC)
    answer = hl7v2.Answer(hl7v2.ERROR, "No bed | here", "103")
    text = hl7v2.acknowledgement(answer, to=asked, number="77", at=at)
    back = read(text.encode())
    assert (back.application, back.facility) == ("HIMS", "HOUSE")
    assert (back.first("MSH").text(5), back.first("MSH").text(6)) == ("ADT", "NORTH")
    assert back.event == "ACK^A01"
    assert back.version == "2.5"
    told = back.first("MSA")
    assert (told.text(1), told.text(2), told.text(3)) == ("AE", "a|b^c", "No bed | here")
    assert back.first("ERR").text(3) == "103"


def test_what_could_not_be_read_is_answered_too():
    at = datetime(2026, 3, 2, tzinfo=UTC)
    text = hl7v2.acknowledgement(hl7v2.Answer("AR", "no MSH"), to=None, number="1", at=at)
    assert read(text.encode()).first("MSA").text(1) == "AR"
    batch = hl7v2.batch(hl7v2.enclosed([text, text], at=at, enveloped=True))
    assert (batch.enveloped, len(batch.messages)) == (True, 2)
