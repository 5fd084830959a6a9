"""A simulated emergency department that takes its decisions where the product takes them.

Rooms, nurses, physicians and cleaners are scarce. What a room may become next is decided by
`hims.domain.rooms`, who goes where by `hims.domain.next_room`, whether two signs suffice by
`hims.domain.leaving`, who is stuck since when by `hims.domain.stuck`. Simulated are only people
and time.
"""

from collections.abc import Callable, Generator, Hashable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from hims.domain import rooms as life
from hims.domain.leaving import Sign, Source
from hims.domain.milestones import Kind
from hims.domain.next_room import Space, Waiting, claim, suggest
from hims.domain.rooms import BedSpace, Clean, State, What
from hims.domain.stuck import PatientFacts, stuck, watched
from hims.simulation.arrivals import Person
from hims.simulation.events import Environment, Event, PriorityResource
from hims.simulation.parameters import Scenario

MIDNIGHT = datetime(2026, 1, 5, tzinfo=UTC)
LEASE = timedelta(minutes=10)

Story = Generator[Event, Any, None]


class Broken(Exception):
    """The simulation lost a patient, or the product's rules refused what had to be possible."""


@dataclass
class Turns:
    """What happened to rooms between two patients, minutes each."""

    told_cleaner: list[float] = field(default_factory=list)
    told_nurse: list[float] = field(default_factory=list)
    turned: list[float] = field(default_factory=list)


