"""Facts for the checks' tests: an adult of 80 kg, asked about allergies, and paracetamol."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from pharmacy.domain.checks import at_dispensing, at_ordering
from pharmacy.domain.doses import Amount, Part
from pharmacy.domain.facts import Current, Drug, Facts, Limit, LotInHand, Ordered, Substance

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
TODAY = date(2026, 3, 2)

PARACETAMOL = Substance("paracetamol", ("analgesics",))
TABLETS = Drug(
    product=1,
    name="Paracetamol 500 mg tablets",
    unit="tablet",
    base_per_unit=2,
    substances=(PARACETAMOL,),
    strengths=(Part("paracetamol", Amount(Decimal(500), "mg")),),
    routes=("oral",),
)
LIMIT = Limit(
    ingredient="paracetamol",
    unit="mg",
    single_min=Decimal(250),
    single_max=Decimal(1000),
    daily_max=Decimal(4000),
    absolute_max=Decimal(1500),
    source="house",
    reviewed_on=date(2026, 1, 31),
)
BY_WEIGHT = Limit(
    ingredient="paracetamol",
    unit="mg",
    per_kg=True,
    single_min=Decimal(5),
    single_max=Decimal(15),
    daily_max=Decimal(60),
)
ORDER = Ordered(
    dose=Decimal(1000),
    dose_unit="mg",
    route="oral",
    timing="every 6 hours",
    times_per_day=Decimal(4),
    quantity=16,
    product=TABLETS,
)
FACTS = Facts(
    now=NOW,
    today=TODAY,
    order=ORDER,
    drug=TABLETS,
    birth_date=date(1950, 5, 5),
    weight=Amount(Decimal(80), "kg"),
    weighed_on=date(2026, 3, 1),
    allergies_asked=True,
    limits=(LIMIT,),
)
LOT = LotInHand(lot=7, product=1, number="A17", expiry=date(2030, 1, 31))


def drug(name: str, *classes: str, product: int = 2, **more: Any) -> Drug:
    """Tablets of 500 mg of an ingredient called `name`."""
    return Drug(
        product=product,
        name=f"{name.capitalize()} 500 mg tablets",
        unit="tablet",
        substances=(Substance(name, classes),),
        strengths=(Part(name, Amount(Decimal(500), "mg")),),
        **more,
    )


def current(name: str, *classes: str, **more: Any) -> Current:
    """Another order: 500 mg of `name` twice a day."""
    told = {
        "order": "elsewhere",
        "name": f"{name} 500 mg tablets",
        "substances": (Substance(name, classes),),
        "strengths": (Part(name, Amount(Decimal(500), "mg")),),
        "unit": "tablet",
        "dose": Decimal(500),
        "dose_unit": "mg",
        "times_per_day": Decimal(2),
    }
    return Current(**(told | more))


def facts(*, order: dict[str, Any] | None = None, **more: Any) -> Facts:
    """FACTS with some of them otherwise; `order` changes what is ordered."""
    return replace(FACTS, order=replace(ORDER, **(order or {})), **more)


def given(one: Drug, **more: Any) -> Facts:
    """FACTS about another medicine, ordered and in hand."""
    return facts(order={"product": one, "dose": Decimal(500)}, drug=one, limits=(), **more)


def said(told: Facts) -> dict[str, str]:
    """rule -> severity of what stops or warns when it is ordered."""
    return {one.code: one.severity for one in at_ordering(told) if one.severity != "info"}


def said_at_the_counter(told: Facts) -> dict[str, str]:
    """rule -> severity of what stops or warns when it is given."""
    return {one.code: one.severity for one in at_dispensing(told) if one.severity != "info"}
