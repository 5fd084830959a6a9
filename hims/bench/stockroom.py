"""The pharmacy of the benches: a formulary, lots with a long history, patients with orders.

Written straight into the scratch database, the ledger with its proofs switched off while it is
filled: two million movements would take an hour through the actions. `manage.py verify` finds
nothing wrong with what comes of it.
"""

from typing import Any

from django.db import connection, transaction
from django.db.models import IntegerField
from django.db.models.functions import Cast
from django.utils import timezone

from hims.bench.scratch import House
from hims.queries.actors import console
from inventory.models import Lot, StockPlace
from pharmacy.models import MedicationOrder

SHELVES = 40
RECEIVED, TAKEN = 100_000, 10
"""Base units that came of each lot, and that left with each later movement."""

LEDGER = ("inventory_movement", "inventory_movementline", "inventory_stocklevel")

PRODUCTS = """
INSERT INTO inventory_product (uid, code, name, tall_man, unit, base_per_unit, storage, schedule,
    high_alert, look_alike_group, carries_expiry, scan_required, ndc, dmd, rxnorm, active)
SELECT gen_random_uuid(), 'B-' || to_char(n, 'FM00000'),
       (ARRAY['Amoxi', 'Cefa', 'Dolo', 'Enala', 'Furo', 'Gaba'])[1 + n %% 6] || 'bench ' || n
       || ' mg tablets', '', 'tablet', 1, 'room', '', false, '', true, true, '', '', '', true
FROM generate_series(%(first)s, %(last)s) n
"""
INGREDIENTS = """
INSERT INTO pharmacy_ingredient (uid, name, classes, rxnorm)
SELECT gen_random_uuid(), 'benchine ' || n, ARRAY['class ' || n %% 50], ''
FROM generate_series(%(first)s, %(last)s) n
"""
MEDICINES = """
INSERT INTO pharmacy_medicine (uid, product_id, form, routes, substitution_group, label_text,
    on_formulary)
SELECT gen_random_uuid(), p.id, 'tablet', ARRAY['oral'], 'group ' || p.code, '', true
FROM inventory_product p
WHERE p.code BETWEEN 'B-' || to_char(%(first)s::int, 'FM00000')
      AND 'B-' || to_char(%(last)s::int, 'FM00000')
"""
STRENGTHS = """
INSERT INTO pharmacy_strength (medicine_id, ingredient_id, amount, unit)
SELECT m.id, i.id, 10, 'mg'
FROM generate_series(%(first)s, %(last)s) n
JOIN inventory_product p ON p.code = 'B-' || to_char(n, 'FM00000')
JOIN pharmacy_medicine m ON m.product_id = p.id
JOIN pharmacy_ingredient i ON i.name = 'benchine ' || n
"""
PACKS = """
INSERT INTO inventory_pack (product_id, name, units, gtin)
SELECT p.id, 'box of 10', 10, new.gtin
FROM unnest(%(codes)s::text[], %(gtins)s::text[]) AS new (code, gtin)
JOIN inventory_product p ON p.code = new.code
"""
LOTS = """
INSERT INTO inventory_lot (uid, product_id, number, expiry, status)
SELECT gen_random_uuid(), p.id, 'L' || n, current_date + 60 + n %% 900, 'released'
FROM generate_series(%(first)s, %(last)s) n
JOIN inventory_product p ON p.code = 'B-' || to_char(1 + n %% %(products)s, 'FM00000')
"""
# The movements of lot n are numbered (n - 1) * each + 1 … n * each by their key; the first brings
# RECEIVED units, each of the others takes TAKEN. The lot lies on one shelf, or with every seventh
# lot all is taken from the store itself.
MOVEMENTS = """
INSERT INTO inventory_movement (uid, key, kind, reason, document, actor_id, at)
SELECT gen_random_uuid(), 'bench ' || n || ' ' || k,
       CASE k WHEN 1 THEN 'receipt' ELSE 'dispense' END, '', '', %(actor)s,
       now() - interval '90 days' + (k * 4 + n %% 4) * interval '1 hour'
FROM generate_series(%(first)s, %(last)s) n, generate_series(1, %(each)s) k
"""
LINES = """
WITH shelf AS (SELECT id, row_number() OVER (ORDER BY id) - 1 AS place FROM inventory_stockplace
               WHERE NOT virtual),
     world AS (SELECT max(id) FILTER (WHERE kind = 'supplier') AS supplier,
                      max(id) FILTER (WHERE kind = 'patient') AS patient
               FROM inventory_stockplace WHERE virtual),
     moved AS (
         SELECT m.id AS movement, l.id AS lot, shelf.id AS place, k,
                CASE k WHEN 1 THEN %(received)s ELSE -%(taken)s END AS quantity
         FROM generate_series(%(first)s, %(last)s) n, generate_series(1, %(each)s) k,
              inventory_movement m, inventory_lot l, shelf
         WHERE m.key = 'bench ' || n || ' ' || k AND l.number = 'L' || n
           AND shelf.place = n %% %(shelves)s)
INSERT INTO inventory_movementline
    (movement_id, lot_id, place_id, virtual, quantity, balance_after, seq, serials)
SELECT movement, lot, place, false, quantity, %(received)s - %(taken)s * (k - 1), k,
       '{}'::varchar[]
FROM moved
UNION ALL
SELECT movement, lot, CASE k WHEN 1 THEN supplier ELSE patient END, true, -quantity, NULL, NULL,
       '{}'::varchar[]
FROM moved, world
"""
LEVELS = """
INSERT INTO inventory_stocklevel (lot_id, place_id, virtual, quantity, version)
SELECT lot_id, place_id, false, min(balance_after), max(seq) FROM inventory_movementline
WHERE NOT virtual AND lot_id IN (SELECT id FROM inventory_lot WHERE number IN
    (SELECT 'L' || n FROM generate_series(%(first)s, %(last)s) n))
GROUP BY 1, 2
"""
PATIENTS = """
INSERT INTO hims_patient (uid, mrn, family, given, birth_date, birth_estimated, sex, identified)
SELECT gen_random_uuid(), 'BENCH-' || n, 'Benchfield' || n, 'Given', '1960-01-01', false, 'unknown',
    true
FROM generate_series(%(first)s, %(last)s) n
"""
ORDERS = """
INSERT INTO pharmacy_medicationorder (uid, patient_id, product_id, dose, dose_unit, route, timing,
    times_per_day, as_needed, indication, quantity, supply_days, priority, prescriber_id,
    starts_at, status, note, source, source_number, emergency, entered_at)
SELECT gen_random_uuid(), p.id, product.id, 10, 'mg', 'oral', 'three times a day', 3, false, '',
       10, 3, 'routine', %(prescriber)s, now() - interval '1 hour', 'active', '', 'bench',
       n::text, false, now() - interval '1 hour'
FROM generate_series(%(first)s, %(last)s) n
JOIN hims_patient p ON p.mrn = 'BENCH-' || n
JOIN inventory_product product
  ON product.code = 'B-' || to_char(1 + n %% %(products)s, 'FM00000')
"""
STATEMENTS = """
INSERT INTO pharmacy_allergystatement (patient_id, none_known, actor_id, at)
SELECT id, true, %(verifier)s, now() FROM hims_patient
WHERE mrn IN (SELECT 'BENCH-' || n FROM generate_series(%(first)s, %(last)s) n)
"""
DISPENSES = """
INSERT INTO pharmacy_dispense (uid, order_id, product_id, wanted, status, urgency, promised_at,
    received_at, verified_by_id, verified_at, handed_over_to, prints)
SELECT gen_random_uuid(), o.id, o.product_id, 10, 'verified', 2,
       now() + o.id %% 600 * interval '1 minute', now() - interval '50 minutes', %(verifier)s,
       now() - interval '40 minutes', '', 0
FROM pharmacy_medicationorder o
WHERE o.source = 'bench' AND o.source_number::int BETWEEN %(first)s AND %(last)s
"""

