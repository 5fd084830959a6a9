"""Where is it, and is it free: the question the house is asked most."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import msgspec
from django.db import connection
from django.utils import timezone

from hims.domain.sureness import in_words
from hims.models import Actor, Floor, Zone
from hims.queries.places import seconds_from
from inventory.domain.availability import availability
from inventory.models import AssetKind
from tracking.domain.ageing import FAR_S, FREE_WORTH, HALF_LIFE_S, HANDLING_S, still_there
from tracking.domain.sightings import WARNED_FOR
from tracking.models import Sighting

MOST_NEAR = 50


class Candidate(NamedTuple):
    """A zone where a bearer may be, and how probably."""

    code: str
    name: str
    probability: float


@dataclass(frozen=True, slots=True)
class Where:
    """A position as it may be shown: what is believed, how surely, how old, on what grounds.

    `probability` is already aged; `seen_at` is None only when nothing was ever heard or said.
    `heard`: it is heard now, so its age is the engine's.
    """

    zone: UUID | None
    zone_code: str
    zone_name: str
    floor: UUID | None
    floor_name: str
    building: str
    level: str
    probability: float
    candidates: list[Candidate]
    since: datetime
    seen_at: datetime
    age_s: float
    source: str
    evidence: list[dict]
    x: float | None
    y: float | None
    heard: bool

    @property
    def words(self) -> str:
        return in_words(self.probability)


@dataclass(frozen=True, slots=True)
class Located:
    """One asset with its availability and its place."""

    id: int
    uid: UUID
    number: str
    name: str
    kind: str
    kind_code: str
    state: str
    state_at: datetime | None
    service_due_on: object
    available: bool | None
    reasons: tuple[str, ...]
    reserved_by: str
    reserved_until: datetime | None
    position: Where | None
    warned_not_there: bool
    walk_s: float | None = None


# Two stages: the first picks the rows by keys alone, the second joins what is shown of them.
# The rank is counted after the limit, so that the rest is never sorted.
PICK = """
SELECT first.id, first.walk_s, row_number() OVER () AS rank
FROM (SELECT a.id, {walk} AS walk_s
      FROM inventory_asset a
      LEFT JOIN tracking_position p ON p.asset_id = a.id
      {near_join}
      WHERE {where}
      ORDER BY {order} LIMIT %(limit)s) AS first
"""

SHOW = """
SELECT a.id, a.uid, a.number, a.name, k.name, k.code, a.state, a.state_at, a.service_due_on,
       r.name, r.until, z.uid, z.code, z.name, f.uid, f.name, b.name, p.level, p.probability,
       p.candidates, p.since, p.source, p.evidence, p.x, p.y, p.heard_at, e.beat_at,
       nt.at IS NOT NULL, picked.walk_s
FROM ({pick}) picked
JOIN inventory_asset a ON a.id = picked.id
JOIN inventory_assetkind k ON k.id = a.kind_id
LEFT JOIN tracking_position p ON p.asset_id = a.id
LEFT JOIN hims_zone z ON z.id = p.zone_id
LEFT JOIN hims_floor f ON f.id = p.floor_id
LEFT JOIN hims_building b ON b.id = f.building_id
LEFT JOIN tracking_enginestatus e ON true
LEFT JOIN LATERAL (
    SELECT holder.name, upper(res.period) AS until FROM inventory_reservation res
    JOIN hims_actor holder ON holder.id = res.actor_id
    WHERE res.asset_id = a.id AND res.period @> %(now)s LIMIT 1) r ON true
LEFT JOIN LATERAL (
    SELECT s.at, s.source FROM tracking_sighting s
    WHERE s.asset_id = a.id AND s.at > %(warned_since)s ORDER BY s.at DESC LIMIT 1
    ) nt ON nt.source = 'not_there'
ORDER BY picked.rank
"""

# All in float8: PostgreSQL's exact numbers take a hundred times longer over a power.
STILL_THERE = """coalesce(p.probability, 0) * 0.5::float8 ^ (
    extract(epoch FROM %(now)s - coalesce(p.heard_at, %(now)s))::float8 / %(half_life)s::float8)"""
TAKEN = """(a.state IN ('in_use', 'dirty', 'broken') OR a.service_due_on < %(today)s OR a.id IN (
    SELECT res.asset_id FROM inventory_reservation res WHERE res.period @> %(now)s))"""
BY_WORTH = f"""
({STILL_THERE} * CASE WHEN {TAKEN} THEN %(worth_false)s WHEN a.state = 'free' THEN %(worth_true)s
                 ELSE %(worth_none)s END
 / (coalesce(walk.seconds, %(far)s) + %(handling)s)) DESC, a.id
