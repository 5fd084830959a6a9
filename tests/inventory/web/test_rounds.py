"""A top-up round on pages: scan the shelf, count, pick, scan the shelf again."""

import pytest
from django.urls import reverse

from inventory.actions.catalogue import set_par
from inventory.models import Movement, TopUp
from tests import given, given_stock
from tests.given_stock import SOON, scanned

pytestmark = pytest.mark.django_db


@pytest.fixture
def stock():
    stock = given_stock.stocked()
    set_par(
        actor=stock.house.pharmacist,
        now=stock.now,
        place=stock.places["W1S"],
        product=stock.products["PARA"],
        reorder_at=10,
        par=120,
    )
    return stock


@pytest.fixture
def browser(stock):
    return given.signed_in(stock.house.pharmacy_technician)


def press(browser, name, top_up=None, **typed):
    """Press a button of the round's page with the key that the page shows now."""
    shown = reverse("round", args=[top_up.uid]) if top_up else reverse("rounds")
    key = browser.get(shown).context["key"]
    url = reverse(name, args=[top_up.uid] if top_up else [])
    return browser.post(url, {"key": key} | typed)


def test_a_round_from_the_first_scan_to_the_last(stock, browser):
    assert press(browser, "rounds", code="HIMS:PLACE:W1S", source="PH").status_code == 302
    top_up = TopUp.objects.get()
    page = reverse("round", args=[top_up.uid])
    shown = browser.get(page)
    assert shown.context["chosen"].product.code == "PARA"
    counted = press(browser, "round-count", top_up, product="PARA", amount="15", seen="80")
    assert counted.status_code == 302
    shown = browser.get(page).content.decode()
    assert "45 tablet" in shown
    assert "Pharmacy shelf A" in shown
    code = scanned("PARA", "P1", SOON)
    sent = {"place": "PH-A", "code": code, "amount": "45"}
    assert press(browser, "round-pick", top_up, **sent).status_code == 302
    assert press(browser, "round-leave", top_up).status_code == 302
    wrong = press(browser, "round-deliver", top_up, code="HIMS:PLACE:TR")
    assert wrong.status_code == 409
    assert "not the label" in wrong.content.decode()
    assert press(browser, "round-deliver", top_up, code="HIMS:ZONE:W1").status_code == 302
    assert stock.level("PARA", "P1", "W1S") == 90
    assert "Done" in browser.get(page).content.decode()


def test_a_second_press_picks_nothing_twice(stock, browser):
    press(browser, "rounds", code="w1s")
    top_up = TopUp.objects.get()
    press(browser, "round-count", top_up, product="PARA", amount="0", seen="80")
    sent = {"key": "one", "place": "PH-A", "code": scanned("PARA", "P1", SOON), "amount": "5"}
    url = reverse("round-pick", args=[top_up.uid])
    assert [browser.post(url, sent).status_code for _press in range(2)] == [302, 302]
    assert Movement.objects.filter(kind="transfer").count() == 1


def test_what_is_refused_keeps_what_was_typed_and_says_the_way_out(stock, browser):
    press(browser, "rounds", code="W1S")
    top_up = TopUp.objects.get()
    more = press(browser, "round-count", top_up, product="PARA", amount="60", seen="80")
    assert more.status_code == 409
    text = more.content.decode()
    assert "Scan one of the packs" in text
    assert 'value="60"' in text
    pack = scanned("PARA", "P2")
    asked = {"product": "PARA", "code": pack, "amount": "60", "seen": "80"}
    assert press(browser, "round-count", top_up, **asked).status_code == 302
    assert stock.level("PARA", "P2", "W1S") == 120


def test_an_unknown_label_begins_nothing_and_a_second_round_is_refused(stock, browser):
    assert press(browser, "rounds", code="HIMS:PLACE:NOWHERE").status_code == 409
    assert press(browser, "rounds", code="W1S").status_code == 302
    again = press(browser, "rounds", code="W1S")
    assert again.status_code == 409
    assert "under way" in again.content.decode()
    assert press(browser, "round-cancel", TopUp.objects.get()).status_code == 302
    assert TopUp.objects.get().status == "cancelled"
