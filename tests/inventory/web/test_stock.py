"""The stock pages that are looked at: what lies where, what waits, and what was done."""

import re

import pytest
from django.urls import reverse

from inventory.actions.stock import counting, moving
from inventory.models import Count, Lot, Movement
from tests import given, given_stock
from tests.given_stock import FAR, SOON, scanned

pytestmark = pytest.mark.django_db


@pytest.fixture
def stock():
    return given_stock.stocked()


@pytest.fixture
def browser(stock):
    return given.signed_in(stock.house.pharmacist)


def page_of(browser, name, *args, status=200, **asked) -> str:
    answer = browser.get(reverse(name, args=args), asked)
    assert answer.status_code == status, answer
    return answer.content.decode()


def text_of(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def test_words_find_products_with_what_there_is_of_them(browser):
    page = text_of(page_of(browser, "stock", q="paracet 500"))
    assert "Paracetamol 500 mg tablets 340 tablet" in page
    assert "Morphine" not in page


@pytest.mark.parametrize(
    ("code", "name"),
    [
        (scanned("PARA", "P1", SOON), "lot"),
        (scanned("PARA", "NEW", FAR), "product"),
        (given_stock.GTINS["INSUL"], "product"),
        ("ph-a", "stock-place"),
        ("HIMS:PLACE:W1S", "stock-place"),
    ],
)
def test_a_scan_opens_what_was_scanned(stock, browser, code, name):
    answer = browser.get(reverse("stock"), {"q": code})
    assert answer.status_code == 302
    there = {
        "lot": lambda: stock.lot("PARA", "P1"),
        "product": lambda: stock.products["INSUL" if code.isdigit() else "PARA"],
        "stock-place": lambda: stock.places["W1S" if "W1S" in code else "PH-A"],
    }
    assert answer.url == reverse(name, args=[there[name]().uid])


def test_the_product_page_says_which_lot_to_take_first_and_why(stock, browser):
    page = text_of(page_of(browser, "product", stock.products["PARA"].uid))
    assert "340 tablets on all shelves" in page
    assert "P1 Take this first: expires first, on 31 Jan 2030" in page
    assert "box of 20 20 tablets 04012345000016" in page
    Lot.objects.filter(number="P1").update(status="recalled")
    page = text_of(page_of(browser, "product", stock.products["PARA"].uid))
    assert "P2 Take this first: the only lot" in page
    assert "P1 Recalled" in page


def test_the_place_page_lists_what_lies_there(stock, browser):
    page = text_of(page_of(browser, "stock-place", stock.places["PH-A"].uid))
    assert "MORPHine 10 mg/ml ampoules lot M1 30 Jun 2031 30 ampoule" in page
    page = text_of(page_of(browser, "stock-place", stock.places["PH-A"].uid, q="insulin"))
    assert "MORPHine" not in page
    assert "Nothing lies here" in page_of(browser, "stock-place", stock.places["TR"].uid)


def test_the_places_are_found_by_name(browser):
    assert "Emergency trolley" in page_of(browser, "stock-places")
    assert "Emergency trolley" not in page_of(browser, "stock-places", q="shelf")


def test_what_waits_is_on_the_first_page(stock, browser):
    house, now = stock.house, stock.now
    pack = {"scan": scanned("INSUL", "NEW", FAR)}
    counting.found(actor=house.nurse, now=now, place=stock.places["W1S"], lines=[pack])
    wet = {"scan": scanned("PARA", "P1", SOON)}
    where = stock.places["PH-A"]
    moving.quarantine(actor=house.charge_nurse, now=now, place=where, lines=[wet], reason="wet")
    page = text_of(page_of(browser, "stock-waiting"))
    assert "Insulin 100 units/ml found at Ward west stock, just now 10 ml" in page
    assert "Paracetamol 500 mg tablets lot P1, Pharmacy quarantine 20 tablet" in page


def test_what_expires_and_what_is_low_is_on_the_first_page(stock, browser):
    assert "Nothing on the shelves" in page_of(browser, "stock-expiring")
    Lot.objects.filter(number="I1").update(expiry=stock.now.date())
    assert "Insulin 100 units/ml lot I1" in text_of(page_of(browser, "stock-expiring"))
    assert "Every place holds enough" in page_of(browser, "stock-low")
    stock.places["W1S"].pars.create(product=stock.products["PARA"], reorder_at=80, par=120)
    page = text_of(page_of(browser, "stock-low"))
    assert "Paracetamol 500 mg tablets Ward west stock 40 tablets of 60 tablets" in page


def test_a_movement_is_taken_back_from_its_page_once(stock, browser):
    first = Movement.objects.order_by("-pk").first()
    url = reverse("movement", args=[first.uid])
    page = browser.get(url).content.decode()
    key = re.search(r'name="key" value="([^"]+)"', page)[1]
    back = reverse("reverse-movement", args=[first.uid])
    asked = {"key": key, "reason": "wrong ward"}
    gone = browser.post(back, asked)
    assert browser.post(back, asked).url == gone.url
    assert stock.level("PARA", "P2", "W1S") == 0
    assert "This was taken back" in browser.get(url).content.decode()
    assert "It was a mistake" not in browser.get(gone.url).content.decode()
    refused = browser.post(back, {"key": "another", "reason": "again"})
    assert refused.status_code == 409
    assert "taken back already" in refused.content.decode()


def test_a_pharmacist_reviews_what_was_found(stock, browser):
    pack = {"scan": scanned("INSUL", "NEW", FAR)}
    counting.found(actor=stock.house.nurse, now=stock.now, place=stock.places["W1S"], lines=[pack])
    page = page_of(browser, "stock-review")
    assert "10 ml at Ward west stock; the ledger said 0 ml. +10 ml" in text_of(page)
    key = re.search(r'name="key" value="([^"]+)"', page)[1]
    url = reverse("review-count", args=[Count.objects.get().uid])
    assert browser.post(url, {"key": f"{key}1", "verdict": "back"}).status_code == 409
    assert browser.post(url, {"key": f"{key}2", "verdict": "perhaps"}).status_code == 409
    assert browser.post(url, {"key": key, "verdict": "stands"}).status_code == 302
    assert "Nothing to review" in page_of(browser, "stock-review")
