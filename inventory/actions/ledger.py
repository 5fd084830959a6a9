"""The only writer of the stock ledger: one statement locks, checks and writes a whole movement.

    post(kind=Movement.Kind.TRANSFER, entries=[Entry(lot, shelf, -10), Entry(lot, trolley, 10)],
         actor=actor, now=now)

What the levels do not hold is refused with what is there, never clamped. The database proves the
rest when the transaction commits (migration 0004).
"""

import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db import connection
from django.utils.translation import gettext as _

from hims.action import step
from hims.errors import Finding, Refused
from hims.live import announce
from hims.models import Actor
from hims.models.base import new_uid
from inventory.domain.quantities import said
from inventory.models import StockPlace

WORLD = {
    StockPlace.Kind.SUPPLIER: "Suppliers",
    StockPlace.Kind.PATIENT: "Patients",
    StockPlace.Kind.WASTE: "Waste",
    StockPlace.Kind.COUNT: "Count differences",
}
"""The virtual places, by kind, with the names they are made with."""

OPEN_LEVELS = """
INSERT INTO inventory_stocklevel (lot_id, place_id, virtual, quantity, version)
SELECT lot, place, false, 0, 0 FROM unnest(%s::bigint[], %s::bigint[]) AS new (lot, place)
ORDER BY lot, place ON CONFLICT (lot_id, place_id) DO NOTHING
"""

# `locked` waits for each level in one order and reads it as it then is, so that what a neighbour
# committed meanwhile counts; unless `whole` is ok for every entry, nothing is written.
POST = """
WITH asked AS MATERIALIZED (
    SELECT entry.lot, coalesce(entry.place, world.id) AS place, entry.place IS NULL AS virtual,
           entry.quantity, entry.serials
    FROM jsonb_to_recordset(%(entries)s::jsonb)
         AS entry (lot bigint, place bigint, world text, quantity bigint, serials text[])
    LEFT JOIN inventory_stockplace world ON world.virtual AND world.kind = entry.world
), locked AS MATERIALIZED (
    SELECT level.id, level.quantity + asked.quantity AS quantity, level.version + 1 AS version
    FROM inventory_stocklevel level
    JOIN asked ON NOT asked.virtual AND level.lot_id = asked.lot AND level.place_id = asked.place
    ORDER BY level.lot_id, level.place_id FOR UPDATE OF level
), whole AS MATERIALIZED (
    SELECT (SELECT count(*) FROM locked WHERE quantity >= 0)
         = (SELECT count(*) FROM asked WHERE NOT virtual)
       AND NOT EXISTS (SELECT 1 FROM asked WHERE place IS NULL) AS ok
), moved AS (
    UPDATE inventory_stocklevel level SET quantity = locked.quantity, version = locked.version
    FROM locked, whole WHERE level.id = locked.id AND whole.ok
    RETURNING level.lot_id, level.place_id, level.quantity, level.version
), made AS (
    INSERT INTO inventory_movement
        (uid, key, kind, reason, document, actor_id, witness_id, reverses_id, at)
    SELECT %(uid)s, %(key)s, %(kind)s, %(reason)s, %(document)s, %(actor)s, %(witness)s,
           %(reverses)s, %(at)s
    FROM whole WHERE ok
    RETURNING id
)
INSERT INTO inventory_movementline
    (movement_id, lot_id, place_id, virtual, quantity, balance_after, seq, serials)
SELECT made.id, asked.lot, asked.place, asked.virtual, asked.quantity, moved.quantity,
       moved.version, coalesce(asked.serials, '{}')
FROM made, asked
LEFT JOIN moved ON NOT asked.virtual AND moved.lot_id = asked.lot AND moved.place_id = asked.place
RETURNING movement_id, lot_id, place_id, virtual, quantity, balance_after, seq
"""

WHAT_IS_THERE = """
SELECT entry.lot, entry.place, entry.quantity, coalesce(level.quantity, 0), lot.number,
       product.shown, product.unit, product.base_per_unit, place.name
FROM jsonb_to_recordset(%s::jsonb) AS entry (lot bigint, place bigint, quantity bigint)
JOIN inventory_lot lot ON lot.id = entry.lot
JOIN (SELECT *, coalesce(nullif(tall_man, ''), name) AS shown FROM inventory_product) product
  ON product.id = lot.product_id
JOIN inventory_stockplace place ON place.id = entry.place
LEFT JOIN inventory_stocklevel level ON level.lot_id = entry.lot AND level.place_id = entry.place
WHERE coalesce(level.quantity, 0) + entry.quantity < 0
ORDER BY 1, 2
"""


@dataclass(frozen=True)
class Entry:
    """`quantity` base units of a lot come to a place, or leave it when negative.

    place: the key of a real place, or the kind of a virtual one.
    """

    lot: int
    place: int | StockPlace.Kind
    quantity: int
    serials: tuple[str, ...] = ()


@dataclass(frozen=True)
class Line:
    """A written line; `balance_after` and `seq` are None at a virtual place."""

    lot: int
    place: int
    virtual: bool
    quantity: int
    balance_after: int | None
    seq: int | None


