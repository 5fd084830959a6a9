"""Why we think that something is where we say: what it rests on, and what speaks against it."""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from hims.access.roles import ROLE_NAMES
from hims.models import Actor, Door, Zone
from inventory.models import Asset
from tracking.domain.retold import HEARS_S, hearing
from tracking.domain.sightings import WARNED_FOR
from tracking.models import EngineStatus, Gateway, OpenStay, Position, Sighting, Stay
from tracking.queries import spool
from tracking.queries.locate import Where, where_of
from tracking.queries.retold import LAST_S, Bearer, floor_of, heard_of, tags_of

SILENT_S = 30.0
"""A gateway that has heard nothing at all for so long has fallen silent."""
OLD_S = 60.0
ENGINE_LATE_S = 10.0
NEARLY_DB = 3.0
"""A gateway elsewhere that hears it this much weaker than the strongest says nearly the same."""
RIVAL_P = 0.15
SPOKEN, LATELY = timedelta(days=1), timedelta(minutes=30)
ALIVE_WRITTEN = timedelta(seconds=90)
"""The row of a gateway that is alive says so at least this often."""
MOST_SPOKEN = 6
SEEN_COUNTS_S = 3600.0
"""A sighting elsewhere that is older speaks against nothing: things are wheeled about."""


@dataclass(frozen=True)
class Hearing:
    """A gateway that hears it, or did in the last LAST_S: middle strength in dBm, when last.
    `now`: it still does. `silent`: the gateway itself has fallen silent, which says nothing."""

    gateway: str
    zone: str
    floor: str
    zone_key: int | None
    floor_key: int | None
    building_key: int | None
    rssi: float
    at: datetime | None
    age_s: float | None
    now: bool
    silent: bool


@dataclass(frozen=True)
class Spoken:
    """What a person or a scanner said: `source` as in Sighting, `by` the kind of who said it, with
    the name for those who may see the list of people."""

    source: str
    zone: str
    zone_key: int
    at: datetime
    age_s: float
    by: str


@dataclass(frozen=True)
class Passed:
    """The newest change of room that we know of; `door` is the kind of door between the two, ""
    if they have none in common."""

    before: str
    after: str
    door: str
    at: datetime
    age_s: float


@dataclass(frozen=True)
class Against:
    """One thing that speaks against the answer: a code, and what it is about."""

    code: str
    about: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Why:
    """All of it. `raw`: "kept" if it rests on raw readings, "off", "none" (nothing of it is kept),
    or "unreadable" with `trouble` why; then `hearing` is what the last answer rested on."""

    position: Where | None
    hearing: list[Hearing]
    spoken: list[Spoken]
    passed: Passed | None
    against: list[Against]
    raw: str
    trouble: str = ""


def why(*, viewer: Actor, bearer: Bearer, position: Position | None, now: datetime) -> Why:
    """What the answer of this bearer rests on, for a viewer who may know the `position` given."""
    where = _where(position, now)
    raw, trouble, heard_by = _hearing(bearer, now)
    if raw != "kept":
        heard_by = _as_written(position)
    spoken = _spoken(viewer, bearer, now)
    return Why(
        position=where,
        hearing=heard_by,
        spoken=spoken,
        passed=_passed(bearer, now) if isinstance(bearer, Asset) else None,
        against=_against(position, where, heard_by, spoken, raw, now),
        raw=raw,
        trouble=trouble,
    )


def _where(position: Position | None, now: datetime) -> Where | None:
    if position is None:
        return None
    zone, floor = position.zone, position.floor
    status = EngineStatus.objects.first()
    columns = [
        *((zone.uid, zone.code, zone.name) if zone else (None, "", "")),
        *((floor.uid, floor.name, floor.building.name) if floor else (None, "", "")),
        position.level,
        position.probability,
        json.dumps(position.candidates),
        position.since,
        position.source,
        json.dumps(position.evidence),
        position.x,
        position.y,
        position.heard_at,
        status.beat_at if status else None,
    ]
    mentioned = Zone.objects.filter(pk__in=[key for key, _ in position.candidates])
    names = {key: (code, name) for key, code, name in mentioned.values_list("pk", "code", "name")}
    return where_of(columns, now, names)


