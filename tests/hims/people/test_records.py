"""Documents are found by their words and never lost; contacts by consent; teams and shifts open
records for as long as they last."""

from datetime import timedelta

import pytest
from hypothesis import given as samples
from hypothesis import strategies as st

from hims.access.scopes import visible_to
from hims.actions import records, shifts
from hims.actions.care import begin_care
from hims.errors import Forbidden, Refused
from hims.models import Document, Patient, Shift
from hims.queries.records import contacts, documents
from hims.wire.papers import kind_of
from tests import given, given_flow

PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 20


@pytest.fixture
def house(db, tmp_path, settings):
    settings.MEDIA_ROOT = tmp_path
    return given.hospital()


@pytest.fixture
def cared(house):
    patient = house.patients["MRN-777001"]
    begin_care(actor=house.nurse, now=house.now, text=patient.mrn)
    return {"actor": house.nurse, "now": house.now, "patient": patient}


def test_a_document_is_found_by_its_words_as_they_stand_and_as_they_are_stemmed(house, cared):
    letter = records.add_document(
        **cared, title="Discharge letter", text="Fractures of the left ulna, treated by casting."
    )
    records.add_document(**cared, title="Consent", content=b"signed for the operation")
    titles = [
        [one.title for one in documents(house.nurse, cared["patient"], words)]
        for words in ("fracture", "ulna cast", "discharge", '"left ulna"', "operation", "femur", "")
    ]
    letter = [letter.title]
    assert titles == [letter, letter, letter, letter, ["Consent"], [], ["Consent", *letter]]
    assert list(documents(house.physician, cared["patient"], "ulna")) == []


def test_a_newer_version_and_a_withdrawal_keep_what_was_there(house, cared):
    first = records.add_document(**cared, title="Plan", text="two")
    newer = records.add_document(**cared, title="Plan", text="three", supersedes=first)
    with pytest.raises(Refused, match="newer version"):
        records.add_document(**cared, title="Plan", text="four", supersedes=first)
    with pytest.raises(Refused, match="Say why"):
        records.withdraw_document(actor=house.nurse, now=house.now, document=newer, reason=" ")
    records.withdraw_document(
        actor=house.nurse, now=house.now, document=newer, reason="of another patient"
    )
    assert [one.text for one in Document.objects.order_by("pk")] == ["two", "three"]
    with pytest.raises(Refused, match="withdrawn"):
        records.add_document(**cared, title="Plan", text="four", supersedes=newer)


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"title": " ", "text": "x"}, "title"),
        ({"title": "x"}, "Type a text"),
        ({"title": "x", "content": b"MZ\x90\x00"}, "Only PDF"),
        ({"title": "x", "content": b"<svg>\x00"}, "Only PDF"),
        ({"title": "x", "content": PNG + b"0" * records.LARGEST}, "8 MB"),
    ],
)
def test_what_is_no_paper_is_refused(cared, said, why):
    with pytest.raises(Refused, match=why):
        records.add_document(**cared, **said)
    assert not Document.objects.exists()


@samples(st.binary(max_size=40))
def test_a_file_is_what_its_bytes_say(content):
    kind = kind_of(content)
    if kind == "text/plain":
        assert "\0" not in content.decode("utf-8-sig")
    elif kind:
        assert not content[:1].isspace()
    assert kind_of(PNG) == "image/png"
    assert kind_of(b"%PDF-1.7 ...") == "application/pdf"
    assert kind_of(b"") is None


def test_consent_is_given_withdrawn_and_given_again_and_says_by_whom(house, cared):
    contact = records.add_contact(**cared, name="Ada Oakhurst", phone="555", consented=True)
    assert contact.consent_recorded_by == house.nurse
    by = {"actor": house.nurse, "now": house.now, "contact": contact}
    assert records.withdraw_consent(**by).withdrawn_at == house.now
    with pytest.raises(Refused, match="no consent"):
        records.withdraw_consent(**by)
    assert records.consent(**by).withdrawn_at is None
    with pytest.raises(Refused, match="phone number or"):
        records.change_contact(**by, phone="")
    records.end_contact(**by)
    assert not contacts(house.nurse, cared["patient"])
    with pytest.raises(Refused, match="no contact"):
        records.consent(**by)


def test_who_is_of_the_team_sees_the_record_until_they_leave(house, cared):
    def sees() -> bool:
        return visible_to(house.physician, Patient.objects.filter(mrn="MRN-777001")).exists()

    assert not sees()
    member = records.join_care_team(**cared, person=house.physician, part="attending")
    assert sees()
    with pytest.raises(Refused, match="already"):
        records.join_care_team(**cared, person=house.physician)
    with pytest.raises(Refused, match="does not see"):
        records.join_care_team(**cared, person=house.porter)
    records.leave_care_team(actor=house.nurse, now=house.now, member=member)
    assert not sees()


def test_a_shift_opens_the_departments_records_and_ends(house, time_machine):
    flow = given_flow.a_department(house)
    given_flow.arrived(house, flow, "MRN-777001")

    def seen() -> set[str]:
        return {one.mrn for one in visible_to(house.physician, Patient.objects.all())}

    by = {"actor": house.physician, "now": house.now}
    assert seen() == set()
    shift = shifts.begin_shift(**by, department=flow.ed, hours=8)
    assert seen() == {"MRN-777001"}
    assert shifts.begin_shift(**by, department=flow.ed, hours=12) == shift, "one goes on"
    with pytest.raises(Refused, match="12 hours"):
        shifts.begin_shift(**by, department=flow.ed, hours=13)
    with pytest.raises(Forbidden):
        shifts.end_shift(actor=house.nurse, now=house.now, shift=shift)
    shifts.end_shift(actor=house.charge_nurse, now=house.now + timedelta(hours=1), shift=shift)
    time_machine.move_to(house.now + timedelta(hours=1, seconds=1))
    assert seen() == set()


def test_a_planned_shift_opens_nothing_before_it_begins(house, time_machine):
    flow = given_flow.a_department(house)
    given_flow.arrived(house, flow, "MRN-777001")
    begins = house.now + timedelta(hours=2)
    asked = {
        "actor": house.charge_nurse,
        "now": house.now,
        "person": house.nurse,
        "department": flow.ed,
        "begins_at": begins,
        "ends_at": begins + timedelta(hours=8),
    }
    planned = shifts.plan_shift(**asked)
    with pytest.raises(Refused, match="already"):
        shifts.plan_shift(**asked)
    with pytest.raises(Refused, match="12 hours"):
        shifts.plan_shift(**asked | {"ends_at": begins + timedelta(hours=13)})
    assert not visible_to(house.nurse, Patient.objects.all()).exists()
    time_machine.move_to(begins + timedelta(minutes=1))
    assert visible_to(house.nurse, Patient.objects.all()).exists()
    time_machine.move_to(house.now)
    shifts.end_shift(actor=house.nurse, now=house.now, shift=planned)
    assert Shift.objects.get().ends_at == house.now
