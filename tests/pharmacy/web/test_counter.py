"""The counter: the queue, the one supply, and everything that is pressed or scanned there."""

import re

import pytest
from django.urls import reverse

from hims.actions.confirmations import give_confirmation
from hims.models import Confirmation
from inventory.models import Movement
from pharmacy.models import Clarification, Dispense
from tests import given, given_dispensing
from tests.given_stock import SOON, scanned

pytestmark = pytest.mark.django_db


class Desk:
    """Somebody at the counter: presses forms as they stand on the page, each with its own key."""

    def __init__(self, counter, someone):
        self.counter, self.browser = counter, given.signed_in(someone)
        self.page = ""

    def open(self, name, *args, **asked):
        answer = self.browser.get(reverse(name, args=args), asked)
        self.page = answer.content.decode()
        return answer

    def press(self, name, about=None, key="", **asked):
        keys = re.findall(r'name="key" value="([^"]+)"', self.page)
        self.key = key or keys[-1]
        args = [about.uid] if about else []
        answer = self.browser.post(reverse(name, args=args), {"key": self.key} | asked)
        self.page = answer.content.decode(errors="replace")
        return answer

    def scan(self, code, supply=None, key="scan", **asked):
        self.scans = getattr(self, "scans", 0) + 1
        asked = {"code": code, "supply": str(supply.uid) if supply else ""} | asked
        return self.press("counter-scan", key=f"{key}-{self.scans}", **asked)


@pytest.fixture
def counter():
    return given_dispensing.counter()


@pytest.fixture
def desk(counter):
    return Desk(counter, counter.house.pharmacist)


def para(lot="P1"):
    return scanned("PARA", lot, SOON if lot == "P1" else None)


def test_the_queue_is_in_order_of_urgency_and_then_of_what_was_promised(counter, desk):
    counter.order()
    counter.order("INSUL", dose="10", quantity=4, patient="MRN-777002", priority="stat")
    desk.open("counter")
    rows = re.findall(r"<strong>([^<]+)</strong>", desk.page.split('id="queue"')[1])
    assert rows[:2] == ["Insulin 100 units/ml", "Paracetamol 500 mg tablets"]
    assert "At once" in desk.page


def test_from_the_order_to_the_hand_over_by_scans_and_single_presses(counter, desk):
    order = counter.order()
    supply = counter.waiting(order)
    desk.open("supply", supply.uid)
    assert "No allergies known" in desk.page
    desk.press("supply-verify", supply)
    assert "0 of 4 tablets picked" in desk.page
    assert "expires first" in desk.page
    desk.scan(para(), supply)
    assert "4 of 4 tablets picked" in desk.page
    desk.press("supply-dispense", supply)
    assert "Print the label" in desk.page
    printed = desk.press("supply-label", supply)
    assert printed["Content-Type"] == "application/pdf"
    label = f"HIMS:DISPENSE:{supply.uid}"
    desk.scan(label)
    assert "The label is read" in desk.page
    desk.scan("HIMS:PATIENT:MRN-777001", supply, label=label)
    assert "Handed over by" in desk.page
    supply.refresh_from_db()
    assert (supply.status, supply.prints) == ("handed-over", 1)


def test_a_double_press_does_nothing_twice(counter, desk):
    order = counter.order()
    supply = counter.waiting(order)
    counter.verify(order)
    desk.open("supply", supply.uid)
    desk.scan(para(), supply, quantity="2")
    desk.press("supply-dispense", supply)
    desk.press("supply-dispense", supply, key=desk.key)
    assert Movement.objects.filter(kind="dispense").count() == 1
    desk.open("supply", supply.uid)
    once = desk.press("supply-label", supply)
    desk.press("supply-label", supply, key=desk.key)
    supply.refresh_from_db()
    assert (once.status_code, supply.prints) == (200, 1)


def test_a_scan_that_may_not_be_given_is_a_sentence_in_its_place(counter, desk):
    order = counter.order()
    supply = counter.waiting(order)
    counter.verify(order)
    desk.scan(scanned("INSUL", "I1"), supply)
    assert "is not what was ordered" in desk.page
    desk.scan(scanned("PARA", "NEVER", SOON), supply)
    assert "was never received here" in desk.page
    desk.scan(para(), None)
    assert "Choose a supply first" in desk.page
    assert not supply.basket.exists()


def test_what_is_in_the_basket_is_found_again_by_whoever_comes_back(counter, desk):
    order = counter.order()
    supply = counter.waiting(order)
    counter.verify(order)
    desk.scan(para(), supply, quantity="1.5")
    later = Desk(counter, counter.house.pharmacist)
    later.open("supply", supply.uid)
    assert "1.5 of 4 tablets picked" in later.page
    lot = str(counter.lot("PARA", "P1").uid)
    later.press("supply-basket", supply, lot=lot, quantity="2.5")
    assert "2.5 of 4 tablets picked" in later.page
    later.press("supply-basket", supply, lot=lot, back="1")
    assert "0 of 4 tablets picked" in later.page


