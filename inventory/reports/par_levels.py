"""R7, par levels and stock-outs: how much of the time places held what they should hold.

What a place held at any moment is worked out from the ledger: what is there now, less what moved
since. Counted is what the order list counts: the place and what stands within it, without
quarantine; lots that are released and whose day is not over.
"""

from django.utils.translation import gettext_lazy as _

from hims.access.roles import Role
from hims.domain import figures
from hims.domain.periods import Cadence
from hims.reporting.declared import Cell, Column, Report, StackedBars, register_report

from .choices import PLACE, PRODUCT, place_filter

# rule: par levels as they held, from their history; one that was never written there, and the
#   first one of a history, is taken for what held before.
# good: when each lot could be given, from its expiry and the history of its status.
# stretch: times between two movements of a lot at a place, with what lay there.
# piece: times in which neither what may be given at a place nor its par level changed.
SQL = """
WITH RECURSIVE span AS (
    SELECT %(begins)s::timestamptz AS b, least(%(ends)s, %(now)s)::timestamptz AS e
), part (top_id, place_id) AS (
    SELECT place_id, place_id FROM (
        SELECT place_id FROM inventory_par UNION SELECT place_id FROM inventory_historicalpar
    ) held JOIN inventory_stockplace p ON p.id = held.place_id
    WHERE %(place)s::text IS NULL OR p.code = %(place)s
    UNION
    SELECT part.top_id, p.id FROM part JOIN inventory_stockplace p ON p.within_id = part.place_id
    WHERE NOT p.virtual
), rule AS (
    SELECT h.place_id, h.product_id, h.reorder_at, h.par, h.history_type <> '-' AS held,
           h.history_date AS since,
           lead(h.history_date) OVER same AS until, row_number() OVER same = 1 AS is_first
    FROM inventory_historicalpar h
    WHERE h.place_id IN (SELECT top_id FROM part)
    WINDOW same AS (PARTITION BY h.place_id, h.product_id ORDER BY h.history_date, h.history_id)
    UNION ALL
    SELECT p.place_id, p.product_id, p.reorder_at, p.par, true, NULL, NULL, true
    FROM inventory_par p
    WHERE p.place_id IN (SELECT top_id FROM part) AND NOT EXISTS (
        SELECT FROM inventory_historicalpar h
        WHERE h.place_id = p.place_id AND h.product_id = p.product_id
    )
), lying AS MATERIALIZED (
    SELECT part.top_id, lot.product_id, level.lot_id, level.place_id, level.quantity
    FROM part
    JOIN inventory_stockplace p ON p.id = part.place_id AND p.kind <> 'quarantine'
    JOIN inventory_stocklevel level ON level.place_id = p.id
    JOIN inventory_lot lot ON lot.id = level.lot_id
    WHERE EXISTS (
        SELECT FROM rule WHERE rule.place_id = part.top_id AND rule.product_id = lot.product_id
    )
), line AS MATERIALIZED (
    SELECT l.lot_id, l.place_id, m.at, sum(l.quantity) AS quantity
    FROM inventory_movement m
    JOIN inventory_movementline l ON l.movement_id = m.id
    CROSS JOIN span
    WHERE m.at >= span.b AND NOT l.virtual
      AND (l.lot_id, l.place_id) IN (SELECT lot_id, place_id FROM lying)
    GROUP BY l.lot_id, l.place_id, m.at
), came AS (
    SELECT y.top_id, y.product_id, min(m.at) AS at
    FROM lying y
    JOIN inventory_movementline l
      ON l.lot_id = y.lot_id AND l.place_id = y.place_id AND l.seq = 1
    JOIN inventory_movement m ON m.id = l.movement_id
    GROUP BY y.top_id, y.product_id
), known AS (
    SELECT r.place_id, r.product_id, r.since, least(r.since, came.at) AS from_when
    FROM rule r
    LEFT JOIN came ON came.top_id = r.place_id AND came.product_id = r.product_id
    WHERE r.is_first
), holds AS MATERIALIZED (
    SELECT r.place_id AS top_id, r.product_id, r.reorder_at, r.par,
           greatest(span.b, CASE WHEN r.is_first THEN k.from_when ELSE r.since END) AS since,
           least(span.e, r.until) AS until
    FROM rule r
    JOIN known k ON k.place_id = r.place_id AND k.product_id = r.product_id
    CROSS JOIN span
    WHERE r.held
      AND greatest(span.b, CASE WHEN r.is_first THEN k.from_when ELSE r.since END)
        < least(span.e, r.until)
), moment AS (
    SELECT y.lot_id, y.place_id, span.b AS at,
           y.quantity - coalesce(moved.quantity, 0) AS quantity
    FROM (SELECT DISTINCT lot_id, place_id, quantity FROM lying) y
    CROSS JOIN span
    LEFT JOIN (
        SELECT lot_id, place_id, sum(quantity) AS quantity FROM line GROUP BY lot_id, place_id
    ) moved ON moved.lot_id = y.lot_id AND moved.place_id = y.place_id
    UNION ALL
    SELECT line.lot_id, line.place_id, line.at, line.quantity FROM line, span
    WHERE line.at < span.e
), stretch AS (
    SELECT lot_id, place_id, at AS since,
           coalesce(lead(at) OVER same, span.e) AS until,
           sum(quantity) OVER same AS quantity
    FROM (
        SELECT lot_id, place_id, at, sum(quantity) AS quantity FROM moment
        GROUP BY lot_id, place_id, at
    ) each CROSS JOIN span
    WINDOW same AS (PARTITION BY lot_id, place_id ORDER BY at)
), said AS (
    SELECT h.id AS lot_id, h.status, h.history_date AS since,
           lead(h.history_date) OVER same AS until, row_number() OVER same = 1 AS is_first
    FROM inventory_historicallot h
    WHERE h.id IN (SELECT lot_id FROM lying)
    WINDOW same AS (PARTITION BY h.id ORDER BY h.history_date, h.history_id)
    UNION ALL
    SELECT lot.id, lot.status, NULL, NULL, true
    FROM inventory_lot lot
    WHERE lot.id IN (SELECT lot_id FROM lying)
      AND NOT EXISTS (SELECT FROM inventory_historicallot h WHERE h.id = lot.id)
), good AS MATERIALIZED (
    SELECT said.lot_id, CASE WHEN said.is_first THEN '-infinity' ELSE said.since END AS since,
           least(said.until, (lot.expiry + 1)::timestamp AT TIME ZONE %(zone)s, 'infinity')
               AS until
    FROM said JOIN inventory_lot lot ON lot.id = said.lot_id
    WHERE said.status = 'released' OR (said.status = 'expired' AND lot.expiry IS NOT NULL)
), usable AS (
    SELECT s.lot_id, s.place_id, greatest(s.since, good.since) AS since,
           least(s.until, good.until) AS until, s.quantity
    FROM stretch s JOIN good ON good.lot_id = s.lot_id
    WHERE s.quantity <> 0 AND greatest(s.since, good.since) < least(s.until, good.until)
), change AS (
    SELECT y.top_id, y.product_id, u.since AS at, u.quantity
    FROM usable u JOIN lying y ON y.lot_id = u.lot_id AND y.place_id = u.place_id
    UNION ALL
    SELECT y.top_id, y.product_id, u.until, -u.quantity
    FROM usable u JOIN lying y ON y.lot_id = u.lot_id AND y.place_id = u.place_id
    CROSS JOIN span WHERE u.until < span.e
    UNION ALL
    SELECT DISTINCT top_id, product_id, span.b, 0 FROM holds CROSS JOIN span
), amount AS MATERIALIZED (
    SELECT top_id, product_id, at AS since, coalesce(lead(at) OVER same, span.e) AS until,
           sum(quantity) OVER same AS there
    FROM (
        SELECT top_id, product_id, at, sum(quantity) AS quantity FROM change
        GROUP BY top_id, product_id, at
    ) each CROSS JOIN span
    WINDOW same AS (PARTITION BY top_id, product_id ORDER BY at)
), piece AS (
    SELECT h.top_id, h.product_id, h.reorder_at, h.par, a.there,
           greatest(h.since, a.since) AS since, least(h.until, a.until) AS until
    FROM holds h
    JOIN amount a ON a.top_id = h.top_id AND a.product_id = h.product_id
     AND greatest(h.since, a.since) < least(h.until, a.until)
), run AS (
    SELECT *, sum((began_out)::int) OVER (PARTITION BY top_id, product_id ORDER BY since) AS number
    FROM (
        SELECT *, there = 0 AND (lag(there) OVER same IS DISTINCT FROM 0
                                 OR lag(until) OVER same <> since) AS began_out
        FROM piece WINDOW same AS (PARTITION BY top_id, product_id ORDER BY since)
    ) marked
), row_of AS (
    SELECT top_id, product_id,
           (array_agg(reorder_at ORDER BY since DESC))[1] AS reorder_at,
           (array_agg(par ORDER BY since DESC))[1] AS par,
           (array_agg(there ORDER BY since DESC))[1] AS there,
           min(since) AS since,
           sum(until - since) AS observed,
           coalesce(sum(until - since) FILTER (WHERE there < reorder_at), '0') AS below,
           coalesce(sum(until - since) FILTER (WHERE there = 0), '0') AS out,
           sum((until AT TIME ZONE %(zone)s)::date - (since AT TIME ZONE %(zone)s)::date) AS days,
           coalesce(sum((until AT TIME ZONE %(zone)s)::date - (since AT TIME ZONE %(zone)s)::date)
               FILTER (WHERE there >= reorder_at), 0) AS days_ok,
           count(*) FILTER (WHERE began_out) AS stock_outs
    FROM run GROUP BY top_id, product_id
), longest AS (
    SELECT top_id, product_id, max(took) AS took FROM (
        SELECT top_id, product_id, number, sum(until - since) AS took FROM run
        WHERE there = 0 GROUP BY top_id, product_id, number
    ) each GROUP BY top_id, product_id
)
SELECT p.uid, coalesce(nullif(p.tall_man, ''), p.name), p.code, p.unit,
       s.uid, s.name, s.code, s.kind,
       round(r.reorder_at::numeric / p.base_per_unit, 3),
       round(r.par::numeric / p.base_per_unit, 3),
       round(r.there::numeric / p.base_per_unit, 3),
       r.days::bigint, r.days_ok::bigint,
       round(extract(epoch FROM r.observed))::bigint,
       round(extract(epoch FROM r.below))::bigint,
       round(extract(epoch FROM r.out))::bigint,
       r.stock_outs,
       round(extract(epoch FROM coalesce(longest.took, '0')))::bigint,
       CASE WHEN s.kind = 'trolley' THEN 'emergency' ELSE 'other' END,
       r.stock_outs > 0,
       CASE WHEN s.kind = 'trolley' OR r.stock_outs = 0 THEN r.stock_outs > 0 END,
       coalesce(k.since > r.since, true)
FROM row_of r
JOIN inventory_product p ON p.id = r.product_id
JOIN inventory_stockplace s ON s.id = r.top_id
JOIN known k ON k.place_id = r.top_id AND k.product_id = r.product_id
LEFT JOIN longest ON longest.top_id = r.top_id AND longest.product_id = r.product_id
ORDER BY s.name, s.code, p.name, p.code
"""

