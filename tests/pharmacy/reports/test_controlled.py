"""R9: what should be there of a controlled drug, what was counted, what became of differences."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection, transaction
from django.utils import timezone
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from hims.domain.periods import Cadence, period_of
from hims.reporting.declared import report_of
from inventory.actions.stock.counting import review
from inventory.models import Count, Movement, StockPlace
from pharmacy.models import Ingredient, Medicine, Strength
from tests import given as given_
from tests import given_stock
from tests.given_reports import made
from tests.inventory.at_the_shelves import counted
from tests.inventory.reports.ledger import MARCH, ZONE, Ledger, at

pytestmark = pytest.mark.django_db
Kind = Movement.Kind


@pytest.fixture
def stock():
    return given_stock.stocked()


def rows_of(kept):
    return [dict(zip(kept.report.names, cells, strict=True)) for cells in kept.cells()]


def told_of(kept):
    return {line.figure.name: line.told for line in kept.lines}


def test_each_difference_has_a_cause_somebody_who_closed_it_and_a_time(stock):
    medicine = Medicine.objects.create(product=stock.products["MORPH"], form="ampoule")
    morphine = Ingredient.objects.create(name="morphine")
    Strength.objects.create(medicine=medicine, ingredient=morphine, amount=Decimal(10), unit="mg")
    ledger = Ledger(stock.house.pharmacist)
    ledger.places, ledger.lots = stock.places, {"M1": stock.lot("MORPH", "M1")}
    ledger.move(stock.now, Kind.TRANSFER, "M1", "PH-A", "TR", 8)
    ledger.move(stock.now, Kind.DISPENSE, "M1", "PH-A", "patient", 4)
    ledger.move(stock.now, Kind.WASTE, "M1", "PH-A", "waste", 1)
    counted(stock, "M1", 15, 4, product="MORPH")  # the ledger says 17
    count = Count.objects.get()
    seen = {"actor": stock.house.pharmacist, "now": stock.now + timedelta(minutes=90)}
    day = period_of(timezone.localdate(stock.now), Cadence.DAY)

    kept = made(report_of("R9"), day, stock.house.pharmacist, stock.now + timedelta(hours=1))
    told = told_of(kept)
    assert (told["unresolved"].value, told["open_24h"].value) == (1, 0)
    assert told["to_close"].unknown == 1
    review(**seen, count=count, accepted=True, words="two broken, seen by the charge nurse")
    kept = made(report_of("R9"), day, stock.house.pharmacist, stock.now + timedelta(hours=30))

    trolley, shelf = rows_of(kept)
    assert (shelf["place_code"], trolley["place_code"]) == ("PH-A", "TR")
    named = ("received", "moved_in", "moved_out", "issued", "returned", "wasted", "expected")
    assert [Decimal(shelf[name]) for name in named] == [30, 0, 8, 4, 0, 1, 17]
    assert (shelf["counted"], shelf["variance"], shelf["closing"]) == ("15.000", "-2.000", "15.000")
    assert shelf["cause"] == "two broken, seen by the charge nurse"
    assert (shelf["resolver"], shelf["took"]) == (stock.house.pharmacist.name, 90 * 60)
    assert (shelf["strength"], shelf["head"]) == ("morphine 10 mg", "Schedule II")
    assert (trolley["counted"], trolley["variance"], trolley["was_counted"]) == (None, None, False)
    told = told_of(kept)
    assert (told["counted"].n, told["counted"].whole) == (1, 2)
    assert (told["units_off"].value, told["unresolved"].value) == (Decimal("2.0"), 0)
    assert (told["to_close"].value, told["broken"].value) == (90, 0)
    assert told["unwitnessed"].value == 1


def test_a_difference_that_nobody_closes_is_late_after_a_day(stock):
    counted(stock, "M1", 29, 1, product="MORPH")
    day = period_of(timezone.localdate(stock.now), Cadence.DAY)
    report = report_of("R9")
    soon = made(report, day, stock.house.pharmacist, stock.now + timedelta(hours=23, minutes=59))
    assert told_of(soon)["open_24h"].value == 0
    late = made(report, day, stock.house.pharmacist, stock.now + timedelta(hours=24, minutes=1))
    assert told_of(late)["open_24h"].value == 1
    other = made(report, day, stock.house.pharmacist, stock.now, schedule="III-V")
    assert other.edition.row_count == 0


WAYS = (
    *(("receipt", "supplier", None), ("receipt", "supplier", None), ("transfer", None, "TR")),
    *(("dispense", None, "patient"), ("dispense", None, "patient"), ("return", "patient", None)),
    *(("waste", None, "waste"), ("count", None, "count"), ("count", "count", None)),
)
MOVES = st.lists(
    st.tuples(
        st.integers(0, 14 * 24 * 60),
        st.sampled_from(WAYS),
        st.sampled_from(["C1", "C2", "D1"]),
        st.sampled_from(["CD", "TR"]),
        st.integers(1, 9),
    ),
    min_size=4,
    max_size=25,
)
# For each day again: all lines before it, and all lines in it.
EACH_DAY = """
SELECT d::date, pr.code, p.code,
       coalesce(sum(l.quantity) FILTER (WHERE m.at < d AT TIME ZONE %(zone)s), 0),
       coalesce(sum(l.quantity) FILTER (WHERE m.kind = 'receipt' AND on_day), 0),
       coalesce(-sum(l.quantity) FILTER (WHERE m.kind = 'dispense' AND on_day), 0),
       coalesce(-sum(l.quantity) FILTER (WHERE m.kind = 'waste' AND on_day), 0),
       coalesce(sum(l.quantity) FILTER (WHERE m.kind = 'transfer' AND l.quantity > 0 AND on_day),
                0),
       coalesce(sum(l.quantity) FILTER (WHERE m.kind <> 'count' OR NOT on_day), 0),
       coalesce(sum(l.quantity), 0)
