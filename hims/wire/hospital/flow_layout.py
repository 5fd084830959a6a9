"""The files of departments and their bed spaces, and the typed rows they become."""

from dataclasses import dataclass

from . import cells
from .rows import ABSENT, Absent, Sheet, at_line


@dataclass(frozen=True, slots=True)
class DepartmentRow:
    """`area` is the code of the zone whose rooms the department has."""

    department: str
    name: str | Absent = ABSENT
    kind: str | Absent = ABSENT
    area: str | Absent = ABSENT
    active: bool | Absent = ABSENT
    line: int = at_line()

    @property
    def key(self) -> str:
        return self.department


@dataclass(frozen=True, slots=True)
class BedSpaceRow:
    """A place for one patient in the room `zone`; a space that is not active is opened when it is
    needed. What state it is in is no matter of a file."""

    bed_space: str
    name: str | Absent = ABSENT
    department: str | Absent = ABSENT
    zone: str | Absent = ABSENT
    kind: str | Absent = ABSENT
    capabilities: tuple[str, ...] | Absent = ABSENT
    active: bool | Absent = ABSENT
    line: int = at_line()

    @property
    def key(self) -> str:
        return self.bed_space


FLOW_SHEETS: dict[str, Sheet] = {
    "departments": Sheet(
        "departments.csv",
        DepartmentRow,
        {
            "department": cells.code(40),
            "name": cells.text(120),
            "kind": cells.word,
            "area": cells.text(60),
            "active": cells.yes_or_no,
        },
        ("department",),
    ),
    "bed_spaces": Sheet(
        "bed_spaces.csv",
        BedSpaceRow,
        {
            "bed_space": cells.code(60),
            "name": cells.text(80),
            "department": cells.text(40),
            "zone": cells.text(60),
            "kind": cells.word,
            "capabilities": cells.several,
            "active": cells.yes_or_no,
        },
        ("bed_space",),
    ),
}
