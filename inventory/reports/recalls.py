"""R14, recall effectiveness: what became of every unit of a lot that was called back, and how long
it took to find and set aside what still lay somewhere."""

from django.utils.translation import gettext_lazy as _

from hims.access.roles import Role
from hims.domain import figures
from hims.domain.periods import Cadence
from hims.reporting.declared import Cell, Column, Report, register_report

from .choices import KINDS, PRODUCT

# called: recalls that were open at some time in the period. held: what is where, by the ledger's
# own sum of a lot's lines. aside: when units of a lot last went from a place into quarantine.
SQL = """
WITH span AS (
    SELECT %(begins)s::timestamptz AS b, least(%(ends)s, %(now)s)::timestamptz AS e
), called AS (
    SELECT r.id AS recall_id, r.uid, r.reference, r.reason, r.opened_at, r.ended_at, r.status,
           c.lot_id
    FROM inventory_recall r JOIN inventory_recalledlot c ON c.recall_id = r.id CROSS JOIN span
    WHERE r.opened_at < span.e AND (r.ended_at IS NULL OR r.ended_at >= span.b)
      AND NOT (r.status = 'withdrawn' AND r.ended_at < span.e)
), line AS MATERIALIZED (
    SELECT l.lot_id, l.place_id, l.quantity, l.movement_id, m.at, p.kind
    FROM inventory_movementline l
    JOIN inventory_movement m ON m.id = l.movement_id
    JOIN inventory_stockplace p ON p.id = l.place_id
    CROSS JOIN span
    WHERE l.lot_id IN (SELECT lot_id FROM called) AND m.at < span.e
), aside AS (
    SELECT o.lot_id, o.place_id, c.recall_id, max(o.at) AS at
    FROM line o
    JOIN called c ON c.lot_id = o.lot_id AND o.at >= c.opened_at
    WHERE o.quantity < 0 AND o.kind NOT IN ('quarantine', 'supplier', 'patient', 'waste', 'count')
      AND EXISTS (
        SELECT FROM line i
        WHERE i.movement_id = o.movement_id AND i.lot_id = o.lot_id
          AND i.kind = 'quarantine' AND i.quantity > 0
    ) GROUP BY o.lot_id, o.place_id, c.recall_id
), held AS (
    SELECT lot_id, place_id, kind, sum(quantity) AS quantity FROM line
    WHERE kind <> 'supplier' GROUP BY lot_id, place_id, kind
), fetched AS (
    SELECT t.recall_id, t.lot_id, t.place_id, t.expected,
           CASE WHEN t.done_at < span.e THEN t.collected END AS collected,
           CASE WHEN t.done_at < span.e THEN t.done_at END AS done_at
    FROM inventory_recalltask t CROSS JOIN span WHERE t.recall_id IN (SELECT recall_id FROM called)
), spot AS (
    SELECT c.recall_id, c.lot_id, held.place_id FROM called c JOIN held ON held.lot_id = c.lot_id
    WHERE held.quantity <> 0
    UNION
    SELECT recall_id, lot_id, place_id FROM fetched
)
SELECT c.uid, c.reference, c.reason,
       CASE WHEN c.ended_at < span.e THEN c.status ELSE 'open' END, c.opened_at,
       lot.uid, coalesce(nullif(lot.number, ''), '-'),
       p.uid, coalesce(nullif(p.tall_man, ''), p.name), p.code, p.unit,
       place.name, place.code, place.kind,
       round(coalesce(held.quantity, 0)::numeric / p.base_per_unit, 3),
       CASE WHEN place.kind IN ('quarantine', 'patient', 'waste')
            THEN round(coalesce(held.quantity, 0)::numeric / p.base_per_unit, 3)
            ELSE 0 END,
       CASE WHEN place.kind IN ('quarantine', 'patient', 'waste') THEN 0
            ELSE round(coalesce(held.quantity, 0)::numeric / p.base_per_unit, 3) END,
       round(fetched.expected::numeric / p.base_per_unit, 3),
       round(fetched.collected::numeric / p.base_per_unit, 3),
       fetched.done_at,
       extract(epoch FROM fetched.done_at - c.opened_at)::bigint,
       extract(epoch FROM aside.at - c.opened_at)::bigint,
       fetched.recall_id IS NOT NULL,
       CASE WHEN fetched.recall_id IS NULL THEN NULL
            WHEN fetched.done_at IS NOT NULL
            THEN (fetched.done_at AT TIME ZONE %(zone)s)::date
               = (c.opened_at AT TIME ZONE %(zone)s)::date
            WHEN span.e >= ((c.opened_at AT TIME ZONE %(zone)s)::date + 1)::timestamp
                 AT TIME ZONE %(zone)s THEN false END,
       fetched.recall_id IS NOT NULL AND fetched.done_at IS NULL,
       place.kind = 'patient', NULL::boolean,
       row_number() OVER (PARTITION BY c.recall_id ORDER BY p.name, p.code, lot.number, lot.id,
                                                            place.name, place.code) = 1
FROM spot
JOIN called c ON c.recall_id = spot.recall_id AND c.lot_id = spot.lot_id
JOIN inventory_lot lot ON lot.id = c.lot_id
JOIN inventory_product p ON p.id = lot.product_id
JOIN inventory_stockplace place ON place.id = spot.place_id
CROSS JOIN span
LEFT JOIN held ON held.lot_id = spot.lot_id AND held.place_id = spot.place_id
LEFT JOIN fetched ON fetched.recall_id = spot.recall_id AND fetched.lot_id = spot.lot_id
                 AND fetched.place_id = spot.place_id
LEFT JOIN aside ON aside.recall_id = spot.recall_id AND aside.lot_id = spot.lot_id
               AND aside.place_id = spot.place_id
ORDER BY c.opened_at, c.recall_id, p.name, p.code, lot.number, lot.id, place.name, place.code
"""

