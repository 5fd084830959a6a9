"""What a patient's tag says of the visit: arrival, triage, the room, away, a sign of leaving."""

from datetime import timedelta

import pytest

from hims import gate
from hims.actions import encounters
from hims.actions.movements import Move, note_moves
from hims.actions.rooms_by_people import reserve
from hims.actions.timers import run_due
from hims.models import BedSpace, Encounter, Timer, Zone
from hims.queries.actors import clock
from tests import given
from tests.given_flow import a_department, arrived
from tracking.actions.positions import Moved, Written, keep

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)


@pytest.fixture
def house():
    return given.hospital()


@pytest.fixture
def flow(house):
    return a_department(house)


@pytest.fixture
def walk(house):
    """Walk a patient's tag: the move is noted, and the clock comes by."""
    patient = house.patients["MRN-777001"]

    def to(zone, at, left_at=None):
        move = Move(patient.pk, house.zones[zone].pk if zone else None, at, left_at or at)
        with gate.opened(gate.Act(name="positions.follow", actor=clock(), now=at)):
            noted = note_moves(moves=[move], now=at)
        run_due(at + timedelta(seconds=1))
        assert not Timer.objects.filter(attempts__gt=0).exists()
        return noted

    return to


def kinds(visit):
    return set(visit.milestones.filter(stands=True).values_list("kind", "source"))


def test_a_patient_without_a_visit_leaves_no_row(house, flow, walk):
    assert walk("ED-1", house.now) == 0
    assert not Timer.objects.filter(kind="patient.moved").exists()


def test_a_tag_walks_from_the_door_through_triage_into_the_room_that_is_held(house, flow, walk):
    Zone.objects.filter(code="ST").update(kind=Zone.Kind.TRIAGE)
    now = house.now
    visit = encounters.register_visit(
        actor=house.nurse,
        now=now,
        patient=house.patients["MRN-777001"],
        department=flow.ed,
        visit_class="EMER",
        expected_at=now,
    )
    walk("ST", now + MINUTE)
    assert kinds(visit) == {("arrival", "tag"), ("triage_start", "tag")}
    encounters.triage(
        actor=house.nurse, now=now + 3 * MINUTE, encounter=visit, acuity=3, needs=["monitor"]
    )
    space = flow.spaces["ED-1-A"]
    reserve(actor=house.nurse, now=now + 4 * MINUTE, space=space, encounter=visit)
    walk("ED-1", now + 6 * MINUTE)
    space.refresh_from_db()
    assert (space.state, space.encounter) == (BedSpace.State.OCCUPIED, visit)
    assert {("room_assigned", "tap"), ("in_room", "tag")} <= kinds(visit)
    visit.refresh_from_db()
    assert visit.status == Encounter.Status.IN_PROGRESS


def test_who_only_passes_through_a_room_was_not_seen_in_it_and_that_is_shown(house, flow, walk):
    BedSpace.objects.filter(code="ED-1-B").update(state="blocked", blocked_reason="drain")
    visit = arrived(house, flow)
    walk("ED-1", house.now + 5 * MINUTE)
    assert ("in_room", "tag") in kinds(visit)
    walk("COR", house.now + 5.5 * MINUTE)
    assert ("in_room", "tag") not in kinds(visit)
    taken_back = visit.milestones.get(kind="in_room")
    assert "less than a minute" in taken_back.withdrawn_reason


def test_imaging_holds_the_bed_and_coming_back_is_seen(house, flow, walk):
    BedSpace.objects.filter(code="ED-1-B").update(state="blocked", blocked_reason="drain")
    visit = arrived(house, flow)
    walk("ED-1", house.now + 5 * MINUTE)
    walk("COR", house.now + 20 * MINUTE)
    walk("OR1", house.now + 22 * MINUTE)
    bed = visit.beds.get()
    assert bed.away_to == "Theatre one"
    encounters.set_disposition(
        actor=house.physician,
        now=house.now + 30 * MINUTE,
        encounter=visit,
        disposition="home",
    )
    walk("COR", house.now + 40 * MINUTE)
    assert BedSpace.objects.get(code="ED-1-A").state == BedSpace.State.OCCUPIED
    walk("ED-1", house.now + 42 * MINUTE)
    bed.refresh_from_db()
    assert (bed.away_since, bed.status) == (None, "active")


def test_a_tag_that_leaves_only_asks_and_a_decision_with_it_is_believed(house, flow, walk):
    BedSpace.objects.filter(code="ED-1-B").update(state="blocked", blocked_reason="drain")
    visit = arrived(house, flow)
    walk("ED-1", house.now + 5 * MINUTE)
    walk("COR", house.now + 60 * MINUTE)
    space = BedSpace.objects.get(code="ED-1-A")
    assert space.state == BedSpace.State.OCCUPIED
    encounters.set_disposition(
        actor=house.physician, now=house.now + 61 * MINUTE, encounter=visit, disposition="home"
    )
    space.refresh_from_db()
    assert space.state == BedSpace.State.VACATED


def test_the_engine_tells_the_visit_in_its_own_transaction(house, flow):
    arrived(house, flow)
    patient = house.patients["MRN-777001"]
    at = house.now + MINUTE
    moved = Moved(patient.pk, at, house.zones["ED-1"].pk, at, 0.9, "radio")
    with gate.opened(gate.Act(name="positions.follow", actor=clock(), now=at)):
        keep(now=at, written=Written(moves={"patient": [moved]}))
    assert Timer.objects.get(kind="patient.moved").payload["zone"] == house.zones["ED-1"].pk
