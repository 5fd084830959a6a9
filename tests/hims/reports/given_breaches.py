"""A target, a schedule and a breach of one report, for the walk through all addresses."""

from datetime import time
from decimal import Decimal

from hims.actions.reports.rules import set_target
from hims.actions.reports.schedules import set_schedule
from hims.models import Breach, ReportEdition, ReportRule, ReportSchedule
from hims.reporting.declared import report_of
from tests.given import House

SUBJECTS = {
    "breaches": lambda house: Breach.objects.get(),
    "targets": lambda house: ReportRule.objects.get(),
    "timed": lambda house: ReportSchedule.objects.get(),
}


def walked(house: House) -> None:
    """R1 is held to something, comes each month, and once fell short; its edition is there."""
    report, asked = report_of("R1"), {"actor": house.manager, "now": house.now}
    target = {"figure": "located", "comparison": "at-least", "value": Decimal(95)}
    set_target(**asked, report=report, **target)
    set_schedule(**asked, report=report, cadence="month", at=time(6), roles=["manager"])
    edition = ReportEdition.objects.get(code="R1")
    Breach.objects.create(
        code="R1",
        figure="located",
        found_in=edition,
        last_in=edition,
        found_at=house.now,
        target="at least 95 %",
        value=Decimal(90),
        n="9",
        whole="10",
    )
