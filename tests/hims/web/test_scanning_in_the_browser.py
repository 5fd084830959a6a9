"""Scanning in a real browser: separators survive, stray scans find their field, photos are read."""

import pytest
from playwright.sync_api import Page, expect

from hims.wire.codes.scanner import HEAD, TAIL
from inventory.models import Asset
from tests import given
from tests.browser import faults_of, sign_in, wrong_on_screens
from tests.hims.photographed import drawn, photo
from tests.programs import until
from tracking.models import Scan

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(300)]


@pytest.fixture
def house():
    house = given.hospital()
    given.person("nurse-1", ["nurse"])
    return house


def wedge(page: Page, *parts: str) -> None:
    """What a scanner types: text, and keys by name for what it cannot type."""
    for part in parts:
        if part in {"Control+]", "F8", "Enter"}:
            page.keyboard.press(part)
        else:
            page.keyboard.type(part)


@pytest.mark.parametrize("separator", ["Control+]", "F8"])
def test_separators_survive_the_browser_wherever_the_focus_is(house, address, browser, separator):
    page = browser.new_page()
    faults = faults_of(page)
    sign_in(page, address, "nurse-1")
    page.goto(f"{address}/scan/test/")
    field = page.get_by_label("Scan the test symbol")
    expect(field).to_be_focused()
    for focused in (True, False):
        if not focused:
            page.evaluate("document.activeElement.blur()")
        wedge(page, "]d2" + HEAD, separator, TAIL, "Enter")
        expect(page.locator("#arrived")).to_contain_text("set up well")
        expect(page.locator("#arrived .signs")).to_contain_text("U+001D")
        expect(field).to_have_value("")
        page.evaluate("document.getElementById('arrived').replaceChildren()")
    assert faults == []


def test_a_scan_into_another_field_goes_where_it_belongs(house, address, browser):
    page = browser.new_page()
    sign_in(page, address, "nurse-1")
    page.goto(f"{address}/scan/test/")
    page.evaluate(
        "document.querySelector('main').insertAdjacentHTML("
        "'afterbegin', '<label>Quantity <input id=\"many\" value=\"12\"></label>')"
    )
    page.locator("#many").focus()
    wedge(page, "]d2" + HEAD, "F8", TAIL, "Enter")
    expect(page.locator("#arrived")).to_contain_text("TEST-1")
    expect(page.locator("#many")).to_have_value("12")
    page.locator("#many").fill("")
    page.keyboard.type("asked by the ward at 9")
    page.keyboard.press("Enter")
    expect(page.locator("#many")).to_have_value("asked by the ward at 9")
    page.locator("#many").fill("12")
    page.keyboard.type("0", delay=80)
    expect(page.locator("#many")).to_have_value("120")


def sent_as_photo(page: Page, data: bytes) -> None:
    page.locator("[data-camera-file]").set_input_files(
        {"name": "photo.png", "mimeType": "image/png", "buffer": data}
    )


def test_a_photo_is_a_scan_and_a_doubtful_one_is_only_shown(house, address, browser):
    page = browser.new_page()
    faults = faults_of(page)
    sign_in(page, address, "nurse-1")
    page.goto(f"{address}/scan/")
    expect(page.get_by_role("button", name="Read the code from a photo")).to_be_visible()
    sent_as_photo(page, photo(drawn("HIMS:ZONE:ST", "QRCode")))
    expect(page.locator("#here")).to_have_text("Store two")

    sent_as_photo(page, photo(drawn("5901234123457", "EAN13")))
    expect(page.locator("[data-camera-said]")).to_contain_text("Not sure: scan it again or type it")
    expect(page.get_by_label("Scan a room or a thing")).to_have_value("")

    sent_as_photo(page, photo(drawn("A1").point(lambda grey: 255)))
    expect(page.locator("[data-camera-said]")).to_contain_text("No code was found")
    sent_as_photo(page, b"this is no picture")
    expect(page.locator("[data-camera-said]")).to_contain_text("no picture that can be read")
    assert not Scan.objects.exists()

    Asset.objects.filter(number="P-1").update(number="5901234123457")
    sent_as_photo(page, photo(drawn("5901234123457", "EAN13")))
    expect(page.locator("#scanned")).to_contain_text("Kept: Agilia pump")
    expect(page.locator("[data-camera-said]")).to_be_hidden()
    until(Scan.objects.exists)
    assert [fault for fault in faults if "415" not in fault] == []


@pytest.mark.proof
def test_no_page_for_scanning_has_a_serious_finding_or_is_wider_than_its_screen(
    house, address, browser, record_property
):
    pages = ["/scan/", "/scan/test/"]
    wrong = wrong_on_screens(browser, address, "nurse-1", pages)
    record_property("figure", "8 looks by axe at 360 and 1440 px, two looks")
    assert wrong == []
