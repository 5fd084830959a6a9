"""How often the locator was right when somebody went to look, and how long they looked."""

from django.utils.translation import gettext_lazy as _

from hims.access.roles import Role
from hims.domain import figures
from hims.domain.periods import Cadence
from hims.models import Zone
from hims.reporting.declared import (
    Cell,
    Column,
    Report,
    RunChart,
    StackedBars,
    register_report,
)

from .spans import BY_KIND

LOOKED_FOR = "2 hours"  # a longer search is two

SQL = f"""
WITH told AS (
    SELECT s.*, s.at AT TIME ZONE %(zone)s AS local, s.source <> 'not_there' AS there,
           CASE WHEN s.was_first_answer THEN 'first'
                WHEN s.source = 'not_there' AND s.was_first_answer IS NULL THEN 'vain-elsewhere'
                WHEN s.source = 'not_there' THEN 'vain'
                WHEN s.was_first_answer IS NULL THEN 'unnamed'
                ELSE 'elsewhere' END AS outcome
    FROM tracking_sighting s
    WHERE s.asset_id IS NOT NULL AND s.at >= %(begins)s AND s.at < %(ends)s
      AND (s.was_first_answer IS NOT NULL OR s.source IN ('pick', 'not_there'))
)
SELECT a.uid, told.at, told.local::date, extract(hour FROM told.local)::int, a.number, a.name,
       k.name, z.name, z.kind, f.name, told.outcome, told.was_first_answer,
       told.was_first_answer IS NOT NULL, told.there, told.outcome = 'unnamed',
       CASE WHEN told.there THEN extract(epoch FROM told.at - search.began)::bigint END
FROM told
JOIN inventory_asset a ON a.id = told.asset_id
JOIN inventory_assetkind k ON k.id = a.kind_id
JOIN hims_zone z ON z.id = told.zone_id
JOIN hims_floor f ON f.id = z.floor_id
LEFT JOIN LATERAL (
    SELECT max(p.at) AS at FROM tracking_sighting p
    WHERE p.asset_id = told.asset_id AND p.actor_id = told.actor_id
      AND p.source <> 'not_there' AND p.at < told.at
) AS previous ON true
LEFT JOIN LATERAL (
    SELECT min(sign.at) AS began
    FROM (SELECT lower(r.period) AS at FROM inventory_reservation r
          WHERE r.asset_id = told.asset_id AND r.actor_id = told.actor_id
          UNION ALL
          SELECT v.at FROM tracking_sighting v
          WHERE v.asset_id = told.asset_id AND v.actor_id = told.actor_id
            AND v.source = 'not_there') AS sign
    WHERE sign.at <= told.at AND sign.at > told.at - interval '{LOOKED_FOR}'
      AND sign.at > coalesce(previous.at, '-infinity')
) AS search ON true
WHERE %(kind)s::text IS NULL OR k.code = %(kind)s::text
ORDER BY told.at, told.id
"""

OUTCOMES = {
    "first": _("found where it was said"),
    "elsewhere": _("found elsewhere"),
    "vain": _("not there, where it was said"),
    "vain-elsewhere": _("not there, in another room"),
    "unnamed": _("found, no room was said"),
}

register_report(
    Report(
        code="FOUND",
        slug="find-rate",
        title=_("Found where the locator said"),
        version=1,
        says=[
            _(
                "A row is one tap of somebody who looked for equipment: found it here, or not "
                "there. The locator is judged where it had named a room: it was right when the "
                "thing was found there, wrong when it was found elsewhere or not there. A search "
                "in vain that ends elsewhere counts twice against it, as two taps."
            ),
            _(
                "The time to find begins when the same person reserved the thing or first told "
                "that it was not there, at most 2 hours before; of other finds nobody knows when "
                "the search began. Who finds a thing and tells nobody is in no number."
            ),
        ],
        permission="reports.assets",
        signers=frozenset({Role.MANAGER, Role.BIOMEDICAL_ENGINEER}),
        cadence=Cadence.MONTH,
        sql=SQL,
        columns=[
            Column("asset", _("Equipment"), Cell.UID, shown=False),
            Column("at", _("Told at"), Cell.TIME, wide=1.2),
            Column("day", _("Day"), Cell.DAY, shown=False),
            Column("hour", _("Hour of the day"), Cell.NUMBER, shown=False),
            Column("number", _("Number"), to=("asset", "asset")),
            Column("name", _("Name"), wide=1.5),
            Column("kind", _("Kind"), wide=1.2),
            Column("room", _("Looked in"), wide=1.3),
            Column("room_kind", _("Kind of room"), words=dict(Zone.Kind.choices)),
            Column("floor", _("Floor")),
            Column("outcome", _("What was told"), words=OUTCOMES, wide=1.5),
            Column("right", _("As it was said"), Cell.FLAG),
            Column("judged", _("A room was said"), Cell.FLAG, shown=False),
            Column("found", _("Found"), Cell.FLAG, shown=False),
            Column("unnamed", _("Found, no room was said"), Cell.FLAG, shown=False),
            Column("took", _("Time to find"), Cell.DURATION),
        ],
        key=["at", "number", "outcome"],
        figures=[
            figures.share(
                "first", _("Found where it was said"), "right", among="judged", better="higher"
            ),
            figures.median(
                "took",
                _("Time to find, median"),
                "took",
                among="found",
                unit="min",
                scale=60,
                places=1,
                better="lower",
            ),
            figures.ninetieth(
                "took_most",
                _("Nine in ten found within"),
                "took",
                among="found",
                unit="min",
                scale=60,
                places=1,
                better="lower",
            ),
            figures.count("unnamed", _("Found though no room was said"), "unnamed"),
            figures.count("told", _("Taps")),
        ],
        groupings=["kind", "room", "room_kind", "floor", "hour"],
        filters=[BY_KIND],
        charts=[
            RunChart("first"),
            StackedBars("told", by="hour", cause="outcome", title=_("Taps by hour of the day")),
        ],
    )
)