class Department:
    """One run: `people` come, are roomed, leave; `run()` ends when the last has left."""

    def __init__(
        self,
        scenario: Scenario,
        people: list[Person],
        *,
        begins_to_wait: Callable[["Department", Person], None] | None = None,
        given_room: Callable[["Department", Person], None] | None = None,
    ):
        self.scenario, self.people = scenario, people
        self.begins_to_wait, self.given_room = begins_to_wait, given_room
        self.env = Environment()
        self.at_triage = PriorityResource(self.env, scenario.triage_nurses)
        self.nurses = PriorityResource(self.env, scenario.nurses)
        self.doctors = PriorityResource(self.env, scenario.doctors)
        self.cleaners = PriorityResource(self.env, scenario.cleaners)
        self.spaces = _spaces(scenario)
        self.beds = {name: BedSpace(State.READY) for name in self.spaces}
        self.ready = dict(self.spaces)
        self.queue: dict[int, Waiting] = {}
        self.calls: dict[int, Event] = {}
        self.cleaned_at: dict[Hashable, float] = {}
        self.turns = Turns()
        self.arrived = self.gone = self.in_triage = 0
        self.doctor_minutes = 0.0

    def run(self) -> None:
        """To the end of the arrivals, then until the department is empty. Raises Broken."""
        self.env.process(self._arrivals())
        self.env.run(until=self.scenario.days * 1440.0)
        self._count_heads()
        self.env.run()
        self._count_heads()
        if self.gone != len(self.people):
            raise Broken(f"{len(self.people)} came and {self.gone} left")

    @property
    def now(self) -> datetime:
        return self.time_of(self.env.now)

    def time_of(self, minutes: float) -> datetime:
        return MIDNIGHT + timedelta(minutes=minutes)

    def says(self, kind: Kind, person: Person) -> None:
        """A milestone is reached now. Here nobody listens; the slow form tells the product."""

    def _count_heads(self) -> None:
        """Whoever came has left, is at triage, waits, or is in exactly one room."""
        lying = [
            bed.patient
            for bed in self.beds.values()
            if bed.state in (State.RESERVED, State.OCCUPIED)
            and self.people[cast(int, bed.patient)].left_at is None
        ]
        here = self.in_triage + len(self.queue) + len(lying)
        if len(set(lying)) != len(lying) or self.arrived != self.gone + here:
            raise Broken(f"{self.arrived} came, {self.gone} left, {here} are here")

    def _arrivals(self) -> Story:
        for person in self.people:
            yield self.env.timeout(person.at - self.env.now)
            self.arrived += 1
            self.says(Kind.ARRIVAL, person)
            self.env.process(self._visit(person))

    def _visit(self, person: Person) -> Story:
        env, scenario = self.env, self.scenario
        if person.triage:
            self.in_triage += 1
            with self.at_triage.request() as turn:
                yield turn
                yield env.timeout(person.triage)
            self.in_triage -= 1
        person.triaged_at = env.now
        self.says(Kind.TRIAGE_END, person)
        call = self._wait(person)
        name = yield call
        if name is None:
            person.unseen, person.left_at = True, env.now
            self.gone += 1
            self.says(Kind.LEFT, person)
            return
        if self.given_room:
            self.given_room(self, person)
        if scenario.walk:
            yield env.timeout(scenario.walk)
        self._happens(
            name,
            What.OCCUPY,
            Source.TAG,
            patient=person.number,
            isolation="isolation" in person.needs,
        )
        person.in_room_at = env.now
        yield from self._care(person, name)
        person.left_at = env.now
        self.gone += 1
        yield from self._turn(person, name)

    def _wait(self, person: Person) -> Event:
        call = self.calls[person.number] = self.env.event()
        if self.begins_to_wait:
            self.begins_to_wait(self, person)
        self.queue[person.number] = Waiting(
            person.number, person.acuity, self.time_of(person.at), person.needs
        )
        if person.patience is not None:
            gives_up = self.env.timeout(person.patience)
            gives_up.callbacks.append(lambda _: self._gives_up(person))
        self._give_rooms()
        return call

    def _gives_up(self, person: Person) -> None:
        if self.queue.pop(person.number, None):
            self.calls.pop(person.number).succeed(None)

    def _give_rooms(self) -> None:
        """As many as fit: reserve the room, call the patient."""
        while self.queue and self.ready:
            pair = self._next_pair()
            if pair is None:
                return
            patient, name = pair
            until = self.now + LEASE
            self._happens(name, What.RESERVE, Source.TAP, patient=patient, until=until)
            del self.queue[patient], self.ready[name]
            self.calls.pop(patient).succeed(name)

    def _next_pair(self) -> tuple[Any, Any] | None:
        if self.scenario.suggests:
            found = suggest(self.queue.values(), self.ready.values(), now=self.now)
            return None if found is None else (found.patient, found.space)
        for one in sorted(self.queue.values(), key=claim):
            for space in self.ready.values():
                if one.needs <= space.offers:
                    return one.patient, space.space
        return None

    def _care(self, person: Person, name: str) -> Story:
        """From the room's door to the physical exit."""
        env, urgent = self.env, person.acuity
        yield from self._by(self.nurses, urgent, person.settle)
        with self.doctors.request(priority=urgent) as turn:
            yield turn
            person.provider_at = env.now
            self.says(Kind.PROVIDER, person)
            yield from self._doctor(person.contact)
        if person.false_sign:
            yield env.timeout(person.work_up / 2)
            signs = (Sign(Source.TAG, self.now),)
            if self._happens(name, What.SIGN_OF_LEAVING, Source.TAG, signs=signs).asks:
                env.process(self._by(self.nurses, urgent, self.scenario.look))
            yield env.timeout(person.work_up / 2)
        else:
            yield env.timeout(person.work_up)
        self.says(Kind.RESULTS, person)
        unnoticed = self._until_acted(person, person.unnoticed, "results_unread", {})
        if unnoticed:
            yield env.timeout(unnoticed)
        with self.doctors.request(priority=urgent) as turn:
            yield turn
            yield from self._doctor(person.decision)
        person.disposition_at = env.now
        self.says(Kind.DISPOSITION, person)
        if person.admitted:
            yield env.timeout(person.boarding)
        else:
            yield from self._by(self.nurses, urgent, person.discharge)

    def _doctor(self, minutes: float) -> Story:
        self.doctor_minutes += minutes
        yield self.env.timeout(minutes)

    def _by(self, staff: PriorityResource, priority: int, minutes: float) -> Story:
        if minutes:
            with staff.request(priority=priority) as turn:
                yield turn
                yield self.env.timeout(minutes)

    def _until_acted(
        self, person: Person, delay: float, rule: str, known: dict[Kind, datetime]
    ) -> float:
        """How long until somebody acts: by themselves after `delay`, or because a rule alerts."""
        if not self.scenario.alerts or person.ignores:
            return delay
        seen = known or {Kind.RESULTS: self.now}
        facts = PatientFacts(person.number, seen, admitted=person.admitted)
        due = next((one.due_at for one in watched(facts, ()) if one.rule.code == rule), None)
        if due is None or not stuck(facts, (), due):
            return delay
        alerted = max(0.0, (due - self.now).total_seconds() / 60) + person.answered
        return min(delay, alerted)

    def _turn(self, person: Person, name: str) -> Story:
        """The room from the patient's exit until it can be given again."""
        env = self.env
        left = env.now
        decided = {Kind.DISPOSITION: self.time_of(person.disposition_at or left)}
        told = self._until_acted(person, person.told_cleaner, "still_in_room", decided)
        if told:
            yield env.timeout(told)
        self._empties(person, name, decided[Kind.DISPOSITION])
        self._happens(name, What.NEEDS_CLEANING, Source.CLOCK)
        self.turns.told_cleaner.append(env.now - left)
        if person.cleaning:
            with self.cleaners.request() as turn:
                yield turn
                owed = self.beds[name].isolation_owed
                kind = Clean.ISOLATION if owed else Clean.STANDARD
                self._happens(name, What.START_CLEANING, Source.TAP, clean=kind, cleaner="one")
                yield env.timeout(person.cleaning)
            clean = self.cleaned_at[name] = env.now
            if person.told_nurse:
                yield env.timeout(person.told_nurse)
            self.turns.told_nurse.append(env.now - clean)
        self._happens(name, What.READY, Source.TAP)
        self.turns.turned.append(env.now - left)
        self.ready[name] = self.spaces[name]
        self._give_rooms()

    def _empties(self, person: Person, name: str, decided: datetime) -> None:
        """By two signs where the system heard the exit, else by a person's word."""
        if person.heard:
            second = (
                Sign(Source.ADT, self.now) if person.admitted else Sign(Source.DISPOSITION, decided)
            )
            signs = (Sign(Source.TAG, self.now), second)
            if not self._happens(name, What.SIGN_OF_LEAVING, Source.TAG, signs=signs).asks:
                return
        self._happens(name, What.VACATE, Source.TAP)

    def _happens(self, name: str, what: What, source: Source, **more: Any) -> life.Transition:
        outcome = life.after(self.beds[name], life.Event(what, source, now=self.now, **more))
        if isinstance(outcome, life.Refusal):
            raise Broken(f"{name} {self.beds[name].state}: {what} refused, {outcome.code}")
        self.beds[name] = outcome.after
        return outcome


def _spaces(scenario: Scenario) -> dict[str, Space]:
    """The rooms in the order of their numbers, specials spread among them."""
    kinds = (
        [frozenset({"isolation", "monitor"})] * scenario.isolation_rooms
        + [frozenset({"monitor"})] * scenario.monitored_rooms
        + [frozenset[str]()] * scenario.plain_rooms
    )
    names = [f"ED-{number:02d}" for number in range(1, len(kinds) + 1)]
    return {name: Space(name, offers) for name, offers in zip(names, kinds, strict=True)}
