"""Labels as PDF: the one place that knows reportlab."""

import unicodedata
from collections.abc import Iterable
from pathlib import Path

import reportlab
from reportlab.graphics import renderPDF
from reportlab.graphics.barcode.qr import QrCodeWidget
from reportlab.graphics.shapes import Drawing
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFError, TTFont
from reportlab.pdfgen.canvas import Canvas

from pharmacy.domain.label import CODE, HEIGHT, MARGIN, WIDTH, Label, Line, pages

PLAIN, BOLD = "Helvetica", "Helvetica-Bold"
WIDE = {False: "Vera", True: "VeraBd"}
_FONTS = Path(reportlab.__file__).parent / "fonts"


def pdf(labels: Iterable[Label], *, title: str = "") -> bytes:
    """Labels as a PDF, one page for each that comes out of the printer."""
    canvas = Canvas("label.pdf", pagesize=(WIDTH * mm, HEIGHT * mm), invariant=True)
    canvas.setTitle(title)
    canvas.setAuthor("HIMS")
    for label in labels:
        for page in pages(label):
            _code(canvas, label.code)
            for line in page.lines:
                _line(canvas, line)
            canvas.showPage()
    data: bytes = canvas.getpdfdata()
    return data


def _code(canvas: Canvas, text: str) -> None:
    """The code at the top right, as a QR code: its four light modules around are the margin."""
    widget = QrCodeWidget(text, barLevel="M", barBorder=1)
    left, low, right, _high = widget.getBounds()
    scale = CODE * mm / (right - left)
    drawing = Drawing(CODE * mm, CODE * mm, transform=[scale, 0, 0, scale, -left, -low])
    drawing.add(widget)
    renderPDF.draw(drawing, canvas, (WIDTH - MARGIN - CODE) * mm, (HEIGHT - MARGIN - CODE) * mm)


def _line(canvas: Canvas, line: Line) -> None:
    font, text = _face(line.text, line.style.bold)
    canvas.setFont(font, line.style.size)
    canvas.drawString(line.x * mm, (HEIGHT - line.y) * mm, text)


def _face(text: str, bold: bool) -> tuple[str, str]:
    """A face that has the letters of `text`: the plain one for western names, a wider one for
    others; a letter that neither has loses its accent."""
    try:
        text.encode("cp1252")
    except UnicodeEncodeError:
        font = _registered(WIDE[bold])
        known = pdfmetrics.getFont(font).face.charToGlyph
        return font, "".join(_known(letter, known) for letter in text)
    return (BOLD if bold else PLAIN), text


def _known(letter: str, known: dict[int, int]) -> str:
    if ord(letter) in known:
        return letter
    bare = unicodedata.normalize("NFKD", letter)[0]
    return bare if ord(bare) in known else "?"


def _registered(name: str) -> str:
    try:
        pdfmetrics.getFont(name)
    except (KeyError, TTFError, OSError):
        pdfmetrics.registerFont(TTFont(name, str(_FONTS / f"{name}.ttf")))
    return name
