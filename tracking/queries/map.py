"""What stands on a floor's map: its rooms, its equipment, and how many staff, never who."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection
from django.utils import timezone

from hims.models import Actor, Floor
from tracking.domain.ageing import still_there
from tracking.queries.locate import escaped

MOST_MARKERS = 400


@dataclass(frozen=True, slots=True)
class MapZone:
    """A room on the map with what is in it. `polygon` is WKT in metres, or empty if undrawn."""

    uid: UUID
    code: str
    name: str
    kind: str
    polygon: str
    assets: int
    free: int
    staff: int | None


@dataclass(frozen=True, slots=True)
class Marker:
    """One asset on the map. x and y are metres, or None where only the room is known.
    `heard`: it is heard now, so its age is the engine's."""

    uid: UUID
    number: str
    name: str
    kind_code: str
    state: str
    zone: UUID | None
    x: float | None
    y: float | None
    probability: float
    age_s: float
    overdue: bool
    heard: bool


@dataclass(frozen=True, slots=True)
class FloorMap:
    """A floor as drawn now. `markers` is empty when there are more than `MOST_MARKERS` of them
    and nothing narrows them down; the counts in the zones then stand for them."""

    zones: list[MapZone]
    markers: list[Marker]
    assets_on_floor: int


# Counted before the zones are joined, so that their wide rows are touched once each. The last
# column is more than the sum over the zones: of some things only the floor is known.
ZONES = """
WITH counted AS (
    SELECT p.zone_id, count(p.asset_id) AS assets, count(a.id) AS free,
           count(p.staff_id) FILTER (WHERE p.heard_at IS NULL) AS staff
    FROM tracking_position p
    LEFT JOIN inventory_asset a ON a.id = p.asset_id AND a.state = 'free'
        AND (a.service_due_on IS NULL OR a.service_due_on >= %(today)s) AND a.id NOT IN (
            SELECT held.asset_id FROM inventory_reservation held WHERE held.period @> %(now)s)
    WHERE p.floor_id = %(floor)s AND p.patient_id IS NULL
    GROUP BY p.zone_id)
SELECT z.uid, z.code, z.name, z.kind, z.polygon,
       coalesce(c.assets, 0), coalesce(c.free, 0), coalesce(c.staff, 0),
       (SELECT coalesce(sum(assets), 0)::bigint FROM counted)
FROM (SELECT %(floor)s::bigint AS id) f
LEFT JOIN hims_zone z ON z.floor_id = f.id
LEFT JOIN counted c ON c.zone_id = z.id
ORDER BY z.kind = 'area' DESC, z.code
"""

MARKERS = """
SELECT a.uid, a.number, a.name, k.code, a.state, z.uid, p.x, p.y, p.probability,
       extract(epoch FROM %(now)s - coalesce(p.heard_at, e.beat_at, p.since))::float8,
       coalesce(a.service_due_on < %(today)s, false), p.heard_at IS NULL
FROM tracking_position p
JOIN inventory_asset a ON a.id = p.asset_id
JOIN inventory_assetkind k ON k.id = a.kind_id
LEFT JOIN hims_zone z ON z.id = p.zone_id
LEFT JOIN tracking_enginestatus e ON true
WHERE p.floor_id = %(floor)s {narrowed}
ORDER BY a.id LIMIT %(limit)s
"""


def floor_map(
    *, viewer: Actor, floor: Floor, now: datetime, q: str = "", kind: str = "", zone: str = ""
) -> FloorMap:
    """The floor for `viewer`: equipment for those who see equipment, staff as counts only for
    those who may see counts, patients for nobody until a care relationship exists.

    q narrows by name or number, kind by kind code, zone by a zone's uid.
    """
    asked = {"floor": floor.pk, "today": timezone.localdate(now), "now": now}
    counts = viewer.may("staff_counts.view")
    with connection.cursor() as cursor:
        cursor.execute(ZONES, asked)
        rows = cursor.fetchall()
        zones = [MapZone(*row[:7], row[7] if counts else None) for row in rows if row[0]]
        on_floor = rows[0][8]  # a floor without zones has one row too
        markers = []
        if viewer.may("assets.view") and (on_floor <= MOST_MARKERS or q or kind or zone):
            narrowed = ""
            if q:
                narrowed += " AND (upper(a.name) LIKE upper(%(q)s) OR a.number ILIKE %(q)s)"
                asked["q"] = f"%{escaped(q)}%"
            if kind:
                narrowed += " AND k.code = %(kind)s"
                asked["kind"] = kind
            if zone:
                narrowed += " AND z.uid = %(zone)s"
                asked["zone"] = zone
            cursor.execute(MARKERS.format(narrowed=narrowed), asked | {"limit": MOST_MARKERS})
            markers = [
                Marker(*row[:8], still_there(row[8], row[9]), max(row[9], 0.0), *row[10:])
                for row in cursor.fetchall()
            ]
    return FloorMap(zones, markers, on_floor)
