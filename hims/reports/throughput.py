"""R20, ER throughput: how long visits took, and how many had a gap in access or timeliness (ECAT).

Only times that somebody or something saw are counted; where one is missing, what depends on it is
not known. The measures are named as CMS names them: ECAT (CMS1244), OP-18, OP-22, ED-1, ED-2.
"""

from typing import Any

from django.utils.translation import gettext_lazy as _

from hims.access.roles import Role
from hims.domain import figures
from hims.domain.periods import Cadence
from hims.models import Department, Encounter
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

MINUTE, HOUR = 60, 3600
ROOM_WITHIN = 60 * MINUTE
BOARDED_AT_MOST = 240 * MINUTE
STAY_AT_MOST = 480 * MINUTE
DAYS_AS_POINTS = 92  # a longer chart has a point for each week


def _seconds(first: str, then: str) -> str:
    """Whole seconds between two times; null where one is not known or time runs backwards."""
    return f"CASE WHEN {then} >= {first} THEN extract(epoch FROM {then} - {first})::bigint END"


SQL = f"""
WITH arrived AS (
    SELECT e.id, e.uid, e.ticket, e.acuity, e.patient_id, a.at, d.code, d.name,
           e.department_id <> d.id AS moved, now_in.kind AS kind_now,
           nullif(e.disposition, '') AS disposition,
           e.status IN ('arrived', 'triaged', 'in-progress') AS open
    FROM hims_encounter e
    JOIN hims_milestone a ON a.encounter_id = e.id AND a.kind = 'arrival' AND a.stands
    JOIN hims_department d ON d.code = a.evidence ->> 'department' AND d.kind = 'emergency'
    JOIN hims_department now_in ON now_in.id = e.department_id
    WHERE e.started_at >= %(begins)s AND e.started_at < %(ends)s AND e.status <> 'cancelled'
      AND (%(department)s::text IS NULL OR d.code = %(department)s)
      AND (%(acuity)s::text IS NULL OR e.acuity = %(acuity)s::int)
), said AS (
    SELECT v.id,
           min(m.at) FILTER (WHERE m.kind = 'in_room' AND m.source <> 'inferred') AS room,
           min(m.at) FILTER (WHERE m.kind = 'provider' AND m.source <> 'inferred') AS provider,
           min(m.at) FILTER (WHERE m.kind = 'disposition' AND m.source <> 'inferred') AS disposed,
           min(m.evidence ->> 'disposition') FILTER (WHERE m.kind = 'disposition') AS disposed_to,
           min(m.at) FILTER (WHERE m.kind = 'bed_requested' AND m.source <> 'inferred') AS asked,
           min(m.at) FILTER (WHERE m.kind = 'left' AND m.source <> 'inferred') AS left_at,
           coalesce(bool_or(m.kind = 'left'), false) AS gone,
           coalesce(bool_or(m.kind IN ('provider', 'results') OR m.kind = 'disposition'
               AND m.evidence ->> 'disposition' IS DISTINCT FROM 'left-unseen'), false)
               AS cared_for,
           coalesce(bool_or(m.kind = 'in_room'), false) AS roomed,
           coalesce(bool_or(m.kind = 'provider'), false) AS met,
           coalesce(bool_or(m.kind = 'disposition'), false) AS decided_once,
           coalesce(bool_or(m.kind IN ('bed_assigned', 'bed_ready')), false) AS bed_found,
           coalesce(bool_or(m.kind = 'bed_requested'), false) AS bed_asked,
           coalesce(bool_or(m.source = 'inferred'), false) AS guessed
    FROM arrived v
    LEFT JOIN hims_milestone m ON m.encounter_id = v.id AND m.stands
        AND coalesce(nullif(m.evidence ->> 'department', ''), v.code) = v.code
    GROUP BY v.id
), visit AS (
    SELECT v.*, s.room, s.provider, s.disposed, s.disposed_to, s.asked, s.left_at, s.cared_for,
           s.roomed, s.met, s.decided_once, s.bed_found, s.bed_asked, s.guessed, s.gone,
           v.open AND NOT v.moved AND NOT s.gone AS here,
           CASE WHEN NOT v.moved THEN v.disposition
                ELSE coalesce(
                    (SELECT m.evidence ->> 'disposition' FROM hims_milestone m
                     WHERE m.encounter_id = v.id AND m.kind = 'disposition'
                       AND m.withdrawn_at IS NULL AND m.evidence ->> 'department' = v.code
                       AND m.evidence ->> 'disposition' IN ('admit', 'observe')
                     ORDER BY m.id DESC LIMIT 1),
                    CASE WHEN v.kind_now <> 'emergency' THEN 'admit' END
                ) END AS outcome
    FROM arrived v JOIN said s ON s.id = v.id
), decided AS (
    SELECT v.*,
           CASE WHEN v.outcome NOT IN ('admit', 'observe') THEN v.disposed
                WHEN coalesce(v.disposed_to, v.outcome) IN ('admit', 'observe')
                THEN least(v.disposed, v.asked)
                ELSE v.asked END AS decided_at
    FROM visit v
), timed AS (
    SELECT v.*,
           {_seconds("v.at", "v.room")} AS to_room,
           {_seconds("v.at", "v.provider")} AS to_provider,
           {_seconds("v.decided_at", "v.left_at")} AS to_way_out,
           {_seconds("v.at", "v.left_at")} AS stay,
           CASE WHEN v.here THEN {_seconds("v.at", "%(now)s")} END AS here_for,
           CASE WHEN v.here AND v.outcome = 'admit'
                THEN {_seconds("v.decided_at", "%(now)s")} END AS boards_for,
           v.outcome IS DISTINCT FROM 'observe' AS counted
    FROM decided v
), judged AS (
    SELECT v.*,
           CASE WHEN v.room IS NOT NULL THEN v.to_room > {ROOM_WITHIN}
                WHEN v.roomed OR v.cared_for THEN NULL
                WHEN v.outcome = 'left-unseen' THEN v.stay > {ROOM_WITHIN}
                WHEN v.here_for > {ROOM_WITHIN} THEN true END AS gap_room,
           CASE WHEN v.outcome = 'left-unseen' THEN true
                WHEN v.outcome IS NOT NULL OR v.provider IS NOT NULL THEN false END AS left_unseen,
           CASE WHEN v.outcome NOT IN ('admit', 'observe') THEN false
                WHEN v.outcome = 'admit' AND v.to_way_out IS NOT NULL
                THEN v.to_way_out > {BOARDED_AT_MOST}
                WHEN v.boards_for > {BOARDED_AT_MOST} THEN true END AS gap_boarding,
           CASE WHEN v.stay IS NOT NULL THEN v.stay > {STAY_AT_MOST}
                WHEN v.here_for > {STAY_AT_MOST} THEN true END AS gap_stay,
           CASE WHEN v.stay IS NOT NULL THEN v.stay <= {4 * HOUR}
                WHEN v.here_for > {4 * HOUR} THEN false END AS within_4h,
           CASE WHEN v.stay IS NOT NULL THEN v.stay > {12 * HOUR}
                WHEN v.here_for > {12 * HOUR} THEN true END AS over_12h,
           CASE WHEN v.outcome <> 'admit' THEN false
                WHEN v.outcome = 'admit' AND v.to_way_out IS NOT NULL
                THEN v.to_way_out > {12 * HOUR}
                WHEN v.boards_for > {12 * HOUR} THEN true END AS boarded_12h
    FROM timed v
)
SELECT v.uid, v.ticket, v.name, v.at,
       (v.at AT TIME ZONE %(zone)s)::date,
       date_trunc(CASE WHEN %(ends)s::timestamptz - %(begins)s::timestamptz
                            > interval '{DAYS_AS_POINTS} days 1 hour'
                       THEN 'week' ELSE 'day' END, v.at AT TIME ZONE %(zone)s)::date,
       extract(hour FROM v.at AT TIME ZONE %(zone)s)::int,
       v.acuity,
       CASE WHEN age((v.at AT TIME ZONE %(zone)s)::date, p.birth_date) >= interval '18 years'
            THEN 'adult' WHEN p.birth_date IS NOT NULL THEN 'child' END,
       NULL::boolean,
       v.outcome,
       v.to_room, v.to_provider,
       CASE WHEN v.outcome = 'admit' THEN v.to_way_out END,
       v.stay, v.to_way_out,
       v.guessed
           OR (NOT v.roomed AND v.outcome IS DISTINCT FROM 'left-unseen'
               AND (v.cared_for OR v.gone))
           OR (NOT v.met AND v.decided_once AND v.outcome IS DISTINCT FROM 'left-unseen')
           OR (NOT v.bed_asked AND v.bed_found),
       v.gap_room, v.left_unseen, v.gap_boarding, v.gap_stay,
       v.gap_room OR v.left_unseen OR (v.counted AND v.gap_boarding)
           OR (v.counted AND v.gap_stay),
       CASE WHEN v.gap_room THEN 'room' WHEN v.left_unseen THEN 'unseen'
            WHEN v.counted AND v.gap_boarding THEN 'boarding'
            WHEN v.counted AND v.gap_stay THEN 'stay' END,
       v.counted, v.within_4h, v.over_12h, v.boarded_12h,
       v.outcome = 'admit', v.outcome = 'home', v.outcome = 'observe', v.here
FROM judged v JOIN hims_patient p ON p.id = v.patient_id
ORDER BY v.at, v.id
"""

