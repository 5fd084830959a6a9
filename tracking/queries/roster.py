"""Everything the engine and the door must know of the registered world, read in one go."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from hims.models import Door, Floor, Zone
from tracking.domain.site import FloorIn, GatewayIn, Site, ZoneIn, build, window_for
from tracking.models import BEARERS, Gateway
from tracking.queries.maps import active_map, labels_of

SPOKEN_OF = 5_000
"""A bearer without a tag or position is followed while one of the last so many sightings is its."""


@dataclass(frozen=True)
class Bearer:
    """Who is followed: its kind, database key and public name."""

    kind: str
    pk: int
    uid: str


@dataclass(frozen=True)
class Roster:
    """The site, and who is followed by which tags.

    `plan` what the site was built from: the drawing, the key of the radio map in use, and
    how finely tags are followed.
    `bearers` by the key the engine uses (`bearer_key`); `tag_key` all tags and `wearer_key` who
    wears each now, -1 for nobody. Zones, floors and gateways by database key.
    """

    plan: tuple
    site: Site
    bearers: dict[int, Bearer]
    tag_key: NDArray[np.int64]
    wearer_key: NDArray[np.int64]
    zone_uid: dict[int, str] = field(default_factory=dict)
    zone_name: dict[int, str] = field(default_factory=dict)
    floor_uid: dict[int, str] = field(default_factory=dict)
    gateway_name: dict[int, str] = field(default_factory=dict)

    def tags_of(self, kind: str) -> NDArray[np.int64]:
        """The tags (database keys) that bearers of this kind wear."""
        worn = (self.wearer_key >= 0) & (self.wearer_key % len(BEARERS) == BEARERS.index(kind))
        return self.tag_key[worn]


def bearer_key(kind: str, pk: int) -> int:
    """One number for a bearer of any kind."""
    return pk * len(BEARERS) + BEARERS.index(kind)


FOLLOWED = """
SELECT 0, a.id, a.uid FROM inventory_asset a WHERE a.id IN (
    SELECT asset_id FROM tracking_tagassignment WHERE asset_id IS NOT NULL AND period @> %(now)s
    UNION SELECT asset_id FROM tracking_position WHERE asset_id IS NOT NULL
    UNION SELECT asset_id FROM tracking_sighting WHERE asset_id IS NOT NULL AND id > %(spoken_of)s)
UNION ALL
SELECT 1, p.id, p.uid FROM hims_patient p WHERE p.id IN (
    SELECT patient_id FROM tracking_tagassignment
    WHERE patient_id IS NOT NULL AND period @> %(now)s
    UNION SELECT patient_id FROM tracking_position WHERE patient_id IS NOT NULL
    UNION SELECT patient_id FROM tracking_sighting
    WHERE patient_id IS NOT NULL AND id > %(spoken_of)s)
UNION ALL
SELECT 2, s.id, s.uid FROM hims_staff s WHERE s.id IN (
    SELECT staff_id FROM tracking_tagassignment
    WHERE staff_id IS NOT NULL AND period @> %(now)s
    UNION SELECT staff_id FROM tracking_position WHERE staff_id IS NOT NULL
    UNION SELECT staff_id FROM tracking_sighting
    WHERE staff_id IS NOT NULL AND id > %(spoken_of)s)
"""
WORN = """
SELECT t.id, w.asset_id, w.patient_id, w.staff_id
FROM tracking_tag t LEFT JOIN tracking_tagassignment w ON w.tag_id = t.id AND w.period @> %(now)s
"""


def at_once(plan: tuple[Any, ...], build: Callable[[], Site]) -> Site:
    """The site of a plan, however long it takes."""
    return build()


def roster(
    now: datetime,
    before: Roster | None = None,
    built: Callable[[tuple[Any, ...], Callable[[], Site]], Site | None] = at_once,
) -> Roster:
    """The registered world as of `now`. The site of the roster `before` is kept, the very same
    object, if nothing of it changed: to build one takes seconds in a large hospital. It is kept
    with its plan, too, while `built` has no new one yet."""
    drawing, radio_map = drawing_now(), active_map()
    zones = list(Zone.objects.values_list("pk", "uid", "name"))
    gateways = Gateway.objects.values_list("pk", "name", "address")
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(max(id), 0) FROM tracking_sighting")
        asked = {"now": now, "spoken_of": cursor.fetchone()[0] - SPOKEN_OF}
        cursor.execute(FOLLOWED, asked)
        bearers = {
            bearer_key(BEARERS[kind], pk): Bearer(BEARERS[kind], pk, str(uid))
            for kind, pk, uid in cursor.fetchall()
        }
        cursor.execute(WORN, asked)
        worn = cursor.fetchall()
    wearers = [
        next(
            (bearer_key(kind, pk) for kind, pk in zip(BEARERS, who, strict=True) if pk is not None),
            -1,
        )
        for _, *who in worn
    ]
    window = window_for(len(worn), len(drawing[2]))
    plan = (*drawing, radio_map.pk if radio_map else None, window)
    if before and before.plan == plan:
        site = before.site
    else:
        labels = labels_of(radio_map) if radio_map else None
        made = built(plan, lambda: build(*drawing, labels, window=window))
        if made is None and before:
            plan, made = before.plan, before.site
        site = made or build(*drawing, labels, window=window)
    return Roster(
        plan=plan,
        site=site,
        bearers=bearers,
        tag_key=np.array([tag for tag, *_ in worn], dtype=np.int64),
        wearer_key=np.array(wearers, dtype=np.int64),
        zone_uid={pk: str(uid) for pk, uid, _ in zones},
        zone_name={pk: name for pk, _, name in zones},
        floor_uid={pk: str(uid) for pk, uid in Floor.objects.values_list("pk", "uid")},
        gateway_name={pk: name or address for pk, name, address in gateways},
    )


def drawing_now() -> tuple[list[FloorIn], list[ZoneIn], list[GatewayIn], list[tuple[int, int]]]:
    """Floors, zones, gateways and doors as they are registered: what a site is built from."""
    floors = Floor.objects.order_by("pk").values_list("pk", "building_id", "level")
    zones = Zone.objects.order_by("pk").values_list("pk", "floor_id", "kind", "area_id", "polygon")
    hung = Gateway.objects.order_by("pk")
    gateways = hung.values_list("pk", "floor_id", "zone_id", "x", "y", "z")
    return (
        [FloorIn(*row) for row in floors],
        [ZoneIn(*row) for row in zones],
        [GatewayIn(*row) for row in gateways],
        list(Door.objects.order_by("pk").values_list("a_id", "b_id")),
    )
