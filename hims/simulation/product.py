"""The slow form: the same department, but everything that happens is done in the real product.

A scratch database, the real actions, and a clock that is passed in. The board of the charge nurse
chooses the next patient and room; tags, taps and cleaners tell it what happens; the delays d1 and
d2 and the time from door to room are read off the product's own log afterwards.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import fmean
from typing import Any, cast

from hims.access.hidden import Hidden
from hims.access.roles import Role
from hims.action import stream
from hims.actions import cleaning, encounters, milestones, rooms_by_people, shifts, suggestions
from hims.actions.actors import add_person
from hims.actions.movements import Move, note_moves
from hims.actions.next_steps import bring_to_room
from hims.actions.registration import register_patient
from hims.actions.timers import run_due
from hims.bench.hospital import take
from hims.domain.leaving import Source
from hims.domain.milestones import Kind
from hims.domain.rooms import State, Transition, What
from hims.models import (
    Actor,
    BedSpace,
    BedSpaceEvent,
    CleaningTask,
    Encounter,
    Milestone,
    Zone,
)
from hims.models import Department as Ward
from hims.queries.actors import clock, console
from hims.queries.board import board
from hims.simulation.arrivals import Person, people
from hims.simulation.department import MIDNIGHT, Broken, Department, Story
from hims.simulation.parameters import Scenario

HALL, ED = "SIM-HALL", "SIM-ED"
ROUND_MIN = 6 * 60
"""A nurse looks at every ready room so often: after twelve hours the product knows no more."""

STAFF = (Role.RECEPTIONIST, Role.NURSE, Role.CHARGE_NURSE, Role.PHYSICIAN, Role.CLEANER)


@dataclass(frozen=True)
class Measured:
    """Read off the log of one run: means in minutes, and how many they are of.

    agreed: the share of the product's suggestions in which the fast form would have sent the same
    patient to an equal room, per cent.
    automatic: the share of rooms that were taken for left by two signs, without a person's word.
    """

    patients: int
    door_to_room: float
    told_cleaner: float
    told_nurse: float
    turns: int
    automatic: float
    agreed: float


class Product(Department):
    """A department whose every step is an action of the product."""

    def __init__(self, scenario: Scenario, people: list[Person]):
        super().__init__(scenario, people)
        self.ward = Ward.objects.get(code=ED)
        self.rows = {space.code: space for space in BedSpace.objects.filter(department=self.ward)}
        self.staff = {role: Actor.objects.get(username=f"sim-{role.value}") for role in STAFF}
        self.visits: dict[int, Encounter] = {}
        self.suggested = self.agreed = 0
        self.env.process(self._rounds())

    def measured(self) -> Measured:
        """What the log says of this run."""
        visits = [visit.pk for visit in self.visits.values()]
        said = {
            (row.encounter_id, row.kind): row.at
            for row in Milestone.objects.filter(encounter__in=visits, stands=True)
        }
        doors = [
            _minutes(said[visit, Kind.IN_ROOM] - said[visit, Kind.ARRIVAL])
            for visit in visits
            if (visit, Kind.IN_ROOM) in said
        ]
        emptied = BedSpaceEvent.objects.filter(
            encounter__in=visits, from_state=State.OCCUPIED, to_state__in=("vacated", "dirty")
        ).order_by("pk")
        known = {cast(int, row.encounter_id): row for row in reversed(emptied)}
        told_cleaner = [
            _minutes(row.recorded_at - said[visit, Kind.LEFT]) for visit, row in known.items()
        ]
        begun = min(said.values())
        cleaned = CleaningTask.objects.filter(
            status=CleaningTask.Status.COMPLETED, requested_at__gte=begun
        )
        told_nurse = [
            _minutes(_ready_after(task).recorded_at - task.done_at)
            for task in cleaned
            if task.done_at
        ]
        automatic = sum(row.event == What.SIGN_OF_LEAVING for row in known.values())
        return Measured(
            patients=len(visits),
            door_to_room=fmean(doors),
            told_cleaner=fmean(told_cleaner),
            told_nurse=fmean(told_nurse),
            turns=len(known),
            automatic=100 * automatic / len(known),
            agreed=100 * self.agreed / self.suggested,
        )

    def says(self, kind: Kind, person: Person) -> None:
        if kind is Kind.ARRIVAL:
            self.visits[person.number] = self._arrived(person)
            return
        visit = self.visits[person.number]
        if kind is Kind.TRIAGE_END:
            encounters.triage(
                actor=self.staff[Role.NURSE],
                now=self.now,
                encounter=visit,
                acuity=person.acuity,
                needs=sorted(person.needs),
            )
        elif kind is Kind.DISPOSITION:
            encounters.set_disposition(
                actor=self.staff[Role.PHYSICIAN],
                now=self.now,
                encounter=visit,
                disposition="admit" if person.admitted else "home",
            )
        elif kind is Kind.LEFT:
            self._ended(person, "left-unseen")
        else:
            milestones.say_milestone(
                actor=self.staff[Role.PHYSICIAN], now=self.now, encounter=visit, kind=kind.value
            )

    def _arrived(self, person: Person) -> Encounter:
        desk = self.staff[Role.RECEPTIONIST]
        patient = register_patient(
            actor=desk, now=self.now, family=f"Simulated {person.number}", given="Patient"
        )
        return encounters.register_visit(
            actor=desk,
            now=self.now,
            patient=patient,
            department=self.ward,
            visit_class=Encounter.Class.EMERGENCY,
            at=self.now,
        )

    def _ended(self, person: Person, disposition: str = "") -> None:
        encounters.patient_left(
            actor=self.staff[Role.NURSE],
            now=self.now,
            encounter=self.visits[person.number],
            at=self.time_of(person.left_at or self.env.now),
            disposition=disposition,
        )

    def _next_pair(self) -> tuple[Any, Any] | None:
        """What the board suggests to the charge nurse, who takes it."""
        seen = board(viewer=self.staff[Role.CHARGE_NURSE], department=self.ward, now=self.now)
        if seen.suggested is None:
            return None
        numbers = {visit.pk: number for number, visit in self.visits.items()}
        codes = {row.pk: code for code, row in self.rows.items()}
        pair = numbers[seen.suggested.visit.id], codes[seen.suggested.space.id]
        self.suggested += 1
        here = super()._next_pair()
        self.agreed += here is not None and (
            (here[0], self.spaces[here[1]].offers) == (pair[0], self.spaces[pair[1]].offers)
        )
        return pair

    def _happens(self, name: str, what: What, source: Source, **more: Any) -> Transition:
        number = more.get("patient", self.beds[name].patient)
        done = super()._happens(name, what, source, **more)
        person = self.people[number] if number is not None else None
        self._done_in_the_product(name, what, person)
        state = BedSpace.objects.values_list("state", flat=True).get(pk=self.rows[name].pk)
        left = (State.VACATED, State.DIRTY)
        if state != done.after.state and not (state in left and done.after.state in left):
            raise Broken(f"{name} is {state} in the product and {done.after.state} here")
        return done

    def _done_in_the_product(self, name: str, what: What, person: Person | None) -> None:
        asked: dict[str, Any] = {"now": self.now, "space": self.rows[name]}
        nurse, cleaner = self.staff[Role.NURSE], self.staff[Role.CLEANER]
        if what is What.START_CLEANING:
            cleaning.start_cleaning(actor=cleaner, **asked)
        elif what is What.READY:
            at = self.time_of(self.cleaned_at[name])
            cleaning.cleaning_done(actor=cleaner, at=at, ready=True, **asked)
        elif person is None or what is What.NEEDS_CLEANING:
            return  # the product asks for the clean by itself
        elif what is What.RESERVE:
            charge = self.staff[Role.CHARGE_NURSE]
            suggestions.give_room(actor=charge, encounter=self.visits[person.number], **asked)
        elif what is What.OCCUPY and person.heard:
            self._tag_moves(person, name, self.now)
        elif what is What.OCCUPY:
            visit = self.visits[person.number]
            bring_to_room(actor=nurse, encounter=visit, **asked)
            if not visit.milestones.filter(kind=Kind.IN_ROOM).exists():
                milestones.say_milestone(
                    actor=nurse, now=self.now, encounter=visit, kind=Kind.IN_ROOM.value
                )
        elif what is What.SIGN_OF_LEAVING:
            left_at = self.time_of(person.left_at or self.env.now)
            self._tag_moves(person, HALL, left_at)
            if person.admitted:  # who takes the patient to the ward taps
                rooms_by_people.seems_left(actor=nurse, at=left_at, **asked)
            self._ended(person)
        else:
            self._ended(person)

    def _tag_moves(self, person: Person, zone: str, at: datetime) -> None:
        """The tag is seen in `zone`; the clock does what follows of it."""
        move = Move(
            patient=self.visits[person.number].patient_id,
            zone=Zone.objects.get(code=zone).pk,
            at=at,
            left_at=at,
        )
        with stream("positions.follow", actor=clock(), now=self.now, configuration={}) as write:
            write(note_moves, now=self.now, moves=[move])
        if run_due(self.now)[1]:
            raise Broken(f"what the tag of patient {person.number} said could not be done")

    def _rounds(self) -> Story:
        """Everybody says that they are here, and a nurse looks at every room that is ready."""
        while self.gone < len(self.people):
            run_due(self.now)
            for person in self.staff.values():
                shifts.begin_shift(actor=person, now=self.now, department=self.ward)
            for name, bed in self.beds.items():
                if bed.state is State.READY:
                    cleaning.call_ready(
                        actor=self.staff[Role.NURSE], now=self.now, space=self.rows[name]
                    )
            yield self.env.timeout(ROUND_MIN)


def furnish(scenario: Scenario) -> None:
    """The simulated department's rooms and people in an empty database."""
    spaces = Department(scenario, []).spaces
    rows = [
        f"{name},{name},{ED},{name},trolley,{' '.join(sorted(space.offers))},yes"
        for name, space in spaces.items()
    ]
    zones = [f"{name},SIM,0,{name},room,,{ED}," for name in spaces]
    files = {
        "buildings.csv": "building,name\nSIM,Simulated hospital\n",
        "floors.csv": "building,floor,name,level\nSIM,0,Ground floor,0\n",
        "zones.csv": "zone,building,floor,name,kind,capacity,area,polygon\n"
        f"{ED},SIM,0,Emergency department,area,,,\n{HALL},SIM,0,Entrance,entrance,,{ED},\n"
        + "\n".join(zones),
        "departments.csv": f"department,name,kind,area,active\n{ED},Emergency,emergency,{ED},yes\n",
        "bed_spaces.csv": "bed_space,name,department,zone,kind,capabilities,active\n"
        + "\n".join(rows),
    }
    take({name: text.encode() for name, text in files.items()})
    for role in STAFF:
        add_person(
            actor=console(),
            now=MIDNIGHT,
            username=f"sim-{role.value}",
            name=f"Simulated {role.value}",
            roles=[role.value],
            password=Hidden("simulated and never signed in"),
        )


def measure(scenario: Scenario, seed: int) -> Measured:
    """One run in the product; `furnish` has been called on this database, which nobody used."""
    department = Product(scenario, people(scenario, seed))
    department.run()
    return department.measured()


def _ready_after(task: CleaningTask) -> BedSpaceEvent:
    return BedSpaceEvent.objects.filter(
        bed_space=task.bed_space_id, to_state=State.READY, recorded_at__gte=task.done_at
    ).earliest("pk")


def _minutes(between: timedelta) -> float:
    return between.total_seconds() / 60