STATES = {"open": _("open"), "closed": _("closed"), "withdrawn": _("withdrawn")}
TIMES = {"among": "searched", "unit": "min", "scale": 60, "better": "lower"}

REPORT = Report(
    code="R14",
    slug="recalls",
    title=_("Recall effectiveness"),
    version=1,
    says=[
        _("One row is one lot of a recall at one place, or with patients, wasted, or missing at a"
          " count. Recalls are those that were open at some time in the period and were not"
          " withdrawn in it; what is told is as it was when the period ended, or is now."),
        _("Received is the sum of all rows of a lot. Accounted for is what lies in quarantine, was"
          " given to patients or was wasted; what lies elsewhere or is missing is not."),
        _("Located is when somebody had searched the place and counted what was there; set aside,"
          " when the last units went from there into quarantine. Both are counted from the moment"
          " the recall was opened."),
        _("Classes of recalls are not recorded: the same day is asked of all of them. Whether the"
          " patients were told is not recorded either, and is not known."),
    ],
    permission="reports.stock",
    signers=frozenset({Role.PHARMACIST}),
    cadence=Cadence.MONTH,
    sql=SQL,
    columns=[
        Column("recall_uid", _("Recall's identifier"), Cell.UID),
        Column("recall", _("Recall"), to=("recall", "recall_uid"), wide=1.2),
        Column("reason", _("Reason"), shown=False, wide=2.0),
        Column("status", _("Status"), words=STATES, wide=0.8),
        Column("opened", _("Opened"), Cell.TIME, wide=1.3),
        Column("lot_uid", _("Lot's identifier"), Cell.UID),
        Column("lot", _("Lot"), to=("lot", "lot_uid")),
        *PRODUCT,
        Column("place", _("Where"), wide=1.6),
        Column("place_code", _("Place code"), shown=False),
        Column("place_kind", _("Kind of place"), words=KINDS, shown=False),
        Column("units", _("Units"), Cell.AMOUNT),
        Column("accounted", _("Accounted for"), Cell.AMOUNT),
        Column("unaccounted", _("Not accounted for"), Cell.AMOUNT),
        Column("expected", _("Expected there"), Cell.AMOUNT, shown=False),
        Column("collected", _("Brought"), Cell.AMOUNT),
        Column("searched_at", _("Searched"), Cell.TIME, shown=False),
        Column("located", _("Until located"), Cell.DURATION),
        Column("set_aside", _("Until set aside"), Cell.DURATION),
        Column("searched", _("To be searched"), Cell.FLAG, shown=False),
        Column("same_day", _("On the day"), Cell.FLAG),
        Column("open_task", _("Still to search"), Cell.FLAG, shown=False),
        Column("is_patient", _("With patients"), Cell.FLAG, shown=False),
        Column("told", _("Patients told"), Cell.FLAG, shown=False),
        Column("first_row", _("First row of its recall"), Cell.FLAG, shown=False),
    ],
    key=["recall_uid", "lot_uid", "place_code"],
    figures=[
        figures.ratio("accounted", _("Accounted for"), "accounted", "units", better="higher"),
        figures.share("same_day", _("Places searched on the day of the notice"), "same_day",
                      among="searched", better="higher"),
        figures.median("located", _("Until located, median"), "located", **TIMES),
        figures.ninetieth("located_p90", _("Until located, nine in ten within"), "located",
                          **TIMES),
        figures.median("set_aside", _("Until set aside, median"), "set_aside", **TIMES),
        figures.total("unaccounted", _("Units not accounted for"), "unaccounted", places=1,
                      better="lower"),
        figures.total("with_patients", _("Units with patients"), "units", among="is_patient",
                      places=1),
        figures.share("told", _("Patients told"), "told", among="is_patient", better="higher"),
        figures.count("open_tasks", _("Places still to search"), "open_task", better="lower"),
        figures.count("recalls", _("Recalls"), "first_row"),
    ],
    groupings=["recall", "lot", "place", "product"],
)  # fmt: skip

register_report(REPORT)
