"""The charts of a report, drawn once: as SVG on the page, and in the PDF."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from reportlab.graphics.shapes import Drawing

from hims.domain.figures import Figure, Told, told
from hims.queries.editions import Kept

from . import chart_bars, chart_runs
from .chart_axes import Hand
from .chart_bars import Stack
from .chart_runs import Point, Run
from .chart_shapes import as_svg
from .declared import Cell, RunChart, StackedBars
from .letters import Letters
from .wording import cell_text, figure_text, target_text

ON_PAGES = {"wide": 720.0, "narrow": 344.0}
"""Widths in pixels of the two drawings for a page: beside the rail, and on a phone."""

LETTER, SLACK = 14.0, 1.08
ON_PAPER = 8.0


def svg(kept: Kept, index: int) -> SafeString:
    """The chart as SVG for a page: a wide drawing and a narrow one, of which charts.css shows the
    one that fits; a sentence where there is nothing to draw. It follows the colour of the text
    around it and holds no style of its own; its title is for the page to show, it bears the unit.
    """
    found = _asked(kept, index)
    if found is None:
        return format_html('<p class="quiet">{}</p>', nothing_text(kept, index))
    unit = kept.report.figure(kept.report.charts[index].figure).unit
    letters, drawings = Letters(), []
    for kind, wide in ON_PAGES.items():
        drawing = _drawn(replace(found, title=unit), Hand(letters, LETTER, wide, SLACK))
        name = f"chart-{kept.edition.check_code}-{index}-{kind}"
        drawings.append(as_svg(drawing, name=name, title=found.title, says=_says(found), kind=kind))
    return mark_safe("".join(drawings))  # noqa: S308 -- as_svg escapes all words


def drawing(kept: Kept, index: int, width: float, letters: Letters | None = None) -> Drawing | None:
    """The same chart for paper, `width` points wide; None where there is nothing to draw. letters:
    the type of the document, which hears of letters that it does not have."""
    found = _asked(kept, index)
    if found is None:
        return None
    return _drawn(found, Hand(letters or Letters(), ON_PAPER, width))


def title_text(kept: Kept, index: int) -> str:
    """What the chart is called, with its unit."""
    chart = kept.report.charts[index]
    figure = kept.report.figure(chart.figure)
    said = str(chart.title or figure.title)
    return f"{said} ({figure.unit})" if figure.unit else said


def nothing_text(kept: Kept, index: int) -> str:
    """What stands in place of a chart that has nothing to show."""
    return _("%(chart)s: there is nothing to draw in this period.") % {
        "chart": title_text(kept, index)
    }


def _asked(kept: Kept, index: int) -> Run | Stack | None:
    """What is drawn; None if that would be an empty frame."""
    chart = kept.report.charts[index]
    if isinstance(chart, RunChart):
        run = _run(kept, index, chart)
        return run if run.told else None
    stack = _stack(kept, index, chart)
    return stack if stack.ends != (0.0, 0.0) else None


def _drawn(found: Run | Stack, hand: Hand) -> Drawing:
    def draw(top: float) -> tuple[list[Any], float]:
        if isinstance(found, Run):
            return chart_runs.drawn(found, hand, top)
        return chart_bars.drawn(found, hand, top)

    high = -draw(0.0)[1]
    made = Drawing(hand.wide, high)
    for shape in draw(high)[0]:
        made.add(shape)
    return made


def _says(found: Run | Stack) -> str:
    said = chart_runs.says(found) if isinstance(found, Run) else chart_bars.says(found)
    return f"{said} {_('The numbers are in the tables.')}"


def _run(kept: Kept, index: int, chart: RunChart) -> Run:
    figure = kept.report.figure(chart.figure)
    target = kept.targets.get(figure.name)
    points, dayless = [], 0
    for point in kept.edition.series[index]:
        at = told(point["told"])
        if point["x"] is None:
            dayless += 1
            continue
        value = None if at.value is None else float(at.value)
        missed = target is not None and target.missed(at)
        points.append(Point(date.fromisoformat(point["x"]), value, missed))
    words = target_text(figure, target)
    held = target.rule.value if target else None
    run = Run(
        title=title_text(kept, index),
        points=points,
        middle="",
        target=None if held is None else (float(held), _("target: %(value)s") % {"value": words}),
        whole=figure.places == 0,
        share=figure.unit == "%",
        dayless=dayless,
    )
    if not run.told:
        return run
    middle = _in_words(figure, run.median)
    said = _("median of the points: %(value)s") % {"value": middle}
    return replace(run, middle=said)


def _stack(kept: Kept, index: int, chart: StackedBars) -> Stack:
    figure = kept.report.figure(chart.figure)
    by, cause = kept.report.column(chart.by), kept.report.column(chart.cause)

    def named(column: Any, key: Any) -> str:
        return _("not known") if key is None else cell_text(column, key)

    found: dict[tuple[Any, str], float] = {}
    for point in kept.edition.series[index]:
        length = float(Decimal(told(point["told"]).n) / figure.scale)
        key = (point["x"], named(cause, point["cause"]))
        found[key] = found.get(key, 0.0) + length
    return chart_bars.stacked(
        found,
        name=lambda value: named(by, value),
        days=by.cell is Cell.DAY,
        title=title_text(kept, index),
        told=lambda length: number_format(
            f"{length:.{figure.places}f}", use_l10n=True, force_grouping=True
        ),
        whole=figure.places == 0,
    )


def _in_words(figure: Figure, value: float) -> str:
    rounded = Decimal(repr(value)).quantize(Decimal(1).scaleb(-figure.places))
    return figure_text(figure, Told(rounded, 0, None, 0))
