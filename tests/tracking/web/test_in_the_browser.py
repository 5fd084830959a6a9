"""The pages in a real browser: accessible, by keyboard alone, live, and without a network."""

import re
import time
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from hims.live import announce
from hims.models import Zone
from inventory.models import Asset
from tests import given
from tests.browser import serious, sign_in, width_of, wrong_on_screens
from tests.programs import until
from tracking.actions.duress import end_duress, raise_duress
from tracking.models import Scan, Sighting

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(300)]
LONG = "Volumetric infusion pump with syringe driver and anaesthetic gas module, second of its kind"


@pytest.fixture
def house():
    house = given.hospital()
    given.everybody_somewhere(house)
    asset = house.assets["P-2"]
    asset.name = LONG
    asset.save()
    given.person("porter-1", ["porter"])
    given.person("nurse-1", ["nurse"])
    return house


@pytest.mark.proof
def test_no_page_has_a_serious_finding_or_is_wider_than_its_screen(
    house, address, browser, record_property
):
    uid = house.assets["P-1"].uid
    pages = ["/", "/locate/?q=pump", "/locate/?q=unicorn", f"/locate/{uid}/found/", "/map/G/"]
    pages += [f"/map/G/?find={uid}", f"/map/1/?room={house.zones['W1'].uid}", "/assets/"]
    pages += [f"/assets/{uid}/", "/scan/", "/no-such-page/"]
    page = browser.new_page()
    page.goto(f"{address}/sign-in/")
    wrong = [f"sign-in: {one}" for one in serious(page)]
    page.close()
    wrong += wrong_on_screens(browser, address, "nurse-1", pages, unfolding=True)
    record_property("figure", f"{4 * len(pages) + 1} looks by axe at 360 and 1440 px, two looks")
    assert wrong == []


def test_text_of_twice_the_size_stays_on_a_small_screen(house, address, browser):
    page = browser.new_page(viewport={"width": 360, "height": 780})
    sign_in(page, address, "porter-1")
    for path in ["/", "/locate/?q=pump", "/map/G/", "/assets/", "/scan/"]:
        page.goto(address + path)
        page.evaluate("document.documentElement.style.fontSize = '200%'")
        assert width_of(page) <= 360, path


