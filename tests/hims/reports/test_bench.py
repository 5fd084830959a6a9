"""The bench of reports, as small as it goes: it counts what it says it counts."""

import pytest

from hims.bench import report
from hims.models import Encounter, ReportEdition
from inventory.models import MovementLine
from tests.hims.test_bench import by_name, house, in_words, silently, template  # noqa: F401


@pytest.mark.proof
@pytest.mark.timeout(400)
def test_reports_are_made_over_the_ledger_and_the_visits_beside_their_own_sql(
    house,  # noqa: F811 -- the scratch database of the other benches
    record_property,
):
    sizes = {"lines": (400, 2_000), "visited": (200, 1_000), "pages": 3, "times": 1}
    figures = by_name(report.measure(house, silently, **sizes))
    record_property("figure", in_words(figures["report_r20"]))
    assert MovementLine.objects.count() == 2_000
    assert Encounter.objects.count() == 1_000
    assert set(figures) == {
        *("report_r8", "report_linear_r8_2000", "report_r9", "report_linear_r9_2000"),
        *("report_r20", "report_memory_mb", "report_pdf_3_pages"),
    }
    made = ReportEdition.objects.filter(status="done")
    # The ledger has waste and drugs under lock, so that the reports have something to count.
    assert made.filter(code="R8").latest("pk").figures["wasted"]["n"] != 0
    assert made.filter(code="R9").latest("pk").row_count > 0
    assert made.filter(code="R20").order_by("-row_count")[0].row_count == 1_000
    assert figures["report_memory_mb"].value > 30
