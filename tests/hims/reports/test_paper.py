"""What a report says on paper, and that all of it is there to be read."""

import re
import shutil
import subprocess
import unicodedata
from datetime import UTC, date, datetime
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from pypdf import PdfReader

from hims.domain.periods import Period
from hims.models import ReportEdition, ReportSignature
from hims.reporting import charts, paper, paper_parts, wording
from hims.reporting.letters import Letters, width
from hims.reporting.paper_pages import MARGIN, Cell, Pages, Row, Said
from hims.reporting.paper_signing import address
from tests import given as hospital
from tests.given_printed import house, target, wait, written
from tests.given_reports import LAMPS, declared, made

NOW = datetime(2027, 1, 6, 9, 8, 7, tzinfo=UTC)
LONG = "Maximiliane-Quintessa von und zu Hohenlohe-Langenburg-Bentinck und Donaueschingen " * 3
UNBROKEN = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft" * 4

reads = pytest.mark.skipif(
    not shutil.which("pdftotext"), reason="no pdftotext and pdftoppm: apt install poppler-utils"
)


@pytest.fixture(autouse=True)
def waits():
    with house():
        yield


def text_of(pdf, *more):
    """What a reader finds in it, page by page."""
    ran = subprocess.run(["pdftotext", *more, "-", "-"], input=pdf, capture_output=True, check=True)
    return ran.stdout.decode().split("\f")[:-1]


def in_one_line(text):
    """With single spaces, and Arabic letters as they are typed."""
    return " ".join(unicodedata.normalize("NFKC", text).split())


def pictures_of(pdf, tmp_path, dots=30, *more):
    """Each page as a grey picture."""
    subprocess.run(
        ["pdftoppm", "-gray", "-r", str(dots), *more, "-", str(tmp_path / "page")],
        input=pdf, check=True,
    )  # fmt: skip
    return [Image.open(path) for path in sorted(tmp_path.glob("page*"))]


@reads
@pytest.mark.django_db
def test_the_paper_says_what_the_page_says():
    somewhere = hospital.hospital()
    october = Period(date(2026, 10, 1), date(2026, 11, 1))
    with declared(LAMPS):
        kept = made(LAMPS, october, somewhere.manager, somewhere.now, grouping="room")
        text = in_one_line(" ".join(text_of(paper.pdf(kept, now=NOW), "-raw")))
        for line in kept.lines:
            counted = wording.counted_text(LAMPS, line.figure, line.told)
            row = [str(line.figure.title), wording.figure_text(line.figure, line.told), counted]
            assert " ".join(part for part in row if part) in text
        assert "not known 1" in text
        for name, lines in kept.groups:
            row = [wording.group_text(kept, name)]
            for line in lines:
                row.append(wording.figure_text(line.figure, line.told))
                row.append(wording.counted_text(LAMPS, line.figure, line.told))
                row.append(wording.unknown_text(line.told) if line.told.unknown else "")
            assert " ".join(part for part in row if part) in text
        for name, said in wording.about(kept):
            assert in_one_line(said) in text, name
        for cells in kept.cells():
            row = [
                wording.cell_text(column, cell)
                for column, cell in zip(LAMPS.columns, cells, strict=True)
                if column.shown
            ]
            assert in_one_line(" ".join(row)) in text
        assert all(str(sentence) in text for sentence in LAMPS.says)
        assert address(kept) in text


@reads
@pytest.mark.parametrize(("size", "across", "high"), [("A4", 595, 842), ("Letter", 612, 792)])
def test_a_hundred_pages_are_whole_numbered_and_each_has_the_head_of_its_table(
    size, across, high, tmp_path
):
    names = (LONG, "Ada Ng", UNBROKEN, "עדה")
    more = {} if size == "A4" else {"ward": LONG, "cause": LONG}
    kept = written(
        wait(n % 31, n, visit=f"V-{n:05}", patient=names[n % 4], **more)
        for n in range(200 if more else 1500)
    )
    pdf = paper.pdf(kept, paper=size, now=NOW)
    pages = text_of(pdf, "-raw")
    assert len(pages) > (12 if more else 100)
    on_each = [
        *("WAITS version 4", "October 2026", "data as of 2027-01-05 06:07:08"),
        *(kept.edition.sha256[:16], "audit seal none yet", "check code 7KQF-2MXA-9PRT"),
    ]
    for number, page in enumerate(map(in_one_line, pages), 1):
        assert f"page {number} of {len(pages)}" in page
        assert all(said in page for said in on_each)
        if "V-0" in page:
            assert page.index("Visit Ward Waited for Took Short Cost (EUR)") < page.index("V-0")
    found = re.findall(r"V-\d{5}", " ".join(pages))
    assert found == sorted(found)
    assert len(found) == kept.edition.row_count
    sizes = {tuple(map(round, page.mediabox[2:])) for page in PdfReader(BytesIO(pdf)).pages}
    assert sizes == ({(across, high), (high, across)} if more else {(across, high)})
    for picture in pictures_of(pdf, tmp_path, 24, "-l", "12"):
        edge = int(MARGIN * 24 / 72) - 2
        inked = picture.point(lambda grey: 255 if grey < 200 else 0).getbbox()
        assert inked is not None
        left, top, right, low = inked
        assert left >= edge
        assert top >= edge
        assert right <= picture.width - edge
        assert low <= picture.height - edge


