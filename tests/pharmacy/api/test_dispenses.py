"""Programs dispense: the door of CONTRACT, its refusals, and what it costs."""

import json
from datetime import timedelta

import pytest
from django.db import connection

from hims.models import AuditEntry, IdempotentAnswer
from pharmacy.models import Dispense, RuleFiring
from tests import given, given_dispensing
from tests.given_stock import SOON, scanned

pytestmark = pytest.mark.django_db

PATH = "/api/pharmacy/dispenses/"


@pytest.fixture
def counter():
    return given_dispensing.counter()


@pytest.fixture
def program(counter):
    return given.with_token(counter.house.pharmacist)


def body(order, *lines, **more):
    lines = lines or ({"scan": scanned("PARA", "P1", SOON), "quantity": "8"},)
    return {
        "order": str(order.uid),
        "lines": list(lines),
        "place": "PH-A",
        "overrides": given_dispensing.REASONED,
    } | more


def post(program, asked, **headers):
    return program.post(PATH, asked, content_type="application/json", headers=headers)


def test_a_dispense_answers_with_dispense_movement_and_labels_that_can_be_printed(counter, program):
    said = post(program, body(counter.order()))
    assert said.status_code == 201, said.json()
    made = said.json()
    kept = Dispense.objects.get(uid=made["dispense"])
    assert (str(kept.movement.uid), made["quantity"], made["owed"]) == (made["movement"], 8, None)
    pdf, zpl = (program.get(made["label"][kind]) for kind in ("pdf", "zpl"))
    assert pdf.content.startswith(b"%PDF-")
    assert f"^FDHIMS:DISPENSE:{kept.uid}^FS" in zpl.content.decode()
    assert "REPRINT 1" in zpl.content.decode(), "the PDF was the first print"


