"""Visits: the first that is told of a kind stands, nothing said is lost, an end can be undone."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from hims import gate
from hims.actions import encounters as actions
from hims.actions.care import begin_care
from hims.actions.milestones import (
    correct_milestone,
    locked,
    note_milestone,
    say_milestone,
    take_back_milestone,
)
from hims.errors import Forbidden, Refused
from hims.models import AuditEntry, Encounter, Milestone
from hims.queries.actors import clock
from hims.verifying import verify
from tests import given
from tests.given_flow import a_department, arrived

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)


@pytest.fixture
def house():
    return given.hospital()


@pytest.fixture
def flow(house):
    return a_department(house)


def standing(visit):
    return dict(visit.milestones.filter(stands=True).values_list("kind", "at"))


def noted(house, visit, kind, at, source, **said):
    """What a machine says, through the gate of a clock's action."""
    act = gate.Act(name="test.noted", actor=clock(), now=house.now)
    with gate.opened(act), transaction.atomic():
        return note_milestone(
            encounter=locked(visit),
            kind=kind,
            at=at,
            actor=clock(),
            now=house.now,
            source=source,
            **said,
        )


def test_who_arrives_gets_the_next_ticket_and_waits(house, flow):
    first = arrived(house, flow)
    second = arrived(house, flow, "MRN-777002", complaint="Chest pain", acuity=2)
    assert (first.ticket, second.ticket) == ("001", "002")
    assert first.status == Encounter.Status.ARRIVED
    assert first.started_at == house.now
    assert standing(second) == {"arrival": house.now}
    named = AuditEntry.objects.filter(action="encounter.begin").latest("id").objects_named
    assert f"encounter:{second.uid}" in named


def test_a_patient_has_one_open_visit_in_a_department(house, flow):
    arrived(house, flow)
    with pytest.raises(Refused) as refused:
        arrived(house, flow)
    assert refused.value.findings[0].code == "here_already"


def test_tickets_begin_again_and_pass_over_those_still_here(house, flow):
    arrived(house, flow)
    Encounter.objects.update(ticket="999")
    second = arrived(house, flow, "MRN-777002")
    assert second.ticket == "001"
    elsewhere = arrived(house, flow, department=flow.departments["W1"])
    assert elsewhere.ticket == "001"


def test_the_first_told_stands_and_what_comes_later_is_kept(house, flow):
    visit = arrived(house, flow, at=house.now - 20 * MINUTE)
    tap = say_milestone(actor=house.nurse, now=house.now, encounter=visit, kind="provider")
    late = noted(house, visit, "provider", house.now - 5 * MINUTE, "hl7")
    assert standing(visit)["provider"] == tap.at
    assert not late.stands
    assert visit.milestones.filter(kind="provider").count() == 2


def test_what_was_seen_replaces_what_was_only_inferred(house, flow):
    visit = arrived(house, flow, at=house.now - 20 * MINUTE)
    guessed = noted(house, visit, "in_room", house.now - 9 * MINUTE, "inferred")
    seen = noted(house, visit, "in_room", house.now - 8 * MINUTE, "tag")
    guessed.refresh_from_db()
    assert not guessed.stands
    assert standing(visit)["in_room"] == seen.at


def test_a_machine_whose_clock_is_ahead_is_heard_when_we_heard_it(house, flow):
    visit = arrived(house, flow)
    said = noted(house, visit, "results", house.now + timedelta(hours=3), "hl7")
    assert said.at == house.now
    assert said.evidence["said_at"].startswith((house.now + timedelta(hours=3)).isoformat()[:16])


def test_a_person_cannot_say_what_has_not_come_yet(house, flow):
    visit = arrived(house, flow)
    with pytest.raises(Refused) as refused:
        say_milestone(
            actor=house.nurse,
            now=house.now,
            encounter=visit,
            kind="provider",
            at=house.now + 5 * MINUTE,
        )
    assert refused.value.findings[0].code == "in_the_future"


def test_a_correction_keeps_what_was_said_before(house, flow):
    visit = arrived(house, flow, at=house.now - 20 * MINUTE)
    said = visit.milestones.get()
    better = correct_milestone(
        actor=house.nurse,
        now=house.now,
        milestone=said,
        at=house.now - 25 * MINUTE,
        reason="typed late",
    )
    visit.refresh_from_db()
    said.refresh_from_db()
    assert (said.stands, better.stands, better.corrects) == (False, True, said)
    assert visit.started_at == house.now - 25 * MINUTE
    with pytest.raises(Refused):
        correct_milestone(
            actor=house.nurse, now=house.now, milestone=said, at=house.now, reason="again"
        )


def test_what_is_withdrawn_lets_the_next_stand(house, flow):
    visit = arrived(house, flow, at=house.now - 20 * MINUTE)
    first = say_milestone(actor=house.nurse, now=house.now, encounter=visit, kind="provider")
    second = noted(house, visit, "provider", house.now, "hl7")
    left = take_back_milestone(
        actor=house.nurse, now=house.now, milestone=first, reason="another patient"
    )
    assert left == second
    first.refresh_from_db()
    assert first.withdrawn_reason == "another patient"
    assert standing(visit)["provider"] == second.at


