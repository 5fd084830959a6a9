"""Which table each sheet of a hospital folder goes into, and which column into which attribute."""

from typing import Any

from hims.models import (
    BedSpace,
    Building,
    Department,
    Door,
    Floor,
    Patient,
    ReportRule,
    Staff,
    Zone,
)
from inventory.models import Asset, AssetKind, Pack, Par, Product, StockPlace, Supplier
from pharmacy.models import Ingredient, Medicine
from tracking.models import Gateway

MODELS: dict[str, Any] = {
    "buildings": Building,
    "floors": Floor,
    "zones": Zone,
    "doors": Door,
    "gateways": Gateway,
    "kinds": AssetKind,
    "assets": Asset,
    "staff": Staff,
    "patients": Patient,
    "suppliers": Supplier,
    "products": Product,
    "packs": Pack,
    "stock_places": StockPlace,
    "par_levels": Par,
    "ingredients": Ingredient,
    "medicines": Medicine,
    "departments": Department,
    "bed_spaces": BedSpace,
    "report_rules": ReportRule,
}

KEYS: dict[str, tuple[str, ...]] = {
    "buildings": ("code",),
    "floors": ("building__code", "code"),
    "zones": ("code",),
    "gateways": ("address",),
    "kinds": ("code",),
    "assets": ("number",),
    "staff": ("number",),
    "patients": ("mrn",),
    "suppliers": ("code",),
    "products": ("code",),
    "packs": ("product__code", "name"),
    "stock_places": ("code",),
    "par_levels": ("place__code", "product__code"),
    "ingredients": ("name",),
    "medicines": ("product__code",),
    "departments": ("code",),
    "bed_spaces": ("code",),
    "report_rules": ("code", "figure"),
}
"""What a row is known by, in its table."""

OWN_CODE: dict[str, dict[str, str]] = {
    "buildings": {"building": "code"},
    "floors": {"floor": "code"},
    "zones": {"zone": "code", "kind": "kind"},
    "doors": {"kind": "kind"},
    "gateways": {"gateway": "address"},
    "kinds": {"kind": "code"},
    "assets": {"asset": "number"},
    "staff": {"staff": "number"},
    "patients": {"patient": "mrn"},
    "suppliers": {"supplier": "code"},
    "products": {"product": "code"},
    "packs": {"pack": "name", "gtin": "gtin"},
    "stock_places": {"place": "code", "kind": "kind"},
    "ingredients": {"ingredient": "name"},
    "departments": {"department": "code", "kind": "kind"},
    "bed_spaces": {"bed_space": "code", "kind": "kind"},
    "report_rules": {"report": "code"},
}
"""Columns that are called otherwise in the table, or are another thing in another sheet."""

REFERENCES: dict[str, dict[str, tuple[str, str]]] = {
    "floors": {"building": ("building_id", "buildings")},
    "zones": {"area": ("area_id", "zones")},
    "doors": {"zone": ("a_id", "zones"), "neighbour": ("b_id", "zones")},
    "gateways": {"zone": ("zone_id", "zones")},
    "assets": {"kind": ("kind_id", "kinds"), "home": ("home_id", "zones")},
    "staff": {"ward": ("ward_id", "zones")},
    "products": {"supplier": ("supplier_id", "suppliers")},
    "packs": {"product": ("product_id", "products")},
    "stock_places": {"zone": ("zone_id", "zones"), "within": ("within_id", "stock_places")},
    "par_levels": {
        "place": ("place_id", "stock_places"),
        "product": ("product_id", "products"),
    },
    "medicines": {"product": ("product_id", "products")},
    "departments": {"area": ("area_id", "zones")},
    "bed_spaces": {"department": ("department_id", "departments"), "zone": ("zone_id", "zones")},
}
"""Columns that name a row of another sheet."""

IN_UNITS: dict[str, dict[str, str]] = {
    "packs": {"quantity": "units"},
    "par_levels": {"reorder_at": "reorder_at", "par": "par"},
}
"""Columns in the product's unit, which are kept in base units."""

PLAIN = {
    *("name", "level", "capacity", "polygon", "seconds", "x", "y", "z", "serial", "state"),
    *("service_due_on", "profession", "family", "given", "birth_date", "sex"),
    *("tall_man", "unit", "base_per_unit", "storage", "schedule", "high_alert"),
    *("look_alike_group", "carries_expiry", "scan_required", "ndc", "dmd", "rxnorm", "active"),
    *("figure", "comparison", "value", "each", "citation"),
    *("price", "form", "substitution_group", "label_text", "on_formulary"),
}
LISTED = {"classes", "routes", "capabilities"}

WITHIN = {"zones": "area", "stock_places": "within"}
"""Columns that name a row of the same sheet, which must be there first."""

NAMED_AFTER_CODE = {"buildings", "zones", "kinds", "assets"} | {
    *("suppliers", "products", "stock_places", "departments", "bed_spaces"),
}
