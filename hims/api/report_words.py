"""How reports are told and asked for at the API.

Amounts are texts, so that nobody's floating point rounds them; times are ISO 8601 with offset.
"""

from datetime import timedelta
from typing import Any

from django.utils import timezone
from rest_framework import serializers

from hims.domain.figures import Number, Told
from hims.domain.periods import BadPeriod, Period
from hims.errors import Finding, Invalid
from hims.models import ReportEdition, ReportSignature
from hims.queries.editions import Kept, Line
from hims.reporting.declared import Report, RunChart, StackedBars
from hims.reporting.wording import about, group_text

FIRST_YEAR = 1900


class EditionBody(serializers.Serializer):
    """`from` is the first day, `to` the first day after the period. `filters` are values by the
    name of the filter; `by` is one of the groupings, the first if it is left out."""

    filters = serializers.DictField(
        child=serializers.CharField(max_length=200, allow_blank=True), required=False
    )
    by = serializers.CharField(max_length=40, required=False, allow_blank=True)

    def get_fields(self):
        days = {
            name: serializers.DateField(source=source)
            for name, source in (("from", "first"), ("to", "until"))
        }
        return days | super().get_fields()


class ChoiceShape(serializers.Serializer):
    value = serializers.CharField()
    title = serializers.CharField()


class FilterShape(serializers.Serializer):
    name = serializers.CharField()
    title = serializers.CharField()
    choices = ChoiceShape(many=True)


class ColumnShape(serializers.Serializer):
    name = serializers.CharField()
    title = serializers.CharField()
    holds = serializers.CharField(
        help_text="text, number, amount, duration (seconds), time, day, flag or uid; null in a "
        "cell is not known."
    )
    unit = serializers.CharField()


class FigureShape(serializers.Serializer):
    name = serializers.CharField()
    title = serializers.CharField()
    kind = serializers.ChoiceField(
        ["count", "share", "total", "ratio", "median", "ninetieth"],
        help_text="How it is counted from the rows.",
    )
    of = serializers.CharField(help_text="The column it counts, empty for all rows.")
    whole = serializers.CharField(help_text="The column it is divided by, of a ratio.")
    among = serializers.CharField(help_text="A flag: only rows in which it is true.")
    unit = serializers.CharField()
    scale = serializers.IntegerField(help_text="What the raw number is divided by.")
    places = serializers.IntegerField(help_text="Decimals, rounded half to even.")
    better = serializers.CharField(help_text="lower, higher, or empty.")


class ReportShape(serializers.Serializer):
    code = serializers.CharField()
    slug = serializers.CharField()
    title = serializers.CharField()
    version = serializers.IntegerField(help_text="Of the definition.")
    says = serializers.ListField(child=serializers.CharField())
    cadence = serializers.ChoiceField(["day", "week", "month"])
    columns = ColumnShape(many=True)
    figures = FigureShape(many=True)
    groupings = serializers.ListField(child=serializers.CharField())
    filters = FilterShape(many=True)


class ReportList(serializers.Serializer):
    results = ReportShape(many=True)
    next = serializers.URLField(allow_null=True)


class EditionShape(serializers.Serializer):
    id = serializers.UUIDField()
    report = serializers.CharField(help_text="The slug of the report.")
    code = serializers.CharField()
    definition = serializers.IntegerField()
    status = serializers.ChoiceField(ReportEdition.Status.choices)
    filters = serializers.DictField(child=serializers.CharField())
    by = serializers.CharField()
    standard = serializers.BooleanField()
    source = serializers.CharField()
    asked_at = serializers.DateTimeField()
    data_as_of = serializers.DateTimeField(allow_null=True)
    row_count = serializers.IntegerField(allow_null=True)
    sha256 = serializers.CharField()
    check_code = serializers.CharField()

    def get_fields(self):
        return super().get_fields() | {
            "from": serializers.DateField(),
            "to": serializers.DateField(),
        }


class EditionPage(serializers.Serializer):
    results = EditionShape(many=True)
    next = serializers.URLField(allow_null=True)


class QueuedShape(serializers.Serializer):
    id = serializers.UUIDField()
    status = serializers.CharField()
    url = serializers.CharField()


class RowPage(serializers.Serializer):
    results = serializers.ListField(child=serializers.DictField())
    next = serializers.URLField(allow_null=True)


class NothingBody(serializers.Serializer):
    """No more is said than by which address it came."""


class WholeEdition(EditionShape):
    """An edition with its numbers, once they are made."""

    progress = serializers.DictField()
    error = serializers.CharField()
    about = serializers.ListField(child=serializers.DictField())
    figures = serializers.ListField(child=serializers.DictField())
    groups = serializers.ListField(child=serializers.DictField())
    series = serializers.ListField(child=serializers.DictField())
    signatures = serializers.ListField(child=serializers.DictField())
    seal = serializers.DictField(allow_null=True)
    restates = serializers.UUIDField(allow_null=True)
    differences = serializers.DictField()


