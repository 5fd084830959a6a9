"""Times of equipment as SQL that several reports share: what was said of a thing from when till
when, and when there was evidence of its place.

All are ranges of time; PostgreSQL's multiranges add, cut and intersect them (range_agg, `*`).
"""

from django.utils.translation import gettext_lazy

from hims.access.scopes import visible_to
from hims.models import Actor
from hims.reporting.declared import Filter
from inventory.models import AssetKind
from tracking.domain.ageing import HALF_LIFE_S

LOCATED_FOR_S = int(HALF_LIFE_S)
"""So long evidence of a place counts: after it an answer is worth half (tracking.domain.ageing)."""

SAID = """
said AS (
    SELECT id AS asset, state,
           tstzrange(at, coalesce(lead(at) OVER then_on, 'infinity')) AS during
    FROM (SELECT id, state, history_id, coalesce(state_at, history_date) AS at
          FROM inventory_historicalasset WHERE history_type <> '-') AS told
    WINDOW then_on AS (PARTITION BY id ORDER BY at, history_id)
),
states AS (
    SELECT asset, min(lower(during)) FILTER (WHERE NOT isempty(during)) AS here_since,
           coalesce(range_agg(during) FILTER (WHERE state <> 'unknown'), '{}') AS known,
           coalesce(range_agg(during) FILTER (WHERE state IN ('free', 'in_use', 'dirty')), '{}')
               AS serving,
           coalesce(range_agg(during) FILTER (WHERE state = 'free'), '{}') AS free,
           coalesce(range_agg(during) FILTER (WHERE state = 'in_use'), '{}') AS in_use,
           coalesce(range_agg(during) FILTER (WHERE state = 'dirty'), '{}') AS dirty
    FROM said GROUP BY asset
)"""
"""The states of each asset, and when it first was in the house. A state holds until the next."""

UNITS = """
unit AS (
    SELECT a.id AS asset, a.uid, a.number, a.name, k.code AS kind_code, k.name AS kind,
           coalesce(area.name, home.name) AS home
    FROM inventory_asset a
    JOIN inventory_assetkind k ON k.id = a.kind_id
    LEFT JOIN hims_zone home ON home.id = a.home_id
    LEFT JOIN hims_zone area ON area.id = home.area_id
    WHERE %(kind)s::text IS NULL OR k.code = %(kind)s::text
)"""
"""The equipment asked for; its home is the area that its room belongs to, else the room."""

DAYS = """
day AS (
    SELECT local::date AS day, local AT TIME ZONE %(zone)s AS begins,
           least((local + interval '1 day') AT TIME ZONE %(zone)s, %(now)s::timestamptz) AS ends
    FROM generate_series(%(begins)s::timestamptz AT TIME ZONE %(zone)s,
                         %(ends)s::timestamptz AT TIME ZONE %(zone)s - interval '1 day',
                         interval '1 day') AS local
    WHERE local AT TIME ZONE %(zone)s < %(now)s::timestamptz
)"""
"""The days of the period that have begun; today ends now."""


def stayed_since(moment: str) -> str:
    """SQL for stays that began before the end of the period and ended after `moment` (SQL); an open
    one lasts until the thing was heard last."""
    return f"""
stayed AS (
    SELECT asset_id AS asset, zone_id, source, tstzrange(started_at, ended_at) AS during
    FROM tracking_stay
    WHERE asset_id IS NOT NULL AND started_at < %(ends)s::timestamptz AND ended_at > {moment}
    UNION ALL
    SELECT o.asset_id, o.zone_id, o.source,
           tstzrange(o.started_at, greatest(o.started_at, least(
               coalesce(p.heard_at, e.beat_at, %(now)s::timestamptz), %(now)s::timestamptz)))
    FROM tracking_openstay o
    LEFT JOIN tracking_position p ON p.asset_id = o.asset_id
    LEFT JOIN tracking_enginestatus e ON true
    WHERE o.asset_id IS NOT NULL AND o.started_at < %(ends)s::timestamptz
)"""


def seconds(multirange: str) -> str:
    """SQL for how many whole seconds a multirange of times lasts."""
    return (
        "(SELECT coalesce(sum(extract(epoch FROM upper(part) - lower(part))), 0)::bigint"
        f" FROM unnest({multirange}) AS part)"
    )


def _kinds(viewer: Actor) -> list[tuple[str, str]]:
    found = visible_to(viewer, AssetKind.objects.all()).order_by("name", "code")
    return [(kind.code, kind.name) for kind in found]


BY_KIND = Filter("kind", gettext_lazy("Kind"), _kinds)
