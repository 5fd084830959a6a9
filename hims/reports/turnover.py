"""R19T, turnover of spaces: from when a patient left one until it was ready for the next."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from hims.access.roles import Role
from hims.domain import figures
from hims.domain.periods import Cadence
from hims.reporting.declared import Cell, Column, Report, RunChart, register_report

from .choices import department_filter

SQL = """
WITH happened AS (
    SELECT e.*, e.from_state = 'occupied' AND e.to_state <> 'occupied' AS leaves,
           count(*) FILTER (WHERE e.from_state = 'occupied' AND e.to_state <> 'occupied')
               OVER (PARTITION BY e.bed_space_id ORDER BY e.at, e.id) AS turn
    FROM hims_bedspaceevent e
    WHERE e.at >= %(begins)s AND e.undoes_id IS NULL
      AND NOT EXISTS (SELECT FROM hims_bedspaceevent u WHERE u.undoes_id = e.id)
), told AS (
    SELECT bed_space_id,
           min(id) FILTER (WHERE leaves) AS id,
           min(at) FILTER (WHERE leaves) AS left_at,
           min(at) FILTER (WHERE to_state = 'cleaning') AS cleaning_at,
           min(at) FILTER (WHERE to_state = 'ready') AS ready_at,
           min(at) FILTER (WHERE to_state = 'occupied') AS next_at,
           min(encounter_id) FILTER (WHERE leaves) AS encounter,
           (array_agg(encounter_id ORDER BY at, id) FILTER (WHERE to_state = 'occupied'))[1]
               AS next_encounter,
           coalesce(bool_or(to_state = 'blocked' OR event = 'close'), false) AS interrupted
    FROM happened
    WHERE turn > 0
    GROUP BY bed_space_id, turn
)
SELECT e.uid, b.name, d.name, t.left_at, (t.left_at AT TIME ZONE %(zone)s)::date,
       extract(hour FROM t.left_at AT TIME ZONE %(zone)s)::int,
       CASE WHEN t.cleaning_at >= t.left_at
            THEN extract(epoch FROM t.cleaning_at - t.left_at)::bigint END,
       CASE WHEN t.ready_at >= t.cleaning_at
            THEN extract(epoch FROM t.ready_at - t.cleaning_at)::bigint END,
       CASE WHEN t.ready_at >= t.left_at
            THEN extract(epoch FROM t.ready_at - t.left_at)::bigint END,
       CASE WHEN t.next_at >= t.ready_at
            THEN extract(epoch FROM t.next_at - t.ready_at)::bigint END,
       t.interrupted, NOT t.interrupted
FROM told t
JOIN hims_bedspaceevent e ON e.id = t.id
JOIN hims_bedspace b ON b.id = t.bed_space_id
JOIN hims_department d ON d.id = b.department_id
WHERE t.left_at < %(ends)s AND t.next_encounter IS DISTINCT FROM t.encounter
  AND (%(department)s::text IS NULL OR d.code = %(department)s)
ORDER BY t.left_at, t.id
"""

MINUTES: dict[str, Any] = {"unit": "min", "scale": 60, "better": "lower"}

REPORT = Report(
    code="R19T",
    slug="turnover",
    title=_("Turnover of spaces"),
    version=1,
    says=[
        _("One row is one time that a patient left a bed space within the period; what was undone"
          " is not counted, nor that somebody seemed to have left and had not."),
        _("Turnover is from leaving until the space was called ready for the next patient. Where"
          " it was blocked or closed in between it has no turnover; where it was not called ready"
          " yet, or the next patient came without, it is not known."),
    ],
    permission="reports.flow",
    signers=frozenset({Role.MANAGER}),
    cadence=Cadence.WEEK,
    sql=SQL,
    columns=[
        Column("turn", _("Turnover"), Cell.UID),
        Column("space", _("Space"), wide=1.8),
        Column("department", _("Department"), wide=1.6),
        Column("left", _("Left"), Cell.TIME, wide=1.4),
        Column("day", _("Day"), Cell.DAY, shown=False),
        Column("hour", _("Hour"), Cell.NUMBER, shown=False),
        Column("waited", _("Until cleaning began"), Cell.DURATION),
        Column("cleaned", _("Cleaning"), Cell.DURATION),
        Column("turnover", _("Left until ready"), Cell.DURATION),
        Column("empty", _("Ready until next patient"), Cell.DURATION),
        Column("interrupted", _("Blocked or closed"), Cell.FLAG),
        Column("straight", _("Neither blocked nor closed"), Cell.FLAG, shown=False),
    ],
    key=["turn"],
    figures=[
        figures.median("turnover", _("Left until ready, median"), "turnover", among="straight",
                       **MINUTES),
        figures.ninetieth("turnover_p90", _("Left until ready, nine in ten within"), "turnover",
                          among="straight", **MINUTES),
        figures.median("waited", _("Until cleaning began, median"), "waited", among="straight",
                       **MINUTES),
        figures.median("cleaned", _("Cleaning, median"), "cleaned", among="straight", **MINUTES),
        figures.median("empty", _("Ready until the next patient, median"), "empty",
                       among="straight", **MINUTES),
        figures.count("turns", _("Times a space was left")),
        figures.count("interrupted", _("Blocked or closed in between"), "interrupted"),
    ],
    groupings=["department", "space", "hour", "day"],
    filters=[department_filter()],
    charts=[RunChart("turnover", by="day", title=_("Left until ready, by day"))],
)  # fmt: skip

register_report(REPORT)
