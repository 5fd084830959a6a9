"""Bed spaces through any story: people, machines and the clock do what they do in any order, on the
real actions and the real database."""

from datetime import UTC, datetime, timedelta

from django.db import transaction
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from hims import gate
from hims.actions import cleaning, rooms, rooms_by_people
from hims.actions.rooms_changing import changing
from hims.actions.timers import run_due
from hims.domain.rooms import State
from hims.errors import Refused
from hims.models import BedAssignment, BedSpace, CleaningTask, Encounter, LeavingSign
from hims.queries.actors import clock
from hims.verifiers.bed_spaces import bed_spaces
from tests import given, given_flow

# the night in which 02:30 comes twice in Europe
NIGHT = datetime(2026, 10, 24, 23, 50, tzinfo=UTC)
SPACES = st.sampled_from(["ED-1-A", "ED-1-B", "W1-1"])
PATIENTS = st.sampled_from(["MRN-777001", "MRN-777002"])
ASKEW = st.sampled_from([-3600, -300, -1, 0, 0, 0, 30])
"""By how many seconds the clock of whoever tells us is wrong."""

LIVE = ("requested", "accepted", "in-progress")
PEOPLE = {
    "left": rooms_by_people.left,
    "sign": rooms_by_people.seems_left,
    "back": rooms_by_people.back,
    "release": rooms_by_people.release,
    "unblock": rooms_by_people.unblock,
    "ready": cleaning.call_ready,
    "not clean": cleaning.request_cleaning,
    "claim": cleaning.claim_cleaning,
    "give up": cleaning.give_up_cleaning,
    "start": cleaning.start_cleaning,
    "done": cleaning.cleaning_done,
}


