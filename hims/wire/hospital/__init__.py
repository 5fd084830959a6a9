"""A hospital as a folder of CSV files: bytes to typed rows and named faults, and back.

`layout` says which files and columns there are, `cells` reads one value, `sheets` one file,
`reading` the folder with everything that must hold between rows, `writing` the way back.
"""

from .flow_layout import BedSpaceRow, DepartmentRow
from .layout import (
    AssetRow,
    BuildingRow,
    DoorRow,
    FloorRow,
    GatewayRow,
    Hospital,
    KindRow,
    PatientRow,
    StaffRow,
    ZoneRow,
)
from .reading import read
from .report_layout import ReportRuleRow
from .rows import ABSENT, Reject
from .stock_layout import (
    IngredientRow,
    MedicineRow,
    PackRow,
    ParRow,
    ProductRow,
    StockPlaceRow,
    SupplierRow,
)
from .writing import rejects_to_csv, write

__all__ = [
    "ABSENT",
    "AssetRow",
    "BedSpaceRow",
    "BuildingRow",
    "DepartmentRow",
    "DoorRow",
    "FloorRow",
    "GatewayRow",
    "Hospital",
    "IngredientRow",
    "KindRow",
    "MedicineRow",
    "PackRow",
    "ParRow",
    "PatientRow",
    "ProductRow",
    "Reject",
    "ReportRuleRow",
    "StaffRow",
    "StockPlaceRow",
    "SupplierRow",
    "ZoneRow",
    "read",
    "rejects_to_csv",
    "write",
]
