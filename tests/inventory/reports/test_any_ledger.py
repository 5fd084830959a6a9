"""Whatever moved: the reports of the store say what plain sums over all lines say.

The statements here are written in another way than those of the reports: they know no opening
balance and no levels, and add up every line from the first one on, again for each moment.
"""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.db import connection, transaction
from django.utils import timezone
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from hims.reporting.declared import report_of
from inventory.models import StockPlace
from tests import given as given_
from tests.given_reports import made

from .ledger import MARCH, ZONE, Kind, Ledger, at

pytestmark = pytest.mark.django_db

PLACES = ("W", "W-1", "Q", "TR")
LOTS = {"A1": ("A", date(2026, 3, 5)), "A2": ("A", date(2026, 3, 11)), "B1": ("B", None),
        "B2": ("B", date(2026, 4, 20))}  # fmt: skip
WAYS = (
    *(("receipt", "supplier", None), ("receipt", "supplier", None), ("transfer", None, "W")),
    *(("dispense", None, "patient"), ("dispense", None, "patient"), ("return", "patient", "Q")),
    *(("waste", None, "waste"), ("waste", "patient", "waste"), ("count", None, "count")),
    *(("count", "count", None), ("quarantine", None, "Q"), ("reversal", None, None)),
)
MOVES = st.lists(
    st.tuples(
        st.integers(0, 14 * 24 * 60),
        st.sampled_from(WAYS),
        st.sampled_from(sorted(LOTS)),
        st.sampled_from(PLACES),
        st.integers(1, 12),
    ),
    min_size=4,
    max_size=22,
)

EACH_PAR = """
WITH tick AS (
    SELECT t FROM (
        SELECT at FROM inventory_movement
        UNION SELECT (expiry + 1)::timestamp AT TIME ZONE %(zone)s FROM inventory_lot
        UNION SELECT history_date FROM inventory_historicalpar
        UNION SELECT d AT TIME ZONE %(zone)s
              FROM generate_series(timestamp '2026-03-02', '2026-03-12', '1 day') AS d
        UNION SELECT least(%(now)s, %(e)s)
    ) AS found (t) WHERE t >= %(b)s AND t <= least(%(now)s, %(e)s)
), gap AS (SELECT t, lead(t) OVER (ORDER BY t) AS next FROM tick),
seen AS (
    SELECT par.place_id, par.product_id, gap.*,
           gap.next = date_trunc('day', gap.next, %(zone)s) AS midnight,
           (SELECT coalesce(sum(l.quantity), 0)
            FROM inventory_movementline l
            JOIN inventory_movement m ON m.id = l.movement_id
            JOIN inventory_lot lot ON lot.id = l.lot_id
            JOIN inventory_stockplace p ON p.id = l.place_id
            WHERE lot.product_id = par.product_id AND m.at <= gap.t
              AND par.place_id IN (p.id, p.within_id) AND p.kind <> 'quarantine'
              AND (lot.expiry IS NULL OR (gap.t AT TIME ZONE %(zone)s)::date <= lot.expiry)
           ) AS there,
           (SELECT h.reorder_at FROM inventory_historicalpar h
            WHERE h.place_id = par.place_id AND h.product_id = par.product_id
              AND h.history_date <= gap.t ORDER BY h.history_date DESC LIMIT 1) AS minimum
    FROM inventory_par par CROSS JOIN gap WHERE gap.next IS NOT NULL
)
SELECT place.code, product.code,
       count(*) FILTER (WHERE midnight),
       count(*) FILTER (WHERE midnight AND there >= minimum),
       coalesce(sum(extract(epoch FROM next - t)) FILTER (WHERE there < minimum), 0)::bigint,
       coalesce(sum(extract(epoch FROM next - t)) FILTER (WHERE there = 0), 0)::bigint,
       bool_or(there = 0)
FROM seen JOIN inventory_stockplace place ON place.id = seen.place_id
JOIN inventory_product product ON product.id = seen.product_id
GROUP BY 1, 2 ORDER BY 1, 2
"""

