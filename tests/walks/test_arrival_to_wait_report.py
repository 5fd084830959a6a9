"""Arrival to wait report: an ADT message over a real socket, a tag that walks to triage and into a
room through the real engine, worker and clock, and what a nurse sees on the board in a real
browser, until the visit is a row of the day's report."""

import re
import socket
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from hims.actions.inbox.interfaces import add_interface
from hims.models import BedSpace, Encounter, InboxMessage, Zone
from hims.queries.actors import console
from tests import given
from tests.browser import chromium, faults_of, served, sign_in
from tests.given_flow import a_department, on_shift
from tests.hims.wire.messages import adt
from tests.programs import program, until
from tests.walks.test_reading_to_map import played, recording
from tracking.models import EngineStatus

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(300)]

TAG = "C3:00:00:00:07:01"  # worn by Zebulon Oakhurst
STORE, BAY = (21.0, 3.0), (3.0, 3.0)  # the store is where triage is done today
BEGIN, END = b"\x0b", b"\x1c\r"


def said(port: int, message: bytes) -> str:
    """Send one message over MLLP and return the acknowledgement."""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as line:
        line.sendall(BEGIN + message + END)
        heard = b""
        while END not in heard:
            part = line.recv(4096)
            assert part, heard
            heard += part
    return heard.strip(BEGIN + END).decode()


def worn(file: Path) -> Path:
    """The recording as if this patient's tag had been heard."""
    file.write_text(file.read_text().replace("C3:00:00:00:00:01", TAG))
    return file


def milestones(visit: Encounter) -> set[tuple[str, str]]:
    return set(visit.milestones.filter(stands=True).values_list("kind", "source"))


def test_a_message_a_tag_and_a_tap_become_a_row_of_the_board_and_of_the_report(tmp_path):
    house = given.hospital()
    flow = a_department(house)
    Zone.objects.filter(code="ST").update(kind=Zone.Kind.TRIAGE, area=house.zones["ED"])
    BedSpace.objects.filter(code="ED-1-B").update(state="blocked", blocked_reason="drain")
    now = timezone.now()
    nurse = given.person("nora", ["nurse"])
    on_shift(nurse, flow.ed, now - timedelta(hours=1), now + timedelta(hours=7))
    add_interface(
        actor=console(), now=now, name="Registration", sending_application="ADT", mode="live"
    )
    log = {name: tmp_path / f"{name}.log" for name in ("mllp", "engine", "worker", "clock")}
    with (
        chromium() as browser,
        served(tmp_path) as address,
        program(["manage.py", "mllp", "--port", "0"], log["mllp"]),
        program(["manage.py", "engine"], log["engine"]),
        program(["manage.py", "worker"], log["worker"]),
        program(["manage.py", "clock"], log["clock"]),
    ):
        until(lambda: "listening mllp://" in log["mllp"].read_text(), 60, log["mllp"])
        until(EngineStatus.objects.exists, 60, log["engine"])
        port = int(re.search(r"mllp://[^:]+:(\d+)", log["mllp"].read_text())[1])
        page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
        faults = faults_of(page)
        sign_in(page, address, "nora")
        page.goto(f"{address}/flow/")
        expect(page.locator("#status")).to_have_attribute("data-live", "live")
        page.evaluate("window.neverReloaded = true")

        row = the_patient_arrives(page, port)
        visit = Encounter.objects.get()

        played(worn(recording(tmp_path / "triage.csv", [STORE] * 16)), address, tmp_path)
        until(lambda: ("triage_start", "tag") in milestones(visit), 40, log["worker"])
        assert page.evaluate("window.neverReloaded") is True
        the_nurse_triages(page, row)
        page.evaluate("window.neverReloaded = true")

        walk = [(21 - step * 3, 3.0) for step in range(6)]
        played(worn(recording(tmp_path / "bay.csv", walk + [BAY] * 20)), address, tmp_path)
        until(lambda: ("in_room", "tag") in milestones(visit), 40, log["worker"])
        expect(row).to_contain_text("ED-1-A", timeout=10_000)
        assert page.evaluate("window.neverReloaded") is True
        assert BedSpace.objects.get(code="ED-1-A").encounter == visit

        the_report_has_the_visit(page, address, visit)
        assert faults == []


def the_patient_arrives(page: Page, port: int) -> Locator:
    """An ADT message brings the row; the nurse on shift may see who it is."""
    answer = said(
        port,
        adt(
            "A04",
            at=timezone.now().strftime("%Y%m%d%H%M%S%z"),
            number="MRN-777001",
            name="Oakhurst^Zebulon",
            birth="19500505",
            sex="M",
            place="ED",
            patient_class="E",
        ),
    )
    assert "MSA|AA|1" in answer, answer
    row = page.locator("tr.visit", has_text="Oakhurst")
    expect(row).to_be_visible(timeout=10_000)
    assert InboxMessage.objects.get().acknowledgement == "AA"
    return row


def the_nurse_triages(page: Page, row: Locator) -> None:
    """Two taps: how urgent, and done."""
    row.get_by_role("link", name="Oakhurst").click()
    panel = page.locator("#panel")
    panel.locator(".esi-tap").nth(1).click()
    panel.get_by_role("button", name="Triaged").click()
    expect(row.locator(".esi")).to_contain_text("2", timeout=10_000)


def the_report_has_the_visit(page: Page, address: str, visit: Encounter) -> None:
    """The visit is a row of its day, with the wait for a room that was seen."""
    visit.refresh_from_db()
    page.goto(f"{address}/flow/visits/?day={timezone.localdate(visit.started_at)}")
    row = page.locator(f"#visit-{visit.uid}")
    expect(row).to_contain_text("Oakhurst")
    expect(page.locator("tr", has_text="Door to room").first.locator("td").nth(2)).to_have_text("1")
