"""The files of a report hold what the report holds, to the byte; no spreadsheet runs anything in
them; who takes them away is in the trail."""

import csv
import hashlib
import io
from dataclasses import replace
from datetime import date

import pytest
from django.urls import reverse
from hypothesis import given as example
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from hims.actions.reports.asking import ask
from hims.domain.periods import Period
from hims.models import AuditEntry, ReportDocument, ReportRule, ReportSignature
from hims.reporting import csv_files, workbook
from hims.reporting.cells import guarded
from tests import given
from tests.given_odd_report import ODDS, TEXTS
from tests.given_reports import LAMPS, declared, made

pytestmark = pytest.mark.django_db
OCTOBER = Period(date(2026, 10, 1), date(2026, 11, 1))
FORMULAS = ("=", "+", "-", "@", "\t", "\r", "\n")
DARK = replace(LAMPS, code="DARK", slug="dark", sql=f"{LAMPS.sql} LIMIT 0")


@pytest.fixture
def house():
    return given.hospital()


@pytest.fixture(autouse=True)
def reports():
    with declared(LAMPS), declared(ODDS), declared(DARK):
        yield


def odds(house):
    return made(ODDS, OCTOBER, house.manager, house.now)


def opened(kept):
    """The workbook of an edition as another program reads it."""
    file = io.BytesIO()
    workbook.write(kept, file)
    return load_workbook(file)


def exported(edition) -> list[str]:
    """Which files of an edition were taken away, by the trail."""
    found = AuditEntry.objects.filter(
        action="report.export", objects_named=[f"reportedition:{edition.uid}"]
    )
    return list(found.order_by("pk").values_list("reason", flat=True))


def test_the_download_has_the_printed_sha256_and_no_cell_of_it_is_a_formula(house):
    kept = odds(house)
    answer = given.signed_in(house.manager).get(reverse("rows-csv", args=[kept.edition.uid]))
    assert answer.streaming
    content = answer.getvalue()
    assert hashlib.sha256(content).hexdigest() == kept.edition.sha256
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert (
        answer["Content-Disposition"]
        == 'attachment; filename="ODD-S-1_2026-10-01_2026-10-31_rows.csv"'
    )
    header, *rows = csv.reader(io.StringIO(content.decode(), newline=""), strict=True)
    assert header == ODDS.names
    assert len(rows) == len(TEXTS)
    for text, row in zip(TEXTS, rows, strict=True):
        assert not row[1].startswith(FORMULAS)
        assert row[1].removeprefix("'") == (text or "").removeprefix("'")
    assert rows[0][5] == "2026-10-25T00:00:00+00:00"
    assert [row[7] for row in rows[:3]] == ["no", "", "yes"]
    assert exported(kept.edition) == ["rows.csv"]


def test_the_figures_are_a_rectangle_with_every_number_and_its_group(house):
    ReportRule.objects.create(
        code=ODDS.code, figure="flagged", comparison="at-least", value=80, each=True
    )
    kept = odds(house)
    answer = given.signed_in(house.manager).get(reverse("figures-csv", args=[kept.edition.uid]))
    header, *rows = csv.reader(io.StringIO(answer.content.decode(), newline=""), strict=True)
    assert header == list(csv_files.HEADER)
    assert {len(row) for row in rows} == {len(header)}
    assert not [cell for row in rows for cell in row if cell.startswith(FORMULAS)]
    told = [dict(zip(header, row, strict=True)) for row in rows]
    assert [row["figure"] for row in told if not row["by"]] == [one.name for one in ODDS.figures]
    assert told[0]["title"] == "'+Flagged"
    assert (told[0]["n"], told[0]["of"], told[0]["unknown"]) == ("7", "15", "8")
    assert (told[0]["value"], told[0]["unit"], told[0]["breach"]) == ("46.7", "%", "yes")
    assert told[4]["value"] == "n/a"
    groups = {row["group"] for row in told if row["by"] == "kind"}
    assert groups == {"'=cmd|'/c calc'!A1", "'+49 30", "rest"}


