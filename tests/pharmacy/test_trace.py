"""To whom a lot went: places, movements, orders and patients, as far as one may know of them."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from hims.access.relations import related_patients
from hims.actions.care import begin_care
from hims.models import AuditEntry
from inventory.actions.recalls import open_recall, withdraw_recall
from pharmacy.models import MedicationOrder
from pharmacy.queries.picked import Asked
from pharmacy.queries.trace import given_from
from tests import given
from tests.given_dispensing import counter

pytestmark = pytest.mark.django_db

ONE, OTHER = "MRN-777001", "MRN-777002"


@pytest.fixture
def dispensed():
    """Two patients were given of lot P1, 4 and 6 base units."""
    made = counter()
    lot = made.stock.lot("PARA", "P1")
    for patient, units in ((ONE, 4), (OTHER, 6)):
        order = made.order(patient=patient, quantity=units)
        made.verify(order)
        made.dispense(order, Asked(lot=lot.uid, quantity=units, scanned=True))
    return made, lot


def trace(viewer, lot) -> dict:
    answer = given.with_token(viewer).get(reverse("api-lot-trace", args=[lot.uid]))
    assert answer.status_code == 200
    return answer.json()


def test_the_trace_of_a_lot_holds_every_place_movement_order_and_patient(dispensed):
    made, lot = dispensed
    said = trace(made.house.pharmacist, lot)
    places = {
        place["code"]: (place["came"], place["went"], place["now"]) for place in said["places"]
    }
    assert places["PH-A"] == (200, 10, 190)
    assert [one["kind"] for one in said["movements"]] == ["dispense", "dispense", "receipt"]
    assert {patient["mrn"] for patient in said["patients"]} == {ONE, OTHER}
    assert sorted(order["quantity"] for order in said["orders"]) == [4, 6]
    assert (said["hidden_patients"], said["lot"]["number"], said["next"]) == (0, "P1", None)


def test_patients_whom_one_does_not_care_for_are_counted_and_not_named(dispensed):
    made, lot = dispensed
    nurse = made.house.nurse
    said = trace(nurse, lot)
    assert (said["patients"], said["orders"], said["hidden_patients"]) == ([], [], 2)
    begin_care(actor=nurse, now=made.house.now, text=f"HIMS:PATIENT:{ONE}")
    said = trace(nurse, lot)
    assert [patient["mrn"] for patient in said["patients"]] == [ONE]
    assert said["hidden_patients"] == 1
    assert trace(made.house.manager, lot)["patients"] == []


def test_each_look_at_the_patients_of_a_lot_is_kept(dispensed):
    made, lot = dispensed
    trace(made.house.pharmacist, lot)
    kept = AuditEntry.objects.get(action="lot.trace")
    assert kept.actor == made.house.pharmacist
    assert f"patient:{made.house.patients[ONE].uid}" in kept.objects_named
    trace(made.house.manager, lot)
    assert AuditEntry.objects.filter(action="lot.trace").count() == 1


def test_movements_of_a_trace_are_paged_on_one_column(dispensed):
    made, lot = dispensed
    program = given.with_token(made.house.pharmacist)
    url = f"{reverse('api-lot-trace', args=[lot.uid])}?limit=2"
    first = program.get(url).json()
    second = program.get(first["next"]).json()
    kinds = [one["kind"] for one in (*first["movements"], *second["movements"])]
    assert kinds == ["dispense", "dispense", "receipt"]
    assert second["next"] is None


def test_a_recall_opens_the_patients_who_were_given_some_to_those_who_recall(dispensed):
    made, lot = dispensed
    MedicationOrder.objects.update(
        status="completed",
        entered_at="2020-01-01T00:00Z",
        starts_at="2020-01-01T00:00Z",
        ends_at="2020-02-01T00:00Z",
    )
    pharmacist, technician = made.house.pharmacist, made.house.pharmacy_technician
    assert not related_patients(pharmacist).exists()
    recall = open_recall(
        actor=pharmacist, now=made.house.now, reference="R", reason="why", lots=[lot]
    )
    assert related_patients(pharmacist).count() == 2
    assert not related_patients(technician).exists()
    url = reverse("recall-given", args=[recall.uid])
    assert "Oakhurst" in given.signed_in(pharmacist).get(url).content.decode()
    text = given.signed_in(technician).get(url).content.decode()
    assert "2 patients whom you do not care for" in text
    assert "Oakhurst" not in text
    withdraw_recall(actor=pharmacist, now=made.house.now, recall=recall, reason="an error")
    assert not related_patients(pharmacist).exists()


def test_the_statements_of_a_trace_do_not_grow_with_what_was_given(dispensed):
    made, lot = dispensed
    lengths = []
    for lots in ([made.stock.lot("PARA", "P2")], [lot]):
        with CaptureQueriesContext(connection) as asked:
            found = given_from(lots, viewer=made.house.pharmacist)
            assert len(found.patients) in {0, 2}
        lengths.append(len(asked))
    assert max(lengths) <= 3
