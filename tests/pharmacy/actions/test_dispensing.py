"""To dispense: what was picked leaves the shelf for a patient, wholly or not at all."""

from datetime import timedelta

import pytest

from hims import verifying
from hims.actions.confirmations import ask_confirmation, give_confirmation
from hims.errors import Invalid, NotFound, Refused
from inventory.models import IssuedSerial, Lot, Movement, StockLevel
from pharmacy.actions import orders
from pharmacy.models import Dispense
from pharmacy.queries.picked import Asked, picked_lines
from pharmacy.queries.second_person import PURPOSE, stands_for, to_read
from tests import given_dispensing
from tests.given_stock import FAR, SOON, scanned

pytestmark = pytest.mark.django_db


@pytest.fixture
def counter():
    return given_dispensing.counter()


def pack(quantity=8, lot="P1", serial=""):
    expiry = SOON if lot == "P1" else FAR
    return Asked(scan=scanned("PARA", lot, expiry, serial), quantity=quantity)


def codes_of(refused):
    return [finding.code for finding in refused.value.findings]


def unchanged(counter):
    assert not Movement.objects.filter(kind="dispense").exists()
    assert not Dispense.objects.exclude(movement=None).exists()
    bad = {found.name: found.first_bad for found in verifying.verify() if found.first_bad}
    assert not bad


def test_what_was_scanned_leaves_the_shelf_for_the_patient(counter):
    order = counter.order()
    made = counter.dispense(order, pack())
    assert counter.stock.level("PARA", "P1", "PH-A") == 200 - 8
    kept = Dispense.objects.get(uid=made.uid)
    assert (kept.status, kept.movement.uid, made.owed) == ("picked", made.movement, None)
    assert [(one.lot.number, one.quantity, one.scanned) for one in kept.lines.all()] == [
        ("P1", 8, True)
    ]
    assert kept.verified_by == counter.house.pharmacist


def test_less_than_is_wanted_leaves_the_rest_owed(counter):
    order = counter.order()
    made = counter.dispense(order, pack(3))
    owed = counter.waiting(order)
    assert (owed.uid, owed.wanted, owed.status) == (made.owed, 5, "verified")
    assert (owed.owed_from.uid, owed.product) == (made.uid, counter.stock.products["PARA"])
    last = counter.dispense(order, pack(5))
    assert (last.uid, last.owed) == (owed.uid, None)
    with pytest.raises(Refused) as refused:
        counter.dispense(order, pack(1))
    assert codes_of(refused) == ["nothing_open"]
    assert not [found for found in verifying.verify() if found.first_bad]


def test_more_than_is_wanted_is_refused(counter):
    with pytest.raises(Refused) as refused:
        counter.dispense(counter.order(), pack(9))
    assert "more_than_wanted" in codes_of(refused)
    unchanged(counter)


def test_a_store_gives_what_lies_on_its_shelves(counter):
    order = counter.order()
    counter.dispense(
        order, pack(6), Asked(lot=counter.lot("PARA", "P2").uid, quantity=2), place="PH"
    )
    lines = Dispense.objects.get(order=order).lines.order_by("lot__number")
    assert [(one.place.code, one.quantity) for one in lines] == [("PH-A", 6), ("PH-A", 2)]
    assert counter.stock.level("PARA", "P2", "W1S") == 80


def test_a_shortage_is_refused_with_ways_out_and_nothing_is_changed(counter):
    order = counter.order(quantity=300, supply_days=10)
    with pytest.raises(Refused) as refused:
        counter.dispense(order, pack(250))
    assert codes_of(refused) == ["not_enough"]
    kinds = [way["kind"] for way in refused.value.alternatives]
    assert {"other_lot", "other_place"} <= set(kinds)
    unchanged(counter)


