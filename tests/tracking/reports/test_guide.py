"""The guide page says how a report is added: what it shows is run as it stands there."""

import re
from pathlib import Path

from hims.reporting import declared

GUIDE = Path(__file__).parents[3] / "docs" / "reports.md"


def test_the_example_of_the_guide_is_a_report_and_its_test_holds(house, monkeypatch):
    monkeypatch.setattr(declared, "_reports", dict(declared._reports))
    report, its_test = re.findall(r"```python\n(.*?)```", GUIDE.read_text(), re.DOTALL)
    names: dict = {}
    exec(report, names)  # noqa: S102 - our own page
    assert declared.report_at("reservations-held") is names["HELD"]
    exec(its_test, names)  # noqa: S102
    (check,) = (one for name, one in names.items() if name.startswith("test_"))
    check(house)
