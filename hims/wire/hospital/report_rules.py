"""What must hold of the targets and citations of reports in a hospital folder."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from .cells import Bad
from .places import one_of
from .report_layout import ReportRuleRow
from .rows import ABSENT

if TYPE_CHECKING:
    from .reading import Reading


def check_report_rule(reading: "Reading", row: ReportRuleRow) -> ReportRuleRow:
    figures = reading.words.report_figures.get(row.report)
    if figures is None:
        raise Bad(f"report {row.report!r} is not known")
    if not row.figure:
        if row.comparison or (row.value is not None and row.value is not ABSENT):
            raise Bad("figure is not given: what is the target of?")
        return row
    if row.figure not in figures:
        raise Bad(f"report {row.report} has no figure {row.figure!r}")
    there = reading.known.report_rules.get(row.key)
    if row.comparison:
        one_of(row.comparison, reading.words.comparisons, "comparison")
    elif there is None or row.comparison is not ABSENT:
        raise Bad("comparison is not given")
    if row.value is None or (row.value is ABSENT and there is None):
        raise Bad("value is not given")
    return row


CHECKS: dict[str, Callable[["Reading", Any], Any]] = {"report_rules": check_report_rule}
