"""A report on paper: the PDF that is printed, signed and kept.

The numbers come first, as on the page; then the charts, the groups, the rows, what stands about
the report, and whoever signed it. Every page says at its foot what it belongs to. The same report
gives the same bytes each time, so that a kept one can be compared.
"""

from datetime import datetime

from django.utils.formats import number_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from reportlab.pdfgen.canvas import Canvas

from hims.queries.editions import Kept

from . import paper_parts
from .chart_shapes import GRID, QUIET
from .letters import Letters, draw, width
from .paper_pages import FOOT, LEADING, MARGIN, PAPERS, Pages
from .wording import DIGITS_OF_A_HASH, moment_text, period_text, seal_text

FINE = 7.0
NUMBER = 80.0  # room for "page 123 of 124"


def pdf(kept: Kept, *, paper: str = "A4", now: datetime) -> bytes:
    """The report as a PDF on "A4" or "Letter", with its signatures; the same bytes for the same
    edition, signatures, rules, paper and `now`. Raises ValueError for another paper."""
    if paper not in PAPERS:
        raise ValueError(f"paper is one of {', '.join(PAPERS)}")
    letters = Letters()
    pages = Pages(paper, letters)
    for part in paper_parts.IN_ORDER:
        part(kept, pages)
    paper_parts.printed(kept, pages, now)
    canvas = Canvas(
        "report.pdf", pagesize=PAPERS[paper], pageCompression=1, invariant=1, lang=get_language()
    )
    canvas.setTitle(f"{kept.edition.code} {kept.report.title}, {period_text(kept.edition)}")
    canvas.setAuthor(kept.edition.asked_by.name)
    canvas.setSubject(_("Check code %(code)s") % {"code": kept.edition.check_code})
    canvas.setCreator("HIMS")
    foot = _foot(kept)
    for number, (size, strips) in enumerate(pages.pages, 1):
        canvas.setPageSize(size)
        for strip, top in strips:
            strip.draw(canvas, MARGIN, top)
        _edges(canvas, letters, size, kept, foot, number, len(pages.pages))
        canvas.showPage()
    data: bytes = canvas.getpdfdata()
    return data


def _foot(kept: Kept) -> str:
    """What stands at the foot of each page."""
    edition = kept.edition
    parts = [
        _("%(code)s version %(version)s")
        % {"code": edition.code, "version": number_format(edition.definition)},
        period_text(edition),
        _("data as of %(when)s") % {"when": moment_text(edition.data_as_of)},
        _("SHA-256 %(digits)s…") % {"digits": edition.sha256[:DIGITS_OF_A_HASH]},
        _("audit seal %(seal)s") % {"seal": seal_text(edition)},
        _("check code %(code)s") % {"code": edition.check_code},
    ]
    return " · ".join(parts)


def _edges(
    canvas: Canvas,
    letters: Letters,
    size: tuple[float, float],
    kept: Kept,
    foot: str,
    number: int,
    pages: int,
) -> None:
    """The head of each page but the first, and the foot of all."""
    across, high = size
    canvas.setFillColor(QUIET)
    if number > 1:
        title = f"{kept.edition.code}  {kept.report.title}"
        line = letters.lines(title, across - 2 * MARGIN, FINE)[0]
        draw(canvas, MARGIN, high - MARGIN - FINE, line, FINE)
    top = MARGIN + FOOT - 8
    canvas.setStrokeColor(GRID)
    canvas.setLineWidth(0.5)
    canvas.line(MARGIN, top, across - MARGIN, top)
    for place, line in enumerate(letters.lines(foot, across - 2 * MARGIN - NUMBER, FINE)[:3]):
        draw(canvas, MARGIN, top - (place + 1) * FINE * LEADING, line, FINE)
    words = _("page %(page)s of %(pages)s") % {
        "page": number_format(number), "pages": number_format(pages),
    }  # fmt: skip
    line = letters.line(words)
    x = across - MARGIN - width(line, FINE)
    draw(canvas, x, top - FINE * LEADING, line, FINE)
