"""Programs prescribe: the contract's doors for orders, allergies and weights."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hims.models import AuditEntry
from pharmacy.models import Allergy, Dispense, MedicationOrder, RuleFiring, Weight
from tests import given as house_given
from tests import given_pharmacy

pytestmark = pytest.mark.django_db

ORDERS = "/api/pharmacy/orders/"


@pytest.fixture
def made():
    return given_pharmacy.formulary(codes=["PARA", "IBU", "AMOX"])


@pytest.fixture
def physician(made):
    return house_given.with_token(made.house.physician)


def body(made, **more):
    return {
        "patient": str(made.patient.uid),
        "product": "PARA",
        "dose": "500",
        "unit": "mg",
        "route": "oral",
        "timing": "every 6 hours",
    } | more


def post(client, path, sent, **headers):
    return client.post(path, sent, content_type="application/json", headers=headers)


def patch(client, path, sent):
    return client.patch(path, sent, content_type="application/json")


def test_an_order_is_entered_and_read_again(made, physician):
    answer = post(physician, ORDERS, body(made, supply_days=2))
    assert answer.status_code == 201, answer.json()
    told = answer.json()
    assert (told["status"], told["quantity"], told["times_per_day"]) == ("active", 16, "4")
    assert told["dispenses"] == [
        {"id": str(Dispense.objects.get().uid), "status": "received", "wanted": 16}
    ]
    assert "No match is not safe" in " ".join(one["text"] for one in told["findings"])
    again = physician.get(f"{ORDERS}{told['id']}/").json()
    assert again == told
    listed = physician.get(ORDERS, {"patient": made.patient.mrn}).json()
    assert [one["id"] for one in listed["results"]] == [told["id"]]


def test_the_same_key_prescribes_once(made, physician):
    first = post(physician, ORDERS, body(made), **{"Idempotency-Key": "k-1"})
    again = post(physician, ORDERS, body(made), **{"Idempotency-Key": "k-1"})
    other = post(physician, ORDERS, body(made, dose="250"), **{"Idempotency-Key": "k-1"})
    assert first.json() == again.json()
    assert (MedicationOrder.objects.count(), other.status_code) == (1, 422)


def test_another_system_that_sends_its_order_again_gets_the_same_one(made, physician):
    numbered = body(made, source="CPOE", source_number="RX-1")
    first = post(physician, ORDERS, numbered).json()
    assert post(physician, ORDERS, numbered).json()["id"] == first["id"]
    other = post(physician, ORDERS, numbered | {"product": "IBU"})
    assert (other.status_code, MedicationOrder.objects.count()) == (409, 1)


def test_a_stopped_dose_changes_nothing_but_the_rules_score(made, physician):
    answer = post(physician, ORDERS, body(made, dose="10000"))
    assert answer.status_code == 409
    assert answer["Content-Type"] == "application/problem+json"
    codes = {one["code"]: one["severity"] for one in answer.json()["findings"]}
    assert codes["dose_ten_times"] == "stop"
    assert not MedicationOrder.objects.exists()
    stopped = RuleFiring.objects.filter(outcome="stopped").values_list("rule", flat=True)
    assert set(stopped) == {"dose_ten_times", "dose_above_absolute"}


def test_a_stop_that_is_asked_again_with_its_key_counts_once(made, physician):
    for _again in range(2):
        answer = post(physician, ORDERS, body(made, dose="10000"), **{"Idempotency-Key": "k-2"})
        assert answer.status_code == 409
    assert RuleFiring.objects.filter(rule="dose_ten_times").count() == 1


def test_a_warning_is_passed_with_a_reason_which_is_kept(made, physician):
    large = body(made, dose="1250")
    refused = post(physician, ORDERS, large)
    assert [one["code"] for one in refused.json()["findings"]] == ["dose_too_large", "dose_daily"]
    reasons = [
        {"finding": "dose_too_large", "reason": "monitored: liver values daily"},
        {"finding": "dose_daily", "reason": "benefit", "text": "two days only"},
    ]
    passed = post(physician, ORDERS, large | {"overrides": reasons})
    assert passed.status_code == 201, passed.json()
    kept = RuleFiring.objects.filter(outcome="overridden").order_by("rule")
    assert [(one.rule, one.reason, one.reason_text) for one in kept] == [
        ("dose_daily", "benefit", "two days only"),
        ("dose_too_large", "monitored", "liver values daily"),
    ]


def test_a_reason_is_a_word_of_the_list_with_words_of_ones_own(made, physician):
    for reason in ("", " ", "x", "monitored", "monitored: "):
        overrides = [
            {"finding": code, "reason": reason} for code in ("dose_too_large", "dose_daily")
        ]
        answer = post(physician, ORDERS, body(made, dose="1250", overrides=overrides))
        assert answer.status_code in (400, 409), reason
    assert not MedicationOrder.objects.exists()


def test_an_order_is_changed_held_resumed_and_stopped(made, physician):
    told = post(physician, ORDERS, body(made)).json()
    path = f"{ORDERS}{told['id']}/"
    changed = patch(physician, path, {"dose": "1000", "reason": "in pain"}).json()
    assert (changed["dose"], changed["quantity"]) == ("1000", 16)
    assert [one["status"] for one in changed["dispenses"]] == ["cancelled", "received"]
    assert patch(physician, path, {"status": "on-hold"}).json()["status"] == "on-hold"
    assert patch(physician, path, {"status": "on-hold"}).status_code == 409
    assert patch(physician, path, {"status": "active"}).json()["status"] == "active"
    stopped = patch(physician, path, {"status": "stopped", "reason": "better"}).json()
    assert (stopped["status"], stopped["dispenses"][-1]["status"]) == ("stopped", "cancelled")
    assert patch(physician, path, {"dose": "500"}).status_code == 409
    reasons = MedicationOrder.history.values_list("history_change_reason", flat=True)
    assert {"in pain", "better"} <= set(reasons)


IMPOSSIBLE = [
    ({"dose": "0"}, "dose"),
    ({"dose": "-5"}, "dose"),
    ({"dose": "1e30"}, "dose"),
    ({"dose": "nan"}, "dose"),
    ({"dose": "five"}, "dose"),
    ({"unit": "furlong"}, "unit"),
    ({"unit": "capsule"}, "unit"),
    ({"quantity": 0}, "quantity"),
    ({"quantity": 10**30}, "quantity"),
    ({"supply_days": 0}, "supply_days"),
    ({"times_per_day": "1e9"}, "times_per_day"),
    ({"product": "NOTHING"}, "product"),
    ({"product": None}, "product"),
    ({"prescriber": "nurse"}, "prescriber"),
    ({"end": "2001-01-01T00:00:00Z"}, "end"),
    ({"patient": "MRN-0"}, "patient"),
    ({"priority": "whenever"}, "priority"),
    ({"route": " "}, "route"),
]


def test_what_cannot_be_is_named_and_nothing_is_kept(made, physician):
    for wrong, field in IMPOSSIBLE:
        answer = post(physician, ORDERS, body(made, **wrong))
        assert answer.status_code == 400, wrong
        assert field in {one.get("field") for one in answer.json()["findings"]}, wrong
    assert not MedicationOrder.objects.exists()


def test_a_patient_of_nobodys_care_is_not_known_by_id_but_opens_by_the_wristband(made, physician):
    stranger = made.house.patients["MRN-777002"]
    by_id = post(physician, ORDERS, body(made, patient=str(stranger.uid)))
    assert by_id.status_code == 400
    by_band = post(physician, ORDERS, body(made, patient="HIMS:PATIENT:MRN-777002"))
    assert [one["code"] for one in by_band.json()["findings"]] == ["allergies_unknown"]
    assert AuditEntry.objects.filter(action="care.begin").exists()


def test_a_nurse_reads_orders_and_enters_none(made, physician):
    told = post(physician, ORDERS, body(made)).json()
    nurse = house_given.with_token(made.house.nurse)
    assert nurse.get(f"{ORDERS}{told['id']}/").status_code == 200
    assert post(nurse, ORDERS, body(made)).status_code == 403
    porter = house_given.with_token(made.house.porter)
    assert porter.get(ORDERS).status_code == 403


def test_each_look_at_orders_is_kept(made, physician):
    told = post(physician, ORDERS, body(made)).json()
    physician.get(f"{ORDERS}{told['id']}/")
    looked = AuditEntry.objects.get(action="order.look")
    assert looked.objects_named == [f"patient:{made.patient.uid}"]


def test_allergies_are_recorded_read_and_refuted(made, physician):
    asked = {"patient": made.patient.mrn, "ingredient": "Amoxicillin", "reaction": "rash"}
    told = post(physician, "/api/pharmacy/allergies/", asked)
    assert told.status_code == 201, told.json()
    refused = post(physician, ORDERS, body(made, product="AMOX"))
    assert refused.json()["findings"][0]["code"] == "allergy"
    path = f"/api/pharmacy/allergies/{told.json()['id']}/"
    assert patch(physician, path, {"status": "refuted", "reason": " "}).status_code == 400
    assert patch(physician, path, {"status": "refuted", "reason": "tested"}).status_code == 200
    assert Allergy.objects.get().status == "refuted"
    assert post(physician, ORDERS, body(made, product="AMOX")).status_code == 201


def test_none_known_is_refused_while_an_allergy_is_recorded(made, physician):
    path, patient = "/api/pharmacy/allergies/", made.patient.mrn
    post(physician, path, {"patient": patient, "text": "shellfish"})
    answer = post(physician, path, {"patient": patient, "none_known": True})
    assert answer.status_code == 409
    assert post(physician, path, {"patient": patient}).status_code == 400


def test_a_weight_that_nobody_has_is_refused(made, physician):
    before = Weight.objects.count()
    for kg in ("0", "-3", "700", "1e30", "heavy", "0.0001"):
        sent = {"patient": made.patient.mrn, "kg": kg}
        assert post(physician, "/api/pharmacy/weights/", sent).status_code == 400, kg
    assert Weight.objects.count() == before


def test_a_weight_is_recorded_and_listed_newest_first(made, physician):
    sent = {"patient": made.patient.mrn, "kg": 81.5}
    assert post(physician, "/api/pharmacy/weights/", sent).status_code == 201
    found = physician.get("/api/pharmacy/weights/", {"patient": made.patient.mrn}).json()
    assert [one["kg"] for one in found["results"]] == ["81.5", "80"]


FIELDS = [
    *("patient", "product", "ingredient", "dose", "unit", "route", "timing", "times_per_day"),
    *("as_needed", "indication", "quantity", "supply_days", "priority", "promised_at"),
    *("prescriber", "start", "end", "note", "source", "source_number", "overrides"),
]
hostile = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=300)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(field=st.sampled_from(FIELDS), value=hostile)
def test_no_field_of_an_order_breaks_the_door(made, physician, field, value):
    answer = post(physician, ORDERS, body(made, **{field: value}))
    assert answer.status_code in (201, 400, 409)
