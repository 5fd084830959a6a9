"""Three months of the emergency department: who came, how long each step took, which bed."""

import heapq
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from hims.actions.encounters import TICKETS
from hims.demonstration.emergency import ADMITTED, COMPLAINTS, FAMILIES, GIVEN, TREATED_MIN
from hims.domain.record_numbers import record_number
from hims.models import (
    Actor,
    BedAssignment,
    BedSpace,
    BedSpaceEvent,
    Department,
    Encounter,
    Milestone,
    Patient,
)

PEOPLE = 900
FIRST_NUMBER = 400_000  # of the records of these people: no other record is given such a number
ARRIVALS_A_DAY = 30.0
CHILDREN = 0.18
NOT_TAPPED = 0.08
LEFT_UNSEEN = 0.02
BOARDS_MIN = 95.0
AT_ONCE = 2_000

BAD_WEEK = (timedelta(days=31), timedelta(days=24))
"""Between so long and so long ago half of the rooms were closed after a burst pipe: whoever came
waited. The planted breach of the emergency department."""


@dataclass
class _Lived:
    """What happened in a visit."""

    arrived: datetime
    complaint: str
    acuity: int
    person: int
    steps: dict[str, datetime] = field(default_factory=dict)
    space: BedSpace | None = None
    disposition: str = ""
    ready: datetime | None = None


def write(begins: datetime, ends: datetime) -> None:
    """Write people, visits, milestones, and what happened to the beds."""
    chance = random.Random("three months of an emergency department")  # noqa: S311 - no secret
    people = _people(chance, begins)
    nurses = list(Actor.objects.filter(roles__overlap=["nurse", "charge_nurse"]).order_by("pk"))
    physicians = list(Actor.objects.filter(roles__contains=["physician"]).order_by("pk"))
    department = Department.objects.get(code="ED")
    lived = list(_days(chance, begins, ends))
    visits = Encounter.objects.bulk_create(
        [_visit(number, one, people, department) for number, one in enumerate(lived)],
        batch_size=AT_ONCE,
    )
    Milestone.objects.bulk_create(
        [
            Milestone(
                encounter=visit,
                kind=kind,
                at=at,
                recorded_at=at,
                source="tap",
                actor=chance.choice(physicians if kind in _BY_PHYSICIANS else nurses),
                evidence={"department": department.code},
            )
            for visit, one in zip(visits, lived, strict=True)
            for kind, at in one.steps.items()
        ],
        batch_size=AT_ONCE,
    )
    housed = [(visit, one) for visit, one in zip(visits, lived, strict=True) if one.space]
    BedAssignment.objects.bulk_create(
        [
            BedAssignment(
                encounter=visit,
                patient=visit.patient,
                bed_space=one.space,
                status="completed",
                period=DateTimeTZRange(one.steps["in_room"], one.steps["left"]),
                assigned_by=nurses[0],
            )
            for visit, one in housed
        ],
        batch_size=AT_ONCE,
    )
    happened = [event for visit, one in housed for event in _of_the_bed(visit, one, nurses[0])]
    happened.sort(key=lambda event: event.at)
    BedSpaceEvent.objects.bulk_create(happened, batch_size=AT_ONCE)


_BY_PHYSICIANS = {"provider", "results", "disposition", "bed_requested"}


def _people(chance: random.Random, begins: datetime) -> list[Patient]:
    """Who comes: some are children."""
    found = []
    for number in range(PEOPLE):
        child = chance.random() < CHILDREN
        days = chance.randrange(200, 6_500) if child else chance.randrange(6_700, 33_000)
        found.append(
            Patient(
                mrn=record_number(FIRST_NUMBER + number),
                family=chance.choice(FAMILIES),
                given=chance.choice(GIVEN),
                birth_date=date(begins.year, 1, 1) - timedelta(days=days),
                sex=chance.choice(["female", "male"]),
            )
        )
    return Patient.objects.bulk_create(found, batch_size=AT_ONCE)


