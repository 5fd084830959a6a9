"""Question to signed PDF: a manager asks how long emergency patients waited, follows a number to
its rows, takes the files, signs, and a stranger checks the paper; then something said late restates
it. Web server, PostgreSQL and browser are real, and poppler reads the paper."""

import csv
import hashlib
import io
import re
import shutil
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.core.management import call_command
from openpyxl import load_workbook
from playwright.sync_api import Download, Locator, Page, expect

from hims.actions.milestones import correct_milestone
from hims.models import Milestone, ReportDocument, ReportEdition
from tests import given
from tests.architecture.source import CHECKOUT
from tests.browser import chromium, faults_of, served, sign_in
from tests.given_flow import a_department
from tests.hims.reports.test_r20 import EIGHT, a_day

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(300)]
FIRST, LAST = "2026-03-01", "2026-03-31"


def figures_on(page: Page) -> Locator:
    """The table of figures."""
    return page.get_by_role("region", name="Figures", exact=True).locator("table")


def told_on(page: Page) -> dict[str, tuple[str, str]]:
    """Title of a figure -> (its value, from what it was counted), as the page says."""
    found = {}
    for row in figures_on(page).locator("tbody tr:not(.not-known)").all():
        title = row.locator("th").inner_text().split("\n")[0].strip()
        cells = row.locator("td").all_inner_texts()
        found[title] = (cells[0].strip(), cells[1].strip())
    return found


def taken(page: Page, name: str) -> bytes:
    """A file of the report, by the words of its button."""
    with page.expect_download() as waited:
        page.get_by_role("link", name=name, exact=True).click()
    download: Download = waited.value
    return Path(download.path()).read_bytes()


def words_of(pdf: bytes) -> str:
    """The text of a PDF with single blanks."""
    read = subprocess.run(
        ["pdftotext", "-layout", "-", "-"], input=pdf, capture_output=True, check=True
    )
    return re.sub(r"\s+", " ", read.stdout.decode())


def figures_in(workbook: bytes) -> dict[str, object]:
    """Title of a figure -> what its cell holds."""
    sheet = load_workbook(io.BytesIO(workbook), read_only=True)["Figures"]
    head, *rows = sheet.iter_rows(values_only=True)
    title, value = head.index("Figure"), head.index("Value")
    return {row[title]: row[value] for row in rows}


def bare(told: str) -> str:
    """The number alone: "1,250.0 min" -> "1250.0"."""
    return told.split()[0].replace(",", "")


