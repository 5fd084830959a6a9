"""Whether what was picked is what is to be supplied, and what it leaves owed."""

from dataclasses import dataclass
from datetime import datetime

from hims.errors import Finding
from inventory.domain.quantities import said

LEASE_MINUTES = 15
"""A claim ends by itself after so long without a scan: the counter may have lost its person."""


@dataclass(frozen=True)
class Measure:
    """How a product is counted: `base_per_unit` base units make one `unit`."""

    product: int
    unit: str
    base_per_unit: int = 1

    def said(self, quantity: int) -> str:
        return said(quantity, self.unit, self.base_per_unit)


@dataclass(frozen=True)
class Standing:
    """Where a dispense stands when somebody comes to supply it. Times are aware."""

    order_status: str
    status: str
    claimed_by: int | None = None
    claimed_until: datetime | None = None
    question: str = ""


ORDER_WORDS = {
    "on-hold": "The prescriber has put this order on hold.",
    "completed": "This order is completed.",
    "stopped": "This order was stopped.",
    "cancelled": "This order was cancelled.",
}


def not_now(standing: Standing, *, actor: int, may_verify: bool, now: datetime) -> list[Finding]:
    """Why nothing may be supplied as things stand; empty when it may."""
    if words := ORDER_WORDS.get(standing.order_status):
        return [Finding(f"order_{standing.order_status.replace('-', '_')}", words, field="order")]
    if standing.status == "held":
        question = f": “{standing.question}”" if standing.question else "."
        return [Finding("held", f"It is held until the prescriber answers{question}")]
    if standing.status == "received" and not may_verify:
        return [Finding("not_verified", "A pharmacist has not verified this order yet.")]
    if standing.status not in ("received", "verified"):
        return [Finding("nothing_open", "Nothing of this order is waiting to be supplied.")]
    if claimed_by_another(standing, actor=actor, now=now):
        return [Finding("claimed", "Somebody else is picking this right now.")]
    return []


def claimed_by_another(standing: Standing, *, actor: int, now: datetime) -> bool:
    """Whether another person's claim still holds."""
    if standing.claimed_by in (None, actor) or standing.claimed_until is None:
        return False
    return standing.claimed_until > now


def converted(wanted: int, ordered: Measure | None, picked: Measure) -> int | None:
    """`wanted` base units of what was ordered, in base units of what was picked, rounded up.

    None where the two are counted in different things, tablets and ml.
    """
    if ordered is None or ordered.product == picked.product:
        return wanted
    if ordered.unit != picked.unit:
        return None
    return -(-wanted * picked.base_per_unit // ordered.base_per_unit)


def too_much(wanted: int, picked: int, measure: Measure) -> list[Finding]:
    """A stop when more was picked than is wanted."""
    if picked <= wanted:
        return []
    text = "%s are to be supplied; %s were picked. Take some out."
    words = text % (measure.said(wanted), measure.said(picked))
    return [Finding("more_than_wanted", words, field="quantity")]


def for_this_scan(pack_units: int | None, wanted: int, picked: int) -> int:
    """How many base units a scanned pack adds: all of it, or what is still to pick; at least one,
    so that a pack too many is seen and not swallowed."""
    rest = max(wanted - picked, 0)
    return max(min(pack_units or 1, rest), 1)
