"""Messages that real systems publish as examples are read with what they say."""

from zoneinfo import ZoneInfo

import pytest

from hims.wire import hl7v2

ZONE = ZoneInfo("Europe/Berlin")


@pytest.fixture
def said(recordings):
    def reading(name: str):
        [one] = hl7v2.batch((recordings / "hl7" / name).read_bytes()).messages
        message = hl7v2.parsed(hl7v2.decoded(one).text)
        return {"ADT": hl7v2.admission, "SIU": hl7v2.booking}[message.type](message, ZONE)

    return reading


def test_every_example_is_a_message(recordings):
    files = sorted((recordings / "hl7").glob("*.hl7"))
    assert len(files) >= 30
    for path in files:
        [one] = hl7v2.batch(path.read_bytes()).messages
        message = hl7v2.parsed(hl7v2.decoded(one).text)
        assert message.control_id, path.name
        if message.type == "ADT":
            hl7v2.admission(message, ZONE)
        if message.type == "SIU":
            hl7v2.booking(message, ZONE)


def test_an_admission_of_eight_kilobytes(said):
    found = said("msfc_ADT-A01-01.hl7")
    assert (found.patient.name.family, found.patient.name.given) == ("EVERYMAN", "ADAM")
    assert found.patient.identifiers[0] == hl7v2.Identifier("PATID1234", "test1", "MR")
    assert found.visit.location.code == "HUH AE OMU^OMU B^Bed 03"
    assert found.visit.number.value == "40007716"
    assert found.visit.attending.name.family == "Alaz"
    assert [allergy.substance.text for allergy in found.allergies] == ["PENICILLIN"]


def test_two_merges_in_one_message(said):
    merges = said("msfc_ADT-A40-02.hl7").merges
    kept = [merge.patient.identifiers[0].value for merge in merges]
    gone = [merge.prior[0].value for merge in merges]
    assert (kept, gone) == (["12345", "145"], ["56789", "569"])


def test_an_appointment_with_people_and_a_room(said):
    found = said("msfc_SIU-S12-01.hl7")
    assert found.number == "36996"
    assert f"{found.starts_at:%Y-%m-%d %H:%M}" == "2021-09-24 07:15"
    assert {each.kind for each in found.resources} == {"AIS", "AIG", "AIL", "AIP"}
