"""The demonstration's emergency department while it runs: an invented staff that does the next
thing for each patient and room, and a registration system that sends messages.

What somebody who is signed in has touched lately is left to them. Nothing here is a person.
"""

import random
import socket
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from itertools import count

from hims.actions import encounters, rooms_by_people
from hims.actions.cleaning import call_ready, claim_cleaning, cleaning_done, start_cleaning
from hims.actions.inbox.interfaces import add_interface
from hims.actions.milestones import say_milestone
from hims.actions.next_steps import bring_to_room, leave_for_ward
from hims.errors import Busy, Refused
from hims.models import (
    Actor,
    BedAssignment,
    BedSpace,
    BedSpaceEvent,
    CleaningTask,
    Department,
    Encounter,
    Interface,
    Milestone,
)

from . import messages
from .accounts import PEOPLE
from .emergency import ADMITTED, COMPLAINTS, FAMILIES, GIVEN, TREATED_MIN
from .messages import SENDER

ARRIVES_EVERY_S = 150.0
MOST_HERE = 28
FORGOTTEN = timedelta(hours=2)  # who boards for so long is left to those who are signed in
LEFT_ALONE = timedelta(minutes=10)
State = BedSpace.State
TENDED = (State.VACATED, State.DIRTY, State.CLEANING, State.UNKNOWN)
BEGIN, END = b"\x0b", b"\x1c\r"


def list_sender(*, operator: Actor, now: datetime) -> None:
    """The registration system of the demonstration may send, and what it says is applied."""
    if not Interface.objects.filter(sending_application=SENDER).exists():
        add_interface(
            actor=operator,
            now=now,
            name="Demonstration registration",
            sending_application=SENDER,
            mode=Interface.Mode.LIVE,
        )