@reads
def test_names_of_all_scripts_are_there_in_the_order_in_which_they_are_read():
    names = ["محمد الأحمد", "משה כהן (5)", "Łukasz Źródłowski", "王小明", "김철수", "Ωμέγα"]
    kept = written(wait(day, patient=name) for day, name in enumerate(names))
    text = in_one_line(" ".join(text_of(paper.pdf(kept, now=NOW), "-layout")))
    unmarked = re.sub("[\u200e\u200f\u202a-\u202e]", "", text)
    for name in names:
        assert name.removesuffix(" (5)") in unmarked
    assert "(5) משה כהן" in unmarked  # the bracket opens where one reads first
    assert "stand as □" not in text


@reads
def test_a_letter_that_the_type_does_not_have_is_a_square_and_the_report_says_so():
    kept = written([wait(0, patient="Ada \U0001f600 Ng"), wait(1, patient="Eve \u202egN adA")])
    text = in_one_line(" ".join(text_of(paper.pdf(kept, now=NOW), "-raw")))
    assert "Ada □ Ng" in text
    assert "stand as □ (1: U+1F600)" in text
    assert "Eve gN adA" in text  # and nobody turns the order of others around


@reads
def test_a_report_without_rows_says_so_and_what_has_no_denominator_is_n_a():
    kept = written([])
    kept.rules = [target("short", "at-least", "90")]
    (text, *_more) = pages = text_of(paper.pdf(kept, now=NOW), "-layout")
    assert "No rows in this period." in text
    assert re.search(r"Short waits\s+n/a\s+0 of 0\s+at least 90 %\s+○ n/a", text)
    assert charts.nothing_text(kept, 0) in in_one_line(text)
    assert len(pages) <= 2


@reads
def test_targets_missed_and_met_have_a_word_and_a_shape_for_the_whole_and_each_group():
    rows = [wait(day, short=day > 5, ward="West" if day % 2 else "East") for day in range(31)]
    kept = written(rows)
    kept.rules = [
        target("short", "at-least", "90", each=True), target("took", "at-most", "60"),
    ]  # fmt: skip
    kept.before = ReportEdition(figures=written(rows[:7]).edition.figures)
    text = "\n".join(text_of(paper.pdf(kept, now=NOW), "-layout"))
    assert re.search(r"Short waits\s+80.6 %\s+25 of 31\s+at least 90 %\s+▲ missed\s+14.3 %", text)
    assert re.search(r"Wait, median\s+10.0 min\s+from 31\s+at most 60 min\s+● met\s+10.0 min", text)
    assert text.count("▲ missed") == 4  # the headline, the line below it, and both wards
    assert "target at least 90 %: ▲ missed · before 14.3 %" in in_one_line(text)


@reads
def test_signatures_stand_with_their_meaning_and_an_unsigned_report_has_room_for_each_role(
    tmp_path,
):
    kept = written([wait(0)])
    bare = in_one_line(" ".join(text_of(paper.pdf(kept, now=NOW), "-layout")))
    assert "Not signed." in bare
    assert bare.count("Date and time") == 2
    kept.signatures = [
        ReportSignature(
            name="Mia Manager", role="manager", meaning="approved", at=NOW,
            sha256=kept.edition.sha256, note="Two days are missing.",
        )
    ]  # fmt: skip
    pdf = paper.pdf(kept, now=NOW)
    signed = in_one_line(" ".join(text_of(pdf, "-layout")))
    assert f"approved, as manager, on {wording.moment_text(NOW)}" in signed
    assert "Note: Two days are missing." in signed
    assert "Not signed" not in signed
    assert "Date and time" not in signed
    zxingcpp = pytest.importorskip("zxingcpp")
    codes = [zxingcpp.read_barcode(page) for page in pictures_of(pdf, tmp_path, 150)]
    assert [code.text for code in codes if code] == [address(kept)]


