"""A hospital as a folder of CSV files: bytes to typed rows and named faults, and back.

`layout` says which files and columns there are, `cells` reads one value, `sheets` one file,
`reading` the folder with everything that must hold between rows, `writing` the way back.
"""

from .layout import (
    ABSENT,
    AssetRow,
    BuildingRow,
    DoorRow,
    FloorRow,
    GatewayRow,
    Hospital,
    KindRow,
    PatientRow,
    Reject,
    StaffRow,
    ZoneRow,
)
from .reading import read
from .writing import rejects_to_csv, write

__all__ = [
    "ABSENT",
    "AssetRow",
    "BuildingRow",
    "DoorRow",
    "FloorRow",
    "GatewayRow",
    "Hospital",
    "KindRow",
    "PatientRow",
    "Reject",
    "StaffRow",
    "ZoneRow",
    "read",
    "rejects_to_csv",
    "write",
]
