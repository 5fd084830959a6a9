"""What the checks must know of an order, its patient and the product in hand: one statement."""

import json
from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import connection
from django.utils import timezone

from inventory.models import Lot, Product
from pharmacy.domain.doses import Amount, Part
from pharmacy.domain.facts import (
    Current,
    Drug,
    Facts,
    KnownAllergy,
    Limit,
    LotInHand,
    Ordered,
    Pair,
    Source,
    Substance,
    Supply,
)
from pharmacy.models import MedicationOrder

# Every part is one JSON value of one row, so that the hot path asks once. `drug` describes a
# product as a medicine; `mine` and `theirs` are the names that interactions are looked up by.
FACTS = """
WITH current_orders AS MATERIALIZED (
    SELECT o.* FROM pharmacy_medicationorder o
    WHERE o.patient_id = %(patient)s AND o.status IN ('active', 'on-hold')
      AND o.id IS DISTINCT FROM %(order)s AND (o.ends_at IS NULL OR o.ends_at > %(now)s)
), drug AS MATERIALIZED (
    SELECT p.id, p.look_alike_group, jsonb_build_object(
        'product', p.id, 'name', coalesce(nullif(p.tall_man, ''), p.name), 'unit', p.unit,
        'base_per_unit', p.base_per_unit, 'look_alike_group', p.look_alike_group,
        'controlled', p.schedule <> '', 'high_alert', p.high_alert,
        'routes', m.routes, 'substitution_group', m.substitution_group,
        'on_formulary', m.on_formulary, 'parts', parts.all) AS told
    FROM inventory_product p
    LEFT JOIN pharmacy_medicine m ON m.product_id = p.id
    LEFT JOIN LATERAL (
        SELECT jsonb_agg(jsonb_build_object('name', i.name, 'classes', i.classes,
                         'amount', s.amount::text, 'unit', s.unit) ORDER BY s.id) AS all
        FROM pharmacy_strength s JOIN pharmacy_ingredient i ON i.id = s.ingredient_id
        WHERE s.medicine_id = m.id
    ) parts ON true
    WHERE p.id = ANY(%(products)s) OR p.id IN (SELECT product_id FROM current_orders)
), mine AS MATERIALIZED (
    SELECT i.id, i.name, i.classes FROM pharmacy_ingredient i
    WHERE i.id = %(ingredient)s OR i.id IN (
        SELECT s.ingredient_id FROM pharmacy_strength s
        JOIN pharmacy_medicine m ON m.id = s.medicine_id WHERE m.product_id = ANY(%(products)s))
), my_names AS MATERIALIZED (
    SELECT array_agg(lower(name)) AS all
    FROM (SELECT name FROM mine UNION SELECT unnest(classes) FROM mine) named
), their_names AS MATERIALIZED (
    SELECT array_agg(DISTINCT lower(named)) AS all FROM (
        SELECT i.name, i.classes FROM current_orders o
        LEFT JOIN pharmacy_medicine m ON m.product_id = o.product_id
        LEFT JOIN pharmacy_strength s ON s.medicine_id = m.id
        JOIN pharmacy_ingredient i ON i.id = coalesce(s.ingredient_id, o.ingredient_id)
    ) ingredient, unnest(ingredient.name || ingredient.classes) AS named
)
SELECT jsonb_build_object(
    'birth_date', patient.birth_date,
    'weight', (SELECT jsonb_build_object('kg', kg::text, 'at', measured_at)
               FROM pharmacy_weight WHERE patient_id = patient.id AND measured_at <= %(now)s
               ORDER BY measured_at DESC LIMIT 1),
    'asked', EXISTS (SELECT 1 FROM pharmacy_allergystatement WHERE patient_id = patient.id),
    'allergies', (SELECT jsonb_agg(jsonb_build_object(
                      'ingredient', coalesce(i.name, ''), 'classes', i.classes,
                      'allergy_class', a.allergy_class, 'text', a.text, 'reaction', a.reaction,
                      'severity', a.severity) ORDER BY a.id)
                  FROM pharmacy_allergy a LEFT JOIN pharmacy_ingredient i ON i.id = a.ingredient_id
                  WHERE a.patient_id = patient.id AND a.status = 'active'),
    'current', (SELECT jsonb_agg(jsonb_build_object(
                    'order', o.uid, 'product', o.product_id, 'ingredient', i.name,
                    'classes', i.classes, 'dose', o.dose::text, 'dose_unit', o.dose_unit,
                    'times', o.times_per_day::text, 'route', o.route) ORDER BY o.id)
                FROM current_orders o LEFT JOIN pharmacy_ingredient i ON i.id = o.ingredient_id),
    'drugs', (SELECT jsonb_object_agg(id, told) FROM drug),
    'ingredient', (SELECT jsonb_build_object('name', name, 'classes', classes) FROM mine
                   WHERE id = %(ingredient)s),
    'pairs', (SELECT jsonb_agg(jsonb_build_array(
                  x.a, x.b, x.severity, x.text, source.name, source.dated_on) ORDER BY x.id)
              FROM pharmacy_interaction x
              JOIN pharmacy_knowledgesource source ON source.id = x.source_id,
              my_names, their_names
              WHERE (x.a = ANY(my_names.all) AND x.b = ANY(their_names.all))
                 OR (x.b = ANY(my_names.all) AND x.a = ANY(their_names.all))),
    'sources', (SELECT jsonb_agg(jsonb_build_array(name, dated_on, rows) ORDER BY name)
                FROM pharmacy_knowledgesource WHERE kind = 'interactions'),
    'limits', (SELECT jsonb_agg(jsonb_build_object(
                   'ingredient', mine.name, 'unit', l.unit, 'route', l.route,
                   'age_from_days', l.age_from_days, 'age_to_days', l.age_to_days,
                   'per_kg', l.per_kg, 'single_min', l.single_min::text,
                   'single_max', l.single_max::text, 'daily_max', l.daily_max::text,
                   'absolute_max', l.absolute_max::text, 'source', l.source,
                   'reviewed_on', l.reviewed_on) ORDER BY l.id)
               FROM pharmacy_doselimit l JOIN mine ON mine.id = l.ingredient_id),
    'lots', (SELECT jsonb_agg(jsonb_build_array(id, product_id, number, expiry, status))
             FROM inventory_lot WHERE id = ANY(%(lots)s)),
    'supply', (SELECT jsonb_build_array(sum(line.quantity - line.returned), min(d.dispensed_at))
               FROM pharmacy_dispense d
               JOIN pharmacy_dispenseline line ON line.dispense_id = d.id
               WHERE d.order_id = %(order)s AND d.movement_id IS NOT NULL),
    'look_alikes', (SELECT jsonb_agg(name ORDER BY name) FROM (
                        SELECT DISTINCT coalesce(nullif(p.tall_man, ''), p.name) AS name
                        FROM inventory_product p JOIN drug ON drug.id = %(in_hand)s
                        WHERE p.look_alike_group <> '' AND p.active
                          AND p.look_alike_group = drug.look_alike_group AND p.id <> drug.id
                        ORDER BY 1 LIMIT 3) AS other),
    'passed', (SELECT jsonb_agg(fingerprint) FROM pharmacy_rulefiring
               WHERE order_id = %(order)s AND outcome = 'overridden')
)::text
FROM hims_patient patient WHERE patient.id = %(patient)s
"""


