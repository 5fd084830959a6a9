"""R14: every unit of a recalled lot is somewhere, and how long it took to fetch it."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from hims.domain.periods import Cadence, period_of
from hims.reporting.declared import report_of
from inventory.actions.recalls import collect, open_recall, withdraw_recall
from inventory.models import Movement
from inventory.queries.recalls import accounts
from tests import given_stock
from tests.given_reports import made
from tests.inventory.at_the_shelves import act, wasted

from .ledger import Ledger

pytestmark = pytest.mark.django_db


@pytest.fixture
def stock():
    return given_stock.stocked()


def test_received_is_what_lies_somewhere_was_given_wasted_or_is_missing(stock):
    lot = stock.lot("PARA", "P2")
    ledger = Ledger(stock.house.pharmacist)
    ledger.places, ledger.lots = stock.places, {"P2": lot}
    ledger.move(stock.now, Movement.Kind.DISPENSE, "P2", "PH-A", "patient", 30)
    wasted(stock, {"lot": str(lot.uid), "quantity": "5", "unscanned": "spilt"})
    ledger.move(stock.now, Movement.Kind.COUNT, "P2", "PH-A", "count", 4)
    recall = act(stock, open_recall, reference="FSN-9", reason="glass", lots=[lot])
    error = act(
        stock, open_recall, reference="FSN-X", reason="oops", lots=[stock.lot("PARA", "P1")]
    )
    act(stock, withdraw_recall, recall=error, reason="other hospital")
    later = stock.now + timedelta(minutes=40)
    collect(
        actor=stock.house.porter, now=later, recall=recall, lot=lot, place=stock.places["W1S"],
        collected=80,
    )  # fmt: skip
    month = period_of(timezone.localdate(stock.now), Cadence.MONTH)
    now = later + timedelta(minutes=5)

    kept = made(report_of("R14"), month, stock.house.pharmacist, now, grouping="place")

    rows = {row["place"]: row for row in (dict(zip(kept.report.names, cells, strict=True))
                                          for cells in kept.cells())}  # fmt: skip
    units = {place: Decimal(row["units"]) for place, row in rows.items()}
    # Twelve boxes of forty halves: one ward's two in quarantine, of the shelf's ten the rest.
    assert units == {
        "Patients": 15, "Waste": Decimal("2.5"), "Count differences": 2,
        "Pharmacy shelf A": Decimal("180.5"),
        "Ward west stock": 0, rows_quarantine(rows): 40,
    }  # fmt: skip
    account = accounts([lot])[lot.pk]
    told = {line.figure.name: line.told for line in kept.lines}
    assert told["accounted"].whole * 2 == account.received == 480
    assert told["accounted"].n * 2 == account.accounted
    assert told["unaccounted"].value * 2 == account.unaccounted
    assert (told["located"].value, told["set_aside"].value) == (40, 40)
    assert told["open_tasks"].value == 1
    assert (told["told"].value, told["told"].unknown) == (None, 1)
    assert told["recalls"].value == 1
    assert rows["Ward west stock"]["same_day"] is (
        timezone.localdate(later) == timezone.localdate(stock.now)
    )
    assert rows["Pharmacy shelf A"]["located"] is None


def rows_quarantine(rows):
    return next(place for place, row in rows.items() if row["place_kind"] == "quarantine")
