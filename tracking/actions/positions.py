"""What the engine's stream writes: current positions, stays, health, strangers, its heartbeat.

The stream passes the write gate once (hims.action.stream); these are its steps. Each writes a
whole batch with one statement a table. What is told goes out in the same transaction.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from datetime import date, datetime
from typing import Any

import msgspec
from django.db import connection

from hims.action import action, step
from hims.actions.movements import Move, note_moves
from hims.live import announce
from tracking.models import BEARERS


@dataclass
class Placed:
    """A bearer's row as it is to stand. zone and floor are keys, times aware or None."""

    bearer: int
    zone: int | None
    floor: int | None
    level: str
    probability: float
    x: float | None
    y: float | None
    candidates: list
    evidence: list
    source: str
    since: datetime
    heard_at: datetime | None


@dataclass
class Moved:
    """A bearer left its open stay at `left_at`, if it had one, and is in `zone` since `at`, if
    anywhere."""

    bearer: int
    left_at: datetime
    zone: int | None
    at: datetime
    probability: float
    source: str


@dataclass
class Beat:
    """The engine's heartbeat and counts, as in EngineStatus."""

    started_at: datetime
    beat_at: datetime
    accepted: int
    repeated: int
    late: int
    lag_s: float
    gaps: int
    last_sighting_id: int


@dataclass
class Written:
    """What one step writes: by kind of bearer the latest row of each bearer and its moves in
    order; by kind of event the latest row of each thing."""

    positions: dict[str, dict[int, Placed]] = field(default_factory=dict)
    moves: dict[str, list[Moved]] = field(default_factory=dict)
    told: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)
    beat: Beat | None = None

    def __bool__(self) -> bool:
        return bool(self.positions or self.moves or self.told or self.beat)


# A bearer or a zone may have gone since the engine read the roster: such a row is left out or
# widened, and never costs the others theirs.
PLACE = """
INSERT INTO tracking_position ({who}_id, zone_id, floor_id, level, probability, x, y, candidates,
                               evidence, source, since, heard_at)
SELECT b.id, z.id, f.id,
       CASE WHEN z.id IS NULL AND n.level IN ('zone', 'area') THEN 'unknown' ELSE n.level END,
       n.probability, n.x, n.y, n.candidates, n.evidence, n.source, n.since, n.heard_at
FROM ROWS FROM (
        unnest(%(bearer)s::bigint[], %(zone)s::bigint[], %(floor)s::bigint[], %(level)s::text[],
               %(probability)s::float8[], %(x)s::float8[], %(y)s::float8[], %(source)s::text[],
               %(since)s::timestamptz[], %(heard_at)s::timestamptz[]),
        jsonb_array_elements(%(candidates)s::jsonb), jsonb_array_elements(%(evidence)s::jsonb))
     AS n(bearer, zone, floor, level, probability, x, y, source, since, heard_at, candidates,
          evidence)
JOIN {table} b ON b.id = n.bearer
LEFT JOIN hims_zone z ON z.id = n.zone
LEFT JOIN hims_floor f ON f.id = n.floor
ORDER BY b.id
ON CONFLICT ({who}_id) DO UPDATE SET
    zone_id = excluded.zone_id, floor_id = excluded.floor_id, level = excluded.level,
    probability = excluded.probability, x = excluded.x, y = excluded.y,
    candidates = excluded.candidates, evidence = excluded.evidence, source = excluded.source,
    since = excluded.since, heard_at = excluded.heard_at
"""
LEAVE = """
WITH gone AS (
    DELETE FROM tracking_openstay o
    USING unnest(%(bearer)s::bigint[], %(left_at)s::timestamptz[]) AS n(bearer, left_at)
    WHERE o.{who}_id = n.bearer RETURNING o.*, n.left_at)
INSERT INTO tracking_stay (id, asset_id, patient_id, staff_id, zone_id, floor_id, started_at,
                           ended_at, probability, source)
SELECT id, asset_id, patient_id, staff_id, zone_id, floor_id, started_at,
       greatest(left_at, started_at), probability, source FROM gone
"""
ENTER = """
INSERT INTO tracking_openstay ({who}_id, zone_id, floor_id, started_at, probability, source)
SELECT b.id, z.id, z.floor_id, n.at, n.probability, n.source
FROM unnest(%(bearer)s::bigint[], %(zone)s::bigint[], %(at)s::timestamptz[],
            %(probability)s::float8[], %(source)s::text[])
     AS n(bearer, zone, at, probability, source)
JOIN {table} b ON b.id = n.bearer
JOIN hims_zone z ON z.id = n.zone
ON CONFLICT DO NOTHING
"""
BEAT = """
INSERT INTO tracking_enginestatus (id, started_at, beat_at, accepted, repeated, late, lag_s, gaps,
                                   last_sighting_id)
VALUES (1, %(started_at)s, %(beat_at)s, %(accepted)s, %(repeated)s, %(late)s, %(lag_s)s, %(gaps)s,
        %(last_sighting_id)s)
ON CONFLICT (id) DO UPDATE SET
    started_at = excluded.started_at, beat_at = excluded.beat_at, accepted = excluded.accepted,
    repeated = excluded.repeated, late = excluded.late, lag_s = excluded.lag_s,
    gaps = excluded.gaps, last_sighting_id = excluded.last_sighting_id
"""
TABLES = {"asset": "inventory_asset", "patient": "hims_patient", "staff": "hims_staff"}


