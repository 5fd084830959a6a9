"""The charts of a report, drawn once: as SVG on the page, and in the PDF."""

from reportlab.graphics.shapes import Drawing

from hims.queries.editions import Kept


def svg(kept: Kept, index: int) -> str:
    """The chart as SVG for a page: a wide drawing and a narrow one, of which charts.css shows the
    one that fits; a sentence where there is nothing to draw. It follows the colour of the text
    around it and holds no style of its own."""
    raise NotImplementedError


def drawing(kept: Kept, index: int, width: float) -> Drawing | None:
    """The same chart for paper, `width` points wide; None where there is nothing to draw."""
    raise NotImplementedError
