"""R1: how much of the time equipment was in service and somebody could have said where it is.

Availability in the full sense asks for upkeep in date, too; that is not recorded, so the report
neither assesses it nor takes the name.
"""

from django.utils.translation import gettext_lazy as _

from hims.access.roles import Role
from hims.domain import figures
from hims.domain.periods import Cadence
from hims.reporting.declared import Cell, Column, Report, RunChart, register_report

from .spans import BY_KIND, DAYS, LOCATED_FOR_S, SAID, UNITS, seconds, stayed_since

# A sign of a place counts from when it is seen until LOCATED_FOR_S after.
LOCATED = f"""
sign AS (
    SELECT asset, tstzrange(lower(during), upper(during) + interval '{LOCATED_FOR_S} s') AS during
    FROM stayed
    WHERE NOT isempty(during)
    UNION ALL
    SELECT asset_id, tstzrange(at, at + interval '{LOCATED_FOR_S} s')
    FROM tracking_sighting
    WHERE asset_id IS NOT NULL AND source <> 'not_there' AND at < %(ends)s::timestamptz
      AND at > %(begins)s::timestamptz - interval '{LOCATED_FOR_S} s'
),
located AS (SELECT asset, range_agg(during) AS during FROM sign GROUP BY asset),
held AS (SELECT asset_id AS asset, range_agg(period) AS during
         FROM inventory_reservation GROUP BY asset_id)"""

# `whole` is what of the day the asset was in the house; everything else is cut to it.
PARTS = """
asset_day AS MATERIALIZED (
    SELECT unit.*, day.day, whole.during AS whole, lower(whole.during) AS begins,
           upper(whole.during) AS ends,
           states.known * whole.during AS known, states.serving * whole.during AS serving,
           coalesce(located.during, '{}') * whole.during AS located,
           states.serving * coalesce(located.during, '{}') * whole.during AS both_of,
           states.free * coalesce(located.during, '{}') * whole.during
               - coalesce(held.during, '{}') AS ready,
           states.in_use * whole.during AS in_use, states.dirty * whole.during AS dirty,
           coalesce(held.during, '{}') * whole.during AS held
    FROM unit
    JOIN states ON states.asset = unit.asset
    JOIN day ON day.ends > states.here_since
    LEFT JOIN located ON located.asset = unit.asset
    LEFT JOIN held ON held.asset = unit.asset
    CROSS JOIN LATERAL (
        SELECT tstzmultirange(tstzrange(greatest(day.begins, states.here_since), day.ends))
    ) AS whole (during)
)"""

# How many of a kind there are at once changes only where a part begins or ends.
FEWEST = """
turn AS (
    SELECT kind_code, day, at, sum(change) AS change
    FROM (SELECT kind_code, day, begins AS at, 0 AS change FROM asset_day
          UNION ALL
          SELECT kind_code, day, lower(part), 1 FROM asset_day, unnest(both_of) AS part
          UNION ALL
          SELECT kind_code, day, upper(part), -1 FROM asset_day, unnest(both_of) AS part
          WHERE upper(part) < ends) AS turns
    GROUP BY kind_code, day, at
),
fewest AS (
    SELECT kind_code, day, min(there) AS fewest
    FROM (SELECT kind_code, day,
                 sum(change) OVER (PARTITION BY kind_code, day ORDER BY at) AS there
          FROM turn) AS counted
    GROUP BY kind_code, day
)"""

BEFORE = f"%(begins)s::timestamptz - interval '{LOCATED_FOR_S} s'"

SQL = f"""
WITH {UNITS}, {SAID}, {stayed_since(BEFORE)}, {LOCATED}, {DAYS}, {PARTS}, {FEWEST},
counted AS (
    SELECT asset_day.*, {seconds("whole")} AS whole_s, {seconds("known")} AS known_s
    FROM asset_day
)
SELECT counted.uid, counted.number, counted.name, counted.kind, counted.home, counted.day,
       whole_s, known_s,
       CASE WHEN known_s > 0 THEN {seconds("serving")} END,
       {seconds("located")},
       CASE WHEN known_s > 0 THEN {seconds("both_of")} END,
       CASE WHEN known_s > 0 THEN {seconds("ready")} END,
       CASE WHEN known_s > 0 THEN {seconds("in_use")} END,
       CASE WHEN known_s > 0 THEN {seconds("dirty")} END,
       {seconds("held")},
       whole_s - known_s,
       fewest.fewest::int,
       row_number() OVER of_kind = 1,
       fewest.fewest = 0
FROM counted
JOIN fewest ON fewest.kind_code = counted.kind_code AND fewest.day = counted.day
WINDOW of_kind AS (PARTITION BY counted.kind_code, counted.day ORDER BY counted.number)
ORDER BY counted.day, counted.kind, counted.number
"""

