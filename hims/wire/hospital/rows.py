"""What every sheet of a hospital folder is made of: columns, rows, cells left out, rejects."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final, Literal


class Absent(Enum):
    """The file does not speak of this; what is stored stays as it is."""

    ABSENT = "absent"

    def __bool__(self) -> Literal[False]:
        return False


ABSENT: Final = Absent.ABSENT


def at_line() -> Any:
    """The field of a row that says where it stands in its file; rows are compared without it."""
    return field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Reject:
    """Why a row (or, without `row`, something of a whole file) is not taken."""

    file: str
    line: int
    reason: str
    row: str = ""


@dataclass(frozen=True)
class Sheet:
    """One file: its row type, its columns with what reads each, and which columns it must have.

    A cell of a `listed` column holds several names, apart by semicolons.
    """

    file: str
    row: type
    columns: dict[str, Callable[[str], Any]]
    needed: tuple[str, ...]
    listed: frozenset[str] = frozenset()
