"""How good the positions are: what was believed just before somebody saw a thing, and how much of
the time the tags were placed at all."""

from django.utils.translation import gettext_lazy as _

from hims.access.roles import Role
from hims.domain import figures
from hims.domain.periods import Cadence
from hims.reporting.declared import Cell, Column, Report, RunChart, register_report
from tracking.models import Position, Sighting

from .spans import BY_KIND, DAYS, UNITS, seconds, stayed_since

# named, right, right_floor: null where what was believed was not kept.
JUDGED = """
SELECT a.uid, s.id, s.at, (s.at AT TIME ZONE %(zone)s)::date AS day, a.number, a.name,
       k.name AS kind, z.name AS room, f.name AS floor, s.source, b.name AS said,
       nullif(s.believed_level, '') AS level, nullif(s.believed_source, '') AS evidence,
       CASE WHEN s.believed_level <> '' THEN s.believed_level IN ('zone', 'area') END AS named,
       CASE WHEN s.believed_level IN ('zone', 'area')
            THEN z.id = b.id OR z.id IS NOT DISTINCT FROM b.area_id
                 OR (s.believed_level = 'area' AND z.area_id IS NOT DISTINCT FROM b.id)
       END AS agrees,
       CASE WHEN s.believed_level NOT IN ('', 'unknown')
            THEN coalesce(s.believed_floor_id = z.floor_id, false) END AS right_floor,
       CASE WHEN s.believed_level IN ('zone', 'area')
            THEN round(s.believed_probability::numeric, 4) END AS stated
FROM tracking_sighting s
JOIN inventory_asset a ON a.id = s.asset_id
JOIN inventory_assetkind k ON k.id = a.kind_id
JOIN hims_zone z ON z.id = s.zone_id
JOIN hims_floor f ON f.id = z.floor_id
LEFT JOIN hims_zone b ON b.id = s.believed_zone_id
WHERE s.source <> 'not_there' AND s.at >= %(begins)s AND s.at < %(ends)s
  AND (%(kind)s::text IS NULL OR k.code = %(kind)s::text)
"""

# The gap of a band is how far its mean stated probability is from its share right; the mean of the
# gaps over all rows is the expected calibration error.
POSITIONS = f"""
WITH judged AS ({JUDGED}),
banded AS (SELECT judged.*, least(floor(stated * 10), 9)::int AS tenth FROM judged)
SELECT uid, at, day, number, name, kind, room, floor, source, said, level, evidence, named,
       coalesce(named, true), agrees, coalesce(level <> 'unknown', true), right_floor, stated,
       (tenth * 10)::text || ' to ' || (tenth * 10 + 10)::text,
       CASE WHEN stated IS NOT NULL
            THEN round(abs(avg(agrees::int - stated) OVER (PARTITION BY tenth)), 6) END,
       CASE WHEN stated IS NOT NULL THEN 1 END
FROM banded
ORDER BY at, id
"""

COVERAGE = f"""
WITH {UNITS}, {stayed_since("%(begins)s::timestamptz")}, {DAYS},
worn AS (SELECT asset_id AS asset, range_agg(period) AS during, count(DISTINCT tag_id)::int AS tags
         FROM tracking_tagassignment
         WHERE asset_id IS NOT NULL
           AND period && tstzrange(%(begins)s::timestamptz, %(ends)s::timestamptz)
         GROUP BY asset_id),
placed AS (SELECT asset, range_agg(during) AS during FROM stayed
           WHERE source = 'radio' GROUP BY asset),
part AS (
    SELECT unit.*, day.day, worn.tags, worn.during * whole.during AS worn,
           coalesce(placed.during, '{{}}') * worn.during * whole.during AS placed
    FROM unit
    JOIN worn ON worn.asset = unit.asset
    CROSS JOIN day
    CROSS JOIN LATERAL (SELECT tstzmultirange(tstzrange(day.begins, day.ends))) AS whole (during)
    LEFT JOIN placed ON placed.asset = unit.asset
)
SELECT uid, number, name, kind, home, day, tags, {seconds("worn")}, {seconds("placed")},
       isempty(placed)
FROM part
WHERE NOT isempty(worn)
ORDER BY day, kind, number
"""

SOURCES = dict(Sighting.Source.choices)
LEVELS = dict(Position.Level.choices)
EVIDENCE = {"radio": _("its tag"), "sighting": _("an earlier scan")}

