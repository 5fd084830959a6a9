"""The last ten minutes in a real browser: by slider, keyboard, by itself, and without scripts."""

import re

import pytest
from django.conf import settings
from django.utils import timezone
from playwright.sync_api import expect

from tests import given
from tests.browser import SCREENS, faults_of, serious, sign_in, width_of
from tests.tracking.on_the_radio import BAY, STORE, heard, stream
from tracking.feeds.spool import Spool
from tracking.queries import spool

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(300)]
PUMP = "C3:00:00:00:00:01"
WIDE = """[...document.querySelectorAll("main *")].filter((one) =>
    one.getBoundingClientRect().right > innerWidth).map((one) => one.outerHTML.slice(0, 60))"""


@pytest.fixture
def house():
    """For four minutes the pump was in the bay, for the last four it has been in the store."""
    assert settings.HIMS_SPOOL_MB
    Spool(spool.folder(), 0)  # empties what another test left
    house = given.hospital()
    given.everybody_somewhere(house)
    given.person("porter-1", ["porter"])
    now = timezone.now()
    rows = stream(house, now, PUMP, BAY, 480, 240) + stream(house, now, PUMP, STORE, 240)
    rows += stream(house, now, PUMP, BAY, 240, rssi=-85)
    heard(house, now, *rows)
    yield house
    Spool(spool.folder(), 0)


def opened(page, address, house):
    sign_in(page, address, "porter-1")
    page.goto(f"{address}/locate/asset/{house.assets['P-1'].uid}/why/")
    page.get_by_role("link", name="Replay them").click()
    expect(page.get_by_role("button", name="Play")).to_be_visible(timeout=30_000)


def place(page):
    return page.locator("[data-place]")


def test_the_slider_and_the_buttons_go_through_the_minutes(house, address, browser):
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    faults = faults_of(page)
    opened(page, address, house)
    expect(place(page)).to_have_text("Store two")
    slider = page.get_by_role("slider", name="Moment")
    slider.focus()
    page.keyboard.press("Home")
    expect(place(page)).to_have_text("Not known")
    page.keyboard.press("End")
    expect(page.locator("[data-ears]")).to_contain_text("Gateway store")
    slider.fill("100")  # 400 seconds ago
    expect(place(page)).to_have_text("Bay one")
    expect(slider).to_have_attribute("aria-valuetext", re.compile("6 min 4[0-9] s ago: Bay one"))
    before = page.locator(".replay-spot:visible").get_attribute("cx")
    page.get_by_role("button", name="Next change").click()
    expect(place(page)).not_to_have_text("Bay one")
    at = int(slider.input_value())
    page.get_by_role("button", name="10 seconds back").click()
    assert int(slider.input_value()) == at - 5
    expect(place(page)).to_have_text("Bay one")
    page.get_by_role("button", name="10 seconds on").click()
    assert int(slider.input_value()) == at
    slider.fill("280")
    expect(place(page)).to_have_text("Store two")
    assert page.locator(".replay-spot:visible").get_attribute("cx") != before
    assert faults == []


def test_it_plays_by_itself_and_stops(house, address, browser):
    page = browser.new_page(viewport={"width": 360, "height": 780})
    opened(page, address, house)
    slider = page.get_by_role("slider", name="Moment")
    slider.fill("40")
    page.get_by_role("button", name="Play").press("Enter")
    expect(page.get_by_role("button", name="Stop")).to_be_focused()
    expect(slider).not_to_have_value("40")
    page.get_by_role("button", name="Stop").press("Enter")
    stopped = slider.input_value()
    page.wait_for_timeout(400)
    assert slider.input_value() == stopped


@pytest.mark.parametrize(
    "screens", [SCREENS[1:2], pytest.param(SCREENS, marks=pytest.mark.proof)], ids=["one", "all"]
)
def test_both_pages_are_accessible_and_fit_their_screens(house, address, browser, screens):
    wrong: list[str] = []
    for width, look in screens:
        context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=look)
        page = context.new_page()
        faults = faults_of(page)
        opened(page, address, house)
        for enlarged in ("100%", "200%"):
            page.evaluate(f"document.documentElement.style.fontSize = '{enlarged}'")
            if width_of(page) > width:
                wrong.append(f"{width} at {enlarged}: {page.evaluate(WIDE)} scrolls sideways")
        page.evaluate("document.documentElement.style.fontSize = ''")
        wrong += [f"{width} {look}: {one}" for one in [*serious(page), *faults]]
        page.goto(page.url.replace("/why/", "/replay/"))
        wrong += [f"{width} {look}, alone: {one}" for one in serious(page)]
        context.close()
    assert wrong == []


def test_without_scripts_there_is_a_table(house, address, browser):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    sign_in(page, address, "porter-1")
    page.goto(f"{address}/locate/asset/{house.assets['P-1'].uid}/why/")
    page.get_by_role("link", name="Replay them").click()
    expect(page.get_by_role("button", name="Play")).to_be_hidden()
    rows = page.locator("table tbody tr")
    expect(rows.first).to_contain_text("Store two")
    expect(rows.filter(has_text="Bay one")).not_to_have_count(0)
