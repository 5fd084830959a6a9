"""Scanning in a real browser: separators survive, stray scans find their field, photos are read."""

import pytest
from playwright.sync_api import Page, expect

from hims.wire.codes.scanner import HEAD, TAIL
from inventory.models import Asset
from tests import given
from tests.browser import faults_of, sign_in, wrong_on_screens
from tests.hims.photographed import drawn, photo, side_by_side
from tests.programs import until
from tracking.models import Scan

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(300)]


@pytest.fixture
def house():
    house = given.hospital()
    given.person("nurse-1", ["nurse"])
    return house


BURST = """keys => {
  const at = document.activeElement ?? document.body;
  for (const key of keys) {
    const event = new KeyboardEvent("keydown", {
      key: key.replace("Control+", ""), ctrlKey: key.startsWith("Control+"), bubbles: true,
      cancelable: true,
    });
    if (at.dispatchEvent(event) && key.length === 1 && at.matches("input")) at.value += key;
  }
}"""
"""Key after key without a pause, as a scanner's cable brings them, on a machine of any load."""

SENT = [*f"]d2{HEAD}", "Control+]", *TAIL, "Enter"]


@pytest.mark.parametrize("separator", ["Control+]", "F8"])
def test_separators_survive_the_browser_wherever_the_focus_is(house, address, browser, separator):
    page = browser.new_page()
    faults = faults_of(page)
    sign_in(page, address, "nurse-1")
    page.goto(f"{address}/scan/test/")
    field = page.get_by_label("Scan the test symbol")
    expect(field).to_be_focused()
    for focused in (True, False):
        if focused:
            page.keyboard.type("]d2" + HEAD)
            page.keyboard.press(separator)
            page.keyboard.type(TAIL)
            page.keyboard.press("Enter")
        else:
            page.evaluate("document.activeElement.blur()")
            page.evaluate(BURST, [separator if key == "Control+]" else key for key in SENT])
        expect(page.locator("#arrived")).to_contain_text("TEST-1")
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
    many = page.locator("#many")
    many.focus()
    page.evaluate(BURST, SENT)
    expect(page.locator("#arrived")).to_contain_text("TEST-1")
    expect(many).to_have_value("12")
    many.fill("")
    many.focus()
    page.evaluate(BURST, [*"asked by the ward at 9", "Enter"])
    expect(many).to_have_value("asked by the ward at 9")


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


def test_of_several_codes_in_a_photo_the_right_one_is_pressed(house, address, browser):
    page = browser.new_page()
    sign_in(page, address, "nurse-1")
    page.goto(f"{address}/scan/")
    two = side_by_side(drawn("HIMS:ZONE:ST", "QRCode"), drawn("HIMS:ZONE:W1", "QRCode"))
    sent_as_photo(page, photo(two))
    expect(page.locator("[data-camera-said]")).to_contain_text("Which one?")
    expect(page.locator("#here")).to_have_text("No room yet")
    page.get_by_role("button", name="Ward west").click()
    expect(page.locator("#here")).to_have_text("Ward west")
    expect(page.locator("[data-camera-said]")).to_be_hidden()


@pytest.mark.proof
def test_no_page_for_scanning_has_a_serious_finding_or_is_wider_than_its_screen(
    house, address, browser, record_property
):
    pages = ["/scan/", "/scan/test/"]
    wrong = wrong_on_screens(browser, address, "nurse-1", pages)
    record_property("figure", "8 looks by axe at 360 and 1440 px, two looks")
    assert wrong == []


def test_a_scan_during_which_the_focus_arrives_keeps_its_head(house, address, browser):
    page = browser.new_page()
    sign_in(page, address, "nurse-1")
    page.goto(f"{address}/scan/test/")
    kept = page.evaluate(
        """() => {
            const field = document.querySelector("main [data-scan-field]");
            const press = (key, on) => on.dispatchEvent(
                new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
            field.value = ""; field.blur();
            for (const key of "HIMS:LO") press(key, document.body);
            field.focus();
            press("T", field);        // the browser itself would type this one
            return field.value;
        }"""
    )
    assert kept == "HIMS:LO"
