"""The pages of prescribing: findings beside the form, nothing twice, the story of an order."""

import re

import pytest

from hims.models import AuditEntry
from pharmacy.models import Allergy, Dispense, MedicationOrder, RuleFiring, Weight
from tests import given as house_given
from tests import given_pharmacy

pytestmark = pytest.mark.django_db


@pytest.fixture
def made():
    return given_pharmacy.formulary(codes=["PARA", "AMOX", "NAPR"])


@pytest.fixture
def physician(made):
    return house_given.signed_in(made.house.physician)


def form(**more):
    return {
        "key": "k1",
        "medicine": "paracetamol 500 mg TABLETS",
        "dose": "500",
        "dose_unit": "mg",
        "route": "oral",
        "timing": "every 6 hours",
        "supply_days": "1",
        "priority": "routine",
    } | more


def path(made, rest="prescribe/"):
    return f"/pharmacy/patients/{made.patient.uid}/{rest}"


def test_a_prescription_goes_from_the_page_to_the_queue_once(made, physician):
    first = physician.post(path(made), form())
    again = physician.post(path(made), form())
    assert (first.status_code, again.status_code) == (302, 302)
    order = MedicationOrder.objects.get()
    assert (order.quantity, Dispense.objects.get().wanted) == (8, 8)


def test_the_findings_stand_beside_the_form_before_it_is_sent(made, physician):
    said = physician.post(path(made, "prescribe/check/"), form(dose="1250")).content.decode()
    assert "1250 mg of paracetamol is more than the most for one dose, 1000 mg" in said
    assert 'name="reason-dose_too_large"' in said
    assert "one dose is 2.5 tablet" in said
    assert not MedicationOrder.objects.exists()
    assert not RuleFiring.objects.exists()


def test_a_ten_fold_dose_is_stopped_and_the_form_keeps_what_was_typed(made, physician):
    answer = physician.post(path(made), form(dose="10000"))
    assert answer.status_code == 409
    page = answer.content.decode()
    assert 'value="10000"' in page
    assert "about 10 times" in page
    assert RuleFiring.objects.filter(outcome="stopped", rule="dose_ten_times").count() == 1
    keys = re.findall(r'name="key" value="([^"]+)"', page)
    assert keys
    assert "k1" not in keys


def test_a_warning_is_passed_with_a_reason_and_words(made, physician):
    warned = form(dose="1250")
    assert physician.post(path(made), warned).status_code == 409
    reasons = {
        "key": "k2",
        "reason-dose_too_large": "monitored",
        "words-dose_too_large": "levels daily",
        "reason-dose_daily": "benefit",
        "words-dose_daily": "one day only",
    }
    assert physician.post(path(made), warned | reasons).status_code == 302
    assert RuleFiring.objects.filter(outcome="overridden").count() == 2


def test_a_rule_that_spoke_and_was_heeded_counts_for_it(made, physician):
    physician.post(path(made), form(spoke=["dose_ten_times", "nonsense"]))
    heeded = RuleFiring.objects.get()
    assert (heeded.rule, heeded.outcome) == ("dose_ten_times", "shown")


def test_a_medicine_that_is_not_of_the_formulary_is_said_beside_its_field(made, physician):
    answer = physician.post(path(made), form(medicine="moonshine"))
    assert answer.status_code == 409
    assert "Nothing of the formulary has this name" in answer.content.decode()
    names = physician.get("/pharmacy/medicine-names/", {"medicine": "parac"}).content.decode()
    assert 'value="Paracetamol 500 mg tablets"' in names
    assert 'value="paracetamol"' in names


def test_an_order_of_an_ingredient_is_supplied_by_a_product_that_gives_the_dose(made, physician):
    physician.post(path(made), form(medicine="paracetamol", dose="750"))
    order = MedicationOrder.objects.get()
    assert (order.product, order.ingredient.name) == (None, "paracetamol")
    assert Dispense.objects.get().product.code == "PARA"


def test_a_pharmacist_names_the_prescriber(made):
    pharmacist = house_given.signed_in(made.house.pharmacist)
    assert pharmacist.post(path(made), form()).status_code == 400
    named = form(key="k2", prescriber=str(made.house.physician.uid))
    assert pharmacist.post(path(made), named).status_code == 302
    assert MedicationOrder.objects.get().prescriber == made.house.physician


def test_the_wristband_leads_to_the_prescription(made, physician):
    answer = physician.post("/pharmacy/orders/new/", {"code": "HIMS:PATIENT:MRN-777002"})
    stranger = made.house.patients["MRN-777002"]
    assert answer["Location"] == f"/pharmacy/patients/{stranger.uid}/prescribe/"
    assert physician.post("/pharmacy/orders/new/", {"code": "nobody"}).status_code == 409


def test_the_order_tells_its_story_and_is_ended_with_a_reason(made, physician):
    order = made.order()
    page = f"/pharmacy/orders/{order.uid}/"
    change = form(dose="750", reason="less pain")
    assert physician.post(f"{page}change/", change).status_code == 302
    stop = {"key": "k3", "to": "stop", "reason": "went home"}
    assert physician.post(f"{page}status/", stop).status_code == 302
    said = physician.get(page).content.decode()
    for words in ("less pain", "went home", "stopped", "1000", "750"):
        assert words in said
    assert physician.post(f"{page}status/", stop | {"key": "k4"}).status_code == 409


def test_the_panel_shows_allergies_weight_and_medicines_and_keeps_the_look(made, physician):
    given_pharmacy.allergic(made, ingredient="amoxicillin", reaction="rash")
    made.order()
    said = physician.get(path(made, "")).content.decode()
    for words in ("amoxicillin", "rash", "80 kg", "Paracetamol 500 mg tablets", "1000 mg"):
        assert words in said
    assert AuditEntry.objects.filter(action="order.look", actor=made.house.physician).exists()
    stranger = house_given.signed_in(made.house.charge_nurse)
    assert stranger.get(path(made, "")).status_code == 404


def test_a_patient_whom_nobody_asked_is_shown_as_such(made, physician):
    physician.post("/pharmacy/orders/new/", {"code": "MRN-777002"})
    stranger = made.house.patients["MRN-777002"]
    said = physician.get(f"/pharmacy/patients/{stranger.uid}/").content.decode()
    assert "Nobody has asked about allergies" in said


def test_allergies_and_weight_are_recorded_on_one_page_and_nothing_twice(made, physician):
    allergy = {"key": "a", "ingredient": "Naproxen", "severity": "mild"}
    for _press in range(2):
        assert physician.post(path(made, "allergy/"), allergy).status_code == 302
    assert physician.post(path(made, "no-allergies/"), {"key": "b"}).status_code == 409
    refute = {"key": "c", "reason": "it was a virus"}
    kept = Allergy.objects.get()
    assert physician.post(f"/pharmacy/allergies/{kept.uid}/refute/", refute).status_code == 302
    before = Weight.objects.count()
    assert physician.post(path(made, "weight/"), {"key": "d", "kg": "900"}).status_code == 400
    assert physician.post(path(made, "weight/"), {"key": "e", "kg": "79,5"}).status_code == 302
    assert Weight.objects.count() == before + 1
    said = physician.get(path(made, "record/")).content.decode()
    assert "it was a virus" in said
    assert "79.5 kg" in said


def test_the_list_shows_the_orders_of_ones_own_patients_only(made, physician):
    made.order()
    assert "Oakhurst" in physician.get("/pharmacy/orders/").content.decode()
    stranger = house_given.signed_in(made.house.charge_nurse)
    assert "Oakhurst" not in stranger.get("/pharmacy/orders/").content.decode()
