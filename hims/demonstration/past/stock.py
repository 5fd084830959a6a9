"""Three months of stock: what came, left for patients, was wasted and counted, lot by lot.

These lots are others than those that `store` puts on the shelves, so that what is there to try
stays as it is. The database proves each line and each movement when this is committed.
"""

import random
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db.models import Q
from django.utils.timezone import get_default_timezone, localdate

from hims.demonstration.store import EXACTLY
from hims.models import Actor
from inventory.actions.ledger import WORLD
from inventory.actions.stock.moving import receive
from inventory.actions.stock.wasting import REASONS, waste
from inventory.models import (
    Count,
    Lot,
    Movement,
    MovementLine,
    Par,
    StockLevel,
    StockPlace,
    Supplier,
)

EVERY = 6  # one of so many par levels has such a past; what is controlled always has
LEFT_A_DAY = 0.35  # movements to patients, of one product at one place
WASTED = 0.03  # of these, how many were wasted instead
RESTS = 0.08  # of what came, how much was still there when its day had passed
COUNTED_EVERY = timedelta(days=7)
AT_ONCE = 2_000
ENDED = timedelta(hours=14)  # so long before the demonstration begins its past ends

MISSING = 2
COUNTED_SHORT = "Count at handover"
"""Yesterday so many base units of a controlled drug were missing, and nobody has said why. The
planted breach of the controlled drugs."""

RAN_OUT = "Drawer of ampoules"
OUT = ("ED-STOCK", "ADRENALINE-1-AMPOULE", timedelta(days=9, hours=6), timedelta(hours=5))
"""(place, product, so long ago, for so long): the planted breach of the stock."""


@dataclass
class _Entry:
    """A movement to be: `quantity` leaves (or comes to) the place, to or from `other`."""

    at: datetime
    kind: str
    lot: Lot
    place: StockPlace
    other: StockPlace
    quantity: int
    actor: Actor
    witness: Actor | None = None
    reason: str = ""
    document: str = ""


def write(begins: datetime, ends: datetime) -> None:
    """Write lots, movements with their lines, levels and counts."""
    chance = random.Random("three months of a store")  # noqa: S311 - no secret
    world = {kind: _outside(kind, name) for kind, name in WORLD.items()}
    staff = _Staff()
    pars = Par.objects.select_related("place", "product").order_by("place__code", "pk")
    chosen = [
        par
        for number, par in enumerate(pars)
        if (number % EVERY == 0 or par.product.controlled)
        and (par.place.code, par.product.code) not in EXACTLY
    ]
    lots = _lots(chance, chosen, ends)
    entries: list[_Entry] = []
    for par, lot in zip(chosen, lots, strict=True):
        entries += _of_one(chance, par, lot, world, staff, begins, ends)
    entries.sort(key=lambda entry: entry.at)
    counts = _counts(entries, chosen, lots, world, staff, begins, ends)
    _post(entries)
    for count, movement in counts:
        count.movement = Movement.objects.get(document=movement) if movement else None
    Count.objects.bulk_create([count for count, _movement in counts], batch_size=AT_ONCE)


def _outside(kind: str, name: str) -> StockPlace:
    """The place that stands for a part of the world outside; the ledger makes it on its first
    use."""
    made = {"code": f"WORLD-{kind.upper()}", "name": name}
    place, _new = StockPlace.objects.get_or_create(kind=kind, virtual=True, defaults=made)
    return place


def run_out(now: datetime) -> None:
    """Have the emergency department run out of adrenaline for some hours, some days ago: all of
    its ampoules broke, and new ones of the same lots came in the morning. Once."""
    if Movement.objects.filter(document=RAN_OUT).exists():
        return
    code, product, ago, lasted = OUT
    place = StockPlace.objects.get(code=code)
    staff = _Staff()
    levels = StockLevel.objects.filter(
        place=place, lot__product__code=product, quantity__gt=0
    ).select_related("lot")
    lines = [
        {
            "product": product,
            "lot_number": level.lot.number,
            "expiry": level.lot.expiry,
            "quantity": str(level.quantity),
            "unit": "base",
            "unscanned": "broken",
        }
        for level in levels
    ]
    if not lines:
        return
    waste(
        actor=staff.nurses[0],
        now=now - ago,
        place=place,
        lines=lines,
        why="damaged",
        words="The drawer fell.",
        document=RAN_OUT,
    )
    receive(
        actor=staff.pharmacy[0],
        now=now - ago + lasted,
        place=place,
        lines=lines,
        document=RAN_OUT,
    )


class _Staff:
    def __init__(self) -> None:
        people = Actor.objects.filter(kind=Actor.Kind.PERSON, is_active=True)
        pharmacy = Q(roles__overlap=["pharmacist", "pharmacy_technician"])
        self.pharmacy = list(people.filter(pharmacy).order_by("pk"))
        self.nurses = list(people.filter(roles__contains=["nurse"]).order_by("pk"))


def _lots(chance: random.Random, chosen: list[Par], ends: datetime) -> list[Lot]:
    supplier = Supplier.objects.order_by("pk").first()
    lots = []
    for number, par in enumerate(chosen):
        gone_off = chance.random() < RESTS
        days = -chance.randrange(5, 40) if gone_off else chance.randrange(40, 500)
        expiry: date = ends.date() + timedelta(days=days)
        lots.append(
            Lot(
                product=par.product,
                number=f"P{number:04}",
                expiry=expiry if par.product.carries_expiry else None,
                status=Lot.Status.EXPIRED if gone_off else Lot.Status.RELEASED,
                supplier=supplier,
            )
        )
    return Lot.objects.bulk_create(lots, batch_size=AT_ONCE)


