"""Settings, drawing and shared phones in a real browser."""

import time

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from hims.access.hidden import Hidden
from hims.actions.actors import set_own_pin
from hims.models import AuditEntry, Device, Door, Zone
from tests import given
from tests.browser import faults_of, sign_in, wrong_on_screens
from tracking.models import Gateway, UnknownTransmitter

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(300)]
PIN = "739158"


@pytest.fixture
def house():
    house = given.hospital()
    now = timezone.now()
    for username, role in [("admin-1", "administrator"), ("officer-1", "privacy_officer")]:
        given.person(username, [role], name="Maximiliane von Hohenstauffenberg-Wieczorek")
    for number in range(3):
        UnknownTransmitter.objects.create(
            kind="tag",
            address=f"c3aa0000000{number}",
            first_heard_at=now,
            last_heard_at=now,
            count=10**number,
            strongest_gateway=Gateway.objects.first(),
            strongest_rssi=-60,
        )
    given.device("readings", "events", kind="gateway")
    given.token(house.manager)
    return house


@pytest.mark.proof
def test_no_page_of_the_settings_has_a_serious_finding_or_is_wider_than_its_screen(
    house, address, browser, record_property
):
    floor, zone = house.floors["G"].uid, house.zones["ED-1"].uid
    worn = house.tag("C3:00:00:00:00:01").uid
    gateway = Gateway.objects.get(name="Gateway bay").uid
    device = Device.objects.get().actor.uid
    administrators = [
        "/me/",
        "/me/pin/",
        "/me/password/",
        "/me/phone/",
        "/settings/",
        "/settings/people/",
        "/settings/people/add/",
        f"/settings/people/{house.nurse.uid}/",
        f"/settings/people/{house.nurse.uid}/token/",
        "/settings/tokens/",
        "/settings/devices/",
        "/settings/devices/add/",
        f"/settings/devices/{device}/rotate/",
        "/settings/places/",
        "/settings/buildings/add/",
        f"/settings/floors/{floor}/",
        f"/settings/floors/{floor}/room/",
        f"/settings/floors/{floor}/draw/?zone={zone}",
        f"/settings/rooms/{zone}/",
        "/settings/tags/",
        f"/settings/tags/{worn}/",
        "/settings/gateways/",
        f"/settings/gateways/{gateway}/",
        "/settings/unknown/",
    ]
    wrong = wrong_on_screens(browser, address, "admin-1", administrators)
    wrong += wrong_on_screens(browser, address, "officer-1", ["/trail/"])
    record_property("figure", f"{4 * (len(administrators) + 1)} looks by axe, two widths and looks")
    assert wrong == []


def at(page: Page, x: float, y: float) -> tuple[float, float]:
    """Where on the screen the metres x, y of the drawing are."""
    return tuple(
        page.evaluate(
            """([x, y]) => {
              const board = document.querySelector("[data-drawing] svg[tabindex]");
              const point = new DOMPoint(x, -y).matrixTransform(board.getScreenCTM());
              return [point.x, point.y];
            }""",
            [x, y],
        )
    )


def tap(page: Page, x: float, y: float) -> None:
    page.mouse.click(*at(page, x, y))