MEDICINES = {
    "emergency": _("kept on a trolley for emergencies"),
    "other": _("elsewhere"),
}

REPORT = Report(
    code="R7",
    slug="par-levels",
    title=_("Par levels and stock-outs"),
    version=1,
    says=[
        _("One row is one product that a place should hold: a par level. What the place held is"
          " worked out for every moment of the period, up to now, from the ledger: the place and"
          " what stands within it, without quarantine, lots that were released and whose day was"
          " not over."),
        _("A daily snapshot is what was there when a day ended. It is good when that was no less"
          " than the minimum, the amount at which the place is filled up again."),
        _("A stock-out is a time without any that could be given. Its length is counted within the"
          " period only."),
        _("A par level is the one that held at that moment. For the time before the first one that"
          " was written down, but after the product first came to the place, the first one is"
          " taken; such rows are counted by themselves."),
        _("What is kept on a trolley is there for emergencies. No product is marked as an emergency"
          " medicine yet: whether a stock-out elsewhere was one of these is not known."),
    ],
    permission="reports.stock",
    signers=frozenset({Role.PHARMACIST}),
    cadence=Cadence.WEEK,
    sql=SQL,
    columns=[
        *PRODUCT,
        *PLACE,
        Column("minimum", _("Minimum"), Cell.AMOUNT),
        Column("par", _("Par level"), Cell.AMOUNT),
        Column("there", _("There at the end"), Cell.AMOUNT),
        Column("days", _("Days"), Cell.NUMBER),
        Column("days_ok", _("Days not below minimum"), Cell.NUMBER),
        Column("observed", _("Time looked at"), Cell.DURATION, shown=False),
        Column("below", _("Below minimum"), Cell.DURATION),
        Column("out", _("Without any"), Cell.DURATION),
        Column("stock_outs", _("Stock-outs"), Cell.NUMBER),
        Column("longest", _("Longest"), Cell.DURATION),
        Column("medicines", _("Medicines"), words=MEDICINES, shown=False),
        Column("ran_out", _("Ran out"), Cell.FLAG, shown=False),
        Column("emergency_out", _("Emergency medicine ran out"), Cell.FLAG),
        Column("assumed", _("First par level is later"), Cell.FLAG, shown=False),
    ],
    key=["place_code", "product_code"],
    figures=[
        figures.ratio("compliance", _("Daily snapshots not below the minimum"), "days_ok", "days",
                      better="higher"),
        figures.count("ran_out", _("Par levels that ran out"), "ran_out", better="lower"),
        figures.count("emergency_out", _("Emergency medicines that ran out"), "emergency_out",
                      better="lower"),
        figures.total("stock_outs", _("Stock-outs"), "stock_outs", better="lower"),
        figures.total("out_minutes", _("Time without any"), "out", unit="min", scale=60,
                      better="lower"),
        figures.ratio("below_share", _("Time below the minimum"), "below", "observed",
                      better="lower"),
        figures.ninetieth("longest_p90", _("Longest stock-out, nine in ten at most"), "longest",
                          among="ran_out", unit="min", scale=60, better="lower"),
        figures.count("par_levels", _("Par levels")),
        figures.count("assumed", _("Of these, judged by a par level written down later"),
                      "assumed"),
    ],
    groupings=["place", "product", "place_kind", "medicines"],
    filters=[place_filter()],
    charts=[
        StackedBars("out_minutes", by="place", cause="medicines",
                    title=_("Minutes without any, by place")),
    ],
)  # fmt: skip

register_report(REPORT)
