"""A patient's record opens to whoever has the patient before them, for a shift, on the record."""

from datetime import timedelta

import pytest

from hims.access.scopes import visible_to
from hims.actions.care import LASTS, begin_care
from hims.errors import Forbidden, Refused
from hims.models import AuditEntry, Patient
from tests import given

pytestmark = pytest.mark.django_db


@pytest.fixture
def house():
    return given.hospital()


def seen(who):
    return {patient.mrn for patient in visible_to(who, Patient.objects.all())}


def test_a_wristband_or_a_whole_number_opens_one_record_to_one_person(house):
    begin_care(actor=house.nurse, now=house.now, text="HIMS:PATIENT:MRN-777001")
    begin_care(actor=house.physician, now=house.now, text=" MRN-777002 ")
    assert seen(house.nurse) == {"MRN-777001"}
    assert seen(house.physician) == {"MRN-777002"}
    assert seen(house.charge_nurse) == set()


def test_it_ends_with_the_shift(house, time_machine):
    begin_care(actor=house.nurse, now=house.now, text="MRN-777001")
    time_machine.move_to(house.now + LASTS - timedelta(seconds=1))
    assert seen(house.nurse)
    time_machine.move_to(house.now + LASTS + timedelta(seconds=1))
    assert not seen(house.nurse)


@pytest.mark.parametrize("text", ["", "MRN-77700", "777001", "Oakhurst", "HIMS:ASSET:P-1", "%"])
def test_a_part_of_a_number_or_a_name_opens_nothing(house, text):
    with pytest.raises(Refused):
        begin_care(actor=house.nurse, now=house.now, text=text)


def test_a_porter_opens_no_record(house):
    with pytest.raises(Forbidden):
        begin_care(actor=house.porter, now=house.now, text="MRN-777001")


def test_the_page_opens_by_wristband_and_each_look_is_in_the_trail(house):
    browser = given.signed_in(house.nurse)
    uid = house.patients["MRN-777001"].uid
    assert browser.get(f"/patients/{uid}/").status_code == 404
    wrong = browser.post("/patients/care/", {"code": "MRN-9"})
    assert wrong.status_code == 409
    assert "No patient has this number" in wrong.content.decode()
    opened = browser.post("/patients/care/", {"code": "HIMS:PATIENT:MRN-777001"}, follow=True)
    assert "Oakhurst, Zebulon" in opened.content.decode()
    looks = AuditEntry.objects.filter(action="patient.look", actor=house.nurse)
    assert [look.objects_named for look in looks] == [[f"patient:{uid}"]]
