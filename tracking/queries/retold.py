"""What the spool holds of one bearer, and its last minutes told again."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from threading import Lock

import numpy as np
from django.utils.translation import gettext as _
from numpy.typing import NDArray

from hims.errors import Busy
from hims.models import Door, Floor, Patient, Staff, Zone
from inventory.models import Asset
from tracking.domain import retold
from tracking.domain.readings import READING, SIGHTING
from tracking.domain.retold import EVERY_S, WARMING_S, Moment, Traffic
from tracking.domain.site import NOWHERE, FloorIn, GatewayIn, Site, ZoneIn, build, places_of
from tracking.models import Gateway, Position, Sighting, TagAssignment
from tracking.queries import spool
from tracking.queries.evidence import TRUST
from tracking.queries.maps import active_map, labels_of

LAST_S = 600.0
MOST_READINGS = 20_000
"""More are not told again: then the story begins later."""
MOST_FLOORS = 6
SPOKEN = timedelta(days=1)
PATIENCE_S = 3.0

_one_at_a_time = Lock()

Bearer = Asset | Patient | Staff


@dataclass(frozen=True)
class Heard:
    """READING records (database keys, our clock) of one bearer and when each was taken in."""

    readings: NDArray[np.void]
    taken: NDArray[np.float64]


@dataclass(frozen=True)
class Told:
    """The last minutes of a bearer: `moments` (places of `site`), and the rows behind them by
    database key. `shortened`: so much was heard that the story begins later."""

    moments: list[Moment]
    site: Site
    zones: dict[int, Zone]
    floors: dict[int, Floor]
    gateways: dict[int, Gateway]
    shortened: bool


def tags_of(bearer: Bearer, now: datetime) -> NDArray[np.int64]:
    """The tags (database keys) that it wears now."""
    worn = TagAssignment.objects.filter(**{bearer._meta.model_name: bearer}, period__contains=now)
    return np.array(sorted(worn.values_list("tag_id", flat=True)), dtype=np.int64)


def heard_of(tags: NDArray[np.int64], start: float, end: float) -> Heard:
    """What was heard of these tags. Raises spool.Unreadable."""
    pieces = list(spool.heard(start, end, tags)) if len(tags) else []
    if not pieces:
        return Heard(np.empty(0, READING), np.empty(0))
    return Heard(
        np.concatenate([piece.readings for piece in pieces]),
        np.concatenate([piece.taken for piece in pieces]),
    )


def last_minutes(bearer: Bearer, now: datetime) -> Told | None:
    """The last LAST_S seconds of the bearer as the engine would tell them from what is in the
    spool; None if nothing was heard of it. Raises spool.Unreadable.

    The engine's own step runs over the floors on which it was heard, beginning WARMING_S earlier
    with nothing known. That takes a core for a second: one at a time in each process. Raises Busy.
    """
    if not _one_at_a_time.acquire(timeout=PATIENCE_S):
        raise Busy(_("Others are replaying at the moment. Try again."), retry_after=2)
    try:
        return _told(bearer, now)
    finally:
        _one_at_a_time.release()


def _told(bearer: Bearer, now: datetime) -> Told | None:
    end = now.timestamp()
    start = end - LAST_S
    tags = tags_of(bearer, now)
    heard = heard_of(tags, start - WARMING_S, end)
    if not len(heard.readings):
        return None
    shortened = len(heard.readings) > MOST_READINGS
    if shortened:
        heard = Heard(heard.readings[-MOST_READINGS:], heard.taken[-MOST_READINGS:])
        start = min(float(heard.taken[0]) + WARMING_S, end)
    start = end - np.floor((end - start) / EVERY_S) * EVERY_S
    begin = start - WARMING_S
    gateways = _gateways(heard.readings["gateway"])
    site, zones, floors, gateways = _surroundings(bearer, gateways)
    traffic = _traffic(bearer, site, tags, heard, begin, end)
    told = retold.moments(site, len(tags), traffic, start, end)
    return Told(told, site, zones, floors, gateways, shortened)


def _gateways(keys: NDArray[np.integer]) -> dict[int, Gateway]:
    rows = Gateway.objects.select_related("zone", "floor", "zone__floor")
    return rows.in_bulk(np.unique(keys).tolist())


def _surroundings(bearer: Bearer, heard_by: dict[int, Gateway]):
    """The site of the floors on which it was heard or is believed to be, and its rows by key."""
    on = [floor_of(gateway) for gateway in heard_by.values()]
    believed = Position.objects.filter(**{bearer._meta.model_name: bearer}).values_list("floor_id")
    on += [key for (key,) in believed]
    wanted = {key for key in on if key is not None}
    most_heard = sorted(wanted, key=lambda key: -on.count(key))[:MOST_FLOORS]
    floors = Floor.objects.select_related("building").in_bulk(most_heard)
    zones = Zone.objects.filter(floor_id__in=floors).in_bulk()
    nearby = Gateway.objects.select_related("zone", "floor", "zone__floor")
    gateways = nearby.filter(floor_id__in=floors) | nearby.filter(zone_id__in=zones)
    gateways = heard_by | gateways.in_bulk()
    doors = Door.objects.filter(a_id__in=zones, b_id__in=zones).values_list("a_id", "b_id")
    site = build(
        [FloorIn(row.pk, row.building_id, row.level) for row in floors.values()],
        [ZoneIn(z.pk, z.floor_id, z.kind, z.area_id, z.polygon) for z in zones.values()],
        [GatewayIn(g.pk, g.floor_id, g.zone_id, g.x, g.y, g.z) for g in gateways.values()],
        list(doors),
        labels_of(radio_map) if (radio_map := active_map()) else None,
    )
    return site, zones, floors, gateways


def floor_of(gateway: Gateway) -> int | None:
    """The floor (key) a gateway hangs on, as far as that is known."""
    return gateway.zone.floor_id if gateway.zone else gateway.floor_id


def _traffic(bearer: Bearer, site: Site, tags, heard: Heard, begin: float, end: float) -> Traffic:
    readings = heard.readings.copy()
    readings["tag"] = np.searchsorted(tags, readings["tag"])
    readings["gateway"] = places_of(site.gateway_key, readings["gateway"].astype(np.int64))
    said, told = _said(bearer, site, begin, end)
    count = retold.spans(begin, end)
    alive = spool.alive(site.gateway_key, begin, EVERY_S, count)
    return Traffic(begin, readings, heard.taken, said, told, alive)


def _said(bearer: Bearer, site: Site, begin: float, end: float):
    """SIGHTING records of the day before `end`, and when each was told."""
    spoken = Sighting.objects.filter(
        **{bearer._meta.model_name: bearer},
        received_at__lte=_aware(end),
        at__gt=_aware(begin) - SPOKEN,
    )
    rows = list(
        spoken.order_by("received_at").values_list("zone_id", "at", "received_at", "source")
    )
    out = np.zeros(len(rows), SIGHTING)
    out["zone"] = zone = places_of(
        site.zone_key, np.array([z for z, *rest in rows], dtype=np.int64)
    )
    out["at"] = [at.timestamp() for zone_key, at, *rest in rows]
    out["present"] = [source != Sighting.Source.NOT_THERE for *rest, source in rows]
    out["weight"] = [TRUST[Sighting.Source(source)] for *rest, source in rows]
    known = zone != NOWHERE
    told = np.array([at.timestamp() for *rest, at, source in rows], dtype=np.float64)
    return out[known], told[known]


def _aware(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