def _hearing(bearer: Bearer, now: datetime) -> tuple[str, str, list[Hearing]]:
    """Whether there are raw readings of it, why not, and who hears it by them."""
    if not spool.most_bytes():
        return "off", "", []
    end = now.timestamp()
    try:
        heard = heard_of(tags_of(bearer, now), end - LAST_S, end + 1.0)
        if not len(heard.readings):
            return "none", "", []
        readings = heard.readings
        recent = {row["gateway"]: row for row in hearing(readings, end)}
        keys = np.unique(readings["gateway"])
        rows = Gateway.objects.select_related("zone__floor__building", "floor__building").in_bulk(
            keys.tolist()
        )
        lived = spool.alive(keys, end - 2 * SILENT_S, SILENT_S, 2).any(axis=0)
    except spool.Unreadable as error:
        return "unreadable", str(error), []
    found = []
    for key, alive in zip(keys.tolist(), lived.tolist(), strict=True):
        if (gateway := rows.get(key)) is None:
            continue
        theirs = readings[readings["gateway"] == key]
        at = float(theirs["at"].max())
        last = theirs[theirs["at"] > at - HEARS_S]
        rssi = recent[key]["rssi"] if key in recent else np.median(last["rssi"])
        found.append(_one(gateway, float(rssi), at, end, key in recent, not alive))
    return "kept", "", sorted(found, key=lambda one: (not one.now, -one.rssi))


def _one(gateway: Gateway, rssi, at: float, end: float, now: bool, silent: bool) -> Hearing:
    floor = gateway.zone.floor if gateway.zone else gateway.floor
    return Hearing(
        gateway=str(gateway),
        zone=gateway.zone.name if gateway.zone else "",
        floor=floor.name if floor else "",
        zone_key=gateway.zone_id,
        floor_key=floor_of(gateway),
        building_key=floor.building_id if floor else None,
        rssi=round(rssi, 1),
        at=datetime.fromtimestamp(at, UTC),
        age_s=round(max(0.0, end - at), 1),
        now=now,
        silent=silent,
    )


def _as_written(position: Position | None) -> list[Hearing]:
    """Who heard it when the answer last changed, by the answer's own row."""
    lines = [line for line in (position.evidence if position else []) if line["kind"] == "radio"]
    hears = position is not None and position.heard_at is None
    return [
        Hearing(
            gateway=line.get("gateway", ""),
            zone="",
            floor="",
            zone_key=None,
            floor_key=None,
            building_key=None,
            rssi=float(line.get("rssi", -127)),
            at=None,
            age_s=None,
            now=hears and not line.get("silent"),
            silent=bool(line.get("silent")),
        )
        for line in lines
    ]


def _spoken(viewer: Actor, bearer: Bearer, now: datetime) -> list[Spoken]:
    """The newest things that people and scanners said, newest first."""
    rows = Sighting.objects.filter(
        **{bearer._meta.model_name: bearer}, at__gt=now - SPOKEN, at__lte=now
    ).select_related("zone", "actor")
    return [
        Spoken(
            source=row.source,
            zone=row.zone.name,
            zone_key=row.zone_id,
            at=row.at,
            age_s=round((now - row.at).total_seconds(), 1),
            by=_kind_of(viewer, row.actor),
        )
        for row in rows.order_by("-at")[:MOST_SPOKEN]
    ]


def _kind_of(viewer: Actor, actor: Actor) -> str:
    """Who said it, as a kind: by name only oneself, and for those who see the list of people."""
    if actor.kind == Actor.Kind.PERSON:
        if actor == viewer or viewer.may("actors.view"):
            return actor.name
        return next((str(ROLE_NAMES[role]) for role in actor.roles if role in ROLE_NAMES), "")
    return actor.kind


def _passed(asset: Asset, now: datetime) -> Passed | None:
    """Its newest change of room, if it was lately."""
    here = OpenStay.objects.filter(asset=asset).values_list("zone_id", "started_at").first()
    if here is None or now - here[1] > LATELY:
        return None
    before = (
        Stay.objects.filter(asset_id=asset.pk, ended_at__gt=now - LATELY)
        .order_by("-ended_at")
        .values_list("zone_id", flat=True)
        .first()
    )
    if before is None or before == here[0]:
        return None
    names = dict(Zone.objects.filter(pk__in=[before, here[0]]).values_list("pk", "name"))
    ways = Door.objects.filter(a_id__in=names, b_id__in=names).values_list("kind", flat=True)
    return Passed(
        before=names.get(before, ""),
        after=names[here[0]],
        door=ways.first() or "",
        at=here[1],
        age_s=round((now - here[1]).total_seconds(), 1),
    )