EVERY_LINE = """
SELECT l.quantity::numeric / pr.base_per_unit AS units, pr.price, p.kind, p.virtual, m.id, m.at,
       m.at >= %(b)s AND m.at < least(%(now)s, %(e)s) AS within,
       m.at < least(%(now)s, %(e)s) AS before_end, m.at < %(b)s AS before_begin,
       lot.expiry, (lot.expiry + 1)::timestamp AT TIME ZONE %(zone)s AS day_over, pr.code, l.lot_id,
       m.kind AS what
FROM inventory_movementline l
JOIN inventory_movement m ON m.id = l.movement_id JOIN inventory_lot lot ON lot.id = l.lot_id
JOIN inventory_product pr ON pr.id = lot.product_id
JOIN inventory_stockplace p ON p.id = l.place_id
"""
LOST = f"""
WITH line AS ({EVERY_LINE}), lies AS (
    SELECT line.*, expiry - (least(%(now)s, %(e)s) AT TIME ZONE %(zone)s)::date AS days FROM line
    WHERE NOT virtual
)
SELECT (SELECT coalesce(sum(units), 0) FROM lies
        WHERE expiry BETWEEN '2026-03-02' AND '2026-03-11'
          AND day_over <= least(%(now)s, %(e)s) AND at < day_over),
       (SELECT coalesce(sum(units), 0) FROM line WHERE kind = 'waste' AND within),
       (SELECT sum(units * price) FROM line WHERE kind = 'waste' AND within AND price > 0),
       (SELECT count(DISTINCT (id, lot_id)) FROM line
        WHERE kind = 'patient' AND within AND units > 0 AND at >= day_over),
       (SELECT coalesce(sum(units), 0) FROM lies WHERE before_end AND days BETWEEN 0 AND 30),
       (SELECT coalesce(sum(units), 0) FROM lies WHERE before_end AND days BETWEEN 0 AND 90)
"""
VALUED = f"""
WITH line AS ({EVERY_LINE}), product AS (
    SELECT code, price,
           coalesce(sum(units) FILTER (WHERE NOT virtual AND before_end), 0) AS at_end,
           coalesce(sum(units) FILTER (WHERE NOT virtual AND before_begin), 0) AS at_begin,
           coalesce(sum(units) FILTER (WHERE kind = 'patient' AND within), 0) AS used
    FROM line GROUP BY code, price
)
SELECT (SELECT coalesce(sum(at_end * price), 0) FROM product),
       (SELECT coalesce(sum(used), 0) FROM product),
       (SELECT count(*) FROM product WHERE at_end > 0),
       (SELECT count(*) FROM product WHERE at_end > 0 AND price IS NULL),
       (SELECT round(sum(used) * 365 / (extract(epoch FROM least(%(now)s, %(e)s) - %(b)s) / 86400)
                     / nullif(sum(at_begin + at_end) / 2, 0), 1) FROM product)
"""


@pytest.fixture(autouse=True)
def in_new_york(settings):
    settings.TIME_ZONE = "America/New_York"
    with timezone.override(ZONE):
        yield


def asked(sql, now):
    begins, ends = MARCH.bounds(ZONE)
    with connection.cursor() as cursor:
        cursor.execute(sql, {"b": begins, "e": ends, "now": now, "zone": "America/New_York"})
        return cursor.fetchall()


def a_past(ledger, moves, now):
    """The moves that were possible, one after the other."""
    ledger.place("W", StockPlace.Kind.WARD)
    ledger.place("W-1", within="W")
    ledger.place("Q", StockPlace.Kind.QUARANTINE, within="W")
    ledger.place("TR", StockPlace.Kind.TROLLEY)
    ledger.product("A", per=2, price=Decimal("0.5"))
    ledger.product("B")
    for number, (product, expiry) in LOTS.items():
        ledger.lot(product, number, expiry)
    for place in ("W", "TR"):
        for product in "AB":
            ledger.par(place, product, 4, 20, at(-5))
    ledger.par("W", "A", 9, 20, at(7, 9))
    there, last = {}, None
    for minute, (kind, source, target), lot, place, units in sorted(moves, key=lambda one: one[0]):
        when = at(1 + minute // 1440 - 1, minute % 1440 // 60, minute % 60)
        source, target = source or place, target or place
        reverses = {}
        if kind == Kind.REVERSAL:
            if last is None:
                continue
            (lot, target, source, units), reverses = last[:4], {"reverses": last[4]}
            last = None
        real = source in PLACES or source == "patient"
        if when >= now or source == target or (real and there.get((lot, source), 0) < units):
            continue
        posted = ledger.move(
            when, kind, lot, source, target, units, reason="damaged or spilt: x", **reverses
        )
        there[lot, source] = there.get((lot, source), 0) - units
        there[lot, target] = there.get((lot, target), 0) + units
        if kind == Kind.WASTE and source != "patient":
            last = (lot, source, target, units, posted.id)


@settings(
    max_examples=6,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    moves=MOVES,
    now=st.sampled_from(
        [datetime(2026, 3, 8, 13, 30, tzinfo=UTC), datetime(2026, 3, 20, tzinfo=UTC)]
    ),
)
def test_the_reports_say_what_plain_sums_say(shared_house, moves, now):
    house = shared_house
    with transaction.atomic():
        a_past(Ledger(house.pharmacist), moves, now)

        kept = made(report_of("R7"), MARCH, house.pharmacist, now)
        names = ("place_code", "product_code", "days", "days_ok", "below", "out", "ran_out")
        places = [kept.report.place(name) for name in names]
        rows = sorted(tuple(cells[at_] for at_ in places) for cells in kept.cells())
        assert rows == asked(EACH_PAR, now)

        told = figures("R8", house, now)
        names = ("expired", "wasted", "wasted_value", "given_after_expiry", "due_30", "due_90")
        (plain,) = asked(LOST, now)
        for name, value in zip(names, plain, strict=True):
            if name != "wasted_value" or told[name].value is not None:
                assert (name, told[name].n) == (name, value or 0)

        told = figures("VALUE", house, now)
        ((value, used, in_stock, unpriced, turnover),) = asked(VALUED, now)
        assert (told["value"].n, told["value"].unknown) == (value, unpriced)
        assert (told["used"].n, told["in_stock"].n) == (used, in_stock)
        assert told["turnover_units"].value == turnover
        transaction.set_rollback(True)


def figures(code, house, now):
    kept = made(report_of(code), MARCH, house.pharmacist, now)
    return {line.figure.name: line.told for line in kept.lines}


@pytest.fixture
def shared_house():
    return given_.hospital()