def test_a_substitute_of_the_formulary_may_stand_in_and_anything_else_may_not(counter):
    other = given_dispensing.another(counter, "PARAX", group="paracetamol 500 mg tablets")
    order = counter.order()
    made = counter.dispense(order, Asked(lot=counter.lot("PARAX", "X1").uid, quantity=4))
    kept = Dispense.objects.get(uid=made.uid)
    assert (kept.product, kept.substituted_for) == (other, counter.stock.products["PARA"])
    assert (kept.wanted, made.owed) == (4, None), "whole tablets here, halves there"
    order = counter.order(patient="MRN-777002")
    with pytest.raises(Refused) as refused:
        counter.dispense(order, Asked(lot=counter.lot("GAUZE", "").uid, quantity=4))
    assert "wrong_product" in codes_of(refused)


def test_a_substitute_on_the_shelf_is_offered_when_the_ordered_one_is_short(counter):
    given_dispensing.another(counter, "PARAX", group="paracetamol 500 mg tablets")
    order = counter.order(quantity=900, supply_days=30)
    with pytest.raises(Refused) as refused:
        counter.dispense(order, pack(900))
    (way,) = (way for way in refused.value.alternatives if way["kind"] == "substitute")
    assert (way["product_name"], way["lot_number"], way["quantity"]) == ("Paradol", "X1", 60)


# --- who and when ---------------------------------------------------------------------------------


def test_a_technician_dispenses_what_a_pharmacist_has_verified_and_nothing_else(counter):
    order, technician = counter.order(), counter.house.pharmacy_technician
    with pytest.raises(Refused) as refused:
        counter.dispense(order, pack(), actor=technician)
    assert codes_of(refused) == ["not_verified"]
    counter.verify(order)
    made = counter.dispense(order, pack(), actor=technician)
    kept = Dispense.objects.get(uid=made.uid)
    assert (kept.verified_by, kept.dispensed_by) == (counter.house.pharmacist, technician)


@pytest.mark.parametrize(
    ("ending", "code"),
    [
        (orders.hold_order, "order_on_hold"),
        (orders.stop_order, "order_stopped"),
        (orders.cancel_order, "order_cancelled"),
    ],
)
def test_an_order_that_ended_meanwhile_is_seen(counter, ending, code):
    order = counter.order()
    counter.pick(order, "P1", SOON)
    ending(actor=counter.house.physician, now=counter.house.now, order=order, reason="changed")
    with pytest.raises(Refused) as refused:
        counter.dispense(order, pack())
    assert codes_of(refused) == [code]
    unchanged(counter)


@pytest.mark.parametrize("status", ["recalled", "quarantined", "expired"])
def test_a_lot_that_fell_out_of_use_while_it_lay_in_the_basket_is_refused(counter, status):
    order = counter.order()
    counter.pick(order, "P1", SOON)
    Lot.objects.filter(number="P1").update(status=status)
    with pytest.raises(Refused) as refused:
        counter.dispense(order, pack())
    assert status in codes_of(refused)
    unchanged(counter)


def test_a_lot_is_good_until_the_end_of_its_day_and_no_longer(counter):
    order = counter.order(supply_days=1)
    today = counter.house.now.date()
    Lot.objects.filter(number="P1").update(expiry=today - timedelta(days=1))
    with pytest.raises(Refused) as refused:
        counter.dispense(order, Asked(lot=counter.lot("PARA", "P1").uid, quantity=8))
    assert "expired" in codes_of(refused)
    Lot.objects.filter(number="P1").update(expiry=today)
    assert counter.dispense(order, Asked(lot=counter.lot("PARA", "P1").uid, quantity=8))


def test_a_pack_with_a_serial_number_is_dispensed_once(counter):
    order = counter.order(quantity=16)
    counter.dispense(order, pack(8, serial="S1"))
    assert IssuedSerial.objects.get().serial == "S1"
    with pytest.raises(Refused) as refused:
        counter.dispense(order, pack(8, serial="S1"))
    assert codes_of(refused) == ["serial_issued"]
    with pytest.raises(Refused) as refused:
        counter.dispense(order, pack(4, serial="S2"), pack(4, serial="S2"))
    assert codes_of(refused) == ["serial_repeated"]
    assert StockLevel.objects.get(lot__number="P1").quantity == 192


