"""One of each thing that is kept of a patient, for the walk over all addresses."""

from collections.abc import Callable
from typing import Any

from hims.actions import glass, records, shifts
from hims.actions.merging import merge
from hims.models import (
    BreakGlass,
    CareTeamMember,
    Department,
    Document,
    PatientContact,
    PatientMerge,
    Shift,
)
from tests.given import House

from .taking import taken

# the folder before an identifier in an address -> what it is about
SUBJECTS: dict[str, Callable[[House], Any]] = {
    "documents": lambda house: Document.objects.get(),
    "contacts": lambda house: PatientContact.objects.get(),
    "team": lambda house: CareTeamMember.objects.get(),
    "merges": lambda house: PatientMerge.objects.get(),
    "glass": lambda house: BreakGlass.objects.get(),
    "shifts": lambda house: Shift.objects.get(actor=house.porter),
}


def kept_of(house: House) -> None:
    """A document, a contact, a team of one, a merged record, a record opened in need and closed
    again, and a porter on shift."""
    by = {"actor": house.charge_nurse, "now": house.now}
    patient = house.patients["MRN-777001"]
    records.add_document(**by, patient=patient, title="Letter", text="All is well.")
    records.add_contact(**by, patient=patient, name="Ada", phone="555")
    records.join_care_team(**by, patient=patient, person=house.charge_nurse)
    merge(
        actor=house.receptionist,
        now=house.now,
        merged=taken(house, family="Twice"),
        kept=patient,
        reason="the same passport",
    )
    broken = glass.break_glass(
        actor=house.physician,
        now=house.now,
        patient=house.patients["MRN-777002"],
        why="emergency",
        text="found collapsed in the corridor",
    )
    glass.end_glass(actor=house.physician, now=house.now, glass=broken)
    theatre, _ = Department.objects.get_or_create(
        code="OR", defaults={"name": "Theatre", "kind": "theatre", "area": house.zones["OR1"]}
    )
    shifts.begin_shift(actor=house.porter, now=house.now, department=theatre)
