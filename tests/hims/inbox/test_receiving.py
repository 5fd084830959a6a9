"""A message is kept once, applied once, and answered with what is committed."""

import pytest

from hims.actions.inbox.interfaces import change_interface
from hims.actions.inbox.mending import map_word, replay, settle
from hims.errors import Invalid, Refused
from hims.models import (
    AuditEntry,
    BedSpace,
    CodeMapping,
    Encounter,
    InboxMessage,
    Interface,
    Patient,
    PatientContact,
    PatientMerge,
)
from hims.queries.actors import console
from tests import given
from tests.given_flow import a_department
from tests.hims.inbox.given_inbox import NOON, answers, kept, listed, told, visit
from tests.hims.wire.messages import adt

pytestmark = pytest.mark.django_db


@pytest.fixture
def house():
    house = given.hospital()
    a_department(house)
    return house


def test_the_same_again_is_answered_the_same_and_done_once(house):
    listed()
    first = told(adt("A01", place="W1^^1"))
    assert told(adt("A01", place="W1^^1").replace(b"\r", b"\n")) == first
    assert first.code == "AA"
    assert InboxMessage.objects.count() == Encounter.objects.count() == 1
    assert AuditEntry.objects.filter(action="hl7.receive").count() == 2
    assert bytes(kept().raw) == adt("A01", place="W1^^1")


def test_a_control_id_that_was_used_before_is_no_repeat(house):
    listed()
    told(adt("A28", visit=""))
    other = told(adt("A28", visit="", name="Weber^Berta"))
    assert (other.code, other.condition) == ("AE", "205")
    assert "used before" in other.words
    assert told(adt("A28", visit="", name="Weber^Berta")) == other  # kept once, answered the same
    assert InboxMessage.objects.count() == 2
    assert Patient.objects.get(mrn="4711").given == "Anna"
    # Another event is surely another message: it counts, and it is noted.
    assert told(adt("A01", place="W1^^1")).code == "AA"
    row = InboxMessage.objects.get(message_type="ADT^A01")
    assert row.control_id.startswith("1 (")
    assert row.notes[0]["kind"] == "reused"


def test_only_listed_senders_are_taken_and_who_knocked_is_remembered(house):
    stranger = told(adt("A28", visit=""))
    assert stranger.code == "AR"
    assert "not taken here" in stranger.words
    assert not InboxMessage.objects.exists()
    knocked = Interface.objects.get()
    assert (knocked.mode, knocked.actor) == ("off", None)

    assert told(adt("A28", visit=""), any_sender=True).code == "AA"
    assert told(adt("A28", visit="", control="2")).code == "AR"
    said = {"name": "North ADT", "mode": "live", "owns": ["demographics"]}
    change_interface(actor=console(), now=NOON, interface=knocked, **said)
    assert told(adt("A28", visit="", control="2")).code == "AA"

    said["mode"] = "off"
    change_interface(actor=console(), now=NOON, interface=knocked, **said)
    assert told(adt("A28", visit="", control="3"), any_sender=True).code == "AR"


def test_a_key_that_was_taken_away_closes_the_door(house):
    sender = listed()
    sender.actor.is_active = False
    sender.actor.save()
    assert told(adt()).code == "AR"


@pytest.mark.parametrize(
    ("raw", "condition", "words"),
    [
        (adt("A06"), "201", "ADT^A06 is not taken"),
        (adt().replace(b"ADT^A01", b"ORU^R01"), "200", "ORU^R01 is not taken"),
        (adt().replace(b"|P|2.5", b"|P|3.0"), "203", "Version 3.0"),
    ],
)
def test_what_is_not_taken_is_rejected_and_kept(house, raw, condition, words):
    listed()
    answer = told(raw)
    assert (answer.code, answer.condition) == ("AR", condition)
    assert words in answer.words
    assert told(raw) == answer
    assert kept().status == "refused"


def test_what_cannot_be_read_is_answered_and_nothing_is_kept(house):
    listed()
    assert told(b"hello").code == "AR"
    assert told(adt(head="||||||KLINGON")).code == "AR"
    assert not InboxMessage.objects.exists()


def test_a_batch_is_answered_message_by_message(house):
    listed()
    parts = [adt("A28", control=str(n), number=str(n), visit="") for n in range(3)]
    body = b"\r".join([b"BHS|^~\\&|ADT", *parts, adt("A99", control="9"), b"BTS|4"])
    assert [one.code for one in answers(body)] == ["AA", "AA", "AA", "AR"]
    assert Patient.objects.filter(mrn__in=["0", "1", "2"]).count() == 3


def test_a_dead_letter_is_mended_and_replayed(house):
    listed()
    dead = told(adt("A28", visit="", birth="18000101"))
    assert (dead.code, kept().status) == ("AE", "dead")
    assert not Patient.objects.filter(mrn="4711").exists()
    with pytest.raises(Invalid):
        settle(actor=console(), now=NOON, message=kept(), reason=" ")
    replay(actor=console(), now=NOON, message=kept())
    assert (kept().status, kept().attempts) == ("dead", 2)
    settle(actor=console(), now=NOON, message=kept(), reason="Nobody was born in 1800.")
    assert (kept().status, kept().settled_by) == ("settled", console())
    assert told(adt("A28", visit="", birth="18000101")).code == "AA"  # stop trying
    with pytest.raises(Refused):
        replay(actor=console(), now=NOON, message=kept())


