"""Suggested orders: what is short, in whole packs, from whom; and what became of them."""

import pytest
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from hims.errors import Refused
from inventory.actions.catalogue import set_par
from inventory.actions.purchases import (
    cancel_order,
    change_line,
    note_received,
    send_order,
    suggest_orders,
)
from inventory.actions.stock.moving import receive
from inventory.models import Lot, Pack, Product, PurchaseOrder
from inventory.queries.par import document_of, in_packs, to_order
from tests import given as given_house
from tests import given_stock

pytestmark = pytest.mark.django_db


@pytest.fixture
def stock():
    return given_stock.stocked()


def by(stock, action, **asked):
    return action(actor=stock.house.pharmacy_technician, now=stock.now, **asked)


def rule(stock, product, reorder_at, par, place="PH"):
    set_par(
        actor=stock.house.pharmacist,
        now=stock.now,
        place=stock.places[place],
        product=stock.products[product],
        reorder_at=reorder_at,
        par=par,
    )


def short(stock):
    viewer = stock.house.pharmacy_technician
    return {
        one.product.code: one for one in to_order(stock.places["PH"], viewer=viewer, now=stock.now)
    }


def test_what_is_at_its_reorder_point_is_filled_up_to_par_in_whole_packs(stock):
    rule(stock, "PARA", 600, 1001)  # 600 base units lie on the store's shelf
    one = short(stock)["PARA"]
    assert (one.held, one.packs, one.pack.name, one.quantity) == (600, 11, "box of 20", 440)


@given(sizes=st.lists(st.integers(1, 500), max_size=4), missing=st.integers(1, 100_000))
def test_whole_packs_cover_what_is_missing_and_not_one_pack_more(sizes, missing):
    pack, packs = in_packs([Pack(units=units) for units in sorted(sizes)], missing)
    if not sizes:
        assert (pack, packs) == (None, 0)
        return
    assert packs * pack.units >= missing > (packs - 1) * pack.units
    fitting = [units for units in sizes if units <= missing]
    assert pack.units == (max(fitting) if fitting else min(sizes))


def test_what_is_above_its_reorder_point_or_on_order_is_not_suggested(stock):
    rule(stock, "PARA", 599, 1000)
    assert short(stock) == {}
    rule(stock, "PARA", 600, 1000)
    (order,) = by(stock, suggest_orders, store=stock.places["PH"])
    assert "PARA" in short(stock)  # a suggestion is no order
    by(stock, send_order, order=order)
    assert short(stock) == {}


def test_what_may_not_be_used_or_lies_elsewhere_does_not_count_as_there(stock):
    rule(stock, "PARA", 300, 700)
    assert short(stock) == {}
    Lot.objects.filter(number="P2").update(status="quarantined")
    assert short(stock)["PARA"].held == 200


def test_suggestions_are_made_anew_and_not_twice(stock):
    rule(stock, "PARA", 600, 1000)
    rule(stock, "GAUZE", 500, 900)
    by(stock, suggest_orders, store=stock.places["PH"])
    (order,) = by(stock, suggest_orders, store=stock.places["PH"])
    assert PurchaseOrder.objects.count() == 1
    assert {line.product.code: line.quantity for line in order.lines.all()} == {
        "PARA": 400,
        "GAUZE": 400,
    }


def test_an_order_is_received_as_far_as_the_ledger_says(stock):
    rule(stock, "PARA", 600, 1000)
    (order,) = by(stock, suggest_orders, store=stock.places["PH"])
    by(stock, change_line, order=order, product=stock.products["PARA"], quantity=120)
    by(stock, send_order, order=order)
    assert by(stock, note_received, order=order).status == "ordered"
    line = {"scan": given_stock.scanned("PARA", "P3"), "quantity": "2", "unit": "box of 20"}
    by(
        stock,
        receive,
        place=stock.places["PH-A"],
        lines=[line],
        document=document_of(order),
    )
    assert by(stock, note_received, order=order).status == "ordered"
    assert order.lines.get().received == 80
    done = by(stock, note_received, order=order, rest_is_off=True)
    assert done.status == "received"
    with pytest.raises(Refused):
        by(stock, cancel_order, order=order, reason="late")


def test_an_order_without_supplier_or_lines_is_not_sent_and_a_sent_one_is_not_changed(stock):
    rule(stock, "PARA", 600, 1000)
    (order,) = by(stock, suggest_orders, store=stock.places["PH"])
    para = stock.products["PARA"]
    by(stock, change_line, order=order, product=para, quantity=0)
    with pytest.raises(Refused):
        by(stock, send_order, order=order)
    Product.objects.update(supplier=None)
    (homeless,) = by(stock, suggest_orders, store=stock.places["PH"])
    with pytest.raises(Refused):
        by(stock, send_order, order=homeless)
    by(stock, change_line, order=order, product=para, quantity=40)
    by(stock, send_order, order=order)
    with pytest.raises(Refused):
        by(stock, change_line, order=order, product=para, quantity=80)
    with pytest.raises(Refused):
        by(stock, cancel_order, order=order)
    assert by(stock, cancel_order, order=order, reason="twice").status == "cancelled"


def test_a_technician_suggests_changes_and_orders_on_pages(stock):
    rule(stock, "PARA", 600, 1000)
    browser = given_house.signed_in(stock.house.pharmacy_technician)
    listed = browser.get(reverse("purchases"))
    assert "200 tablet" in listed.content.decode()
    key = {"key": listed.context["key"], "store": "PH"}
    for _press in range(2):
        assert browser.post(reverse("suggest-purchases"), key).status_code == 302
    order = PurchaseOrder.objects.get()
    args = [order.uid]
    sent = {"product": "PARA", "quantity": "60", "key": "a"}
    assert browser.post(reverse("change-purchase", args=args), sent).status_code == 302
    assert order.lines.get().quantity == 120
    wrong = sent | {"quantity": "60.3", "key": "b"}
    assert browser.post(reverse("change-purchase", args=args), wrong).status_code == 409
    assert browser.post(reverse("send-purchase", args=args), {"key": "c"}).status_code == 302
    assert browser.post(reverse("cancel-purchase", args=args), {"key": "d"}).status_code == 409
    shown = browser.get(reverse("purchase", args=args)).content.decode()
    assert document_of(order) in shown
    assert browser.post(reverse("receive-purchase", args=args), {"key": "e"}).status_code == 302
