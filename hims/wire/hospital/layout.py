"""Which files a hospital folder has, which columns each has, and the typed rows they become."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from . import cells
from .flow_layout import FLOW_SHEETS, BedSpaceRow, DepartmentRow
from .report_layout import REPORT_SHEETS, ReportRuleRow
from .rows import ABSENT, Absent, Reject, Sheet, at_line
from .stock_layout import (
    STOCK_SHEETS,
    IngredientRow,
    MedicineRow,
    PackRow,
    ParRow,
    ProductRow,
    StockPlaceRow,
    SupplierRow,
)


@dataclass(frozen=True, slots=True)
class BuildingRow:
    building: str
    name: str | Absent = ABSENT
    line: int = at_line()

    @property
    def key(self) -> str:
        return self.building


@dataclass(frozen=True, slots=True)
class FloorRow:
    """`level` is the storey as a whole number, 0 for the ground."""

    building: str
    floor: str
    name: str | Absent = ABSENT
    level: int | Absent = ABSENT
    line: int = at_line()

    @property
    def key(self) -> tuple[str, str]:
        return self.building, self.floor


@dataclass(frozen=True, slots=True)
class ZoneRow:
    """`area` is the code of the zone this one belongs to; `polygon` is WKT in metres, or ""."""

    zone: str
    building: str
    floor: str
    name: str | Absent = ABSENT
    kind: str | Absent = ABSENT
    capacity: int | Absent | None = ABSENT
    area: str | Absent = ABSENT
    polygon: str | Absent = ABSENT
    line: int = at_line()

    @property
    def key(self) -> str:
        return self.zone


@dataclass(frozen=True, slots=True)
class DoorRow:
    """A way between two zones, in alphabetical order. Seconds to pass; x and y in metres."""

    zone: str
    neighbour: str
    kind: str = "door"
    seconds: float | Absent | None = ABSENT
    x: float | Absent | None = ABSENT
    y: float | Absent | None = ABSENT
    line: int = at_line()

    @property
    def key(self) -> tuple[str, str, str]:
        return self.zone, self.neighbour, self.kind


@dataclass(frozen=True, slots=True)
class GatewayRow:
    """`gateway` is the radio address; x, y and z are metres on its floor, z above that floor."""

    gateway: str
    name: str | Absent = ABSENT
    building: str | Absent = ABSENT
    floor: str | Absent = ABSENT
    zone: str | Absent = ABSENT
    x: float | Absent | None = ABSENT
    y: float | Absent | None = ABSENT
    z: float | Absent | None = ABSENT
    line: int = at_line()

    @property
    def key(self) -> str:
        return self.gateway


@dataclass(frozen=True, slots=True)
class KindRow:
    kind: str
    name: str | Absent = ABSENT
    line: int = at_line()

    @property
    def key(self) -> str:
        return self.kind


@dataclass(frozen=True, slots=True)
class AssetRow:
    asset: str
    kind: str
    name: str | Absent = ABSENT
    serial: str | Absent = ABSENT
    home: str | Absent = ABSENT
    state: str | Absent = ABSENT
    service_due_on: date | Absent | None = ABSENT
    tag: tuple[str, ...] | Absent = ABSENT
    line: int = at_line()

    @property
    def key(self) -> str:
        return self.asset


@dataclass(frozen=True, slots=True)
class StaffRow:
    staff: str
    name: str
    profession: str | Absent = ABSENT
    ward: str | Absent = ABSENT
    username: str | Absent = ABSENT
    roles: tuple[str, ...] | Absent = ABSENT
    badge: str | Absent = ABSENT
    tag: tuple[str, ...] | Absent = ABSENT
    line: int = at_line()

    @property
    def key(self) -> str:
        return self.staff


@dataclass(frozen=True, slots=True)
class PatientRow:
    patient: str
    family: str
    given: str | Absent = ABSENT
    birth_date: date | Absent | None = ABSENT
    sex: str | Absent = ABSENT
    tag: tuple[str, ...] | Absent = ABSENT
    line: int = at_line()

    @property
    def key(self) -> str:
        return self.patient


SHEETS: dict[str, Sheet] = {
    "buildings": Sheet(
        "buildings.csv",
        BuildingRow,
        {"building": cells.code(40), "name": cells.text(120)},
        ("building",),
    ),
    "floors": Sheet(
        "floors.csv",
        FloorRow,
        {
            "building": cells.code(40),
            "floor": cells.code(40),
            "name": cells.text(120),
            "level": cells.whole(-30, 300),
        },
        ("floor",),
    ),
    "zones": Sheet(
        "zones.csv",
        ZoneRow,
        {
            "zone": cells.code(60),
            "building": cells.code(40),
            "floor": cells.code(40),
            "name": cells.text(120),
            "kind": cells.word,
            "capacity": cells.maybe(cells.whole(0, 32_767)),
            "area": cells.text(60),
            "polygon": cells.polygon,
        },
        ("zone", "floor"),
    ),
    "doors": Sheet(
        "doors.csv",
        DoorRow,
        {
            "zone": cells.code(60),
            "neighbour": cells.code(60),
            "kind": cells.word,
            "seconds": cells.maybe(cells.number(0, 3600)),
            "x": cells.maybe(cells.metres),
            "y": cells.maybe(cells.metres),
        },
        ("zone", "neighbour"),
    ),
    "gateways": Sheet(
        "gateways.csv",
        GatewayRow,
        {
            "gateway": cells.code(64),
            "name": cells.text(120),
            "building": cells.text(40),
            "floor": cells.text(40),
            "zone": cells.text(60),
            "x": cells.maybe(cells.metres),
            "y": cells.maybe(cells.metres),
            "z": cells.maybe(cells.number(-10, 60)),
        },
        ("gateway",),
    ),
    "kinds": Sheet(
        "kinds.csv",
        KindRow,
        {"kind": cells.code(40), "name": cells.text(120)},
        ("kind",),
    ),
    "assets": Sheet(
        "assets.csv",
        AssetRow,
        {
            "asset": cells.code(60),
            "kind": cells.code(40),
            "name": cells.text(160),
            "serial": cells.text(80),
            "home": cells.text(60),
            "state": cells.word,
            "service_due_on": cells.maybe(cells.day),
            "tag": cells.several,
        },
        ("asset", "kind"),
    ),
    "staff": Sheet(
        "staff.csv",
        StaffRow,
        {
            "staff": cells.code(40),
            "name": cells.filled(160),
            "profession": cells.text(80),
            "ward": cells.text(60),
            "username": cells.username,
            "roles": cells.several,
            "badge": cells.text(64),
            "tag": cells.several,
        },
        ("staff", "name"),
    ),
    "patients": Sheet(
        "patients.csv",
        PatientRow,
        {
            "patient": cells.code(40),
            "family": cells.filled(120),
            "given": cells.text(120),
            "birth_date": cells.maybe(cells.day),
            "sex": cells.word,
            "tag": cells.several,
        },
        ("patient", "family"),
    ),
    **STOCK_SHEETS,
    **FLOW_SHEETS,
    **REPORT_SHEETS,
}

NEIGHBOURS = "neighbours.csv"
"""Doors as a labelled recording names them; read like doors.csv."""

RECORDING = {"survey_readings.csv", "survey_truth.csv", "readings.csv", "truth.csv"}
"""Files of a labelled recording that say nothing about the hospital."""


@dataclass
class Hospital:
    """The good rows of a folder (or all rows of the database), by key, in the order given.

    `digests` names the files read, with the SHA-256 of each, for the audit trail. `remarks` are
    about rows that are taken and look odd.
    """

    buildings: dict[str, BuildingRow] = field(default_factory=dict)
    floors: dict[tuple[str, str], FloorRow] = field(default_factory=dict)
    zones: dict[str, ZoneRow] = field(default_factory=dict)
    doors: dict[tuple[str, str, str], DoorRow] = field(default_factory=dict)
    gateways: dict[str, GatewayRow] = field(default_factory=dict)
    kinds: dict[str, KindRow] = field(default_factory=dict)
    assets: dict[str, AssetRow] = field(default_factory=dict)
    staff: dict[str, StaffRow] = field(default_factory=dict)
    patients: dict[str, PatientRow] = field(default_factory=dict)
    suppliers: dict[str, SupplierRow] = field(default_factory=dict)
    products: dict[str, ProductRow] = field(default_factory=dict)
    packs: dict[tuple[str, str], PackRow] = field(default_factory=dict)
    stock_places: dict[str, StockPlaceRow] = field(default_factory=dict)
    par_levels: dict[tuple[str, str], ParRow] = field(default_factory=dict)
    ingredients: dict[str, IngredientRow] = field(default_factory=dict)
    medicines: dict[str, MedicineRow] = field(default_factory=dict)
    departments: dict[str, DepartmentRow] = field(default_factory=dict)
    bed_spaces: dict[str, BedSpaceRow] = field(default_factory=dict)
    report_rules: dict[tuple[str, str], ReportRuleRow] = field(default_factory=dict)
    digests: dict[str, str] = field(default_factory=dict)
    remarks: list[Reject] = field(default_factory=list)

    def __str__(self) -> str:
        return ", ".join(f"{name} {digest}" for name, digest in sorted(self.digests.items()))

    def rows(self, sheet: str) -> dict[Any, Any]:
        """The rows of one sheet of SHEETS, by key."""
        return getattr(self, sheet)

    def counts(self) -> dict[str, int]:
        """Sheet -> how many rows, of the sheets that have any."""
        return {sheet: len(self.rows(sheet)) for sheet in SHEETS if self.rows(sheet)}


@dataclass(frozen=True)
class Words:
    """The words a hospital may use, as the database knows them."""

    zone_kinds: frozenset[str]
    door_kinds: frozenset[str]
    states: frozenset[str]
    sexes: frozenset[str]
    roles: frozenset[str]
    storages: frozenset[str] = frozenset()
    stock_place_kinds: frozenset[str] = frozenset()
    department_kinds: frozenset[str] = frozenset()
    bed_space_kinds: frozenset[str] = frozenset()
    capabilities: frozenset[str] = frozenset()
    comparisons: frozenset[str] = frozenset()
    report_figures: Mapping[str, frozenset[str]] = field(default_factory=dict)
