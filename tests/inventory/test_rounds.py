"""A ward's top-up: counted, picked, delivered, with every unit in the ledger all the time."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from hims import verifying
from hims.errors import Forbidden, Refused
from inventory.actions.catalogue import set_par
from inventory.actions.recalls import open_recall
from inventory.actions.rounds import (
    begin_top_up,
    cancel_top_up,
    count_shelf,
    deliver,
    leave,
    pick,
)
from inventory.models import Count, Lot, Movement, StockLevel, TopUp
from inventory.queries.par import rows_of
from tests import given_stock

pytestmark = pytest.mark.django_db


@pytest.fixture
def stock():
    stock = given_stock.stocked()
    for product, par in (("PARA", 120), ("INSUL", 50)):
        set_par(
            actor=stock.house.pharmacist,
            now=stock.now,
            place=stock.places["W1S"],
            product=stock.products[product],
            reorder_at=10,
            par=par,
        )
    return stock


def by(stock, action, **asked):
    return action(actor=stock.house.pharmacy_technician, now=stock.now, **asked)


def begun(stock, **more) -> TopUp:
    places = {"place": stock.places["W1S"], "source": stock.places["PH"]}
    return by(stock, begin_top_up, **(places | more))


def counted(stock, top_up, product, units, **more):
    product = stock.products[product]
    levels = StockLevel.objects.filter(place=top_up.place, lot__product=product)
    seen = more.pop("seen", sum(level.quantity for level in levels))
    return by(stock, count_shelf, top_up=top_up, product=product, counted=units, seen=seen, **more)


def picked(stock, top_up, number, units, place="PH-A", product="PARA"):
    return by(
        stock,
        pick,
        top_up=top_up,
        place=stock.places[place],
        lot=stock.lot(product, number),
        quantity=units,
    )


def all_units() -> dict[str, int]:
    """Base units at real places by lot: nothing may appear or vanish."""
    sums: dict[str, int] = {}
    for number, units in StockLevel.objects.values_list("lot__number", "quantity"):
        sums[number] = sums.get(number, 0) + units
    return sums


def test_a_whole_round_brings_the_ward_to_par_first_expired_first(stock):
    top_up = begun(stock)
    assert counted(stock, top_up, "PARA", 30).wanted == 90
    assert counted(stock, top_up, "INSUL", 0).wanted == 50
    before = all_units()
    viewer = stock.house.pharmacy_technician
    rows = {
        row.product.code: row
        for row in rows_of(top_up, viewer=viewer, now=stock.now, with_takes=True)
    }
    assert [(lot.number, place.code, units) for lot, place, units in rows["PARA"].takes] == [
        ("P1", "PH-A", 90)
    ]
    picked(stock, top_up, "P1", 90)
    picked(stock, top_up, "I1", 50, product="INSUL")
    assert stock.level("PARA", "P1", "RUN-W1S") == 90
    by(stock, leave, top_up=top_up)
    done = by(stock, deliver, top_up=top_up)
    assert done.status == "done"
    assert stock.level("PARA", "P1", "W1S") == 90
    assert stock.level("INSUL", "I1", "W1S") == 50
    assert stock.level("PARA", "P1", "RUN-W1S") == 0
    assert all_units() == before
    assert not [one for one in verifying.verify() if one.first_bad]


def test_what_was_used_leaves_the_lots_that_expire_first_and_waits_for_review(stock):
    stock.receive(
        {"scan": given_stock.scanned("PARA", "P1", given_stock.SOON), "quantity": "10"},
        place="W1S",
    )
    top_up = begun(stock)
    counted(stock, top_up, "PARA", 75)  # 10 of P1 and 80 of P2 were there
    assert stock.level("PARA", "P1", "W1S") == 0
    assert stock.level("PARA", "P2", "W1S") == 75
    assert sorted(Count.objects.values_list("lot__number", "seen_quantity", "counted")) == [
        ("P1", 10, 0),
        ("P2", 80, 75),
    ]


def test_more_than_the_ledger_knew_needs_a_pack_and_becomes_found_stock(stock):
    top_up = begun(stock)
    with pytest.raises(Refused):
        counted(stock, top_up, "PARA", 90)
    assert counted(stock, top_up, "PARA", 90, lot=stock.lot("PARA", "P1")).wanted == 30
    assert stock.level("PARA", "P1", "W1S") == 10
    assert Count.objects.get().found


def test_stock_that_moved_while_it_was_counted_is_counted_again(stock):
    top_up = begun(stock)
    with pytest.raises(Refused) as refused:
        counted(stock, top_up, "PARA", 30, seen=81)
    assert refused.value.findings[0].code == "moved_meanwhile"
    assert not Count.objects.exists()


def test_a_shelf_may_be_counted_again_before_picking(stock):
    top_up = begun(stock)
    counted(stock, top_up, "PARA", 30)
    assert counted(stock, top_up, "PARA", 20).wanted == 100
    picked(stock, top_up, "P1", 10)
    with pytest.raises(Refused):
        counted(stock, top_up, "PARA", 10)


def test_what_may_not_be_used_does_not_fill_the_shelf(stock):
    open_recall(
        actor=stock.house.pharmacist,
        now=stock.now,
        reference="R",
        reason="why",
        lots=[stock.lot("PARA", "P2")],
    )
    top_up = begun(stock)
    assert counted(stock, top_up, "PARA", 80).wanted == 120
    with pytest.raises(Refused) as refused:
        picked(stock, top_up, "P2", 10)
    assert refused.value.findings[0].code == "recalled"


def test_nobody_picks_more_than_is_wanted_or_from_another_store(stock):
    top_up = begun(stock)
    counted(stock, top_up, "PARA", 30)
    for wrong in ({"units": 91}, {"units": 10, "place": "TR"}, {"units": 0}):
        with pytest.raises(Refused):
            picked(stock, top_up, "P1", wrong["units"], wrong.get("place", "PH-A"))
    with pytest.raises(Refused):
        picked(stock, top_up, "M1", 1, product="MORPH")
    assert not Movement.objects.filter(kind="transfer").exists()


def test_a_round_that_is_given_up_brings_back_what_was_picked(stock):
    before = all_units()
    top_up = begun(stock)
    counted(stock, top_up, "PARA", 80)
    picked(stock, top_up, "P1", 40)
    assert by(stock, cancel_top_up, top_up=top_up).status == "cancelled"
    assert stock.level("PARA", "P1", "PH") == 40
    assert all_units() == before
    begun(stock)


def test_a_full_shelf_ends_the_round_and_a_forgotten_pick_does_not(stock):
    top_up = begun(stock)
    counted(stock, top_up, "PARA", 30)
    with pytest.raises(Refused):
        by(stock, leave, top_up=top_up)
    Lot.objects.filter(number="P1").update(status="released")
    by(stock, cancel_top_up, top_up=top_up)
    again = begun(stock)
    assert by(stock, leave, top_up=again).status == "done"


def test_one_round_at_a_time_for_a_place_that_has_par_levels_and_another_source(stock):
    begun(stock)
    for wrong in (
        {},
        {"place": stock.places["TR"]},
        {"place": stock.places["PH-A"]},
        {"place": stock.places["Q-PH"]},
    ):
        with pytest.raises(Refused):
            begun(stock, **wrong)
    with pytest.raises(Forbidden):
        begin_top_up(
            actor=stock.house.nurse,
            now=stock.now,
            place=stock.places["W1S"],
            source=stock.places["PH"],
        )


def test_a_pick_list_of_any_length_is_read_in_the_same_number_of_statements(stock):
    top_up = begun(stock)
    viewer = stock.house.pharmacy_technician
    lengths = []
    for product, units in (("PARA", 30), ("INSUL", 0)):
        counted(stock, top_up, product, units)
        with CaptureQueriesContext(connection) as asked:
            rows_of(top_up, viewer=viewer, now=stock.now, with_takes=True)
        lengths.append(len(asked))
    assert lengths[0] == lengths[1] <= 5
