"""A supply on its way: verified, held, picked, handed over, and back."""

from datetime import timedelta

import pytest

from hims.actions.confirmations import ask_confirmation, give_confirmation
from hims.errors import Forbidden, Refused
from inventory.models import IssuedSerial, Movement
from pharmacy.actions import emergency, handover, picking, returns, verification
from pharmacy.actions.orders import stop_order
from pharmacy.models import AllergyStatement, Dispense
from pharmacy.queries import asking
from tests import given_dispensing
from tests.given_stock import SOON, scanned

pytestmark = pytest.mark.django_db


@pytest.fixture
def counter():
    return given_dispensing.counter()


def codes_of(refused):
    return [finding.code for finding in refused.value.findings]


def does(counter, action, who="pharmacist", after=timedelta(0), **asked):
    return action(actor=getattr(counter.house, who), now=counter.house.now + after, **asked)


def supplied(counter, quantity=8, serial="", **asked):
    """A supply that left the shelf and waits to be handed over."""
    order = counter.order(quantity=quantity, **asked)
    line = given_dispensing.asked(scanned("PARA", "P1", SOON, serial), quantity)
    return Dispense.objects.get(uid=counter.dispense(order, line).uid)


# --- verified or held -----------------------------------------------------------------------------


def test_a_technician_cannot_verify_and_a_warning_needs_a_reason(counter):
    order = counter.order()
    supply = counter.waiting(order)
    with pytest.raises(Forbidden):
        does(counter, verification.verify, "pharmacy_technician", dispense=supply)
    AllergyStatement.objects.all().delete()
    with pytest.raises(Refused) as refused:
        does(counter, verification.verify, dispense=supply)
    assert codes_of(refused) == ["allergies_unknown"]
    supply.refresh_from_db()
    assert (supply.status, supply.verified_by) == ("received", None)
    assert counter.verify(order).verified_by == counter.house.pharmacist


def test_a_held_supply_is_neither_picked_nor_supplied(counter):
    order = counter.order()
    supply = counter.waiting(order)
    does(counter, verification.hold, dispense=supply, question="Which strength?")
    for attempt in (
        lambda: counter.pick(order, "P1", SOON),
        lambda: counter.dispense(order, given_dispensing.asked(scanned("PARA", "P1", SOON), 8)),
        lambda: does(counter, verification.verify, dispense=supply),
    ):
        with pytest.raises(Refused):
            attempt()
    asked = supply.clarifications.get()
    with pytest.raises(Refused):
        does(counter, verification.answer, "physician", clarification=asked, answer=" ")
    does(counter, verification.answer, "physician", clarification=asked, answer="500 mg")
    assert does(counter, verification.verify, dispense=supply).status == "verified"


def test_what_is_owed_can_be_dropped_with_a_reason_and_supplied_again_later(counter):
    order = counter.order()
    supply = counter.waiting(order)
    with pytest.raises(Refused):
        does(counter, verification.drop, dispense=supply, reason="")
    does(counter, verification.drop, dispense=supply, reason="patient has some left")
    again = does(counter, verification.supply_again, order=order)
    assert (again.status, again.wanted) == ("received", 8)
    with pytest.raises(Refused) as refused:
        does(counter, verification.supply_again, order=order)
    assert codes_of(refused) == ["waits_already"]


# --- picked ---------------------------------------------------------------------------------------


def test_one_pack_fills_what_is_wanted_and_another_is_one_too_many(counter):
    order = counter.order()
    counter.verify(order)
    picked = counter.pick(order, "P1", SOON)
    assert picked.item.quantity == 8
    with pytest.raises(Refused) as refused:
        counter.pick(order, "P2")
    assert codes_of(refused) == ["more_than_wanted"]


def test_a_later_lot_may_be_picked_but_the_sooner_one_is_named(counter):
    order = counter.order()
    counter.verify(order)
    notes = counter.pick(order, "P2").notes
    assert "sooner_lot" in [note.code for note in notes]


def test_a_lease_that_ended_lets_somebody_else_go_on_with_the_basket(counter):
    order = counter.order()
    supply = counter.verify(order)
    counter.pick(order, "P1", SOON, quantity="1")
    with pytest.raises(Refused) as refused:
        does(counter, picking.claim, "pharmacy_technician", picking.LEASE / 2, dispense=supply)
    assert codes_of(refused) == ["claimed"]
    does(counter, picking.claim, "pharmacy_technician", picking.LEASE, dispense=supply)
    assert supply.basket.get().quantity == 2


def test_what_the_place_does_not_hold_is_not_picked(counter):
    order = counter.order()
    counter.verify(order)
    with pytest.raises(Refused) as refused:
        counter.pick(order, "P1", SOON, place="PH-B")
    assert codes_of(refused) == ["not_enough"]
    assert refused.value.alternatives


def test_the_very_pack_is_picked_once(counter):
    order = counter.order(quantity=80, supply_days=10)
    counter.verify(order)
    counter.pick(order, "P1", SOON, serial="S1")
    with pytest.raises(Refused) as refused:
        counter.pick(order, "P1", SOON, serial="S1")
    assert codes_of(refused) == ["serial_repeated"]


# --- handed over ----------------------------------------------------------------------------------


