"""One supply at the counter: what is wanted, what is in the basket, what to take next and why."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from hims.access.scopes import the_one
from hims.errors import Finding
from hims.models import Actor
from inventory.domain import fefo
from inventory.domain.fefo import OnHand
from inventory.domain.quantities import in_units, said
from inventory.models import Product, StockPlace
from inventory.queries.stock import on_hand
from pharmacy.domain.checks import at_dispensing
from pharmacy.domain.supply import Measure, converted
from pharmacy.models import BasketItem, Clarification, Dispense

from . import safety
from .places import parts_of_place
from .second_person import needs_second_person
from .ways_out import ways_out

MOST_HELD_BACK = 3


@dataclass(frozen=True)
class Suggested:
    """Take so much of this lot from there; `why` says why this one. `taken` of it is picked."""

    lot: str
    place: str
    quantity: int
    expiry: date | None
    why: str
    taken: int = 0

    @property
    def done(self) -> bool:
        return self.taken >= self.quantity


@dataclass
class Counter:
    """All that the counter shows of one supply. Quantities are base units of `product`."""

    supply: Dispense
    product: Product
    wanted: int
    basket: list[BasketItem] = field(default_factory=list)
    suggested: list[Suggested] = field(default_factory=list)
    held_back: list[str] = field(default_factory=list)
    short: int = 0
    ways: list[dict[str, Any]] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    questions: list[Clarification] = field(default_factory=list)
    second_person: bool = False

    @property
    def picked(self) -> int:
        return sum(item.quantity for item in self.basket)

    @property
    def whole(self) -> bool:
        return self.picked >= self.wanted

    def words(self, quantity: int) -> str:
        return said(quantity, self.product.unit, self.product.base_per_unit)

    @property
    def picked_words(self) -> str:
        return _("%(picked)s of %(wanted)s picked") % {
            "picked": in_units(self.picked, self.product.base_per_unit),
            "wanted": self.words(self.wanted),
        }

    @property
    def wanted_words(self) -> str:
        return self.words(self.wanted)

    @property
    def rest_words(self) -> str:
        return self.words(max(self.wanted - self.picked, 0))


def supply_of(viewer: Actor, uid) -> Dispense:
    """One supply that `viewer` may know of, or NotFound."""
    found = Dispense.objects.select_related(
        "order__patient", "order__product", "order__ingredient", "order__prescriber", "product",
        "substituted_for", "place", "verified_by", "claimed_by", "dispensed_by", "movement",
        "handed_over_by", "owed_from", "rest",
    )  # fmt: skip
    return the_one(viewer, found, uid=uid)


def at_the_counter(
    supply: Dispense, place: StockPlace | None, *, viewer: Actor, now: datetime
) -> Counter | None:
    """What the counter shows of an open supply that is to be taken from `place`; None where no
    product is known for it yet."""
    if supply.product is None:
        return None
    basket = list(supply.basket.select_related("lot__product").order_by("pk"))
    product = basket[0].lot.product if basket else supply.product
    ordered = Measure(supply.product.pk, supply.product.unit, supply.product.base_per_unit)
    measure = Measure(product.pk, product.unit, product.base_per_unit)
    wanted = converted(supply.wanted, ordered, measure) or supply.wanted
    counter = Counter(supply, product, wanted, basket)
    counter.second_person = needs_second_person(product)
    counter.questions = list(
        supply.clarifications.select_related("asked_by", "answered_by").order_by("-pk")
    )
    lots = [item.lot for item in basket]
    known = safety.facts(supply.order, product, lots, now=now, quantity=counter.picked or wanted)
    counter.findings = at_dispensing(known)
    if place is not None:
        _suggest(counter, place, now)
        if counter.short:
            counter.ways = ways_out(product, place, wanted, now=now, viewer=viewer)
    return counter


def _suggest(counter: Counter, place: StockPlace, now: datetime) -> None:
    """First expired, first out; what is in the basket already counts as taken."""
    today, days = timezone.localdate(now), counter.supply.order.supply_days
    names = {part.pk: part.name for part in parts_of_place(place)}
    parts = list(StockPlace.objects.filter(pk__in=names))
    stock = on_hand(counter.product, parts)
    taken = {item.lot_id: item.quantity for item in counter.basket}
    picked = [held for held in stock if held.lot in taken]
    rest = [held for held in stock if held.lot not in taken]
    for item in counter.basket:
        held = next((one for one in picked if one.lot == item.lot_id), None)
        where = names.get(held.place, place.name) if held else place.name
        counter.suggested.append(
            Suggested(
                item.lot.number or "-", where, item.quantity, item.lot.expiry,
                _("in the basket"), item.quantity,
            )
        )  # fmt: skip
    left = max(counter.wanted - counter.picked, 0)
    takes, counter.short = fefo.suggested(rest, left, today, days)
    by_key = {(held.lot, held.place): held for held in rest}
    for n, take in enumerate(takes):
        held = by_key[take.lot, take.place]
        counter.suggested.append(
            Suggested(
                held.number or "-", names.get(held.place, place.name), take.quantity, held.expiry,
                _why(held, first=n == 0 and not counter.basket),
            )
        )  # fmt: skip
    counter.held_back = _held_back(stock, today, days)


def _why(held: OnHand, *, first: bool) -> str:
    if held.expiry is None:
        return _("carries no expiry date")
    words = {"day": date_format(held.expiry, "j M Y")}
    return (_("expires first, on %(day)s") if first else _("expires next, on %(day)s")) % words


def _held_back(stock: list[OnHand], today: date, days: int) -> list[str]:
    """Why other lots that lie there are not suggested."""
    words = {
        "recalled": _("Lot %(lot)s is recalled."),
        "quarantined": _("Lot %(lot)s is in quarantine."),
        "expired": _("Lot %(lot)s has expired."),
        "expires_within_supply": _("Lot %(lot)s does not last as long as the supply."),
    }
    found = [
        words[why] % {"lot": held.number or "-"}
        for held in stock
        if (why := fefo.unusable(held.status, held.expiry, today, days))
    ]
    return list(dict.fromkeys(found))[:MOST_HELD_BACK]
