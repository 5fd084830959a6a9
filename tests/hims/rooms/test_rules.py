"""What holds for bed spaces: who may call one ready, what counts as left, leases, undo, races."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.db import connection, connections
from django.utils import timezone

from hims import gate
from hims.actions import cleaning, rooms, rooms_by_people
from hims.actions.timers import run_due
from hims.errors import Forbidden, Refused
from hims.models import BedAssignment, BedSpace, CleaningTask, Encounter, Timer
from hims.queries.actors import clock
from hims.queries.rooms import rooms_now, spaces
from hims.verifiers.bed_spaces import bed_spaces
from tests import given, given_flow

State, Status = BedSpace.State, BedAssignment.Status
MINUTE = timedelta(minutes=1)


@contextmanager
def telling(now):
    """As a machine: the gate is open for the clock."""
    with gate.opened(gate.Act(name="test.machine", actor=clock(), now=now)):
        yield {"actor": clock(), "now": now}


class Ward:
    """The small department with one visit, and the actions by people in few words."""

    def __init__(self):
        self.house = given.hospital()
        self.now = self.house.now
        self.flow = given_flow.a_department(self.house)
        self.visit = given_flow.arrived(self.house, self.flow)
        self.a, self.b = self.flow.spaces["ED-1-A"], self.flow.spaces["ED-1-B"]

    def at(self, minutes):
        return self.now + minutes * MINUTE

    def does(self, action, minutes=0, space=None, /, **asked):
        who = asked.pop("actor", self.house.nurse)
        return action(actor=who, now=self.at(minutes), space=space or self.a, **asked)

    def occupied(self, minutes=0, space=None):
        return self.does(rooms_by_people.occupy, minutes, space, encounter=self.visit)

    def sign(self, kind, minutes):
        with telling(self.at(minutes)) as machine:
            rooms.sign_of_leaving(encounter=self.visit, kind=kind, at=self.at(minutes), **machine)

    def state(self, space=None):
        return BedSpace.objects.get(pk=(space or self.a).pk).state

    def refused(self, action, minutes=0, space=None, /, **asked):
        with pytest.raises(Refused) as refused:
            self.does(action, minutes, space, **asked)
        return refused.value.findings[0].code


@pytest.fixture
def ward(db):
    ward = Ward()
    yield ward
    assert bed_spaces(None)[1] is None


def test_two_kinds_of_sign_make_it_left_and_one_kind_only_asks(ward):
    ward.occupied()
    ward.sign("tag", 10)
    ward.sign("tag", 11)
    assert ward.state() == State.OCCUPIED, "two gateways are one sign"
    [asked] = rooms_now(
        ward.house.nurse, ward.at(11), spaces(ward.house.nurse).filter(code="ED-1-A")
    )
    assert (asked.asked, asked.hindrance.action) == (True, "confirm_empty")
    ward.sign("adt", 40)
    assert ward.state() == State.OCCUPIED, "the tag's word has aged out"
    ward.sign("tag", 41)
    assert ward.state() == State.VACATED
    task = CleaningTask.objects.get()
    assert (task.bed_space, task.status) == (ward.a, "requested"), "cleaners hear of it at once"
    with telling(ward.at(42)) as machine:
        assert rooms.withdraw_sign(encounter=ward.visit, kind="tag", **machine) == 3
    assert ward.state() == State.OCCUPIED, "the tag is back, and nobody had confirmed"
    task.refresh_from_db()
    assert task.status == "cancelled"
    bed = BedAssignment.objects.get()
    assert (bed.status, bed.period.upper) == (Status.ACTIVE, None)


def test_who_is_away_keeps_the_bed_whatever_the_signs_say(ward):
    ward.occupied()
    ward.does(rooms_by_people.away, 5, to="CT")
    for kind in ("tag", "adt", "disposition"):
        ward.sign(kind, 6)
    assert ward.state() == State.OCCUPIED
    assert ward.refused(rooms_by_people.left, 7) == "away_holds_bed"
    with telling(ward.at(20)) as machine:
        rooms.set_back(encounter=ward.visit, source="tag", **machine)
    bed = BedAssignment.objects.get()
    assert (bed.away_since, bed.away_to) == (None, "")
    standing = bed.leaving_signs.filter(withdrawn_at=None).values_list("kind", flat=True)
    assert list(standing) == ["disposition"], "the decision stands, what was seen does not"
    assert ward.refused(rooms_by_people.back, 21) == "not_away"


def test_only_a_person_calls_a_space_ready(ward):
    ward.occupied()
    ward.does(rooms_by_people.left, 5)
    ward.does(cleaning.start_cleaning, 6, actor=ward.house.cleaner)
    with telling(ward.at(9)) as machine:
        rooms.bed_status(space=ward.a, state="U", source="hl7", **machine)
    assert ward.state() == State.CLEANING, "another system says it is clean: somebody looks"
    with pytest.raises(Forbidden):
        cleaning.call_ready(actor=clock(), now=ward.at(10), space=ward.a)
    with telling(ward.at(10)) as machine, pytest.raises(Refused):
        cleaning.ready_space(space=ward.a, source="tap", **machine)
    ward.does(cleaning.call_ready, 11, actor=ward.house.cleaner)
    assert ward.state() == State.READY
    with telling(ward.at(12)) as machine:
        rooms.bed_status(space=ward.a, state="O", source="hl7", **machine)
    assert ward.state() == State.UNKNOWN, "contradicted: nobody knows until somebody looks"


def test_a_reservation_ends_exactly_with_its_lease(ward):
    ward.does(rooms_by_people.reserve, 0, encounter=ward.visit, minutes=30)
    timer = Timer.objects.get(kind="bed_space.lease", done_at=None)
    assert timer.due_at == ward.at(30)
    other = given_flow.arrived(ward.house, ward.flow, "MRN-777002")
    early = {"encounter": other, "minutes": 5}
    assert ward.refused(rooms_by_people.reserve, 29.99, **early) == "reserved_for_another"
    given_bed = ward.does(rooms_by_people.reserve, 30, **early)
    assert given_bed.encounter == other, "at its end it is free, though no worker came by"
    over = BedAssignment.objects.get(encounter=ward.visit)
    assert over.status == Status.CANCELLED
    run_due(ward.at(36))
    assert ward.state() == State.READY
    events = list(ward.a.events.order_by("pk").values_list("event", "source"))
    assert [one for one in events if one[0] == "lease_over"] == [("lease_over", "clock")] * 2
    assert ward.refused(rooms_by_people.take_back, 37) == "nothing_to_undo"


def test_old_evidence_is_not_known_until_a_person_settles_it(ward):
    twelve_hours = 12 * 60
    [fresh] = rooms_now(
        ward.house.nurse, ward.at(twelve_hours), spaces(ward.house.nurse).filter(code="ED-1-A")
    )
    assert fresh.state == State.READY
    later = ward.at(twelve_hours + 1)
    [stale] = rooms_now(ward.house.nurse, later, spaces(ward.house.nurse).filter(code="ED-1-A"))
    assert (stale.state, stale.hindrance.action) == (State.UNKNOWN, "look")
    assert ward.state() == State.READY, "nothing is written by looking"
    asked = {"encounter": ward.visit}
    assert ward.refused(rooms_by_people.reserve, twelve_hours + 1, **asked) == "not_ready"
    ward.does(cleaning.call_ready, twelve_hours + 2)
    ward.does(rooms_by_people.reserve, twelve_hours + 3, **asked)
    told = list(ward.a.events.order_by("pk").values_list("event", "from_state", "to_state"))
    assert told == [
        ("evidence_old", "ready", "unknown"),
        ("ready", "unknown", "ready"),
        ("reserve", "ready", "reserved"),
    ]


def test_who_moves_is_never_in_two_beds_and_one_undo_puts_both_back(ward):
    ward.occupied(0)
    ward.does(rooms_by_people.occupy, 10, ward.b, encounter=ward.visit)
    assert (ward.state(ward.a), ward.state(ward.b)) == (State.DIRTY, State.OCCUPIED)
    ward.does(rooms_by_people.take_back, 12, ward.b)
    assert (ward.state(ward.a), ward.state(ward.b)) == (State.OCCUPIED, State.READY)
    assert not CleaningTask.objects.filter(status="requested").exists()
    with telling(ward.at(15)) as machine:
        rooms.occupy_space(space=ward.b, encounter=ward.visit, source="tag", **machine)
    assert ward.state(ward.a) == State.VACATED, "a tag cannot see whether the bed is empty"
    ward.does(rooms_by_people.left, 16, ward.a)
    assert ward.refused(rooms_by_people.take_back, 17, ward.b) == "moved_on"
    active = BedAssignment.objects.filter(patient=ward.visit.patient, status=Status.ACTIVE)
    assert [bed.bed_space for bed in active] == [ward.b]


def test_an_undo_comes_within_ten_minutes_and_time_that_runs_backwards_makes_nobody_lie_double(
    ward,
):
    ward.occupied(20)
    assert ward.refused(rooms_by_people.take_back, 30.1) == "nothing_to_undo"
    with telling(ward.at(31)) as machine:
        machine["at"] = ward.at(5)  # before the patient came
        rooms.occupy_space(space=ward.b, encounter=ward.visit, source="hl7", **machine)
    other = given_flow.arrived(ward.house, ward.flow, "MRN-777002")
    ward.does(rooms_by_people.left, 32)
    ward.does(cleaning.call_ready, 33)
    ward.does(rooms_by_people.occupy, 34, encounter=other, at=ward.at(21))
    beds = list(BedAssignment.objects.filter(bed_space=ward.a).order_by("pk"))
    assert beds[0].period.upper <= beds[1].period.lower
    ahead = rooms_by_people.occupy
    assert ward.refused(ahead, 35, ward.b, encounter=ward.visit, at=ward.at(60)) == "in_future"


def test_a_machines_discharge_is_one_sign_and_with_the_decision_two(ward):
    ward.occupied()
    with telling(ward.at(10)) as machine:
        rooms.leave_space(encounter=ward.visit, source="hl7", **machine)
    assert ward.state() == State.OCCUPIED
    ward.visit.disposition = Encounter.Disposition.HOME
    ward.visit.save()
    with telling(ward.at(12)) as machine:
        rooms.leave_space(encounter=ward.visit, source="hl7", **machine)
    assert ward.state() == State.VACATED
    still = ward.does(rooms_by_people.occupy, 14, encounter=ward.visit)
    assert (still.status, still.period.upper) == (Status.ACTIVE, None)
    assert BedAssignment.objects.count() == 1, "still here: it is the same stay"


def test_the_boards_ask_as_many_questions_for_one_room_as_for_all(
    ward, django_assert_max_num_queries
):
    ward.occupied()
    ward.does(rooms_by_people.block, 1, ward.b, reason="leak")
    nurse = ward.house.nurse
    with django_assert_max_num_queries(8) as alone:
        rooms_now(nurse, ward.now, spaces(nurse).filter(code="ED-1-A"))
    with django_assert_max_num_queries(len(alone.captured_queries)):
        assert len(rooms_now(nurse, ward.now, spaces(nurse, closed=True))) == 5


@pytest.mark.django_db(transaction=True)
def test_of_eight_who_claim_one_space_one_wins_and_one_patient_gets_one_bed():
    house = given.hospital()
    now = timezone.now()
    flow = given_flow.a_department(house, now)
    visit = given_flow.arrived(house, flow, at=now)
    other = given_flow.arrived(house, flow, "MRN-777002", at=now)
    codes = ["ED-1-A", "ED-1-B", "W1-1", "W1-2"]

    def press(asked):
        action, code, encounter = asked
        try:
            action(actor=house.nurse, now=now, space=flow.spaces[code], encounter=encounter)
        except Refused as refused:
            return refused.findings[0].code
        finally:
            connections.close_all()
        return "won"

    with ThreadPoolExecutor(8) as pool:
        told = Counter(
            pool.map(press, [(rooms_by_people.occupy, "ED-1-A", one) for one in (visit, other)] * 4)
        )
        assert set(told) == {"won", "occupied"}, told
        holder = BedSpace.objects.get(code="ED-1-A").encounter
        loser = other if holder == visit else visit
        assert told == {"won": 4, "occupied": 4}, "the winner is still there, the other is not"
        told = Counter(pool.map(press, [(rooms_by_people.occupy, c, loser) for c in codes[1:] * 2]))
    assert told["won"] >= 1
    active = BedAssignment.objects.filter(status=Status.ACTIVE)
    assert Counter(active.values_list("patient", flat=True)) == {
        visit.patient_id: 1,
        other.patient_id: 1,
    }
    assert bed_spaces(None)[1] is None
    assert connection.is_usable()
