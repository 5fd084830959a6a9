"""R8, expiry and waste: what was lost because its day was over, or for another reason, and what
will be lost unless somebody uses it.

What lay somewhere at a moment is what lies there now, less what moved since: the ledger backwards.
"""

from django.utils.translation import gettext_lazy as _

from hims.access.roles import Role
from hims.domain import figures
from hims.domain.periods import Cadence
from hims.reporting.declared import Cell, Column, Report, StackedBars, register_report

from .choices import PRODUCT, place_filter

# lot: with the moment at which its day is over. since: what moved after the period began, line by
#   line. lay: what lay where at the moment that counts for a lot: the end of its day, if that was
#   within the period, and the end of the period.
# lost: of a movement to waste, where its units came from. given: of one to a patient, the same.
SQL = """
WITH span AS (
    SELECT %(begins)s::timestamptz AS b, least(%(ends)s, %(now)s)::timestamptz AS e,
           (%(begins)s::timestamptz AT TIME ZONE %(zone)s)::date AS first,
           (least(%(ends)s, %(now)s)::timestamptz AT TIME ZONE %(zone)s)::date AS today
), lot AS MATERIALIZED (
    SELECT lot.id, lot.uid, lot.number, lot.product_id, lot.expiry,
           (lot.expiry + 1)::timestamp AT TIME ZONE %(zone)s AS over,
           p.carries_expiry AND lot.expiry IS NULL AS undated
    FROM inventory_lot lot JOIN inventory_product p ON p.id = lot.product_id
), since AS MATERIALIZED (
    SELECT m.id AS movement_id, m.at, coalesce(first.reason, m.reason) AS reason,
           l.lot_id, l.place_id, l.virtual, l.quantity
    FROM inventory_movement m
    JOIN inventory_movementline l ON l.movement_id = m.id
    LEFT JOIN inventory_movement first ON first.id = m.reverses_id
    CROSS JOIN span
    WHERE m.at >= span.b
), lay AS (
    SELECT level.lot_id, level.place_id,
           level.quantity - coalesce(moved.after_end, 0) AS at_end,
           level.quantity - coalesce(moved.after_day, 0) AS at_day
    FROM inventory_stocklevel level
    LEFT JOIN (
        SELECT since.lot_id, since.place_id,
               sum(since.quantity) FILTER (WHERE since.at >= span.e) AS after_end,
               sum(since.quantity) FILTER (WHERE since.at >= lot.over) AS after_day
        FROM since JOIN lot ON lot.id = since.lot_id CROSS JOIN span
        WHERE NOT since.virtual GROUP BY since.lot_id, since.place_id
    ) moved ON moved.lot_id = level.lot_id AND moved.place_id = level.place_id
), from_where AS (
    SELECT since.movement_id, since.lot_id, since.place_id, since.quantity, since.at, since.reason,
           there.kind,
           bool_or(there.kind = 'waste') OVER same AS to_waste,
           bool_or(there.kind = 'patient' AND since.quantity > 0) OVER same AS to_patient
    FROM since JOIN inventory_stockplace there ON there.id = since.place_id
    CROSS JOIN span
    WHERE since.at < span.e AND since.movement_id IN (
        SELECT v.movement_id FROM since v JOIN inventory_stockplace w ON w.id = v.place_id
        WHERE v.virtual AND w.kind IN ('waste', 'patient')
    )
    WINDOW same AS (PARTITION BY since.movement_id, since.lot_id)
), found AS (
    SELECT 'expired' AS fate, NULL AS cause, lay.lot_id, lay.place_id, lay.at_day AS quantity,
           NULL::bigint AS times
    FROM lay JOIN lot ON lot.id = lay.lot_id CROSS JOIN span
    WHERE lot.expiry >= span.first AND lot.over > span.b AND lot.over <= span.e AND lay.at_day > 0
    UNION ALL
    SELECT 'wasted',
           CASE WHEN f.kind = 'patient' THEN 'came_back'
                ELSE nullif(split_part(split_part(f.reason, ':', 1), ';', 1), '') END,
           f.lot_id, f.place_id, -sum(f.quantity), count(DISTINCT f.movement_id)
    FROM from_where f WHERE f.to_waste AND f.kind <> 'waste'
    GROUP BY 2, 3, 4 HAVING sum(f.quantity) <> 0
    UNION ALL
    SELECT 'given', NULL, f.lot_id, f.place_id, -sum(f.quantity), count(DISTINCT f.movement_id)
    FROM from_where f JOIN lot ON lot.id = f.lot_id
    WHERE f.to_patient AND f.kind <> 'patient' AND f.quantity < 0 AND f.at >= lot.over
    GROUP BY 3, 4
    UNION ALL
    SELECT CASE WHEN lot.undated THEN 'undated' ELSE 'due' END, NULL,
           lay.lot_id, lay.place_id, lay.at_end, NULL
    FROM lay JOIN lot ON lot.id = lay.lot_id CROSS JOIN span
    WHERE lay.at_end > 0
      AND (lot.undated OR lot.expiry BETWEEN span.today AND span.today + 90)
)
SELECT found.fate, found.cause, lot.uid, coalesce(nullif(lot.number, ''), '-'),
       p.uid, coalesce(nullif(p.tall_man, ''), p.name), p.code, p.unit,
       place.name, place.code, lot.expiry,
       CASE WHEN found.fate = 'due' THEN lot.expiry - span.today END,
       round(found.quantity::numeric / p.base_per_unit, 3),
       round(found.quantity * p.price / p.base_per_unit, 4), found.times,
       found.fate = 'expired', found.fate = 'wasted', found.fate = 'given',
       found.fate = 'due' AND lot.expiry <= span.today + 30,
       found.fate = 'due' AND lot.expiry <= span.today + 60,
       found.fate = 'due', found.fate = 'undated'
FROM found
JOIN lot ON lot.id = found.lot_id
JOIN inventory_product p ON p.id = lot.product_id
JOIN inventory_stockplace place ON place.id = found.place_id
CROSS JOIN span
WHERE %(place)s::text IS NULL OR place.code = %(place)s
ORDER BY CASE found.fate WHEN 'given' THEN 1 WHEN 'expired' THEN 2 WHEN 'wasted' THEN 3
                         WHEN 'due' THEN 4 ELSE 5 END,
         lot.expiry, p.name, p.code, lot.number, place.name, place.code, found.cause
"""