def test_a_pump_is_found_reported_and_put_back_with_the_keyboard_alone(house, address, browser):
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.goto(f"{address}/sign-in/")
    page.keyboard.type("porter-1")
    page.keyboard.press("Tab")
    page.keyboard.type(given.PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{address}/")
    page.keyboard.type("P-1")  # the search of the start page has the focus
    page.keyboard.press("Enter")
    expect(page.locator(".place")).to_have_text("Store two")
    tab_to(page, "Found it")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Which room are you in?")).to_be_focused()
    page.keyboard.type("ED-1")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Thank you. It is in Bay one.")).to_be_visible()
    assert Sighting.objects.get().zone == house.zones["ED-1"]


def tab_to(page: Page, name: str) -> None:
    """Press Tab until what is called `name` has the focus, which must be visible."""
    for _ in range(60):
        page.keyboard.press("Tab")
        focused = page.evaluate(
            "[document.activeElement.textContent.trim(),"
            " getComputedStyle(document.activeElement).outlineStyle]"
        )
        if focused[0] == name:
            assert focused[1] == "solid"
            return
    raise AssertionError(f"{name} cannot be reached with Tab")


def test_the_map_is_moved_zoomed_and_asked_with_the_keyboard(house, address, browser):
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    sign_in(page, address, "porter-1")
    page.goto(f"{address}/map/G/")
    drawing = page.locator("svg[data-view]")
    drawing.focus()
    whole = drawing.get_attribute("viewBox")
    page.keyboard.press("+")
    page.keyboard.press("ArrowRight")
    assert drawing.get_attribute("viewBox") != whole
    page.keyboard.press("0")
    page.locator(f"a.room[data-zone='{house.zones['ST'].uid}']").focus()
    page.keyboard.press("Enter")
    expect(page.locator("[data-panel]")).to_contain_text("P-1")
    page.keyboard.press("Escape")
    expect(page.locator("[data-panel]")).to_be_empty()


def test_a_layer_is_taken_from_the_map_and_put_back(house, address, browser):
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    sign_in(page, address, "nurse-1")
    page.goto(f"{address}/map/G/")
    in_use = page.locator(f".marker[data-asset='{house.assets['P-2'].uid}']")
    expect(in_use).to_have_count(1)
    page.get_by_text("Layers").click()
    page.get_by_label("In use").uncheck()
    expect(in_use).to_have_count(0)
    page.get_by_label("In use").check()
    expect(in_use).to_have_count(1)
    page.get_by_label("Names of rooms").uncheck()
    expect(page.locator(".room-name").first).to_be_hidden()


def test_the_slider_shows_where_things_were_and_comes_back_to_now(house, address, browser):
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    sign_in(page, address, "porter-1")
    page.goto(f"{address}/map/G/")
    marker = page.locator(f".marker[data-asset='{house.assets['P-1'].uid}']")
    page.get_by_text("Earlier").click()
    slider = page.get_by_label("The last day")
    slider.focus()
    for _ in range(24):
        page.keyboard.press("ArrowLeft")
    expect(page.get_by_text("2 h 0 min ago")).to_be_visible()
    expect(marker).to_have_attribute("data-zone", str(house.zones["ED-1"].uid))
    move(house.assets["P-2"], house.zones["ST"])  # the past does not move
    page.get_by_role("button", name="Back to now").click()
    expect(marker).to_have_attribute("data-zone", str(house.zones["ST"].uid))


def test_a_marker_and_a_card_follow_the_event_stream_without_a_reload(house, address, browser):
    context = browser.new_context()
    page = context.new_page()
    sign_in(page, address, "porter-1")
    asset, bay = house.assets["P-1"], house.zones["ED-1"]
    page.goto(f"{address}/map/G/")
    expect(page.locator("#status")).to_have_attribute("data-live", "live")
    marker = page.locator(f".marker[data-asset='{asset.uid}']")
    expect(marker).to_have_attribute("data-zone", str(house.zones["ST"].uid))
    before = marker.get_attribute("transform")
    cards = context.new_page()
    cards.goto(f"{address}/locate/?q=P-1")
    expect(cards.locator("#status")).to_have_attribute("data-live", "live")
    move(asset, bay)
    expect(marker).to_have_attribute("data-zone", str(bay.uid))
    assert marker.get_attribute("transform") != before
    expect(cards.locator(".place")).to_have_text("Bay one")


def move(asset: Asset, zone: Zone) -> None:
    """What the engine does when an asset moved: the row, then the word."""
    given.placed(asset, zone)
    told = {"bearer": "asset", "id": str(asset.uid), "floor": str(zone.floor.uid)}
    announce("position", [told | {"zone": str(zone.uid), "p": 0.95, "level": "zone"}])


def test_a_scanner_is_heard_anywhere_on_the_page(house, address, browser):
    page = browser.new_page()
    sign_in(page, address, "porter-1")
    page.goto(f"{address}/map/G/")
    page.locator("svg[data-view]").focus()
    page.keyboard.type("HIMS:ASSET:P-1", delay=2)
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("find="))
    page.get_by_role("link", name="Found it").click()
    expect(page.get_by_label("Which room are you in?")).to_be_focused()
    page.evaluate("document.activeElement.blur()")
    page.keyboard.type("HIMS:ZONE:ED-1", delay=2)
    page.keyboard.press("Enter")
    expect(page.get_by_text("Thank you. It is in Bay one.")).to_be_visible()
    assert Sighting.objects.get().source == Sighting.Source.SCAN


