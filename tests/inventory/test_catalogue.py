"""Products, lots and par levels changed by hand, and the timeline that tells of it."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from hims.errors import Forbidden, Refused
from hims.queries.timeline import timeline
from inventory.actions.catalogue import change_lot, change_product, set_par
from inventory.actions.recalls import open_recall
from inventory.models import Lot, Par
from tests import given_stock

pytestmark = pytest.mark.django_db


@pytest.fixture
def stock():
    return given_stock.stocked()


def by(stock, action, **asked):
    return action(actor=stock.house.pharmacist, now=stock.now, **asked)


def test_a_change_of_a_product_is_told_field_by_field_in_words(stock):
    product = stock.products["PARA"]
    by(
        stock,
        change_product,
        product=product,
        changed={
            "storage": "fridge",
            "high_alert": True,
            "supplier": None,
            "price": Decimal("0.125"),
        },
        reason="as the maker asks",
    )
    newest = timeline(product, viewer=stock.house.nurse)[0]
    said = {one.field: (one.before, one.after) for one in newest.differences}
    assert said == {
        "Storage": ("room temperature", "fridge, 2 to 8 °C"),
        "High alert": ("no", "yes"),
        "Supplier": ("Allmed", ""),
        "Price": ("", "0.1250"),
    }
    assert (newest.who, newest.why, newest.kind) == (
        stock.house.pharmacist.name,
        "as the maker asks",
        "changed",
    )


def test_a_timeline_is_newest_first_and_begins_with_the_adding(stock):
    product = stock.products["PARA"]
    for name in ("One", "Two"):
        by(stock, change_product, product=product, changed={"name": name}, reason=name)
    changes = timeline(product, viewer=stock.house.pharmacist)
    assert [one.kind for one in changes] == ["changed", "changed", "added"]
    assert [one.why for one in changes[:2]] == ["Two", "One"]
    assert timeline(product, viewer=stock.house.pharmacist, most=1)[0].why == "Two"


def test_a_timeline_shows_nothing_to_those_who_may_not_know_of_the_thing(stock):
    assert timeline(stock.products["PARA"], viewer=stock.house.biomedical_engineer) == []


def test_par_levels_are_told_in_the_words_of_the_product(stock):
    product, place = stock.products["PARA"], stock.places["W1S"]
    by(stock, set_par, place=place, product=product, reorder_at=20, par=80)
    rule = by(stock, set_par, place=place, product=product, reorder_at=20, par=120)
    words = {"par": lambda units: f"{units // 2} tablets"}
    newest, first = timeline(rule, viewer=stock.house.nurse, words=words)
    assert ("Par", "", "40 tablets") in [(d.field, d.before, d.after) for d in first.differences]
    assert [(one.before, one.after) for one in newest.differences] == [("40 tablets", "60 tablets")]


def test_the_unit_of_a_product_stays_once_its_stock_has_moved(stock):
    with pytest.raises(Refused) as refused:
        by(
            stock,
            change_product,
            product=stock.products["PARA"],
            changed={"base_per_unit": 4},
            reason="quarters",
        )
    assert refused.value.findings[0].field == "unit"
    stock.products["PARA"].refresh_from_db()
    assert stock.products["PARA"].base_per_unit == 2


def test_a_pharmacist_quarantines_and_releases_a_lot_and_says_why(stock):
    lot = stock.lot("PARA", "P1")
    assert by(stock, change_lot, lot=lot, status="quarantined", reason="colour").status == (
        "quarantined"
    )
    assert by(stock, change_lot, lot=lot, status="released", reason="is fine").status == "released"
    with pytest.raises(Refused):
        by(stock, change_lot, lot=lot, status="quarantined", reason="  ")
    with pytest.raises(Forbidden):
        change_lot(
            actor=stock.house.pharmacy_technician, now=stock.now, lot=lot, reason="x", status=""
        )


@pytest.mark.parametrize("status", ["recalled", "expired", "nonsense"])
def test_nobody_says_by_hand_what_recalls_and_the_clock_say(stock, status):
    with pytest.raises(Refused):
        by(stock, change_lot, lot=stock.lot("PARA", "P1"), status=status, reason="why")


def test_a_recalled_lot_is_not_released_by_hand(stock):
    lot = stock.lot("PARA", "P1")
    by(stock, open_recall, reference="R", reason="why", lots=[lot])
    with pytest.raises(Refused) as refused:
        by(stock, change_lot, lot=lot, status="released", reason="why")
    assert refused.value.findings[0].code == "recalled"


def test_a_wrong_date_is_put_right_and_what_had_expired_by_it_is_good_again(stock):
    lot = stock.lot("PARA", "P1")
    today = stock.now.date()
    past = today - timedelta(days=3)
    by(stock, change_lot, lot=lot, expiry=past, status="quarantined", reason="misread")
    with pytest.raises(Refused):
        by(stock, change_lot, lot=lot, status="released", reason="x")
    Lot.objects.filter(pk=lot.pk).update(status="expired")
    put_right = by(stock, change_lot, lot=lot, expiry=date(2040, 1, 31), reason="misread")
    assert (put_right.status, put_right.expiry) == ("released", date(2040, 1, 31))


def test_a_par_level_is_above_its_reorder_point_at_a_real_place_and_zero_takes_it_away(stock):
    asked = {"place": stock.places["W1S"], "product": stock.products["PARA"]}
    with pytest.raises(Refused):
        by(stock, set_par, **asked, reorder_at=80, par=80)
    by(stock, set_par, **asked, reorder_at=20, par=80)
    assert Par.objects.get().par == 80
    assert by(stock, set_par, **asked, reorder_at=0, par=0) is None
    assert not Par.objects.exists()


def test_what_was_never_kept_has_no_story(stock):
    house = stock.house
    bare = Lot.objects.bulk_create([Lot(product=stock.products["PARA"], number="BARE")])[0]
    assert timeline(bare, viewer=house.pharmacist) == []