def facts(
    order: MedicationOrder,
    product: Product | int | None,
    lots: Iterable[Lot | int] = (),
    *,
    now: datetime,
    quantity: int | None = None,
) -> Facts:
    """What `pharmacy.domain.checks` must know, read in one statement.

    order: saved or not yet. product: the one in hand, or the one to be given (None: the order's
    own). lots: those in hand. quantity: base units of the product that are to be given now.
    """
    in_hand = product.pk if isinstance(product, Product) else product
    in_hand = in_hand or order.product_id
    products = [key for key in {in_hand, order.product_id} if key]
    asked: dict[str, Any] = {
        "patient": order.patient_id,
        "order": order.pk,
        "now": now,
        "products": products,
        "ingredient": order.ingredient_id,
        "in_hand": in_hand,
        "lots": [lot.pk if isinstance(lot, Lot) else lot for lot in lots],
    }
    with connection.cursor() as cursor:
        cursor.execute(FACTS, asked)
        row = cursor.fetchone()
    if row is None:
        raise MedicationOrder.DoesNotExist("the order names no patient")
    told = json.loads(row[0])
    drugs = {int(key): _drug(value) for key, value in (told["drugs"] or {}).items()}
    given, first_at = told["supply"]
    weight = told["weight"]
    return Facts(
        now=now,
        today=timezone.localdate(now),
        order=_ordered(order, drugs, told["ingredient"]),
        drug=drugs.get(in_hand) if in_hand else None,
        birth_date=_date(told["birth_date"]),
        weight=Amount(Decimal(weight["kg"]), "kg") if weight else None,
        weighed_on=timezone.localdate(datetime.fromisoformat(weight["at"])) if weight else None,
        allergies=tuple(
            KnownAllergy(**(one | {"classes": tuple(one["classes"] or ())}))
            for one in told["allergies"] or ()
        ),
        allergies_asked=told["asked"],
        current=tuple(_current(one, drugs) for one in told["current"] or ()),
        pairs=tuple(
            Pair(a, b, severity, text, source, _date(dated_on))
            for a, b, severity, text, source, dated_on in told["pairs"] or ()
        ),
        sources=tuple(Source(one[0], _date(one[1]), one[2]) for one in told["sources"] or ()),
        limits=tuple(_limit(one) for one in told["limits"] or ()),
        lots=tuple(
            LotInHand(one[0], one[1], one[2], _date(one[3]), one[4]) for one in told["lots"] or ()
        ),
        quantity=quantity,
        supply=Supply(int(given or 0), datetime.fromisoformat(first_at) if first_at else None),
        look_alikes=tuple(told["look_alikes"] or ()),
        passed=frozenset(told["passed"] or ()),
    )