def _days(chance: random.Random, begins: datetime, ends: datetime) -> Iterator[_Lived]:
    """Visits in order of arrival; each takes the bed that is free first."""
    spaces = list(BedSpace.objects.filter(department__code="ED", active=True).order_by("pk"))
    free = [(begins, place) for place in range(len(spaces))]
    heapq.heapify(free)
    busy_until: dict[int, datetime] = {}
    at = begins
    while True:
        # More come in the evening than before dawn.
        rush = 1.5 if 10 <= at.hour < 22 else 0.5
        at += timedelta(days=chance.expovariate(ARRIVALS_A_DAY * rush))
        if at >= ends:
            return
        complaint, acuity, _needs = chance.choice(COMPLAINTS)
        person = chance.randrange(PEOPLE)
        if busy_until.get(person, begins) > at:
            continue
        one = _Lived(
            at, complaint, min(5, max(1, acuity + chance.choice([-1, 0, 0, 0, 1]))), person
        )
        _live(one, chance, spaces, free, bad=ends - BAD_WEEK[0] < at < ends - BAD_WEEK[1])
        if one.steps["left"] >= ends:
            continue
        busy_until[person] = one.steps["left"] + timedelta(hours=2)
        yield one


def _live(one: _Lived, chance, spaces, free, *, bad: bool) -> None:
    def minutes(mean: float) -> timedelta:
        return timedelta(minutes=mean * chance.lognormvariate(0, 0.5))

    steps = one.steps
    steps["arrival"] = one.arrived
    steps["triage_start"] = one.arrived + minutes(6)
    steps["triage_end"] = steps["triage_start"] + minutes(4)
    waits = minutes((14 if one.acuity > 2 else 5) * (5 if bad else 1))
    if one.acuity > 3 and chance.random() < LEFT_UNSEEN * (6 if bad else 1):
        steps["left"] = steps["triage_end"] + waits + minutes(50)
        one.disposition = "left-unseen"
        return
    earliest, place = heapq.heappop(free)
    steps["in_room"] = max(steps["triage_end"] + waits, earliest)
    one.space = spaces[place]
    provider = steps["in_room"] + minutes(16)
    decided = provider + minutes(TREATED_MIN[one.acuity])
    admitted = chance.random() < ADMITTED[one.acuity]
    one.disposition = "admit" if admitted else "home"
    if chance.random() > NOT_TAPPED:
        steps["provider"] = provider
    steps["disposition"] = decided
    if admitted:
        steps["bed_requested"] = decided + minutes(6)
        decided = steps["bed_requested"] + minutes(BOARDS_MIN)
    steps["left"] = decided + minutes(14)
    one.ready = steps["left"] + minutes(24)
    heapq.heappush(free, (one.ready + timedelta(minutes=1), place))


def _visit(number: int, one: _Lived, people: list[Patient], department: Department) -> Encounter:
    return Encounter(
        patient=people[one.person],
        department=department,
        visit_class=Encounter.Class.EMERGENCY,
        status=Encounter.Status.FINISHED,
        arrival="ambulance" if one.acuity <= 2 else "walk-in",
        started_at=one.arrived,
        ended_at=one.steps["left"],
        ticket=f"{number % TICKETS + 1:03}",
        complaint=one.complaint,
        acuity=one.acuity,
        disposition=one.disposition,
    )


def _of_the_bed(visit: Encounter, one: _Lived, nurse: Actor) -> Iterator[BedSpaceEvent]:
    told = (
        ("occupy", "ready", "occupied", one.steps["in_room"]),
        ("vacate", "occupied", "dirty", one.steps["left"]),
        ("ready", "dirty", "ready", one.ready),
    )
    for event, before, after, at in told:
        yield BedSpaceEvent(
            bed_space=one.space,
            event=event,
            from_state=before,
            to_state=after,
            at=at,
            recorded_at=at,
            source="tap",
            actor=nurse,
            encounter=visit,
        )