def period_of(asked: dict[str, Any]) -> Period:
    """The period that was asked for. Raises Invalid naming what is wrong with it."""
    first, until = asked["first"], asked["until"]
    if first.year < FIRST_YEAR:
        raise _bad("from", "No data goes back so far. Choose a later day.")
    if until > timezone.localdate() + timedelta(days=1):
        raise _bad("to", "The period reaches past today. It may end with tomorrow at the latest.")
    try:
        return Period(first, until)
    except BadPeriod as bad:
        raise _bad("to", str(bad)) from None


def declaration(report: Report, viewer: Any) -> dict[str, Any]:
    """What the report is: all that is needed to ask for it and to count it again."""
    return {
        "code": report.code,
        "slug": report.slug,
        "title": str(report.title),
        "version": report.version,
        "says": [str(one) for one in report.says],
        "cadence": report.cadence,
        "columns": [
            {
                "name": one.name,
                "title": str(one.title),
                "holds": one.cell,
                "unit": str(one.unit),
            }
            for one in report.columns
        ],
        "figures": [
            {
                "name": one.name,
                "title": str(one.title),
                "kind": one.kind,
                "of": one.of,
                "whole": one.whole,
                "among": one.among,
                "unit": str(one.unit),
                "scale": one.scale,
                "places": one.places,
                "better": one.better,
            }
            for one in report.figures
        ],
        "groupings": list(report.groupings),
        "filters": [
            {
                "name": one.name,
                "title": str(one.title),
                "choices": [
                    {"value": value, "title": str(title)} for value, title in one.choices(viewer)
                ],
            }
            for one in report.filters
        ],
    }


def edition(row: ReportEdition, slug: str) -> dict[str, Any]:
    """An edition without its numbers."""
    return {
        "id": str(row.uid),
        "report": slug,
        "code": row.code,
        "definition": row.definition,
        "status": row.status,
        "from": row.first.isoformat(),
        "to": row.until.isoformat(),
        "filters": row.filters,
        "by": row.grouping,
        "standard": row.standard,
        "source": row.source,
        "asked_at": row.asked_at.isoformat(),
        "data_as_of": row.data_as_of.isoformat() if row.data_as_of else None,
        "row_count": row.row_count,
        "sha256": row.sha256,
        "check_code": row.check_code,
    }


def whole_edition(kept: Kept) -> dict[str, Any]:
    """All that is told of an edition but its rows; numbers only once it is done."""
    row = kept.edition
    done = row.status == ReportEdition.Status.DONE
    progress = row.progress
    return edition(row, kept.report.slug) | {
        "progress": {
            "rows": progress.rows,
            "beat_at": progress.beat_at.isoformat() if progress.beat_at else None,
            "cancel_asked": progress.cancel_asked,
        },
        "error": row.error,
        "about": [{"name": name, "text": text} for name, text in about(kept)] if done else [],
        "figures": [_line(one) for one in kept.lines] if done else [],
        "groups": [
            {
                "key": key,
                "name": group_text(kept, key),
                "figures": [_line(one) for one in lines],
            }
            for key, lines in kept.groups
        ],
        "series": [
            _series(chart, points)
            for chart, points in zip(kept.report.charts, row.series, strict=False)
        ],
        "signatures": [_signature(one) for one in kept.signatures],
        "seal": {"number": row.seal.number, "hash": bytes(row.seal.hash).hex()}
        if row.seal
        else None,
        "restates": str(row.restates.uid) if row.restates else None,
        "differences": row.differences,
    }


def _line(line: Line) -> dict[str, Any]:
    target = line.target
    return {
        "name": line.figure.name,
        "title": str(line.figure.title),
        "unit": str(line.figure.unit),
        **_told(line.told),
        "target": {
            "comparison": target.rule.comparison,
            "value": _text(target.rule.value),
            "citation": target.rule.citation,
        }
        if target
        else None,
        "breach": line.in_breach if target else None,
        "before": _told(line.before) if line.before else None,
    }


def _told(told: Told) -> dict[str, Any]:
    return told.as_json()


def _series(chart: RunChart | StackedBars, points: list[dict]) -> dict[str, Any]:
    return {
        "figure": chart.figure,
        "title": str(chart.title),
        "by": chart.by,
        "cause": chart.cause if isinstance(chart, StackedBars) else None,
        "points": points,
    }


def _signature(one: ReportSignature) -> dict[str, Any]:
    return {
        "name": one.name,
        "role": one.role,
        "meaning": one.meaning,
        "at": one.at.isoformat(),
        "sha256": one.sha256,
        "note": one.note,
    }


def _text(number: Number | None) -> str | None:
    return None if number is None else format(number, "f")


def _bad(field: str, text: str) -> Invalid:
    return Invalid(Finding("bad_period", text, field=field))
