"""Test data: a small emergency department and a ward in the house of tests.given.

    ED (area ED): bay ED-1 with two spaces ED-1-A (monitor) and ED-1-B; hallway space ED-H, closed
    W1 (area W1): ward W1 with two beds W1-1 and W1-2

Everything is ready and clean; nobody is here yet. `arrived` brings a patient.
"""

from dataclasses import dataclass, field
from datetime import datetime

from hims import gate
from hims.actions.encounters import register_visit
from hims.models import Actor, BedSpace, Department, Encounter, Patient, Shift
from hims.queries.actors import console
from tests.given import House


@dataclass
class Flow:
    """Departments and bed spaces by the code that people know them by."""

    departments: dict[str, Department] = field(default_factory=dict)
    spaces: dict[str, BedSpace] = field(default_factory=dict)

    @property
    def ed(self) -> Department:
        return self.departments["ED"]


SPACES = [
    ("ED-1-A", "ED", "ED-1", BedSpace.Kind.TROLLEY, ["monitor"], True),
    ("ED-1-B", "ED", "ED-1", BedSpace.Kind.TROLLEY, [], True),
    ("ED-H", "ED", "COR", BedSpace.Kind.HALLWAY, [], False),
    ("W1-1", "W1", "W1", BedSpace.Kind.BED, ["isolation"], True),
    ("W1-2", "W1", "W1", BedSpace.Kind.BED, [], True),
]


def a_department(house: House, now: datetime | None = None) -> Flow:
    """The department and the ward, with all spaces ready."""
    now = now or house.now
    flow = Flow()
    with gate.opened(gate.Act(name="test.given", actor=console(), now=now)):
        for code, name, kind in (
            ("ED", "Emergency", "emergency"),
            ("W1", "Ward west", "inpatient"),
        ):
            flow.departments[code] = Department.objects.create(
                code=code, name=name, kind=kind, area=house.zones[code]
            )
        for code, department, zone, kind, capabilities, active in SPACES:
            flow.spaces[code] = BedSpace.objects.create(
                code=code,
                name=code,
                department=flow.departments[department],
                zone=house.zones[zone],
                kind=kind,
                capabilities=capabilities,
                active=active,
                state=BedSpace.State.READY,
                since=now,
                evidence_at=now,
            )
    return flow


def on_shift(actor: Actor, department: Department, begins: datetime, ends: datetime) -> Shift:
    """`actor` works in `department` for that time."""
    with gate.opened(gate.Act(name="test.given", actor=console(), now=begins)):
        return Shift.objects.create(
            department=department,
            actor=actor,
            begins_at=begins,
            ends_at=ends,
            planned_by=console(),
        )


def arrived(
    house: House,
    flow: Flow,
    patient: Patient | str = "MRN-777001",
    at: datetime | None = None,
    **asked,
) -> Encounter:
    """A patient arrived in the emergency department at `at` (now), as registered by a nurse."""
    at = at or house.now
    who = house.patients[patient] if isinstance(patient, str) else patient
    asked.setdefault("department", flow.ed)
    asked.setdefault("visit_class", Encounter.Class.EMERGENCY)
    return register_visit(actor=house.nurse, now=at, patient=who, at=at, **asked)