@step
def keep(*, now: datetime, written: Written) -> None:
    """Write one step of the engine: positions, ended and begun stays, events, the heartbeat."""
    with connection.cursor() as cursor:
        for who in BEARERS:
            names = {"who": who, "table": TABLES[who]}
            if placed := written.positions.get(who):
                cursor.execute(PLACE.format(**names), _columns(list(placed.values())))
            # A bearer that moved twice while the database was away moves twice now, in order.
            for batch in _each_bearer_once(written.moves.get(who, [])):
                cursor.execute(LEAVE.format(**names), _columns(batch))
                entered = [move for move in batch if move.zone is not None]
                if entered:
                    cursor.execute(ENTER.format(**names), _columns(entered))
        if moved := written.moves.get("patient"):
            note_moves(moves=[Move(m.bearer, m.zone, m.at, m.left_at) for m in moved], now=now)
        if written.beat:
            cursor.execute(BEAT, asdict(written.beat))
    for kind, rows in written.told.items():
        announce(kind, list(rows.values()))


def _columns(rows: Sequence[Any]) -> dict[str, Any]:
    columns: dict[str, Any] = {
        f.name: [getattr(row, f.name) for row in rows] for f in fields(rows[0])
    }
    for name in ("candidates", "evidence"):
        if name in columns:
            # One text for the whole column: an array of jsonb is quoted element by element.
            columns[name] = msgspec.json.encode(columns[name]).decode()
    return columns


def _each_bearer_once(moves: Iterable[Moved]) -> Iterable[list[Moved]]:
    batch: list[Moved] = []
    seen: set[int] = set()
    for move in moves:
        if move.bearer in seen:
            yield batch
            batch, seen = [], set()
        batch.append(move)
        seen.add(move.bearer)
    if batch:
        yield batch


@dataclass
class GatewayState:
    """How a gateway is doing; `readings` since the last time this was written."""

    gateway: int
    last_heard_at: datetime | None
    readings: int
    clock_offset_s: float | None
    clock_fault: bool
    load: float | None


@dataclass
class TagState:
    tag: int
    battery_percent: int | None
    heard_at: datetime | None


@dataclass
class Strange:
    """A transmitter nobody registered, heard `count` times more; `gateway` the key of the one
    that heard it best, if that is known."""

    kind: str
    address: str
    count: int
    heard_at: datetime
    rssi: float | None = None
    gateway: int | None = None


