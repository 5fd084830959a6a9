"""What stood on a floor at a moment of the past: the stays that held it."""

from datetime import datetime

from django.db import connection

from hims.models import Actor, Floor
from tracking.queries.map import MOST_MARKERS, FloorMap, MapZone, Marker

# A stay holds its start and not its end.
ZONES = """
SELECT z.uid, z.code, z.name, z.kind, z.polygon, count(held.asset_id), 0, NULL::int
FROM hims_zone z LEFT JOIN ({held}) held ON held.zone_id = z.id
WHERE z.floor_id = %(floor)s GROUP BY z.id ORDER BY z.kind = 'area' DESC, z.code
"""
MARKERS = """
SELECT a.uid, a.number, a.name, k.code, 'unknown', z.uid, NULL::float8, NULL::float8,
       held.probability, 0.0, false, false
FROM ({held}) held
JOIN inventory_asset a ON a.id = held.asset_id
JOIN inventory_assetkind k ON k.id = a.kind_id
JOIN hims_zone z ON z.id = held.zone_id
ORDER BY a.id LIMIT %(limit)s
"""
HELD = """
SELECT asset_id, zone_id, probability FROM tracking_openstay
WHERE asset_id IS NOT NULL AND floor_id = %(floor)s AND started_at <= %(at)s
UNION ALL
SELECT asset_id, zone_id, probability FROM tracking_stay
WHERE asset_id IS NOT NULL AND floor_id = %(floor)s AND started_at <= %(at)s AND ended_at > %(at)s
"""


def floor_then(*, viewer: Actor, floor: Floor, at: datetime) -> FloorMap:
    """The equipment on the floor at `at`, for those who may see stays.

    Its state then is not among what stays tell, so it is not known. There are no counts of staff:
    where people were is not shown as a picture.
    """
    if not viewer.may("stays.view"):
        return FloorMap([], [], 0)
    asked = {"floor": floor.pk, "at": at, "limit": MOST_MARKERS}
    with connection.cursor() as cursor:
        cursor.execute(ZONES.format(held=HELD), asked)
        zones = [MapZone(*row) for row in cursor.fetchall()]
        on_floor = sum(zone.assets for zone in zones)
        markers = []
        if on_floor <= MOST_MARKERS:
            cursor.execute(MARKERS.format(held=HELD), asked)
            markers = [Marker(*row) for row in cursor.fetchall()]
    return FloorMap(zones, markers, on_floor)
