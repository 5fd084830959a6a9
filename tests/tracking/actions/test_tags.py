"""Tags: one bearer at a time, several tags to a bearer, and what was heard is adopted."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.utils import timezone

from hims.errors import Forbidden, Refused
from tests import given
from tracking.actions.tags import add_tag, adopt_tag, assign_tag, release_tag
from tracking.models import Tag, TagAssignment, UnknownTransmitter
from tracking.queries.tags import worn_now

FREE = "C3:00:00:00:0A:01"


@pytest.fixture
def tag(house):
    return add_tag(actor=house.biomedical_engineer, now=house.now, address=FREE)


def fasten(house, tag, number="P-5", now=None, actor=None):
    return assign_tag(
        actor=actor or house.biomedical_engineer,
        now=now or house.now,
        tag=tag,
        bearer=house.assets[number],
    )


@pytest.mark.parametrize(
    "spelling",
    [
        "c3:00:00:00:0a:01",
        "C3-00-00-00-0A-01",
        "C300.0000.0A01",
        "0xC30000000A01",
    ],
)
def test_a_tag_is_one_tag_in_every_spelling(house, tag, spelling):
    assert tag.address == "c30000000a01"
    with pytest.raises(Refused):
        add_tag(actor=house.biomedical_engineer, now=house.now, address=spelling)
    assert Tag.objects.filter(address="c30000000a01").count() == 1


def test_a_tag_has_one_bearer_at_a_time(house, tag):
    fasten(house, tag)
    with pytest.raises(Refused, match="P-5"):
        fasten(house, tag, "B-1")
    assert worn_now(tag).asset == house.assets["P-5"]


def test_a_bearer_may_wear_several_tags(house, tag):
    fasten(house, tag, "P-1")
    worn = TagAssignment.objects.filter(asset=house.assets["P-1"], period__endswith__isnull=True)
    assert worn.count() == 2


def test_a_tag_goes_from_one_bearer_to_the_next(house, tag):
    fasten(house, tag)
    later = house.now + timedelta(hours=1)
    release_tag(actor=house.biomedical_engineer, now=later, tag=tag)
    assert worn_now(tag) is None
    fasten(house, tag, "B-1", now=later)
    spans = [(row.asset.number, row.period.upper) for row in tag.assignments.order_by("period")]
    assert spans == [("P-5", later), ("B-1", None)]


def test_taking_off_what_nobody_wears_changes_nothing(house, tag):
    for _ in range(2):
        release_tag(actor=house.biomedical_engineer, now=house.now, tag=tag)
    assert not tag.assignments.exists()


def test_only_those_who_look_after_tags_fasten_them(house, tag):
    for role in ("porter", "nurse", "physician", "pharmacist", "manager", "privacy_officer"):
        with pytest.raises(Forbidden):
            fasten(house, tag, actor=house.people[role])
    assert worn_now(tag) is None


def test_the_refusal_does_not_name_a_patient(house, tag):
    patient = house.patients["MRN-777001"]
    worn = house.tag("C3:00:00:00:07:01")
    with pytest.raises(Refused) as refused:
        fasten(house, worn, actor=house.charge_nurse)
    for word in (patient.mrn, patient.family, patient.given):
        assert word not in str(refused.value)


def test_what_was_heard_and_not_known_is_adopted_with_one_step(house):
    unknown = UnknownTransmitter.objects.create(
        kind="tag",
        address="c3aa00000001",
        first_heard_at=house.now,
        last_heard_at=house.now,
        count=9,
    )
    made = adopt_tag(actor=house.biomedical_engineer, now=house.now, unknown=unknown)
    assert made.address == "c3aa00000001"
    assert not UnknownTransmitter.objects.exists()


def test_the_database_itself_refuses_two_bearers(house, tag):
    fasten(house, tag)
    with pytest.raises(IntegrityError), transaction.atomic():
        TagAssignment.objects.create(
            tag=tag, asset=house.assets["B-1"], period=DateTimeTZRange(house.now, None)
        )


def test_the_database_itself_refuses_two_bearers_in_one_row(house, tag):
    with pytest.raises(IntegrityError), transaction.atomic():
        TagAssignment.objects.create(
            tag=tag,
            asset=house.assets["B-1"],
            staff=house.staff["S-900"],
            period=DateTimeTZRange(house.now, None),
        )


@pytest.mark.django_db(transaction=True)
def test_of_five_who_fasten_it_at_once_one_does_and_the_others_are_told():
    house = given.hospital()
    tag = add_tag(actor=house.biomedical_engineer, now=house.now, address=FREE)
    numbers = ["P-1", "P-2", "P-3", "P-4", "P-5"]
    start = threading.Barrier(len(numbers))

    def one(number):
        start.wait()
        try:
            return fasten(house, tag, number, now=timezone.now())
        except Refused as refused:
            return str(refused)
        finally:
            connection.close()

    with ThreadPoolExecutor(len(numbers)) as threads:
        answers = list(threads.map(one, numbers))
    assert sum(isinstance(answer, TagAssignment) for answer in answers) == 1
    assert TagAssignment.objects.filter(tag=tag).count() == 1