# What left the first lots by their movements went to the patients of the queue, one after another.
HANDED_OVER = """
WITH out AS (
    SELECT line.movement_id, line.lot_id, line.place_id, -line.quantity AS quantity, lot.product_id,
           movement.at, row_number() OVER (ORDER BY line.id) AS number
    FROM inventory_movementline line JOIN inventory_lot lot ON lot.id = line.lot_id
    JOIN inventory_movement movement ON movement.id = line.movement_id
    WHERE NOT line.virtual AND line.quantity < 0 AND lot.number = ANY(%(numbers)s)
), mine AS (
    SELECT id, row_number() OVER (ORDER BY id) AS number FROM pharmacy_medicationorder
    WHERE source = 'bench'
), made AS (
    INSERT INTO pharmacy_dispense (uid, order_id, product_id, wanted, status, urgency, promised_at,
        received_at, movement_id, dispensed_by_id, dispensed_at, handed_over_to, prints)
    SELECT gen_random_uuid(), mine.id, out.product_id, out.quantity, 'handed-over', 2, out.at,
           out.at, out.movement_id, %(actor)s, out.at, '', 1
    FROM out JOIN mine ON mine.number = 1 + out.number %% (SELECT count(*) FROM mine)
    RETURNING id, movement_id)
INSERT INTO pharmacy_dispenseline (dispense_id, lot_id, place_id, quantity, returned, serials,
    scanned)
SELECT made.id, out.lot_id, out.place_id, out.quantity, 0, '{}', true
FROM made JOIN out ON out.movement_id = made.movement_id
"""


