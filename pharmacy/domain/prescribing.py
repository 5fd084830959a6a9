"""What makes a prescription one: a dose with a unit, a route, a timing, a number of days."""

from dataclasses import dataclass
from decimal import Decimal

from hims.errors import Finding
from inventory.domain.quantities import MOST

from .doses import dimension, read, spelt

LONGEST_SUPPLY = 366
MOST_TIMES = Decimal(288)
"""Doses in a day: one every five minutes; more is an infusion's rate and no dose."""

ROUTES = (
    *("oral", "sublingual", "buccal", "enteral", "intravenous", "intramuscular", "subcutaneous"),
    *("inhaled", "nebulised", "nasal", "topical", "transdermal", "ocular", "otic", "rectal"),
    *("vaginal", "intradermal", "epidural", "intrathecal", "intraosseous"),
)
"""Routes as the forms offer them; a formulary may know more."""


@dataclass(frozen=True)
class Asked:
    """A prescription as somebody gave it, before it is believed."""

    dose: object
    dose_unit: str
    route: str
    timing: str
    times_per_day: object = None
    quantity: int | None = None
    supply_days: int = 1
    product_unit: str = ""
    of_something: bool = True


def malformed(asked: Asked) -> list[Finding]:
    """Each part that cannot be, named by its field; empty for what can be."""
    found = []
    if not asked.of_something:
        found.append(Finding("of_nothing", "Say which product or ingredient.", field="product"))
    if read(asked.dose) is None or _places(read(asked.dose)) > 5:
        text = "The dose is a number above zero, with at most five places."
        found.append(Finding("bad_dose", text, field="dose"))
    if not _unit_known(asked):
        text = "The unit is mg, microgram, g, unit, mmol or ml"
        more = f", or {asked.product_unit}" if asked.product_unit else ""
        found.append(Finding("bad_unit", f"{text}{more}.", field="unit"))
    if not asked.route.strip() or len(asked.route) > 30:
        found.append(Finding("bad_route", "Say by which route it is given.", field="route"))
    if not asked.timing.strip() or len(asked.timing) > 120:
        found.append(Finding("bad_timing", "Say when it is given.", field="timing"))
    if asked.times_per_day not in (None, ""):
        times = read(asked.times_per_day)
        if times is None or times > MOST_TIMES or times < Decimal("0.001"):
            text = f"Times a day is a number from 0.001 to {MOST_TIMES}."
            found.append(Finding("bad_times", text, field="times_per_day"))
    if asked.quantity is not None and not 0 < asked.quantity <= MOST:
        text = "The quantity is a whole number above zero."
        found.append(Finding("bad_quantity", text, field="quantity"))
    if not 1 <= asked.supply_days <= LONGEST_SUPPLY:
        text = f"A supply is for 1 to {LONGEST_SUPPLY} days."
        found.append(Finding("bad_days", text, field="supply_days"))
    return found


def dose_of(asked: Asked) -> tuple[Decimal, str]:
    """The dose and its unit as they are kept. Raises ValueError for what `malformed` names."""
    dose = read(asked.dose)
    if dose is None:
        raise ValueError("not a dose")
    return dose.quantize(Decimal("0.00001")), spelt(asked.dose_unit)


def times_of(asked: Asked) -> Decimal | None:
    """Doses a day, or None where the timing is not regular."""
    if asked.times_per_day in (None, ""):
        return None
    times = read(asked.times_per_day)
    return None if times is None else times.quantize(Decimal("0.001"))


def _unit_known(asked: Asked) -> bool:
    if not asked.dose_unit.strip() or len(asked.dose_unit) > 20:
        return False
    of_product = asked.product_unit and spelt(asked.dose_unit) == spelt(asked.product_unit)
    return bool(of_product) or bool(dimension(asked.dose_unit))


def _places(value: Decimal | None) -> int:
    exponent = value.normalize().as_tuple().exponent if value is not None else 0
    return -exponent if isinstance(exponent, int) else 0
