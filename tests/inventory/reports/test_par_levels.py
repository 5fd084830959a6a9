"""R7: what a place held at every moment, against what it should hold."""

from datetime import date
from decimal import Decimal

import pytest
from django.utils import timezone

from hims.reporting.declared import report_of
from inventory.models import StockPlace
from tests import given
from tests.given_reports import made

from .ledger import MARCH, ZONE, Kind, Ledger, at

pytestmark = pytest.mark.django_db
HOUR = 3600


@pytest.fixture
def house():
    return given.hospital()


@pytest.fixture(autouse=True)
def in_new_york(settings):
    settings.TIME_ZONE = "America/New_York"
    with timezone.override(ZONE):
        yield


def rows_of(kept):
    return {
        (row["place_code"], row["product_code"]): row
        for row in (dict(zip(kept.report.names, cells, strict=True)) for cells in kept.cells())
    }


def test_a_place_answers_for_every_moment_in_which_it_had_a_par_level(house):
    ledger = Ledger(house.pharmacist)
    ledger.place("W")
    ledger.place("W-1", within="W")
    ledger.place("W-Q", StockPlace.Kind.QUARANTINE, within="W")
    ledger.place("TR", StockPlace.Kind.TROLLEY)
    ledger.product("PARA", per=2)
    ledger.product("ADREN")
    ledger.lot("PARA", "L1")
    ledger.lot("PARA", "L2", date(2026, 3, 9))
    ledger.lot("ADREN", "A1")
    ledger.par("W", "PARA", 10, 40, at(1))
    ledger.par("TR", "ADREN", 2, 5, at(5))
    ledger.move(at(1), Kind.RECEIPT, "L1", "supplier", "W-1", 12)
    ledger.move(at(3), Kind.DISPENSE, "L1", "W-1", "patient", 4)  # 8: below the minimum
    ledger.move(at(4), Kind.QUARANTINE, "L1", "W-1", "W-Q", 8)  # none: quarantine does not count
    ledger.move(at(5), Kind.RECEIPT, "L2", "supplier", "W", 30)  # good until the 9th ends
    ledger.par("W", "PARA", 40, 80, at(6))
    ledger.move(at(6), Kind.RECEIPT, "A1", "supplier", "TR", 3)
    ledger.move(at(7), Kind.DISPENSE, "A1", "TR", "patient", 3)

    kept = made(report_of("R7"), MARCH, house.pharmacist, house.now)

    rows = rows_of(kept)
    para = rows["W", "PARA"]
    # From the 4th at noon to the 5th at noon, and from the end of the 9th on, there was none.
    assert (para["stock_outs"], para["out"], para["longest"]) == (
        2,
        24 * HOUR + 48 * HOUR,
        48 * HOUR,
    )
    # Ten days, one of 23 hours; below from the 3rd to the 5th and from the 6th, when it became 40.
    assert para["observed"] == 239 * HOUR
    assert para["below"] == 48 * HOUR + (12 + 5 * 24 - 1) * HOUR
    # Snapshots: the 2nd 12, the 3rd 8, the 4th 0, the 5th 30; afterwards 30 of 40 and none.
    assert (para["days"], para["days_ok"]) == (10, 2)
    assert (para["minimum"], para["there"]) == ("20.000", "0.000")
    assert para["assumed"] is False
    trolley = rows["TR", "ADREN"]
    assert trolley["emergency_out"] is True
    assert para["emergency_out"] is None
    # It has answered since its par level was written down: from the 5th at noon without any.
    assert (trolley["stock_outs"], trolley["days"]) == (2, 7)

    told = {line.figure.name: line.told for line in kept.lines}
    assert (told["emergency_out"].value, told["emergency_out"].unknown) == (1, 1)
    assert (told["compliance"].n, told["compliance"].whole) == (3, 17)
    assert told["stock_outs"].value == Decimal(4)