FROM generate_series(timestamp '2026-03-02', '2026-03-11', '1 day') AS d
CROSS JOIN inventory_stockplace p CROSS JOIN inventory_product pr
JOIN inventory_lot lot ON lot.product_id = pr.id
JOIN inventory_movementline l ON l.lot_id = lot.id AND l.place_id = p.id AND NOT l.virtual
JOIN inventory_movement m ON m.id = l.movement_id
CROSS JOIN LATERAL (SELECT m.at >= d AT TIME ZONE %(zone)s AS on_day) AS of
WHERE pr.schedule <> '' AND m.at < (d + interval '1 day') AT TIME ZONE %(zone)s
  AND d AT TIME ZONE %(zone)s < %(now)s
GROUP BY 1, 2, 3
HAVING coalesce(sum(l.quantity) FILTER (WHERE NOT on_day), 0) <> 0 OR bool_or(on_day)
ORDER BY 1, 2, 3
"""


@pytest.fixture
def house():
    return given_.hospital()


@settings(
    max_examples=5,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],  # each example costs a ledger: none is made smaller
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    moves=MOVES,
    now=st.sampled_from([datetime(2026, 3, 8, 13, tzinfo=UTC), datetime(2026, 3, 20, tzinfo=UTC)]),
)
def test_each_day_adds_up_as_plain_sums_do(house, settings, moves, now):
    settings.TIME_ZONE = "America/New_York"
    with transaction.atomic(), timezone.override(ZONE):
        ledger = Ledger(house.pharmacist)
        ledger.place("CD", StockPlace.Kind.CABINET)
        ledger.place("TR", StockPlace.Kind.TROLLEY)
        ledger.product("C", schedule="C-II")
        ledger.product("D", schedule="4")
        for number in ("C1", "C2", "D1"):
            ledger.lot(number[0], number, date(2031, 1, 31))
        there: dict[tuple[str, str], int] = {}
        for minute, (kind, source, target), lot, place, units in sorted(moves, key=lambda x: x[0]):
            when = at(minute // 1440, minute % 1440 // 60, minute % 60)
            source, target = source or place, target or place
            made_of_air = source in {"supplier", "count"}
            short = not made_of_air and there.get((lot, source), 0) < units
            if when >= now or source == target or short:
                continue
            ledger.move(when, kind, lot, source, target, units)
            there[lot, source] = there.get((lot, source), 0) - units
            there[lot, target] = there.get((lot, target), 0) + units

        kept = made(report_of("R9"), MARCH, house.pharmacist, now)

        names = ("day", "product_code", "place_code", "opening", "received", "issued", "wasted",
                 "moved_in", "expected", "closing")  # fmt: skip
        rows = [tuple(_plain(row[name]) for name in names) for row in rows_of(kept)]
        with connection.cursor() as cursor:
            cursor.execute(EACH_DAY, {"zone": "America/New_York", "now": now})
            assert sorted(rows) == [(row[0].isoformat(), *row[1:]) for row in cursor.fetchall()]
        assert told_of(kept)["broken"].value == 0
        heads = {row["product_code"]: row["head"] for row in rows_of(kept)}
        assert heads.items() <= {"C": "Schedule II", "D": "Schedules III to V"}.items()
        transaction.set_rollback(True)


def _plain(cell):
    """Amounts as numbers, everything else as it is."""
    try:
        return Decimal(cell)
    except ArithmeticError:
        return cell
