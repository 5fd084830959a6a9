"""ADT messages begin, move, end and cancel visits, in whatever order they come."""

import pytest

from hims.models import BedSpace, Encounter, LeavingSign, Milestone, Patient
from tests import given
from tests.given_flow import a_department
from tests.hims.inbox.given_inbox import kept, listed, told, visit
from tests.hims.wire.messages import adt

pytestmark = pytest.mark.django_db
MINUTE = "2026030209{:02}00+0000"


@pytest.fixture
def flow():
    house = given.hospital()
    listed()
    return a_department(house)


def send(trigger: str, minute: int, control: str, **more) -> str:
    """The answer to a message of nine o'clock and so many minutes."""
    answer = told(adt(trigger, at=MINUTE.format(minute), control=control, **more))
    return answer.code + (f" {answer.words}" if answer.words else "")


def test_a_patient_comes_moves_and_leaves(flow):
    assert send("A04", 0, "1", patient_class="E", place="ED") == "AA"
    one = visit()
    assert (one.status, one.department.code, one.patient.mrn) == ("arrived", "ED", "4711")
    assert one.ticket
    arrival = one.milestones.get(kind="arrival")
    assert (arrival.source, f"{arrival.at:%H:%M}") == (Milestone.Source.HL7, "09:00")
    assert arrival.actor.username == "hl7 Sender ADT"

    assert send("A02", 10, "2", patient_class="E", place="ED^1^A") == "AA"
    space = BedSpace.objects.get(code="ED-1-A")
    assert (space.state, space.encounter) == ("occupied", one)
    assert one.milestones.filter(kind="in_room", stands=True).exists()

    assert send("A03", 40, "3", patient_class="E", place="ED^1^A") == "AA"
    one.refresh_from_db()
    assert (one.status, f"{one.ended_at:%H:%M}") == ("finished", "09:40")
    space.refresh_from_db()
    assert space.state == "occupied"  # a message is one sign; one sign only asks
    assert LeavingSign.objects.get().kind == "adt"
    assert [row.status for row in map(kept, "123")] == ["applied"] * 3


def test_an_update_before_the_admission_makes_the_visit(flow):
    assert send("A08", 5, "8", place="W1^^1", name="Weber^Anna") == "AA"
    assert visit().status in Encounter.OPEN
    assert BedSpace.objects.get(code="W1-1").encounter == visit()
    assert send("A01", 0, "1", place="W1^^2", name="Weber^Old") == "AA"  # older: changes nothing
    assert Encounter.objects.count() == 1
    assert kept("1").status == "unused"
    assert Patient.objects.get(mrn="4711").given == "Anna"
    assert BedSpace.objects.get(code="W1-2").state == "ready"


def test_a_cancelled_admission_is_cancelled_also_before_it_comes(flow):
    assert send("A01", 0, "1", place="W1^^1") == "AA"
    assert send("A02", 1, "2", place="W1^^2") == "AA"
    assert send("A11", 2, "3", place="W1^^2") == "AA"
    assert visit().status == "cancelled"

    assert send("A11", 9, "4", visit="V2") == "AA"
    assert send("A01", 8, "5", visit="V2", place="W1^^1") == "AA"
    assert visit("V2").status == "cancelled"
    assert kept("5").status == "unused"


def test_a_transfer_and_a_discharge_are_taken_back(flow):
    send("A01", 0, "1", place="W1^^1")
    send("A02", 1, "2", place="W1^^2")
    assert send("A12", 2, "3", place="W1^^1") == "AA"
    assert BedSpace.objects.get(code="W1-2").encounter is None or (
        BedSpace.objects.get(code="W1-2").state == "vacated"
    )
    assert send("A03", 3, "4") == "AA"
    assert visit().status == "finished"
    assert send("A13", 4, "5", place="W1^^1") == "AA"
    assert visit().status in Encounter.OPEN
    assert not LeavingSign.objects.filter(kind="adt", withdrawn_at=None).exists()


def test_a_preadmission_is_expected_and_then_comes(flow):
    more = ("PV2||||||||202603021500+0000",)
    assert send("A05", 0, "1", patient_class="P", more=more) == "AA"
    assert (visit().status, f"{visit().expected_at:%H:%M}") == ("planned", "15:00")
    assert send("A01", 5, "2", place="W1^^1") == "AA"
    assert visit().status != "planned"


def test_a_bed_that_is_in_use_is_a_conflict_and_the_rest_counts(flow):
    send("A01", 0, "1", place="W1^^1")
    assert send("A01", 1, "2", number="4712", visit="V2", place="W1^^1") == "AA"
    assert visit("V2").status in Encounter.OPEN
    assert BedSpace.objects.get(code="W1-1").encounter == visit()
    assert [note["kind"] for note in kept("2").notes if note["kind"] != "did"] == ["conflict"]


def test_a_visit_that_was_begun_at_the_desk_is_joined(flow):
    from hims.actions.encounters import register_visit
    from hims.queries.actors import console
    from tests.hims.inbox.given_inbox import NOON

    send("A28", 0, "1", visit="")
    patient = Patient.objects.get(mrn="4711")
    desk = register_visit(
        actor=console(), now=NOON, patient=patient, at=NOON, department=flow.ed, visit_class="EMER"
    )
    assert send("A04", 1, "2", patient_class="E", place="ED") == "AA"
    assert visit().pk == desk.pk


def test_a_new_visit_number_ends_the_visit_nobody_ended(flow):
    send("A01", 0, "1", place="W1^^1")
    assert send("A01", 30, "2", visit="V2", place="W1^^1") == "AA"
    assert visit().status == "finished"
    assert visit().milestones.get(kind="left").source == Milestone.Source.INFERRED
    assert visit("V2").status in Encounter.OPEN


def test_a_clock_that_is_ahead_is_not_believed(flow):
    answer = told(adt("A01", at="20290801070624+0000", place="W1^^1"))
    assert answer.code == "AA"
    assert f"{visit().started_at:%Y-%m-%d %H:%M}" == "2026-03-02 12:00"
    assert send("A08", 1, "2", name="Weber^Old") == "AA"
    assert kept("2").status == "unused"


def test_another_system_says_how_a_bed_is(flow):
    npu = "MSH|^~\\&|ADT|NORTH|||202603020900||ADT^A20|1|P|2.5\rEVN|A20|202603020900\rNPU|W1^^1|C"
    assert told(npu.encode()).code == "AA"
    assert BedSpace.objects.get(code="W1-1").state == "blocked"
