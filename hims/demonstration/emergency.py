"""The last hours of the demonstration's emergency department, lived through the real actions: who
came, was triaged, given a room, seen, sent home or admitted; which rooms are dirty, and who waits.

Every person here is invented. The same hospital lives the same hours.
"""

import heapq
import random
from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import partial
from itertools import count

from hims.actions import encounters, rooms_by_people
from hims.actions.cleaning import call_ready, claim_cleaning, cleaning_done, start_cleaning
from hims.actions.milestones import correct_milestone, say_milestone
from hims.actions.next_steps import bring_to_room, leave_for_ward
from hims.actions.registration import register_patient, register_unidentified
from hims.actions.shifts import begin_shift
from hims.errors import Refused
from hims.models import Actor, BedSpace, Department, Encounter, Milestone, Patient

LIVED = timedelta(hours=10)
IN_FULL = timedelta(hours=3)  # what was before is lived in fewer steps: it is only looked back at
ARRIVALS_AN_HOUR = 6.0
WARD_SHARE = 0.55
MISSED = 0.1  # of the doctors' first words, which nobody tapped
CORRECTED = 0.04

ADMITTED = {1: 0.8, 2: 0.42, 3: 0.2, 4: 0.04, 5: 0.01}
"""Share to be admitted, by urgency: invented, and so are the minutes of treatment."""
TREATED_MIN = {1: 150, 2: 140, 3: 110, 4: 60, 5: 35}
COMPLAINTS: tuple[tuple[str, int, list[str]], ...] = (
    ("Chest pain", 2, ["monitor"]),
    ("Short of breath", 2, ["monitor"]),
    ("Abdominal pain", 3, []),
    ("Fever and cough", 3, []),
    ("Headache", 3, []),
    ("Fall, hip pain", 3, []),
    ("Allergic rash", 3, []),
    ("Palpitations", 3, ["monitor"]),
    ("Vomiting and diarrhoea", 3, ["isolation"]),
    ("Dizzy since this morning", 3, []),
    ("Cut hand", 4, []),
    ("Twisted ankle", 4, []),
    ("Back pain", 4, []),
    ("Something in the eye", 4, []),
    ("Sore throat", 5, []),
    ("Stitches to be taken out", 5, []),
)
FAMILIES = (
    *("Abernathy", "Bakkali", "Cerny", "Duarte", "Ekholm", "Fofana", "Gallivan", "Hosseini"),
    *("Iversen", "Jankowska", "Kimani", "Lindqvist", "Mbatha", "Nakashima", "Okonjo", "Prakash"),
    *("Quintero", "Rautio", "Siddiqui", "Takala", "Ustinova", "Vasquez", "Whitcombe", "Yilmaz"),
)
GIVEN = (
    *("Amara", "Bjarne", "Celestine", "Davor", "Eluned", "Farouk", "Greta", "Hiroshi", "Imani"),
    *("Joren", "Katya", "Leopold", "Maite", "Nasrin", "Otto", "Paloma", "Rafiq", "Saoirse"),
)


def lived() -> bool:
    """Whether anybody is here yet: the past holds visits that are over only."""
    return Encounter.objects.exclude(status=Encounter.Status.FINISHED).exists()


def keep_on_shift(now: datetime) -> None:
    """Have the people of the emergency department, and whoever signs in to the demonstration with
    a part in it, on shift for the next twelve hours."""
    department = Department.objects.get(code="ED")
    for person in _people():
        begin_shift(actor=person, now=now, department=department)


def live(now: datetime, also: "Callable[[Hours], None]" = lambda hours: None) -> int:
    """Live the last hours up to `now`; how many visits there were. also: puts more on the agenda
    before they begin."""
    hours = Hours(now)
    also(hours)
    hours.open_rooms()
    hours.fill_wards()
    begins = at = now - LIVED
    while at < now:
        hours.at(at, hours.arrive)
        at += timedelta(hours=hours.chance.expovariate(ARRIVALS_AN_HOUR))
    hours.at(begins + timedelta(hours=1), hours.block_a_room)
    hours.at(now - timedelta(minutes=25), hours.bring_unknown)
    hours.at(now - timedelta(minutes=6), hours.announce)
    hours.live()
    hours.send_somebody_away()
    return Encounter.objects.filter(department=hours.department).count()


