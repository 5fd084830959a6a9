"""The life of a bed space: every legal step, and what must never happen whatever comes."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from hims.domain.leaving import Sign, Source, signs_suffice
from hims.domain.rooms import BedSpace, Clean, Event, Refusal, State, Transition, What, after, undo

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
TAP, CLOCK = Source.TAP, Source.CLOCK


def ago(minutes: float) -> datetime:
    return NOW - timedelta(minutes=minutes)


def becomes(space: BedSpace, what: What, source: Source = TAP, **more) -> BedSpace:
    outcome = after(space, Event(what, source, now=NOW, **more))
    assert isinstance(outcome, Transition), outcome
    return outcome.after


def refused(space: BedSpace, what: What, source: Source = TAP, **more) -> str:
    outcome = after(space, Event(what, source, now=NOW, **more))
    assert isinstance(outcome, Refusal), outcome
    return outcome.code


READY = BedSpace(State.READY)
OCCUPIED = BedSpace(State.OCCUPIED, patient="Ida")
DIRTY = BedSpace(State.DIRTY)


def test_a_room_goes_once_round_from_ready_to_ready():
    space = becomes(READY, What.RESERVE, patient="Ida", until=NOW + timedelta(minutes=20))
    assert (space.state, space.patient) == (State.RESERVED, "Ida")
    space = becomes(space, What.OCCUPY, Source.TAG, patient="Ida")
    signs = (Sign(Source.TAG, ago(2)), Sign(Source.DISPOSITION, ago(40)))
    space = becomes(space, What.SIGN_OF_LEAVING, Source.TAG, signs=signs)
    assert space.state is State.VACATED
    space = becomes(space, What.NEEDS_CLEANING, CLOCK)
    assert space == DIRTY
    space = becomes(space, What.CLAIM_CLEANING, cleaner="Bo")
    space = becomes(space, What.START_CLEANING)
    assert (space.state, space.cleaner) == (State.CLEANING, "Bo")
    assert becomes(space, What.FINISH_CLEANING, Source.SCAN) == READY


@pytest.mark.parametrize(
    ("signs", "enough"),
    [
        ([(Source.TAG, 1), (Source.TAG, 2)], False),  # two gateways, two tags: one sign
        ([(Source.TAG, 1), (Source.TAP, 2)], True),
        ([(Source.TAG, 1), (Source.ADT, 50)], True),
        ([(Source.TAG, 1), (Source.ADT, 61)], False),  # too old
        ([(Source.TAG, 1), (Source.TAP, -5)], False),  # of the future
        ([(Source.TAP, 3)], False),
        ([(Source.TAG, 1), (Source.CLOCK, 1)], False),  # the clock has seen nobody
        ([(Source.DISPOSITION, 200), (Source.SCAN, 14)], True),
        ([], False),
    ],
)
def test_two_kinds_of_sign_are_needed(signs, enough):
    given = [Sign(source, ago(minutes)) for source, minutes in signs]
    assert signs_suffice(given, now=NOW, away=False) is enough
    assert signs_suffice(given, now=NOW, away=True) is False


def test_a_sign_from_before_the_patient_came_is_about_somebody_else():
    signs = [Sign(Source.TAG, ago(1)), Sign(Source.ADT, ago(30))]
    assert signs_suffice(signs, now=NOW, away=False, since=ago(40))
    assert not signs_suffice(signs, now=NOW, away=False, since=ago(20))


def test_one_sign_only_asks():
    event = Event(What.SIGN_OF_LEAVING, Source.TAG, now=NOW, signs=(Sign(Source.TAG, NOW),))
    assert after(OCCUPIED, event) == Transition(OCCUPIED, OCCUPIED, What.SIGN_OF_LEAVING, asks=True)


def test_imaging_and_theatre_hold_the_bed():
    signs = (Sign(Source.TAG, NOW), Sign(Source.ADT, NOW))
    assert refused(OCCUPIED, What.SIGN_OF_LEAVING, signs=signs, away=True) == "away_holds_bed"
    assert refused(OCCUPIED, What.VACATE, away=True) == "away_holds_bed"
    assert becomes(OCCUPIED, What.VACATE, away=True, reason="died").state is State.VACATED


def test_ready_is_a_persons_word():
    for machine in (Source.TAG, Source.ADT, CLOCK):
        assert refused(DIRTY, What.READY, machine) == "only_a_person"
        assert refused(BedSpace(State.UNKNOWN), What.READY, machine) == "only_a_person"
    cleaning = becomes(DIRTY, What.START_CLEANING)
    reported = becomes(cleaning, What.FINISH_CLEANING, CLOCK)
    assert (reported.state, reported.cleaned) == (State.CLEANING, Clean.STANDARD)
    assert becomes(reported, What.READY) == READY


def test_isolation_needs_its_own_clean():
    lain = becomes(READY, What.OCCUPY, patient="Ida", isolation=True)
    dirty = becomes(becomes(lain, What.VACATE), What.NEEDS_CLEANING)
    assert refused(dirty, What.START_CLEANING) == "isolation_clean_owed"
    assert refused(dirty, What.READY) == "isolation_clean_owed"
    blocked = becomes(dirty, What.BLOCK, reason="leak")
    assert becomes(blocked, What.UNBLOCK).isolation_owed
    proper = becomes(dirty, What.START_CLEANING, clean=Clean.ISOLATION)
    assert becomes(proper, What.FINISH_CLEANING) == READY


def test_a_space_has_one_occupant_and_a_patient_one_space():
    assert refused(OCCUPIED, What.OCCUPY, patient="Noah") == "occupied"
    assert refused(OCCUPIED, What.OCCUPY, patient="Noah", reason="busy") == "occupied"
    assert refused(READY, What.OCCUPY, patient="Ida", elsewhere="ED-4") == "patient_elsewhere"
    gone = becomes(OCCUPIED, What.VACATE)
    assert refused(gone, What.OCCUPY, patient="Noah") == "not_confirmed_empty"
    assert becomes(gone, What.OCCUPY, Source.TAG, patient="Ida") == OCCUPIED  # came back


def test_a_dirty_room_is_taken_only_by_a_person_with_a_reason():
    assert refused(DIRTY, What.OCCUPY, patient="Ida") == "not_ready"
    assert refused(DIRTY, What.OCCUPY, Source.TAG, patient="Ida", reason="x") == "not_ready"
    assert becomes(DIRTY, What.OCCUPY, patient="Ida", reason="cardiac arrest") == OCCUPIED


def test_a_reservation_holds_until_its_time_and_no_longer():
    held = becomes(READY, What.RESERVE, patient="Ida", until=NOW)
    assert refused(held, What.RESERVE, patient="Noah", until=NOW) == "reserved_for_another"
    assert refused(held, What.OCCUPY, patient="Noah") == "reserved_for_another"
    longer = becomes(held, What.RESERVE, patient="Ida", until=NOW + timedelta(minutes=5))
    assert refused(longer, What.LEASE_OVER, CLOCK) == "lease_runs"
    assert becomes(held, What.LEASE_OVER, CLOCK) == READY
    assert becomes(longer, What.RELEASE) == READY


def test_old_evidence_frees_nothing():
    unknown = becomes(OCCUPIED, What.EVIDENCE_OLD, CLOCK)
    assert (unknown.state, unknown.patient) == (State.UNKNOWN, "Ida")
    assert refused(unknown, What.OCCUPY, patient="Noah") == "not_confirmed_empty"
    assert refused(unknown, What.READY) == "not_confirmed_empty"
    assert becomes(unknown, What.OCCUPY, Source.TAG, patient="Ida") == OCCUPIED
    assert becomes(unknown, What.VACATE).state is State.VACATED
    assert becomes(becomes(READY, What.EVIDENCE_OLD, CLOCK), What.READY) == READY


def test_a_block_says_why_and_hides_nobody():
    assert refused(READY, What.BLOCK) == "no_reason"
    assert refused(OCCUPIED, What.BLOCK, reason="leak") == "occupied"
    assert refused(becomes(OCCUPIED, What.VACATE), What.BLOCK, reason="leak") == (
        "not_confirmed_empty"
    )
    blocked = becomes(READY, What.BLOCK, reason="leak")
    assert refused(blocked, What.OCCUPY, patient="Ida") == "blocked"
    assert becomes(blocked, What.UNBLOCK) == DIRTY


def test_undo_is_refused_when_the_world_has_moved_on():
    gone = after(OCCUPIED, Event(What.VACATE, TAP))
    assert undo(gone, gone.after) == OCCUPIED
    assert undo(gone, becomes(gone.after, What.NEEDS_CLEANING)) == Refusal("moved_on")
    assert undo(gone, gone.after, elsewhere="ED-4") == Refusal("patient_elsewhere")


PATIENTS = st.sampled_from(["Ida", "Noah", "Zoe"])
SPACES = st.sampled_from(["ED-1", "ED-2", "ED-3"])


class Department(RuleBasedStateMachine):
    """Three spaces, three patients, any event from anybody in any order."""

    def __init__(self):
        super().__init__()
        self.spaces = dict.fromkeys(["ED-1", "ED-2", "ED-3"], BedSpace(State.UNKNOWN))
        self.vouched = dict.fromkeys(self.spaces, False)
        self.isolation_clean = dict.fromkeys(self.spaces, True)
        self.last: tuple[str, Transition, dict] | None = None

    def elsewhere(self, patient, space) -> str:
        """Where else the patient lies, as an action would read it."""
        lying = (State.OCCUPIED, State.VACATED, State.UNKNOWN)
        return next(
            (
                name
                for name, one in self.spaces.items()
                if name != space and one.patient == patient and one.state in lying
            ),
            "",
        )

    @rule(
        name=SPACES,
        what=st.sampled_from(What),
        source=st.sampled_from(Source),
        patient=PATIENTS,
        isolation=st.booleans(),
        clean=st.sampled_from(Clean),
        reason=st.sampled_from(["", "said so"]),
        signs=st.sets(st.sampled_from(Source)),
        away=st.booleans(),
    )
    def happens(self, name, what, source, patient, isolation, clean, reason, signs, away):
        event = Event(
            what, source, patient=patient, until=NOW, isolation=isolation, now=NOW, clean=clean,
            reason=reason, signs=tuple(Sign(one, NOW) for one in signs), away=away,
            cleaner="Bo", elsewhere=self.elsewhere(patient, name),
        )  # fmt: skip
        outcome = after(self.spaces[name], event)
        if isinstance(outcome, Refusal):
            return
        was = (self.vouched[name], self.isolation_clean[name])
        self.last = (name, outcome, was)
        self.spaces[name] = outcome.after
        state = outcome.after.state
        if state is State.READY and source in (Source.TAP, Source.SCAN):
            self.vouched[name] = True
        elif state not in (State.READY, State.RESERVED):
            self.vouched[name] = False
        if state is State.OCCUPIED and what is What.OCCUPY and isolation:
            self.isolation_clean[name] = False
        if what is What.START_CLEANING and clean is Clean.ISOLATION:
            self.isolation_clean[name] = True
        if what is What.SIGN_OF_LEAVING and state is State.VACATED:
            assert len(signs - {Source.CLOCK}) >= 2
            assert not away

    @precondition(lambda self: self.last is not None)
    @rule()
    def undone(self):
        name, done, was = self.last
        back_in = done.before.patient
        outcome = undo(done, self.spaces[name], elsewhere=self.elsewhere(back_in, name))
        if self.spaces[name] == done.after and not isinstance(outcome, Refusal):
            assert outcome == done.before
            self.spaces[name] = outcome
            self.vouched[name], self.isolation_clean[name] = was
        self.last = None

    @invariant()
    def no_patient_lies_in_two_spaces(self):
        lying = [
            one.patient
            for one in self.spaces.values()
            if one.state is State.OCCUPIED and one.patient is not None
        ]
        assert len(lying) == len(set(lying))

    @invariant()
    def ready_was_said_by_a_person_and_after_the_right_clean(self):
        for name, one in self.spaces.items():
            if one.state in (State.READY, State.RESERVED):
                assert self.vouched[name]
                assert self.isolation_clean[name]

    @invariant()
    def each_state_holds_what_it_says(self):
        for one in self.spaces.values():
            assert (one.state is State.BLOCKED) == bool(one.reason)
            assert (one.state is State.RESERVED) == (one.until is not None)
            if one.state in (State.OCCUPIED, State.VACATED, State.RESERVED):
                assert one.patient is not None
            if one.state in (State.READY, State.DIRTY, State.CLEANING, State.BLOCKED):
                assert one.patient is None


TestDepartment = Department.TestCase
TestDepartment.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)


def test_the_same_event_twice_decides_the_same():
    event = Event(What.VACATE, TAP)
    assert after(OCCUPIED, event) == after(replace(OCCUPIED), event)