def test_in_the_workbook_numbers_are_numbers_days_are_dates_and_texts_are_texts(house, settings):
    settings.TIME_ZONE = "Europe/Berlin"
    kept = odds(house)
    book = opened(kept)
    assert book.sheetnames == ["About", "Figures", "Groups", "Rows"]
    header, *rows = book["Rows"].iter_rows()
    assert [cell.value for cell in header][5] == "At (Europe/Berlin)"
    assert [cell.value for cell in header][3:5] == ["Amount (ml)", "Took (seconds)"]
    for text, row in zip(TEXTS, rows, strict=True):
        said = row[1]
        if text is None:
            assert said.value is None
            continue
        assert said.data_type in {"s", "inlineStr", "n"}, said.value
        assert said.hyperlink is None
        if len(text.encode("utf-16-le")) > 2 * 32_767:
            assert len(said.value.encode("utf-16-le")) <= 2 * 32_767
            assert text.startswith(said.value.removesuffix("…"))
        elif text not in {"", "\r=1+1", "two\r\nlines", "\x01_x0041_", "odd \ufffe"}:
            assert said.value == text
        assert said.quotePrefix == guarded(text).startswith("'=") or not text.startswith("=")
    first = [cell.value for cell in rows[0]]
    assert (first[0], first[2], first[3], first[4]) == (1, 10**12, 0.01, 60)
    # An hour of that night comes twice; the cell shows which of the two it is.
    for row, offset in ((rows[0], "+02:00"), (rows[2], "+01:00")):
        assert row[5].value.isoformat() == "2026-10-25T02:00:00"
        assert row[5].number_format == f'yyyy-mm-dd hh:mm:ss" {offset}"'
    assert first[6] == "1899-12-26"  # before any day that a spreadsheet knows
    assert rows[6][6].value.isoformat() == "1900-01-01T00:00:00"
    assert [row[7].value for row in rows[:3]] == ["no", None, "yes"]
    assert book["Rows"].freeze_panes == "A2"
    lines = {row[0].value: [cell.value for cell in row] for row in book["Figures"].iter_rows()}
    assert lines["+Flagged"][1:6] == [46.7, "%", 7, 15, 8]
    assert lines["Of nothing"][1] == "n/a"
    about = {row[0].value: row[1].value for row in book["About"].iter_rows()}
    assert about["SHA-256 of the rows"] == kept.edition.sha256
    assert about["Report"] == "ODD/S 1, =Odds"


def test_the_same_edition_gives_the_same_workbook_and_long_ones_go_on_in_further_sheets(
    house, monkeypatch
):
    kept = odds(house)
    one, two = io.BytesIO(), io.BytesIO()
    workbook.write(kept, one)
    workbook.write(kept, two)
    assert one.getvalue() == two.getvalue()
    monkeypatch.setattr(workbook, "MOST_ROWS", 10)
    book = opened(kept)
    assert book.sheetnames[3:] == ["Rows", "Rows 2", "Rows 3"]
    numbers = [row[0] for name in book.sheetnames[3:] for row in book[name].values]
    assert [one for one in numbers if one != "Number"] == list(range(1, len(TEXTS) + 1))


def test_a_report_without_rows_has_files_that_say_so(house):
    kept = made(DARK, OCTOBER, house.manager, house.now)
    content = b"".join(csv_files.rows(kept))
    assert content == b"name,room,burns,hours,bulb,day\r\n"
    assert hashlib.sha256(content).hexdigest() == kept.edition.sha256
    assert b",burning,Burning,n/a,%,0,0,0,," in csv_files.figures(kept)
    book = opened(kept)
    assert book["Rows"].max_row == 1
    assert book["Figures"]["B2"].value == "n/a"


def test_who_may_not_see_the_report_gets_no_file_of_it_and_what_is_not_made_has_none(house):
    kept = odds(house)
    queued = ask(actor=house.manager, now=house.now, report=LAMPS, period=OCTOBER)
    files = ("rows-csv", "figures-csv", "xlsx", "pdf")
    for name in files:
        url = reverse(name, args=[kept.edition.uid])
        assert given.signed_in(house.porter).get(url).status_code == 403
        # Who reads other reports learns not even that this one exists.
        answer = given.signed_in(house.pharmacist).get(url)
        assert answer.status_code == 404
        assert "Odds" not in answer.content.decode()
        url = reverse(name, args=[queued.uid])
        assert given.signed_in(house.manager).get(url).status_code == 409
    assert exported(kept.edition) == exported(queued) == []


def test_workbook_and_signed_pdf_are_given_out_as_they_are(house):
    kept = odds(house)
    browser = given.signed_in(house.manager)
    answer = browser.get(reverse("xlsx", args=[kept.edition.uid]))
    assert load_workbook(io.BytesIO(answer.getvalue())).sheetnames[0] == "About"
    assert answer["Content-Disposition"].endswith('2026-10-31.xlsx"')
    signature = ReportSignature.objects.create(
        edition=kept.edition,
        actor=house.manager,
        name="Person",
        role="manager",
        meaning="approved",
        at=house.now,
        sha256=kept.edition.sha256,
    )
    ReportDocument.objects.create(
        edition=kept.edition,
        signature=signature,
        made_at=house.now,
        paper="A4",
        sha256=hashlib.sha256(b"%PDF as it was").hexdigest(),
        content=b"%PDF as it was",
    )
    answer = browser.get(reverse("pdf", args=[kept.edition.uid]), {"paper": "Letter"})
    assert answer.content == b"%PDF as it was"
    assert answer["Content-Type"] == "application/pdf"
    assert exported(kept.edition) == ["report.xlsx", "report.pdf"]


@example(st.text(max_size=12) | st.sampled_from([text for text in TEXTS if text]))
@hypothesis_settings(max_examples=60)
def test_a_guarded_text_is_no_formula_and_otherwise_the_same(text):
    said = guarded(text)
    assert not said.lstrip().startswith(FORMULAS)
    assert said in {text, f"'{text}"}
