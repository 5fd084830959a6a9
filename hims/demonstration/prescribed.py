"""What is prescribed in the demonstration, and what is known of its patients: data only.

Doses are usual ones except where a story needs another. The dose limits are made up for these
stories; nobody may work with them.
"""

from dataclasses import dataclass
from typing import Any

NOT_FOR_USE = "demonstration, not for use"

ADULT = 18 * 365

# ingredient, and what `pharmacy.actions.knowledge.set_limit` takes
LIMITS: tuple[dict[str, Any], ...] = (
    {
        "ingredient": "paracetamol",
        "age_from_days": ADULT,
        "unit": "mg",
        "single_max": "1000",
        "daily_max": "4000",
    },
    {
        "ingredient": "paracetamol",
        "age_to_days": ADULT,
        "unit": "mg",
        "per_kg": True,
        "single_max": "15",
        "daily_max": "60",
    },
    {"ingredient": "digoxin", "route": "oral", "unit": "microgram", "single_max": "125"},
    {"ingredient": "morphine", "route": "oral", "unit": "mg", "single_max": "20"},
)


@dataclass(frozen=True)
class Told:
    """What is known of a patient: an allergy (to an ingredient, a class, or in words) or none,
    and the weight in kg with its age in days."""

    mrn: str
    kg: str = ""
    weighed: int = 2
    allergies: tuple[dict[str, str], ...] = ()


PATIENTS: tuple[Told, ...] = (
    Told("4001000", "81"),
    Told("4001173", "64"),
    Told("4001346", "77.5"),
    Told("4001519", "58", allergies=({"text": "Sticking plaster", "reaction": "rash"},)),
    Told("4001692", "92"),
    Told("4001865", "70"),
    Told("4002038", "61", allergies=({"ingredient": "codeine", "reaction": "nausea"},)),
    Told("4002384", "67"),
    Told("4002557", "104"),
    Told("4002903", "55"),
    Told("4003076", "60"),
    Told("4003595", "84"),
    Told("4003768", "26.4", weighed=400),
    Told("4003941", "73"),
    Told("4004114", "88", allergies=({"allergy_class": "NSAIDs", "reaction": "wheezing"},)),
    Told("4004460", "79"),
    Told("4004806", "66"),
    Told("4005152", "52"),
    Told("4005325", "95"),
    Told("4005844", "86"),
    Told("4006017", "69"),
    Told("4006363", "90"),
    Told("4006882", "83"),
    Told("4007055", "57"),
    Told("4007228", "71"),
)

ALLERGY_LATER = {
    "mrn": "4001173",
    "allergy_class": "penicillins",
    "reaction": "anaphylaxis, 2019",
    "severity": "severe",
}
"""Somebody asked again after the order was written."""


@dataclass(frozen=True)
class Wanted:
    """One order, entered so many minutes ago, and how far its supply has come.

    quantity: units of the product, where dose and timing do not say. passes: warnings that the
    prescriber passes with a reason, and `because` are the words.
    """

    mrn: str
    product: str
    dose: str
    unit: str
    timing: str
    minutes: int
    state: str = "received"
    route: str = "oral"
    days: int = 1
    quantity: int | None = None
    priority: str = "routine"
    indication: str = ""
    question: str = ""
    as_needed: bool = False
    passes: tuple[str, ...] = ()
    because: str = ""


RECEIVED, HELD, VERIFIED, PICKED, CHECKED, HANDED = (
    *("received", "held", "verified", "picked", "checked"),
    "handed over",
)
DAY = 1440

