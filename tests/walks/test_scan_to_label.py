"""Scan to label: a prescription, a wedge scanner's keys and a photo, through every real door, to
a label, a ledger that balances and what a second person and an auditor see in a real browser."""

import subprocess
import sys

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from hims.wire import own_codes
from pharmacy.models import Dispense, DispenseLine
from tests import given, given_pharmacy, given_stock
from tests.browser import chromium, faults_of, served, sign_in
from tests.hims.photographed import drawn, photo, side_by_side
from tests.programs import CHECKOUT, environment

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(240)]

ZEBULON = "HIMS:PATIENT:MRN-777001"


def wedge(page: Page, text: str) -> None:
    """What a wedge scanner types: the separator as Ctrl+], as many send it, and Enter."""
    for part, more in zip(
        text.split("\x1d"), [*["Control+]"] * text.count("\x1d"), "Enter"], strict=True
    ):
        page.keyboard.type(part)
        page.keyboard.press(more)


def at_the_counter(context: BrowserContext, address: str, name: str) -> Page:
    page = context.new_page()
    sign_in(page, address, name)
    page.goto(f"{address}/pharmacy/")
    expect(page.locator("#status")).to_have_attribute("data-live", "live")
    return page


def test_what_is_scanned_becomes_a_ledger_entry_and_a_label(tmp_path):
    stock = given_stock.catalogue()
    pharmacy = given_pharmacy.formulary(stock, codes=["PARA", "MORPH"])
    given.person("phil", ["pharmacist"])
    given.person("nora", ["nurse"])
    given.person("olga", ["privacy_officer"])
    para, morph = given_stock.scanned("PARA", "A17"), given_stock.scanned("MORPH", "M5")
    stock.receive({"scan": para, "quantity": 80}, {"scan": morph, "quantity": 5})
    tablets = pharmacy.order("PARA", quantity=16)
    ampoule = pharmacy.order("MORPH", dose="10", route="intravenous", timing="once", quantity=1)
    with chromium() as browser, served(tmp_path) as address:
        counter, ward = browser.new_context(), browser.new_context()
        page = at_the_counter(counter, address, "phil")
        faults = faults_of(page)
        opened(page, "Paracetamol")
        page.get_by_role("button", name="Verify").click()
        wedge(page, para)
        expect(page.locator("#one")).to_contain_text("Lot A17")
        page.get_by_role("button", name="Supply 8 tablet").press("Enter")
        label = printed(page)
        wedge(page, label)
        expect(page.locator("#one")).to_contain_text("The label is read")
        wedge(page, ZEBULON)
        expect(page.locator("#one")).to_contain_text("Handed over by")
        page.goto(f"{address}/pharmacy/")
        opened(page, "MORPHine")
        page.get_by_role("button", name="Verify").click()
        photographed(page, f"(01){given_stock.GTINS['MORPH']}(17){given_stock.FAR:%y%m%d}(10)M5")
        second_person_says_yes(page, ward, address)
        page.get_by_role("button", name="Supply 1 ampoule").click()
        expect(page.locator("[data-print]")).to_be_visible()
        assert faults == []
        assert trail(browser.new_context(), address) >= {"pharmacy.dispense", "confirmation.give"}
    given_away = {
        line.lot.number: (line.quantity, line.place.code)
        for line in DispenseLine.objects.select_related("lot", "place")
    }
    assert given_away == {"A17": (16, "PH-A"), "M5": (1, "PH-A")}
    assert (stock.level("PARA", "A17", "PH-A"), stock.level("MORPH", "M5", "PH-A")) == (64, 4)
    assert Dispense.objects.get(order=tablets).status == "handed-over"
    assert Dispense.objects.get(order=ampoule).confirmation.given_by.username == "nora"
    verified()


def opened(page: Page, product: str) -> None:
    """Open the supply of a product from the queue."""
    page.locator("#queue li", has_text=product).locator("a").first.click()
    expect(page.locator("#one header h2")).to_contain_text(product)


def printed(page: Page) -> str:
    """Print the label, and read its code as the next person's scanner will."""
    with page.context.expect_page() as shown:
        page.locator("[data-print]").click()
    address = shown.value.url
    uid = page.locator("#one [data-supply]").get_attribute("data-supply")
    assert str(uid) in address
    shown.value.close()
    expect(page.locator("#one")).to_contain_text("printed once")
    expect(page.locator("#code")).to_be_focused()
    return own_codes.written("dispense", str(uid))


def photographed(page: Page, text: str) -> None:
    """Give the camera button a photo of the pack, held a little askew."""
    turned = side_by_side(drawn(text, gs1=True).rotate(7, expand=True, fillcolor=255))
    page.locator("[data-camera-file]").set_input_files(
        {"name": "pack.png", "mimeType": "image/png", "buffer": photo(turned)}
    )
    expect(page.locator("#one")).to_contain_text("Lot M5")


def second_person_says_yes(page: Page, ward: BrowserContext, address: str) -> None:
    """The counter asks; a nurse confirms in a session and a browser of her own."""
    page.get_by_role("button", name="Ask a second person").click()
    expect(page.locator("#one")).to_contain_text("Waiting for a second person")
    expect(page.get_by_role("button", name="Supply 1 ampoule")).to_have_count(0)
    other = ward.new_page()
    sign_in(other, address, "nora")
    other.goto(f"{address}/confirmations/")
    expect(other.locator("main")).to_contain_text("M5")
    other.get_by_role("button", name="Yes, I checked it").click()
    expect(other.locator("main")).to_contain_text("Confirmed. Thank you.")
    expect(page.locator("#one")).to_contain_text("has confirmed it")


def trail(context: BrowserContext, address: str) -> set[str]:
    """What the privacy officer reads in the trail."""
    page = context.new_page()
    sign_in(page, address, "olga")
    page.goto(f"{address}/trail/")
    return set(page.locator("tbody td:nth-child(4)").all_inner_texts())


def verified() -> None:
    said = subprocess.run(
        [sys.executable, "manage.py", "verify"],
        cwd=CHECKOUT,
        env=environment(),
        capture_output=True,
        text=True,
    )
    assert said.returncode == 0, said.stdout + said.stderr