def statements_of(run):
    """The statements that the database was sent while `run` ran."""
    said = []

    def note(execute, sql, params, many, context):
        said.append(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        answer = run()
    return answer, [sql for sql in said if not sql.startswith(("SAVEPOINT", "RELEASE"))]


def test_a_whole_dispense_takes_at_most_ten_statements(counter, program):
    order = counter.order()
    lines = [{"scan": scanned("PARA", "P1", SOON), "quantity": "6"}]
    lines.append({"lot": str(counter.lot("PARA", "P2").uid), "quantity": "2"})
    said, statements = statements_of(
        lambda: post(program, body(order, *lines), **{"Idempotency-Key": "one"})
    )
    assert said.status_code == 201, said.json()
    assert AuditEntry.objects.filter(action="pharmacy.dispense").count() == 1
    assert IdempotentAnswer.objects.get().answer == said.json()
    assert len(statements) <= 10, "\n\n".join(sql[:120] for sql in statements)


# --- the same call again --------------------------------------------------------------------------


def test_the_same_call_again_gets_the_same_answer_and_another_body_is_told(counter, program):
    asked = body(counter.order())
    first, second = (post(program, asked, **{"Idempotency-Key": "k"}) for _ in range(2))
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()
    assert counter.stock.level("PARA", "P1", "PH-A") == 192
    assert post(program, asked | {"place": "PH-B"}, **{"Idempotency-Key": "k"}).status_code == 422


def test_a_refusal_names_its_reasons_and_the_ways_out_and_counts_for_the_rules(counter, program):
    order = counter.order(quantity=300, supply_days=10)
    short = body(order, {"scan": scanned("PARA", "P1", SOON), "quantity": "250"})
    said = post(program, short)
    assert said.status_code == 409
    assert said["Content-Type"] == "application/problem+json"
    told = said.json()
    assert [finding["code"] for finding in told["findings"]] == ["not_enough"]
    assert {"other_lot", "other_place"} <= {way["kind"] for way in told["alternatives"]}
    wrong = body(order, {"scan": scanned("INSUL", "I1"), "quantity": "1"})
    assert post(program, wrong, **{"Idempotency-Key": "w"}).status_code == 409
    assert RuleFiring.objects.filter(rule="wrong_product", outcome="stopped").count() == 1


# --- what is malformed ----------------------------------------------------------------------------

HOSTILE = ["", None, 7, [], {}, "\0", "\ud800", "x" * 5000, True, "1e30"]


OPTIONAL = (("confirmation", None), ("confirmation", ""), ("overrides", None), ("overrides", []))


def test_what_is_malformed_is_a_named_problem_and_changes_nothing(counter, program):
    right = body(counter.order())
    for field in ("order", "lines", "place", "confirmation", "overrides"):
        for value in HOSTILE:
            if (field, value) in OPTIONAL:
                continue
            asked = json.dumps(right | {field: value})
            said = program.post(PATH, asked, content_type="application/json")
            assert said.status_code in (400, 409), (field, value, said.content)
            assert said.json()["findings"][0]["text"]
    assert counter.stock.level("PARA", "P1", "PH-A") == 200


def test_a_quantity_that_is_none_is_a_400(counter, program):
    order = counter.order()
    for quantity in (0, -1, 1.5, "1.5", "1e30", "-0", "", None, True, "\0", [1]):
        line = {"scan": scanned("PARA", "P1", SOON), "quantity": quantity}
        said = post(program, body(order, line))
        assert said.status_code == 400, quantity
        assert said.json()["findings"][0]["field"] == "lines.0.quantity"


def test_a_line_names_its_lot_in_one_way(counter, program):
    order, scan = counter.order(), scanned("PARA", "P1", SOON)
    lot = str(counter.lot("PARA", "P1").uid)
    for line in ({"quantity": "1"}, {"scan": scan, "lot": lot, "quantity": "1"}):
        assert post(program, body(order, line)).status_code == 400


def test_an_order_that_is_not_there_and_one_of_nobodys_patients_are_the_same_404(counter, program):
    order = counter.order()
    absent = body(order) | {"order": str(counter.lot("PARA", "P1").uid)}
    assert post(program, absent).status_code == 404
    type(order).objects.update(
        status="completed", entered_at=counter.house.now - timedelta(days=9), ends_at=None
    )
    Dispense.objects.update(status="cancelled")
    assert post(program, body(order)).status_code == 404


def test_only_those_of_the_pharmacy_may_dispense(counter):
    asked = body(counter.order())
    for who in ("nurse", "physician", "manager"):
        other = given.with_token(getattr(counter.house, who))
        assert post(other, asked).status_code == 403


# --- on its way -----------------------------------------------------------------------------------


def test_programs_take_a_supply_from_the_queue_to_the_patient_and_back(counter, program):
    order = counter.order()
    (waiting,) = program.get(PATH, {"status": "received"}).json()["results"]
    one = f"{PATH}{waiting['id']}/"

    def do(what, **asked):
        return program.post(f"{one}{what}/", asked, content_type="application/json")

    assert do("claim").json()["claimed_until"]
    assert do("hold", question="Which strength?").status_code == 201
    (asked,) = program.get("/api/pharmacy/clarifications/").json()["results"]
    answered = given.with_token(counter.house.physician).post(
        f"/api/pharmacy/clarifications/{asked['id']}/answer/",
        {"answer": "500 mg"},
        content_type="application/json",
    )
    assert answered.json()["answer"] == "500 mg"
    assert do("verify", overrides=given_dispensing.REASONED).json()["status"] == "verified"
    picked = do("picks", scan=scanned("PARA", "P1", SOON), place="PH-A")
    assert picked.json()["quantity"] == 8
    made = post(program, body(order)).json()
    label = f"HIMS:DISPENSE:{made['dispense']}"
    assert do("hand-over", label=label, wristband="HIMS:PATIENT:MRN-777002").status_code == 409
    handed = do("hand-over", label=label, wristband="HIMS:PATIENT:MRN-777001")
    assert handed.json()["status"] == "handed-over"
    lot = str(counter.lot("PARA", "P1").uid)
    back = do("returns", lines=[{"lot": lot, "quantity": "8"}], reason="not needed")
    assert (back.status_code, back.json()["status"]) == (201, "returned")
    shown = program.get(one).json()
    assert (shown["status"], shown["lines"][0]["returned"]) == ("returned", 8)


def test_a_second_person_is_asked_and_answers_by_their_own_program(counter, program):
    order = counter.order("MORPH", dose="10", timing="once", quantity=1)
    asked = body(order, {"scan": scanned("MORPH", "M1"), "quantity": "1"})
    refused = post(program, asked)
    assert [one["code"] for one in refused.json()["findings"]] == ["second_person"]
    question = program.post(f"{PATH}confirmations/", asked, content_type="application/json")
    token = question.json()["confirmation"]
    assert post(program, asked | {"confirmation": token}).status_code == 409
    second = given.with_token(counter.house.nurse)
    said = second.post(
        f"/api/confirmations/{token}/", {"answer": "yes"}, content_type="application/json"
    )
    assert said.status_code == 200
    assert post(program, asked | {"confirmation": token}).json()["status"] == "checked"