"""
FREE_FIRST = f"""
CASE WHEN {TAKEN} THEN 2 WHEN a.state = 'free' THEN 0 ELSE 1 END, {STILL_THERE} DESC, a.id
"""


def find(
    *,
    viewer: Actor,
    now: datetime,
    q: str = "",
    kind: str = "",
    available: bool | None = None,
    near: Zone | None = None,
    floor: Floor | None = None,
    asset_ids: list[int] | None = None,
    before: int | None = None,
    limit: int = MOST_NEAR,
) -> list[Located]:
    """Assets that match, with their places.

    q: words in the name, or part of the number, serial or kind. kind: an AssetKind's code or
    name. available: True only those known to be free, False only those known not to be.
    near: ordered by P(there) x P(free) over walking time from that zone; else those likeliest to
    serve come first. before: for paging by key, newest first (then nothing else orders).
    Nothing for a viewer who may not see equipment.
    """
    if not viewer.may("assets.view"):
        return []
    everything = not (q or kind or near or floor) and asset_ids is None and before is None
    if everything and available is None:
        # The free ones come first: where they fill the answer, the others are never looked at.
        free = find(viewer=viewer, now=now, available=True, limit=limit)
        if len(free) == limit:
            return free
    conditions, asked = _conditions(q, kind, available, floor, asset_ids, before)
    near_join, walk, order = "", "NULL::float8", FREE_FIRST
    if near is not None:
        seconds = seconds_from(near)
        near_join = (
            "LEFT JOIN unnest(%(zones)s::bigint[], %(seconds)s::float8[]) AS walk(zone, seconds)"
            " ON walk.zone = p.zone_id"
        )
        walk, order = "walk.seconds", BY_WORTH
        asked |= {"zones": list(seconds), "seconds": list(seconds.values())}
    elif before is not None:
        order = "a.id DESC"
    elif available is True:
        order = f"{STILL_THERE} DESC, a.id"  # all of one worth
    today = timezone.localdate(now)
    asked |= {
        "now": now,
        "today": today,
        "limit": limit,
        "warned_since": now - WARNED_FOR,
        "half_life": HALF_LIFE_S,
        "handling": HANDLING_S,
        "far": FAR_S,
        "worth_true": FREE_WORTH[True],
        "worth_none": FREE_WORTH[None],
        "worth_false": FREE_WORTH[False],
    }
    pick = PICK.format(walk=walk, near_join=near_join, where=conditions, order=order)
    with connection.cursor() as cursor:
        cursor.execute(SHOW.format(pick=pick), asked)
        rows = cursor.fetchall()
    names = zones_named(rows)
    return [_located(row, now, today, names) for row in rows]


def _conditions(q, kind, available, floor, asset_ids, before) -> tuple[str, dict]:
    """The WHERE of the first stage and its parameters."""
    parts, asked = ["true"], {}
    for number, word in enumerate(q.split()[:8]):
        name = f"word{number}"
        kinds = list(AssetKind.objects.filter(name__icontains=word).values_list("pk", flat=True))
        parts.append(
            f"(upper(a.name) LIKE upper(%({name})s) OR upper(a.number) LIKE upper(%({name})s)"
            f" OR upper(a.serial) LIKE upper(%({name})s) OR a.kind_id = ANY(%({name}_kinds)s))"
        )
        asked |= {name: f"%{escaped(word)}%", f"{name}_kinds": kinds}
    if kind:
        chosen = AssetKind.objects.filter(code=kind) | AssetKind.objects.filter(name__iexact=kind)
        parts.append("a.kind_id = ANY(%(kind)s)")
        asked["kind"] = list(chosen.values_list("pk", flat=True))
    if available is True:
        parts.append(f"a.state = 'free' AND NOT coalesce({TAKEN}, false)")
    elif available is False:
        parts.append(TAKEN)
    if floor is not None:
        parts.append("p.floor_id = %(floor)s")
        asked["floor"] = floor.pk
    if asset_ids is not None:
        parts.append("a.id = ANY(%(ids)s)")
        asked["ids"] = asset_ids
    if before is not None:
        parts.append("a.id < %(before)s")
        asked["before"] = before
    return " AND ".join(parts), asked


def escaped(word: str) -> str:
    """The word as LIKE takes it: %, _ and \\ stand for themselves."""
    return word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


CANDIDATES = 19  # the column of `SHOW` that holds them


def zones_named(rows: list[tuple]) -> dict[int, tuple[str, str]]:
    """Code and name of all zones that the rows' candidates mention: one query for the page."""
    mentioned = {zone for row in rows for zone, _ in _json(row[CANDIDATES])}
    if not mentioned:
        return {}
    return {
        key: (code, name)
        for key, code, name in Zone.objects.filter(pk__in=mentioned).values_list(
            "pk", "code", "name"
        )
    }