GAPS = {
    "room": _("later than 60 min in a room"),
    "unseen": _("left before being seen"),
    "boarding": _("boarded over 240 min"),
    "stay": _("stayed over 480 min"),
}
MINUTES: dict[str, Any] = {"unit": "min", "scale": MINUTE}

REPORT = Report(
    code="R20",
    slug="er-throughput",
    title=_("ER throughput"),
    version=1,
    says=[
        _("One row is one visit that arrived in an emergency department within the period; those"
          " that were cancelled are not counted."),
        _("A gap (ECAT) is any of: more than 60 minutes from arrival to a treatment room; left"
          " before being seen; boarded more than 240 minutes from the decision to admit until they"
          " left the department; stayed more than 480 minutes. Stays for observation are not"
          " counted in the last two."),
        _("The decision is the earlier of the disposition and the request for a bed. Left is when"
          " the patient left the department, not when somebody decided so."),
        _("Who left unseen and never had a room waited until they left. Who was discharged is who"
          " was sent home; an admission within the house ends the visit's time here."),
        _("Only times that were seen are counted: where one was missed, the interval is not known."
          " Of who is still here counts what is known already. Whether the visit had a diagnosis"
          " of mental health is not recorded."),
    ],
    permission="reports.flow",
    signers=frozenset({Role.MANAGER}),
    cadence=Cadence.MONTH,
    sql=SQL,
    columns=[
        Column("visit", _("Visit"), Cell.UID),
        Column("ticket", _("Ticket"), to=("board-visit", "visit")),
        Column("department", _("Department"), wide=1.6),
        Column("arrived", _("Arrived"), Cell.TIME, wide=1.6),
        Column("day", _("Day"), Cell.DAY, shown=False),
        Column("point", _("Day or week"), Cell.DAY, shown=False),
        Column("hour", _("Hour of arrival"), Cell.NUMBER, shown=False),
        Column("acuity", _("Urgency (ESI)"), Cell.NUMBER),
        Column(
            "age", _("Age"), words={"adult": _("18 and over"), "child": _("under 18")}
        ),
        Column("mental_health", _("Mental health"), Cell.FLAG, shown=False),
        Column("outcome", _("Outcome"), words=dict(Encounter.Disposition.choices), wide=1.4),
        Column("to_room", _("Door to room"), Cell.DURATION),
        Column("to_provider", _("Door to doctor"), Cell.DURATION),
        Column("boarding", _("Boarding"), Cell.DURATION),
        Column("stay", _("Stay"), Cell.DURATION),
        Column("to_way_out", _("Decision to leaving"), Cell.DURATION, shown=False),
        Column("inferred", _("A time was missed"), Cell.FLAG),
        Column("gap_room", _("Room over 60 min"), Cell.FLAG),
        Column("left_unseen", _("Left unseen"), Cell.FLAG),
        Column("gap_boarding", _("Boarded over 240 min"), Cell.FLAG),
        Column("gap_stay", _("Stay over 480 min"), Cell.FLAG),
        Column("gap", _("Any gap (ECAT)"), Cell.FLAG),
        Column("first_gap", _("First gap"), words=GAPS, wide=1.6),
        Column("counted", _("Not for observation"), Cell.FLAG, shown=False),
        Column("within_4h", _("Left within 4 h"), Cell.FLAG, shown=False),
        Column("over_12h", _("Stay over 12 h"), Cell.FLAG, shown=False),
        Column("boarded_12h", _("Boarded over 12 h"), Cell.FLAG, shown=False),
        Column("admitted", _("Admitted"), Cell.FLAG, shown=False),
        Column("discharged", _("Sent home"), Cell.FLAG, shown=False),
        Column("observed", _("Observation"), Cell.FLAG, shown=False),
        Column("here", _("Still here"), Cell.FLAG, shown=False),
    ],
    key=["visit"],
    figures=[
        figures.share("ecat", _("Visits with a gap (ECAT)"), "gap", better="lower"),
        figures.share("gap_room", _("Over 60 min to a room"), "gap_room", better="lower"),
        figures.share("op22", _("Left before being seen (OP-22)"), "left_unseen", better="lower"),
        figures.share("gap_boarding", _("Boarded over 240 min"), "gap_boarding", among="counted",
                      better="lower"),
        figures.share("gap_stay", _("Stay over 480 min"), "gap_stay", among="counted",
                      better="lower"),
        figures.median("op18", _("Stay of those sent home (OP-18), median"), "stay",
                       among="discharged", better="lower", **MINUTES),
        figures.median("ed1", _("Stay of those admitted (ED-1), median"), "stay",
                       among="admitted", better="lower", **MINUTES),
        figures.median("ed2", _("Decision to leaving, admitted (ED-2), median"), "to_way_out",
                       among="admitted", better="lower", **MINUTES),
        figures.median("room_median", _("Door to room, median"), "to_room", better="lower",
                       **MINUTES),
        figures.ninetieth("room_p90", _("Door to room, nine in ten within"), "to_room",
                          better="lower", **MINUTES),
        figures.median("provider_median", _("Door to doctor, median"), "to_provider",
                       better="lower", **MINUTES),
        figures.ninetieth("provider_p90", _("Door to doctor, nine in ten within"), "to_provider",
                          better="lower", **MINUTES),
        figures.share("within_4h", _("Left within 4 hours"), "within_4h", better="higher"),
        figures.share("over_12h", _("Stay over 12 hours"), "over_12h", better="lower"),
        figures.share("boarded_12h", _("Boarded over 12 hours"), "boarded_12h", better="lower"),
        figures.count("visits", _("Visits")),
        figures.count("gaps", _("Visits with a gap"), "gap", better="lower"),
        figures.count("admitted", _("Admitted"), "admitted"),
        figures.count("discharged", _("Sent home"), "discharged"),
        figures.count("observed", _("Observed"), "observed"),
        figures.count("missed", _("Visits in which a time was missed"), "inferred",
                      better="lower"),
        figures.count("mental_health", _("With a diagnosis of mental health"), "mental_health"),
    ],
    groupings=["acuity", "hour", "department", "age", "day"],
    filters=[
        department_filter(Department.Kind.EMERGENCY),
        Filter("acuity", _("Urgency (ESI)"),
               lambda viewer: [(str(level), str(level)) for level in range(1, 6)]),
    ],
    charts=[
        RunChart("ecat", by="point", title=_("Visits with a gap, over time")),
        StackedBars("gaps", by="acuity", cause="first_gap", title=_("Gaps by urgency")),
    ],
)  # fmt: skip

register_report(REPORT)
