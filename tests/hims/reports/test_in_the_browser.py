"""The pages of reports in a real browser: nothing serious to axe, nothing wider than the screen."""

from decimal import Decimal

import pytest

from hims.actions.reports import rules
from hims.actions.reports.asking import ask
from hims.models import Breach
from hims.reporting.declared import report_of
from hims.reporting.making import make
from tests import given
from tests.browser import chromium, served, wrong_on_screens
from tests.given_flow import a_department

from .test_r20 import EIGHT, MONTH, a_day, at

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(240)]


def test_pages_of_reports_are_accessible_and_fit_their_screens(tmp_path):
    house = given.hospital()
    a_day(house, a_department(house, EIGHT))
    manager = given.person("mara", ["manager"], name="Mara-Konstantina Managing-Thornburyshire")
    report = report_of("R20")
    target = {"figure": "ecat", "comparison": "at-most", "value": Decimal(12)}
    rules.set_target(actor=manager, now=at(0), report=report, **target)
    april = at(45 * 24 * 60)
    edition = make(ask(actor=manager, now=april, report=report, period=MONTH, waits=True).pk, april)
    breach = Breach.objects.get()
    pages = [
        "/",
        "/reports/",
        "/reports/er-throughput/?first=2026-03-01&last=2026-03-31",
        f"/reports/editions/{edition.uid}/",
        f"/reports/editions/{edition.uid}/rows/",
        f"/reports/editions/{edition.uid}/sign/",
        f"/reports/check/?code={edition.check_code}",
        "/reports/breaches/",
        f"/reports/breaches/{breach.uid}/",
        "/settings/reports/",
        "/settings/reports/schedules/",
    ]
    with chromium() as browser, served(tmp_path) as address:
        wrong = wrong_on_screens(
            browser, address, "mara", pages, [(360, "dark"), (1440, "light")], unfolding=True
        )
    assert wrong == []