# --- bad input ------------------------------------------------------------------------------------


def test_what_is_no_quantity_is_invalid(counter):
    order = counter.order()
    for quantity in ("0", "-1", "1e30", "NaN", "0.5", "two", ""):
        with pytest.raises(Invalid):
            counter.dispense(order, pack(quantity))
    unchanged(counter)


def test_a_wrong_unit_an_unknown_lot_and_a_strange_place_are_named(counter):
    order = counter.order()
    for lines, place, code in (
        ([Asked(scan=pack().scan, quantity=1, unit="ml")], "PH-A", "wrong_unit"),
        ([Asked(scan=scanned("PARA", "NONE"), quantity=1)], "PH-A", "unknown_lot"),
        ([Asked(scan="rubbish", quantity=1)], "PH-A", "unknown_product"),
        ([Asked(lot=order.uid, quantity=1)], "PH-A", "unknown_product"),
        ([pack()], "NOWHERE", "unknown_place"),
        ([pack()], "WORLD-WASTE", "virtual_place"),
        ([pack()], "Q-PH", "quarantine_place"),
        ([], "PH-A", "bad_lines"),
    ):
        with pytest.raises(Refused) as refused:
            counter.dispense(order, *lines, place=place)
        assert codes_of(refused) == [code]
    unchanged(counter)
    with pytest.raises(NotFound):
        counter.dispense(counter.stock.products["PARA"], pack())


# --- the second person ----------------------------------------------------------------------------


def morphine(counter):
    order = counter.order("MORPH", dose="10", timing="once", quantity=1)
    return order, Asked(scan=scanned("MORPH", "M1"), quantity=1)


def confirmed(counter, order, *lines, place="PH-A"):
    """The yes of the technician on their own device, to exactly this."""
    picked = picked_lines(lines, now=counter.house.now)
    shelf = given_dispensing.place(place)
    product = picked[0].lot.product
    asked = ask_confirmation(
        actor=counter.house.pharmacist,
        now=counter.house.now,
        purpose=PURPOSE,
        shown=to_read(order, product, shelf, picked),
        about=stands_for(order, product, shelf, picked),
        asked_from="counter",
    )
    give_confirmation(
        actor=counter.house.pharmacy_technician,
        now=counter.house.now,
        confirmation=asked,
        given_from="phone",
    )
    return str(asked.uid)


def test_nothing_controlled_leaves_without_a_second_person(counter):
    order, line = morphine(counter)
    with pytest.raises(Refused) as refused:
        counter.dispense(order, line)
    assert codes_of(refused) == ["second_person"]
    unchanged(counter)
    made = counter.dispense(order, line, confirmation=confirmed(counter, order, line))
    kept = Dispense.objects.get(uid=made.uid)
    assert (kept.status, kept.movement.witness) == ("checked", counter.house.pharmacy_technician)


def test_a_yes_is_for_one_order_product_lot_quantity_and_place_and_for_one_time(counter):
    order, line = morphine(counter)
    twice = counter.order("MORPH", patient="MRN-777002", dose="10", timing="once", quantity=1)
    yes = confirmed(counter, order, line)
    for other, more in (
        ((twice, line), {}),
        ((order, Asked(scan=line.scan, quantity=2)), {}),
        ((order, line), {"place": "PH-B"}),
    ):
        with pytest.raises(Refused) as refused:
            counter.dispense(*other, confirmation=yes, **more)
        assert set(codes_of(refused)) <= {"confirmation_of_something_else", "more_than_wanted"}
    counter.dispense(order, line, confirmation=yes)
    with pytest.raises(Refused) as refused:
        counter.dispense(twice, line, confirmation=yes)
    assert codes_of(refused) == ["confirmation_used"]
