"""What must hold of departments and bed spaces of a hospital folder."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from .cells import Bad
from .flow_layout import BedSpaceRow, DepartmentRow
from .places import one_of
from .rows import ABSENT

if TYPE_CHECKING:
    from .reading import Reading


def check_department(reading: "Reading", row: DepartmentRow) -> DepartmentRow:
    there = reading.known.departments.get(row.department)
    if row.kind is not ABSENT:
        one_of(row.kind, reading.words.department_kinds, "kind")
    elif there is None:
        raise Bad("kind is not given")
    if row.area:
        reading.need("zones", row.area, "area")
        reading.claim("area", row.area, f"the department {row.department}")
        for other in reading.known.departments.values():
            moved = reading.hospital.departments.get(other.department)
            if other.department != row.department and (moved or other).area == row.area:
                raise Bad(f"area {row.area!r} belongs to the department {other.department}")
    elif there is None or row.area is not ABSENT:
        raise Bad("area is not given: where are its rooms?")
    return row


def check_bed_space(reading: "Reading", row: BedSpaceRow) -> BedSpaceRow:
    there = reading.known.bed_spaces.get(row.bed_space)
    for sheet, value, what in (
        ("departments", row.department, "department"),
        ("zones", row.zone, "zone"),
    ):
        if value:
            reading.need(sheet, value, what)
        elif there is None or value is not ABSENT:
            raise Bad(f"{what} is not given")
    if row.kind is not ABSENT:
        one_of(row.kind, reading.words.bed_space_kinds, "kind")
    for word in row.capabilities or ():
        one_of(word, reading.words.capabilities, "capability")
    return row


CHECKS: dict[str, Callable[["Reading", Any], Any]] = {
    "departments": check_department,
    "bed_spaces": check_bed_space,
}
