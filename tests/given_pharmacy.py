"""Test data of the pharmacy: what the products of `given_stock` are as medicines, a few more, and
orders, made through the actions that people use.

    PARA   paracetamol 500 mg a tablet (analgesics); at most 1 g at once, 4 g a day, 1.5 g ever
    PARAS  paracetamol 24 mg a ml, syrup (children: 15 mg/kg at once, 60 mg/kg a day)
    MORPH  morphine 10 mg an ampoule (opioids); 2 to 10 mg at once, by vein or muscle
    INSUL  insulin human 100 units a ml (insulins)
    AMOX   amoxicillin 500 mg a capsule (penicillins), and AMOXB, its substitute of another maker
    FLUCL  flucloxacillin 500 mg a capsule (penicillins)
    SIMVA  simvastatin 40 mg a tablet (statins);  CLARI clarithromycin 500 mg (macrolides, a strong
           CYP3A4 inhibitor): a pair that is stopped, after the list HOUSE of 2026-01-31
    IBU    ibuprofen 400 mg and NAPR naproxen 250 mg (NSAIDs)
    VINB, VINC  vinblastine and vincristine, 1 mg a ml: their names look alike
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from hims.actions.care import begin_care
from hims.models import Actor, Patient
from hims.queries.actors import console
from inventory.models import Product
from pharmacy.actions.allergies import record_allergy, record_weight, state_none_known
from pharmacy.actions.formulary import describe_medicine, set_ingredient
from pharmacy.actions.knowledge import load_interactions, set_limit
from pharmacy.actions.orders import enter_order
from pharmacy.domain.facts import Pair
from pharmacy.models import Ingredient, MedicationOrder, Medicine
from tests import given_stock
from tests.given import House
from tests.given_stock import Stock

INGREDIENTS = {
    "paracetamol": ["analgesics"],
    "morphine": ["opioids"],
    "insulin human": ["insulins"],
    "amoxicillin": ["penicillins"],
    "flucloxacillin": ["penicillins"],
    "simvastatin": ["statins"],
    "clarithromycin": ["macrolides", "strong CYP3A4 inhibitors"],
    "ibuprofen": ["NSAIDs"],
    "naproxen": ["NSAIDs"],
    "vinblastine": ["vinca alkaloids"],
    "vincristine": ["vinca alkaloids"],
}

# code -> (name, unit, form, routes, strengths, substitution group, more of the product)
MEDICINES: dict[str, tuple[str, str, str, list[str], dict[str, tuple[str, str]], str, dict]] = {
    "PARA": ("", "", "tablet", ["oral"], {"paracetamol": ("500", "mg")}, "", {}),
    "PARAS": (
        *("Paracetamol 120 mg/5 ml syrup", "ml", "syrup", ["oral"]),
        *({"paracetamol": ("24", "mg")}, "", {"base_per_unit": 10}),
    ),
    "MORPH": (
        *("", "", "injection", ["intravenous", "intramuscular"], {"morphine": ("10", "mg")}, ""),
        {},
    ),
    "INSUL": (
        *("", "", "injection", ["subcutaneous"], {"insulin human": ("100", "unit")}, ""),
        {},
    ),
    "AMOX": (
        *("Amoxicillin 500 mg capsules", "capsule", "capsule", ["oral"]),
        *({"amoxicillin": ("500", "mg")}, "amoxicillin 500 mg capsules", {}),
    ),
    "AMOXB": (
        *("Amoxicillin 500 mg capsules, Brightwell", "capsule", "capsule", ["oral"]),
        *({"amoxicillin": ("500", "mg")}, "amoxicillin 500 mg capsules", {}),
    ),
    "FLUCL": (
        *("Flucloxacillin 500 mg capsules", "capsule", "capsule", ["oral"]),
        *({"flucloxacillin": ("500", "mg")}, "", {}),
    ),
    "SIMVA": (
        *("Simvastatin 40 mg tablets", "tablet", "tablet", ["oral"]),
        *({"simvastatin": ("40", "mg")}, "", {}),
    ),
    "CLARI": (
        *("Clarithromycin 500 mg tablets", "tablet", "tablet", ["oral"]),
        *({"clarithromycin": ("500", "mg")}, "", {}),
    ),
    "IBU": (
        *("Ibuprofen 400 mg tablets", "tablet", "tablet", ["oral"]),
        *({"ibuprofen": ("400", "mg")}, "", {}),
    ),
    "NAPR": (
        *("Naproxen 250 mg tablets", "tablet", "tablet", ["oral"]),
        *({"naproxen": ("250", "mg")}, "", {}),
    ),
    "VINB": (
        *("Vinblastine 1 mg/ml injection", "ml", "injection", ["intravenous"]),
        *({"vinblastine": ("1", "mg")}, ""),
        {"tall_man": "vinBLAStine 1 mg/ml injection", "look_alike_group": "vinca"},
    ),
    "VINC": (
        *("Vincristine 1 mg/ml injection", "ml", "injection", ["intravenous"]),
        *({"vincristine": ("1", "mg")}, ""),
        {"tall_man": "vinCRIStine 1 mg/ml injection", "look_alike_group": "vinca"},
    ),
}

LIMITS: list[dict[str, Any]] = [
    {
        "ingredient": "paracetamol",
        "age_from_days": 12 * 365,
        "single_min": "250",
        "single_max": "1000",
        "daily_max": "4000",
        "absolute_max": "1500",
    },
    {
        "ingredient": "paracetamol",
        "age_to_days": 12 * 365,
        "per_kg": True,
        "single_min": "5",
        "single_max": "15",
        "daily_max": "60",
        "absolute_max": "1000",
    },
    {
        "ingredient": "morphine",
        "route": "intravenous",
        "single_min": "1",
        "single_max": "10",
        "daily_max": "60",
    },
]
HOUSE_LIST = "House list"
HOUSE_DATE = date(2026, 1, 31)


@dataclass
class Pharmacy:
    """The formulary as a test sees it, over the stock and the hospital below."""

    stock: Stock
    ingredients: dict[str, Ingredient] = field(default_factory=dict)
    medicines: dict[str, Medicine] = field(default_factory=dict)

    @property
    def house(self) -> House:
        return self.stock.house

    @property
    def now(self):
        return self.stock.now

    @property
    def products(self) -> dict[str, Product]:
        return self.stock.products

    @property
    def patient(self) -> Patient:
        """Zebulon Oakhurst, 1950: asked, no allergy known, 80 kg."""
        return self.house.patients["MRN-777001"]

    def order(
        self, product: str = "PARA", *, actor: Actor | None = None, **asked: Any
    ) -> MedicationOrder:
        """An order by the physician: two tablets four times a day for a day, unless said else."""
        asked = {
            "patient": self.patient,
            "product": self.products[product] if product else None,
            "dose": "1000",
            "dose_unit": "mg",
            "route": "oral",
            "timing": "every 6 hours",
        } | asked
        return enter_order(actor=actor or self.house.physician, now=self.now, **asked)


def formulary(stock: Stock | None = None, codes: Iterable[str] = MEDICINES) -> Pharmacy:
    """The medicines of this module's docstring, described; the first patient asked and weighed,
    and in the care of the physician, the nurse and the pharmacist."""
    codes = list(codes)
    stock = stock or given_stock.catalogue()
    made = Pharmacy(stock)
    by = {"actor": console(), "now": stock.now}
    needed = {name for code in codes for name in MEDICINES[code][4]}
    for name in sorted(needed):
        made.ingredients[name] = set_ingredient(**by, name=name, classes=INGREDIENTS[name])
    for code in codes:
        name, unit, form, routes, strengths, group, more = MEDICINES[code]
        if code not in stock.products:
            stock.products[code] = Product.objects.create(code=code, name=name, unit=unit, **more)
        made.medicines[code] = describe_medicine(
            **by,
            product=stock.products[code],
            form=form,
            routes=routes,
            substitution_group=group,
            strengths=[
                (made.ingredients[one], amount, unit) for one, (amount, unit) in strengths.items()
            ],
        )
    for row in (row for row in LIMITS if row["ingredient"] in needed):
        limit = row | {"ingredient": made.ingredients[row["ingredient"]]}
        set_limit(**by, unit="mg", source="house rule for tests", **limit)
    pairs = [
        Pair("simvastatin", "strong cyp3a4 inhibitors", "stop", "Muscle damage."),
        Pair("nsaids", "simvastatin", "warn", "A pair for tests."),
    ]
    load_interactions(
        **by, name=HOUSE_LIST, citation="made for tests", dated_on=HOUSE_DATE, pairs=pairs
    )
    known(made, made.patient)
    return made


def known(made: Pharmacy, patient: Patient, kg: str = "80") -> None:
    """A patient who was asked and weighed yesterday, and is cared for."""
    house = made.house
    for someone in (house.physician, house.nurse, house.pharmacist):
        begin_care(actor=someone, now=made.now, text=f"HIMS:PATIENT:{patient.mrn}")
    state_none_known(actor=house.nurse, now=made.now, patient=patient)
    record_weight(
        actor=house.nurse,
        now=made.now,
        patient=patient,
        kg=kg,
        measured_at=made.now - timedelta(days=1),
    )


def allergic(made: Pharmacy, **asked: Any):
    """An allergy of the patient: `ingredient` by its name, `allergy_class` or `text`."""
    if name := asked.pop("ingredient", ""):
        asked["ingredient"] = made.ingredients[name]
    asked.setdefault("patient", made.patient)
    return record_allergy(actor=made.house.physician, now=made.now, **asked)
