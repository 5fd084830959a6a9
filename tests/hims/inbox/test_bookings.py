"""SIU messages book, move, change and cancel appointments, and say who did not come."""

import pytest

from hims.models import Appointment, CodeMapping
from tests.given_appointments import clinic
from tests.hims.inbox.given_inbox import kept, listed, told
from tests.hims.wire.messages import siu

pytestmark = pytest.mark.django_db


@pytest.fixture
def opd():
    found = clinic()
    listed("SCH")
    return found


def one() -> Appointment:
    return Appointment.objects.get(source_number="77")


def test_an_appointment_is_booked_moved_and_cancelled(opd):
    person = opd.doctor.number
    assert told(siu("S12", person=person)).code == "AA"
    assert (one().practitioner, one().status) == (opd.doctor, "booked")
    assert f"{one().period.lower:%d %H:%M}" == "03 10:00"
    assert one().service == opd.service

    assert told(siu("S12", person=person)).code == "AA"
    later = {"begins": "202603041000+0000", "ends": "202603041030+0000", "person": person}
    assert told(siu("S13", control="2", at="202603020901+0000", **later)).code == "AA"
    assert f"{one().period.lower:%d %H:%M}" == "04 10:00"
    assert Appointment.objects.count() == 2  # the old one says that it was moved

    old = siu("S13", control="3", at="202603020859+0000", person=person)
    assert told(old).code == "AA"
    assert kept("3").status == "unused"
    assert f"{one().period.lower:%d %H:%M}" == "04 10:00"

    assert told(siu("S15", control="4", at="202603020902+0000", **later)).code == "AA"
    assert one().status == "cancelled"


def test_who_did_not_come_and_who_was_never_booked(opd):
    person = opd.doctor.number
    past = {"begins": "202603020900+0000", "ends": "202603020930+0000", "person": person}
    assert told(siu("S12", **past)).code == "AA"
    assert told(siu("S26", control="2", **past)).code == "AA"
    assert one().status == "noshow"
    assert told(siu("S15", control="3", number="78", person=person)).code == "AA"
    assert kept("3").status == "unused"


def test_an_overlap_is_an_error_and_unknown_people_are_listed(opd):
    person = opd.doctor.number
    assert told(siu("S12", person=person)).code == "AA"
    odd = siu("S12", control="4", number="80", begins="202603050900+0000", person=person)
    assert told(odd.replace(b"CHECK^", b"ODD^")).code == "AA"
    assert CodeMapping.objects.get(kind="service").theirs == "ODD"
    assert Appointment.objects.get(source_number="80").service.name == "Booked elsewhere"
    answer = told(siu("S12", control="2", number="78", person=person, patient="4712"))
    assert answer.code == "AE"
    assert "has another" in answer.words
    assert kept("2").status == "dead"
    assert told(siu("S12", control="3", number="79", person="S-99")).code == "AA"
    assert kept("3").status == "unused"
    assert CodeMapping.objects.filter(kind="provider", theirs="S-99").exists()