def test_only_its_own_label_and_its_own_patient_take_a_supply(counter):
    supply, other = supplied(counter), supplied(counter, patient="MRN-777002")
    label = f"HIMS:DISPENSE:{supply.uid}"
    for asked, code in (
        ({"label": f"HIMS:DISPENSE:{other.uid}", "collector": "Ann Oakhurst"}, "wrong_label"),
        ({"label": "HIMS:PATIENT:MRN-777001", "collector": "Ann Oakhurst"}, "wrong_label"),
        ({"label": label}, "nobody_named"),
        ({"label": label, "wristband": label}, "unknown_wristband"),
        ({"label": label, "wristband": "HIMS:PATIENT:MRN-777002"}, "wrong_patient"),
    ):
        with pytest.raises(Refused) as refused:
            does(counter, handover.hand_over, dispense=supply, **asked)
        assert codes_of(refused) == [code]
    done = does(counter, handover.hand_over, dispense=supply, label=label, collector="Ann Oakhurst")
    assert (done.status, done.handed_over_to) == ("handed-over", "Ann Oakhurst")
    with pytest.raises(Refused) as refused:
        does(counter, handover.hand_over, dispense=supply, label=label, collector="Ann Oakhurst")
    assert codes_of(refused) == ["not_now"]


def test_what_was_supplied_for_an_order_that_was_stopped_is_not_handed_over(counter):
    supply = supplied(counter)
    does(counter, stop_order, who="physician", order=supply.order, reason="not needed any more")
    label = f"HIMS:DISPENSE:{supply.uid}"
    with pytest.raises(Refused, match="is stopped now") as refused:
        does(counter, handover.hand_over, dispense=supply, label=label, collector="Ann Oakhurst")
    assert codes_of(refused) == ["order_ended"]


# --- back -----------------------------------------------------------------------------------------


def test_what_comes_back_waits_in_quarantine_and_its_serial_number_is_free_again(counter):
    supply = supplied(counter, serial="S1")
    lot = counter.lot("PARA", "P1")
    back = returns.Back(lot.uid, 8)
    does(counter, returns.take_back, dispense=supply, lines=[back], reason="patient went home")
    assert counter.stock.level("PARA", "P1", "Q-PH") == 8
    issued = IssuedSerial.objects.get()
    assert issued.returned_by.kind == Movement.Kind.RETURN
    supply.refresh_from_db()
    assert supply.status == "returned"
    with pytest.raises(Refused) as refused:
        does(counter, returns.take_back, dispense=supply, lines=[back], reason="again")
    assert codes_of(refused) == ["more_than_given"]


def test_a_pack_with_a_serial_number_is_named_when_a_part_comes_back(counter):
    supply = supplied(counter, serial="S1")
    lot = counter.lot("PARA", "P1")
    for serials, code in (((), "serial_needed"), (("S9",), "serial_unknown")):
        with pytest.raises(Refused) as refused:
            does(
                counter,
                returns.take_back,
                dispense=supply,
                lines=[returns.Back(lot.uid, 2, serials=serials)],
                reason="not needed",
            )
        assert codes_of(refused) == [code]


def test_a_controlled_drug_that_came_back_is_wasted_before_a_second_person_only(counter):
    order = counter.order("MORPH", dose="10", timing="once", quantity=1)
    line = given_dispensing.asked(scanned("MORPH", "M1"), 1)
    place = given_dispensing.place("PH-A")
    house = counter.house

    def yes(question):
        asked = ask_confirmation(
            actor=house.pharmacist, now=house.now, asked_from="counter", **question
        )
        give_confirmation(actor=house.nurse, now=house.now, confirmation=asked, given_from="phone")
        return str(asked.uid)

    question = asking.before_supplying(
        viewer=house.pharmacist, now=house.now, order=order.uid, lines=[line], place=place
    )
    made = counter.dispense(order, line, confirmation=yes(question))
    supply = Dispense.objects.get(uid=made.uid)
    lot = counter.lot("MORPH", "M1").uid
    wasted = {"dispense": supply, "lines": [returns.Back(lot, 1, "waste")], "reason": "refused it"}
    with pytest.raises(Refused) as refused:
        does(counter, returns.take_back, **wasted)
    assert codes_of(refused) == ["witness_needed"]
    (posted,) = does(
        counter,
        returns.take_back,
        confirmation=yes(asking.before_wasting(supply, [(lot, 1)])),
        **wasted,
    )
    assert Movement.objects.get(uid=posted.uid).witness == house.nurse


# --- emergency ------------------------------------------------------------------------------------


def test_an_emergency_supply_is_checked_like_any_other_and_signed_afterwards(counter):
    asked = {
        "patient": counter.house.patients["MRN-777001"],
        "place": "PH-A",
        "dose": "500",
        "dose_unit": "mg",
        "route": "oral",
        "lines": [given_dispensing.asked(scanned("PARA", "P1", SOON), 2)],
        "reason": "fever of 41 degrees",
    }
    with pytest.raises(Refused):
        does(counter, emergency.supply_in_emergency, **(asked | {"reason": ""}))
    made = does(counter, emergency.supply_in_emergency, "charge_nurse", **asked)
    supply = Dispense.objects.get(uid=made.uid)
    assert (supply.status, supply.verified_by) == ("picked", None)
    with pytest.raises(Refused):
        does(counter, emergency.sign_afterwards, order=supply.order)
    signed = does(counter, emergency.sign_afterwards, "physician", order=supply.order)
    assert signed.prescriber == counter.house.physician
    controlled = asked | {
        "dose": "10",
        "route": "intravenous",
        "lines": [given_dispensing.asked(scanned("MORPH", "M1"), 1)],
    }
    with pytest.raises(Refused) as refused:
        does(counter, emergency.supply_in_emergency, **controlled)
    assert "second_person" in codes_of(refused)
