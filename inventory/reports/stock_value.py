"""VALUE, stock value and turnover: what lies in the house, how long it lasts, what nobody uses."""

from django.utils.translation import gettext_lazy as _

from hims.access.roles import Role
from hims.domain import figures
from hims.domain.periods import Cadence
from hims.reporting.declared import Cell, Column, Report, register_report

from .choices import PRODUCT, STORAGE

# What lay in the house at a moment is what lies there now, less what moved since. at_end and
# at_begin are sums over real places, quarantine among them; used is what patients got, less what
# came back from them.
SQL = """
WITH span AS (
    SELECT %(begins)s::timestamptz AS b, least(%(ends)s, %(now)s)::timestamptz AS e,
           extract(epoch FROM least(%(ends)s, %(now)s)::timestamptz - %(begins)s::timestamptz)
               / 86400 AS days
), flow AS (
    SELECT lot.product_id,
           sum(l.quantity) FILTER (WHERE NOT l.virtual AND m.at >= span.e) AS after_end,
           sum(l.quantity) FILTER (WHERE NOT l.virtual AND m.at >= span.b) AS after_begin,
           sum(l.quantity) FILTER (WHERE p.kind = 'patient' AND m.at >= span.b AND m.at < span.e)
               AS used,
           sum(l.quantity) FILTER (WHERE p.kind = 'waste' AND m.at >= span.b AND m.at < span.e)
               AS wasted,
           bool_or(m.at < span.e AND m.at >= span.e - interval '180 days') AS moved
    FROM span
    JOIN inventory_movement m ON m.at >= least(span.b, span.e - interval '180 days')
    JOIN inventory_movementline l ON l.movement_id = m.id
    JOIN inventory_stockplace p ON p.id = l.place_id
    JOIN inventory_lot lot ON lot.id = l.lot_id
    GROUP BY lot.product_id
), now_there AS (
    SELECT lot.product_id, sum(level.quantity) AS quantity
    FROM inventory_stocklevel level JOIN inventory_lot lot ON lot.id = level.lot_id
    GROUP BY lot.product_id
), stock AS (
    SELECT n.product_id, n.quantity - coalesce(f.after_end, 0) AS at_end,
           n.quantity - coalesce(f.after_begin, 0) AS at_begin,
           coalesce(f.used, 0) AS used, coalesce(f.wasted, 0) AS wasted,
           coalesce(f.moved, false) AS moved
    FROM now_there n LEFT JOIN flow f ON f.product_id = n.product_id
)
SELECT p.uid, coalesce(nullif(p.tall_man, ''), p.name), p.code, p.unit, p.storage,
       coalesce(s.code, '-'), p.schedule <> '',
       round(stock.at_begin / p.base_per_unit, 3), round(stock.at_end / p.base_per_unit, 3),
       round(stock.at_end * p.price / p.base_per_unit, 4),
       round(stock.used / p.base_per_unit, 3), round(stock.wasted / p.base_per_unit, 3),
       round(stock.used * 365 / span.days / p.base_per_unit, 3),
       round((stock.at_begin + stock.at_end) / 2 / p.base_per_unit, 3),
       round(stock.used * 365 / span.days * p.price / p.base_per_unit, 4),
       round((stock.at_begin + stock.at_end) / 2 * p.price / p.base_per_unit, 4),
       CASE WHEN stock.used > 0 THEN floor(stock.at_end * span.days / stock.used)::bigint END,
       stock.at_end > 0,
       CASE WHEN stock.at_end > 0 THEN NOT stock.moved END
FROM stock
JOIN inventory_product p ON p.id = stock.product_id
LEFT JOIN inventory_supplier s ON s.id = p.supplier_id
CROSS JOIN span
WHERE (stock.at_begin <> 0 OR stock.at_end <> 0 OR stock.used <> 0 OR stock.wasted <> 0)
  AND span.days > 0
ORDER BY p.name, p.code
"""

REPORT = Report(
    code="VALUE",
    slug="stock-value",
    title=_("Stock value and turnover"),
    version=1,
    says=[
        _("One row is one product of which something lay in the house, or moved, in the period."
          " What lay there is worked out from the ledger: all real places, quarantine among them,"
          " when the period ended, or now."),
        _("Used is what patients got, less what came back from them. Days of stock are how long"
          " what lay there at the end lasts if as much is used as in the period; not known where"
          " none was used."),
        _("Turnover is what would be used in a year of 365 days over the mean of what lay there at"
          " the beginning and at the end, in value; beside it in units, which are added whatever"
          " they are."),
        _("Dead stock lay there at the end and had not moved at all for 180 days."),
        _("The value is that of today's price of the product; what has no price has no known"
          " value, and is not in the sums."),
    ],
    permission="reports.stock",
    signers=frozenset({Role.MANAGER, Role.PHARMACIST}),
    cadence=Cadence.MONTH,
    sql=SQL,
    columns=[
        *PRODUCT,
        Column("storage", _("Kept in"), words=STORAGE, shown=False),
        Column("supplier", _("Supplier"), shown=False),
        Column("controlled", _("Controlled"), Cell.FLAG, shown=False),
        Column("at_begin", _("There at the beginning"), Cell.AMOUNT),
        Column("at_end", _("There at the end"), Cell.AMOUNT),
        Column("value", _("Value at the end"), Cell.AMOUNT),
        Column("used", _("Used"), Cell.AMOUNT),
        Column("wasted", _("Wasted"), Cell.AMOUNT),
        Column("used_a_year", _("Used a year"), Cell.AMOUNT, shown=False),
        Column("mean", _("Mean of both ends"), Cell.AMOUNT, shown=False),
        Column("used_a_year_value", _("Value used a year"), Cell.AMOUNT, shown=False),
        Column("mean_value", _("Mean value of both ends"), Cell.AMOUNT, shown=False),
        Column("days_of_stock", _("Days of stock"), Cell.NUMBER),
        Column("in_stock", _("In stock at the end"), Cell.FLAG, shown=False),
        Column("dead", _("Not moved for 180 days"), Cell.FLAG),
    ],
    key=["product_code"],
    figures=[
        figures.total("value", _("Value at the end"), "value", among="in_stock", places=2),
        figures.ratio("turnover", _("Turnover a year"), "used_a_year_value", "mean_value",
                      unit=_("times"), places=1, better="higher"),
        figures.ratio("turnover_units", _("Turnover a year, in units"), "used_a_year", "mean",
                      unit=_("times"), places=1, better="higher"),
        figures.median("days_of_stock", _("Days of stock, median"), "days_of_stock",
                       among="in_stock", unit="d", places=1, better="lower"),
        figures.share("dead", _("Products that did not move for 180 days"), "dead",
                      among="in_stock", better="lower"),
        figures.total("dead_value", _("Value of what did not move"), "value", among="dead",
                      places=2, better="lower"),
        figures.count("in_stock", _("Products in stock"), "in_stock"),
        figures.total("used", _("Units used"), "used", places=1),
        figures.total("wasted", _("Units wasted"), "wasted", places=1, better="lower"),
    ],
    groupings=["storage", "supplier", "controlled", "product"],
)  # fmt: skip

register_report(REPORT)