def test_nobody_rewrites_what_was_said(house, flow):
    said = arrived(house, flow).milestones.get()
    for change in ("at = now() - interval '1 day'", "kind = 'left'", "source = 'tag'"):
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"UPDATE hims_milestone SET {change} WHERE id = %s", [said.pk])
    with pytest.raises(IntegrityError), transaction.atomic():
        Milestone.objects.filter(pk=said.pk).delete()


def test_triage_says_how_urgent_and_what_the_room_must_have(house, flow):
    visit = arrived(house, flow, at=house.now - 5 * MINUTE)
    actions.triage(
        actor=house.nurse,
        now=house.now,
        encounter=visit,
        acuity=2,
        complaint="Chest pain",
        needs=["monitor"],
    )
    visit.refresh_from_db()
    assert (visit.acuity, visit.needs, visit.status) == (2, ["monitor"], "triaged")
    assert standing(visit)["triage_end"] == house.now
    with pytest.raises(Refused):
        actions.triage(actor=house.nurse, now=house.now, encounter=visit, acuity=6)


def test_to_admit_asks_for_a_bed(house, flow):
    visit = arrived(house, flow)
    actions.set_disposition(
        actor=house.physician, now=house.now, encounter=visit, disposition="admit"
    )
    assert {"disposition", "bed_requested"} <= set(standing(visit))


def test_an_end_is_said_and_undone(house, flow):
    visit = arrived(house, flow, at=house.now - 30 * MINUTE)
    actions.patient_left(
        actor=house.nurse, now=house.now, encounter=visit, disposition="left-unseen"
    )
    visit.refresh_from_db()
    assert (visit.status, visit.ended_at) == ("finished", house.now)
    with pytest.raises(Refused):
        actions.patient_left(actor=house.nurse, now=house.now, encounter=visit)
    actions.arrive_or_reopen(
        actor=house.nurse, now=house.now, encounter=visit, reason="was in the toilet"
    )
    visit.refresh_from_db()
    assert (visit.status, visit.ended_at, visit.disposition) == ("arrived", None, "")
    assert "left" not in standing(visit)
    assert all(found.first_bad is None for found in verify())


def test_an_expected_patient_arrives_or_is_cancelled(house, flow):
    soon = house.now + 10 * MINUTE
    expected = actions.register_visit(
        actor=house.nurse,
        now=house.now,
        patient=house.patients["MRN-777001"],
        department=flow.ed,
        visit_class="EMER",
        arrival="ambulance",
        expected_at=soon,
    )
    assert (expected.status, expected.started_at) == ("planned", None)
    actions.arrive_or_reopen(actor=house.nurse, now=house.now, encounter=expected)
    expected.refresh_from_db()
    assert expected.status == "arrived"
    other = actions.register_visit(
        actor=house.nurse,
        now=house.now,
        patient=house.patients["MRN-777002"],
        department=flow.ed,
        visit_class="EMER",
        expected_at=soon,
    )
    actions.cancel_visit(actor=house.nurse, now=house.now, encounter=other, reason="went elsewhere")
    other.refresh_from_db()
    assert other.status == "cancelled"


def test_a_porter_says_nothing_of_a_visit(house, flow):
    visit = arrived(house, flow)
    with pytest.raises(Forbidden):
        say_milestone(actor=house.porter, now=house.now, encounter=visit, kind="provider")


def test_the_api_begins_a_visit_and_hides_who_it_is_from_strangers(house, flow):
    given_by = given.knocking(given.token(house.nurse))
    patient = house.patients["MRN-777001"]
    refused = given_by.post(
        "/api/flow/encounters/",
        {"patient": "MRN-777001", "department": "ED"},
        content_type="application/json",
    )
    assert refused.status_code == 400
    begin_care(actor=house.nurse, now=house.now, text="MRN-777001")
    said = {"patient": "MRN-777001", "department": "ED", "complaint": "Fall", "acuity": 3}
    first = given_by.post(
        "/api/flow/encounters/",
        said,
        content_type="application/json",
        headers={"Idempotency-Key": "one"},
    )
    again = given_by.post(
        "/api/flow/encounters/",
        said,
        content_type="application/json",
        headers={"Idempotency-Key": "one"},
    )
    assert first.status_code == again.status_code == 201
    assert first.json() == again.json()
    assert first.json()["patient"] == str(patient.uid)
    uid = first.json()["id"]
    told = given_by.post(
        f"/api/flow/encounters/{uid}/milestones/",
        {"kind": "provider"},
        content_type="application/json",
    )
    assert told.status_code == 201
    stranger = given.knocking(given.token(house.manager))
    seen = stranger.get("/api/flow/encounters/").json()["results"][0]
    assert (seen["patient"], seen["complaint"]) == (None, "Fall")
    corrected = given_by.patch(
        f"/api/flow/encounters/{uid}/milestones/{told.json()['id']}/",
        {"withdraw": True, "reason": "wrong patient"},
        content_type="application/json",
    )
    assert corrected.json()["withdrawn_reason"] == "wrong patient"
    over = given_by.patch(
        f"/api/flow/encounters/{uid}/",
        {"status": "finished", "disposition": "home"},
        content_type="application/json",
    )
    assert over.json()["status"] == "finished"
