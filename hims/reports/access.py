"""R17, access audit: who looked at or changed which patient's data, and what of it asks for a
second look. It accuses nobody: many jobs need data of people whom one does not care for."""

from django.utils.translation import gettext_lazy as _

from hims.access.roles import ROLE_NAMES, Role
from hims.domain import figures
from hims.domain.periods import Cadence
from hims.models import BreakGlass
from hims.reporting.declared import Cell, Column, Filter, Report, RunChart, register_report

REVIEW_WITHIN = "7 days"
STILL_KNOWN = "12 hours"  # as the reading rules have it (hims.access.rules)
EXPECTED = "36 hours"
PREPARED = "14 days"


def _any(flag: str) -> str:
    """Of several accesses: true if one was so, null if that cannot be known, else false."""
    return f"CASE WHEN bool_or({flag}) THEN true WHEN bool_and({flag} IS NOT NULL) THEN false END"


def _until_called_off(after: str, before: str) -> str:
    """When an appointment stops opening a record: some time after it, or when it was cancelled."""
    return f"""least(upper(a.period) + interval '{after}',
        CASE WHEN a.status = 'cancelled'
             THEN greatest(a.cancelled_at, lower(a.period) - interval '{before}') END)"""


SQL = f"""
WITH entry AS (
    SELECT e.actor_id AS actor, p.id AS patient, e.action, e.at
    FROM hims_auditentry e
    JOIN hims_actor a ON a.id = e.actor_id AND a.kind IN ('person', 'console')
    CROSS JOIN LATERAL unnest(e.objects_named) AS named
    JOIN hims_patient p
        ON p.uid = CASE WHEN named LIKE 'patient:%%' THEN substr(named, 9)::uuid END
    WHERE e.at >= %(begins)s AND e.at < %(ends)s
      AND (%(role)s::text IS NULL OR %(role)s = ANY (a.roles))
), pair AS (
    SELECT DISTINCT actor, patient FROM entry
), shift AS (
    SELECT actor_id AS actor, department_id AS department, tstzrange(begins_at, ends_at) AS period
    FROM hims_shift
    WHERE begins_at < %(ends)s AND ends_at > %(begins)s
), stay AS (
    SELECT e.patient_id AS patient, d.id AS department,
           tstzrange(coalesce(e.started_at, e.expected_at) - interval '{EXPECTED}',
                     CASE WHEN e.status = 'cancelled' THEN coalesce(e.started_at, e.expected_at)
                          ELSE e.ended_at END + interval '{STILL_KNOWN}') AS period
    FROM hims_encounter e
    LEFT JOIN hims_milestone m
        ON m.encounter_id = e.id AND m.kind = 'arrival' AND m.stands
    JOIN hims_department d
        ON d.id = e.department_id OR d.code = m.evidence ->> 'department'
    WHERE e.patient_id IN (SELECT patient FROM pair)
    UNION ALL
    SELECT b.patient_id, s.department_id,
           tstzrange(lower(b.period), upper(b.period) + interval '{STILL_KNOWN}')
    FROM hims_bedassignment b JOIN hims_bedspace s ON s.id = b.bed_space_id
    WHERE b.patient_id IN (SELECT patient FROM pair) AND b.status IN ('active', 'completed')
      AND NOT isempty(b.period)
    UNION ALL
    SELECT a.patient_id, s.department_id,
           tstzrange(lower(a.period) - interval '{EXPECTED}',
                     {_until_called_off(STILL_KNOWN, EXPECTED)})
    FROM hims_appointment a JOIN hims_appointmentservice s ON s.id = a.service_id
    WHERE a.patient_id IN (SELECT patient FROM pair)
    UNION ALL
    SELECT w.patient_id, s.department_id, tstzrange(w.added_at, NULL)
    FROM hims_waitinglistentry w JOIN hims_appointmentservice s ON s.id = w.service_id
    WHERE w.patient_id IN (SELECT patient FROM pair)
), care AS (
    SELECT s.actor, t.patient, s.period * t.period AS period
    FROM stay t
    JOIN pair ON pair.patient = t.patient
    JOIN shift s ON s.actor = pair.actor AND s.department = t.department AND s.period && t.period
    UNION ALL
    SELECT actor_id, patient_id, tstzrange(begun_at, ends_at) FROM hims_carerelationship
    UNION ALL
    SELECT actor_id, patient_id, tstzrange(begun_at, ended_at) FROM hims_careteammember
    WHERE ended_at IS NULL OR ended_at >= begun_at
    UNION ALL
    SELECT w.actor_id, a.patient_id,
           tstzrange(lower(a.period) - interval '{PREPARED}',
                     {_until_called_off(PREPARED, PREPARED)})
    FROM hims_appointment a JOIN hims_staff w ON w.id = a.practitioner_id
    WHERE w.actor_id IS NOT NULL
), caring AS (
    SELECT actor, patient, range_agg(period) AS periods
    FROM care WHERE (actor, patient) IN (SELECT actor, patient FROM pair)
    GROUP BY actor, patient
), glass AS (
    SELECT g.actor_id AS actor, g.patient_id AS patient, g.reason, g.begun_at,
           tstzrange(g.begun_at, coalesce(g.ended_at, g.ends_at), '[]') AS period,
           r.name AS reviewer, g.verdict,
           CASE WHEN g.verdict IN ('justified', 'unjustified')
                THEN g.reviewed_at <= g.begun_at + interval '{REVIEW_WITHIN}'
                WHEN g.begun_at + interval '{REVIEW_WITHIN}' < %(now)s THEN false END AS in_time
    FROM hims_breakglass g LEFT JOIN hims_actor r ON r.id = g.reviewed_by_id
    WHERE g.begun_at < %(ends)s AND g.ends_at > %(begins)s
), working AS (
    SELECT actor, range_agg(period) AS periods FROM shift GROUP BY actor
), who AS (
    SELECT a.id, a.username, a.name, array_to_string(a.roles, ', ') AS roles,
           a.kind = 'console' AS console,
           a.roles && ARRAY['pharmacist', 'pharmacy_technician']::varchar[] AS dispenses,
           lower(coalesce(w.name, a.name)) AS full_name
    FROM hims_actor a LEFT JOIN hims_staff w ON w.actor_id = a.id
), access AS (
    SELECT e.actor, e.patient, e.action, e.at, (e.at AT TIME ZONE %(zone)s)::date AS day,
           g.reason, g.reviewer, g.verdict,
           g.actor IS NOT NULL AS by_glass,
           e.action = 'glass.break' AS broke,
           CASE WHEN e.action = 'glass.break' THEN g.in_time END AS in_time,
           CASE WHEN c.periods @> e.at OR g.actor IS NOT NULL THEN false
                WHEN e.action = 'patient.register' THEN false
                WHEN w.dispenses OR w.console THEN NULL
                ELSE true END AS unrelated,
           NOT k.periods @> e.at AS off_shift
    FROM entry e
    JOIN who w ON w.id = e.actor
    LEFT JOIN caring c ON c.actor = e.actor AND c.patient = e.patient
    LEFT JOIN working k ON k.actor = e.actor
    LEFT JOIN LATERAL (
        SELECT * FROM glass
        WHERE glass.actor = e.actor AND glass.patient = e.patient AND glass.period @> e.at
        ORDER BY glass.begun_at DESC LIMIT 1
    ) AS g ON true
)
SELECT w.username, w.name, w.roles, p.mrn, p.uid, a.action, min(a.at), max(a.at), a.day, count(*),
       {_any("a.unrelated")}, bool_or(a.by_glass), bool_or(a.broke),
       max(a.reason), max(a.reviewer), nullif(max(a.verdict), ''),
       CASE WHEN bool_or(NOT a.in_time) THEN false
            WHEN bool_and(a.in_time IS NOT NULL) THEN true END,
       CASE WHEN NOT p.identified THEN NULL
            ELSE regexp_replace(w.full_name, '^.* ', '') = lower(p.family) END,
       CASE WHEN NOT p.identified THEN NULL
            ELSE w.full_name = lower(p.given || ' ' || p.family) END,
       {_any("a.off_shift")},
       NULL::boolean
FROM access a
JOIN who w ON w.id = a.actor
JOIN hims_patient p ON p.id = a.patient
GROUP BY a.actor, w.username, w.name, w.roles, w.full_name, p.id, a.action, a.day
ORDER BY a.day, w.username, p.mrn, a.action
"""

