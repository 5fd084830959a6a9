"""Reading to map: a gateway's radio, through every real program, to what a porter and an auditor
see in a real browser."""

import math
from collections.abc import Iterable
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests import given
from tests.browser import chromium, faults_of, served, sign_in
from tests.programs import environment, program, until
from tracking.models import EngineStatus, Position

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(240)]

TAG = "C3:00:00:00:00:01"  # fastened to pump P-1
GATEWAYS = {"AC:23:3F:00:00:01": (3, 3), "AC:23:3F:00:00:02": (21, 3)}  # bay, store
STORE, BAY = (21.0, 3.0), (3.0, 3.0)


def recording(path: Path, places: Iterable[tuple[float, float]]) -> Path:
    """A recording of the tag: each half second both gateways hear it, as strongly as free space
    and one wall would have it (-55 dBm at a metre, 25 dB a decade)."""
    rows = ["at,tag,gateway,rssi"]
    for number, (x, y) in enumerate(places):
        for gateway, (gx, gy) in GATEWAYS.items():
            metres = max(1.0, math.dist((x, y), (gx, gy)))
            rssi = round(-55 - 25 * math.log10(metres))
            rows.append(f"{1_700_000_000 + number / 2},{TAG},{gateway},{rssi}")
    path.write_text("\n".join(rows) + "\n")
    return path


def played(file: Path, address: str, folder: Path) -> None:
    """Run `manage.py replay` over the recording to its end."""
    log = folder / "replay.log"
    with program(["manage.py", "replay", str(file), "--url", address], log) as replay:
        until(lambda: replay.poll() is not None, 60, log)
        assert replay.returncode == 0, log.read_text()
    assert " 0 refused" in log.read_text(), log.read_text()


def test_a_replayed_tag_moves_on_the_map_of_a_porter_and_into_the_trail(tmp_path):
    house = given.hospital()
    given.person("pat", ["porter"])
    given.person("olga", ["privacy_officer"])
    pump, store, bay = house.assets["P-1"], house.zones["ST"], house.zones["ED-1"]
    engine = program(["manage.py", "engine"], tmp_path / "engine.log", environment())
    with chromium() as browser, served(tmp_path) as address, engine:
        until(EngineStatus.objects.exists, 60, tmp_path / "engine.log")
        context = browser.new_context(viewport={"width": 1280, "height": 800})
        page = context.new_page()
        faults = faults_of(page)
        sign_in(page, address, "pat")
        page.goto(f"{address}/map/G/")
        expect(page.locator("#status")).to_have_attribute("data-live", "live")
        marker = page.locator(f".marker[data-asset='{pump.uid}']")
        expect(marker).to_have_count(0)
        page.evaluate("window.neverReloaded = true")

        played(recording(tmp_path / "store.csv", [STORE] * 10), address, tmp_path)
        expect(marker).to_have_attribute("data-zone", str(store.uid), timeout=20_000)
        stood = marker.get_attribute("transform")

        walk = [(21 - step * 3, 3.0) for step in range(6)]
        played(recording(tmp_path / "bay.csv", walk + [BAY] * 16), address, tmp_path)
        expect(marker).to_have_attribute("data-zone", str(bay.uid), timeout=20_000)
        assert marker.get_attribute("transform") != stood
        assert page.evaluate("window.neverReloaded") is True
        assert faults == []

        found = the_locator_agrees(context, address)
        found.get_by_role("link", name="Found it").click()
        found.get_by_label("Which room are you in?").fill("Bay one")
        found.get_by_role("button", name="It is here").click()
        expect(found.get_by_text("Thank you. It is in Bay one.")).to_be_visible()
        the_auditor_finds_the_trail(browser.new_context(), address, str(pump.uid))
    position = Position.objects.get(asset=pump)
    assert (position.zone, position.level) == (bay, "zone")


def the_locator_agrees(context: BrowserContext, address: str) -> Page:
    """The locator's page and its API name the room that the map shows."""
    page = context.new_page()
    page.goto(f"{address}/locate/?q=P-1")
    expect(page.locator(".place")).to_have_text("Bay one")
    expect(page.locator(".find").get_by_text("Gateway bay")).to_have_count(1)  # its evidence
    answer = context.request.get(f"{address}/api/assets/?q=P-1").json()["results"]
    assert [one["position"]["zone"] for one in answer] == ["ED-1"]
    return page


def the_auditor_finds_the_trail(context: BrowserContext, address: str, uid: str) -> None:
    """Who said that the pump was found, and the stream of positions, are in the trail."""
    page = context.new_page()
    sign_in(page, address, "olga")
    page.goto(f"{address}/trail/?thing=asset:{uid}")
    row = page.locator("tr", has_text="sighting.found")
    expect(row).to_contain_text("Pat")
    page.goto(f"{address}/trail/?action=positions")
    expect(page.locator("tbody tr").first).to_contain_text("positions.follow")
