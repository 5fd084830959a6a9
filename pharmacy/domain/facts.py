"""What the checks are told: one order, one patient, the medicine in hand, and what is known.

`pharmacy.queries.safety.facts` reads all of it in one statement.
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from .doses import Amount, Part


@dataclass(frozen=True)
class Substance:
    """An ingredient by its name, with the classes it belongs to."""

    name: str
    classes: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        return (self.name, *self.classes)


@dataclass(frozen=True)
class Drug:
    """A product as a medicine. `described` is False when the formulary does not say what is in
    it. `strengths` are per one unit of the product."""

    product: int
    name: str
    unit: str
    base_per_unit: int = 1
    substances: tuple[Substance, ...] = ()
    strengths: tuple[Part, ...] = ()
    routes: tuple[str, ...] = ()
    substitution_group: str = ""
    look_alike_group: str = ""
    controlled: bool = False
    high_alert: bool = False
    on_formulary: bool = True
    described: bool = True


@dataclass(frozen=True)
class Ordered:
    """What was prescribed; `product` is None for an order of an ingredient (`substance`)."""

    dose: Decimal
    dose_unit: str
    route: str = ""
    timing: str = ""
    times_per_day: Decimal | None = None
    as_needed: bool = False
    quantity: int | None = None
    supply_days: int = 1
    status: str = "active"
    ends_at: datetime | None = None
    product: Drug | None = None
    substance: Substance | None = None


@dataclass(frozen=True)
class Current:
    """Another order of the patient that is active or on hold."""

    order: str
    name: str
    substances: tuple[Substance, ...] = ()
    strengths: tuple[Part, ...] = ()
    unit: str = ""
    dose: Decimal = Decimal(0)
    dose_unit: str = ""
    times_per_day: Decimal | None = None
    route: str = ""
    look_alike_group: str = ""
    product: int | None = None


@dataclass(frozen=True)
class KnownAllergy:
    """An active allergy: to a substance, to a class, or in words only."""

    ingredient: str = ""
    classes: tuple[str, ...] = ()
    allergy_class: str = ""
    text: str = ""
    reaction: str = ""
    severity: str = "unknown"


@dataclass(frozen=True)
class Pair:
    """Two names that should not meet, folded; `source` and its date as they are shown."""

    a: str
    b: str
    severity: str
    text: str = ""
    source: str = ""
    dated_on: date | None = None


@dataclass(frozen=True)
class Limit:
    """What the hospital allows of an ingredient; see `pharmacy.models.DoseLimit`."""

    ingredient: str
    unit: str
    route: str = ""
    age_from_days: int = 0
    age_to_days: int | None = None
    per_kg: bool = False
    single_min: Decimal | None = None
    single_max: Decimal | None = None
    daily_max: Decimal | None = None
    absolute_max: Decimal | None = None
    source: str = ""
    reviewed_on: date | None = None


@dataclass(frozen=True)
class LotInHand:
    """A lot that is to be given."""

    lot: int
    product: int
    number: str = ""
    expiry: date | None = None
    status: str = "released"


@dataclass(frozen=True)
class Source:
    """A list that was loaded, with its date."""

    name: str
    dated_on: date | None = None
    rows: int = 0


@dataclass(frozen=True)
class Supply:
    """What the patient has had for this order: base units less what came back, and since when."""

    given: int = 0
    first_at: datetime | None = None


@dataclass(frozen=True)
class Facts:
    """Everything the checks look at. `drug` is the product in hand, or the one ordered."""

    now: datetime
    today: date
    order: Ordered
    drug: Drug | None = None
    birth_date: date | None = None
    weight: Amount | None = None
    weighed_on: date | None = None
    allergies: tuple[KnownAllergy, ...] = ()
    allergies_asked: bool = False
    current: tuple[Current, ...] = ()
    pairs: tuple[Pair, ...] = ()
    sources: tuple[Source, ...] = ()
    limits: tuple[Limit, ...] = ()
    lots: tuple[LotInHand, ...] = ()
    quantity: int | None = None
    supply: Supply = field(default_factory=Supply)
    look_alikes: tuple[str, ...] = ()
    passed: frozenset[str] = frozenset()

    @property
    def substances(self) -> tuple[Substance, ...]:
        """What the patient would get: of the product in hand, else of what is ordered."""
        if self.drug is not None:
            return self.drug.substances
        return (self.order.substance,) if self.order.substance else ()

    @property
    def name(self) -> str:
        """The medicine as it is named in findings."""
        if self.drug is not None:
            return self.drug.name
        return self.order.substance.name if self.order.substance else "this medicine"

    @property
    def age_days(self) -> int | None:
        """Whole days since birth; None where the day of birth is not known."""
        if self.birth_date is None or self.birth_date > self.today:
            return None
        return (self.today - self.birth_date).days
