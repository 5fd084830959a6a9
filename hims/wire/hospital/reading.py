"""A folder of CSV files to a Hospital, and everything in it that cannot be taken.

Rows are judged one by one and against each other; a row that leans on a refused row is refused
too, with the line that caused it. What is already stored (`known`) may be referred to.
"""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from typing import Any

from shapely.geometry.base import BaseGeometry

from . import bearers, flow, places, report_rules, stock
from .cells import Bad
from .layout import (
    NEIGHBOURS,
    RECORDING,
    SHEETS,
    BuildingRow,
    DoorRow,
    FloorRow,
    Hospital,
    Words,
)
from .rows import ABSENT, Reject, Sheet
from .sheets import lines
from .stock_layout import PackRow

DEFAULTED = {"name", "level", "kind", "state", "sex", "unit", "base_per_unit", "storage"} | {
    *("high_alert", "carries_expiry", "scan_required", "active", "on_formulary", "each")
}
"""Columns in which an empty cell says nothing, rather than "none"."""


def read(
    contents: dict[str, bytes],
    *,
    folder: str,
    known: Hospital,
    words: Words,
    address: Callable[[str], str],
    today: date,
) -> tuple[Hospital, list[Reject]]:
    """The good rows of a folder and its rejects, in the order of files and lines.

    contents: file name -> bytes. folder: its name, which names the building of a recording that
    has no buildings.csv. known: what is stored already. address: one spelling for radio
    addresses. today: no birth date lies behind it.
    """
    reading = Reading(known, words, address, today)
    for file in sorted(contents):
        reading.hospital.digests[file] = hashlib.sha256(contents[file]).hexdigest()
        if file not in {sheet.file for sheet in SHEETS.values()} | {NEIGHBOURS} | RECORDING:
            reading.reject(file, 1, "this file is not part of a hospital; take it out")
    derived = _derived(contents, folder, reading)
    for sheet in SHEETS.values():
        if sheet.file in contents:
            reading.take(sheet, sheet.file, contents[sheet.file], derived)
        if sheet.row is DoorRow and NEIGHBOURS in contents:
            reading.take(sheet, NEIGHBOURS, contents[NEIGHBOURS], derived)
        if sheet.row is FloorRow:
            places.derive_floors(reading, contents, derived)
    if not reading.hospital.zones and not known.zones and not reading.rejects:
        reading.reject("zones.csv", 1, "the file is missing: a hospital needs its rooms")
    order = {sheet.file: number for number, sheet in enumerate(SHEETS.values())}
    order[NEIGHBOURS] = order["doors.csv"]
    reading.rejects.sort(key=lambda reject: (order.get(reject.file, 99), reject.line))
    return reading.hospital, reading.rejects


