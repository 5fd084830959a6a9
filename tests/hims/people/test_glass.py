"""A record may be opened in need: for an hour, with a reason, told at once and judged later."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from hims.access.scopes import visible_to
from hims.actions import glass
from hims.errors import Forbidden, Refused
from hims.models import Alert, AuditEntry, BreakGlass, Patient
from hims.queries.glass import open_glass, reviewed, to_review
from tests import given

pytestmark = pytest.mark.django_db
WORDS = "found collapsed in the corridor"


@pytest.fixture
def house():
    return given.hospital()


@pytest.fixture
def broken(house):
    return glass.break_glass(**asked(house))


def asked(house, **other):
    said = {
        "actor": house.nurse,
        "now": house.now,
        "patient": house.patients["MRN-777001"],
        "why": "emergency",
        "text": WORDS,
    }
    return said | other


def sees(who) -> bool:
    return visible_to(who, Patient.objects.filter(mrn="MRN-777001")).exists()


def test_it_opens_one_record_to_one_person_for_an_hour(house, time_machine):
    assert not sees(house.nurse)
    broken = glass.break_glass(**asked(house))
    assert sees(house.nurse)
    assert not sees(house.charge_nurse)
    assert not visible_to(house.nurse, Patient.objects.filter(mrn="MRN-777002")).exists()
    assert list(open_glass(house.nurse, house.now)) == [broken]
    time_machine.move_to(house.now + timedelta(minutes=59, seconds=59))
    assert sees(house.nurse)
    time_machine.move_to(house.now + timedelta(minutes=60, seconds=1))
    assert not sees(house.nurse)
    entry = AuditEntry.objects.get(action="glass.break")
    assert f"patient:{broken.patient.uid}" in entry.objects_named


def test_a_reason_that_says_nothing_opens_nothing(house):
    for other, why in (
        ({"text": "need it"}, "few words"),
        ({"why": "curious"}, "reason"),
    ):
        with pytest.raises(Refused, match=why):
            glass.break_glass(**asked(house, **other))
    with pytest.raises(Forbidden):
        glass.break_glass(**asked(house, actor=house.receptionist))
    assert not BreakGlass.objects.exists()


def test_who_opened_it_closes_it_and_nobody_else(house, broken):
    with pytest.raises(Refused, match="Somebody else"):
        glass.end_glass(actor=house.physician, now=house.now, glass=broken)
    glass.end_glass(actor=house.nurse, now=house.now, glass=broken)
    assert not sees(house.nurse)


def test_the_privacy_officers_are_told_at_once_without_the_patients_name(house, broken):
    alert = Alert.objects.get(rule__code=glass.RULE)
    assert alert.owner_role == "privacy_officer"
    assert house.nurse.name in str(alert.occurrences.values_list()) + alert.text + alert.title
    assert "Oakhurst" not in f"{alert.title} {alert.text}"
    assert alert in visible_to(house.privacy_officer, Alert.objects.all())


def test_a_notifier_that_fails_keeps_no_record_closed(house, monkeypatch, caplog):
    def fails(**_):
        list(Patient.objects.raw("SELECT 1 / 0 AS id"))

    monkeypatch.setattr(glass, "raise_alert", fails)
    glass.break_glass(**asked(house))
    assert sees(house.nurse)
    assert to_review(house.privacy_officer).count() == 1
    assert "Oakhurst" not in caplog.text


def test_it_is_judged_once_by_somebody_else(house, broken):
    by = {"actor": house.privacy_officer, "now": house.now, "glass": broken}
    with pytest.raises(Refused, match="what you found"):
        glass.review_glass(**by, verdict="unjustified", text="")
    glass.review_glass(**by, verdict="unclear", text="asked the ward")
    assert list(to_review(house.privacy_officer)) == [broken]
    glass.review_glass(**by, verdict="justified", text="")
    assert not to_review(house.privacy_officer)
    assert list(reviewed(house.privacy_officer)) == [broken]
    with pytest.raises(Refused, match="already"):
        glass.review_glass(**by, verdict="unjustified", text="no")
    with pytest.raises(Forbidden):
        glass.review_glass(**by | {"actor": house.physician}, verdict="justified", text="")


def test_nobody_judges_their_own(house, broken):
    house.nurse.roles = ["nurse", "privacy_officer"]
    house.nurse.save()
    own = type(house.nurse).objects.get(pk=house.nurse.pk)
    with pytest.raises(Refused, match="Somebody else"):
        glass.review_glass(actor=own, now=house.now, glass=broken, verdict="justified", text="mine")
    assert not to_review(own)
    broken.reviewed_by = house.nurse
    with pytest.raises(IntegrityError, match="glass_reviewed_by_another"), transaction.atomic():
        broken.save()
