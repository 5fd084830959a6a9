"""The demonstration's emergency department: what is to be seen there on every first start."""

import socket
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from hims.access.keys import open_key
from hims.demonstration import load, stories_flow, stories_reports
from hims.demonstration.alive import Day
from hims.demonstration.messages import UNMAPPED_WARD, arrival
from hims.demonstration.records import TWICE
from hims.feeds import hl7
from hims.models import (
    Actor,
    AuditEntry,
    BedAssignment,
    BedSpace,
    Breach,
    CodeMapping,
    CrowdingReading,
    Document,
    Encounter,
    Milestone,
    Patient,
    ReportEdition,
    ReportSignature,
)
from hims.reporting.declared import all_reports
from inventory.models import Movement
from tests import given
from tracking.domain.simulation import IN_BED, Simulation
from tracking.models import TagAssignment
from tracking.queries.simulated import cast

S = Milestone.Source


@pytest.mark.proof
@pytest.mark.django_db
def test_a_first_start_shows_a_department_in_which_things_happen(settings, tmp_path):
    settings.HIMS_VAR = tmp_path
    now = timezone.now()
    access = load(now=now)

    here = Encounter.objects.filter(department__code="ED", status__in=Encounter.OPEN)
    assert 8 <= here.count() <= 40
    sources = set(Milestone.objects.values_list("source", flat=True))
    assert {S.TAP, S.TAG, S.HL7} <= sources
    boarder = here.get(complaint="Pneumonia")
    decided = boarder.milestones.get(kind="disposition", stands=True)
    assert (now - decided.at).total_seconds() > 2 * 3600
    isolation = BedSpace.objects.get(code="ED-ISO")
    assert isolation.encounter is None or "isolation" in isolation.encounter.needs
    assert CrowdingReading.objects.count() >= 30
    assert Document.objects.count() == 4
    assert Patient.objects.filter(family=TWICE[0][0]).count() == 2
    assert CodeMapping.objects.get(theirs=UNMAPPED_WARD).ours == ""
    assert open_key(access.sign, now).actor.may("wait_sign.show")

    # Who has a bed is simulated in it, and stays.
    beds = dict(
        BedAssignment.objects.filter(status="active").values_list(
            "patient", "bed_space__zone__code"
        )
    )
    worn = TagAssignment.objects.filter(period__endswith__isnull=True, patient__in=beds)
    lies = {address: beds[who] for address, who in worn.values_list("tag__address", "patient")}
    found = cast()
    assert {tag.address for tag in found.tags if tag.bearer == IN_BED} == set(lies)
    simulation = Simulation(found.plan, found.tags, seed=1, members=found.members)
    for _ in range(60):
        simulation.step(60.0)
    for tag, room in zip(found.tags, simulation.rooms(), strict=True):
        if tag.address in lies:
            assert found.plan.rooms[room].code == lies[tag.address]

    entries = AuditEntry.objects.count()
    patients = Patient.objects.count()
    again = load(now=timezone.now())
    assert again == access
    assert Patient.objects.count() == patients
    assert AuditEntry.objects.count() - entries < 60  # shifts begin anew at each start
    _stories_are_of_this_house(access)
    _a_day_goes_on(now)
    _reports_have_something_to_tell(now)
    call_command("verify")


def _reports_have_something_to_tell(now) -> None:
    """Ninety days of it, with what is wrong on purpose, signed papers and one that came late."""
    since = now - timedelta(days=88)
    assert Encounter.objects.filter(started_at__lt=since).exists()
    assert Movement.objects.filter(at__lt=since).count() > 100
    assert Movement.objects.count() > 2_000
    open_now = set(Breach.objects.exclude(status="closed").values_list("code", "figure"))
    assert {("R20", "ecat"), ("R9", "unresolved"), ("R7", "compliance")} <= open_now
    assert Breach.objects.filter(status="owned").exclude(action="").exists()
    assert ReportSignature.objects.count() >= 3
    restated = ReportEdition.objects.get(restates__isnull=False)
    assert restated.differences["changed"] == restated.differences["rows"] == 1
    assert {report.code for report in all_reports()} <= set(
        ReportEdition.objects.filter(status="done").values_list("code", flat=True)
    )
    assert len(stories_reports.stories()) == 5


def _stories_are_of_this_house(access) -> None:
    nurse, administrator = (Actor.objects.get(username=n) for n in ("nurse", "administrator"))
    told = stories_flow.stories(nurse)
    assert len(told) == 14
    texts = {what: text for story in told for what, text in story.codes}
    assert texts["the password"] == access.sheets
    assert Patient.objects.filter(mrn=texts["the number"]).exists()
    pages = Client()
    for viewer in (nurse, administrator):
        pages.force_login(viewer, backend=given.BACKEND)
        text = pages.get("/try/").content.decode()
        assert all(story.page in text for story in told)
    stranger = Actor.objects.get(username="nurse")
    stranger.demonstration = False
    assert access.sheets not in str(stories_flow.stories(stranger))
    assert access.sign not in str(stories_flow.stories(stranger))


def _a_day_goes_on(now) -> None:
    """Each step happens through the doors; what cannot be yet is left for the next."""
    with socket.socket() as nobody:  # no listener: registration cannot send
        nobody.bind(("127.0.0.1", 0))
        day = Day(nobody.getsockname()[1], seed=3)
    before = Milestone.objects.count()
    for minutes in (15, 30):
        day.step(now + timedelta(minutes=minutes), 0.0)
    assert Milestone.objects.count() > before
    said = arrival(
        number="1", at=now, family="Duarte", given="Maite", born=1980, sex="F", complaint="Rash"
    )
    assert b"MSA|AA|1" in hl7.answer(said)
    assert Encounter.objects.filter(patient__family="Duarte", complaint="Rash").exists()
