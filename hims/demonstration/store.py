"""What lies on the shelves of the demonstration: opening stock for every par level, and some lots
that one may meet on a bad day."""

import random
from collections import defaultdict
from datetime import date, datetime, timedelta
from typing import Any

from django.db import models
from django.utils import timezone

from hims.models import Actor
from inventory.actions.recalls import open_recall
from inventory.actions.stock.counting import found
from inventory.actions.stock.moving import quarantine, quarantine_lot, receive
from inventory.domain.quantities import in_units
from inventory.models import Count, Lot, Movement, Par, Recall, StockPlace, Supplier

OPENED = timedelta(days=91)
"""The shelves were filled so long ago."""
UNSCANNED = "opening stock"
DELIVERY = "Opening stock"
LETTERS = "ABCDEFGHJKLMNPRSTUVWX"
SHORT_EVERY = 11
"""Every so many-th shelf is below its reorder point, so that there is something to order."""
TWO_LOTS_EVERY = 4
SOON_EVERY = 9
"""Every so many-th lot expires within weeks."""

# Places that hold nothing of a product, or exactly so much of a lot (in units): what the queue of
# `counter` needs. (place, product): (quantity, lot number, days until it expires)
EXACTLY: dict[tuple[str, str], tuple[int, str, int] | None] = {
    ("DISP", "SALBUTAMOL-100MCG-INHALER"): None,
    ("DISP", "SALBUTAMOL-100MCG-BA-INHALER"): (8, "SB204", 420),
    ("DISP", "MEROPENEM-1G-VIAL"): (1, "MR207", 300),
    ("DISP", "AMOXICILLIN-500-CAPSULE"): (84, "KX448", 580),
    ("DISP", "FLUCLOXACILLIN-500-CAPSULE"): (20, "FX310", 250),
    ("DISP", "CLARITHROMYCIN-500-TABLET"): (56, "CL118", 330),
}
EXPIRED = ("DISP", "IBUPROFEN-400-TABLET", 84, "IB071", 4)
"""A lot still on its shelf, days after its last one: (place, product, quantity, lot, days)."""
DOUBTFUL = (
    "DISP",
    "ENOXAPARIN-40-SYRINGE",
    10,
    "EN902",
    "Fridge alarm on the way here: ask maker.",
)
"""A whole lot in quarantine: (place, product, quantity, lot, why)."""

FOUND = ("WA-STOCK", "DISP", "AMOXICILLIN-500-CAPSULE", "KX448")
"""A pack of this lot turned up at the first place, and one was set aside at the second."""
RECALLED = (
    "Demonstration recall 7",
    "PIPERACILLIN-TAZOBACTAM-VIAL",
    "Glass found in a vial of this lot.",
)
"""(reference, product, why) of the recall that is open."""


def filled() -> bool:
    """Whether all was received, and the recall, which comes last, was opened once."""
    return Recall.objects.filter(reference=RECALLED[0]).exists()


def fill(*, operator: Actor, now: datetime) -> None:
    """Receive the opening stock, one delivery to each place, three months ago; what came already,
    when this was broken off before, does not come again."""
    then = now - OPENED
    came = set(
        Movement.objects.filter(document=DELIVERY, lines__virtual=False).values_list(
            "lines__place", flat=True
        )
    )
    technician = Actor.objects.filter(username="pharmacy-technician").first() or operator
    albion = Supplier.objects.filter(code="QUAYSIDE").first()
    for place, lines in _deliveries(timezone.localdate(now)).items():
        if place.pk in came:
            continue
        receive(
            actor=technician,
            now=then,
            place=place,
            lines=lines,
            supplier=albion,
            document=DELIVERY,
        )
    _place, product, _quantity, number, why = DOUBTFUL
    lot = Lot.objects.get(product__code=product, number=number)
    if lot.status == Lot.Status.RELEASED:
        quarantine_lot(actor=operator, now=now - timedelta(days=1), lot=lot, reason=why)
    _wait_for_a_pharmacist(technician, now)
    reference, product, words = RECALLED
    spread = Lot.objects.filter(product__code=product, levels__quantity__gt=0)
    called = spread.annotate(places=models.Count("levels")).order_by("-places", "pk")[:1]
    open_recall(
        actor=operator,
        now=now - timedelta(hours=3),
        reference=reference,
        reason=words,
        lots=list(called),
    )


