"""Whoever holds the file of rows and the declaration counts the same numbers again; and page, CSV,
workbook, PDF and API all tell them.

The counting here knows nothing of the house's own: it reads texts.
"""

import csv
import html
import io
import re
import shutil
import subprocess
from datetime import date, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone
from hypothesis import HealthCheck, example
from hypothesis import given as supposing
from hypothesis import settings as examples
from hypothesis import strategies as st
from openpyxl import load_workbook

from hims.access.roles import Role
from hims.demonstration import load
from hims.domain.figures import Tally
from hims.domain.periods import Period
from hims.reporting import paper, wording, workbook
from hims.reporting.cells import Digest, keepers, kept_rows
from hims.reporting.counting import as_kept, by_of
from hims.reporting.declared import all_reports
from tests import given, people
from tests.given_odd_report import ODDS
from tests.given_reports import LAMPS, declared, made
from tests.hims.walking import furnished

REPORTING = ["manager", "charge_nurse", "pharmacist", "biomedical_engineer", "privacy_officer"]


def counted_again(figure: dict[str, Any], rows: list[dict[str, str]]) -> dict[str, Any]:
    """A figure, declared as the API says, from the lines of the file of rows."""
    of, whole = figure["of"], figure["whole"]
    if figure["among"]:
        rows = [row for row in rows if row[figure["among"]] == "yes"]
    named = [name for name in (of, whole) if name]
    known = [row for row in rows if all(row[name] for name in named)]
    yes = [row for row in known if row.get(of) == "yes"]
    numbers = (
        [Decimal(row[of]) for row in known] if figure["kind"] not in ("count", "share") else []
    )
    value: Any
    n, all_of = len(known), None
    match figure["kind"]:
        case "count":
            n = len(yes) if of else len(rows)
            value = Decimal(n)
        case "share":
            n, all_of = len(yes), len(known)
            value = Decimal(n) * 100 / all_of if all_of else None
        case "total":
            n = sum(numbers, Decimal(0))
            value = n if known or not rows else None
        case "ratio":
            n, all_of = sum(numbers, Decimal(0)), sum(Decimal(row[whole]) for row in known)
            value = Decimal(n) / all_of if all_of else None
            if value is not None and figure["unit"] == "%":
                value *= 100
        case "median":
            numbers.sort()
            middle = numbers[(n - 1) // 2 : n // 2 + 1]
            value = sum(middle, Decimal(0)) / len(middle) if n else None
        case "ninetieth":
            numbers.sort()
            value = next((one for at, one in enumerate(numbers, 1) if at * 10 >= n * 9), None)
    if value is not None and figure["kind"] not in ("count", "share"):
        value /= figure["scale"]
    if value is not None:
        value = value.quantize(Decimal(1).scaleb(-figure["places"]), ROUND_HALF_EVEN)
    return {"value": value, "n": n, "of": all_of, "unknown": len(rows) - len(known)}


def said(told: dict[str, Any]) -> dict[str, Any]:
    """A figure of the API in numbers."""
    return {
        name: None if told[name] is None else Decimal(told[name])
        for name in ("value", "n", "of", "unknown")
    }


def lines_of(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode(), newline=""), strict=True))


def without_spaces(text: str) -> str:
    """Paper breaks its lines where it must."""
    return re.sub(r"\s+", "", text)


def on_paper(kept, now) -> str | None:
    """What a reader of the PDF finds on it; None where Debian's poppler-utils are missing."""
    if shutil.which("pdftotext") is None:
        return None
    printed = subprocess.run(
        ["pdftotext", "-raw", "-", "-"], input=paper.pdf(kept, now=now), capture_output=True
    )
    return without_spaces(printed.stdout.decode())


