"""Orders: what is prescribed is checked, kept and queued; each change is checked again."""

from datetime import timedelta

import pytest

from hims.errors import Invalid, Refused
from pharmacy.actions.orders import (
    cancel_order,
    change_order,
    hold_order,
    resume_order,
    stop_order,
)
from pharmacy.models import Dispense, MedicationOrder
from tests import given_pharmacy

pytestmark = pytest.mark.django_db


@pytest.fixture
def made():
    return given_pharmacy.formulary()


def test_an_order_is_kept_and_its_supply_waits_in_the_queue(made):
    order = made.order()
    (waiting,) = Dispense.objects.filter(order=order)
    assert (waiting.status, waiting.product.code, waiting.wanted) == ("received", "PARA", 16)
    assert order.prescriber == made.house.physician


def test_a_ten_fold_dose_is_stopped(made):
    with pytest.raises(Refused) as refused:
        made.order(dose="10000")
    assert "dose_ten_times" in [one.code for one in refused.value.findings]


def of(refused) -> list[str]:
    return [one.code for one in refused.value.findings]


def by(made, **more):
    return {"actor": made.house.physician, "now": made.now + timedelta(minutes=1)} | more


def test_another_dose_takes_the_waiting_supply_out_and_queues_a_new_one(made):
    order = made.order()
    Dispense.objects.filter(order=order).update(status="verified")
    change_order(**by(made), order=order, dose="500")
    states = Dispense.objects.filter(order=order).order_by("pk").values_list("status", "wanted")
    assert list(states) == [("cancelled", 16), ("received", 8)]


def test_another_indication_leaves_the_supply_where_it_was(made):
    order = made.order()
    Dispense.objects.filter(order=order).update(status="verified")
    change_order(**by(made), order=order, indication="headache", priority="stat")
    (waiting,) = Dispense.objects.filter(order=order)
    assert (waiting.status, waiting.urgency) == ("verified", 0)


def test_a_change_for_the_worse_is_refused_and_changes_nothing(made):
    order = made.order()
    with pytest.raises(Refused) as refused:
        change_order(**by(made), order=order, dose="10000")
    assert "dose_ten_times" in of(refused)
    assert MedicationOrder.objects.get().dose == 1000
    assert Dispense.objects.get().status == "received"


def test_what_was_passed_once_is_not_asked_again_when_something_else_changes(made):
    reasons = [
        {"finding": code, "reason": "monitored", "text": "levels daily"}
        for code in ("dose_too_large", "dose_daily")
    ]
    order = made.order(dose="1250", overrides=reasons)
    change_order(**by(made), order=order, note="with water")
    with pytest.raises(Refused) as refused:
        change_order(**by(made), order=order, dose="1500")
    assert of(refused) == ["dose_too_large", "dose_daily"]


def test_a_pair_of_two_orders_is_stopped_whichever_comes_second(made):
    made.order("SIMVA", dose="40", timing="at night")
    with pytest.raises(Refused) as refused:
        made.order("CLARI", dose="500", timing="twice daily")
    assert of(refused) == ["interaction"]


def test_a_stopped_order_interacts_with_nothing(made):
    first = made.order("SIMVA", dose="40", timing="at night")
    stop_order(**by(made), order=first)
    made.order("CLARI", dose="500", timing="twice daily")


def test_an_order_on_hold_keeps_its_place_and_is_checked_when_it_is_resumed(made):
    order = made.order("AMOX", dose="500", timing="three times a day")
    hold_order(**by(made), order=order)
    given_pharmacy.allergic(made, ingredient="amoxicillin")
    assert Dispense.objects.get().status == "received"
    with pytest.raises(Refused) as refused:
        resume_order(**by(made), order=order)
    assert of(refused) == ["allergy"]


def test_an_ended_order_cannot_be_changed_or_ended_again(made):
    order = made.order()
    cancel_order(**by(made), order=order)
    for again in (cancel_order, stop_order, hold_order):
        with pytest.raises(Refused) as refused:
            again(**by(made), order=order)
        assert of(refused) == ["order_not_active"]
    with pytest.raises(Refused):
        change_order(**by(made), order=order, note="x")


def test_an_order_of_an_ingredient_takes_the_product_that_gives_the_dose_in_fewest_parts(made):
    paracetamol = made.ingredients["paracetamol"]
    made.order("", ingredient=paracetamol, dose="750")
    assert (Dispense.objects.get().product.code, Dispense.objects.get().wanted) == ("PARA", 12)
    with pytest.raises(Refused) as refused:
        made.order("", ingredient=paracetamol, route="intravenous")
    assert of(refused) == ["no_product"]


def test_dose_and_timing_that_do_not_say_how_much_ask_for_the_quantity(made):
    with pytest.raises(Refused) as refused:
        made.order(timing="when it hurts", as_needed=True)
    assert of(refused) == ["quantity_needed"]
    made.order(timing="when it hurts", as_needed=True, quantity=8)


def test_a_prescriber_is_a_physician_unless_the_order_is_to_follow(made):
    with pytest.raises(Invalid) as refused:
        made.order(actor=made.house.pharmacist)
    assert of(refused) == ["no_prescriber"]
    with pytest.raises(Invalid) as refused:
        made.order(prescriber=made.house.nurse)
    assert of(refused) == ["may_not_prescribe"]
    order = made.order(actor=made.house.pharmacist, emergency=True)
    assert order.prescriber is None
    change_order(**by(made), order=order, prescriber=made.house.physician)
    order.refresh_from_db()
    assert order.prescriber == made.house.physician


def test_each_change_says_who_and_why(made):
    order = made.order()
    change_order(**by(made), order=order, dose="500", reason="less pain")
    newest, first = MedicationOrder.history.order_by("-history_id")
    assert (newest.dose, newest.history_change_reason) == (500, "less pain")
    assert newest.history_user == made.house.physician
    assert first.dose == 1000
