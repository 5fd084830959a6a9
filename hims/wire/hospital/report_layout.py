"""The file of what reports are held to: targets and the rules they follow from."""

from dataclasses import dataclass
from decimal import Decimal

from . import cells
from .rows import ABSENT, Absent, Sheet, at_line


@dataclass(frozen=True, slots=True)
class ReportRuleRow:
    """A target of one figure; without a figure, what the whole report rests on. `value` is in the
    unit of the figure."""

    report: str
    figure: str = ""
    comparison: str | Absent = ABSENT
    value: Decimal | Absent | None = ABSENT
    each: bool | Absent = ABSENT
    citation: str | Absent = ABSENT
    active: bool | Absent = ABSENT
    line: int = at_line()

    @property
    def key(self) -> tuple[str, str]:
        return self.report, self.figure


REPORT_SHEETS: dict[str, Sheet] = {
    "report_rules": Sheet(
        "report_rules.csv",
        ReportRuleRow,
        {
            "report": cells.code(40),
            "figure": cells.text(40),
            "comparison": cells.text(8),
            "value": cells.maybe(cells.quantity),
            "each": cells.yes_or_no,
            "citation": cells.text(300),
            "active": cells.yes_or_no,
        },
        ("report",),
    ),
}