def test_a_word_nobody_has_mapped_is_accepted_counted_and_mapped(house):
    listed()
    assert told(adt("A01", place="NORTH WING^7^2")).code == "AA"
    assert told(adt("A08", control="2", place="NORTH WING^7^2")).code == "AA"
    word = CodeMapping.objects.get(kind="location")
    assert (word.theirs, word.ours, word.seen) == ("NORTH WING^7^2", "", 2)
    assert visit().department.code == "W1"  # the first ward there is
    with pytest.raises(Invalid):
        map_word(actor=console(), now=NOON, mapping=word, ours="NOWHERE")
    map_word(actor=console(), now=NOON, mapping=word, ours="W1-2")
    assert told(adt("A02", control="3", place="NORTH WING^7^2")).code == "AA"
    assert BedSpace.objects.get(code="W1-2").encounter == visit()


def test_what_a_sender_does_not_own_is_kept_and_not_applied(house):
    listed(owns=["visits"])
    assert told(adt("A01", place="W1^^1", name="Weber^Anna")).code == "AA"
    assert Patient.objects.get(mrn="4711").given == "Anna"  # nobody else has said who it is
    assert BedSpace.objects.get(code="W1-1").state == "ready"
    assert told(adt("A08", control="2", name="Weber^Berta")).code == "AA"
    assert Patient.objects.get(mrn="4711").given == "Anna"
    assert "not_owned" in {note["kind"] for note in kept("2").notes}


def test_shadow_mode_says_what_it_would_do_and_does_nothing(house):
    listed(mode=Interface.Mode.SHADOW)
    assert told(adt("A01", place="W1^^1")).code == "AA"
    assert kept().status == "shadow"
    assert "in W1-1" in {note["text"] for note in kept().notes}
    assert not Encounter.objects.exists()
    assert not Patient.objects.filter(mrn="4711").exists()
    assert BedSpace.objects.get(code="W1-1").state == "ready"
    replay(actor=console(), now=NOON, message=kept())  # a person may apply one all the same
    assert (kept().status, kept().encounter) == ("applied", visit())


def test_null_blanks_and_an_empty_field_leaves_what_is_there(house):
    listed()
    told(adt("A28", visit=""))
    blank = 'PID|1||4711^^^NORTH^MR||Weber^Anna||""'
    assert told(adt("A31", control="2", visit="", pid=blank)).code == "AA"
    patient = Patient.objects.get(mrn="4711")
    assert (patient.birth_date, patient.sex) == (None, "female")


def test_a_name_in_which_signs_were_lost_does_not_replace_a_whole_one(house):
    listed()
    told(adt("A28", visit="", name="Müller^Anna", head="||||||UNICODE UTF-8"))
    latin = adt("A31", control="2", visit="", name="Müller^Änne").decode().encode("latin-1")
    assert told(latin).code == "AA"
    assert Patient.objects.get(mrn="4711").family == "Müller"
    assert {"text"} <= {note["kind"] for note in kept("2").notes}


def test_something_older_does_not_replace_something_newer(house):
    listed()
    told(adt("A28", visit="", at="202603020900+0000"))
    older = adt("A31", control="2", visit="", name="Weber^Old", at="202603020800+0000")
    assert told(older).code == "AA"
    assert Patient.objects.get(mrn="4711").given == "Anna"
    assert "older" in {note["kind"] for note in kept("2").notes}


def test_the_number_of_another_hospital_is_not_taken_for_ours(house):
    listed()
    stranger = adt("A28", visit="", number="MRN-777001", name="Somebody^Else", birth="19900101")
    assert told(stranger).code == "AA"
    assert kept().patient.mrn != "MRN-777001"
    same = adt("A28", control="2", visit="", number="MRN-777002", birth="19610606")
    same = same.replace(b"Weber^Anna", b"YARBOROUGH^Ottoline")
    assert told(same).code == "AA"
    assert kept("2").patient.mrn == "MRN-777002"


def test_records_are_merged_and_old_numbers_lead_to_the_one_that_goes_on(house):
    listed()
    told(adt("A28", control="1", visit="", number="1"))
    told(adt("A28", control="2", visit="", number="2"))
    merge = adt("A40", control="3", visit="", number="1", more=("MRG|2^^^NORTH^MR~3^^^NORTH^MR",))
    assert told(merge).code == "AA"
    assert PatientMerge.objects.get().kept.mrn == "1"
    for control, number in (("4", "2"), ("5", "3")):
        assert told(adt("A31", control=control, visit="", number=number)).code == "AA"
        assert kept(control).patient.mrn == "1"


def test_contacts_and_allergies_are_kept(house):
    from pharmacy.models import Allergy

    listed()
    more = ("NK1|1|Weber^Jan|SPO^Spouse|||030 1234", "AL1|1|DA|70618^Penicillin^L|SV|Rash")
    assert told(adt("A28", visit="", more=more)).code == "AA"
    contact = PatientContact.objects.get()
    assert (contact.name, contact.relationship, contact.consented_at) == (
        "Jan Weber",
        "Spouse",
        None,
    )
    told(adt("A60", control="2", visit="", more=more))
    allergy = Allergy.objects.get()
    assert (allergy.severity, allergy.reaction) == ("severe", "Rash")
    gone = ("IAM|1|DA|70618^Penicillin^L|SV||D",)
    told(adt("A60", control="3", visit="", more=gone))
    assert Allergy.objects.get().status == "refuted"


def test_a_fault_of_ours_is_a_dead_letter_and_not_the_end(house, monkeypatch):
    from hims.actions.inbox import applying

    listed()
    with monkeypatch.context() as patch:
        patch.setattr(applying.people, "keep_contacts", lambda *given: 1 / 0)
        answer = told(adt("A28", visit=""))
    assert (answer.code, answer.condition) == ("AE", "207")
    assert "ZeroDivisionError" in answer.words
    assert told(adt("A28", visit="")).code == "AA"  # the sender's second try
    assert (kept().status, kept().attempts) == ("applied", 2)
