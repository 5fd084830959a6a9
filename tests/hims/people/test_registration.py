"""Patients are registered within a few presses, and found again by every number they have."""

from datetime import date, timedelta

import pytest
from hypothesis import given as samples
from hypothesis import strategies as st

from hims.action import OutsideGate
from hims.actions import registration
from hims.domain.record_numbers import check_digit, is_whole, record_number
from hims.errors import Refused
from hims.models import Encounter, Patient
from tests import given

from .taking import taken

pytestmark = pytest.mark.django_db


@pytest.fixture
def house():
    return given.hospital()


@samples(st.integers(1, 10**9), st.data())
def test_a_wrong_or_swapped_digit_of_a_record_number_is_noticed(running, data):
    number = record_number(running)
    assert is_whole(number)
    place = data.draw(st.integers(1, len(number) - 1))
    other = data.draw(st.sampled_from([d for d in "0123456789" if d != number[place]]))
    assert not is_whole(number[:place] + other + number[place + 1 :])
    if place + 1 < len(number) and number[place] != number[place + 1]:
        assert not is_whole(
            number[:place] + number[place + 1] + number[place] + number[place + 2 :]
        )


def test_the_published_example_of_the_check_digit_holds():
    assert check_digit("572") == "4"


def test_a_patient_is_found_again_by_each_number_and_only_what_is_given_changes(house):
    first = taken(house, identifiers=[("GP", "77")], family="Osei", given="Ama", sex="female")
    assert is_whole(first.mrn)
    again = taken(house, identifiers=[("GP", "77"), ("LAB", "9")], birth_date=date(1990, 2, 3))
    assert again == first
    assert (again.family, again.birth_date, again.sex) == ("Osei", date(1990, 2, 3), "female")
    assert taken(house, identifiers=[("LAB", "9")]) == taken(house, mrn=first.mrn) == first
    with pytest.raises(Refused, match="two patients"):
        taken(house, mrn="MRN-777001", identifiers=[("GP", "77")])
    with pytest.raises(Refused, match="Nobody was born"):
        taken(house, mrn="X-1", birth_date=house.now.date() + timedelta(days=2))


def test_a_number_that_somebody_has_registers_nobody(house):
    said = {"actor": house.receptionist, "now": house.now, "family": "Osei"}
    with pytest.raises(Refused, match="Another patient"):
        registration.register_patient(**said, mrn="MRN-777001")
    with pytest.raises(Refused, match="family name"):
        registration.register_patient(**said | {"family": " "})
    assert registration.register_patient(**said, mrn="X-9").mrn == "X-9"


def test_somebody_unknown_gets_a_name_of_their_own_and_later_the_true_one(house):
    by = {"actor": house.nurse, "now": house.now}
    one, two = (registration.register_unidentified(**by, sex="male", age=40) for _ in range(2))
    assert not one.identified
    assert one.birth_estimated
    assert house.now.year - one.birth_date.year == 40
    assert one.family == two.family == "Unknown"
    assert one.given != two.given
    registration.identify(**by, patient=one, family="Reed", given="Sam")
    one.refresh_from_db()
    assert one.identified
    assert not one.birth_estimated
    assert [row.given for row in one.history.order_by("history_id")][-1] == "Sam"


def test_twins_are_numbered_in_the_order_of_their_birth(house):
    mother = house.patients["MRN-777002"]
    by = {"actor": house.nurse, "now": house.now, "mother": mother}
    born = house.now - timedelta(minutes=20)
    twins = [registration.register_newborn(**by, born_at=born, sex="female") for _ in range(2)]
    assert [twin.birth_order for twin in twins] == [1, 2]
    assert {twin.family for twin in twins} == {mother.family}
    with pytest.raises(Refused, match="yet to come"):
        registration.register_newborn(**by, born_at=house.now + timedelta(hours=1))


def test_a_step_of_registration_refuses_to_run_outside_an_action(house):

    with pytest.raises(OutsideGate):
        registration.take_patient(actor=house.nurse, now=house.now, mrn="Z-1")
    assert not Patient.objects.filter(mrn="Z-1").exists()
    assert not Encounter.objects.exists()