@pytest.mark.skipif(not shutil.which("pdftotext"), reason="no pdftotext: apt install poppler-utils")
def test_a_question_becomes_figures_files_a_signature_and_a_paper_that_a_stranger_checks(tmp_path):
    house = given.hospital()
    flow = a_department(house, EIGHT)
    a_day(house, flow)
    given.person("mara", ["manager"], name="Mara Managing-Thornbury")
    given.person("porter-pat", ["porter"])
    call_command("seal")
    with chromium() as browser, served(tmp_path) as address:
        page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
        faults = faults_of(page)
        sign_in(page, address, "mara")

        # The question.
        page.get_by_role("link", name="Reports").first.click()
        page.get_by_role("link", name="ER throughput").first.click()
        page.get_by_label("First day").fill(FIRST)
        page.get_by_label("Last day").fill(LAST)
        page.get_by_role("button", name="Show").click()
        page.wait_for_url(f"**first={FIRST}**")
        expect(page.get_by_role("heading", name="March 2026")).to_be_visible()
        expect(figures_on(page)).to_be_visible(timeout=20_000)
        shown = told_on(page)
        headline = page.locator(".headline").inner_text()
        edition = ReportEdition.objects.get(code="R20", first=FIRST)
        assert edition.row_count == 6
        assert edition.seal is not None

        # The same number everywhere.
        rows = taken(page, "CSV of rows")
        assert hashlib.sha256(rows).hexdigest() == edition.sha256
        assert len(list(csv.DictReader(io.StringIO(rows.decode())))) == 6
        table = csv.DictReader(io.StringIO(taken(page, "CSV of figures").decode()))
        by_csv = {row["title"]: row["value"] for row in table if not row["by"]}
        by_xlsx = figures_in(taken(page, "XLSX"))
        on_paper = words_of(taken(page, "PDF"))
        assert len(shown) == len(by_csv) == len(by_xlsx) >= 15
        for title, (value, counted) in shown.items():
            assert by_csv[title] == bare(value), title
            there_is_one = value != "n/a"
            assert by_xlsx[title] == (float(bare(value)) if there_is_one else "n/a"), title
            assert value in on_paper, title
            assert counted in on_paper, title
        assert edition.check_code in on_paper
        assert edition.sha256[:16] in on_paper

        # Each number leads to its rows.
        ecat, _of = shown[next(iter(shown))]
        assert ecat in headline
        page.locator(".headline .big a").click()
        assert page.locator("table tbody tr").count() == edition.figures["ecat"]["n"]
        page.go_back()

        # The signature.
        page.get_by_role("link", name="Sign", exact=True).click()
        page.get_by_label("What does your signature mean?").select_option("approved")
        assert not faults
        page.get_by_label("Your password").fill("a wrong one")
        page.get_by_role("button", name="Sign").click()
        expect(page.get_by_text("This is not right. Try again.")).to_be_visible()
        assert not edition.signatures.exists()
        faults.clear()  # the browser calls the refusal, 400, a fault
        page.get_by_label("What does your signature mean?").select_option("approved")
        page.get_by_label("Your password").fill(given.PASSWORD)
        page.get_by_role("button", name="Sign").click()
        expect(page.get_by_text("Signed. The PDF is kept as it is now.")).to_be_visible()
        signed = taken(page, "Signed PDF")
        kept = ReportDocument.objects.get(edition=edition)
        assert signed == bytes(kept.content)
        paper = words_of(signed)
        assert "Mara Managing-Thornbury" in paper
        assert "approved" in paper
        seal = f"{edition.seal.number}:{bytes(edition.seal.hash).hex()[:16]}"
        assert seal in paper

        # A stranger to the report checks the paper, and an independent program the trail.
        stranger = browser.new_context(viewport={"width": 360, "height": 740}).new_page()
        sign_in(stranger, address, "porter-pat")
        stranger.goto(f"{address}/reports/check/?code={edition.check_code}")
        expect(stranger.get_by_text("This report is genuine and signed.")).to_be_visible()
        expect(stranger.get_by_text("are not yours to see here")).to_be_visible()
        export = tmp_path / "trail.jsonl"
        call_command("audit_export", str(export))
        program = CHECKOUT / "hims" / "verify_audit.py"
        checked = [sys.executable, "-I", str(program), str(export), "--seal", seal]
        assert subprocess.run(checked, capture_output=True, check=False).returncode == 0

        # Something is said late: the signed report stays, a restated one stands beside it.
        seen = Milestone.objects.filter(kind="in_room", stands=True).order_by("at").first()
        correct_milestone(
            actor=house.nurse,
            now=datetime.now(UTC),
            milestone=seen,
            at=seen.at + timedelta(minutes=50),
            reason="tapped for another patient",
        )
        page.get_by_role("button", name="Check again").click()
        restated = ReportEdition.objects.get(restates=edition)
        page.wait_for_url(f"**/reports/editions/{restated.uid}/")
        assert restated.differences["changed"] == 1
        expect(page.get_by_role("main")).to_contain_text("Restates")
        page.goto(f"{address}/reports/editions/{edition.uid}/")
        expect(page.get_by_text("a newer version found other rows")).to_be_visible()
        assert told_on(page) == shown
        assert taken(page, "Signed PDF") == signed
        assert not faults