register_report(
    Report(
        code="POSITIONS",
        slug="positioning-quality",
        title=_("Positions against what people saw"),
        version=1,
        says=[
            _(
                "A row is one moment at which somebody scanned, found or carried equipment in a "
                "known room, beside what the locator said of it just before. It is right when it "
                "named that room, or the area that the room belongs to."
            ),
            _(
                "Calibration error: in each tenth of stated sureness, how far the mean sureness is "
                "from the share that was right, averaged over all rows with a named room "
                "(expected calibration error with ten bins)."
            ),
            _(
                "What was said was not kept of scans that arrived more than a minute late, nor "
                "before the records began: these are not known. People scan things where they "
                "work, so rooms where nobody scans are not judged."
            ),
        ],
        permission="reports.assets",
        signers=frozenset({Role.BIOMEDICAL_ENGINEER, Role.MANAGER}),
        cadence=Cadence.MONTH,
        sql=POSITIONS,
        columns=[
            Column("asset", _("Equipment"), Cell.UID, shown=False),
            Column("at", _("Seen at"), Cell.TIME, wide=1.2),
            Column("day", _("Day"), Cell.DAY, shown=False),
            Column("number", _("Number"), to=("asset", "asset")),
            Column("name", _("Name"), wide=1.5),
            Column("kind", _("Kind"), wide=1.2),
            Column("room", _("Seen in"), wide=1.3),
            Column("floor", _("Floor")),
            Column("how", _("How"), words=SOURCES),
            Column("said", _("The locator said"), wide=1.3),
            Column("level", _("How closely"), words=LEVELS),
            Column("evidence", _("It knew from"), words=EVIDENCE),
            Column("named", _("A room or area was named"), Cell.FLAG, shown=False),
            Column("judged", _("Named, or not kept"), Cell.FLAG, shown=False),
            Column("right", _("Right"), Cell.FLAG),
            Column("floor_judged", _("Floor said, or not kept"), Cell.FLAG, shown=False),
            Column("right_floor", _("Right floor"), Cell.FLAG, shown=False),
            Column("stated", _("Sureness, 0 to 1"), Cell.AMOUNT),
            Column("tenth", _("Sureness, %"), shown=False),
            Column("gap", _("Gap of its tenth"), Cell.AMOUNT, shown=False),
            Column("one", _("Answers with a sureness"), Cell.NUMBER, shown=False),
        ],
        key=["at", "number", "how"],
        figures=[
            figures.share(
                "right", _("Right room, of those named"), "right", among="judged", better="higher"
            ),
            figures.share("named", _("A room or area was named"), "named", better="higher"),
            figures.share(
                "floor",
                _("Right floor, of those said"),
                "right_floor",
                among="floor_judged",
                better="higher",
            ),
            figures.ratio("stated", _("Sureness stated"), "stated", "one", among="judged"),
            figures.ratio(
                "calibration", _("Calibration error"), "gap", "one", among="judged", better="lower"
            ),
            figures.count("seen", _("Moments at which a thing was seen")),
        ],
        groupings=["floor", "room", "kind", "tenth", "evidence", "how"],
        filters=[BY_KIND],
        charts=[RunChart("right"), RunChart("named")],
    )
)

register_report(
    Report(
        code="COVERAGE",
        slug="positioning-coverage",
        title=_("Tagged equipment with a place"),
        version=1,
        says=[
            _(
                "A row is one tagged piece of equipment on one day. It has a place while its tag "
                "alone, without scans, placed it in a room: what is silent, too faint or between "
                "gateways has none. Time without a tag is not counted."
            ),
        ],
        permission="reports.assets",
        signers=frozenset({Role.BIOMEDICAL_ENGINEER, Role.MANAGER}),
        cadence=Cadence.MONTH,
        sql=COVERAGE,
        columns=[
            Column("asset", _("Equipment"), Cell.UID, shown=False),
            Column("number", _("Number"), to=("asset", "asset")),
            Column("name", _("Name"), wide=1.6),
            Column("kind", _("Kind"), wide=1.3),
            Column("home", _("Home"), wide=1.3),
            Column("day", _("Day"), Cell.DAY),
            Column("tags", _("Tags in the period"), Cell.NUMBER),
            Column("worn", _("Tagged"), Cell.DURATION),
            Column("placed", _("With a place"), Cell.DURATION),
            Column("silent", _("No place all day"), Cell.FLAG),
        ],
        key=["number", "day"],
        figures=[
            figures.ratio(
                "placed", _("Tagged time with a place"), "placed", "worn", better="higher"
            ),
            figures.share(
                "silent", _("Days of a thing without any place"), "silent", better="lower"
            ),
        ],
        groupings=["kind", "home", "day"],
        filters=[BY_KIND],
        charts=[RunChart("placed")],
    )
)
