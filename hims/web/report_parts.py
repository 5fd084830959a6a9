"""What is told of a finished report on its pages, in words and links: figures, groups, charts with
their tables, differences. Nothing is counted here."""

import json
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _

from hims.access.roles import ROLE_NAMES, Role
from hims.actions.reports import signing
from hims.domain.figures import Figure, Told, told
from hims.domain.periods import Period
from hims.queries.editions import Kept, Line
from hims.queries.report_checks import restated_by
from hims.queries.report_pages import COUNTED, OF, UNKNOWN, WHOLE
from hims.reporting import charts, wording
from hims.reporting.declared import RunChart

from .report_question import as_typed
from .report_rows import first_rows


def context_of(request, kept: Kept) -> dict[str, Any]:
    """What the template hims/report_told.html shows."""
    edition = kept.edition
    lines = [said_line(kept, line) for line in kept.lines]
    return {
        "kept": kept,
        "edition": edition,
        "report": kept.report,
        "period_text": wording.period_text(edition),
        "headline": lines[0],
        "lines": lines,
        "charts": [_chart(kept, index) for index in range(len(kept.report.charts))],
        "groups": _groups(kept, request.GET.get("sort", "")),
        "about": wording.about(kept),
        "differences": _differences(kept),
        "restated": restated_by(edition),
        "signatures": [(one, role_name(one.role)) for one in kept.signatures],
        "can_sign": request.user.may("report.sign")
        and signing.hindrance(request.user, edition) is None,
        "signs": signing.signers_text(kept.report),
        "rows": first_rows(request, kept),
        "rows_text": wording.rows_text(edition.row_count or 0),
        "asked": as_typed(Period(edition.first, edition.until), edition.filters, edition.grouping),
    }


def role_name(role: str) -> str:
    return str(ROLE_NAMES[Role(role)]) if role in set(Role) else role


def said_line(kept: Kept, line: Line, group: Any = WHOLE) -> dict[str, Any]:
    """One figure in words, each number with the address of the rows behind it."""
    figure, found = line.figure, line.told
    return {
        "name": figure.name,
        "title": figure.title,
        "text": figure.text,
        "value": wording.figure_text(figure, found),
        "counted": wording.counted_text(kept.report, figure, found),
        "unknown": wording.unknown_text(found) if found.unknown else "",
        "unknown_count": found.unknown,
        "target": wording.target_text(figure, line.target),
        "before": wording.before_text(line),
        "went": _went(line),
        "missed": line.in_breach,
        "held": line.target is not None and found.value is not None,
        "rows": rows_url(kept, figure, COUNTED, group),
        "of_rows": rows_url(kept, figure, OF, group),
        "unknown_rows": rows_url(kept, figure, UNKNOWN, group),
    }


def rows_url(kept: Kept, figure: Figure, part: str, group: Any = WHOLE) -> str:
    """Where the rows behind a number are."""
    asked = {"figure": figure.name, "part": part}
    if group is not WHOLE:
        asked["group"] = json.dumps(group)
    return f"{reverse('edition-rows', args=[kept.edition.uid])}?{urlencode(asked)}"


def _went(line: Line) -> str:
    """Whether a figure is better or worse than before; empty where neither can be said."""
    was = line.before.value if line.before else None
    now = line.told.value
    if was is None or now is None or not line.figure.better:
        return ""
    if now == was:
        return "same"
    return "better" if (now < was) == (line.figure.better == "lower") else "worse"


def _groups(kept: Kept, sort: str) -> dict[str, Any] | None:
    """The figures of each group, in order of one of them ("-name" backwards; unknown last)."""
    if not kept.edition.grouping or not kept.edition.groups:
        return None
    found = list(kept.groups)
    name, backwards = sort.removeprefix("-"), sort.startswith("-")
    places = {figure.name: at for at, figure in enumerate(kept.report.figures)}
    if name in places:
        at = places[name]
        known = [one for one in found if one[1][at].told.value is not None]
        known.sort(key=lambda one: one[1][at].told.value, reverse=backwards)
        found = known + [one for one in found if one[1][at].told.value is None]
    elif sort == "-":
        known = [one for one in found if one[0] is not None]
        found = known[::-1] + [one for one in found if one[0] is None]
    column = kept.report.column(kept.edition.grouping)
    heads = [("", column.title, name not in places)]
    heads += [(one.name, one.title, one.name == name) for one in kept.report.figures]
    return {
        "by_title": _("By %(column)s") % {"column": column.title},
        "heads": [
            {
                "title": title,
                "sort": f"-{head}" if here and not backwards else head,
                "way": ("descending" if backwards else "ascending") if here else "",
            }
            for head, title, here in heads
        ],
        "rows": [
            (wording.group_text(kept, key), [said_line(kept, line, key) for line in lines])
            for key, lines in found
        ],
    }


