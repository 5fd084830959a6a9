"""R9, controlled drugs: for each day and each place, what should be there, what was counted, and
what became of every difference.

What lay there when the period began is what lies there now, less all that moved since; from there
each day adds up by itself. What the chain of each lot says at the end of a day is compared with it.
"""

from django.utils.translation import gettext_lazy as _

from hims.access.roles import Role
from hims.domain import figures
from hims.domain.periods import Cadence
from hims.reporting.declared import Cell, Column, Filter, Report, RunChart, register_report
from inventory.reports.choices import PLACE, PRODUCT, place_filter

# drug: what the law asks a register for, with its strength; the schedule as it is written in many
#   countries ("2", "II", "C-II", "CD2 NRx") is put under one of five heads.
# line: what moved at real places since the period began; other: the world's side of that movement.
# kept: of each lot, place and day, what came and went by cause, and what its chain says.
# counted: the counts of a lot at a place on a day; a difference is closed when it was reviewed or
#   the movement that booked it was taken back.
SQL = """
WITH span AS (
    SELECT %(begins)s::timestamptz AS b, least(%(ends)s, %(now)s)::timestamptz AS e,
           %(now)s::timestamptz AS n
), drug AS MATERIALIZED (
    SELECT p.id, p.uid, p.code, coalesce(nullif(p.tall_man, ''), p.name) AS name, p.unit,
           p.base_per_unit, p.schedule,
           CASE regexp_replace(upper(p.schedule), '[^IV0-9]', '', 'g')
               WHEN '1' THEN 'I' WHEN 'I' THEN 'I' WHEN '2' THEN 'II' WHEN 'II' THEN 'II'
               WHEN '3' THEN 'III-V' WHEN 'III' THEN 'III-V' WHEN '4' THEN 'III-V'
               WHEN 'IV' THEN 'III-V' WHEN '5' THEN 'III-V' WHEN 'V' THEN 'III-V'
               ELSE 'other' END AS head,
           (SELECT string_agg(i.name || ' ' || trim_scale(s.amount) || ' ' || s.unit, ' + '
                              ORDER BY i.name)
            FROM pharmacy_medicine m
            JOIN pharmacy_strength s ON s.medicine_id = m.id
            JOIN pharmacy_ingredient i ON i.id = s.ingredient_id
            WHERE m.product_id = p.id) AS strength
    FROM inventory_product p
    WHERE p.schedule <> ''
), lot AS MATERIALIZED (
    SELECT lot.id, lot.product_id FROM inventory_lot lot JOIN drug ON drug.id = lot.product_id
), day AS (
    SELECT d::date AS day, d AT TIME ZONE %(zone)s AS since,
           (d::date + 1)::timestamp AT TIME ZONE %(zone)s AS until
    FROM span, generate_series((span.b AT TIME ZONE %(zone)s)::date::timestamp,
                               (%(ends)s::timestamptz AT TIME ZONE %(zone)s)::date::timestamp,
                               interval '1 day') AS d
    WHERE d AT TIME ZONE %(zone)s < span.e
), line AS MATERIALIZED (
    SELECT l.lot_id, l.place_id, l.quantity, l.seq, l.balance_after, m.id AS movement_id, m.at,
           m.kind, m.witness_id, other.kind AS other
    FROM inventory_movement m
    JOIN inventory_movementline l ON l.movement_id = m.id
    JOIN lot ON lot.id = l.lot_id
    LEFT JOIN inventory_movementline v
      ON v.movement_id = l.movement_id AND v.lot_id = l.lot_id AND v.virtual
    LEFT JOIN inventory_stockplace other ON other.id = v.place_id
    CROSS JOIN span
    WHERE m.at >= span.b AND NOT l.virtual
), start AS (
    SELECT level.lot_id, level.place_id, level.quantity - coalesce(moved.quantity, 0) AS quantity
    FROM inventory_stocklevel level
    JOIN lot ON lot.id = level.lot_id
    JOIN inventory_stockplace p ON p.id = level.place_id
    LEFT JOIN (
        SELECT lot_id, place_id, sum(quantity) AS quantity FROM line GROUP BY lot_id, place_id
    ) moved ON moved.lot_id = level.lot_id AND moved.place_id = level.place_id
    WHERE %(place)s::text IS NULL OR p.code = %(place)s
), kept AS (
    SELECT lot_id, place_id, (at AT TIME ZONE %(zone)s)::date AS day,
           sum(quantity) AS net,
           sum(quantity) FILTER (WHERE other = 'supplier') AS received,
           sum(quantity) FILTER (WHERE other = 'patient' AND quantity > 0) AS returned,
           -sum(quantity) FILTER (WHERE other = 'patient' AND quantity < 0) AS issued,
           -sum(quantity) FILTER (WHERE other = 'waste') AS wasted,
           sum(quantity) FILTER (WHERE other = 'count') AS adjusted,
           sum(quantity) FILTER (WHERE other IS NULL AND quantity > 0) AS moved_in,
           -sum(quantity) FILTER (WHERE other IS NULL AND quantity < 0) AS moved_out,
           bool_or(kind = 'waste' AND witness_id IS NULL) AS unwitnessed,
           (array_agg(balance_after ORDER BY seq DESC))[1] AS chained
    FROM line CROSS JOIN span
    WHERE at < span.e
    GROUP BY lot_id, place_id, (at AT TIME ZONE %(zone)s)::date
), found AS (
    SELECT c.lot_id, c.place_id, (c.at AT TIME ZONE %(zone)s)::date AS day, c.id, c.at, c.counted,
           c.counted - c.seen_quantity AS variance,
           coalesce(c.reviewed_at, back.at) AS closed_at,
           coalesce(reviewer.name, undoer.name) AS resolver, witness.name AS witness,
           coalesce(nullif(c.review, ''), nullif(back.reason, ''), nullif(m.reason, '')) AS cause
    FROM inventory_count c
    JOIN lot ON lot.id = c.lot_id
    CROSS JOIN span
    LEFT JOIN inventory_movement m ON m.id = c.movement_id
    LEFT JOIN inventory_movement back ON back.reverses_id = m.id
    LEFT JOIN hims_actor reviewer ON reviewer.id = c.reviewed_by_id
    LEFT JOIN hims_actor undoer ON undoer.id = back.actor_id
    LEFT JOIN hims_actor witness ON witness.id = m.witness_id
    WHERE c.at >= span.b AND c.at < span.e
), counted AS (
    SELECT lot_id, place_id, day,
           (array_agg(counted ORDER BY at DESC, id DESC))[1] AS counted,
           sum(variance) AS variance,
           count(*) FILTER (WHERE variance <> 0) AS variances,
           count(*) FILTER (WHERE variance <> 0 AND closed_at IS NULL) AS unresolved,
           count(*) FILTER (WHERE variance <> 0
                              AND coalesce(closed_at, span.n) > at + interval '24 hours') AS late,
           max(closed_at - at) FILTER (WHERE variance <> 0) AS took,
           string_agg(DISTINCT cause, '; ') FILTER (WHERE variance <> 0) AS cause,
           string_agg(DISTINCT resolver, ', ') FILTER (WHERE variance <> 0) AS resolver,
           string_agg(DISTINCT witness, ', ') FILTER (WHERE variance <> 0) AS witness
    FROM found CROSS JOIN span GROUP BY lot_id, place_id, day
), lot_day AS (
    SELECT s.lot_id, s.place_id, day.day, kept.received, kept.returned, kept.issued, kept.wasted,
           kept.adjusted, kept.moved_in, kept.moved_out, kept.unwitnessed, kept.chained,
           kept.net IS NOT NULL AS moved,
           s.quantity + coalesce(sum(kept.net) OVER same, 0) - coalesce(kept.net, 0) AS opening,
           s.quantity + coalesce(sum(kept.net) OVER same, 0) AS closing
    FROM start s
    CROSS JOIN day
    LEFT JOIN kept ON kept.lot_id = s.lot_id AND kept.place_id = s.place_id AND kept.day = day.day
    WINDOW same AS (PARTITION BY s.lot_id, s.place_id ORDER BY day.day)
), told AS (
    SELECT lot.product_id, d.place_id, d.day,
           sum(d.opening) AS opening, coalesce(sum(d.received), 0) AS received,
           coalesce(sum(d.moved_in), 0) AS moved_in, coalesce(sum(d.moved_out), 0) AS moved_out,
           coalesce(sum(d.issued), 0) AS issued, coalesce(sum(d.returned), 0) AS returned,
           coalesce(sum(d.wasted), 0) AS wasted, coalesce(sum(d.adjusted), 0) AS adjusted,
           sum(d.closing) AS closing,
           coalesce(bool_or(d.unwitnessed), false) AS unwitnessed,
           coalesce(bool_or(d.chained <> d.closing), false) AS broken,
           count(*) FILTER (WHERE d.closing > 0) AS lots,
           count(*) FILTER (WHERE d.closing > 0 AND c.counted IS NULL) AS lots_left,
           count(c.counted) AS lots_counted,
           sum(c.counted) AS counted, sum(c.variance) AS variance,
           coalesce(sum(c.variances), 0) AS variances,
           coalesce(sum(c.unresolved), 0) AS unresolved, coalesce(sum(c.late), 0) AS late,
           max(c.took) AS took, string_agg(DISTINCT c.cause, '; ') AS cause,
           string_agg(DISTINCT c.resolver, ', ') AS resolver,
           string_agg(DISTINCT c.witness, ', ') AS witness
    FROM lot_day d
    JOIN lot ON lot.id = d.lot_id
    LEFT JOIN counted c
      ON c.lot_id = d.lot_id AND c.place_id = d.place_id AND c.day = d.day
    WHERE d.opening <> 0 OR d.moved OR c.counted IS NOT NULL
    GROUP BY lot.product_id, d.place_id, d.day
)
SELECT t.day, drug.head, drug.schedule, drug.uid, drug.name, drug.code, drug.unit, drug.strength,
       p.uid, p.name, p.code, p.kind,
       round(t.opening / drug.base_per_unit, 3), round(t.received / drug.base_per_unit, 3),
       round(t.moved_in / drug.base_per_unit, 3), round(t.moved_out / drug.base_per_unit, 3),
       round(t.issued / drug.base_per_unit, 3), round(t.returned / drug.base_per_unit, 3),
       round(t.wasted / drug.base_per_unit, 3),
       round((t.closing - t.adjusted) / drug.base_per_unit, 3),
       round(t.adjusted / drug.base_per_unit, 3), round(t.closing / drug.base_per_unit, 3),
       CASE WHEN t.lots_left = 0 THEN round(t.counted / drug.base_per_unit, 3) END,
       round(t.variance / drug.base_per_unit, 3),
       round(abs(t.variance) / drug.base_per_unit, 3),
       t.variances::bigint, t.unresolved::bigint, t.late::bigint,
       t.cause, t.resolver, t.witness,
       CASE WHEN t.unresolved = 0 THEN round(extract(epoch FROM t.took))::bigint END,
       CASE WHEN t.lots > 0 OR t.lots_counted > 0 THEN t.lots_left = 0 END,
       t.variances > 0,
       t.opening + t.received + t.moved_in + t.returned - t.moved_out - t.issued - t.wasted
           + t.adjusted <> t.closing OR t.broken,
       t.unwitnessed
FROM told t
JOIN drug ON drug.id = t.product_id
JOIN inventory_stockplace p ON p.id = t.place_id
WHERE %(schedule)s::text IS NULL OR drug.head = %(schedule)s
ORDER BY t.day, CASE drug.head WHEN 'I' THEN 1 WHEN 'II' THEN 2 WHEN 'III-V' THEN 3 ELSE 4 END,
         drug.name, drug.code, p.name, p.code
"""

