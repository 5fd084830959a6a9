"""What the hospital holds its reports to: targets of their figures, and the rules they rest on.

Configuration, kept with its history: a rule that is re-numbered or repealed changes here.
"""

from datetime import datetime
from decimal import Decimal

from django.utils.translation import gettext as _

from hims.action import action, touches
from hims.domain.figures import Figure
from hims.errors import Finding, Forbidden, Invalid, Refused
from hims.models import Actor, ReportRule
from hims.reporting.declared import Report, report_of

LARGEST = Decimal(10) ** 10  # what the column holds, with four decimals
Comparison = ReportRule.Comparison
WRONG_WAY = {"lower": Comparison.AT_LEAST, "higher": Comparison.AT_MOST}


@action("report_rule.change")
def set_target(
    *,
    actor: Actor,
    now: datetime,
    report: Report,
    figure: str,
    comparison: str,
    value: Decimal,
    each: bool = False,
    citation: str = "",
    active: bool = True,
    reason: str = "",
) -> ReportRule:
    """Hold a figure of a report to a target from now on, or change (or end) the one it has.

    value: in the unit of the figure. each: the target holds for each group too. What was found in
    breach of the target before stays as it was found.
    """
    _may(actor, report)
    found = next((one for one in report.figures if one.name == figure), None)
    if found is None:
        raise Invalid(Finding("no_figure", _("The report has no such figure."), field="figure"))
    if comparison not in Comparison.values:
        text = _("Choose at most or at least.")
        raise Invalid(Finding("no_comparison", text, field="comparison"))
    _check(found, comparison, value)
    if each and not report.groupings:
        raise Refused(Finding("no_groups", _("The report has no groups."), field="each"))
    row = _row(report.code, figure)
    row.comparison, row.value = comparison, value
    row.each, row.citation, row.active = each, citation.strip()[:300], active
    row.save()
    touches(row)
    return row


@action("report_rule.change")
def set_citation(
    *, actor: Actor, now: datetime, report: Report, citation: str, reason: str = ""
) -> ReportRule | None:
    """Say what the whole report rests on; an empty text takes that back. None if nothing was and
    is said."""
    _may(actor, report)
    text = citation.strip()[:300]
    row = _row(report.code, "")
    if row.pk is None and not text:
        return None
    row.citation, row.active = text or row.citation, bool(text)
    row.save()
    touches(row)
    return row


@action("report_rule.change")
def end_target(*, actor: Actor, now: datetime, rule: ReportRule, reason: str = "") -> ReportRule:
    """Hold a figure to nothing any more."""
    row = ReportRule.objects.select_for_update().get(pk=rule.pk)
    _may(actor, report_of(row.code))
    row.active = False
    row.save()
    touches(row)
    return row


def _may(actor: Actor, report: Report) -> None:
    if not actor.may(report.permission):
        raise Forbidden(report.permission)


def _row(code: str, figure: str) -> ReportRule:
    """The rule of a figure, also one that was ended: its history goes on."""
    known = ReportRule.objects.select_for_update().filter(code=code, figure=figure)
    return known.order_by("-active", "-pk").first() or ReportRule(code=code, figure=figure)


def _check(figure: Figure, comparison: str, value: Decimal) -> None:
    if not value.is_finite() or abs(value) >= LARGEST:
        raise Invalid(Finding("no_number", _("This is no number to hold to."), field="value"))
    if figure.unit == "%" and not 0 <= value <= 100:
        raise Invalid(Finding("no_share", _("From 0 to 100 percent."), field="value"))
    if WRONG_WAY.get(figure.better) == comparison:
        text = _("Lower is better here: a target says at most.")
        if figure.better == "higher":
            text = _("Higher is better here: a target says at least.")
        raise Refused(Finding("wrong_way", text, field="comparison"))
