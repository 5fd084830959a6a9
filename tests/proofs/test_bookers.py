"""Appointments under a race and a kill, with real servers and clients: nobody is had twice."""

import http.client
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from hims.access.roles import Role
from hims.actions.schedules import add_service
from hims.bench import hospital, running, scratch
from hims.models import Appointment, Department, Patient, Staff, Zone
from hims.queries.actors import console

ROOT = Path(__file__).resolve().parent.parent.parent
PATH = "/api/flow/appointments/"
PATIENTS, PEOPLE, CLIENTS = 60, 4, 8

pytestmark = [pytest.mark.proof, pytest.mark.timeout(600)]


class Desk:
    """A clinic in a scratch database, and clients that book at its servers."""

    def __init__(self, house):
        self.house = house
        hospital.places()
        self.who = hospital.somebody(Role.RECEPTIONIST)
        self.rooms = list(Zone.objects.filter(kind="office").order_by("pk")[:PEOPLE])
        clinic = Department.objects.create(
            code="OPD", name="Outpatients", kind="outpatient", area=Zone.objects.get(code="IMG")
        )
        add_service(
            actor=console(),
            now=timezone.now(),
            code="CHECK",
            name="Check-up",
            department=clinic,
            minutes=30,
        )
        self.people = [
            Staff.objects.create(number=f"D-{n}", name=f"Doctor {n}") for n in range(PEOPLE)
        ]
        for n in range(PATIENTS):
            Patient.objects.create(mrn=f"MRN-9{n:05}", family="Bench", given=f"Number {n}")
        self.day = timezone.now().replace(hour=9, minute=0, second=0) + timedelta(days=7)

    def booking(self, patient: int, person: int, begins: datetime) -> dict:
        return {
            "patient": f"MRN-9{patient:05}",
            "service": "CHECK",
            "practitioner": f"D-{person}",
            "zone": self.rooms[person].code,
            "begins": begins.isoformat(),
        }

    def post(self, port: int, body: dict, key: str) -> tuple[int, dict]:
        """Status and answer; 0 when the server went away."""
        line = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        headers = self.who.program | {"Content-Type": "application/json", "Idempotency-Key": key}
        try:
            line.request("POST", PATH, json.dumps(body), headers)
            answer = line.getresponse()
            return answer.status, json.loads(answer.read())
        except (OSError, http.client.HTTPException, ValueError):
            return 0, {}
        finally:
            line.close()

    def sound(self) -> None:
        said = subprocess.run(
            [sys.executable, "manage.py", "verify"],
            cwd=ROOT,
            env=self.house.environment,
            capture_output=True,
            text=True,
        )
        assert said.returncode == 0, said.stdout + said.stderr


@pytest.fixture
def desk(django_db_blocker):
    with django_db_blocker.unblock(), scratch.house(lambda text: None) as house:
        yield Desk(house)


def test_of_fifty_programs_at_two_servers_one_gets_the_time(desk, record_property):
    with running.web(desk.house) as one, running.web(desk.house) as two:

        def press(number: int) -> tuple[int, dict]:
            port = (one, two)[number % 2].port
            return desk.post(port, desk.booking(number, 0, desk.day), f"race {number}")

        with ThreadPoolExecutor(50) as pool:
            answers = list(pool.map(press, range(50)))
    statuses = Counter(status for status, _ in answers)
    record_property("figure", f"{statuses[201]} booked, {statuses[409]} told of the other")
    (booked,) = Appointment.objects.all()
    assert statuses == {201: 1, 409: 49}
    others = {said["alternatives"][0]["appointment"] for status, said in answers if status == 409}
    assert others == {str(booked.uid)}
    desk.sound()


def test_a_killed_web_worker_leaves_no_overlap_and_loses_no_booking(desk, record_property):
    chance = random.Random("bookers")
    bodies = [
        desk.booking(
            chance.randrange(PATIENTS),
            chance.randrange(PEOPLE),
            desk.day + timedelta(minutes=10 * chance.randrange(600)),
        )
        for _ in range(600)
    ]
    told: dict[int, tuple[int, dict]] = {}
    with running.web(desk.house) as web, ThreadPoolExecutor(CLIENTS) as pool:
        for number, body in enumerate(bodies):
            pool.submit(
                lambda number=number, body=body: told.__setitem__(
                    number, desk.post(web.port, body, f"kill {number}")
                )
            )
        while len(told) < 200:
            time.sleep(0.01)
        os.kill(web.worker, signal.SIGKILL)
    unanswered = [number for number, (status, _) in told.items() if status == 0]
    with running.web(desk.house) as web:
        for number in unanswered:
            told[number] = desk.post(web.port, bodies[number], f"kill {number}")
    statuses = Counter(status for status, _ in told.values())
    kept = {str(uid) for uid in Appointment.objects.values_list("uid", flat=True)}
    said = {answer["id"] for status, answer in told.values() if status == 201}
    record_property(
        "figure",
        f"{statuses[201]} booked, {statuses[409]} refused, {len(unanswered)} asked again",
    )
    assert unanswered, "the kill must hit something"
    assert set(statuses) == {201, 409}
    assert said == kept
    desk.sound()
