"""R19R, rooms: how much of the time that spaces and clinic rooms were there for was used."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from hims.access.roles import Role
from hims.domain import figures
from hims.domain.periods import Cadence
from hims.reporting.declared import Cell, Column, Report, RunChart, register_report

from .choices import department_filter


def _time_in(ranges: str) -> str:
    """Whole seconds of a multirange of times; 0 of an empty one or none."""
    return f"""coalesce((SELECT sum(extract(epoch FROM upper(part) - lower(part)))
        FROM unnest({ranges}) AS part), 0)::bigint"""


SQL = f"""
WITH days AS (
    SELECT day::date AS day,
           tstzmultirange(tstzrange(
               (day::timestamp AT TIME ZONE %(zone)s),
               least(((day + interval '1 day')::timestamp AT TIME ZONE %(zone)s),
                     greatest(%(now)s, (day::timestamp AT TIME ZONE %(zone)s)))
           )) AS hours
    FROM generate_series(
        (%(begins)s::timestamptz AT TIME ZONE %(zone)s),
        (%(ends)s::timestamptz AT TIME ZONE %(zone)s) - interval '1 day',
        interval '1 day'
    ) AS day
    WHERE (day::timestamp AT TIME ZONE %(zone)s) < %(now)s
), space AS (
    SELECT b.id, b.code, b.name, b.active, d.name AS department
    FROM hims_bedspace b JOIN hims_department d ON d.id = b.department_id
    WHERE %(department)s::text IS NULL OR d.code = %(department)s
), event AS (
    SELECT e.bed_space_id AS space, e.id, e.from_state, e.to_state, e.at,
           CASE coalesce(u.event, e.event)
                WHEN 'close' THEN u.id IS NULL WHEN 'open' THEN u.id IS NOT NULL END AS closes
    FROM hims_bedspaceevent e LEFT JOIN hims_bedspaceevent u ON u.id = e.undoes_id
    WHERE e.bed_space_id IN (SELECT id FROM space) AND e.at < %(ends)s
), blocked AS (
    SELECT space, tstzrange(at, lead(at) OVER each) AS period, to_state AS state
    FROM event WINDOW each AS (PARTITION BY space ORDER BY at, id)
    UNION ALL
    SELECT * FROM (
        SELECT DISTINCT ON (space) space, tstzrange(NULL, at), from_state
        FROM event ORDER BY space, at, id
    ) AS before_the_first
), shut AS (
    SELECT space, tstzrange(at, lead(at) OVER each) AS period, closes
    FROM event WHERE closes IS NOT NULL WINDOW each AS (PARTITION BY space ORDER BY at, id)
    UNION ALL
    SELECT * FROM (
        SELECT DISTINCT ON (space) space, tstzrange(NULL, at), NOT closes
        FROM event WHERE closes IS NOT NULL ORDER BY space, at, id
    ) AS before_the_first
    UNION ALL
    SELECT id, tstzrange(NULL, NULL), NOT active FROM space
    WHERE id NOT IN (SELECT space FROM event WHERE closes IS NOT NULL)
), away AS (
    SELECT space, range_agg(period) AS periods
    FROM (SELECT space, period FROM blocked WHERE state = 'blocked'
          UNION ALL SELECT space, period FROM shut WHERE closes) AS either
    GROUP BY space
), used AS (
    SELECT bed_space_id AS space, range_agg(period) AS periods
    FROM hims_bedassignment
    WHERE status IN ('active', 'completed') AND period && tstzrange(%(begins)s, %(ends)s)
    GROUP BY bed_space_id
), space_day AS (
    SELECT 'space' AS kind, s.code, s.name, s.department, d.day,
           d.hours - coalesce(a.periods, '{{}}') AS offered,
           NULL::tstzmultirange AS booked,
           d.hours * coalesce(u.periods, '{{}}') AS used
    FROM space s CROSS JOIN days d
    LEFT JOIN away a ON a.space = s.id LEFT JOIN used u ON u.space = s.id
), opening AS (
    SELECT h.zone_id AS zone, d.day, range_agg(tstzrange(
               ((d.day + h.begins) AT TIME ZONE %(zone)s), ((d.day + h.ends) AT TIME ZONE %(zone)s)
           )) * d.hours AS hours
    FROM days d
    JOIN hims_schedule h ON h.zone_id IS NOT NULL
        AND h.weekday = extract(isodow FROM d.day) - 1
        AND h.valid_from <= d.day AND (h.valid_until IS NULL OR h.valid_until >= d.day)
    JOIN hims_appointmentservice v ON v.id = h.service_id
    JOIN hims_department w ON w.id = v.department_id
    WHERE %(department)s::text IS NULL OR w.code = %(department)s
    GROUP BY h.zone_id, d.day, d.hours
), kept AS (
    SELECT lower(a.period) AS begins, a.zone_id AS zone, a.period AS booked,
           CASE WHEN a.ended_at > a.began_at THEN tstzrange(a.began_at, a.ended_at) END AS used
    FROM hims_appointment a
    WHERE a.status <> 'cancelled' AND a.zone_id IS NOT NULL
      AND a.period && tstzrange(%(begins)s, %(ends)s)
), clinic_day AS (
    SELECT 'clinic' AS kind, z.code, z.name,
           (SELECT string_agg(DISTINCT w.name, ', ' ORDER BY w.name)
            FROM hims_schedule h JOIN hims_appointmentservice v ON v.id = h.service_id
            JOIN hims_department w ON w.id = v.department_id WHERE h.zone_id = z.id) AS department,
           o.day,
           o.hours - coalesce((SELECT range_agg(c.period) FROM hims_scheduleclosure c
                               WHERE c.zone_id = o.zone), '{{}}') AS offered,
           coalesce((SELECT range_agg(k.booked) FROM kept k WHERE k.zone = o.zone), '{{}}')
               * d.hours AS booked,
           coalesce((SELECT range_agg(k.used) FROM kept k
                     WHERE k.zone = o.zone AND k.used IS NOT NULL), '{{}}') * d.hours AS used
    FROM opening o JOIN hims_zone z ON z.id = o.zone JOIN days d ON d.day = o.day
)
SELECT p.kind, p.code, p.name, p.department, p.day,
       {_time_in("p.offered")}, {_time_in("p.used")},
       CASE WHEN p.kind = 'clinic' THEN {_time_in("p.booked")} END,
       p.kind = 'clinic', p.kind = 'space'