def _people() -> list[Actor]:
    """Who works in the emergency department: its staff, and one of each role that has a part."""
    roles = ("nurse", "charge-nurse", "physician", "receptionist", "cleaner", "porter")
    here = Actor.objects.filter(is_active=True, kind=Actor.Kind.PERSON)
    return list(
        (here.filter(staff__ward__code="ED") | here.filter(username__in=roles)).order_by("pk")
    )


class Hours:
    """What happens when, in its order, and by whom."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.department = Department.objects.get(code="ED")
        self.chance = random.Random("hours of an emergency department")  # noqa: S311 - no secret
        self.agenda: list[tuple[datetime, int, Callable[[datetime], None]]] = []
        self.numbers = count()
        self.waiting: list[Encounter] = []
        people = _people()
        self.nurses = [one for one in people if {"nurse", "charge_nurse"} & set(one.roles)]
        self.physicians = [one for one in people if "physician" in one.roles]
        self.cleaners = [one for one in people if "cleaner" in one.roles] or self.nurses
        self.strangers = list(Patient.objects.filter(encounters=None).order_by("pk"))
        self.chance.shuffle(self.strangers)

    # --- time ----------------------------------------------------------------------------------

    def at(self, when: datetime, what: Callable[[datetime], None]) -> None:
        heapq.heappush(self.agenda, (when, next(self.numbers), what))

    def after(self, when: datetime, minutes: float, what: Callable[[datetime], None]) -> None:
        spread = self.chance.lognormvariate(0, 0.4)
        self.at(when + timedelta(minutes=minutes * spread), what)

    def live(self) -> None:
        """Everything up to now; what is still to come does not happen."""
        while self.agenda and self.agenda[0][0] <= self.now:
            when, _number, what = heapq.heappop(self.agenda)
            try:
                what(when)
            except Refused:
                continue  # somebody else was faster: that is how it is on such a day

    def long_ago(self, when: datetime) -> bool:
        return self.now - when > IN_FULL

    # --- before --------------------------------------------------------------------------------

    def open_rooms(self) -> None:
        """Somebody has looked at every space."""
        when = self.now - LIVED - timedelta(minutes=5)
        for space in BedSpace.objects.filter(active=True).exclude(state=BedSpace.State.READY):
            call_ready(actor=self.nurses[0], now=when, space=space)

    def fill_wards(self) -> None:
        """Patients lie in a good half of the ward beds since some days."""
        beds = BedSpace.objects.filter(active=True, department__kind=Department.Kind.INPATIENT)
        for space in beds.select_related("department").order_by("pk"):
            if not self.strangers or self.chance.random() > WARD_SHARE:
                continue
            since = self.now - timedelta(hours=self.chance.uniform(13, 90))
            visit = encounters.register_visit(
                actor=self.nurses[0],
                now=since,
                patient=self.strangers.pop(),
                department=space.department,
                visit_class=Encounter.Class.INPATIENT,
                arrival=Encounter.Arrival.REFERRED,
                at=since,
            )
            late = self.now - LIVED - timedelta(minutes=4)
            rooms_by_people.occupy(actor=self.nurses[0], now=late, space=space, encounter=visit)

    # --- a visit -------------------------------------------------------------------------------

    def arrive(self, when: datetime) -> None:
        complaint, acuity, needs = self.chance.choice(COMPLAINTS)
        visit = encounters.register_visit(
            actor=self.chance.choice(self.nurses),
            now=when,
            patient=self.somebody(when),
            department=self.department,
            visit_class=Encounter.Class.EMERGENCY,
            arrival="ambulance" if acuity <= 2 else "walk-in",
            at=when,
            complaint=complaint,
        )
        acuity = min(5, max(1, acuity + self.chance.choice([-1, 0, 0, 0, 0, 1])))
        self.after(when, 7, lambda at: self.triage(visit, acuity, needs, at))

    def somebody(self, when: datetime) -> Patient:
        if len(self.strangers) > 12 and self.chance.random() < 0.5:
            return self.strangers.pop()
        born = date(when.year, 1, 1) - timedelta(days=self.chance.randrange(200, 33_000))
        return register_patient(
            actor=self.chance.choice(self.nurses),
            now=when,
            family=self.chance.choice(FAMILIES),
            given=self.chance.choice(GIVEN),
            birth_date=born,
            sex=self.chance.choice(["female", "male"]),
        )

    def triage(self, visit: Encounter, acuity: int, needs: list[str], when: datetime) -> None:
        nurse = self.chance.choice(self.nurses)
        if self.chance.random() < 0.8 and not self.long_ago(when):
            begun = when - timedelta(minutes=self.chance.uniform(2, 4))
            if visit.started_at and begun > visit.started_at:
                say_milestone(actor=nurse, now=when, encounter=visit, kind="triage_start", at=begun)
        encounters.triage(actor=nurse, now=when, encounter=visit, acuity=acuity, needs=needs)
        visit.acuity, visit.needs = acuity, needs
        self.waiting.append(visit)
        self.at(when, self._give_rooms)

    def _give_rooms(self, when: datetime) -> None:
        """The most urgent first, into the plainest ready space that has what they need."""
        ready = list(
            BedSpace.objects.filter(
                department=self.department, state=BedSpace.State.READY, active=True
            ).order_by("pk")
        )
        ready.sort(key=lambda space: len(space.capabilities))
        for visit in sorted(self.waiting, key=lambda one: (one.acuity or 3, one.pk)):
            fits = [space for space in ready if set(visit.needs) <= set(space.capabilities)]
            if "isolation" not in visit.needs:
                fits = [space for space in fits if "isolation" not in space.capabilities]
            if (visit.acuity or 3) <= 3:
                fits = [space for space in fits if space.kind != BedSpace.Kind.CHAIR]
            if not fits:
                continue
            space = fits[0]
            ready.remove(space)
            self.waiting.remove(visit)
            rooms_by_people.reserve(actor=self.nurses[0], now=when, space=space, encounter=visit)
            self.after(when, 4, partial(self._enter, visit))

    def _enter(self, visit: Encounter, when: datetime) -> None:
        bring_to_room(actor=self.chance.choice(self.nurses), now=when, encounter=visit)
        self.after(when, 14, lambda at: self.see(visit, at))

    def see(self, visit: Encounter, when: datetime) -> None:
        physician = self.chance.choice(self.physicians)
        if self.chance.random() > MISSED:
            said = say_milestone(actor=physician, now=when, encounter=visit, kind="provider")
            if self.chance.random() < CORRECTED:
                correct_milestone(
                    actor=physician,
                    now=when + timedelta(seconds=40),
                    milestone=said,
                    at=when - timedelta(minutes=6),
                    reason="was there before I could tap",
                )
        treated = TREATED_MIN[visit.acuity or 3]
        if self.chance.random() < 0.6 and not self.long_ago(when):
            self.after(when, treated * 0.5, lambda at: self.say(visit, "results", at))
        self.after(when, treated, lambda at: self._decide(visit, at))

    def say(self, visit: Encounter, kind: str, when: datetime) -> None:
        """A physician says what they did."""
        say_milestone(
            actor=self.chance.choice(self.physicians), now=when, encounter=visit, kind=kind
        )

    def _decide(self, visit: Encounter, when: datetime) -> None:
        admitted = self.chance.random() < ADMITTED[visit.acuity or 3]
        encounters.set_disposition(
            actor=self.chance.choice(self.physicians),
            now=when,
            encounter=visit,
            disposition="admit" if admitted else "home",
        )
        if admitted:
            self.after(when, 45, lambda at: self._hold_bed(visit, at))
        else:
            self.after(when, 12, lambda at: self._leave(visit, at))

    def _hold_bed(self, visit: Encounter, when: datetime) -> None:
        beds = BedSpace.objects.filter(
            state=BedSpace.State.READY, active=True, department__code__in=["WA", "WB"]
        )
        for space in beds.order_by("pk"):
            if set(visit.needs) & {"isolation"} <= set(space.capabilities):
                rooms_by_people.reserve(
                    actor=self.nurses[0],
                    now=when,
                    space=space,
                    encounter=visit,
                    minutes=240,
                    reason="admission",
                )
                self.after(when, 50, lambda at: self._leave(visit, at))
                return
        self.after(when, 30, lambda at: self._hold_bed(visit, at))

    def _leave(self, visit: Encounter, when: datetime) -> None:
        bed = visit.beds.filter(status="active").select_related("bed_space").first()
        leave_for_ward(actor=self.chance.choice(self.nurses), now=when, encounter=visit)
        if bed and self.long_ago(when):
            self.after(when, 22, lambda at: self._look_ready(bed.bed_space, at))
        elif bed:
            self.after(when, 6, lambda at: self._claim(bed.bed_space, at))

    # --- a clean -------------------------------------------------------------------------------

    def _claim(self, space: BedSpace, when: datetime) -> None:
        cleaner = self.chance.choice(self.cleaners)
        claim_cleaning(actor=cleaner, now=when, space=space)
        self.after(when, 4, lambda at: self._begin(space, cleaner, at))

    def _look_ready(self, space: BedSpace, when: datetime) -> None:
        call_ready(actor=self.chance.choice(self.cleaners), now=when, space=space)
        self._give_rooms(when)

    def _begin(self, space: BedSpace, cleaner: Actor, when: datetime) -> None:
        start_cleaning(actor=cleaner, now=when, space=space)
        self.after(when, 11, lambda at: self._clean(space, cleaner, at))

    def _clean(self, space: BedSpace, cleaner: Actor, when: datetime) -> None:
        cleaning_done(actor=cleaner, now=when, space=space, ready=True)
        self.at(when + timedelta(minutes=2), self._give_rooms)

    # --- what makes a day ----------------------------------------------------------------------

    def block_a_room(self, when: datetime) -> None:
        space = BedSpace.objects.get(code="ED-BAY-13")
        rooms_by_people.block(
            actor=self.nurses[0], now=when, space=space, reason="Suction is broken"
        )

    def bring_unknown(self, when: datetime) -> None:
        """An ambulance brings somebody whose name nobody knows."""
        register_unidentified(
            actor=self.nurses[0],
            now=when,
            sex="male",
            age=60,
            department=self.department,
            complaint="Found unconscious in the street",
        )

    def announce(self, when: datetime) -> None:
        """An ambulance is on its way."""
        encounters.register_visit(
            actor=self.nurses[0],
            now=when,
            patient=self.somebody(when),
            department=self.department,
            visit_class=Encounter.Class.EMERGENCY,
            arrival=Encounter.Arrival.AMBULANCE,
            expected_at=self.now + timedelta(minutes=14),
            complaint="Stroke, speech slurred",
            acuity=2,
            needs=["monitor"],
        )

    def send_somebody_away(self) -> None:
        """One patient is at the CT, and their room is held."""
        seen = Milestone.objects.filter(kind="provider", stands=True).values("encounter")
        space = (
            BedSpace.objects.filter(
                department=self.department, state=BedSpace.State.OCCUPIED, encounter__in=seen
            )
            .order_by("-since")
            .first()
        )
        if space:
            rooms_by_people.away(
                actor=self.nurses[0],
                now=self.now - timedelta(minutes=3),
                space=space,
                to="CT",
            )