def compare(report, program, browser, viewer, now, days) -> None:
    """Make the report over the last days and compare all of its forms."""
    period = Period(now.date() - timedelta(days=days), now.date() + timedelta(days=1))
    kept = made(report, period, viewer, now)
    uid = kept.edition.uid
    told = program.get(reverse("api-edition", args=[uid])).json()
    declarations = program.get(reverse("api-reports")).json()["results"]
    figures = next(one for one in declarations if one["code"] == report.code)["figures"]
    rows = lines_of(browser.get(reverse("rows-csv", args=[uid])).getvalue())
    numbers = lines_of(browser.get(reverse("figures-csv", args=[uid])).content)
    file = io.BytesIO()
    workbook.write(kept, file)
    sheet = [row[1:5] for row in load_workbook(file)["Figures"].iter_rows(min_row=2)]
    page = html.unescape(browser.get(reverse("edition", args=[uid])).content.decode())
    printed = on_paper(kept, now)
    assert len(rows) == kept.edition.row_count == told["row_count"]
    for figure, api, line, number, cells in zip(
        figures, told["figures"], kept.lines, numbers, sheet, strict=False
    ):
        named = (report.code, figure["name"])
        again = counted_again(figure, rows)
        assert said(api) == again, named
        value = "n/a" if again["value"] is None else str(again["value"])
        assert (number["figure"], number["value"]) == (figure["name"], value), named
        counted = [
            Decimal(number[name]) if number[name] else None for name in ("n", "of", "unknown")
        ]
        assert counted == [again["n"], again["of"], again["unknown"]], named
        shown = cells[0].value
        assert (shown if value == "n/a" else Decimal(str(shown))) == (again["value"] or shown)
        text = wording.figure_text(line.figure, line.told)
        assert text in page, named
        if printed is not None:
            assert without_spaces(text) in printed, named
    # Groups, too: each is the same counting over its own rows.
    by = told["by"]
    for group in told["groups"]:
        key = group["key"]
        mine = "" if key is None else str(key)
        if isinstance(key, bool):  # 1 is no flag, though it equals True
            mine = "yes" if key else "no"
        own = [row for row in rows if row[by].removeprefix("'") == mine.removeprefix("'")]
        for figure, api in zip(figures, group["figures"], strict=True):
            assert said(api) == counted_again(figure, own), (report.code, figure["name"], key)


def compare_all(reports, now, days=3) -> None:
    viewer = people.someone(*REPORTING)
    program, browser = given.with_token(viewer), given.signed_in(viewer)
    for report in reports:
        compare(report, program, browser, viewer, now, days)
    if shutil.which("pdftotext") is None:
        pytest.skip("everything but the PDF is compared: Debian's poppler-utils are missing")


@pytest.mark.django_db
def test_each_number_is_counted_again_from_the_file_of_rows_and_the_same_in_every_form():
    with declared(LAMPS), declared(ODDS):
        compare_all([LAMPS, ODDS], given.hospital().now)


@pytest.mark.proof
@pytest.mark.timeout(600)
@pytest.mark.django_db
def test_so_it_is_with_every_report_of_the_house(record_property):
    reports = all_reports()
    compare_all(reports, furnished(given.hospital()).now)
    record_property("figure", f"{len(reports)} reports, each the same in five forms")


@pytest.mark.proof
@pytest.mark.timeout(900)
@pytest.mark.django_db
def test_so_it_is_in_the_demonstration_hospital(settings, tmp_path, record_property):
    settings.HIMS_VAR = tmp_path
    now = timezone.now()
    load(now=now)
    reports = all_reports()
    compare_all(reports, now, days=35)
    record_property("figure", f"{len(reports)} reports over 35 days, each the same in five forms")


AMOUNTS = st.none() | st.decimals(-1000, 1000, places=2)
ROWS = st.lists(
    st.tuples(
        st.integers(1, 9),
        st.none() | st.sampled_from(["=1", "a,b", "c\nd"]),
        st.none() | st.integers(-5, 10**9),
        AMOUNTS,
        st.none() | st.integers(-100, 100_000),
        st.none(),
        st.none() | st.just(date(2026, 10, 25)),
        st.none() | st.booleans(),
        st.none(),
        st.none() | st.sampled_from(["x", "y"]),
        st.none() | st.booleans(),
    ),
    max_size=30,
)


@supposing(rows=ROWS, cut=st.integers(1, 30))
@example(rows=[], cut=1)
@examples(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_counting_by_thousands_is_counting_one_by_one(rows, cut):
    tally = Tally(ODDS.figures, ODDS.names, by_of(ODDS, "kind"))
    digest, keep = Digest(ODDS.columns), keepers(ODDS.columns)
    content = b""
    for first in range(0, len(rows), cut):
        some = rows[first : first + cut]
        tally.add(some)
        digest.add(kept_rows(keep, some))
        content += digest.take()
    figures, groups, _series = as_kept(ODDS, "kind", tally)
    lines = lines_of(content + digest.take())
    assert tally.rows == len(lines) == len(rows)
    for one in ODDS.figures:
        declaration = {
            "kind": one.kind.value, "of": one.of, "whole": one.whole, "among": one.among,
            "unit": one.unit, "scale": one.scale, "places": one.places,
        }  # fmt: skip
        assert said(figures[one.name]) == counted_again(declaration, lines)
        for group in groups:
            own = [row for row in lines if row["kind"] == (group["key"] or "")]
            assert said(group["figures"][one.name]) == counted_again(declaration, own)


def test_somebody_may_see_every_report():
    held = {Role(name) for name in REPORTING}
    assert all(one.signers & held for one in all_reports())
