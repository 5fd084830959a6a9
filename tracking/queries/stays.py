"""Where things were: ended and open stays as one history."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection

from hims.models import Actor, Zone
from inventory.models import Asset


@dataclass(frozen=True, slots=True)
class StayShown:
    """An interval in a zone, half-open; `ended_at` is None while it lasts."""

    key: str
    asset: UUID
    asset_name: str
    zone: UUID
    zone_name: str
    floor_name: str
    started_at: datetime
    ended_at: datetime | None
    probability: float
    source: str


STAYS = """
SELECT s.key, a.uid, a.name, z.uid, z.name, f.name, s.started_at, s.ended_at, s.probability,
       s.source
FROM (
    SELECT 'o' || id AS key, asset_id, zone_id, floor_id, started_at, NULL::timestamptz AS ended_at,
           probability, source
    FROM tracking_openstay WHERE asset_id IS NOT NULL {open}
    UNION ALL
    SELECT 's' || id, asset_id, zone_id, floor_id, started_at, ended_at, probability, source
    FROM tracking_stay WHERE asset_id IS NOT NULL {ended}
) s
JOIN inventory_asset a ON a.id = s.asset_id
JOIN hims_zone z ON z.id = s.zone_id
JOIN hims_floor f ON f.id = s.floor_id
{after}
ORDER BY s.started_at DESC, s.key DESC LIMIT %(limit)s
"""


def stays(
    *,
    viewer: Actor,
    asset: Asset | None = None,
    zone: Zone | None = None,
    tag_address: str = "",
    start: datetime | None = None,
    end: datetime | None = None,
    before: tuple[datetime, str] | None = None,
    limit: int = 100,
) -> list[StayShown]:
    """Stays of equipment that overlap [start, end), newest first.

    before: (started_at, key) of the last row of the page before. A tag's stays are those of who
    bears it now or bore it. Patients' and staff members' stays are not among them.
    """
    if not viewer.may("stays.view"):
        return []
    open_, ended, asked = [], [], {"limit": limit}
    if asset is not None:
        open_.append("asset_id = %(asset)s")
        asked["asset"] = asset.pk
    if tag_address:
        open_.append(
            "asset_id IN (SELECT worn.asset_id FROM tracking_tagassignment worn"
            " JOIN tracking_tag tag ON tag.id = worn.tag_id WHERE tag.address = %(tag)s)"
        )
        asked["tag"] = tag_address
    if zone is not None:
        open_.append("zone_id = %(zone)s")
        asked["zone"] = zone.pk
    if end is not None:
        open_.append("started_at < %(end)s")
        asked["end"] = end
    ended += open_
    if start is not None:
        ended.append("ended_at > %(start)s")
        asked["start"] = start
    after = ""
    if before is not None:
        after = "WHERE (s.started_at, s.key) < (%(before_at)s, %(before_key)s)"
        asked |= {"before_at": before[0], "before_key": before[1]}
    text = STAYS.format(
        open="".join(f" AND {part}" for part in open_),
        ended="".join(f" AND {part}" for part in ended),
        after=after,
    )
    with connection.cursor() as cursor:
        cursor.execute(text, asked)
        return [StayShown(*row) for row in cursor.fetchall()]
