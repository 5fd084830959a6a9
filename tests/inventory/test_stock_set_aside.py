"""Stock comes back, waits in quarantine, is released; and what was booked is taken back."""

import pytest

from hims.errors import Forbidden, Refused
from inventory.actions.stock import moving, reversing
from inventory.models import Lot, Movement
from tests import given_stock
from tests.given_stock import FAR, SOON, scanned
from tests.inventory.at_the_shelves import act, codes_of, moved, sound

pytestmark = pytest.mark.django_db


@pytest.fixture
def stock():
    return given_stock.stocked()


# --- return, quarantine, release ----------------------------------------------------------------


def test_what_a_ward_returns_waits_until_a_pharmacist_releases_it(stock):
    pack = {"scan": scanned("PARA", "P2", FAR), "quantity": "30"}
    done = act(
        stock,
        moving.give_back,
        "nurse",
        place=stock.places["PH"],
        source=stock.places["W1S"],
        lines=[pack],
    )
    assert done.place == stock.places["Q-PH"]
    assert (stock.level("PARA", "P2", "W1S"), stock.level("PARA", "P2", "Q-PH")) == (50, 30)
    back = {"place": stock.places["Q-PH"], "target": stock.places["PH-B"], "lines": [pack]}
    with pytest.raises(Forbidden):
        act(stock, moving.release, "pharmacy_technician", reason="whole and dry", **back)
    with pytest.raises(Refused):
        act(stock, moving.release, reason=" ", **back)
    act(stock, moving.release, reason="whole and dry", **back)
    assert stock.level("PARA", "P2", "PH-B") == 30
    sound()


def test_patients_return_no_more_than_was_dispensed(stock):
    pack = {"scan": scanned("PARA", "P2", FAR), "quantity": "1"}
    with pytest.raises(Refused) as refused:
        act(stock, moving.give_back, place=stock.places["PH"], lines=[pack])
    assert codes_of(refused) == ["more_than_given"]


def test_what_is_set_aside_goes_to_the_quarantine_place_of_its_store_made_if_there_is_none(stock):
    pack = {"scan": scanned("PARA", "P1", SOON), "quantity": "40"}
    done = act(stock, moving.quarantine, place=stock.places["PH-A"], lines=[pack], reason="wet box")
    assert done.place.code == "Q-PH"
    ward = {"scan": scanned("PARA", "P2", FAR), "quantity": "40"}
    done = act(stock, moving.quarantine, place=stock.places["W1S"], lines=[ward], reason="wet box")
    assert (done.place.code, done.place.within) == ("Q-W1S", stock.places["W1S"])
    assert stock.level("PARA", "P2", "Q-W1S") == 40


def test_a_lot_in_quarantine_is_moved_nowhere_and_not_released_pack_by_pack(stock):
    pack = {"scan": scanned("PARA", "P1", SOON), "quantity": "40"}
    act(stock, moving.quarantine, place=stock.places["PH-A"], lines=[pack], reason="odd smell")
    lot = stock.lot("PARA", "P1")
    act(stock, moving.quarantine_lot, "charge_nurse", lot=lot, reason="odd smell")
    with pytest.raises(Refused) as refused:
        moved(stock, pack)
    assert codes_of(refused) == ["quarantined"]
    back = {"place": stock.places["Q-PH"], "lines": [pack], "reason": "fine"}
    with pytest.raises(Refused) as refused:
        act(stock, moving.release, **back)
    assert codes_of(refused) == ["quarantined"]
    with pytest.raises(Forbidden):
        act(stock, moving.release_lot, "charge_nurse", lot=lot, reason="fine")
    act(stock, moving.release_lot, lot=lot, reason="tested, fine")
    act(stock, moving.release, **back)
    assert stock.level("PARA", "P1", "PH") == 40
    told = [(one.status, one.history_change_reason) for one in lot.history.order_by("history_id")]
    assert told[-2:] == [("quarantined", "odd smell"), ("released", "tested, fine")]


def test_a_recalled_lot_is_not_released_by_hand(stock):
    Lot.objects.filter(number="P1").update(status="recalled")
    with pytest.raises(Refused) as refused:
        act(stock, moving.release_lot, lot=stock.lot("PARA", "P1"), reason="please")
    assert codes_of(refused) == ["lot_recalled"]


# --- reverse ------------------------------------------------------------------------------------


def test_a_movement_is_taken_back_once_and_never_twice(stock):
    done = moved(stock, {"scan": scanned("PARA", "P1", SOON), "quantity": "10"})
    movement = Movement.objects.get(uid=done.posted.uid)
    act(stock, reversing.reverse, movement=movement, reason="wrong ward")
    assert (stock.level("PARA", "P1", "PH-A"), stock.level("PARA", "P1", "W1S")) == (200, 0)
    with pytest.raises(Refused) as refused:
        act(stock, reversing.reverse, movement=movement, reason="again")
    assert codes_of(refused) == ["reversed_already"]
    with pytest.raises(Refused) as refused:
        act(stock, reversing.reverse, movement=movement.reversed_by, reason="back and forth")
    assert codes_of(refused) == ["is_reversal"]
    sound()


def test_what_is_gone_cannot_be_taken_back(stock):
    first = Movement.objects.filter(kind="receipt").order_by("pk").first()
    moved(stock, {"scan": scanned("PARA", "P1", SOON), "quantity": "10"})
    with pytest.raises(Refused) as refused:
        act(stock, reversing.reverse, movement=first, reason="never came")
    assert codes_of(refused) == ["not_enough"]


def test_findings_carry_the_line_that_they_are_about(stock):
    with pytest.raises(Refused) as refused:
        stock.receive(
            {"scan": scanned("PARA", "P9")}, {"scan": scanned("PARA", "P8"), "quantity": "0"}
        )
    assert [finding.field for finding in refused.value.findings] == ["lines.1.quantity"]