FROM (SELECT * FROM space_day UNION ALL SELECT * FROM clinic_day) AS p
ORDER BY p.day, p.kind, p.code
"""

HOURS: dict[str, Any] = {"unit": "h", "scale": 3600, "places": 1}

REPORT = Report(
    code="R19R",
    slug="rooms",
    title=_("Use of rooms"),
    version=1,
    says=[
        _("One row is one bed space, or one room of a clinic, on one day of the hospital's"
          " calendar, up to now; a day has 23 or 25 hours when clocks change."),
        _("A bed space was there for patients when it was neither blocked nor closed; it was used"
          " from when a patient was given it until they left it, also while they were away for"
          " imaging."),
        _("A room of a clinic was there in the hours kept for it, less closures; booked is the"
          " time of appointments that were not cancelled, used the time from being called in to"
          " the end."),
    ],
    permission="reports.flow",
    signers=frozenset({Role.MANAGER}),
    cadence=Cadence.WEEK,
    sql=SQL,
    columns=[
        Column("kind", _("Kind"),
               words={"space": _("bed space"), "clinic": _("clinic room")}),
        Column("code", _("Code"), wide=1.2),
        Column("name", _("Space or room"), wide=2.0),
        Column("department", _("Department"), wide=1.6),
        Column("day", _("Day"), Cell.DAY),
        Column("offered", _("There for use"), Cell.DURATION),
        Column("used", _("Used"), Cell.DURATION),
        Column("booked", _("Booked"), Cell.DURATION),
        Column("clinic", _("Clinic room"), Cell.FLAG, shown=False),
        Column("space", _("Bed space"), Cell.FLAG, shown=False),
    ],
    key=["kind", "code", "day"],
    figures=[
        figures.ratio("spaces_used", _("Use of bed spaces"), "used", "offered", among="space"),
        figures.ratio("clinics_used", _("Use of clinic rooms"), "used", "offered", among="clinic",
                      better="higher"),
        figures.ratio("clinics_booked", _("Booked time of clinic rooms"), "booked", "offered",
                      among="clinic", better="higher"),
        figures.total("space_hours", _("Bed spaces were there for"), "offered", among="space",
                      **HOURS),
        figures.total("clinic_hours", _("Clinic rooms were there for"), "offered", among="clinic",
                      **HOURS),
    ],
    groupings=["department", "name", "kind", "day"],
    filters=[department_filter()],
    charts=[
        RunChart("spaces_used", by="day", title=_("Use of bed spaces, by day")),
        RunChart("clinics_used", by="day", title=_("Use of clinic rooms, by day")),
    ],
)  # fmt: skip

register_report(REPORT)
