"""R19, appointments: what became of them, how much of the booked time was used, and whether the
first of the day began on time."""

from django.utils.translation import gettext_lazy as _

from hims.access.roles import Role
from hims.domain import figures
from hims.domain.periods import Cadence
from hims.models import Appointment
from hims.reporting.declared import Cell, Column, Report, RunChart, StackedBars, register_report

from .choices import department_filter

ON_TIME = 5 * 60  # so many seconds after the booked time a start is still on time

SQL = f"""
WITH found AS (
    SELECT a.*, lower(a.period) AS begins, upper(a.period) AS ends,
           s.name AS service, d.name AS department, w.name AS person, z.name AS room,
           (lower(a.period) AT TIME ZONE %(zone)s)::date AS day,
           extract(epoch FROM upper(a.period) - lower(a.period))::bigint AS lasts,
           a.status IN ('noshow', 'arrived', 'fulfilled')
               OR (a.status = 'booked' AND upper(a.period) <= %(now)s) AS due,
           EXISTS (SELECT FROM hims_appointment n WHERE n.rescheduled_from_id = a.id) AS moved
    FROM hims_appointment a
    JOIN hims_appointmentservice s ON s.id = a.service_id
    JOIN hims_department d ON d.id = s.department_id
    LEFT JOIN hims_staff w ON w.id = a.practitioner_id
    LEFT JOIN hims_zone z ON z.id = a.zone_id
    WHERE a.period && tstzrange(%(begins)s, %(ends)s) AND lower(a.period) >= %(begins)s
      AND (%(department)s::text IS NULL OR d.code = %(department)s)
), first_of_day AS (
    SELECT DISTINCT ON (coalesce('p' || practitioner_id, 'z' || zone_id), day) id
    FROM found WHERE due AND status <> 'noshow'
    ORDER BY coalesce('p' || practitioner_id, 'z' || zone_id), day, begins, id
)
SELECT a.uid, a.begins, a.day,
       date_trunc('week', a.begins AT TIME ZONE %(zone)s)::date,
       a.person, a.room, a.service, a.department,
       CASE WHEN a.status = 'cancelled' AND a.moved THEN 'moved'
            WHEN a.status = 'booked' AND a.due THEN 'unknown' ELSE a.status END,
       CASE WHEN a.status <> 'cancelled' THEN a.lasts END,
       CASE WHEN a.status = 'noshow' THEN 0
            WHEN a.ended_at >= a.began_at
            THEN extract(epoch FROM a.ended_at - a.began_at)::bigint END,
       a.due, a.due AND a.status <> 'noshow',
       CASE WHEN a.status = 'noshow' THEN true
            WHEN a.status IN ('arrived', 'fulfilled') THEN false END,
       a.status = 'cancelled' AND NOT a.moved,
       CASE WHEN a.status <> 'cancelled' OR a.moved THEN false
            ELSE a.begins - a.cancelled_at < interval '24 hours' END,
       f.id IS NOT NULL,
       CASE WHEN a.began_at IS NOT NULL
            THEN a.began_at <= a.begins + interval '{ON_TIME} seconds' END,
       CASE WHEN a.began_at >= a.begins
            THEN extract(epoch FROM a.began_at - a.begins)::bigint
            WHEN a.began_at IS NOT NULL THEN 0 END
FROM found a LEFT JOIN first_of_day f ON f.id = a.id
ORDER BY a.begins, a.id
"""

STATES = {
    **dict(Appointment.Status.choices),
    "moved": _("moved to another time"),
    "unknown": _("nobody said what became of it"),
}

REPORT = Report(
    code="R19",
    slug="appointments",
    title=_("Appointments"),
    version=1,
    says=[
        _("One row is one appointment that was booked to begin within the period."),
        _("Did not come: of those who came or did not come. Cancelled ones are apart; those that"
          " were moved to another time are not counted as cancelled. A cancellation is late when"
          " it came less than 24 hours before the booked time."),
        _("Used is the time from being called in to the end, of the booked time; nothing was used"
          " of the time of who did not come. Of an appointment that is over, and of which nobody"
          " said what became of it, nothing is known."),
        _("The first appointment of a person's day to which the patient came begins on time up to"
          " 5 minutes after the booked time; of a room's day where no person is named."),
    ],
    permission="reports.flow",
    signers=frozenset({Role.MANAGER}),
    cadence=Cadence.WEEK,
    sql=SQL,
    columns=[
        Column("appointment", _("Appointment"), Cell.UID),
        Column("begins", _("Booked for"), Cell.TIME, to=("appointment", "appointment"), wide=1.6),
        Column("day", _("Day"), Cell.DAY, shown=False),
        Column("week", _("Week"), Cell.DAY, shown=False),
        Column("person", _("Seen by"), wide=1.8),
        Column("room", _("Room"), wide=1.4),
        Column("service", _("Service"), wide=1.6),
        Column("department", _("Department"), wide=1.4),
        Column("state", _("What became of it"), words=STATES, wide=1.6),
        Column("booked", _("Booked"), Cell.DURATION),
        Column("used", _("Used"), Cell.DURATION),
        Column("due", _("Was due"), Cell.FLAG, shown=False),
        Column("expected", _("Due, not known to have stayed away"), Cell.FLAG, shown=False),
        Column("no_show", _("Did not come"), Cell.FLAG),
        Column("cancelled", _("Cancelled"), Cell.FLAG, shown=False),
        Column("late", _("Cancelled late"), Cell.FLAG),
        Column("first", _("First of the day"), Cell.FLAG, shown=False),
        Column("on_time", _("Began on time"), Cell.FLAG),
        Column("waited", _("Begun after"), Cell.DURATION),
    ],
    key=["appointment"],
    figures=[
        figures.share("no_shows", _("Did not come"), "no_show", among="due", better="lower"),
        figures.ratio("used", _("Booked time that was used"), "used", "booked", among="due",
                      better="higher"),
        figures.share("first_on_time", _("First of the day on time"), "on_time", among="first",
                      better="higher"),
        figures.median("waited", _("Begun after the booked time, median"), "waited",
                       among="expected", better="lower", unit="min", scale=60),
        figures.ninetieth("waited_p90", _("Begun after the booked time, nine in ten within"),
                          "waited", among="expected", better="lower", unit="min", scale=60),
        figures.count("cancelled", _("Cancelled"), "cancelled"),
        figures.share("late_cancellations", _("Cancelled less than 24 h before"), "late",
                      among="cancelled", better="lower"),
        figures.count("due", _("Appointments that were due"), "due"),
        figures.count("all", _("Appointments")),
    ],
    groupings=["service", "person", "room", "department", "day"],
    filters=[department_filter()],
    charts=[
        RunChart("no_shows", by="day", title=_("Did not come, by day")),
        StackedBars("all", by="service", cause="state", title=_("What became of them")),
    ],
)  # fmt: skip

register_report(REPORT)