def _against(
    position: Position | None,
    where: Where | None,
    heard_by: list[Hearing],
    spoken: list[Spoken],
    raw: str,
    now: datetime,
) -> list[Against]:
    if where is None or position is None:
        return []
    found = [*_of_age(where, now), *_of_people(position, spoken), *_of_gateways(position, heard_by)]
    if raw == "kept":
        found += _of_silence(position, heard_by, now)
    rivals = [one for one in where.candidates if one.code != where.zone_code]
    if where.level == "zone" and rivals and rivals[0].probability >= RIVAL_P:
        found.append(
            Against("rival", {"zone": rivals[0].name, "probability": rivals[0].probability})
        )
    return found


def _of_age(where: Where, now: datetime) -> list[Against]:
    status = EngineStatus.objects.first()
    late = (now - status.beat_at).total_seconds() if status else None
    if late is None or late > ENGINE_LATE_S:
        return [Against("engine_away", {"age_s": late})]
    if not where.heard and where.age_s > OLD_S:
        return [Against("old", {"age_s": where.age_s})]
    return []


def _of_people(position: Position, spoken: list[Spoken]) -> list[Against]:
    found = []
    said = [one for one in spoken if one.source != Sighting.Source.NOT_THERE]
    for one in spoken:
        denied = one.source == Sighting.Source.NOT_THERE
        again = any(s.zone_key == one.zone_key and s.age_s < one.age_s for s in said)
        if denied and one.zone_key == position.zone_id and not again:
            if one.age_s <= WARNED_FOR.total_seconds():
                found.append(Against("not_there", {"zone": one.zone, "age_s": one.age_s}))
            break
    elsewhere = bool(said) and said[0].zone_key != position.zone_id
    if elsewhere and position.level == "zone" and said[0].age_s <= SEEN_COUNTS_S:
        found.append(Against("seen_elsewhere", {"zone": said[0].zone, "age_s": said[0].age_s}))
    return found


def _of_gateways(position: Position, heard_by: list[Hearing]) -> list[Against]:
    now = [one for one in heard_by if one.now]
    found = [
        Against("silent", {"gateway": one.gateway, "zone": one.zone, "rssi": one.rssi})
        for one in heard_by
        if one.silent
    ]
    if len(now) == 1:
        found.append(Against("alone", {"gateway": now[0].gateway, "zone": now[0].zone}))
    strong = [one for one in now if one.rssi >= now[0].rssi - NEARLY_DB]
    buildings = {one.building_key for one in strong if one.building_key is not None}
    floors = {one.floor_key for one in strong if one.floor_key is not None}
    if len(buildings) > 1:
        found.append(Against("two_buildings", {"floors": sorted({one.floor for one in strong})}))
    elif len(floors) > 1:
        found.append(Against("two_floors", {"floors": sorted({one.floor for one in strong})}))
    elsewhere = [one for one in strong if one.zone_key not in (None, position.zone_id)]
    if position.level == "zone" and now and now[0] in elsewhere:
        about = {"gateway": now[0].gateway, "zone": now[0].zone, "rssi": now[0].rssi}
        found.append(Against("stronger_elsewhere", about))
    return found


def _of_silence(position: Position, heard_by: list[Hearing], now: datetime) -> list[Against]:
    """Gateways in the room itself that are alive and do not hear it."""
    if position.level != "zone" or not any(one.now for one in heard_by):
        return []
    named = {one.gateway for one in heard_by if one.now or one.silent}
    inside = Gateway.objects.filter(
        zone_id=position.zone_id, health__last_heard_at__gte=now - ALIVE_WRITTEN
    )
    deaf = sorted(str(gateway) for gateway in inside if str(gateway) not in named)
    return [Against("deaf", {"gateway": gateway}) for gateway in deaf]
