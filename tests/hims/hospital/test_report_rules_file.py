"""Targets and citations of reports in a hospital folder: taken, exported again, and refused."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from hims.hospital.stored import stored, words
from hims.models import ReportRule
from hims.reporting.declared import report_of
from hims.wire.hospital import read, write
from tests import given
from tracking.wire.addresses import normalise

RULES = """\
report,figure,comparison,value,each,citation,active
R20,,,,,"A rule, of 2026",yes
R20,ecat,at-most,12.5,yes,House rule 7,yes
"""
FIXTURES = Path(__file__).resolve().parents[3] / "fixtures"


def judged(text: str):
    return read(
        {"report_rules.csv": text.encode()},
        folder="given",
        known=stored(),
        words=words(),
        address=normalise,
        today=date(2026, 3, 2),
    )


@pytest.mark.django_db
def test_targets_and_citations_come_in_go_out_and_come_in_unchanged():
    house = given.hospital()
    given.imported({"report_rules.csv": RULES}, house.now)
    target = ReportRule.objects.get(figure="ecat")
    assert (target.code, target.comparison, target.value) == ("R20", "at-most", Decimal("12.5"))
    assert (target.each, target.citation, target.active) == (True, "House rule 7", True)
    assert ReportRule.objects.get(figure="").citation == "A rule, of 2026"
    assert target.history.count() == 1
    again, rejects = judged(write(stored())["report_rules.csv"].decode())
    assert not rejects
    assert again.report_rules == stored().report_rules
    given.imported({"report_rules.csv": "report,figure,value\nR20,ecat,10\n"}, house.now)
    target.refresh_from_db()
    assert (target.value, target.comparison, target.each) == (10, "at-most", True)


@pytest.mark.django_db
def test_what_cannot_be_a_target_is_refused_by_line():
    given.hospital()
    for line, why in (
        ("R99,ecat,at-most,1,no,,yes", "report 'R99' is not known"),
        ("R20,shine,at-most,1,no,,yes", "no figure 'shine'"),
        ("R20,,at-most,1,no,,yes", "what is the target of"),
        ("R20,ecat,about,1,no,,yes", "comparison 'about' is not one of"),
        ("R20,ecat,,1,no,,yes", "comparison is not given"),
        ("R20,ecat,at-most,,no,,yes", "value is not given"),
        ("R20,ecat,at-most,-1,no,,yes", "is not a quantity"),
    ):
        reasons = [reject.reason for reject in judged(RULES.split("\n")[0] + f"\n{line}\n")[1]]
        assert [why in reason for reason in reasons] == [True], (line, reasons)


@pytest.mark.django_db
def test_the_demonstration_hospital_holds_its_reports_to_targets_that_they_can_meet():
    given.hospital()
    rows, rejects = judged((FIXTURES / "report_rules.csv").read_text())
    assert not rejects
    for row in rows.report_rules.values():
        assert row.citation, "each says what it follows from"
        if row.figure:
            wrong = {"lower": "at-least", "higher": "at-most"}
            figure = report_of(row.report).figure(row.figure)
            assert wrong.get(figure.better) != row.comparison, row
