"""The rows behind one number of a report: those it counted, those it was counted of, and those
that could not be counted because something is not known."""

from collections.abc import Callable
from enum import StrEnum
from typing import Any

from django.db.models import Q, QuerySet

from hims.domain.figures import Figure, Kind
from hims.models import ReportRow
from hims.queries.editions import Kept
from hims.reporting.declared import Report


class Part(StrEnum):
    """counted: what stands before "of" (in a sum or a median: the rows whose value is known). of:
    what stands behind it. unknown: neither."""

    COUNTED = "counted"
    OF = "of"
    UNKNOWN = "unknown"


class NoSuchGroup(LookupError):
    """The report has no group of that name."""


def behind(
    kept: Kept, figure: Figure, part: Part, rows: QuerySet[ReportRow]
) -> QuerySet[ReportRow]:
    """Of `rows` those that `part` of `figure` was counted from."""
    found = _PARTS[part](kept.report, figure)
    if figure.among:
        found &= _is(kept.report, figure.among, True)
    return rows.filter(found)


def group_named(kept: Kept, text: str) -> Any:
    """The kept key of the group whose key reads `text`; empty for the one that is not known.

    Raises NoSuchGroup.
    """
    for group in kept.edition.groups:
        key = group["key"]
        if text == ("" if key is None else str(key)):
            return key
    raise NoSuchGroup(text)


def _counted(report: Report, figure: Figure) -> Q:
    if not figure.of:
        return Q()
    if figure.kind in {Kind.COUNT, Kind.SHARE}:
        return _is(report, figure.of, True)
    return _known(report, figure)


def _of(report: Report, figure: Figure) -> Q:
    return _known(report, figure)


def _unknown(report: Report, figure: Figure) -> Q:
    columns = [name for name in (figure.of, figure.whole) if name]
    if not columns:
        return Q(pk__in=[])
    found = Q()
    for name in columns:
        found |= _is(report, name, None)
    return found


def _known(report: Report, figure: Figure) -> Q:
    found = Q()
    for name in (figure.of, figure.whole):
        if name:
            found &= ~_is(report, name, None)
    return found


def _is(report: Report, column: str, value: Any) -> Q:
    return Q(**{f"cells__{report.place(column)}": value})


_PARTS: dict[Part, Callable[[Report, Figure], Q]] = {
    Part.COUNTED: _counted,
    Part.OF: _of,
    Part.UNKNOWN: _unknown,
}