FATES = {
    "given": _("given to a patient after its day"),
    "expired": _("its day ended in stock"),
    "wasted": _("wasted"),
    "due": _("its day ends within 90 days"),
    "undated": _("no expiry date known"),
}
CAUSES = {"came_back": _("came back from a patient")}

REPORT = Report(
    code="R8",
    slug="expiry-and-waste",
    title=_("Expiry and waste"),
    version=1,
    says=[
        _("One row is one lot at one place and what became of it; wasted units stand apart by"
          " reason. A lot is good until the end of the day that is printed on it, in the hospital's"
          " time, and is counted in the period that this day is in."),
        _("Expired are the units that lay there when the day was over, in quarantine, too. Wasted"
          " are the units that went to waste in the period, less what was taken back as a mistake;"
          " a lot that expired and was then wasted stands in both lines."),
        _("Given after its day counts each time that a lot left for a patient after that moment."
          " That it was also taken is not recorded here."),
        _("The days until expiry are counted from the end of the period, or from now if that is"
          " earlier. Lots without a date whose packs should carry one are counted by themselves."),
        _("The value is that of today's price of the product; what has no price has no known"
          " value, and is not in the sums."),
    ],
    permission="reports.stock",
    signers=frozenset({Role.PHARMACIST}),
    cadence=Cadence.MONTH,
    sql=SQL,
    columns=[
        Column("fate", _("What became of it"), words=FATES, wide=1.6),
        Column("cause", _("Reason"), words=CAUSES, wide=1.4),
        Column("lot_uid", _("Lot's identifier"), Cell.UID),
        Column("lot", _("Lot"), to=("lot", "lot_uid")),
        *PRODUCT,
        Column("place", _("Place"), wide=1.6),
        Column("place_code", _("Place code"), shown=False),
        Column("expiry", _("Good until"), Cell.DAY),
        Column("days_left", _("Days left"), Cell.NUMBER),
        Column("units", _("Units"), Cell.AMOUNT),
        Column("value", _("Value"), Cell.AMOUNT),
        Column("times", _("Movements"), Cell.NUMBER, shown=False),
        Column("is_expired", _("Expired"), Cell.FLAG, shown=False),
        Column("is_wasted", _("Wasted"), Cell.FLAG, shown=False),
        Column("is_given", _("Given after its day"), Cell.FLAG, shown=False),
        Column("due_30", _("Expires within 30 days"), Cell.FLAG, shown=False),
        Column("due_60", _("Expires within 60 days"), Cell.FLAG, shown=False),
        Column("due_90", _("Expires within 90 days"), Cell.FLAG, shown=False),
        Column("is_undated", _("No date known"), Cell.FLAG, shown=False),
    ],
    key=["fate", "cause", "lot_uid", "place_code"],
    figures=[
        figures.total("given_after_expiry", _("Times given after its day"), "times",
                      among="is_given", better="lower"),
        figures.total("expired", _("Units that expired in stock"), "units", among="is_expired",
                      places=1, better="lower"),
        figures.total("expired_value", _("Value of what expired"), "value", among="is_expired",
                      places=2, better="lower"),
        figures.count("expired_lots", _("Lots that expired, by place"), "is_expired",
                      better="lower"),
        figures.total("wasted", _("Units wasted"), "units", among="is_wasted", places=1,
                      better="lower"),
        figures.total("wasted_value", _("Value of what was wasted"), "value", among="is_wasted",
                      places=2, better="lower"),
        figures.total("due_30", _("Units that expire within 30 days"), "units", among="due_30",
                      places=1),
        figures.total("due_60", _("Units that expire within 60 days"), "units", among="due_60",
                      places=1),
        figures.total("due_90", _("Units that expire within 90 days"), "units", among="due_90",
                      places=1),
        figures.count("undated", _("Lots in stock without a known date, by place"), "is_undated",
                      better="lower"),
    ],
    groupings=["place", "product", "cause", "fate"],
    filters=[place_filter()],
    charts=[
        StackedBars("wasted", by="place", cause="cause", title=_("Units wasted, by reason")),
    ],
)  # fmt: skip

register_report(REPORT)
