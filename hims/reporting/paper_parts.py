"""The parts of a printed report, in the order in which they are read."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from hims.domain.figures import told
from hims.queries.editions import Kept, Line

from . import charts
from .declared import Cell as Kind
from .declared import Column
from .paper_pages import HEADING, SIZE, SMALL, Pages, Picture
from .paper_signing import signing
from .paper_tables import Head, Table, Texts, measured, needed, shared, size_for, wished
from .wording import (
    about,
    before_text,
    bounds_text,
    cell_text,
    counted_text,
    figure_text,
    group_text,
    moment_text,
    period_text,
    target_text,
    unknown_text,
)

MOST_ROWS = 5_000
INDENT = "\u00a0" * 4
SAMPLE = 300  # rows by which columns are measured
TITLE, HEADLINE = 19.0, 27.0
RIGHT = {Kind.NUMBER, Kind.AMOUNT, Kind.DURATION}


def title(kept: Kept, pages: Pages) -> None:
    """What it is, and of which time."""
    edition = kept.edition
    name = f"{edition.code}  {kept.report.title}"
    pages.put(pages.words(name, size=TITLE, bold=True, below=2.0))
    pages.put(pages.words(period_text(edition), size=HEADING, bold=True))
    pages.put(pages.words(bounds_text(edition), size=SMALL))
    as_of = _("data as of %(when)s") % {"when": moment_text(edition.data_as_of)}
    pages.put(pages.words(as_of, size=SMALL, below=10.0))


def headline(kept: Kept, pages: Pages) -> None:
    """The first figure, large, with its target and what it was before."""
    line = kept.lines[0]
    figure, found = line.figure, line.told
    pages.put(pages.words(str(figure.title), bold=True))
    pages.put(pages.words(figure_text(figure, found), size=HEADLINE, bold=True))
    parts = [counted_text(kept.report, figure, found)]
    if found.unknown:
        parts.append(unknown_text(found))
    if target := target_text(figure, line.target):
        parts.append(_("target %(value)s: %(met)s") % {"value": target, "met": met_text(line)})
    if before := before_text(line):
        parts.append(_("before %(value)s") % {"value": before})
    pages.put(pages.words(" · ".join(part for part in parts if part), below=4.0))


def met_text(line: Line) -> str:
    """Whether a figure keeps its target, with a shape; nothing without one."""
    if line.target is None:
        return ""
    if line.told.value is None:
        return f"○ {_('n/a')}"
    return f"▲ {_('missed')}" if line.in_breach else f"● {_('met')}"


def figures(kept: Kept, pages: Pages) -> None:
    """All figures; what is not known is a line of its own."""
    heads = [
        Head(_("Figure"), wide=2.0), Head(_("Value"), right=True, whole=True),
        Head(_("Counted"), right=True), Head(_("Target")), Head(_("Met?"), whole=True),
        Head(_("Before"), right=True, whole=True),
    ]  # fmt: skip
    rows: list[Texts] = []
    for line in kept.lines:
        figure, found = line.figure, line.told
        rows.append([
            (str(figure.title), str(figure.text)), figure_text(figure, found),
            counted_text(kept.report, figure, found), target_text(figure, line.target),
            met_text(line), before_text(line),
        ])  # fmt: skip
        if found.unknown:
            unknown = number_format(found.unknown, use_l10n=True, force_grouping=True)
            rows.append([f"{INDENT}{_('not known')}", unknown, "", "", "", ""])
    put_table(pages, _("Figures"), heads, rows)


def drawings(kept: Kept, pages: Pages) -> None:
    """The charts, or a sentence where there is nothing to draw."""
    for index in range(len(kept.report.charts)):
        drawn = charts.drawing(kept, index, pages.across, pages.letters)
        if drawn is None:
            pages.put(pages.words(charts.nothing_text(kept, index), above=10.0))
        else:
            pages.space(14.0)
            pages.put(Picture(drawn, pages.body))


def groups(kept: Kept, pages: Pages) -> None:
    """The figures of each group, in as many tables as they need columns."""
    if not kept.edition.grouping or not kept.edition.groups:
        return
    by = kept.report.column(kept.edition.grouping).title
    heads = [Head(str(by), wide=1.5)]
    heads += [Head(str(figure.title), right=True, whole=True) for figure in kept.report.figures]
    rows: list[Texts] = [
        [group_text(kept, key), *(_grouped(kept, line) for line in lines)]
        for key, lines in islice(kept.groups, MOST_ROWS)
    ]
    columns = measured(heads, rows[:SAMPLE], pages.letters)
    wide = needed(columns) > pages.across_if(False)
    pages.lie(wide)
    said = _("By %(column)s") % {"column": by}
    for places in _fitting(columns, pages.across):
        part: list[Texts] = [[row[place] for place in places] for row in rows]
        put_table(pages, said, [heads[place] for place in places], part)
        said = _("By %(column)s, further figures") % {"column": by}
    if more := len(kept.edition.groups) - len(rows):
        text = _("And %(count)s more; all are in the CSV of figures.") % {"count": _number(more)}
        pages.put(pages.words(text, above=4.0))


def _grouped(kept: Kept, line: Line) -> list[str]:
    unknown = unknown_text(line.told) if line.told.unknown else ""
    return [
        figure_text(line.figure, line.told), met_text(line),
        counted_text(kept.report, line.figure, line.told), unknown,
    ]  # fmt: skip


def _fitting(columns: Sequence[Any], across: float) -> Iterator[list[int]]:
    """The columns in parts of which each fits across a page; the first column is in all."""
    part = [0]
    for place in range(1, len(columns)):
        if len(part) > 1 and needed([columns[one] for one in [*part, place]]) > across:
            yield part
            part = [0]
        part.append(place)
    yield part


def rows(kept: Kept, pages: Pages) -> None:
    """The rows behind the numbers, so many as one may want to read on paper."""
    shown = [
        (place, column) for place, column in enumerate(kept.report.columns)
        if column.shown and column.cell is not Kind.UID
    ]  # fmt: skip
    heads = [_head(column) for _place, column in shown]
    texts: list[Texts] = [
        [cell_text(column, cells[place]) for place, column in shown]
        for cells in islice(kept.cells(), MOST_ROWS)
    ]
    said = _("Rows behind the numbers")
    if not texts:
        pages.put(pages.heading(said), follows=SIZE * 2)
        pages.put(pages.words(_("No rows in this period.")))
        return
    columns = measured(heads, texts[:SAMPLE], pages.letters)
    stands = pages.across_if(False)
    pages.lie(needed(columns) > stands or wished(columns) > 1.3 * stands)
    put_table(pages, said, heads, texts)
    count = kept.edition.row_count or 0
    if count > len(texts):
        text = _("The first %(shown)s of %(count)s rows; all are in the CSV of rows.") % {
            "shown": _number(len(texts)), "count": _number(count),
        }  # fmt: skip
        pages.put(pages.words(text, above=4.0))


def _head(column: Column) -> Head:
    named = f"{column.title} ({column.unit})" if column.unit else str(column.title)
    whole = column.cell is not Kind.TEXT
    return Head(named, right=column.cell in RIGHT, whole=whole, wide=column.wide)


def stands(kept: Kept, pages: Pages) -> None:
    """What stands about the report, and how it is counted."""
    pages.lie(False)
    put_pairs(pages, _("About this report"), about(kept))
    says = [str(sentence) for sentence in kept.report.says]
    for place, sentence in enumerate(says):
        row = pages.words(sentence, below=3.0)
        if place == 0:
            pages.put(pages.heading(_("How it is counted")), follows=row.height)
        pages.put(row)


def differences(kept: Kept, pages: Pages) -> None:
    """What sets it apart from the signed edition that it was made to check."""
    found = kept.edition.differences
    if kept.edition.restates is None or not found:
        return
    if not found["rows"]:
        same = pages.words(_("Made to check a signed version: the rows are the same."))
        pages.put(pages.heading(_("Differences")), follows=same.height)
        pages.put(same)
        return
    text = _(
        "Data came in after signing: %(rows)s rows differ from the signed version "
        "(%(added)s added, %(gone)s gone, %(changed)s changed)."
    ) % {name: _number(found[name]) for name in ("rows", "added", "gone", "changed")}
    sentence = pages.words(text, below=4.0)
    pages.put(pages.heading(_("Differences")), follows=sentence.height)
    pages.put(sentence)
    apart: list[Texts] = [
        [str(kept.report.figure(one["figure"]).title), _side(kept, one, "before"),
         _side(kept, one, "after")]
        for one in found["figures"]
    ]  # fmt: skip
    heads = [Head(_("Figure"), wide=2.0), Head(_("Signed"), right=True), Head(_("Now"), right=True)]
    if apart:
        put_table(pages, _("Figures that differ"), heads, apart)
    put_table(
        pages,
        _("Rows that differ"),
        [Head(_("Row")), Head(_("What")), Head(_("Signed, and now"), wide=3.0)],
        [_row_apart(kept, one) for one in found["kept"]],
    )
    if found["rows"] > len(found["kept"]):
        count = _number(len(found["kept"]))
        text = _("The first %(count)s are listed.") % {"count": count}
        pages.put(pages.words(text, above=4.0))


def _side(kept: Kept, apart: dict[str, Any], side: str) -> list[str]:
    if not apart[side]:
        return ["—"]
    figure, found = kept.report.figure(apart["figure"]), told(apart[side])
    return [figure_text(figure, found), counted_text(kept.report, figure, found)]


def _row_apart(kept: Kept, apart: dict[str, Any]) -> list[str]:
    report = kept.report
    key = [
        cell_text(report.column(name), value)
        for name, value in zip(report.key, apart["key"], strict=True)
    ]
    what = {"added": _("added"), "gone": _("gone"), "changed": _("changed")}[apart["what"]]
    changed = []
    for name in apart["columns"]:
        at, column = report.place(name), report.column(name)
        was, now = (cell_text(column, apart[side][at]) for side in ("before", "after"))
        changed.append(f"{column.title}: {was} → {now}")
    return [", ".join(key), what, "\n".join(changed)]


def printed(kept: Kept, pages: Pages, now: datetime) -> None:
    """When it was printed, and which letters it could not print."""
    text = _("Printed %(when)s.") % {"when": moment_text(now)}
    if missing := sorted(pages.letters.missing):
        text += " " + _(
            "Letters for which this print has no shape stand as □ (%(count)s: %(codes)s); the CSV "
            "holds them."
        ) % {
            "count": len(missing),
            "codes": ", ".join(f"U+{ord(letter):04X}" for letter in missing[:10])
            + ("…" if len(missing) > 10 else ""),
        }
    pages.put(pages.words(text, size=SMALL, above=12.0))


def put_table(pages: Pages, said: str, heads: Sequence[Head], rows: Sequence[Texts]) -> None:
    """A table with its heading."""
    columns = measured(heads, rows[:SAMPLE], pages.letters)
    size = size_for(columns, pages.across)
    table = Table(heads, shared(heads, columns, pages.across, size), pages.letters, size)
    pages.table([table.head()], table.rows(rows), above=[pages.heading(said)])


def put_pairs(pages: Pages, said: str, pairs: Sequence[tuple[str, str]]) -> None:
    """Names and what they stand for, under a heading."""
    heads = [Head("", whole=True), Head("", wide=3.0)]
    columns = measured(heads, pairs, pages.letters)
    table = Table(heads, shared(heads, columns, pages.across), pages.letters)
    pages.table([], table.rows(pairs), above=[pages.heading(said)])


def _number(number: int) -> str:
    return number_format(number, use_l10n=True, force_grouping=True)


IN_ORDER: list[Callable[[Kept, Pages], None]] = [
    *(title, headline, figures, drawings, groups, rows),
    *(stands, differences, signing),
]
