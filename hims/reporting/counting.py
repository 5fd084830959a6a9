"""What an edition keeps of the numbers: the figures, told apart by the grouping, and the points of
the charts, as plain JSON.

figures: {name: Told.as_json}. groups: [{"key": kept cell of the grouping, "figures": {...}}], in
order of the key, the unknown one last. series: one list of points for each chart of the
declaration: {"x": …, "told": …} of a run chart, {"x": …, "cause": …, "told": …} of stacked bars.
"""

from collections.abc import Iterable
from typing import Any

from hims.domain.figures import By, Tally, Told

from .cells import keepers
from .declared import Report, RunChart, StackedBars


def by_of(report: Report, grouping: str) -> dict[By, set[str]]:
    """What a tally of `report` has to be told apart by, and which figures: all by the grouping, by
    what a chart shows only its own."""
    asked: dict[By, set[str]] = {}
    if grouping:
        asked[grouping] = {figure.name for figure in report.figures}
    for chart in report.charts:
        asked.setdefault(_of_chart(chart), set()).add(chart.figure)
    return asked


def as_kept(report: Report, grouping: str, tally: Tally) -> tuple[dict, list, list]:
    """(figures, groups, series) of a finished tally."""
    keep = dict(zip(report.names, keepers(report.columns), strict=True))
    groups = []
    if grouping:
        found = {keep[grouping](key): told for key, told in tally.groups(grouping).items()}
        groups = [{"key": key, "figures": _kept(found[key])} for key in _in_order(found)]
    series = []
    for chart in report.charts:
        points = tally.groups(_of_chart(chart))
        if isinstance(chart, RunChart):
            by = {keep[chart.by](key): told[chart.figure] for key, told in points.items()}
            series.append([{"x": key, "told": by[key].as_json()} for key in _in_order(by)])
        else:
            pairs = {
                (keep[chart.by](x), keep[chart.cause](cause)): told[chart.figure]
                for (x, cause), told in points.items()
                if told[chart.figure].n or told[chart.figure].unknown
            }
            series.append(
                [
                    {"x": x, "cause": cause, "told": pairs[x, cause].as_json()}
                    for x, cause in sorted(pairs, key=lambda pair: (*map(_rank, pair),))
                ]
            )
    return _kept(tally.figures()), groups, series


def _of_chart(chart: RunChart | StackedBars) -> By:
    return chart.by if isinstance(chart, RunChart) else (chart.by, chart.cause)


def _kept(figures: dict[str, Told]) -> dict[str, Any]:
    return {name: told.as_json() for name, told in figures.items()}


def _in_order(keys: Iterable[Any]) -> list[Any]:
    return sorted(keys, key=_rank)


def _rank(key: Any) -> tuple[bool, bool, Any]:
    """Numbers before texts, what is not known last."""
    return (key is None, isinstance(key, str), "" if key is None else key)