def _json(text: str | None) -> list:
    """A jsonb column of a raw cursor, which Django hands over as text."""
    return msgspec.json.decode(text) if text else []


def _located(row: tuple, now: datetime, today, names: dict[int, tuple[str, str]]) -> Located:
    (key, uid, number, name, kind, kind_code, state, state_at, due, holder, until, *place) = row
    *where, warned, walk_s = place
    answer = availability(state=state, service_due_on=due, reserved=until is not None, today=today)
    return Located(
        id=key,
        uid=uid,
        number=number,
        name=name,
        kind=kind,
        kind_code=kind_code,
        state=state,
        state_at=state_at,
        service_due_on=due,
        available=answer.available,
        reasons=answer.reasons,
        reserved_by=holder or "",
        reserved_until=until,
        position=where_of(where, now, names),
        warned_not_there=warned,
        walk_s=walk_s,
    )


def where_of(columns: list, now: datetime, names: dict[int, tuple[str, str]]) -> Where | None:
    """A position as shown, from its columns in the order of `SHOW`; None if there is no row.

    While a bearer is being heard its age is that of the engine's last beat: if the engine stops,
    every answer grows old with it.
    """
    (zone, code, zone_name, floor, floor_name, building, level, probability, candidates, since,
     source, evidence, x, y, heard_at, beat_at) = columns  # fmt: skip
    if level is None:
        return None
    seen_at = heard_at or beat_at or since
    age_s = max((now - seen_at).total_seconds(), 0.0)
    return Where(
        zone=zone,
        zone_code=code or "",
        zone_name=zone_name or "",
        floor=floor,
        floor_name=floor_name or "",
        building=building or "",
        level=level,
        probability=still_there(probability, age_s),
        candidates=[
            Candidate(*names[zone], still_there(part, age_s))
            for zone, part in _json(candidates)
            if zone in names
        ],
        since=since,
        seen_at=seen_at,
        age_s=age_s,
        source=source,
        evidence=_json(evidence),
        x=x,
        y=y,
        heard=heard_at is None,
    )


def find_rate(*, viewer: Actor, since: datetime) -> tuple[int, int]:
    """How often the first answer was right: (found where we said, all that were told).

    Only "found it" and "not there" count, since `since`; (0, 0) for those who may not see it.
    """
    if not viewer.may("find_rate.view"):
        return 0, 0
    told = Sighting.objects.filter(received_at__gte=since, was_first_answer__isnull=False)
    return told.filter(was_first_answer=True).count(), told.count()


def kinds_with_counts(*, viewer: Actor, now: datetime) -> list[dict]:
    """Every kind: how many there are, and how many known to be free, in date, not spoken for."""
    if not viewer.may("assets.view"):
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT k.code, k.name, count(a.id), count(a.id) FILTER (WHERE a.state = 'free'"
            " AND (a.service_due_on IS NULL OR a.service_due_on >= %s) AND a.id NOT IN ("
            "  SELECT held.asset_id FROM inventory_reservation held WHERE held.period @> %s))"
            " FROM inventory_assetkind k LEFT JOIN inventory_asset a ON a.kind_id = k.id"
            " GROUP BY k.id ORDER BY k.name",
            [timezone.localdate(now), now],
        )
        return [
            {"code": code, "name": name, "count": count, "free": free}
            for code, name, count, free in cursor.fetchall()
        ]
