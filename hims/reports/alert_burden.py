"""R21D, alert burden: alerts for each patient-day of a department.

A row is a department on a day, also without any alert, so that the patient-days are whole.
"""

from typing import Any

from django.utils.translation import gettext_lazy as _

from hims.access.roles import Role
from hims.domain import figures
from hims.domain.periods import Cadence
from hims.reporting.declared import Cell, Column, Report, RunChart, register_report

from .choices import department_filter

SQL = """
WITH days AS (
    SELECT day::date AS day,
           tstzrange(day AT TIME ZONE %(zone)s,
                     least((day + interval '1 day') AT TIME ZONE %(zone)s, %(now)s)) AS hours
    FROM generate_series(
        %(begins)s::timestamptz AT TIME ZONE %(zone)s,
        %(ends)s::timestamptz AT TIME ZONE %(zone)s - interval '1 day',
        interval '1 day'
    ) AS day
    WHERE day AT TIME ZONE %(zone)s < %(now)s
), place AS (
    SELECT id, code, name FROM hims_department
    WHERE %(department)s::text IS NULL OR code = %(department)s
    UNION ALL SELECT NULL, NULL, NULL WHERE %(department)s::text IS NULL
), lain AS (
    SELECT b.department_id AS place, d.day,
           sum(extract(epoch FROM upper(a.period * d.hours) - lower(a.period * d.hours))) AS seconds
    FROM days d
    JOIN hims_bedassignment a ON a.period && d.hours AND a.status IN ('active', 'completed')
    JOIN hims_bedspace b ON b.id = a.bed_space_id
    GROUP BY b.department_id, d.day
), called AS (
    SELECT a.department_id AS place, (a.raised_at AT TIME ZONE %(zone)s)::date AS day,
           count(*) AS alerts,
           count(*) FILTER (WHERE a.priority = 'high') AS high,
           count(*) FILTER (WHERE a.priority = 'medium') AS medium,
           count(*) FILTER (WHERE a.priority = 'low') AS low
    FROM hims_alert a
    WHERE a.raised_at >= %(begins)s AND a.raised_at < %(ends)s
    GROUP BY 1, 2
), held AS (
    SELECT s.department_id AS place, (s.begun_at AT TIME ZONE %(zone)s)::date AS day,
           sum(s.held_back) AS alerts
    FROM hims_alertsuppression s
    WHERE s.begun_at >= %(begins)s AND s.begun_at < %(ends)s
    GROUP BY 1, 2
)
SELECT p.code, p.name, d.day,
       CASE WHEN p.id IS NOT NULL THEN round(coalesce(l.seconds, 0) / 86400, 4) END,
       coalesce(c.alerts, 0), coalesce(c.high, 0), coalesce(c.medium, 0), coalesce(c.low, 0),
       coalesce(h.alerts, 0)::bigint
FROM place p CROSS JOIN days d
LEFT JOIN lain l ON l.place = p.id AND l.day = d.day
LEFT JOIN called c ON c.place IS NOT DISTINCT FROM p.id AND c.day = d.day
LEFT JOIN held h ON h.place IS NOT DISTINCT FROM p.id AND h.day = d.day
WHERE p.id IS NOT NULL OR c.alerts > 0 OR h.alerts > 0
ORDER BY d.day, p.code NULLS LAST
"""

EACH: dict[str, Any] = {"unit": _("per patient-day"), "places": 2, "better": "lower"}

REPORT = Report(
    code="R21D",
    slug="alert-burden",
    title=_("Alert burden"),
    version=1,
    says=[
        _("One row is one department on one day of the hospital's calendar, up to now; alerts that"
          " belong to no department have rows of their own, on days with any."),
        _("A patient-day is 24 hours that patients spent in bed spaces of the department; those in"
          " waiting rooms are not counted. Alerts of no department are of no patient-days and so"
          " not in the rate."),
        _("Alerts are those that called somebody for the first time on that day. Held back is what"
          " was not raised while a rule was suppressed, on the day that the suppression began."),
    ],
    permission="reports.flow",
    signers=frozenset({Role.MANAGER, Role.CHARGE_NURSE}),
    cadence=Cadence.WEEK,
    sql=SQL,
    columns=[
        Column("code", _("Code"), shown=False),
        Column("department", _("Department"), wide=2.0),
        Column("day", _("Day"), Cell.DAY),
        Column("patient_days", _("Patient-days"), Cell.AMOUNT),
        Column("alerts", _("Alerts"), Cell.NUMBER),
        Column("high", _("High"), Cell.NUMBER),
        Column("medium", _("Medium"), Cell.NUMBER),
        Column("low", _("Low"), Cell.NUMBER),
        Column("held_back", _("Held back"), Cell.NUMBER),
    ],
    key=["code", "day"],
    figures=[
        figures.ratio("burden", _("Alerts"), "alerts", "patient_days", **EACH),
        figures.ratio("burden_high", _("Of high priority"), "high", "patient_days", **EACH),
        figures.total("patient_days", _("Patient-days"), "patient_days", places=1),
        figures.total("alerts", _("Alerts, of all departments and none"), "alerts",
                      better="lower"),
        figures.total("held_back", _("Held back"), "held_back"),
    ],
    groupings=["department", "day"],
    filters=[department_filter()],
    charts=[RunChart("burden", by="day", title=_("Alerts per patient-day"))],
)  # fmt: skip

register_report(REPORT)
