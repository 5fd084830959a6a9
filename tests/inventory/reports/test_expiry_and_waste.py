"""R8: what expired, what was wasted and why, what was given too late, and what will expire."""

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


@pytest.fixture(autouse=True)
def in_new_york(settings):
    settings.TIME_ZONE = "America/New_York"
    with timezone.override(ZONE):
        yield


@pytest.fixture
def house():
    return given.hospital()


def told_of(kept):
    return {line.figure.name: line.told for line in kept.lines}


def test_a_lot_is_good_until_its_day_ends_where_the_hospital_is(house):
    ledger = Ledger(house.pharmacist)
    ledger.place("W", StockPlace.Kind.WARD)
    ledger.place("Q", StockPlace.Kind.QUARANTINE)
    ledger.product("PARA", per=2, price=Decimal("0.25"))
    ledger.product("GAUZE", carries_expiry=False)
    ledger.lot("PARA", "OLD", date(2026, 3, 8))  # ends with the night in which clocks changed
    ledger.lot("PARA", "DUE", date(2026, 4, 11))  # 30 days from the 12th
    ledger.lot("PARA", "LATE", date(2026, 6, 11))  # 91 days from the 12th
    ledger.lot("PARA", "WHEN", None)
    ledger.lot("GAUZE", "", None)
    for number in ("OLD", "DUE", "LATE", "WHEN"):
        ledger.move(at(2), Kind.RECEIPT, number, "supplier", "W", 40)
    ledger.move(at(2), Kind.RECEIPT, "", "supplier", "W", 100)
    ledger.move(at(8, 23, 59), Kind.DISPENSE, "OLD", "W", "patient", 4)  # the last minute
    ledger.move(at(9, 0, 0), Kind.DISPENSE, "OLD", "W", "patient", 6)  # one too late
    ledger.move(at(10), Kind.WASTE, "OLD", "W", "waste", 20, reason="expired")
    by_mistake = ledger.move(
        at(10), Kind.WASTE, "DUE", "W", "waste", 8, reason="damaged or spilt: fell; not scanned: x"
    )
    ledger.move(at(11), Kind.WASTE, "DUE", "W", "waste", 2, reason="damaged or spilt")
    ledger.move(at(11), Kind.REVERSAL, "DUE", "waste", "W", 8, reverses=by_mistake.id)
    ledger.move(at(11), Kind.WASTE, "OLD", "patient", "waste", 1, reason="brought back by a son")

    kept = made(report_of("R8"), MARCH, house.pharmacist, house.now)

    told = told_of(kept)
    assert told["given_after_expiry"].value == 1
    assert told["expired"].value == Decimal("18.0")  # 36 halves lay there when the day was over
    assert told["expired_value"].value == Decimal("4.50")
    assert told["wasted"].value == Decimal("11.5")
    assert (told["due_30"].value, told["due_90"].value) == (Decimal("19.0"), Decimal("19.0"))
    assert told["undated"].value == 1  # gauze carries no date, and nobody misses one
    rows = [dict(zip(kept.report.names, cells, strict=True)) for cells in kept.cells()]
    wasted = [(row["lot"], row["cause"], row["units"]) for row in rows if row["fate"] == "wasted"]
    assert wasted == [
        ("OLD", "came back from a patient", "0.500"),
        ("OLD", "expired", "10.000"),
        ("DUE", "damaged or spilt", "1.000"),
    ]
    assert [row["value"] for row in rows if row["lot"] == "WHEN"] == ["5.0000"]


def test_what_has_no_price_has_no_known_value(house):
    ledger = Ledger(house.pharmacist)
    ledger.place("W", StockPlace.Kind.WARD)
    for code, price in (("PARA", None), ("MORPH", Decimal(2))):
        ledger.product(code, price=price)
        ledger.lot(code, code)
    ledger.move(at(2), Kind.RECEIPT, "PARA", "supplier", "W", 10)
    ledger.move(at(3), Kind.WASTE, "PARA", "W", "waste", 1)
    told = told_of(made(report_of("R8"), MARCH, house.pharmacist, house.now))
    assert (told["wasted_value"].value, told["wasted_value"].unknown) == (None, 1)

    ledger.move(at(4), Kind.RECEIPT, "MORPH", "supplier", "W", 4)
    told = told_of(made(report_of("VALUE"), MARCH, house.manager, house.now))
    assert (told["value"].value, told["value"].unknown) == (Decimal("8.00"), 1)
    assert told["in_stock"].value == 2


def test_stock_lasts_as_long_as_it_did_and_what_nobody_moves_is_dead(house):
    ledger = Ledger(house.pharmacist)
    ledger.place("W", StockPlace.Kind.WARD)
    for code in ("USED", "DEAD"):
        ledger.product(code, price=Decimal(3))
        ledger.lot(code, code)
    ledger.move(at(-200), Kind.RECEIPT, "DEAD", "supplier", "W", 7)
    ledger.move(at(1), Kind.RECEIPT, "USED", "supplier", "W", 60)
    ledger.move(at(4), Kind.DISPENSE, "USED", "W", "patient", 25)
    ledger.move(at(5), Kind.RETURN, "USED", "patient", "W", 5)

    kept = made(report_of("VALUE"), MARCH, house.manager, house.now, grouping="product")

    rows = {row[2]: dict(zip(kept.report.names, row, strict=True)) for row in kept.cells()}
    # 239 hours, twenty used, forty left: twice as long, and not the hour that never was.
    assert rows["USED"]["days_of_stock"] == 19
    assert (rows["USED"]["at_begin"], rows["USED"]["at_end"]) == ("60.000", "40.000")
    assert (rows["USED"]["dead"], rows["DEAD"]["dead"]) == (False, True)
    told = told_of(kept)
    assert (told["dead"].n, told["dead"].whole) == (1, 2)
    assert told["dead_value"].value == Decimal("21.00")
    assert told["value"].value == Decimal("141.00")
    # Twenty in 239 hours are 733.05 a year, of (60 + 40) / 2 and 7 on the mean.
    assert told["turnover"].value == Decimal("12.9")