def _wait_for_a_pharmacist(technician: Actor, now: datetime) -> None:
    """A pack that the ledger knew nothing of, and one that was set aside."""
    ward, counter, product, number = FOUND
    places = StockPlace.objects.in_bulk([ward, counter], field_name="code")
    line = {
        "product": product,
        "lot_number": number,
        "expiry": Lot.objects.get(product__code=product, number=number).expiry,
        "quantity": "21",
        "unscanned": "label torn",
    }
    if not Count.objects.filter(found=True).exists():
        found(
            actor=technician,
            now=now - timedelta(hours=5),
            place=places[ward],
            lines=[line],
            reason="behind the shelf",
        )
    if not Movement.objects.filter(kind=Movement.Kind.QUARANTINE).exists():
        quarantine(
            actor=technician,
            now=now - timedelta(hours=4),
            place=places[counter],
            lines=[line],
            reason="The seal of the box is broken.",
        )


def _deliveries(today: date) -> dict[StockPlace, list[dict[str, Any]]]:
    """Place -> the lines of its delivery; the same hospital gets the same stock."""
    chance = random.Random("the shelves of the demonstration hospital")  # noqa: S311 - no secret
    lots = _Lots(chance, today)
    found: dict[StockPlace, list[dict[str, Any]]] = defaultdict(list)
    pars = Par.objects.select_related("place", "product").order_by("place__code", "pk")
    for number, par in enumerate(pars):
        if (par.place.code, par.product.code) in EXACTLY:
            continue
        short = number % SHORT_EVERY == SHORT_EVERY - 1 and par.reorder_at > 1
        quantity = (
            par.reorder_at // 2
            if short
            else par.reorder_at + round((par.par - par.reorder_at) * chance.uniform(0.4, 1))
        )
        per = par.product.base_per_unit
        whole = max(quantity // per, 1) * per
        parts = [whole]
        if number % TWO_LOTS_EVERY == 0 and whole >= 4 * per:
            first = whole // per // 4 * per
            parts = [first, whole - first]
        for nth, part in enumerate(parts):
            lot, expiry = lots.of(par.product.code, nth)
            day = expiry if par.product.carries_expiry else None
            many = in_units(part, per)
            found[par.place].append(_line(par.product.code, many, par.product.unit, lot, day))
    places = StockPlace.objects.in_bulk(
        {place for place, _product in EXACTLY} | {EXPIRED[0], DOUBTFUL[0]}, field_name="code"
    )
    exact = [
        (place, product, *what) for (place, product), what in EXACTLY.items() if what is not None
    ]
    exact.append((*EXPIRED[:4], -EXPIRED[4]))
    exact.append((*DOUBTFUL[:4], 400))
    for code, product, quantity, lot, days in exact:
        line = _line(product, str(quantity), "base", lot, today + timedelta(days=days))
        found[places[code]].append(line)
    return found


def _line(product: str, quantity: str, unit: str, lot: str, expiry: date | None) -> dict[str, Any]:
    return {
        "product": product,
        "quantity": quantity,
        "unit": unit,
        "lot_number": lot,
        "expiry": expiry,
        "unscanned": UNSCANNED,
    }


class _Lots:
    """Numbers and dates for lots; a product's lots are the same ones everywhere."""

    def __init__(self, chance: random.Random, today: date) -> None:
        self.chance, self.today = chance, today
        self.made: dict[tuple[str, int], tuple[str, date]] = {}

    def of(self, product: str, nth: int) -> tuple[str, date]:
        """(number, last good day) of the nth lot; the first expires before the second."""
        if (product, nth) not in self.made:
            number = "".join(self.chance.choices(LETTERS, k=2)) + str(
                self.chance.randrange(1000, 9999)
            )
            soon = nth == 0 and len(self.made) % SOON_EVERY == 0
            days = self.chance.randrange(4, 45) if soon else self.chance.randrange(150, 540)
            self.made[product, nth] = (number, self.today + timedelta(days=days + 300 * nth))
        return self.made[product, nth]
