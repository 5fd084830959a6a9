"""The rows of the board as the database holds them: who is here, and each bed space."""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.core.exceptions import EmptyResultSet
from django.db import connection

from hims.access.scopes import visible_to
from hims.domain import rooms, stuck
from hims.domain.leaving import LASTS, Source
from hims.domain.milestones import Backwards, Inferred, Kind, backwards, inferred
from hims.domain.next_step import Hindrance, Step, why_not_ready
from hims.domain.rooms import State
from hims.domain.rooms_believed import believed
from hims.models import Actor, Department, Encounter, Patient

STAYS = (Encounter.Disposition.ADMIT, Encounter.Disposition.OBSERVE)
EXPECTED_FROM, EXPECTED_TO = timedelta(hours=4), timedelta(hours=12)
LIES_HERE = (State.OCCUPIED, State.VACATED, State.UNKNOWN)
NOTHING = Step("nothing", "", "")
KINDS = {kind.value: kind for kind in Kind}


@dataclass(frozen=True, slots=True)
class Said:
    """A milestone that stands."""

    at: datetime
    recorded_at: datetime
    source: str


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """Where an upper floor believes a patient to be; `zone` None: it does not know.

    probability: already aged. source: what says so, a code such as "tag" or "scan".
    """

    zone: int | None
    name: str
    seen_at: datetime
    probability: float
    source: str


@dataclass(slots=True)
class Space:
    """A bed space with what is believed of it at the time of the board."""

    id: int
    uid: UUID
    code: str
    name: str
    kind: str
    offers: frozenset[str]
    department: int
    state: State
    since: datetime
    evidence_at: datetime
    encounter: int | None
    reserved_until: datetime | None
    cleaning: str
    zone: int
    zone_name: str
    floor: str
    cleaner: str
    away_since: datetime | None
    away_to: str
    facts: stuck.SpaceFacts
    hindrance: Hindrance | None = None
    waits: list[stuck.Watched] = field(default_factory=list)
    wanted: int = 0


@dataclass(slots=True)
class Visit:
    """A patient who is here, or is expected. `name` is "" for those the viewer may not know."""

    id: int
    uid: UUID
    patient: int
    patient_uid: UUID | None
    name: str
    birth_date: object
    sex: str
    status: str
    arrival: str
    ticket: str
    complaint: str
    acuity: int | None
    needs: frozenset[str]
    disposition: str
    attending: int | None
    attending_name: str
    started_at: datetime | None
    expected_at: datetime | None
    said: dict[Kind, Said]
    refused: list[int]
    facts: stuck.PatientFacts
    step: Step = NOTHING
    waits: list[stuck.Watched] = field(default_factory=list)
    missed: list[Inferred] = field(default_factory=list)
    backwards: list[Backwards] = field(default_factory=list)
    bed: Space | None = None
    held: Space | None = None
    where: Whereabouts | None = None

    @property
    def expected(self) -> bool:
        return self.status == Encounter.Status.PLANNED

    @property
    def boards(self) -> bool:
        """Admitted, and still here."""
        return self.facts.admitted

    @property
    def waits_for_room(self) -> bool:
        return not self.expected and stuck.waits_for_room(self.facts)

    @property
    def waiting_since(self) -> datetime | None:
        """Since when the present wait lasts: the latest thing that is known to have happened."""
        return max((said.at for said in self.said.values()), default=self.started_at)


VISITS = """
WITH ok AS MATERIALIZED (
    SELECT id FROM ({known}) seen WHERE id IN (
        SELECT patient_id FROM hims_encounter WHERE department_id = %s
        AND status IN ('arrived', 'triaged', 'in-progress', 'planned')))
SELECT e.id, e.uid, e.patient_id, e.status, e.arrival, e.ticket, e.complaint, e.acuity, e.needs,
       e.disposition, e.attending_id, att.name, e.started_at, e.expected_at,
       ok.id IS NOT NULL, p.uid, p.family, p.given, p.birth_date, p.sex, m.said, m.read,
       ARRAY(SELECT s.bed_space_id FROM hims_roomsuggestion s
             WHERE s.encounter_id = e.id AND s.answer = 'refused')
FROM hims_encounter e
JOIN hims_patient p ON p.id = e.patient_id
LEFT JOIN hims_actor att ON att.id = e.attending_id
LEFT JOIN ok ON ok.id = e.patient_id
LEFT JOIN LATERAL (
    SELECT json_object_agg(kind, json_build_array(extract(epoch FROM at),
               extract(epoch FROM recorded_at), source)) FILTER (WHERE stands)::text AS said,
           max(at) FILTER (WHERE kind = 'results' AND evidence ? 'read') AS read
    FROM hims_milestone WHERE encounter_id = e.id AND withdrawn_at IS NULL) m ON true
WHERE e.department_id = %s AND (e.status IN ('arrived', 'triaged', 'in-progress')
      OR (e.status = 'planned' AND e.expected_at BETWEEN %s AND %s))
"""

