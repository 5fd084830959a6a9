"""Fifty people claim one bed space, and one patient is put into twenty-two at once, at two real
servers; a lease ends although every process that set it was killed."""

import http.client
import json
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection, transaction
from django.utils import timezone

from hims import gate
from hims.access.roles import Role
from hims.actions.cleaning import call_ready
from hims.actions.encounters import register_visit
from hims.actions.registration import take_patient
from hims.actions.rooms_by_people import reserve
from hims.actions.timers import run_due
from hims.bench import hospital, running, scratch
from hims.models import BedAssignment, BedSpace, Department, Encounter

ROOT = Path(__file__).resolve().parent.parent.parent
FIXTURES = ROOT / "fixtures"
MANY = 50

pytestmark = [pytest.mark.proof, pytest.mark.timeout(600)]


class Ed:
    """The demonstration hospital's rooms in a scratch database, all ready, and many who wait."""

    def __init__(self, house):
        self.house = house
        hospital.places()
        names = ("departments.csv", "bed_spaces.csv")
        hospital.take({name: (FIXTURES / name).read_bytes() for name in names})
        self.who = hospital.somebody(Role.NURSE)
        now = timezone.now()
        for space in BedSpace.objects.filter(department__code="ED", active=True):
            call_ready(actor=self.who.actor, now=now, space=space)
        self.visits = [self._visit(number, now) for number in range(MANY)]

    def _visit(self, number, now):
        patient = registered(self.who.actor, number, now)
        return register_visit(
            actor=self.who.actor,
            now=now,
            patient=patient,
            at=now,
            department=Department.objects.get(code="ED"),
            visit_class=Encounter.Class.EMERGENCY,
        )

    def all_at_once(self, webs, calls):
        """POST each (path, body) over a connection of its own; the statuses."""

        def press(number):
            path, body = calls[number]
            line = http.client.HTTPConnection("127.0.0.1", webs[number % len(webs)].port)
            headers = self.who.program | {"Content-Type": "application/json"}
            line.request("POST", path, json.dumps(body), headers)
            answer = line.getresponse()
            answer.read()
            return answer.status

        with ThreadPoolExecutor(len(calls)) as pool:
            return Counter(pool.map(press, range(len(calls))))

    def sound(self):
        said = subprocess.run(
            [sys.executable, "manage.py", "verify"],
            cwd=ROOT,
            env=self.house.environment,
            capture_output=True,
            text=True,
        )
        assert said.returncode == 0, said.stdout + said.stderr


@pytest.fixture
def ed(django_db_blocker):
    with django_db_blocker.unblock(), scratch.house(lambda text: None) as house:
        yield Ed(house)


def test_of_fifty_who_claim_one_space_one_wins_and_a_patient_put_everywhere_lies_in_one(
    ed, record_property
):
    space = BedSpace.objects.get(code="ED-BAY-01")
    claim = f"/api/flow/bed-spaces/{space.uid}/occupy/"
    free = BedSpace.objects.filter(department__code="ED", active=True).exclude(pk=space.pk)
    with running.web(ed.house) as one, running.web(ed.house) as two:
        claims = [(claim, {"encounter": str(visit.uid)}) for visit in ed.visits]
        told = ed.all_at_once([one, two], claims)
        record_property("figure", f"{told[200]} of {MANY} claims accepted")
        assert told == {200: 1, 409: MANY - 1}
        holder = BedSpace.objects.get(pk=space.pk).encounter
        moved = next(visit for visit in ed.visits if visit.pk != holder.pk)
        moves = [
            (f"/api/flow/bed-spaces/{other.uid}/occupy/", {"encounter": str(moved.uid)})
            for other in free
        ]
        assert set(ed.all_at_once([one, two], moves)) <= {200, 409}
    lies = BedAssignment.objects.filter(patient=moved.patient, status=BedAssignment.Status.ACTIVE)
    assert lies.count() == 1
    ed.sound()


def test_a_lease_ends_though_nothing_ran_when_its_time_came(ed):
    space = BedSpace.objects.get(code="ED-BAY-02")
    now = timezone.now()
    reserve(actor=ed.who.actor, now=now, space=space, encounter=ed.visits[0], minutes=1)
    connection.close()  # whoever set it is gone; hours later the clock comes by
    run_due(now + timedelta(hours=3))
    space.refresh_from_db()
    assert (space.state, space.reserved_until) == (BedSpace.State.READY, None)
    ended = space.events.order_by("-pk").first()
    assert (ended.event, ended.at) == ("lease_over", now + timedelta(minutes=1))
    ed.sound()


def registered(actor, number, now):
    """A patient, as the desk registers one."""
    with transaction.atomic(), gate.opened(gate.Act(name="test.registered", actor=actor, now=now)):
        return take_patient(
            mrn=f"RACE-{number:03}", family="Racer", given=str(number), actor=actor, now=now
        )