def _chart(kept: Kept, index: int) -> dict[str, Any]:
    """A chart as a picture, and the same numbers as a table."""
    chart = kept.report.charts[index]
    points = kept.edition.series[index] if index < len(kept.edition.series) else []
    run = isinstance(chart, RunChart)
    return {
        "title": charts.title_text(kept, index),
        "picture": charts.svg(kept, index),
        "heads": _run_heads(kept, index) if run else _bar_heads(kept, index, points),
        "rows": _run_rows(kept, index, points) if run else _bar_rows(kept, index, points),
    }


def _run_heads(kept: Kept, index: int) -> list[str]:
    chart = kept.report.charts[index]
    figure = kept.report.figure(chart.figure)
    return [str(kept.report.column(chart.by).title), str(figure.title), _("Counted")]


def _run_rows(kept: Kept, index: int, points: list[dict]) -> list[list[str]]:
    chart = kept.report.charts[index]
    figure, column = kept.report.figure(chart.figure), kept.report.column(chart.by)
    rows = []
    for point in points:
        found = told(point["told"])
        counted = wording.counted_text(kept.report, figure, found)
        rows.append([_key(column, point["x"]), wording.figure_text(figure, found), counted])
    return rows


def _causes(points: list[dict]) -> list[Any]:
    return list(dict.fromkeys(point["cause"] for point in points))


def _bar_heads(kept: Kept, index: int, points: list[dict]) -> list[str]:
    chart = kept.report.charts[index]
    cause = kept.report.column(chart.cause)
    heads = [str(kept.report.column(chart.by).title)]
    return heads + [_key(cause, one) for one in _causes(points)]


def _bar_rows(kept: Kept, index: int, points: list[dict]) -> list[list[str]]:
    chart = kept.report.charts[index]
    figure, column = kept.report.figure(chart.figure), kept.report.column(chart.by)
    cells: dict[Any, dict[Any, Told]] = {}
    for point in points:
        cells.setdefault(point["x"], {})[point["cause"]] = told(point["told"])
    causes = _causes(points)
    return [
        [_key(column, x)]
        + [wording.figure_text(figure, by[one]) if one in by else "" for one in causes]
        for x, by in cells.items()
    ]


def _key(column, value: Any) -> str:
    return _("not known") if value is None else wording.cell_text(column, value)


def _differences(kept: Kept) -> dict[str, Any] | None:
    """What sets it apart from the signed edition that it was made to check."""
    found = kept.edition.differences
    if kept.edition.restates is None or not found:
        return None
    return {
        "found": found,
        "figures": [_figure_apart(kept, one) for one in found.get("figures", [])],
        "rows": [_row_apart(kept, one) for one in found.get("kept", [])],
        "of": kept.edition.restates,
    }


def _figure_apart(kept: Kept, apart: dict[str, Any]) -> dict[str, Any]:
    figure = kept.report.figure(apart["figure"])
    sides = {}
    for side in ("before", "after"):
        found = told(apart[side]) if apart[side] else None
        sides[side] = found and wording.figure_text(figure, found)
        sides[f"{side}_counted"] = found and wording.counted_text(kept.report, figure, found)
    return {"title": figure.title, **sides}


def _row_apart(kept: Kept, apart: dict[str, Any]) -> dict[str, Any]:
    """One row that differs: which it is, and its cells before and after."""
    report = kept.report
    key = [
        wording.cell_text(report.column(name), value)
        for name, value in zip(report.key, apart["key"], strict=True)
    ]
    changed = []
    for name in apart["columns"]:
        at, column = report.place(name), report.column(name)
        sides = [wording.cell_text(column, apart[side][at]) for side in ("before", "after")]
        changed.append((column.title, *sides))
    return {"what": apart["what"], "key": ", ".join(key), "changed": changed}