register_report(
    Report(
        code="R1",
        slug="in-service-and-located",
        title=_("In service and located; upkeep not assessed"),
        version=1,
        says=[
            _(
                "A row is one piece of equipment on one day, from when it was first known to the "
                "house. It is in service while what somebody last said of it is free, in use or "
                "dirty; broken is out of service, and time before anybody said anything is not "
                "known and in no percentage of service."
            ),
            _(
                "It is located while its tag placed it somewhere or a person scanned or found it, "
                "and for 2 hours after."
            ),
            _(
                "Ready is free, located and not spoken for. Maintenance and calibration are not "
                "assessed here: a device past its service may count as in service."
            ),
            _(
                "Which kinds are critical and how many of a kind there must be is not recorded: "
                "every kind is counted, and the fewest at once stands beside no minimum."
            ),
        ],
        permission="reports.assets",
        signers=frozenset({Role.BIOMEDICAL_ENGINEER, Role.MANAGER}),
        cadence=Cadence.MONTH,
        sql=SQL,
        columns=[
            Column("asset", _("Equipment"), Cell.UID, shown=False),
            Column("number", _("Number"), to=("asset", "asset")),
            Column("name", _("Name"), wide=1.6),
            Column("kind", _("Kind"), wide=1.3),
            Column("home", _("Home"), wide=1.3),
            Column("day", _("Day"), Cell.DAY),
            Column("required", _("In the house"), Cell.DURATION),
            Column("known", _("State known"), Cell.DURATION, shown=False),
            Column("in_service", _("In service"), Cell.DURATION),
            Column("located", _("Located"), Cell.DURATION),
            Column("both", _("In service and located"), Cell.DURATION),
            Column("ready", _("Ready"), Cell.DURATION),
            Column("in_use", _("In use"), Cell.DURATION),
            Column("dirty", _("Dirty"), Cell.DURATION),
            Column("reserved", _("Spoken for"), Cell.DURATION, shown=False),
            Column("unsaid", _("State not known"), Cell.DURATION, shown=False),
            Column("fewest", _("Fewest of the kind at once"), Cell.NUMBER),
            Column("first_of_kind", _("First of its kind and day"), Cell.FLAG, shown=False),
            Column("none", _("At some moment none of the kind"), Cell.FLAG, shown=False),
        ],
        key=["number", "day"],
        figures=[
            figures.ratio(
                "service_located", _("In service and located"), "both", "known", better="higher"
            ),
            figures.ratio("service", _("In service"), "in_service", "known", better="higher"),
            figures.ratio("located", _("Located"), "located", "required", better="higher"),
            figures.ratio(
                "ready",
                _("Ready: free, located, not spoken for"),
                "ready",
                "known",
                better="higher",
            ),
            figures.ratio("in_use", _("In use"), "in_use", "known"),
            figures.ratio("dirty", _("Dirty"), "dirty", "known", better="lower"),
            figures.total(
                "unsaid",
                _("State not known"),
                "unsaid",
                unit="h",
                scale=3600,
                places=1,
                better="lower",
            ),
            figures.count(
                "none",
                _("Days on which a kind had none in service and located for a while"),
                "none",
                among="first_of_kind",
                better="lower",
            ),
            figures.median(
                "fewest",
                _("Fewest of a kind at once, median"),
                "fewest",
                among="first_of_kind",
                places=1,
            ),
        ],
        groupings=["kind", "home", "day"],
        filters=[BY_KIND],
        charts=[RunChart("service_located"), RunChart("located")],
    )
)