class Reading:
    """One folder being read: what is good so far, what is not, and what is stored already."""

    def __init__(
        self, known: Hospital, words: Words, address: Callable[[str], str], today: date
    ) -> None:
        self.hospital = Hospital()
        self.known = known
        self.words = words
        self.address = address
        self.today = today
        self.rejects: list[Reject] = []
        self.refused: dict[tuple[str, Any], tuple[str, int]] = {}
        self.claimed: dict[tuple[str, str], str] = {}
        self.texts: dict[tuple[str, int], str] = {}
        self.outlines: dict[tuple[str, str], BaseGeometry] | None = None
        self.gtins: dict[str, PackRow] | None = None
        self.ingredients: dict[str, str] | None = None

    def reject(self, file: str, line: int, reason: str) -> None:
        self.rejects.append(Reject(file, line, reason, self.texts.get((file, line), "")))

    def remark(self, file: str, line: int, reason: str) -> None:
        """Say that a row looks odd, though it is taken."""
        text = self.texts.get((file, line), "")
        self.hospital.remarks.append(Reject(file, line, reason, text))

    def find(self, sheet: str, key: Any) -> Any:
        """The row of that key, from the folder or from what is stored; None if there is none."""
        return self.hospital.rows(sheet).get(key) or self.known.rows(sheet).get(key)

    def need(self, sheet: str, key: Any, what: str) -> Any:
        """The row of that key, or Bad: it is not known, or was itself refused."""
        row = self.find(sheet, key)
        if row is not None:
            return row
        shown = " ".join(key) if isinstance(key, tuple) else key
        if (sheet, key) in self.refused:
            file, line = self.refused[sheet, key]
            raise Bad(f"{what} {shown!r} was refused ({file} line {line})")
        raise Bad(f"{what} {shown!r} is not known")

    def claim(self, what: str, value: str, owner: str) -> None:
        """Take something that only one row may hold, or Bad naming who holds it."""
        holder = self.claimed.setdefault((what, value), owner)
        if holder != owner:
            raise Bad(f"{what} {value!r} is used twice: also by {holder}")

    def take(self, sheet: Sheet, file: str, content: bytes, derived: str | None) -> None:
        """Read one file and keep its good rows."""
        name = next(name for name, each in SHEETS.items() if each is sheet)
        kept = self.hospital.rows(name)
        seen: dict[Any, int] = {}
        for row in self.parsed(sheet, file, content, derived):
            if file == NEIGHBOURS and row.key in kept:
                continue
            try:
                checked = CHECKS[name](self, row)
                if checked.key in seen:
                    line = seen[checked.key]
                    raise Bad(f"{_shown(checked.key)} stands here twice: also on line {line}")
                seen[checked.key] = row.line
                kept[checked.key] = checked
            except Bad as bad:
                self.refuse(name, file, row, str(bad))
        if name in TOGETHER:
            TOGETHER[name](self, file)

    def refuse(self, name: str, file: str, row: Any, reason: str) -> None:
        self.reject(file, row.line, reason)
        if (name, row.key) not in self.refused and row.key not in self.hospital.rows(name):
            self.refused[name, row.key] = (file, row.line)

    def parsed(self, sheet: Sheet, file: str, content: bytes, derived: str | None) -> Iterator[Any]:
        """Rows whose every cell could be read, each still to be checked against the others."""
        name = next(name for name, each in SHEETS.items() if each is sheet)
        for line in lines(file, content, sheet, self.rejects):
            self.texts[file, line.number] = line.text
            values: dict[str, Any] = {}
            faults = []
            for column, cell in line.cells.items():
                if not cell and column in DEFAULTED and column not in sheet.needed:
                    continue
                try:
                    values[column] = sheet.columns[column](cell)
                except Bad as bad:
                    faults.append(f"{column} {bad}")
            if "building" in sheet.columns and not values.get("building"):
                building = derived or self.only_building()
                if building and (values.get("floor") or sheet.row is not FloorRow):
                    values["building"] = building
                    faults = [fault for fault in faults if not fault.startswith("building ")]
                elif "building" not in values and name != "gateways":
                    faults.append("building is not given")
            try:
                if not faults:
                    row = sheet.row(**values, line=line.number)
                    yield places.in_order(row) if sheet.row is DoorRow else row
                    continue
            except TypeError:
                faults.append("the row lacks what names it")
            self.reject(file, line.number, "; ".join(faults))
            self._remember_refused(name, sheet, file, values, line.number)

    def _remember_refused(
        self, name: str, sheet: Sheet, file: str, values: dict[str, Any], line: int
    ) -> None:
        key: Any
        if sheet.row is FloorRow:
            key = (values.get("building"), values.get("floor"))
        else:
            key = values.get(sheet.needed[0])
        self.refused.setdefault((name, key), (file, line))

    def only_building(self) -> str | None:
        """The building of a hospital that has one only; rows then need not name it."""
        every = dict.fromkeys([*self.hospital.buildings, *self.known.buildings])
        return next(iter(every)) if len(every) == 1 else None


def _derived(contents: dict[str, bytes], folder: str, reading: Reading) -> str | None:
    """The building that a recording's rows belong to, named after its folder."""
    if "buildings.csv" in contents or "zones.csv" not in contents:
        return None
    first = contents["zones.csv"][:4096].split(b"\n", 1)[0].decode("utf-8", "replace").lower()
    if "building" in first:
        return None
    code = folder.strip()[:40] or "building"
    reading.hospital.buildings[code] = BuildingRow(code)
    return code


def _shown(key: Any) -> str:
    return " – ".join(key) if isinstance(key, tuple) else repr(key)


def _as_is(reading: Reading, row: Any) -> Any:
    return row


def _floor(reading: Reading, row: FloorRow) -> FloorRow:
    reading.need("buildings", row.building, "building")
    if row.level is ABSENT and reading.find("floors", row.key) is None:
        return replace(row, level=places.level_of(row.floor))
    return row


CHECKS: dict[str, Callable[[Reading, Any], Any]] = {
    "buildings": _as_is,
    "floors": _floor,
    "zones": places.check_zone,
    "doors": places.check_door,
    "gateways": places.check_gateway,
    "kinds": _as_is,
    "assets": bearers.check_asset,
    "staff": bearers.check_staff,
    "patients": bearers.check_patient,
    **stock.CHECKS,
    **flow.CHECKS,
    **report_rules.CHECKS,
}
TOGETHER: dict[str, Callable[[Reading, str], None]] = {
    "zones": places.check_together,
    **stock.TOGETHER,
}
