"""R21, alerts: how many called people, how soon they were answered, and whether they were worth it.

Patient-days are counted in R21D (hims.reports.alert_burden), whose rows are departments and days.
"""

from django.utils.translation import gettext_lazy as _

from hims.access.roles import Role
from hims.access.scopes import visible_to
from hims.domain import figures
from hims.domain.periods import Cadence
from hims.models import Actor, AlertRule
from hims.models.alerts import Priority
from hims.reporting.declared import (
    Cell,
    Column,
    Filter,
    Report,
    RunChart,
    StackedBars,
    register_report,
)

from .choices import department_filter

SQL = """
WITH told AS (
    SELECT d.alert_id, count(*) FILTER (WHERE d.actor_id IS NOT NULL) AS people
    FROM hims_delivery d
    WHERE d.alert_id IN (SELECT id FROM hims_alert
                         WHERE raised_at >= %(begins)s AND raised_at < %(ends)s)
      AND d.status IN ('sent', 'shown') AND d.channel_id IS NULL
    GROUP BY d.alert_id
)
SELECT a.uid, r.title, r.code, a.priority, d.name, a.raised_at,
       (a.raised_at AT TIME ZONE %(zone)s)::date,
       extract(hour FROM a.raised_at AT TIME ZONE %(zone)s)::int,
       CASE WHEN a.acknowledged_at >= a.raised_at
            THEN extract(epoch FROM a.acknowledged_at - a.raised_at)::bigint END,
       CASE WHEN a.acknowledged_at IS NOT NULL THEN true
            WHEN a.status = 'resolved' THEN false END,
       a.level, a.level > 0, a.acted_on,
       CASE WHEN a.resolved_at >= a.raised_at
            THEN extract(epoch FROM a.resolved_at - a.raised_at)::bigint END,
       coalesce(t.people, 0),
       CASE WHEN a.acted_on THEN 'acted' WHEN NOT a.acted_on THEN 'nothing'
            WHEN a.status = 'resolved' THEN 'unsaid' ELSE 'open' END
FROM hims_alert a
JOIN hims_alertrule r ON r.id = a.rule_id
LEFT JOIN hims_department d ON d.id = a.department_id
LEFT JOIN told t ON t.alert_id = a.id
WHERE a.raised_at >= %(begins)s AND a.raised_at < %(ends)s
  AND (%(department)s::text IS NULL OR d.code = %(department)s)
  AND (%(rule)s::text IS NULL OR r.code = %(rule)s)
ORDER BY a.raised_at, a.id
"""

ENDS = {
    "acted": _("acted on"),
    "nothing": _("nothing to do"),
    "unsaid": _("nobody said"),
    "open": _("not over yet"),
}


def _rules(viewer: Actor) -> list[tuple[str, str]]:
    found = visible_to(viewer, AlertRule.objects.all())
    return list(found.order_by("title", "code").values_list("code", "title"))


REPORT = Report(
    code="R21",
    slug="alerts",
    title=_("Alerts"),
    version=1,
    says=[
        _("One row is one alert that called somebody for the first time within the period. What was"
          " held back, or was over before it called, is not among them."),
        _("Acted on is what whoever ended it said; of those that ended by themselves, or of which"
          " nobody said it, nothing is known. An alert that ended before anybody took it was not"
          " answered; the time until the answer is of those that were."),
        _("People called counts each person once for each time that they were told on their page."
          " Alerts for each patient-day are in report R21D."),
    ],
    permission="reports.flow",
    signers=frozenset({Role.MANAGER, Role.CHARGE_NURSE}),
    cadence=Cadence.WEEK,
    sql=SQL,
    columns=[
        Column("alert", _("Alert"), Cell.UID),
        Column("rule", _("Rule"), wide=2.4),
        Column("code", _("Code of the rule"), shown=False),
        Column("priority", _("Priority"), words=dict(Priority.choices)),
        Column("department", _("Department"), wide=1.4),
        Column("raised", _("Called"), Cell.TIME, wide=1.4),
        Column("day", _("Day"), Cell.DAY, shown=False),
        Column("hour", _("Hour"), Cell.NUMBER, shown=False),
        Column("answered_after", _("Answered after"), Cell.DURATION),
        Column("answered", _("Answered"), Cell.FLAG),
        Column("level", _("Times escalated"), Cell.NUMBER),
        Column("escalated", _("Escalated"), Cell.FLAG, shown=False),
        Column("acted_on", _("Acted on"), Cell.FLAG),
        Column("lasted", _("Over after"), Cell.DURATION),
        Column("people", _("People called"), Cell.NUMBER),
        Column("end", _("How it ended"), words=ENDS, shown=False),
    ],
    key=["alert"],
    figures=[
        figures.share("acted_on", _("Acted on"), "acted_on", better="higher"),
        figures.count("alerts", _("Alerts"), better="lower"),
        figures.share("answered", _("Answered"), "answered", better="higher"),
        figures.median("answered_after", _("Time until answered, median"), "answered_after",
                       among="answered", unit="min", scale=60, places=1, better="lower"),
        figures.ninetieth("answered_p90", _("Time until answered, nine in ten within"),
                          "answered_after", among="answered", unit="min", scale=60, places=1,
                          better="lower"),
        figures.share("escalated", _("Escalated"), "escalated", better="lower"),
        figures.total("people", _("People called"), "people", better="lower"),
    ],
    groupings=["rule", "department", "priority", "hour", "day"],
    filters=[department_filter(), Filter("rule", _("Rule"), _rules)],
    charts=[
        StackedBars("alerts", by="rule", cause="end", title=_("Alerts by rule and how they ended")),
        RunChart("alerts", by="day", title=_("Alerts, by day")),
    ],
)  # fmt: skip

register_report(REPORT)
