"""The board of a large department: its query beside its own SQL, and from a change to the rows that
an open board shows: web server and PostgreSQL as real processes, the event over HTTP.
"""

import http.client
import json
import threading
import time
from datetime import datetime, timedelta
from queue import Empty, Queue

from django.core.management.base import CommandError
from django.db import transaction
from django.utils import timezone

from hims import gate
from hims.access.roles import Role
from hims.actions.milestones import say_milestone
from hims.actions.rooms_by_people import away, back
from hims.bench import hospital, running
from hims.bench.compared import BARE, query_ms
from hims.bench.figures import Figure, quantile
from hims.bench.scratch import House, Say
from hims.domain.rooms import State
from hims.models import (
    Actor,
    BedAssignment,
    BedSpace,
    Department,
    Encounter,
    Milestone,
    Patient,
    Shift,
    Zone,
)
from hims.queries.actors import console
from hims.queries.board import board

GATHERS_S = 0.15  # so long the page gathers what changed before it asks for the rows
PATIENCE_S = 10.0
KINDS = ("arrival", "triage_start", "triage_end", "in_room", "provider", "results", "disposition")


def measure(
    house: House,
    say: Say,
    *,
    patients: int = 200,
    spaces: int = 80,
    changes: int = 100,
    times: int = 40,
) -> list[Figure]:
    """Milliseconds of the board's query, and seconds from a press to the rows of another screen."""
    say(f"A department with {patients} patients and {spaces} spaces")
    nurse = hospital.somebody(Role.CHARGE_NURSE)
    department = _department(nurse.actor, patients, spaces)
    now = timezone.now()
    ours, bare = query_ms(
        house, lambda: board(viewer=nurse.actor, department=department, now=now), times
    )
    with running.web(house) as web:
        screen = _Screen(web.port, nurse.browser, department)
        say(f"{changes} presses, each followed to an open board")
        screen.open()
        visits = list(
            Encounter.objects.filter(department=department, milestones__kind="in_room")
            .exclude(milestones__kind="provider")
            .select_related("department")[:changes]
        )
        rows = [screen.follow(_seen_by_doctor(nurse.actor, visit)) for visit in visits]
        beds = BedSpace.objects.filter(department=department, state=State.OCCUPIED)
        whole = [
            screen.follow(_away_or_back(nurse.actor, space))
            for space in beds.order_by("pk")[: max(2, changes // 2)]
        ]
        screen.whole()
        screen.close()
    return [
        Figure("board_query_ms", ours, "ms", BARE, bare),
        Figure("board_change_p50_s", quantile(rows, 0.5), "s", "gathering alone", GATHERS_S),
        Figure("board_change_p95_s", quantile(rows, 0.95), "s", "allowed", 1.0),
        Figure("board_room_change_p95_s", quantile(whole, 0.95), "s", "allowed", 1.0),
        Figure("board_rows_sent_kb", screen.bytes / 1024, "kB", "whole board", screen.most / 1024),
    ]


class _Screen:
    """An open board: one event stream, and the rows asked for when something happened."""

    def __init__(self, port: int, headers: dict[str, str], department: Department) -> None:
        self.port, self.headers = port, headers
        self.path = f"/flow/rows/?department={department.code}"
        self.heard: Queue[tuple[str, str]] = Queue()
        self.bytes = self.most = 0
        self._stream = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self._asking = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

    def open(self) -> None:
        self._stream.request("GET", "/api/events/", headers=self.headers)
        answer = self._stream.getresponse()
        if answer.status != 200:
            raise CommandError(f"the event stream was answered {answer.status}")
        threading.Thread(target=self._listen, args=(answer,), daemon=True).start()
        time.sleep(1.0)

    def close(self) -> None:
        if self._stream.sock:
            self._stream.sock.close()
        self._asking.close()

    def _listen(self, answer: http.client.HTTPResponse) -> None:
        try:
            for line in iter(answer.readline, b""):
                if line.startswith(b"data:"):
                    told = json.loads(line[5:])
                    for row in told.get("rows", []):
                        self.heard.put((told.get("kind", ""), row.get("id", "")))
        except (OSError, ValueError, AttributeError):
            return  # the stream was closed

    def whole(self) -> None:
        """Ask for all rows, as a page does every half minute."""
        self._asking.request("GET", self.path, headers=self.headers)
        self.most = len(self._asking.getresponse().read())

    def follow(self, press) -> float:
        """Seconds from the press to the rows that show it: the commit, the event, gathering, the
        question and its whole answer."""
        while not self.heard.empty():
            self.heard.get_nowait()
        begun = time.monotonic()
        press()
        try:
            kind, told = self.heard.get(timeout=PATIENCE_S)
        except Empty:
            raise CommandError("the change was not heard on the event stream") from None
        time.sleep(GATHERS_S)
        path = f"{self.path}&only={told}" if kind in ("encounter", "room") else self.path
        self._asking.request("GET", path, headers=self.headers)
        answer = self._asking.getresponse()
        body = answer.read()
        if answer.status != 200 or b"data-row" not in body:
            raise CommandError(f"{path} was answered {answer.status}")
        self.bytes = len(body)
        return time.monotonic() - begun


def _seen_by_doctor(actor: Actor, visit: Encounter):
    def press() -> None:
        say_milestone(actor=actor, now=timezone.now(), encounter=visit, kind="provider")

    return press


def _away_or_back(actor: Actor, space: BedSpace):
    def press() -> None:
        now = timezone.now()
        if space.assignments.filter(status="active", away_since=None).exists():
            away(actor=actor, now=now, space=space, to="Imaging")
        else:
            back(actor=actor, now=now, space=space)

    return press


def _department(nurse: Actor, patients: int, spaces: int) -> Department:
    """A department written straight into the database: who is here has what a visit has by then."""
    hospital.places()
    area = Zone.objects.filter(kind=Zone.Kind.AREA).first() or Zone.objects.first()
    room = Zone.objects.exclude(pk=area.pk).first()
    now = timezone.now()
    with transaction.atomic(), gate.opened(gate.Act(name="bench", actor=console(), now=now)):
        found = Department.objects.create(
            code="BENCH", name="Large", kind=Department.Kind.EMERGENCY, area=area
        )
        Shift.objects.create(
            department=found,
            actor=nurse,
            begins_at=now - timedelta(hours=1),
            ends_at=now + timedelta(hours=8),
            planned_by=console(),
        )
        people = Patient.objects.bulk_create(
            Patient(mrn=f"BENCH-{n}", family=f"Family{n}", given="Bench", birth_date="1950-05-05")
            for n in range(patients)
        )
        visits = Encounter.objects.bulk_create(
            Encounter(
                patient=one,
                department=found,
                visit_class="EMER",
                status="in-progress" if n % 3 else "triaged",
                ticket=f"{n:03}",
                complaint="chest pain",
                acuity=n % 5 + 1,
                started_at=now - timedelta(minutes=n % 300),
            )
            for n, one in enumerate(people)
        )
        Milestone.objects.bulk_create(
            _milestone(visit, kind, now - timedelta(minutes=n % 300 - step), now)
            for n, visit in enumerate(visits)
            for step, kind in enumerate(KINDS[: (3, 4, 4)[n % 3]])
        )
        lying = [visit for visit in visits if visit.status == "in-progress"]
        beds = BedSpace.objects.bulk_create(
            _space(found, room, n, lying[n] if n < min(len(lying), spaces * 3 // 4) else None, now)
            for n in range(spaces)
        )
        BedAssignment.objects.bulk_create(
            BedAssignment(
                encounter=bed.encounter,
                patient=bed.encounter.patient,
                bed_space=bed,
                status=BedAssignment.Status.ACTIVE,
                period=(now - timedelta(minutes=30), None),
                assigned_by=console(),
            )
            for bed in beds
            if bed.encounter
        )
    return found


def _milestone(visit: Encounter, kind: str, at: datetime, now: datetime) -> Milestone:
    return Milestone(
        encounter=visit, kind=kind, at=at, recorded_at=now, source="tap", actor=console()
    )


def _space(
    department: Department, room: Zone, number: int, visit: Encounter | None, now: datetime
) -> BedSpace:
    free = (State.READY, State.DIRTY, State.VACATED)[number % 3]
    return BedSpace(
        department=department,
        zone=room,
        code=f"BENCH-{number}",
        name=f"Bay {number}",
        state=State.OCCUPIED if visit else free,
        encounter=visit,
        capabilities=["monitor"] if number % 2 else [],
        since=now - timedelta(minutes=30),
        evidence_at=now - timedelta(minutes=number),
    )