class Day:
    """What the invented staff does, a step of some seconds at a time."""

    def __init__(self, port: int, seed: int) -> None:
        self.port = port
        self.chance = random.Random(seed)  # noqa: S311 - no secret
        self.numbers = count(1)
        self.department = Department.objects.get(code="ED")
        invented = Actor.objects.filter(is_active=True, kind=Actor.Kind.PERSON).exclude(
            username__in=PEOPLE
        )
        self.nurses = list(invented.filter(roles__contains=["nurse"], staff__ward__code="ED"))
        self.physicians = list(
            invented.filter(roles__contains=["physician"], staff__ward__code="ED")
        )
        self.cleaners = list(invented.filter(roles__contains=["cleaner"]))
        if not (self.nurses and self.physicians and self.cleaners):
            raise LookupError("nobody works in the emergency department of this hospital")

    def step(self, now: datetime, seconds: float) -> None:
        """Do what is to be done in these seconds."""
        here = list(
            Encounter.objects.filter(
                department=self.department, status__in=Encounter.OPEN
            ).order_by("acuity", "pk")
        )
        if len(here) < MOST_HERE and self.chance.random() < seconds / ARRIVES_EVERY_S:
            self._arrive(now)
        touched, spaces = self._in_hands(now)
        for visit in here:
            if visit.pk not in touched:
                self._try(self._serve, visit, now)
        for space in BedSpace.objects.filter(
            department=self.department,
            active=True,
            state__in=TENDED,
        ):
            if space.pk not in spaces:
                self._try(self._tend, space, now)

    def _in_hands(self, now: datetime) -> tuple[set[int], set[int]]:
        """Visits and spaces that somebody who can sign in has touched lately."""
        people = Actor.objects.filter(username__in=PEOPLE)
        since = now - LEFT_ALONE
        said = Milestone.objects.filter(actor__in=people, recorded_at__gt=since)
        done = BedSpaceEvent.objects.filter(actor__in=people, recorded_at__gt=since)
        events = list(done.values_list("bed_space", "encounter"))
        visits = set(said.values_list("encounter", flat=True)) | {visit for _space, visit in events}
        return visits, {space for space, _visit in events}

    def _try(self, what: Callable, about, now: datetime) -> None:
        """Somebody may have been faster, or it cannot be yet: the next step looks again."""
        with suppress(Refused, Busy):
            what(about, now)

    def _after(self, minutes: float, since: datetime | None, now: datetime) -> bool:
        """Whether about so many minutes have gone by since then, if it was ever."""
        return since is not None and now - since > timedelta(
            minutes=minutes * self.chance.uniform(0.7, 1.6)
        )

    # --- patients ------------------------------------------------------------------------------

    def _arrive(self, now: datetime) -> None:
        """Registration sends an ADT message, as its own system would."""
        complaint, _acuity, _needs = self.chance.choice(COMPLAINTS)
        number = f"{now:%y%m%d%H%M%S}{next(self.numbers)}"
        message = messages.arrival(
            number=number,
            at=now,
            family=self.chance.choice(FAMILIES),
            given=self.chance.choice(GIVEN),
            born=self.chance.randrange(1934, 2022),
            sex=self.chance.choice("FM"),
            complaint=complaint,
        )
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as line:
            line.sendall(BEGIN + message + END)
            while part := line.recv(4096):
                if part.endswith(END):
                    break

    def _serve(self, visit: Encounter, now: datetime) -> None:
        """The next thing for a patient, when its time has come."""
        told = dict(visit.milestones.filter(stands=True).values_list("kind", "at"))
        began = visit.started_at or now
        bed = visit.beds.filter(
            status__in=[BedAssignment.Status.RESERVED, BedAssignment.Status.ACTIVE]
        ).first()
        if "triage_end" not in told:
            if self._after(5, began, now):
                self._triage(visit, now)
        elif bed is None and "in_room" not in told:
            self._room(visit, now)
        elif bed and bed.status == BedAssignment.Status.RESERVED and "left" not in told:
            if "disposition" not in told:
                if self._after(3, bed.period.lower, now):
                    bring_to_room(actor=self.chance.choice(self.nurses), now=now, encounter=visit)
            elif self._after(12, bed.period.lower, now):
                leave_for_ward(actor=self.chance.choice(self.nurses), now=now, encounter=visit)
        elif "provider" not in told:
            if self._after(9, told.get("in_room", began), now):
                self._say(visit, "provider", now)
        elif visit.disposition:
            self._let_go(visit, told.get("disposition", now), now)
        else:
            self._treat(visit, told, now)

    def _triage(self, visit: Encounter, now: datetime) -> None:
        complaint, acuity, needs = self.chance.choice(COMPLAINTS)
        encounters.triage(
            actor=self.chance.choice(self.nurses),
            now=now,
            encounter=visit,
            acuity=acuity,
            needs=needs,
            complaint=visit.complaint or complaint,
        )

    def _room(self, visit: Encounter, now: datetime) -> None:
        ready = BedSpace.objects.filter(
            department=self.department,
            active=True,
            state=State.READY,
            capabilities__contains=visit.needs,
        )
        if "isolation" not in visit.needs:
            ready = ready.exclude(capabilities__contains=["isolation"])
        space = min(ready, key=lambda one: len(one.capabilities), default=None)
        if space:
            rooms_by_people.reserve(
                actor=self.chance.choice(self.nurses), now=now, space=space, encounter=visit
            )

    def _say(self, visit: Encounter, kind: str, now: datetime) -> None:
        say_milestone(
            actor=self.chance.choice(self.physicians), now=now, encounter=visit, kind=kind
        )

    def _treat(self, visit: Encounter, told: dict[str, datetime], now: datetime) -> None:
        treated = TREATED_MIN[visit.acuity or 3] / 2  # time passes quicker where nobody suffers
        if "results" not in told and self._after(treated * 0.6, told["provider"], now):
            self._say(visit, "results", now)
        elif self._after(treated, told["provider"], now):
            admitted = self.chance.random() < ADMITTED[visit.acuity or 3]
            encounters.set_disposition(
                actor=self.chance.choice(self.physicians),
                now=now,
                encounter=visit,
                disposition="admit" if admitted else "home",
            )

    def _let_go(self, visit: Encounter, decided: datetime, now: datetime) -> None:
        if not self._after(10, decided, now):
            return
        if now - decided > FORGOTTEN:
            return  # somebody who is signed in may find them a bed
        if visit.disposition != Encounter.Disposition.ADMIT:
            leave_for_ward(actor=self.chance.choice(self.nurses), now=now, encounter=visit)
            return
        bed = BedSpace.objects.filter(
            state=State.READY, active=True, department__code__in=["WA", "WB"]
        ).first()
        if bed:
            rooms_by_people.reserve(
                actor=self.nurses[0],
                now=now,
                space=bed,
                encounter=visit,
                minutes=120,
                reason="admission",
            )

    # --- rooms ---------------------------------------------------------------------------------

    def _tend(self, space: BedSpace, now: datetime) -> None:
        """The next thing for a space that was left."""
        if space.state == State.UNKNOWN:
            if self._after(2, space.since, now):
                call_ready(actor=self.chance.choice(self.nurses), now=now, space=space)
            return
        if space.state == State.VACATED:
            if self._after(3, space.since, now):
                rooms_by_people.left(actor=self.chance.choice(self.nurses), now=now, space=space)
            return
        task = space.cleanings.filter(
            status__in=[
                CleaningTask.Status.REQUESTED,
                CleaningTask.Status.ACCEPTED,
                CleaningTask.Status.IN_PROGRESS,
            ]
        ).first()
        if task is None:
            return
        cleaner = task.claimed_by or self.chance.choice(self.cleaners)
        if task.status == CleaningTask.Status.REQUESTED:
            if self._after(4, task.requested_at, now):
                claim_cleaning(actor=cleaner, now=now, space=space)
        elif cleaner not in self.cleaners:
            return  # somebody who is signed in has taken it
        elif task.status == CleaningTask.Status.ACCEPTED:
            if self._after(2, task.claimed_at, now):
                start_cleaning(actor=cleaner, now=now, space=space)
        elif self._after(7, task.started_at, now):
            cleaning_done(actor=cleaner, now=now, space=space, ready=True)