SPACES = """
SELECT b.id, b.uid, b.code, b.name, b.kind, b.capabilities, b.department_id, b.state, b.since,
       b.evidence_at, b.encounter_id, b.reserved_until, b.cleaning, b.blocked_reason,
       z.id, z.name, f.name, c.status, c.claimed_by_id, cl.name, a.away_since, a.away_to,
       EXISTS (SELECT FROM hims_leavingsign s WHERE s.assignment_id = a.id
               AND s.withdrawn_at IS NULL AND s.at > %(signs_from)s),
       oc.disposition
FROM hims_bedspace b
JOIN hims_zone z ON z.id = b.zone_id
JOIN hims_floor f ON f.id = z.floor_id
LEFT JOIN hims_encounter oc ON oc.id = b.encounter_id
LEFT JOIN hims_cleaningtask c ON c.bed_space_id = b.id
     AND c.status IN ('requested', 'accepted', 'in-progress')
LEFT JOIN hims_actor cl ON cl.id = c.claimed_by_id
LEFT JOIN hims_bedassignment a ON a.bed_space_id = b.id AND a.status = 'active'
WHERE (b.active AND b.department_id = %(department)s)
   OR b.encounter_id IN (SELECT id FROM hims_encounter WHERE department_id = %(department)s
                         AND status IN ('arrived', 'triaged', 'in-progress', 'planned'))
"""


def visits_of(viewer: Actor, department: Department, now: datetime) -> list[Visit]:
    known, asked = "SELECT NULL::bigint AS id WHERE false", ()
    try:
        compiled = visible_to(viewer, Patient.objects.order_by()).values("id").query
        known, asked = compiled.sql_with_params()
    except EmptyResultSet:
        pass
    with connection.cursor() as cursor:
        cursor.execute(
            VISITS.format(known=known),
            [*asked, department.pk, department.pk, now - EXPECTED_FROM, now + EXPECTED_TO],
        )
        return [_visit(row) for row in cursor.fetchall()]


def _visit(row: tuple) -> Visit:
    (key, uid, patient, status, arrival, ticket, complaint, acuity, needs, disposition) = row[:10]
    attending, attending_name, started_at, expected_at, known, patient_uid = row[10:16]
    family, given, birth_date, sex, told, read, refused = row[16:]
    said = {
        KINDS[kind]: Said(datetime.fromtimestamp(at, UTC), datetime.fromtimestamp(heard, UTC), by)
        for kind, (at, heard, by) in json.loads(told or "{}").items()
    }
    seen = {kind: one.at for kind, one in said.items()}
    missed = inferred(seen, left_unseen=disposition == Encounter.Disposition.UNSEEN)
    facts = stuck.PatientFacts(
        patient=key,
        milestones=seen | {one.kind: one.at for one in missed},
        needs=frozenset(needs),
        results_read_at=read,
        admitted=disposition in STAYS,
    )
    return Visit(
        id=key,
        uid=uid,
        patient=patient,
        patient_uid=patient_uid if known else None,
        name=", ".join(part for part in (family, given) if part) if known else "",
        birth_date=birth_date if known else None,
        sex=sex if known else "",
        status=status,
        arrival=arrival,
        ticket=ticket,
        complaint=complaint if known else "",
        acuity=acuity,
        needs=facts.needs,
        disposition=disposition,
        attending=attending,
        attending_name=attending_name or "",
        started_at=started_at,
        expected_at=expected_at,
        said=said,
        refused=refused,
        facts=facts,
        missed=missed,
        backwards=backwards(seen),
    )


def spaces_of(department: Department, now: datetime) -> list[Space]:
    with connection.cursor() as cursor:
        cursor.execute(
            SPACES,
            {"department": department.pk, "signs_from": now - LASTS[Source.DISPOSITION]},
        )
        return [_space(row, now) for row in cursor.fetchall()]


def _space(row: tuple, now: datetime) -> Space:
    (key, uid, code, name, kind, capabilities, department, said, since, evidence_at) = row[:10]
    encounter, reserved_until, cleaning, reason, zone, zone_name, floor = row[10:17]
    task, claimed, cleaner, away_since, away_to, asked, disposition = row[17:]
    state = believed(said, evidence_at=evidence_at, reserved_until=reserved_until, now=now)
    held = encounter if state in (State.RESERVED, *LIES_HERE) else None
    offers = frozenset(capabilities)
    bed = rooms.BedSpace(
        state=state,
        patient=held,
        until=reserved_until,
        isolation_owed=cleaning == rooms.Clean.ISOLATION,
        cleaner=claimed,
        cleaned=rooms.Clean.STANDARD
        if state is State.CLEANING and task is None
        else rooms.Clean.NONE,
        reason=reason,
    )
    going = bool(disposition) and disposition not in STAYS
    facts = stuck.SpaceFacts(
        space=key, bed=bed, since=since, offers=offers, asked=asked, going=going
    )
    return Space(
        id=key,
        uid=uid,
        code=code,
        name=name,
        kind=kind,
        offers=offers,
        department=department,
        state=state,
        since=since,
        evidence_at=evidence_at,
        encounter=held,
        reserved_until=reserved_until if state is State.RESERVED else None,
        cleaning=cleaning,
        zone=zone,
        zone_name=zone_name,
        floor=floor,
        cleaner=cleaner or "",
        away_since=away_since,
        away_to=away_to or "",
        facts=facts,
        hindrance=why_not_ready(facts),
    )