@reads
def test_a_restated_report_lists_what_differs_from_the_signed_one():
    kept = written([wait(0), wait(1, ward="East")])
    told = kept.edition.figures["visits"]
    kept.edition.restates = ReportEdition(check_code="AAAA-BBBB-CCCC")
    old = [*next(kept.cells())]
    new = [*old[:1], "East", *old[2:]]
    kept.edition.differences = {
        "rows": 250, "added": 1, "gone": 0, "changed": 249,
        "kept": [
            {"what": "changed", "key": ["V-1"], "before": old, "after": new, "columns": ["ward"]},
            {"what": "added", "key": ["V-2"], "before": None, "after": new, "columns": []},
        ],
        "figures": [{"figure": "visits", "before": {**told, "value": "1", "n": 1}, "after": told}],
    }  # fmt: skip
    text = in_one_line(" ".join(text_of(paper.pdf(kept, now=NOW), "-layout")))
    assert "250 rows differ from the signed version (1 added, 0 gone, 249 changed)" in text
    assert "Visits 1 2" in text
    assert "V-1 changed Ward: West → East" in text
    assert "V-2 added" in text
    assert "The first 2 are listed." in text
    assert "AAAA-BBBB-CCCC" in text


@reads
def test_more_rows_than_one_reads_on_paper_are_counted_and_many_groups_are_all_there(monkeypatch):
    monkeypatch.setattr(paper_parts, "MOST_ROWS", 120)
    kept = written(wait(n % 31, visit=f"V-{n:04}", ward=f"Ward {n % 100:03}") for n in range(300))
    text = " ".join(text_of(paper.pdf(kept, now=NOW), "-layout"))
    assert len(re.findall(r"V-\d{4}", text)) == 120
    assert "The first 120 of 300 rows; all are in the CSV of rows." in text
    assert {f"Ward {n:03}" for n in range(100)} <= set(re.findall(r"Ward \d{3}", text))


def test_the_same_report_gives_the_same_bytes_and_says_what_it_is_to_programs():
    kept = written(wait(day, patient=name) for day, name in enumerate(("עדה", "王", "😀🙂")))
    pdf = paper.pdf(kept, now=NOW)
    assert pdf == paper.pdf(kept, now=NOW)
    read = PdfReader(BytesIO(pdf))
    assert read.metadata.title == "WAITS Waits, October 2026"
    assert read.metadata.author == "Mia Manager"
    assert "7KQF-2MXA-9PRT" in read.metadata.subject
    assert read.trailer["/Root"]["/Lang"].startswith("en")
    with pytest.raises(ValueError, match="A4, Letter"):
        paper.pdf(kept, paper="A3", now=NOW)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("htp"), st.integers(1, 60)), max_size=25))
def test_no_heading_stands_alone_nothing_overlaps_and_heads_come_again(parts):
    """h: a sentence, t: a table of so many rows, p: a paragraph of so many lines."""
    pages = Pages("A4", Letters())
    head = Row((), above=14.0)
    rows = 0
    tops = []
    for kind, count in parts:
        if kind == "h":
            pages.put(pages.words("A sentence.", above=3.0))
        elif kind == "t":
            top = pages.heading("Table")
            tops.append(top)
            tall = [Row((Cell(0, 9, _lines(1 + (n * 7) % count)),)) for n in range(count)]
            rows += sum(len(row.cells[0].said) for row in tall)
            pages.table([head], tall, above=[top])
        else:
            pages.put(Row((Cell(0, 9, _lines(count)),)))
    for size, strips in pages.pages:
        low = size[1] - MARGIN
        for place, (strip, at) in enumerate(strips):
            assert at <= low + 0.01
            low = at - strip.height
            if strip in tops or strip is head:
                assert place + 1 < len(strips)
            if strip is head:
                assert place == 0 or strips[place - 1][0] in tops
        assert low >= MARGIN
    found = sum(
        len(strip.cells[0].said)
        for _size, strips in pages.pages
        for strip, _at in strips
        if strip.cells and strip.cells[0].wide == 9
    )
    assert found == rows + sum(count for kind, count in parts if kind == "p")


def test_a_row_that_is_taller_than_a_page_goes_on_on_the_next_and_loses_no_line():
    pages = Pages("Letter", Letters())
    head = Row((), above=14.0)
    pages.table([head], [Row((Cell(0, 9, _lines(200)), Cell(9, 9, _lines(3))))])
    assert len(pages.pages) >= 3
    assert all(strips[0][0] is head for _size, strips in pages.pages)
    lines = [len(strip.cells[0].said) for _s, strips in pages.pages for strip, _at in strips[1:]]
    assert sum(lines) == 200


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=60), st.floats(15, 300), st.booleans())
def test_no_line_is_wider_than_its_room_and_no_letter_is_lost(text, room, bold):
    letters = Letters()
    lines = letters.lines(text, room, 9.0, bold=bold)
    assert lines
    for line in lines:
        drawn = "".join(part for _face, part in line)
        assert width(line, 9.0) <= room + 0.01 or len(drawn.rstrip()) == 1
    if text.isascii() and text.isprintable():
        drawn = "".join(part for line in lines for _face, part in line)
        assert drawn.replace(" ", "") == text.replace(" ", "")


def _lines(count):
    return tuple(Said((), 9.0) for _ in range(count))