ROLE_WORDS = {role.value: name for role, name in ROLE_NAMES.items()}

REPORT = Report(
    code="R17",
    slug="access-audit",
    title=_("Access audit"),
    version=1,
    says=[
        _("One row is one person, patient, day and kind of access (looks and changes, as the audit"
          " trail has them), with how often. A flag is said when it is true of one of these"
          " accesses."),
        _("A care relationship is what opens a record here: on shift where the patient is, was in"
          " the last 12 hours or is expected; about to see them; of their care team; wristband"
          " read. Whom a pharmacist dispenses for is not looked at, so of pharmacists, and of the"
          " operator's console, it is not known. Access by a broken glass is counted apart. That"
          " there was no relationship accuses nobody: registering, searching and mending data need"
          " none."),
        _("A broken glass is reviewed in time when somebody found it justified or not within 7"
          " days. Outside of a shift says nothing of those who had no shift in the period. The"
          " same full name stands for one's own record, the same last word of the name for"
          " family; who is a person of public interest is not recorded."),
    ],
    permission="reports.access",
    signers=frozenset({Role.PRIVACY_OFFICER}),
    cadence=Cadence.WEEK,
    sql=SQL,
    columns=[
        Column("username", _("User name"), shown=False),
        Column("user", _("User"), wide=1.8),
        Column("roles", _("Roles"), words=ROLE_WORDS, wide=1.4),
        Column("mrn", _("Patient"), wide=1.3),
        Column("patient", _("Patient"), Cell.UID),
        Column("action", _("What was done"), wide=1.4),
        Column("first", _("First"), Cell.TIME, wide=1.4),
        Column("last", _("Last"), Cell.TIME, shown=False),
        Column("day", _("Day"), Cell.DAY, shown=False),
        Column("times", _("Times"), Cell.NUMBER),
        Column("unrelated", _("No care relationship"), Cell.FLAG),
        Column("by_glass", _("By a broken glass"), Cell.FLAG),
        Column("broke", _("Glass broken"), Cell.FLAG, shown=False),
        Column("reason", _("Reason given"), words=dict(BreakGlass.Reason.choices), wide=1.2),
        Column("reviewer", _("Reviewed by"), wide=1.2),
        Column("verdict", _("Found"), words=dict(BreakGlass.Verdict.choices)),
        Column("in_time", _("Reviewed within 7 days"), Cell.FLAG),
        Column("same_family", _("Same family name"), Cell.FLAG),
        Column("same_name", _("Same full name"), Cell.FLAG),
        Column("off_shift", _("Outside of a shift"), Cell.FLAG),
        Column("public", _("Person of public interest"), Cell.FLAG, shown=False),
    ],
    key=["username", "mrn", "day", "action"],
    figures=[
        figures.share("unrelated", _("Without a care relationship"), "unrelated", better="lower"),
        figures.count("glass_broken", _("Broken glasses"), "broke", better="lower"),
        figures.share("reviewed", _("Broken glasses reviewed within 7 days"), "in_time",
                      among="broke", better="higher"),
        figures.count("same_family", _("Same family name"), "same_family"),
        figures.count("same_name", _("Same full name"), "same_name"),
        figures.share("off_shift", _("Outside of a shift"), "off_shift", better="lower"),
        figures.count("public", _("Persons of public interest"), "public"),
        figures.total("times", _("Accesses"), "times"),
        figures.count("rows", _("People, patients, days and kinds")),
    ],
    groupings=["roles", "action", "user", "day"],
    filters=[
        Filter("role", _("Role"), lambda viewer: list(ROLE_WORDS.items()))
    ],
    charts=[RunChart("unrelated", by="day", title=_("Without a care relationship, by day"))],
)  # fmt: skip

register_report(REPORT)