ORDERS: tuple[Wanted, ...] = (
    # What patients take already.
    Wanted(
        *("4001346", "SIMVASTATIN-40-TABLET", "40", "mg", "at night", 4 * DAY, HANDED),
        days=28,
    ),
    Wanted(
        *("4006363", "HYDROXYZINE-25-TABLET", "25", "mg", "at night", 2 * DAY, HANDED),
        days=14,
    ),
    Wanted(
        *("4007055", "BISOPROLOL-2.5-TABLET", "1.25", "mg", "once daily", 3 * DAY, HANDED), days=28
    ),
    # The stories of this demonstration: see `stories`.
    Wanted(
        *("4007228", "DIGOXIN-125MCG-TABLET", "1250", "microgram", "once daily", 95),
        days=7,
        indication="atrial fibrillation",
    ),
    Wanted(
        *("4001173", "CO-AMOXICLAV-625-TABLET", "1", "tablet", "three times a day", 80),
        days=7,
        indication="animal bite",
    ),
    Wanted(
        *("4001346", "CLARITHROMYCIN-500-TABLET", "500", "mg", "twice daily", 70),
        days=7,
        indication="pneumonia",
    ),
    Wanted(
        *("4002038", "MEROPENEM-1G-VIAL", "1", "g", "once daily", 24, VERIFIED),
        route="intravenous",
        quantity=1,
        priority="stat",
        indication="sepsis",
    ),
    Wanted(
        *("4006017", "MEROPENEM-1G-VIAL", "1", "g", "once daily", 22, VERIFIED),
        route="intravenous",
        quantity=1,
        priority="stat",
        indication="sepsis",
    ),
    Wanted(
        *("4004460", "SALBUTAMOL-100MCG-INHALER", "200", "microgram", "four times a day", 50),
        state=VERIFIED,
        route="inhaled",
        quantity=1,
        priority="urgent",
        as_needed=True,
        indication="asthma",
    ),
    Wanted(
        *("4006363", "HYDRALAZINE-25-TABLET", "25", "mg", "twice daily", 62),
        days=14,
        indication="hypertension",
        passes=("look_alike",),
        because="Both are meant.",
    ),
    Wanted(
        *("4006882", "ENOXAPARIN-40-SYRINGE", "40", "mg", "once daily", 45, VERIFIED),
        route="subcutaneous",
        days=5,
        priority="urgent",
        indication="after hip surgery",
    ),
    Wanted(
        *("4002903", "MORPHINE-10-5ML-LIQUID", "5", "mg", "every 4 hours", 40, VERIFIED),
        quantity=100,
        priority="urgent",
        as_needed=True,
        indication="pain",
    ),
    Wanted(
        *("4003595", "FLUCLOXACILLIN-500-CAPSULE", "500", "mg", "four times a day", 58, VERIFIED),
        days=7,
        indication="cellulitis",
    ),
    Wanted(
        *("4001692", "IBUPROFEN-400-TABLET", "400", "mg", "three times a day", 55, VERIFIED),
        days=5,
        indication="back pain",
    ),
    Wanted(
        *("4005152", "TRIMETHOPRIM-200-TABLET", "200", "mg", "twice daily", 120, HELD),
        days=3,
        indication="cystitis",
        question="She takes methotrexate once a week. Would nitrofurantoin do?",
    ),
    Wanted(
        *("4003768", "PARACETAMOL-120-5ML-LIQUID", "360", "mg", "every 6 hours", 35),
        days=2,
        priority="urgent",
        indication="fever",
    ),
    # And the ordinary day.
    Wanted(
        *("4001000", "AMOXICILLIN-500-CAPSULE", "500", "mg", "three times a day", 31),
        days=7,
    ),
    Wanted(
        *("4001519", "ONDANSETRON-4-AMPOULE", "4", "mg", "every 8 hours", 18),
        route="intravenous",
        priority="stat",
    ),
    Wanted(
        *("4001865", "METFORMIN-500-TABLET", "500", "mg", "twice daily", 110),
        days=28,
    ),
    Wanted(
        *("4002384", "LEVOTHYROXINE-50MCG-TABLET", "50", "microgram", "once daily", 140), days=28
    ),
    Wanted(
        *("4002557", "AMLODIPINE-5-TABLET", "5", "mg", "once daily", 105, VERIFIED),
        days=28,
    ),
    Wanted(
        *("4003076", "CEFALEXIN-500-CAPSULE", "500", "mg", "twice daily", 88, VERIFIED),
        days=7,
    ),
    Wanted(
        *("4003941", "OMEPRAZOLE-20-EC-CAPSULE", "20", "mg", "once daily", 150, PICKED), days=28
    ),
    Wanted(
        *("4004114", "DOXYCYCLINE-100-CAPSULE", "100", "mg", "once daily", 130, PICKED),
        days=7,
    ),
    Wanted(
        *("4005844", "INSULIN-ASPART-300UNIT-PEN", "12", "unit", "three times a day", 160, CHECKED),
        route="subcutaneous",
        quantity=5,
        days=14,
    ),
    Wanted(
        *("4004806", "RAMIPRIL-5-CAPSULE", "5", "mg", "once daily", 200, HANDED),
        days=28,
    ),
    Wanted(
        *("4005325", "PREDNISOLONE-5-TABLET", "40", "mg", "once daily", 240, HANDED),
        days=5,
    ),
)
