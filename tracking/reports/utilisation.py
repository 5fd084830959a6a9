"""R2: how much of its time in service equipment was with patients: as its places show, and as
people said."""

from django.utils.translation import gettext_lazy as _

from hims.access.roles import Role
from hims.domain import figures
from hims.domain.periods import Cadence
from hims.reporting.declared import Cell, Column, Report, register_report

from .spans import BY_KIND, SAID, UNITS, seconds, stayed_since

CARE = "'bay', 'room', 'ward', 'theatre', 'imaging', 'triage'"
"""Kinds of zones in which patients are cared for (hims.models.Zone.Kind)."""
IDLE_DAYS = 30
PLACES_FROM = "least(%(begins)s::timestamptz, %(ends)s::timestamptz - interval '366 days')"
"""So far back the last sign of use is looked for among places; among states without limit."""

# What lasts at the end of the period is cut there; `last` is the end of the last sign of use.
USED = f"""
span AS (
    SELECT %(begins)s::timestamptz AS begins,
           least(%(ends)s::timestamptz, %(now)s::timestamptz) AS ends
),
placed AS (
    SELECT stayed.asset, range_agg(during) AS anywhere,
           coalesce(range_agg(during) FILTER (
               WHERE zone.kind IN ({CARE}) AND zone.id IS DISTINCT FROM thing.home_id), '{{}}')
               AS care
    FROM stayed
    JOIN hims_zone zone ON zone.id = stayed.zone_id
    JOIN inventory_asset thing ON thing.id = stayed.asset
    GROUP BY stayed.asset
),
part AS (
    SELECT unit.*, span.ends, states.here_since,
           tstzmultirange(tstzrange(greatest(span.begins, states.here_since), span.ends)) AS whole,
           states.known, states.serving, states.in_use,
           coalesce(placed.anywhere, '{{}}') AS anywhere, coalesce(placed.care, '{{}}') AS care
    FROM unit
    JOIN states ON states.asset = unit.asset
    JOIN span ON span.ends > states.here_since
    LEFT JOIN placed ON placed.asset = unit.asset
),
used AS (
    SELECT part.*, EXISTS (
               SELECT FROM tracking_tagassignment worn
               WHERE worn.asset_id = part.asset AND worn.period && tstzrange(
                   lower(part.whole), upper(part.whole))) AS tagged,
           tstzmultirange(tstzrange(NULL, ends)) * (in_use + care) AS uses,
           tstzmultirange(tstzrange(ends - interval '{IDLE_DAYS} days', ends))
               * (known + anywhere) AS signs
    FROM part
)"""

SQL = f"""
WITH {UNITS}, {SAID}, {stayed_since(PLACES_FROM)}, {USED},
counted AS (
    SELECT used.*, {seconds("whole")} AS whole_s, {seconds("known * whole")} AS known_s,
           {seconds("anywhere * whole")} AS anywhere_s,
           CASE WHEN NOT isempty(signs)
                THEN extract(epoch FROM ends - coalesce(upper(uses), here_since))::bigint
           END AS idle_s
    FROM used
)
SELECT uid, number, name, kind, home, tagged, whole_s,
       CASE WHEN known_s > 0 THEN {seconds("serving * whole")} END,
       CASE WHEN known_s > 0 AND anywhere_s > 0 THEN {seconds("anywhere * serving * whole")} END,
       CASE WHEN known_s > 0 AND anywhere_s > 0 THEN {seconds("care * serving * whole")} END,
       CASE WHEN known_s > 0 THEN {seconds("in_use * whole")} END,
       upper(uses),
       idle_s / 86400,
       idle_s > {IDLE_DAYS * 86400}
FROM counted
ORDER BY kind, number
"""

register_report(
    Report(
        code="R2",
        slug="utilisation",
        title=_("Utilisation of equipment"),
        version=1,
        says=[
            _(
                "A row is one piece of equipment over the period. Use as its places show is the "
                "time that its tag placed it, away from its home, in a bay, room, ward, theatre, "
                "imaging or triage while it was in service, of its time in service. Time at home "
                "is no sign of use, so what is used where it lives is told by what people said."
            ),
            _(
                "Time in service when nobody knew where it was counts as not used, and its share "
                "stands beside; of a thing without any place in the period it is not known."
            ),
            _(
                "Use as people said is the time for which somebody had said that it is in use. "
                "The two differ: a pump stands unused beside a bed, and people forget to say."
            ),
            _(
                "Idle is what was neither said to be in use nor placed with patients away from its "
                "home for more than 30 days before the end; where nothing at all is known of those "
                "days it is not known. Places are looked at for a year back. Rented equipment is "
                "not recorded as such and is in no line of its own."
            ),
        ],
        permission="reports.assets",
        signers=frozenset({Role.MANAGER, Role.BIOMEDICAL_ENGINEER}),
        cadence=Cadence.MONTH,
        sql=SQL,
        columns=[
            Column("asset", _("Equipment"), Cell.UID, shown=False),
            Column("number", _("Number"), to=("asset", "asset")),
            Column("name", _("Name"), wide=1.6),
            Column("kind", _("Kind"), wide=1.3),
            Column("home", _("Home"), wide=1.3),
            Column("tagged", _("Tagged"), Cell.FLAG),
            Column("required", _("In the house"), Cell.DURATION, shown=False),
            Column("in_service", _("In service"), Cell.DURATION),
            Column("placed", _("Of that, place recorded"), Cell.DURATION),
            Column("in_care", _("With patients, by place"), Cell.DURATION),
            Column("in_use", _("In use, as said"), Cell.DURATION),
            Column("last_use", _("Last sign of use"), Cell.TIME),
            Column("idle_days", _("Idle days"), Cell.NUMBER),
            Column("idle", _("Idle over 30 days"), Cell.FLAG),
        ],
        key=["number"],
        figures=[
            figures.ratio(
                "by_place", _("Use as its places show"), "in_care", "in_service", better="higher"
            ),
            figures.ratio("by_word", _("Use as people said"), "in_use", "in_service"),
            figures.ratio(
                "placed",
                _("Time in service with a place recorded"),
                "placed",
                "in_service",
                better="higher",
            ),
            figures.share("idle", _("Idle over 30 days"), "idle", better="lower"),
            figures.count("things", _("Pieces of equipment")),
            figures.share("tagged", _("Tagged"), "tagged", better="higher"),
        ],
        groupings=["kind", "home"],
        filters=[BY_KIND],
    )
)
