"""Visits of an emergency department, for benches: written straight into the scratch database, one
every few minutes of a year that is over, each with the times that a visit has."""

from datetime import datetime

from django.db import connection, transaction
from django.utils import timezone

from hims import gate
from hims.bench import hospital
from hims.bench.scratch import House
from hims.models import Department, Zone
from hims.queries.actors import console

PEOPLE = 20_000
PATIENTS = """
INSERT INTO hims_patient (uid, mrn, family, given, birth_date, birth_estimated, sex, identified)
SELECT gen_random_uuid(), 'VISIT-' || n, 'Visitfield' || n, 'Given',
       date '1930-01-01' + n %% 30000, false, 'unknown', true
FROM generate_series(0, least(%(of)s, %(people)s) - 1) n
"""
ENCOUNTERS = """
INSERT INTO hims_encounter (uid, patient_id, department_id, visit_class, status, arrival,
    started_at, ended_at, ticket, complaint, acuity, needs, disposition, source_system,
    visit_number)
SELECT gen_random_uuid(), p.id, %(department)s, 'EMER', 'finished', 'walk-in', at,
       at + (100 + n %% 500) * interval '1 minute', lpad((n %% 1000)::text, 3, '0'), 'chest pain',
       1 + n %% 5, '{}',
       (ARRAY['home', 'home', 'home', 'admit', 'observe', 'left-unseen'])[1 + n %% 6],
       'visits', n::text
FROM generate_series(%(first)s, %(last)s) n
CROSS JOIN LATERAL (
    SELECT %(begins)s::timestamptz + n * interval '1 year' / %(of)s AS at) t
JOIN hims_patient p ON p.mrn = 'VISIT-' || (n - 1) %% %(people)s
"""
# Of one visit in nine nobody saw the doctor come.
MILESTONES = """
INSERT INTO hims_milestone (uid, encounter_id, kind, at, recorded_at, source, actor_id, stands,
    evidence, reason, withdrawn_reason)
SELECT gen_random_uuid(), e.id, step.kind, e.started_at + step.after * interval '1 minute',
       e.started_at + step.after * interval '1 minute', 'tap', %(actor)s, true, step.evidence,
       '', ''
FROM hims_encounter e
CROSS JOIN LATERAL (SELECT e.visit_number::int AS n) one
CROSS JOIN LATERAL (VALUES
    ('arrival', 0, jsonb_build_object('department', %(code)s::text)),
    ('triage_start', 4 + n %% 7, '{}'),
    ('in_room', 10 + n %% 80, '{}'),
    ('provider', 20 + n %% 90, '{}'),
    ('disposition', 60 + n %% 120, jsonb_build_object('disposition', e.disposition)),
    ('left', 100 + n %% 500, '{}')
) AS step (kind, after, evidence)
WHERE e.source_system = 'visits' AND n BETWEEN %(first)s AND %(last)s
  AND NOT (step.kind IN ('in_room', 'provider') AND e.disposition = 'left-unseen')
  AND NOT (step.kind = 'provider' AND n %% 9 = 0)
"""


def visits(house: House, *, last: int, of: int, begins: datetime, first: int = 1) -> None:
    """Have visits `first` to `last` of `of` in the year from `begins`; places with the first."""
    if first == 1:
        hospital.places()
    department = _department()
    asked = {
        "first": first,
        "last": last,
        "of": of,
        "people": PEOPLE,
        "begins": begins,
        "department": department.pk,
        "code": department.code,
        "actor": console().pk,
    }
    statements = [ENCOUNTERS, MILESTONES]
    if first == 1:
        statements.insert(0, PATIENTS)
    with transaction.atomic(), connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement, asked)
    house.as_owner("VACUUM ANALYZE")


def _department() -> Department:
    found = Department.objects.filter(code="VISITS").first()
    if found:
        return found
    with gate.opened(gate.Act(name="bench", actor=console(), now=timezone.now())):
        return Department.objects.create(
            code="VISITS",
            name="Emergency",
            kind=Department.Kind.EMERGENCY,
            area=Zone.objects.order_by("pk").first(),
        )
