"""Coverage and the survey walk as people use them: one press, one thumb."""

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from hims.action import stream
from hims.queries.actors import clock
from tests import given
from tests.browser import faults_of, serious, sign_in, width_of, wrong_on_screens
from tests.programs import until
from tests.tracking.labelled import labelled
from tracking import tasks
from tracking.actions import maps
from tracking.models import Fingerprint, RadioMap, Sighting
from tracking.queries.maps import active_map

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(300)]
PHONE = {"width": 360, "height": 740}


@pytest.fixture
def house():
    house = given.hospital()
    given.person("engineer-1", ["biomedical_engineer"])
    return house


def heard_by_three(sighting: Sighting, house) -> None:
    """What the engine would do a moment after the sighting."""
    gateways = [one.pk for one in house.gateways.values()]
    label = maps.Label(sighting.pk, house.tag("C3:00:00:00:00:01").pk, gateways, [-50.0] * 3)
    with stream("positions.follow", actor=clock(), now=house.now, configuration={}) as write:
        write(maps.keep_labels, now=house.now, labels=[label])


def test_a_survey_walk_on_a_phone_scans_waits_is_told_and_goes_on(house, address, browser):
    page = browser.new_page(viewport=PHONE)
    faults = faults_of(page)
    sign_in(page, address, "engineer-1")
    page.clock.install()
    page.goto(f"{address}/settings/survey/")
    page.keyboard.type("P-5\n")
    expect(page.get_by_text("That is no equipment with a tag")).to_be_visible()
    page.keyboard.type("HIMS:TAG:C3:00:00:00:00:01\n")
    expect(page.get_by_text("You carry")).to_contain_text("P-1")
    expect(page.get_by_label("Scan the room's code")).to_be_focused()
    expect(page.get_by_text("4 of 4 rooms lack scans")).to_be_visible()
    assert width_of(page) <= 360

    page.keyboard.type("HIMS:ZONE:ST\n")
    expect(page.locator("[data-countdown]")).to_contain_text("Stand still")
    assert serious(page) == []
    assert not Sighting.objects.exists()
    page.clock.run_for(16_000)
    until(lambda: Sighting.objects.filter(source="survey", zone=house.zones["ST"]).exists())
    expect(page.get_by_text("Looking who heard it")).to_be_visible()
    heard_by_three(Sighting.objects.get(), house)
    page.clock.run_for(2_000)
    expect(page.get_by_text("Kept: heard by 3 gateways")).to_be_visible()
    expect(page.get_by_label("Scan the room's code")).to_be_focused()
    assert serious(page) == []
    # The nearest room is next, and a thumb is enough for it.
    nearest = page.locator(".stand").first
    expect(nearest).to_contain_text("Long corridor")
    nearest.click()
    page.get_by_role("button", name="Not this room").click()
    page.clock.run_for(20_000)
    assert Sighting.objects.count() == 1

    page.get_by_role("button", name="It was another room").click()
    expect(page.get_by_text("Taken back. Scan the right room.")).to_be_visible()
    assert Fingerprint.objects.get().withdrawn_at
    assert faults == []
    page.close()


def test_learn_now_and_take_it_back_are_one_press_each(house, address, browser):
    labelled(house, 250)
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    faults = faults_of(page)
    sign_in(page, address, "engineer-1")
    page.goto(f"{address}/settings/")
    page.get_by_role("link", name="Coverage").click()
    expect(page.get_by_text("Not judged yet")).to_be_visible()
    page.get_by_role("button", name="Learn now").click()
    expect(page.get_by_role("button", name="Learning")).to_be_disabled()
    tasks.learn_maps()
    made = active_map()
    page.goto(f"{address}/settings/coverage/")
    right = round(made.accuracy * made.held_out)
    expect(page.get_by_text(f"{right} of {made.held_out}", exact=True)).to_be_visible()
    expect(page.get_by_role("img", name="Ground floor")).to_be_visible()
    expect(page.get_by_role("img", name="Stated against true share")).to_be_visible()
    expect(page.get_by_role("row", name="Gateway bay").first).to_be_visible()
    assert serious(page) == []

    page.get_by_role("button", name="Use the drawing alone").click()
    expect(page.get_by_text("That map is in use now.")).to_be_visible()
    assert active_map() is None
    page.get_by_role("button", name="Use this map again").click()
    expect(page.get_by_text("That map is in use now.")).to_be_visible()
    assert active_map() == made
    page.get_by_role("button", name="Learn now").click()
    expect(page.get_by_text("Nothing was said since the last map")).to_be_visible()
    assert faults == []
    page.close()


@pytest.mark.proof
def test_coverage_is_clean_and_fits_every_screen(house, address, browser):
    labelled(house, 250)
    maps.propose_map(actor=house.administrator, now=house.now + timedelta(days=99))
    tasks.learn_maps()
    assert RadioMap.objects.get().judged_at
    paths = ["/settings/coverage/", "/settings/survey/", "/settings/survey/?thing=P-1"]
    screens = [(360, "light"), (360, "dark"), (768, "light"), (1440, "dark")]
    assert wrong_on_screens(browser, address, "engineer-1", paths, screens, unfolding=True) == []