HEADS = {
    "I": _("Schedule I"),
    "II": _("Schedule II"),
    "III-V": _("Schedules III to V"),
    "other": _("other schedules"),
}

REPORT = Report(
    code="R9",
    slug="controlled-drugs",
    title=_("Controlled drugs: perpetual reconciliation"),
    version=1,
    says=[
        _("One row is one controlled drug at one place on one day on which some of it lay there,"
          " moved or was counted. What the hospital keeps a register of is what has a schedule;"
          " Schedule II stands apart from III to V."),
        _("Expected is what was there at the beginning of the day, and what was delivered, came"
          " from other places or back from patients, less what went to other places, to patients"
          " and to waste. What counts corrected is told beside it; with it, expected must be what"
          " the ledger says at the end of the day."),
        _("A place is counted on a day when every lot that lay there at its end was. The"
          " difference is what was counted less what the ledger said to whoever counted; what was"
          " not counted has none. Where nothing was left to count, it is not known."),
        _("A difference is closed when a second person has reviewed it, or it was taken back. The"
          " time until then is that of the longest of the day; open ones have none. What was"
          " closed after the period is told as well."),
    ],
    permission="reports.controlled",
    signers=frozenset({Role.PHARMACIST}),
    cadence=Cadence.DAY,
    sql=SQL,
    columns=[
        Column("day", _("Day"), Cell.DAY),
        Column("head", _("Schedules"), words=HEADS, shown=False),
        Column("schedule", _("Schedule"), wide=0.6),
        *PRODUCT,
        Column("strength", _("Strength"), shown=False, wide=1.6),
        *PLACE,
        Column("opening", _("At the beginning"), Cell.AMOUNT),
        Column("received", _("Delivered"), Cell.AMOUNT),
        Column("moved_in", _("Moved in"), Cell.AMOUNT),
        Column("moved_out", _("Moved out"), Cell.AMOUNT),
        Column("issued", _("To patients"), Cell.AMOUNT),
        Column("returned", _("Came back"), Cell.AMOUNT),
        Column("wasted", _("Wasted"), Cell.AMOUNT),
        Column("expected", _("Expected"), Cell.AMOUNT),
        Column("adjusted", _("Corrected by counts"), Cell.AMOUNT, shown=False),
        Column("closing", _("Ledger says"), Cell.AMOUNT),
        Column("counted", _("Counted"), Cell.AMOUNT),
        Column("variance", _("Difference"), Cell.AMOUNT),
        Column("off", _("Size of the difference"), Cell.AMOUNT, shown=False),
        Column("variances", _("Differences"), Cell.NUMBER, shown=False),
        Column("unresolved", _("Open differences"), Cell.NUMBER, shown=False),
        Column("late", _("Open longer than 24 h"), Cell.NUMBER, shown=False),
        Column("cause", _("Cause"), wide=1.6),
        Column("resolver", _("Closed by"), wide=1.2),
        Column("witness", _("Witness"), wide=1.2),
        Column("took", _("Until closed"), Cell.DURATION),
        Column("was_counted", _("Every lot counted"), Cell.FLAG, shown=False),
        Column("differs", _("Has a difference"), Cell.FLAG, shown=False),
        Column("broken", _("Ledger does not add up"), Cell.FLAG, shown=False),
        Column("unwitnessed", _("Wasted without a witness"), Cell.FLAG, shown=False),
    ],
    key=["day", "product_code", "place_code"],
    figures=[
        figures.total("unresolved", _("Differences that are open"), "unresolved", better="lower"),
        figures.share("counted", _("Places counted"), "was_counted", better="higher"),
        figures.total("differences", _("Differences"), "variances", better="lower"),
        figures.total("units_off", _("Units by which counts differed"), "off", among="differs",
                      places=1, better="lower"),
        figures.total("open_24h", _("Differences open longer than 24 hours"), "late",
                      better="lower"),
        figures.median("to_close", _("Until closed, median"), "took", among="differs", unit="min",
                       scale=60, better="lower"),
        figures.ninetieth("to_close_p90", _("Until closed, nine in ten within"), "took",
                          among="differs", unit="min", scale=60, better="lower"),
        figures.count("broken", _("Rows in which the ledger does not add up"), "broken",
                      better="lower"),
        figures.count("unwitnessed", _("Rows with waste that nobody witnessed"), "unwitnessed",
                      better="lower"),
        figures.total("issued", _("Units to patients"), "issued", places=1),
        figures.total("wasted", _("Units wasted"), "wasted", places=1),
        figures.count("rows", _("Drugs at places, by day")),
    ],
    groupings=["head", "product", "place", "day"],
    filters=[
        place_filter(),
        Filter("schedule", _("Schedules"), lambda viewer: list(HEADS.items())),
    ],
    charts=[RunChart("counted", title=_("Places counted, by day"))],
)  # fmt: skip

register_report(REPORT)