def _of_one(chance, par, lot, world, staff: _Staff, begins, ends) -> list[_Entry]:
    """What came of one lot to one place, and where it went until little or nothing was left."""
    per = par.product.base_per_unit
    last = ends if lot.status == Lot.Status.RELEASED else _end_of(lot.expiry, ends)
    gone: list[_Entry] = []
    at = begins + timedelta(hours=chance.uniform(2, 40))
    while True:
        at += timedelta(days=chance.expovariate(LEFT_A_DAY))
        if at >= last:
            break
        wasted = chance.random() < WASTED
        nurse, other = chance.choice(staff.nurses), chance.choice(staff.pharmacy)
        gone.append(
            _Entry(
                at,
                "waste" if wasted else "dispense",
                lot,
                par.place,
                world["waste" if wasted else "patient"],
                -per * chance.randrange(1, 4),
                nurse,
                other if par.product.controlled else None,
                reason=str(REASONS[chance.choice(["damaged", "part_used"])]) if wasted else "",
            )
        )
    left = per * chance.randrange(2, 9)
    if lot.status == Lot.Status.EXPIRED and last + timedelta(hours=30) < ends:
        off = last + timedelta(hours=chance.uniform(8, 30))
        reason = str(REASONS["expired"])
        witness = staff.nurses[0] if par.product.controlled else None
        gone.append(
            _Entry(
                off,
                "waste",
                lot,
                par.place,
                world["waste"],
                -left,
                staff.pharmacy[0],
                witness,
                reason,
            )
        )
        left = 0
    came = -sum(entry.quantity for entry in gone) + left
    first = _Entry(
        begins + timedelta(hours=1),
        "receipt",
        lot,
        par.place,
        world["supplier"],
        came,
        staff.pharmacy[0],
        document="Delivery of the quarter",
    )
    return [first, *gone] if came else []


def _counts(
    entries: list[_Entry], chosen, lots, world, staff: _Staff, begins, ends
) -> list[tuple[Count, str]]:
    """Counts of what is controlled, each week; the document of the movement that a difference made.

    One lot was short yesterday: that difference becomes an entry.
    """
    found: list[tuple[Count, str]] = []
    by_lot: dict[int, list[_Entry]] = defaultdict(list)
    for entry in entries:
        by_lot[entry.lot.pk].append(entry)

    def count(par: Par, lot: Lot, at: datetime, off: int = 0, document: str = "") -> None:
        seen = [entry for entry in by_lot[lot.pk] if entry.at < at]
        there = sum(entry.quantity for entry in seen)
        counted = Count(
            lot=lot,
            place=par.place,
            counted=there - off,
            seen_version=len(seen),
            seen_quantity=there,
            actor=staff.nurses[0],
            at=at,
        )
        found.append((counted, document))

    yesterday = localdate(ends + ENDED) - timedelta(days=1)
    late = datetime.combine(yesterday, time(10), tzinfo=get_default_timezone())
    planted = False
    for par, lot in zip(chosen, lots, strict=True):
        if not par.product.controlled or not by_lot[lot.pk]:
            continue
        for week in range(1, (ends - begins) // COUNTED_EVERY):
            count(par, lot, begins + week * COUNTED_EVERY)
        there = sum(entry.quantity for entry in by_lot[lot.pk] if entry.at < late)
        if not planted and lot.status == Lot.Status.RELEASED and there > MISSING * 2:
            planted = True
            count(par, lot, late, MISSING, COUNTED_SHORT)
            people = (staff.nurses[0], staff.pharmacy[0])
            off = _Entry(late, "count", lot, par.place, world["count"], -MISSING, *people)
            off.document = COUNTED_SHORT
            entries.append(off)
    entries.sort(key=lambda entry: entry.at)
    return found


def _post(entries: list[_Entry]) -> None:
    """Movements in their order, two lines each, and the levels that they come to."""
    movements = Movement.objects.bulk_create(
        [
            Movement(
                kind=entry.kind,
                reason=entry.reason,
                document=entry.document,
                actor=entry.actor,
                witness=entry.witness,
                at=entry.at,
            )
            for entry in entries
        ],
        batch_size=AT_ONCE,
    )
    balances: dict[tuple[int, int], tuple[int, int]] = defaultdict(lambda: (0, 0))
    lines = []
    for movement, entry in zip(movements, entries, strict=True):
        chain = (entry.lot.pk, entry.place.pk)
        balance, seq = balances[chain]
        balances[chain] = balance, seq = balance + entry.quantity, seq + 1
        here = {"movement": movement, "lot": entry.lot, "serials": []}
        lines.append(
            MovementLine(
                place=entry.place,
                virtual=False,
                quantity=entry.quantity,
                balance_after=balance,
                seq=seq,
                **here,
            )
        )
        lines.append(
            MovementLine(place=entry.other, virtual=True, quantity=-entry.quantity, **here)
        )
    StockLevel.objects.bulk_create(
        [
            StockLevel(lot_id=lot, place_id=place, quantity=balance, version=seq)
            for (lot, place), (balance, seq) in balances.items()
        ],
        batch_size=AT_ONCE,
    )
    MovementLine.objects.bulk_create(lines, batch_size=AT_ONCE)


def _end_of(day: date | None, ends: datetime) -> datetime:
    """The end of a lot's last good day in hospital time, or of the past where it has none."""
    if day is None:
        return ends
    midnight = datetime.combine(day + timedelta(days=1), time.min, tzinfo=get_default_timezone())
    return min(ends, midnight)
