"""Programs ask what lies where, and say what happened to stock (CONTRACT, /api/stock/)."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hims.models import AuditEntry
from inventory.models import Lot, Movement, StockLevel
from tests import given as there
from tests import given_stock
from tests.given_stock import FAR, SOON, scanned

pytestmark = pytest.mark.django_db

P1 = scanned("PARA", "P1", SOON)


@pytest.fixture
def stock():
    return given_stock.stocked()


@pytest.fixture
def program(stock):
    return there.with_token(stock.house.pharmacist)


def said(program, what, body, status=201, **headers) -> dict:
    answer = program.post(
        f"/api/stock/{what}/", json.dumps(body), content_type="application/json", headers=headers
    )
    assert answer.status_code == status, answer.content
    if status >= 400:
        assert answer["Content-Type"].startswith("application/problem+json")
    return answer.json()


def codes_of(answer: dict) -> list[str]:
    return [finding["code"] for finding in answer["findings"]]


def asked(program, query="", what="") -> dict:
    answer = program.get(f"/api/stock/{what}{query}")
    assert answer.status_code == 200, answer.content
    return answer.json()


# --- what lies where ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("?product=PARA", [("P1", "PH-A", 200), ("P2", "PH-A", 400), ("P2", "W1S", 80)]),
        ("?place=W1S", [("P2", "W1S", 80)]),
        ("?lot=P2", [("P2", "PH-A", 400), ("P2", "W1S", 80)]),
        ("?product=PARA&place=PH-A&lot=P1", [("P1", "PH-A", 200)]),
        ("?lot=none", []),
    ],
)
def test_levels_are_asked_for_by_product_lot_and_place(program, query, expected):
    rows = asked(program, query)["results"]
    assert sorted((row["lot_number"], row["place"], row["quantity"]) for row in rows) == expected


def test_a_level_says_how_people_count_it_and_whether_it_may_be_used(program):
    Lot.objects.filter(number="P1").update(status="recalled")
    (row,) = asked(program, "?lot=P1")["results"]
    assert (row["said"], row["version"]) == ("100 tablets", 1)
    assert (row["usable"], row["reason"]) == (False, "recalled")


def test_the_list_goes_on_where_it_stopped(program):
    first = asked(program, "?limit=4")
    rest = program.get(first["next"]).json()
    assert len(first["results"]) == 4
    assert rest["next"] is None
    assert len(first["results"]) + len(rest["results"]) == StockLevel.objects.count()


def test_what_to_take_first_comes_with_its_reason(program):
    told = asked(program, "?product=PARA&place=PH-A&quantity=250", "suggestions/")
    assert [(take["lot_number"], take["quantity"]) for take in told["takes"]] == [
        ("P1", 200),
        ("P2", 50),
    ]
    assert told["takes"][0]["reason"] == "expires first, on 31 Jan 2030"
    assert told["short"] == 0
    short = asked(program, "?product=PARA&place=W1S&quantity=100", "suggestions/")
    assert short["short"] == 20
    assert [way["kind"] for way in short["alternatives"]] == ["other_place", "part_now"]


# --- what happened ------------------------------------------------------------------------------


def test_a_receipt_is_answered_with_its_movement(program):
    body = {"place": "PH-A", "document": "DN-7", "lines": [{"scan": scanned("PARA", "P9", FAR)}]}
    told = said(program, "receipts", body)
    assert (told["kind"], told["document"], told["place"]) == ("receipt", "DN-7", "PH-A")
    assert [(line["place"], line["quantity"], line["balance"]) for line in told["lines"]] == [
        ("supplier", -40, None),
        ("PH-A", 40, 40),
    ]
    assert Movement.objects.get(uid=told["id"]).document == "DN-7"
    assert AuditEntry.objects.latest("id").objects_named == [f"movement:{told['id']}"]


def test_one_line_may_stand_beside_the_place(program, stock):
    said(program, "transfers", {"from": "PH-A", "to": "W1S", "scan": P1, "quantity": 3})
    assert stock.level("PARA", "P1", "W1S") == 3


def test_the_same_call_again_has_one_effect_and_the_same_answer(program, stock):
    body = {"from": "PH-A", "to": "W1S", "lines": [{"scan": P1, "quantity": "3"}]}
    key = {"Idempotency-Key": "press-1"}
    first = said(program, "transfers", body, **key)
    assert said(program, "transfers", body, **key) == first
    assert stock.level("PARA", "P1", "W1S") == 3
    said(program, "transfers", body | {"reason": "other"}, 422, **key)


def test_a_refusal_is_repeated_too(program):
    body = {"from": "PH-A", "to": "W1S", "lines": [{"scan": P1, "quantity": "999"}]}
    key = {"Idempotency-Key": "press-2"}
    first = said(program, "transfers", body, 409, **key)
    assert codes_of(first) == ["not_enough"]
    assert [way["kind"] for way in first["alternatives"]][-1] == "part_now"
    assert said(program, "transfers", body, 409, **key) == first


def test_a_count_names_the_version_that_its_counter_saw(program, stock):
    (row,) = asked(program, "?lot=P1&place=PH-A")["results"]
    line = {"scan": P1, "quantity": "198", "version": row["version"]}
    told = said(program, "counts", {"place": "PH-A", "lines": [line]})
    assert (told["counts"][0]["seen"], told["counts"][0]["counted"]) == (200, 198)
    again = said(program, "counts", {"place": "PH-A", "lines": [line]}, 409)
    assert codes_of(again) == ["counted_meanwhile"]
    assert [way["kind"] for way in again["alternatives"]] == ["moved_since", "count_again"]
    agreed = line | {"version": again["alternatives"][-1]["version"]}
    assert said(program, "counts", {"place": "PH-A", "lines": [agreed]})["id"] is None


def test_what_is_controlled_is_wasted_with_a_second_persons_yes(program, stock):
    body = {"place": "PH-A", "why": "damaged", "scan": scanned("MORPH", "M1", FAR), "quantity": 1}
    assert codes_of(said(program, "wastes", body, 409)) == ["witness_needed"]
    token = said(program, "wastes/confirmations", body)["confirmation"]
    second = there.with_token(stock.house.nurse)
    yes = second.post(f"/api/confirmations/{token}/", {"answer": "yes"}, "application/json")
    assert yes.status_code == 200
    told = said(program, "wastes", body | {"confirmation": token})
    assert told["witness"] == stock.house.nurse.name
    assert codes_of(said(program, "wastes", body | {"confirmation": token}, 409)) == [
        "confirmation_used"
    ]


def test_a_return_waits_in_quarantine_until_it_is_released(program, stock):
    pack = {"scan": scanned("PARA", "P2", FAR), "quantity": "20"}
    told = said(program, "returns", {"from": "W1S", "place": "PH", "lines": [pack]})
    assert told["place"] == "Q-PH"
    released = {"place": "Q-PH", "to": "PH-A", "lines": [pack], "reason": "whole"}
    said(program, "releases", released)
    said(program, "releases", released, 409)
    assert stock.level("PARA", "P2", "PH-A") == 420
    nurse = there.with_token(stock.house.nurse)
    said(nurse, "releases", released, 403)


def test_found_stock_is_entered_and_reviewed_by_somebody_else(program, stock):
    nurse = there.with_token(stock.house.nurse)
    told = said(nurse, "found", {"place": "W1S", "scan": scanned("INSUL", "NEW", FAR)})
    review = f"counts/{told['counts'][0]['id']}/review"
    said(program, review, {"accepted": False}, 409)
    said(program, review, {"accepted": False, "words": "not ours"})
    assert stock.level("INSUL", "NEW", "W1S") == 0


def test_a_movement_is_taken_back(program, stock):
    told = said(program, "transfers", {"from": "PH-A", "to": "W1S", "scan": P1, "quantity": 3})
    back = said(program, "reversals", {"movement": told["id"], "reason": "wrong ward"})
    assert back["reverses"] == told["id"]
    assert stock.level("PARA", "P1", "PH-A") == 200


def test_a_whole_lot_is_set_aside_and_released(program, stock):
    lot = str(stock.lot("PARA", "P1").uid)
    assert said(program, "lots/quarantines", {"lot": lot, "reason": "smell"}) == {
        "lot": lot,
        "status": "quarantined",
    }
    said(program, "quarantines", {"place": "PH-A", "reason": "smell", "scan": P1})
    body = {"from": "PH-A", "to": "W1S", "scan": P1}
    assert codes_of(said(program, "transfers", body, 409)) == ["quarantined"]
    said(program, "lots/releases", {"lot": lot, "reason": "tested"})
    said(program, "transfers", body)


@pytest.mark.parametrize(
    ("what", "body", "field"),
    [
        ("receipts", {"lines": [{"scan": P1}]}, "place"),
        ("receipts", {"place": "nowhere", "scan": P1}, "place"),
        ("receipts", {"place": "PH-A", "supplier": "X", "scan": P1}, "supplier"),
        ("receipts", {"place": "PH-A", "lines": []}, "lines"),
        ("receipts", {"place": "PH-A", "lines": "all"}, "lines.non_field_errors"),
        ("transfers", {"from": "PH-A", "scan": P1}, "to"),
        ("wastes", {"place": "PH-A", "why": "boredom", "scan": P1}, "why"),
        ("counts", {"place": "PH-A", "scan": P1, "version": -1}, "lines.0.version"),
        ("counts", {"place": "PH-A", "scan": P1}, "lines.0.version"),
        ("reversals", {"movement": "x", "reason": "y"}, "movement"),
    ],
)
def test_a_malformed_body_is_told_by_field(program, what, body, field):
    assert said(program, what, body, 400)["findings"][0]["field"] == field


DOORS = ["receipts", "transfers", "counts", "wastes", "returns", "quarantines", "found"]
odd = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20), st.just([]),
    st.sampled_from(["0", "-1", "1e30", "NaN", "½", "1,5", "9" * 40, "\x1d", "2026-02-30"]),
)  # fmt: skip
line = st.fixed_dictionaries(
    {},
    optional={
        "scan": st.sampled_from([P1, scanned("PARA", "P9"), "]d2", "(01)"]) | odd,
        "lot": odd,
        "product": st.sampled_from(["PARA", "GAUZE", "MORPH"]) | odd,
        "lot_number": st.sampled_from(["P1", "P2"]) | odd,
        "expiry": st.just("2030-01-31") | odd,
        "quantity": st.sampled_from(["1", "3", 5]) | odd,
        "unit": st.sampled_from(["base", "tablet", "box of 20", "vial"]) | odd,
        "unscanned": st.just("torn") | odd,
        "version": st.integers(-1, 3) | odd,
    },
)
places = st.sampled_from(["PH-A", "W1S", "Q-PH", "WORLD-SUPPLIER", "nowhere"]) | odd


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    what=st.sampled_from(DOORS),
    body=st.fixed_dictionaries(
        {"lines": st.lists(line, max_size=2), "place": places},
        optional={"from": places, "to": places, "reason": odd, "why": st.just("damaged") | odd},
    ),
)
def test_no_body_however_strange_is_a_fault_or_breaks_the_ledger(program, what, body):
    text = json.dumps(body)
    answer = program.post(f"/api/stock/{what}/", text, content_type="application/json")
    assert answer.status_code in {201, 400, 409}, answer.content
    if answer.status_code != 201:
        assert answer.json()["detail"]
    assert not StockLevel.objects.filter(quantity__lt=0).exists()