def _ordered(order: MedicationOrder, drugs: dict[int, Drug], ingredient: dict | None) -> Ordered:
    return Ordered(
        dose=_number(order.dose) or Decimal(0),
        dose_unit=order.dose_unit,
        route=order.route,
        timing=order.timing,
        times_per_day=_number(order.times_per_day),
        as_needed=order.as_needed,
        quantity=order.quantity,
        supply_days=order.supply_days,
        status=order.status,
        ends_at=order.ends_at,
        product=drugs.get(order.product_id) if order.product_id else None,
        substance=Substance(ingredient["name"], tuple(ingredient["classes"]))
        if ingredient
        else None,
    )


def _drug(told: dict[str, Any]) -> Drug:
    parts = told["parts"] or []
    return Drug(
        product=told["product"],
        name=told["name"],
        unit=told["unit"],
        base_per_unit=told["base_per_unit"],
        substances=tuple(Substance(one["name"], tuple(one["classes"])) for one in parts),
        strengths=tuple(
            Part(one["name"], Amount(Decimal(one["amount"]), one["unit"])) for one in parts
        ),
        routes=tuple(told["routes"] or ()),
        substitution_group=told["substitution_group"] or "",
        look_alike_group=told["look_alike_group"],
        controlled=told["controlled"],
        high_alert=told["high_alert"],
        on_formulary=bool(told["on_formulary"]),
        described=bool(parts),
    )


def _current(told: dict[str, Any], drugs: dict[int, Drug]) -> Current:
    drug = drugs.get(told["product"]) if told["product"] else None
    if drug is not None:
        name, substances = drug.name, drug.substances
    else:
        name = told["ingredient"] or ""
        substances = (Substance(name, tuple(told["classes"] or ())),)
    return Current(
        order=told["order"],
        name=name,
        substances=substances,
        strengths=drug.strengths if drug else (),
        unit=drug.unit if drug else "",
        dose=Decimal(told["dose"]),
        dose_unit=told["dose_unit"],
        times_per_day=_number(told["times"]),
        route=told["route"],
        look_alike_group=drug.look_alike_group if drug else "",
        product=told["product"],
    )


def _limit(told: dict[str, Any]) -> Limit:
    numbers = ("single_min", "single_max", "daily_max", "absolute_max")
    return Limit(
        **(
            told
            | {name: _number(told[name]) for name in numbers}
            | {"reviewed_on": _date(told["reviewed_on"])}
        )
    )


def _date(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _number(value: object) -> Decimal | None:
    return None if value is None else Decimal(str(value))