@dataclass(frozen=True)
class Posted:
    """A movement that the ledger took."""

    id: int
    uid: UUID
    kind: str
    lines: list[Line] = field(default_factory=list)


@dataclass(frozen=True)
class Shortage:
    """`there` base units lie where `wanted` were to be taken."""

    lot: int
    place: int
    wanted: int
    there: int


class NotEnough(Refused):
    """The levels do not hold what was to be taken; `shortages` say what is there."""

    def __init__(self, *findings: Finding, shortages: list[Shortage], alternatives=None):
        super().__init__(*findings, alternatives=alternatives)
        self.shortages = shortages


@step
def post(
    *,
    kind: str,
    entries: Iterable[Entry],
    actor: Actor,
    now: datetime,
    key: str | None = None,
    reason: str = "",
    document: str = "",
    witness: Actor | None = None,
    reverses: int | None = None,
) -> Posted:
    """Write one movement, wholly or not at all.

    Entries of one lot at one place are added together. Raises NotEnough when a level would go
    below zero, ValueError when the entries do not sum to zero per lot (a fault of the caller).
    """
    merged = _merged(entries)
    coming = [entry for entry in merged if entry.quantity > 0 and not _world(entry)]
    if coming:
        with connection.cursor() as cursor:
            cursor.execute(
                OPEN_LEVELS, [[entry.lot for entry in coming], [entry.place for entry in coming]]
            )
    uid = new_uid()
    asked = {
        "entries": json.dumps([_plain(entry) for entry in merged]),
        "uid": uid,
        "key": key,
        "kind": kind,
        "reason": reason,
        "document": document,
        "actor": actor.pk,
        "witness": witness.pk if witness else None,
        "reverses": reverses,
        "at": now,
    }
    rows = _posted(asked)
    if not rows:
        _refuse_shortage(merged)
        _have_the_world()
        rows = _posted(asked)
    if not rows:
        raise ValueError("the ledger took nothing, and nothing is short")
    written = [Line(*row[1:]) for row in rows]
    announce("stock", [{"lot": line.lot, "place": line.place} for line in written if line.seq])
    return Posted(rows[0][0], uid, kind, written)


def _posted(asked: dict) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(POST, asked)
        return cursor.fetchall()


def _merged(entries: Iterable[Entry]) -> list[Entry]:
    """One entry for each lot and place, in that order; those that come to nothing are left out."""
    sums: dict[tuple[int, int | str], int] = defaultdict(int)
    serials: dict[tuple[int, int | str], tuple[str, ...]] = defaultdict(tuple)
    per_lot: dict[int, int] = defaultdict(int)
    for entry in entries:
        sums[entry.lot, entry.place] += entry.quantity
        serials[entry.lot, entry.place] += entry.serials
        per_lot[entry.lot] += entry.quantity
    if any(per_lot.values()):
        raise ValueError(f"entries do not sum to zero per lot: {dict(per_lot)}")
    merged = [
        Entry(lot, place, quantity, serials[lot, place])
        for (lot, place), quantity in sorted(
            sums.items(), key=lambda one: (one[0][0], str(one[0][1]))
        )
        if quantity
    ]
    if not merged:
        raise ValueError("a movement moves something")
    return merged


def _world(entry: Entry) -> bool:
    return isinstance(entry.place, str)


def _plain(entry: Entry) -> dict:
    where = {"world": str(entry.place)} if _world(entry) else {"place": entry.place}
    return {
        "lot": entry.lot,
        **where,
        "quantity": entry.quantity,
        "serials": list(entry.serials),
    }


def _refuse_shortage(entries: list[Entry]) -> None:
    """Raise NotEnough with what is there, if anything is short."""
    leaving = [
        {"lot": entry.lot, "place": entry.place, "quantity": entry.quantity}
        for entry in entries
        if entry.quantity < 0 and not _world(entry)
    ]
    with connection.cursor() as cursor:
        cursor.execute(WHAT_IS_THERE, [json.dumps(leaving)])
        rows = cursor.fetchall()
    if not rows:
        return
    findings, shortages = [], []
    for lot, place, quantity, there, number, product, unit, per_unit, name in rows:
        shortages.append(Shortage(lot, place, -quantity, there))
        findings.append(
            Finding(
                "not_enough",
                _(
                    "%(place)s holds %(there)s of %(product)s, lot %(lot)s; "
                    "%(wanted)s were asked for."
                )
                % {
                    "place": name,
                    "there": said(there, unit, per_unit),
                    "product": product,
                    "lot": number or "-",
                    "wanted": said(-quantity, unit, per_unit),
                },
                field="quantity",
            )
        )
    raise NotEnough(*findings, shortages=shortages)


@step
def _have_the_world() -> None:
    """Have the virtual places; they are made when the first movement needs them."""
    for kind, name in WORLD.items():
        if not StockPlace.objects.filter(kind=kind).exists():
            StockPlace(code=f"WORLD-{kind.upper()}", name=name, kind=kind, virtual=True).save()
