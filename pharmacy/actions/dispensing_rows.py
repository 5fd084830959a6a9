"""The two statements of a dispense that are the pharmacy's own: lock what it is about, and write
what became of it. In SQL, because the counter waits for it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from django.db import connection
from django.db.models import Model

from hims.action import step
from hims.live import EVENTS, payloads
from hims.models import Actor
from hims.models.base import new_uid
from inventory.models import StockPlace
from pharmacy.domain.supply import Measure, Standing
from pharmacy.models import Dispense, MedicationOrder

M = TypeVar("M", bound=Model)

EVENT = "dispense"


def _columns(model: type[Model], alias: str) -> str:
    return ", ".join(f'{alias}."{one.column}"' for one in model._meta.concrete_fields)


# The lots are locked against a change of their status: whoever recalls one waits, or is waited for
# and then seen. Orders outside the pharmacy's care are not found (see pharmacy.rules).
LOCK = f"""
WITH RECURSIVE the_order AS MATERIALIZED (
    SELECT * FROM pharmacy_medicationorder WHERE uid = %(order)s
    AND (status IN ('active', 'on-hold') OR entered_at > %(since)s OR ends_at > %(since)s)
    FOR NO KEY UPDATE
), open AS MATERIALIZED (
    SELECT dispense.* FROM pharmacy_dispense dispense
    JOIN the_order ON dispense.order_id = the_order.id
    WHERE dispense.status IN ('received', 'held', 'verified') FOR NO KEY UPDATE OF dispense
), lots AS MATERIALIZED (
    SELECT id FROM inventory_lot WHERE id = ANY (%(lots)s) ORDER BY id FOR SHARE
), place AS MATERIALIZED (
    SELECT * FROM inventory_stockplace WHERE code = %(place)s OR uid = %(place_uid)s
), parts (id, depth) AS (
    SELECT id, 0 FROM place UNION ALL
    SELECT part.id, depth + 1 FROM inventory_stockplace part JOIN parts ON part.within_id = parts.id
    WHERE part.active AND part.kind <> 'quarantine' AND depth < 4
)
SELECT {_columns(MedicationOrder, "the_order")}, {_columns(Dispense, "open")},
    {_columns(StockPlace, "place")}, ordered.id, ordered.unit, ordered.base_per_unit,
    medicine.substitution_group,
    (SELECT question FROM pharmacy_clarification asked WHERE asked.dispense_id = open.id
     AND answered_at IS NULL ORDER BY asked.id DESC LIMIT 1),
    (SELECT json_agg(json_build_array(level.lot_id, level.place_id, level.quantity)
                     ORDER BY depth, level.quantity DESC, level.place_id)
     FROM parts JOIN inventory_stocklevel level ON level.place_id = parts.id
     WHERE level.lot_id = ANY (%(lots)s) AND level.quantity > 0),
    (SELECT count(*) FROM lots)
