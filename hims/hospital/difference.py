"""What a hospital folder would change: rows that are new, and rows that say something else."""

from dataclasses import dataclass, field
from typing import Any

from hims.wire.hospital import ABSENT, Hospital
from hims.wire.hospital.layout import SHEETS


@dataclass
class Difference:
    """Of one sheet: new rows, and changed ones with the columns that differ."""

    new: list[Any] = field(default_factory=list)
    changed: list[tuple[Any, list[str]]] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.new or self.changed)


def difference(wanted: Hospital, stored: Hospital) -> dict[str, Difference]:
    """Sheet name -> what `wanted` says beyond or against `stored`; absent cells say nothing."""
    found = {}
    for name, sheet in SHEETS.items():
        differs = found[name] = Difference()
        there = stored.rows(name)
        for key, row in wanted.rows(name).items():
            if key not in there:
                differs.new.append(row)
                continue
            columns = [
                column
                for column in sheet.columns
                if getattr(row, column) is not ABSENT
                and getattr(row, column) != getattr(there[key], column)
            ]
            if columns:
                differs.changed.append((row, columns))
    return found


ONE = {
    **{name: name.removesuffix("s").replace("_", " ") for name in SHEETS},
    "kinds": "kind of asset",
    "staff": "member of staff",
}
MANY = {"kinds": "kinds of asset", "staff": "members of staff"}


def in_words(found: dict[str, Difference]) -> str:
    """ "135 new zones, 1 changed asset", or "nothing"."""
    parts = []
    for name, differs in found.items():
        for count, how in ((len(differs.new), "new"), (len(differs.changed), "changed")):
            if count:
                parts.append(f"{count} {how} {counted(name, count)}")
    return ", ".join(parts) or "nothing"


def counted(name: str, count: int) -> str:
    """What the rows of a sheet are called when there are so many."""
    return ONE[name] if count == 1 else MANY.get(name, name.replace("_", " "))