GATEWAY_HEALTH = """
INSERT INTO tracking_gatewayhealth (gateway_id, last_heard_at, readings, clock_offset_s,
                                    clock_fault, load)
SELECT g.id, n.last_heard_at, n.readings, n.clock_offset_s, n.clock_fault, n.load
FROM unnest(%(gateway)s::bigint[], %(last_heard_at)s::timestamptz[], %(readings)s::bigint[],
            %(clock_offset_s)s::float8[], %(clock_fault)s::bool[], %(load)s::float8[])
     AS n(gateway, last_heard_at, readings, clock_offset_s, clock_fault, load)
JOIN tracking_gateway g ON g.id = n.gateway ORDER BY g.id
ON CONFLICT (gateway_id) DO UPDATE SET
    last_heard_at = coalesce(excluded.last_heard_at, tracking_gatewayhealth.last_heard_at),
    readings = tracking_gatewayhealth.readings + excluded.readings,
    clock_offset_s = excluded.clock_offset_s, clock_fault = excluded.clock_fault,
    load = coalesce(excluded.load, tracking_gatewayhealth.load)
"""
TAG_HEALTH = """
INSERT INTO tracking_taghealth (tag_id, battery_percent, heard_at)
SELECT t.id, n.battery_percent, n.heard_at
FROM unnest(%(tag)s::bigint[], %(battery_percent)s::smallint[], %(heard_at)s::timestamptz[])
     AS n(tag, battery_percent, heard_at)
JOIN tracking_tag t ON t.id = n.tag ORDER BY t.id
ON CONFLICT (tag_id) DO UPDATE SET
    battery_percent = coalesce(excluded.battery_percent, tracking_taghealth.battery_percent),
    heard_at = excluded.heard_at
"""
# Who registered the address meanwhile has made it known: then it is not listed again.
STRANGERS = """
INSERT INTO tracking_unknowntransmitter AS u (kind, address, first_heard_at, last_heard_at, count,
                                              strongest_rssi, strongest_gateway_id)
SELECT n.kind, n.address, n.heard_at, n.heard_at, n.count, n.rssi, g.id
FROM unnest(%(kind)s::text[], %(address)s::text[], %(count)s::bigint[],
            %(heard_at)s::timestamptz[], %(rssi)s::float8[], %(gateway)s::bigint[])
     AS n(kind, address, count, heard_at, rssi, gateway)
LEFT JOIN tracking_gateway g ON g.id = n.gateway
WHERE NOT EXISTS (SELECT FROM tracking_tag t WHERE n.kind = 'tag' AND t.address = n.address)
  AND NOT EXISTS (SELECT FROM tracking_gateway k
                  WHERE n.kind = 'gateway' AND k.address = n.address)
ORDER BY n.kind, n.address
ON CONFLICT (kind, address) DO UPDATE SET
    last_heard_at = greatest(u.last_heard_at, excluded.last_heard_at),
    count = u.count + excluded.count,
    strongest_gateway_id = CASE
        WHEN u.strongest_rssi IS NULL OR excluded.strongest_rssi > u.strongest_rssi
        THEN excluded.strongest_gateway_id ELSE u.strongest_gateway_id END,
    strongest_rssi = greatest(u.strongest_rssi, excluded.strongest_rssi)
"""
MOST_STRANGERS = 5_000
SEEN = """
UPDATE hims_device d SET last_seen_at = n.at
FROM unnest(%s::bigint[], %s::timestamptz[]) AS n(actor, at) WHERE d.actor_id = n.actor
"""
FORGET_STRANGERS = """
DELETE FROM tracking_unknowntransmitter WHERE id IN (
    SELECT id FROM tracking_unknowntransmitter ORDER BY last_heard_at DESC OFFSET %s)
"""


@step
def note_health(
    *,
    now: datetime,
    gateways: Sequence[GatewayState] = (),
    tags: Sequence[TagState] = (),
    strangers: Sequence[Strange] = (),
    seen: Mapping[int, datetime] | None = None,
) -> None:
    """Write how transmitters are, when each device (by its actor's key) was last `seen`, and who
    was heard that nobody knows (the MOST_STRANGERS heard last: passers-by must not fill the
    table)."""
    with connection.cursor() as cursor:
        for statement, rows in (
            (GATEWAY_HEALTH, gateways),
            (TAG_HEALTH, tags),
            (STRANGERS, strangers),
        ):
            if rows:
                cursor.execute(statement, _columns(rows))
        if seen:
            cursor.execute(SEEN, [list(seen), list(seen.values())])
        if strangers:
            cursor.execute(FORGET_STRANGERS, [MOST_STRANGERS])


@action("stays.partition")
def prepare_months(*, actor, now: datetime, ahead: int = 2) -> list[str]:
    """Have the partitions of stays that end in this month and the next `ahead` months."""
    made = []
    with connection.cursor() as cursor:
        for month in _months(now.date(), ahead):
            cursor.execute("SELECT tracking_stay_month(%s)", [month])
            made.append(cursor.fetchone()[0])
    return made


def _months(day: date, ahead: int) -> Iterable[date]:
    for number in range(ahead + 1):
        years, month = divmod(day.month - 1 + number, 12)
        yield date(day.year + years, month + 1, 1)