FROM the_order
LEFT JOIN open ON true
LEFT JOIN place ON true
LEFT JOIN inventory_product ordered ON ordered.id = open.product_id
LEFT JOIN pharmacy_medicine medicine ON medicine.product_id = open.product_id
"""

# `owed` reads from `given`, so that the order has no two open dispenses at any moment.
WRITE = """
WITH given AS (
    UPDATE pharmacy_dispense SET product_id = %(product)s, wanted = %(wanted)s,
        substituted_for_id = nullif(product_id, %(product)s), place_id = %(place)s,
        status = %(status)s, movement_id = %(movement)s, confirmation_id = %(confirmation)s,
        verified_by_id = coalesce(verified_by_id, %(verifier)s),
        verified_at = coalesce(verified_at, CASE WHEN %(verifier)s IS NOT NULL THEN %(now)s END),
        dispensed_by_id = %(actor)s, dispensed_at = %(now)s,
        claimed_by_id = NULL, claimed_until = NULL
    WHERE id = %(dispense)s AND movement_id IS NULL
    RETURNING *
), owed AS (
    INSERT INTO pharmacy_dispense (uid, order_id, product_id, wanted, status, urgency,
        promised_at, received_at, verified_by_id, verified_at, owed_from_id, handed_over_to, prints)
    SELECT %(owed_uid)s, order_id, %(owed_product)s, %(owed)s, 'verified', urgency, promised_at,
        %(now)s, verified_by_id, verified_at, id, '', 0
    FROM given WHERE %(owed)s > 0
), lines AS (
    INSERT INTO pharmacy_dispenseline
        (dispense_id, lot_id, place_id, quantity, returned, serials, scanned)
    SELECT given.id, line.lot, line.place, line.quantity, 0, line.serials, line.scanned
    FROM given, jsonb_to_recordset(%(lines)s::jsonb)
        AS line (lot bigint, place bigint, quantity bigint, serials text[], scanned boolean)
), issued AS (
    INSERT INTO inventory_issuedserial (product_id, serial, lot_id, issued_by_id)
    SELECT %(product)s, serial, line.lot, %(movement)s
    FROM given, jsonb_to_recordset(%(lines)s::jsonb) AS line (lot bigint, serials text[]),
        unnest(line.serials) AS serial
    ON CONFLICT (product_id, serial) WHERE returned_by_id IS NULL DO NOTHING
    RETURNING serial
), emptied AS (
    DELETE FROM pharmacy_basketitem WHERE dispense_id = %(dispense)s
), told AS MATERIALIZED (
    SELECT pg_notify(%(channel)s, text) FROM json_array_elements_text(%(told)s::json) AS text
)
SELECT (SELECT count(*) FROM given), ARRAY(SELECT serial FROM issued), (SELECT count(*) FROM told)
"""


@dataclass(frozen=True)
class Held:
    """What is locked: the order, its open dispense, the place, and the product that was to be
    supplied. What is not there is None.

    there: (lot, place, quantity) of what lies at the place, then of what lies in its parts.
    """

    order: MedicationOrder
    dispense: Dispense | None
    place: StockPlace | None
    ordered: Measure | None
    substitution_group: str
    question: str
    there: Sequence[tuple[int, int, int]] = ()

    def standing(self) -> Standing:
        if self.dispense is None:
            return Standing(self.order.status, "")
        return Standing(
            order_status=self.order.status,
            status=self.dispense.status,
            claimed_by=self.dispense.claimed_by_id,
            claimed_until=self.dispense.claimed_until,
            question=self.question,
        )


@dataclass(frozen=True)
class GivenLine:
    """`quantity` base units of the lot with key `lot`, from the place with key `place`."""

    lot: int
    quantity: int
    place: int = 0
    serials: tuple[str, ...] = ()
    scanned: bool = False


@dataclass(frozen=True)
class Given:
    """What left, to be kept with its dispense; quantities in base units of `product`."""

    dispense: Dispense
    product: int
    place: int
    movement: int
    confirmation: int | None
    status: str
    wanted: int
    owed: int
    owed_product: int | None
    lines: Sequence[GivenLine]


@step
def locked(
    order: UUID, place: str, lots: Sequence[int], *, since: datetime, now: datetime
) -> Held | None:
    """Lock an order with its open dispense, and lots; None where there is no such order.

    since: orders that ended before are no longer the pharmacy's business.
    """
    asked = {
        "order": order,
        "since": since,
        "lots": sorted(set(lots)),
        "place": place,
        "place_uid": _uid(place),
    }
    held = _locked(asked)
    if held and held.dispense is None and held.order.status == MedicationOrder.Status.ACTIVE:
        # Whoever held the lock before may have left a rest that this statement could not see yet.
        held = _locked(asked)
    return held


def _locked(asked: dict[str, Any]) -> Held | None:
    with connection.cursor() as cursor:
        cursor.execute(LOCK, asked)
        row = cursor.fetchone()
    values: list[Any] = list(row) if row else [None] * len(MedicationOrder._meta.concrete_fields)
    order = taken(values, MedicationOrder)
    if order is None:
        return None
    dispense = taken(values, Dispense)
    place = taken(values, StockPlace)
    product, unit, base_per_unit, group, question, there, _lots = values
    ordered = Measure(product, unit, base_per_unit) if product else None
    if dispense:
        dispense.order = order
    told = [(lot, part, quantity) for lot, part, quantity in there or ()]
    return Held(order, dispense, place, ordered, group or "", question or "", told)


@step
def written(given: Given, *, actor: Actor, now: datetime) -> tuple[UUID | None, list[str]]:
    """Keep what was given. Returns the uid of the dispense that owes the rest, if any, and the
    serial numbers that were out already: then nothing may stay as it is written."""
    owed_uid = new_uid() if given.owed > 0 else None
    events = [{"id": str(given.dispense.uid), "status": given.status}]
    if owed_uid:
        events.append({"id": str(owed_uid), "status": Dispense.Status.VERIFIED})
    serials = [serial for line in given.lines for serial in line.serials]
    with connection.cursor() as cursor:
        cursor.execute(
            WRITE,
            {
                "dispense": given.dispense.pk,
                "product": given.product,
                "place": given.place,
                "movement": given.movement,
                "confirmation": given.confirmation,
                "status": given.status,
                "wanted": given.wanted,
                "owed": given.owed,
                "owed_uid": owed_uid,
                "owed_product": given.owed_product,
                "lines": json.dumps([vars(line) for line in given.lines]),
                "actor": actor.pk,
                "verifier": actor.pk if actor.may("dispensing.verify") else None,
                "now": now,
                "channel": EVENTS,
                "told": json.dumps(list(payloads(EVENT, events))),
            },
        )
        kept, issued, _told = cursor.fetchone()
    if not kept:
        raise ValueError("the dispense was locked and is gone")
    return owed_uid, sorted(set(serials) - set(issued))


def taken(values: list[Any], model: type[M]) -> M | None:
    """The row of `model` whose columns come next, taken off `values`."""
    names = [one.attname for one in model._meta.concrete_fields]
    own = values[: len(names)]
    del values[: len(names)]
    return None if own[0] is None else model.from_db("default", names, own)


def _uid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