def test_a_room_a_door_and_a_gateway_are_drawn_by_tapping(house, address, browser):
    store, bay = house.zones["ST"], house.zones["ED-1"]
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    faults = faults_of(page)
    sign_in(page, address, "admin-1")
    page.goto(f"{address}/settings/floors/{house.floors['G'].uid}/draw/")

    page.locator("summary", has_text="Store two ST").click()
    room = page.locator("details[open]", has_text="Store two ST")
    room.get_by_role("button", name="Tap a rectangle").click()
    tap(page, 18, 0)
    tap(page, 22.04, 5)
    expect(room.get_by_label("Corners in metres")).to_have_value("18 0, 22 0, 22 5, 18 5")
    room.get_by_role("button", name="Save this room").click()
    expect(page.locator("#messages")).to_contain_text("Store two is drawn.")
    assert Zone.objects.get(pk=store.pk).polygon == "POLYGON ((18 0, 22 0, 22 5, 18 5, 18 0))"

    room = page.locator("details[open]", has_text="Store two ST")
    room.get_by_role("button", name="Tap corners").click()
    for corner in [(18, 0), (23, 0), (23, 4), (20, 5.5), (15, 3)]:
        tap(page, *corner)
    page.get_by_role("button", name="Take back the last corner").click()
    tap(page, 18, 0)
    expect(room.get_by_label("Corners in metres")).to_have_value("18 0, 23 0, 23 4, 20 5.5")

    page.locator("summary", has_text="A door between two rooms").click()
    page.get_by_role("button", name="Tap the door").click()
    tap(page, 6.1, 4.5)
    page.get_by_label("To").select_option(label="Store two")
    page.get_by_label("From").select_option(label="Bay one")
    page.get_by_role("button", name="Save this door").click()
    expect(page.locator("#messages")).to_contain_text("The door is added.")
    door = Door.objects.get(a=bay, b=store)
    assert (door.x, door.y) == (6.1, 4.5)

    page.locator("summary", has_text="Gateway bay").click()
    gateway = page.locator("details[open]", has_text="Gateway bay")
    gateway.get_by_role("button", name="Tap where it hangs").click()
    tap(page, 10, 2)
    gateway.get_by_role("button", name="Save this place").click()
    expect(page.locator("#messages")).to_contain_text("Gateway bay is placed.")
    kept = Gateway.objects.get(name="Gateway bay")
    assert (kept.x, kept.y, kept.z, kept.zone) == (10.0, 2.0, 2.5, house.zones["COR"])
    assert [one for one in faults if "404" not in one] == []


def test_a_room_is_drawn_with_the_keyboard_alone(house, address, browser):
    page = browser.new_page(viewport={"width": 360, "height": 780})
    sign_in(page, address, "admin-1")
    page.goto(f"{address}/settings/floors/{house.floors['G'].uid}/draw/")
    summary = page.locator("summary", has_text="Store two ST")
    for _ in range(60):
        page.keyboard.press("Tab")
        if summary.evaluate("node => node === document.activeElement"):
            break
    page.keyboard.press("Enter")
    for _ in range(3):
        page.keyboard.press("Tab")
    page.keyboard.press("Control+A")
    page.keyboard.type("18 0, 23 5")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#messages")).to_contain_text("Store two is drawn.")
    assert Zone.objects.get(code="ST").polygon == "POLYGON ((18 0, 23 0, 23 5, 18 5, 18 0))"


@pytest.mark.proof
def test_the_user_of_a_shared_phone_changes_in_under_five_seconds(
    house, address, browser, record_property
):
    given.person("charge-1", ["charge_nurse"])
    porter = given.person("porter-1", ["porter"], name="Pol Porter", badge="B-77")
    set_own_pin(actor=porter, now=timezone.now(), password=Hidden(given.PASSWORD), pin=Hidden(PIN))
    page = browser.new_page(viewport={"width": 360, "height": 780})
    sign_in(page, address, "charge-1")
    page.goto(f"{address}/me/phone/")
    page.get_by_label("What is this phone called?").fill("Phone 1")
    page.get_by_role("button", name="Enrol this phone").click()
    page.locator("details.you summary").click()

    started = time.monotonic()
    page.get_by_role("button", name="Change user").first.click()
    expect(page.get_by_label("Badge")).to_be_focused()
    page.keyboard.type("HIMS:STAFF:B-77\n")  # as a wedge scanner types
    page.keyboard.type(f"{PIN}\n")
    page.wait_for_url(f"{address}/")
    took = time.monotonic() - started
    expect(page.locator("main")).to_contain_text(porter.name)
    entry = AuditEntry.objects.filter(action="session.begin").latest("pk")
    assert entry.actor == porter
    record_property("figure", f"{took:.1f} s from one user to the next")
    assert took < 5