def shelves() -> list[StockPlace]:
    """The places of the pharmacy: SHELVES shelves."""
    return [
        StockPlace.objects.get_or_create(
            code=f"SHELF-{number:02}",
            defaults={"name": f"Shelf {number}", "kind": StockPlace.Kind.SHELF},
        )[0]
        for number in range(1, SHELVES + 1)
    ]


def stock(
    house: House, *, products: int, first: int, last: int, each: int = 1, spread: int = 0
) -> None:
    """Have lots `first` to `last` of `products` products (of the first `spread` of them, if said),
    each with `each` movements.

    The products are made with the first lots.
    """
    asked = {
        "products": spread or products,
        "first": first,
        "last": last,
        "each": each,
        "actor": console().pk,
        "shelves": SHELVES,
        "received": RECEIVED,
        "taken": TAKEN,
    }
    shelves()
    for kind in (StockPlace.Kind.SUPPLIER, StockPlace.Kind.PATIENT):
        StockPlace.objects.get_or_create(
            kind=kind, defaults={"code": f"WORLD-{kind.upper()}", "name": kind, "virtual": True}
        )
    if first == 1:
        formulary: dict[str, Any] = {"first": 1, "last": products}
        formulary["codes"] = [f"B-{number:05}" for number in range(1, products + 1)]
        formulary["gtins"] = [_gtin(number) for number in range(1, products + 1)]
        _run([PRODUCTS, PACKS, INGREDIENTS, MEDICINES, STRENGTHS], formulary)
    switch = "; ".join(f"ALTER TABLE {table} {{}} TRIGGER USER" for table in LEDGER)
    house.as_owner(switch.format(*["DISABLE"] * len(LEDGER)))
    try:
        _run([LOTS, MOVEMENTS], asked)
        house.as_owner("ANALYZE inventory_lot; ANALYZE inventory_movement")
        _run([LINES, LEVELS], asked)
    finally:
        house.as_owner(switch.format(*["ENABLE"] * len(LEDGER)))
    house.as_owner("VACUUM ANALYZE")


def queue(house: House, *, first: int, last: int, products: int, prescriber, verifier) -> None:
    """Have patients `first` to `last`, each with one order that a pharmacist has verified."""
    asked = {
        "first": first,
        "last": last,
        "products": products,
        "prescriber": prescriber.pk,
        "verifier": verifier.pk,
        "now": timezone.now(),
    }
    _run([PATIENTS, STATEMENTS, ORDERS, DISPENSES], asked)
    house.as_owner("VACUUM ANALYZE")


def handed_over(numbers: list[str], *, by) -> None:
    """What left these lots (by number) so far was dispensed to the patients of the queue."""
    _run([HANDED_OVER], {"numbers": numbers, "actor": by.pk})


def requests(first: int, last: int) -> list[dict[str, Any]]:
    """What a counter posts for the orders of patients `first` to `last`: one pack is scanned."""
    rows = (
        MedicationOrder.objects.filter(source="bench", patient__mrn__startswith="BENCH-")
        .annotate(number=Cast("source_number", IntegerField()))
        .filter(number__gte=first, number__lte=last)
        .order_by("number")
        .values_list("uid", "product_id")
    )
    wanted = {product for _, product in rows}
    shown = {
        lot.product_id: (printed_on(lot), level.place.code)
        for lot in Lot.objects.filter(product__in=wanted).order_by("-pk")
        for level in lot.levels.select_related("place")[:1]
    }
    bodies = []
    for order, product in rows:
        scan, place = shown[product]
        line = {"scan": scan, "quantity": "10"}
        bodies.append({"order": str(order), "lines": [line], "place": place})
    return bodies


def printed_on(lot: Lot) -> str:
    """What a scanner reads from a pack of the lot: GTIN, expiry, lot number."""
    gtin = lot.product.packs.values_list("gtin", flat=True)[0]
    return f"]d201{gtin}17{lot.expiry:%y%m%d}10{lot.number}"


def _gtin(number: int) -> str:
    """A GTIN-14 under GS1's own prefix for examples, 952."""
    body = f"0952{number:09d}"
    odd, even = sum(map(int, body[0::2])), sum(map(int, body[1::2]))
    return f"{body}{-(3 * odd + even) % 10}"


def _run(statements: list[str], asked: dict) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement, asked)
