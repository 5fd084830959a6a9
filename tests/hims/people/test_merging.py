"""Two records become one with all that names them, and two again exactly as they were."""

from datetime import timedelta

import pytest
from django.core import serializers
from django.db import connection
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from hypothesis import HealthCheck, settings
from hypothesis import given as samples
from hypothesis import strategies as st

from hims.actions import records
from hims.actions.care import begin_care
from hims.actions.merging import merge, places_of_patients, standing_merge, unmerge
from hims.errors import Refused
from hims.models import BedAssignment, CareRelationship, Document, Patient, PatientMerge
from hims.queries.patients import by_number, search
from hims.subjects import find
from tests import given, given_flow

from .taking import taken

pytestmark = pytest.mark.django_db


@pytest.fixture
def house():
    return given.hospital()


def everything() -> str:
    """All rows that name a patient, and the patients, as text."""
    models = {Patient, *(model for model, _ in places_of_patients())}
    rows = [
        serializers.serialize("json", model._base_manager.order_by("pk"))
        for model in sorted(models, key=lambda one: one._meta.label)
        if not model._meta.label.startswith("hims.Historical")
    ]
    return "\n".join(rows)


def test_every_table_that_names_a_patient_is_moved_or_says_why_not():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT conrelid::regclass::text FROM pg_constraint"
            " WHERE confrelid = 'hims_patient'::regclass AND contype = 'f'"
        )
        tables = {table for (table,) in cursor.fetchall()}
    moved = {model._meta.db_table for model, _ in places_of_patients()}
    assert tables - moved == {"hims_patientmerge", "tracking_sighting"}, "only added to, or merges"


@settings(
    max_examples=8,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@samples(
    what=st.lists(st.sampled_from(["document", "contact", "team", "care", "number", "newborn"]))
)
def test_undoing_a_merge_puts_everything_back(house, what):
    old, kept = house.patients["MRN-777001"], house.patients["MRN-777002"]
    by = {"actor": house.nurse, "now": house.now}
    for number, kind in enumerate(what):
        if kind == "document":
            records.add_document(**by, patient=old, title="Letter", text="from the clinic")
        elif kind == "contact":
            records.add_contact(**by, patient=old, name="Ada", phone=str(number))
        elif kind == "team" and not old.care_team.exists():
            for patient in (old, kept):  # in both teams: one membership stays behind
                if not patient.care_team.exists():
                    records.join_care_team(**by, patient=patient, person=house.physician)
        elif kind == "care":
            begin_care(**by, text=old.mrn)
        elif kind == "number":
            taken(house, mrn=old.mrn, identifiers=[("LAB", f"{house.now}{number}{old.pk}")])
        elif kind == "newborn":
            taken(house, family="Child", mother=old)
    before = everything()
    done = merge(**{**by, "actor": house.receptionist}, merged=old, kept=kept, reason="twice")
    assert not Document.objects.filter(patient=old).exists()
    assert not CareRelationship.objects.filter(patient=old).exists()
    unmerge(**{**by, "actor": house.receptionist}, merge=done, reason="two after all")
    assert everything() == before
    # a second time it is a merge of its own
    again = merge(**{**by, "actor": house.receptionist}, merged=old, kept=kept, reason="twice")
    unmerge(**{**by, "actor": house.receptionist}, merge=again, reason="two")


def test_what_was_merged_is_found_by_its_number_its_wristband_and_its_name(house):
    old, kept = house.patients["MRN-777001"], house.patients["MRN-777002"]
    by = {"actor": house.receptionist, "now": house.now}
    merge(**by, merged=old, kept=kept, reason="the same passport")
    assert by_number("MRN-777001") == kept
    assert find("HIMS:PATIENT:MRN-777001").thing == kept
    assert begin_care(actor=house.nurse, now=house.now, text="MRN-777001") == kept
    for asked in ("MRN-777001", "Oakhurst Zebulon"):
        (hit,) = search(house.receptionist, asked)
        assert (hit.patient, hit.earlier) == (kept, "MRN-777001")
    assert taken(house, mrn="MRN-777001") == kept
    third = taken(house, family="Third")
    merge(**by, merged=kept, kept=third, reason="and the same again")
    old.refresh_from_db()
    assert old.merged_into == third, "no chain is left"


def test_a_merge_needs_two_records_a_reason_and_no_mother_with_her_child(house):
    old, kept = house.patients["MRN-777001"], house.patients["MRN-777002"]
    by = {"actor": house.receptionist, "now": house.now}
    child = taken(house, family="Child", mother=kept)
    for merged, into, reason, why in (
        (old, old, "x", "one record"),
        (old, kept, " ", "how you know"),
        (child, kept, "x", "mother and child"),
    ):
        with pytest.raises(Refused, match=why):
            merge(**by, merged=merged, kept=into, reason=reason)
    merge(**by, merged=old, kept=kept, reason="x")
    with pytest.raises(Refused, match="merged before"):
        merge(**by, merged=old, kept=child, reason="x")
    done = standing_merge(old)
    unmerge(**by, merge=done, reason="two")
    with pytest.raises(Refused, match="undone already"):
        unmerge(**by, merge=done, reason="two")
    assert PatientMerge.objects.get().undone_by == house.receptionist


def test_two_visits_in_a_bed_at_once_are_not_of_one_person(house):
    old, kept = house.patients["MRN-777001"], house.patients["MRN-777002"]
    flow = given_flow.a_department(house)
    for patient, code in ((old, "ED-1-A"), (kept, "ED-1-B")):
        BedAssignment.objects.create(
            encounter=given_flow.arrived(house, flow, patient),
            patient=patient,
            bed_space=flow.spaces[code],
            status="active",
            period=DateTimeTZRange(house.now - timedelta(hours=1), None),
            assigned_by=house.nurse,
        )
    before = everything()
    with pytest.raises(Refused, match="at the same time"):
        merge(actor=house.receptionist, now=house.now, merged=old, kept=kept, reason="x")
    assert everything() == before