def test_exactly_one_picks_a_supply_until_the_lease_ends(counter, desk):
    order = counter.order()
    supply = counter.waiting(order)
    counter.verify(order)
    desk.open("supply", supply.uid)
    desk.press("supply-claim", supply)
    other = Desk(counter, counter.house.pharmacy_technician)
    other.scan(para(), supply)
    assert f"{counter.house.pharmacist.name} is picking it" in other.page
    desk.press("supply-let-go", supply)
    other.scan(para(), supply)
    assert "4 of 4 tablets picked" in other.page


def test_a_question_holds_the_supply_until_the_prescriber_answers(counter, desk):
    supply = counter.waiting(counter.order())
    desk.open("supply", supply.uid)
    desk.press("supply-hold", supply, question="Really four times a day?")
    assert "Really four times a day?" in desk.page
    doctor = Desk(counter, counter.house.physician)
    doctor.open("questions")
    assert "Really four times a day?" in doctor.page
    asked = Clarification.objects.get()
    doctor.press("answer-question", asked, answer="Yes, for three days.")
    supply.refresh_from_db()
    assert supply.status == "received"
    desk.open("supply", supply.uid)
    assert "Yes, for three days." in desk.page


def test_a_second_person_confirms_elsewhere_what_is_in_the_basket(counter, desk):
    order = counter.order("MORPH", dose="10", timing="once", quantity=1)
    supply = counter.waiting(order)
    counter.verify(order)
    desk.scan(scanned("MORPH", "M1"), supply)
    assert "Ask a second person" in desk.page
    desk.press("supply-dispense", supply)
    assert "a second person must confirm it" in desk.page
    desk.press("supply-ask", supply)
    assert "Waiting for a second person" in desk.page
    give_confirmation(
        actor=counter.house.nurse,
        now=counter.house.now,
        confirmation=Confirmation.objects.get(),
        given_from="phone",
    )
    desk.open("supply", supply.uid)
    assert "has confirmed it" in desk.page
    desk.press("supply-dispense", supply)
    assert Dispense.objects.get(pk=supply.pk).status == "checked"


def test_a_shortage_is_answered_with_choices(counter, desk):
    given_dispensing.another(counter, "PARAX", group="paracetamol 500 mg tablets")
    order = counter.order(quantity=700, supply_days=30)
    supply = counter.waiting(order)
    counter.verify(order)
    desk.open("supply", supply.uid)
    assert "Paradol may stand in" in desk.page
    assert "Ward west stock holds 40 tablet" in desk.page
    desk.press("counter-place", place="W1S", supply=str(supply.uid))
    assert '<option value="W1S" selected>' in desk.page


def test_a_supply_comes_back_by_line_and_never_more_than_was_given(counter, desk):
    order = counter.order()
    made = counter.dispense(order, given_dispensing.asked(para(), 8))
    supply = Dispense.objects.get(uid=made.uid)
    line = supply.lines.get()
    desk.open("supply", supply.uid)
    desk.press("supply-return", supply, **{f"back-{line.pk}": "5", "reason": "not needed"})
    assert "cannot come back" in desk.page
    desk.press("supply-return", supply, **{f"back-{line.pk}": "3", "reason": "not needed"})
    assert counter.stock.level("PARA", "P1", "Q-PH") == 6
    desk.press(
        "supply-return",
        supply,
        **{f"back-{line.pk}": "1", f"to-{line.pk}": "waste", "reason": "fell down"},
    )
    supply.refresh_from_db()
    assert supply.status == "returned"


def test_a_nurse_hands_over_with_label_and_wristband_and_not_to_another_patient(counter, desk):
    made = counter.dispense(counter.order(), given_dispensing.asked(para(), 8))
    nurse = Desk(counter, counter.house.nurse)
    nurse.open("hand-over")
    label = f"HIMS:DISPENSE:{made.uid}"
    nurse.press("hand-over", label=label, wristband="HIMS:PATIENT:MRN-777002")
    assert "not for the patient" in nurse.page
    nurse.press("hand-over", label=label, wristband=label)
    assert Dispense.objects.get(uid=made.uid).status == "picked", "a label is no wristband"
    nurse.press("hand-over", label=label, wristband="HIMS:PATIENT:MRN-777001")
    assert Dispense.objects.get(uid=made.uid).status == "handed-over"


def test_in_an_emergency_the_medicine_leaves_before_its_order_is_signed(counter, desk):
    desk.open("emergency")
    asked = {
        "pack": para(),
        "patient": "MRN-777001",
        "quantity": "1",
        "dose": "500",
        "dose_unit": "mg",
        "route": "oral",
        "reason": "fever of 41 degrees",
    }
    answer = desk.press("emergency", **asked)
    assert answer.status_code == 302, desk.page
    order = Dispense.objects.get().order
    assert (order.emergency, order.prescriber) == (True, None)
    assert counter.stock.level("PARA", "P1", "PH-A") == 198