def test_scans_wait_without_a_network_and_are_kept_once(house, address, browser):
    context = browser.new_context()
    page = context.new_page()
    sign_in(page, address, "porter-1")
    page.goto(f"{address}/scan/")
    scan(page, "HIMS:ZONE:ED-1")
    expect(page.locator("#here")).to_have_text("Bay one")
    context.set_offline(True)
    for number in ("P-1", "P-2"):
        scan(page, f"HIMS:ASSET:{number}")
    expect(page.locator("[data-unsent]")).to_have_text("2 unsent")
    assert not Scan.objects.exists()
    context.set_offline(False)
    expect(page.locator("[data-unsent]")).to_be_hidden()
    expect(page.locator("#scanned")).to_contain_text("Kept: Agilia pump")
    assert sorted(Sighting.objects.values_list("asset__number", flat=True)) == ["P-1", "P-2"]
    assert set(Sighting.objects.values_list("zone__code", flat=True)) == {"ED-1"}


def test_scans_of_one_person_are_not_sent_in_the_name_of_another(house, address, browser):
    context = browser.new_context()
    page = context.new_page()
    sign_in(page, address, "porter-1")
    page.goto(f"{address}/scan/")
    scan(page, "HIMS:ZONE:ED-1")
    context.set_offline(True)
    scan(page, "HIMS:ASSET:P-1")
    expect(page.locator("[data-unsent]")).to_have_text("1 unsent")
    page.route("**/api/scans/", lambda route: route.abort())  # the porter's phone loses power
    context.set_offline(False)
    context.clear_cookies()
    page.unroute("**/api/scans/")
    sign_in(page, address, "nurse-1")
    page.goto(f"{address}/scan/")
    expect(page.locator("#others")).to_contain_text("1 scans of somebody else")
    time.sleep(1)
    assert not Scan.objects.exists()
    context.clear_cookies()
    sign_in(page, address, "porter-1")
    until(lambda: Scan.objects.filter(actor__username="porter-1").exists())
    assert Scan.objects.count() == 1


def scan(page: Page, code: str) -> None:
    page.locator("#code").fill(code)
    page.keyboard.press("Enter")


def test_the_status_line_says_late_when_the_engine_is_late_or_silent(house, address, browser):
    page = browser.new_page()
    page.clock.install()
    sign_in(page, address, "porter-1")
    page.goto(f"{address}/locate/?q=P-1")
    status = page.locator("#status")
    expect(status).to_have_attribute("data-live", "live")
    announce("engine", [{"id": "engine", "lag_s": 12.0}])
    expect(status).to_contain_text("Late by 12 s")
    announce("engine", [{"id": "engine", "lag_s": 0.2}])
    expect(status).to_contain_text("Live")
    page.clock.fast_forward(31_000)
    expect(status).to_contain_text(re.compile("Late by 3[0-9] s"))


def test_what_is_heard_does_not_grow_old_on_an_open_page_and_what_is_silent_does(
    house, address, browser
):
    silent = house.now - timedelta(seconds=40)
    given.placed(house.assets["P-2"], house.zones["ST"], at=silent, heard_at=silent)
    page = browser.new_page()
    page.clock.install()
    sign_in(page, address, "porter-1")
    page.goto(f"{address}/locate/")
    expect(page.locator("#status")).to_have_attribute("data-live", "live")
    heard = page.locator(f"#find-{house.assets['P-1'].uid} .find-where time")
    lost = page.locator(f"#find-{house.assets['P-2'].uid} .find-where time")
    page.clock.fast_forward(600_000)
    announce("engine", [{"id": "engine", "lag_s": 0.2}])
    page.clock.run_for(6_000)
    expect(lost).to_contain_text("10 min ago")
    expect(heard).to_have_text(re.compile(r"just now|\d s ago"))


def test_a_call_for_help_is_on_every_open_page_until_it_is_over(house, address, browser):
    page = browser.new_page()
    sign_in(page, address, "porter-1")
    page.goto(f"{address}/assets/")
    expect(page.locator("#status")).to_have_attribute("data-live", "live")
    call = raise_duress(actor=house.nurse, now=timezone.now())
    expect(page.get_by_role("alert")).to_contain_text("Somebody calls for help.")
    end_duress(actor=house.manager, now=timezone.now(), call=call, reason="All well.")
    expect(page.get_by_role("alert")).to_have_count(0)
