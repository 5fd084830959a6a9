"""What a scan of a pack means: product, pack, lot, and what is doubtful about it."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hims.errors import Forbidden
from hims.wire import own_codes
from inventory.models import Lot, Pack, Product
from inventory.queries.scanned import resolve, resolve_all
from tests.people import someone

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
GS = "\x1d"
GTIN = "09521234000013"
BOX = "19521234000010"


@pytest.fixture
def product():
    made = Product.objects.create(code="MORPH10", name="Morphine 10 mg", unit="ampoule")
    Pack.objects.create(product=made, name="ampoule", units=1, gtin=GTIN)
    Pack.objects.create(product=made, name="box of 10", units=10, gtin=BOX)
    return made


@pytest.fixture
def lot(product):
    return Lot.objects.create(product=product, number="A17", expiry=date(2026, 6, 30))


@pytest.fixture
def read(db):
    viewer = someone("pharmacy_technician")
    return lambda text, now=NOW: resolve(text, viewer=viewer, now=now)


def said(resolved) -> set[str]:
    return {f"{one.severity} {one.code}" for one in resolved.findings}


def test_article_and_lot_are_found_with_the_pack_they_come_in(read, lot):
    one = read(f"]d201{BOX}1726063010A17{GS}21S1")
    assert (one.product, one.lot, one.pack.name) == (lot.product, lot, "box of 10")
    assert (one.units, one.code.serial, said(one), one.ok) == (10, "S1", set(), True)


def test_any_number_of_codes_costs_one_statement(lot):
    viewer = someone("pharmacist")
    texts = [f"(01){GTIN}(17)260630(10)A17", "nothing of ours", f"(01){BOX}(10)ZZ"]
    with CaptureQueriesContext(connection) as asked:
        found = resolve_all(texts, viewer=viewer, now=NOW)
    assert [one.lot for one in found] == [lot, None, None]
    assert [one.product for one in found] == [lot.product, None, lot.product]
    assert len(asked) == 1


def test_an_article_that_is_not_in_the_catalogue_is_said_to_be_so(read, product):
    one = read("(01)09521234000990(10)A17")
    assert one.product is None
    assert not one.ok
    assert said(one) == {"stop unknown_product"}
    assert "09521234000990" in one.findings[0].text


def test_a_lot_that_was_never_received_is_noted_and_may_be_received(read, product):
    one = read(f"(01){GTIN}(17)261231(10)NEW1")
    assert (one.product, one.lot, one.code.lot) == (product, None, "NEW1")
    assert said(one) == {"note unknown_lot"}
    assert one.ok


def test_another_expiry_than_the_stored_one_is_a_stop_that_names_both(read, lot):
    one = read(f"(01){GTIN}(17)261231(10)A17")
    assert said(one) == {"stop expiry_conflict"}
    assert "31 Dec 2026" in one.findings[0].text
    assert "30 Jun 2026" in one.findings[0].text
    lot.refresh_from_db()
    assert lot.expiry == date(2026, 6, 30)


def test_a_code_without_expiry_leaves_the_stored_one_and_says_so(read, lot):
    one = read(f"(01){GTIN}(10)A17")
    assert one.lot == lot
    assert one.lot.expiry == date(2026, 6, 30)
    assert said(one) == {"note expiry_not_read"}
    assert one.ok


def test_a_lot_stored_without_expiry_is_noted_when_the_code_has_one(read, lot):
    Lot.objects.filter(pk=lot.pk).update(expiry=None)
    assert said(read(f"(01){GTIN}(17)260630(10)A17")) == {"note expiry_not_stored"}


@pytest.mark.parametrize("text", [f"01{GTIN}10A1717260630", f"01{GTIN}10A172112345"])
def test_a_lost_separator_is_named_as_a_fault_of_the_scanner_and_no_lot_is_guessed(read, lot, text):
    one = read(text)
    assert "stop separator_lost" in said(one)
    assert one.lot is None
    assert one.product == lot.product
    assert "scanner" in one.findings[-1].text


def test_a_known_lot_inside_the_number_shows_the_lost_separator_without_expiry(read, product):
    product.carries_expiry = False
    product.save()
    Lot.objects.create(product=product, number="A17")
    assert "stop separator_lost" in said(read(f"01{GTIN}10A17211234"))


def test_a_lot_is_good_until_the_end_of_its_day_in_the_hospitals_time_zone(read, lot):
    text = f"(01){GTIN}(17)260630(10)A17"
    late = datetime(2026, 6, 30, 21, 0, tzinfo=UTC)
    assert said(read(text, late)) == set()
    assert said(read(text, late + timedelta(days=1))) == {"stop expired"}


def test_a_pack_of_an_unknown_lot_that_has_expired_is_expired_too(read, product):
    assert said(read(f"(01){GTIN}(17)250131(10)OLD")) == {"note unknown_lot", "stop expired"}


@pytest.mark.parametrize("status", ["recalled", "quarantined", "expired"])
def test_the_state_of_the_lot_stops_its_use_but_not_its_reading(read, lot, status):
    Lot.objects.filter(pk=lot.pk).update(status=status)
    one = read(f"(01){GTIN}(17)260630(10)A17")
    assert said(one) == {f"stop {status}"}
    assert (one.ok, one.readable, one.lot) == (False, True, lot)


def test_a_wrong_check_digit_is_never_acted_upon(read, lot):
    one = read("(01)09521234000014(17)260630(10)A17")
    assert one.lot is None
    assert not one.readable


def test_people_may_type_the_product_or_the_number_of_a_lot(read, lot):
    assert read("morph10").product == lot.product
    assert (read("A17").lot, read("a17").lot) == (lot, lot)
    other = Product.objects.create(code="KCL", name="Potassium chloride", unit="ml")
    Lot.objects.create(product=other, number="A17")
    assert said(read("A17")) == {"stop ambiguous"}


def test_our_own_labels_stand_for_their_product_and_lot(read, lot):
    assert read(own_codes.written("lot", str(lot.uid))).lot == lot
    assert read(own_codes.written("product", "MORPH10")).product == lot.product
    assert said(read("HIMS:LOT:nonsense")) == {"stop unknown_product"}


def test_what_carries_no_lot_is_found_without_one(read, product):
    bare = Lot.objects.create(product=product, number="")
    assert read(GTIN[1:]).lot == bare


def test_a_pallet_label_counts_the_packs_that_it_holds(read, lot):
    one = read(f"(00)095212340000000013(02){BOX}(17)260630(37)12(10)A17")
    assert (one.lot, one.units) == (lot, 120)


def test_who_may_not_see_stock_resolves_nothing(lot):
    with pytest.raises(Forbidden):
        resolve("A17", viewer=someone("biomedical_engineer"), now=NOW)


@pytest.mark.parametrize("text", ["a\0b", "\ud800", "(01)\0", "*" * 5000, "", "\x1d", "%s {} '"])
def test_hostile_text_is_no_pack_and_no_error(read, lot, text):
    one = read(text)
    assert one.lot is None
    assert not one.ok


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.text(max_size=60) | st.text("0123456789()\x1d]dA17", max_size=60))
def test_any_text_resolves_to_something_or_to_a_reason(read, lot, text):
    one = read(text)
    assert one.product is not None or one.findings