class Rooms(RuleBasedStateMachine):
    """What is written is one story after every step, and what was refused changed nothing."""

    @initialize()
    def begin(self):
        self.saved = transaction.atomic()
        self.saved.__enter__()
        self.now = NIGHT
        self.house = given.hospital()
        self.flow = given_flow.a_department(self.house, NIGHT)
        self.visits = {
            mrn: given_flow.arrived(self.house, self.flow, mrn, at=NIGHT, needs=needs)
            for mrn, needs in (("MRN-777001", []), ("MRN-777002", ["isolation"]))
        }
        self.before = None

    def teardown(self):
        if hasattr(self, "saved"):
            transaction.set_rollback(True)
            self.saved.__exit__(None, None, None)

    def space(self, code) -> BedSpace:
        return BedSpace.objects.get(code=code)

    def told(self):
        """Everything that an undo restores."""
        beds = BedAssignment.objects.exclude(status=BedAssignment.Status.CANCELLED)
        tasks = CleaningTask.objects.filter(status__in=LIVE)
        return (
            list(BedSpace.objects.order_by("pk").values()),
            list(beds.order_by("pk").values()),
            list(tasks.order_by("pk").values()),
        )

    def settled(self):
        """What time alone has done is written down first, so that it is not taken for the step."""
        spaces = list(BedSpace.objects.values_list("pk", flat=True))
        with (
            gate.opened(gate.Act(name="story", actor=clock(), now=self.now)),
            changing(*spaces, actor=clock(), now=self.now, source="clock"),
        ):
            pass
        return self.told()

    def does(self, action, **asked):
        before = self.settled()
        try:
            action(now=self.now, **asked)
        except Refused:
            assert self.told() == before, "what is refused changes nothing"
        else:
            self.before = (before, asked.get("space"))

    def hears(self, step, **asked):
        before = self.settled()
        machine = asked["actor"]
        try:
            with (
                transaction.atomic(),
                gate.opened(gate.Act(name="story", actor=machine, now=self.now)),
            ):
                step(now=self.now, **asked)
        except Refused:
            assert self.told() == before
        self.before = None

    @rule(minutes=st.sampled_from([1, 4, 11, 31, 60, 800]))
    def time_passes(self, minutes):
        self.now += timedelta(minutes=minutes)
        run_due(self.now)
        self.before = None if minutes > 4 else self.before

    @rule(code=SPACES, mrn=PATIENTS, minutes=st.sampled_from([5, 30]), why=st.booleans())
    def reserve(self, code, mrn, minutes, why):
        self.does(
            rooms_by_people.reserve,
            actor=self.house.nurse,
            space=self.space(code),
            encounter=self.visits[mrn],
            minutes=minutes,
            reason="no other" if why else "",
        )

    @rule(code=SPACES, mrn=PATIENTS, why=st.booleans(), askew=ASKEW)
    def occupy(self, code, mrn, why, askew):
        self.does(
            rooms_by_people.occupy,
            actor=self.house.nurse,
            space=self.space(code),
            encounter=self.visits[mrn],
            at=self.now + timedelta(seconds=min(askew, 0)),
            reason="no other" if why else "",
        )

    @rule(code=SPACES, what=st.sampled_from(sorted(PEOPLE)))
    def person(self, code, what):
        self.does(PEOPLE[what], actor=self.house.charge_nurse, space=self.space(code))

    @rule(code=SPACES)
    def clean_and_ready(self, code):
        self.does(
            cleaning.cleaning_done, actor=self.house.cleaner, space=self.space(code), ready=True
        )

    @rule(code=SPACES, to=st.sampled_from(["CT", ""]))
    def away(self, code, to):
        self.does(rooms_by_people.away, actor=self.house.porter, space=self.space(code), to=to)

    @rule(code=SPACES)
    def block(self, code):
        self.does(
            rooms_by_people.block, actor=self.house.nurse, space=self.space(code), reason="leak"
        )

    @rule(mrn=PATIENTS, code=SPACES, askew=ASKEW, source=st.sampled_from(["tag", "hl7"]))
    def a_machine_puts(self, mrn, code, askew, source):
        self.hears(
            rooms.occupy_space,
            actor=clock(),
            space=self.space(code),
            encounter=self.visits[mrn],
            source=source,
            at=self.now + timedelta(seconds=askew),
        )

    @rule(mrn=PATIENTS, kind=st.sampled_from(LeavingSign.Kind.values), askew=ASKEW)
    def a_sign(self, mrn, kind, askew):
        at = self.now + timedelta(seconds=askew)
        self.hears(
            rooms.sign_of_leaving, actor=clock(), encounter=self.visits[mrn], kind=kind, at=at
        )

    @rule(mrn=PATIENTS)
    def the_tag_is_back(self, mrn):
        self.hears(rooms.withdraw_sign, actor=clock(), encounter=self.visits[mrn], kind="tag")

    @rule(mrn=PATIENTS, decided=st.booleans())
    def discharged_elsewhere(self, mrn, decided):
        visit = self.visits[mrn]
        visit.disposition = Encounter.Disposition.HOME if decided else ""
        Encounter.objects.filter(pk=visit.pk).update(disposition=visit.disposition)
        self.hears(rooms.leave_space, actor=clock(), encounter=visit, source="hl7")

    @rule(code=SPACES, state=st.sampled_from(["C", "H", "I", "K", "O", "U"]))
    def another_system_says(self, code, state):
        self.hears(
            rooms.bed_status, actor=clock(), space=self.space(code), state=state, source="hl7"
        )

    @rule(code=SPACES)
    def undo(self, code):
        last, self.before = self.before, None
        try:
            rooms_by_people.take_back(actor=self.house.nurse, now=self.now, space=self.space(code))
        except Refused:
            return
        if last and last[1] and last[1].code == code:
            assert self.told() == last[0], "exactly as it was"

    @invariant()
    def one_story(self):
        if hasattr(self, "saved"):
            assert bed_spaces(None)[1] is None

    @invariant()
    def after_isolation_only_an_isolation_clean_makes_ready(self):
        if not hasattr(self, "saved"):
            return
        for space in BedSpace.objects.filter(state=State.READY):
            newest = space.events.filter(encounter=self.visits["MRN-777002"]).order_by("-pk")
            used = newest.filter(to_state=State.OCCUPIED).exclude(event="undo").first()
            undone = used and BedSpace.objects.filter(events__undoes=used).exists()
            if used and not undone:
                cleans = space.cleanings.filter(status="completed", kind="isolation")
                assert cleans.filter(done_at__gte=used.recorded_at).exists(), space
