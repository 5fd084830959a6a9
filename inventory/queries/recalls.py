"""Recalls: which lots a notice names, what taking them away would do, and what became of them."""

import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from hims.access.scopes import visible_to
from hims.models import Actor
from inventory.models import Lot, Product, Recall, RecallTask, StockLevel, StockPlace
from inventory.queries.scanned import resolve_all

MOST_LINES = 500
APART = re.compile(r"\s*[,;\t]\s*")
LINES = re.compile(r"[\r\n]+")  # str.splitlines would cut a code at its separators
EVERY = "*"


@dataclass
class Named:
    """One line of a notice, and the lots that it names; `problem` says why there are none."""

    text: str
    lots: list[Lot] = field(default_factory=list)
    problem: str = ""


def named_by(text: str, *, viewer: Actor, now: datetime) -> list[Named]:
    """The lots of a notice that was pasted or scanned, one line each: a pack's code, a lot's
    number, our own label, or a product (code or GTIN) and a lot with a comma, semicolon or tab
    between. A star for the lot means every lot of the product."""
    lines = [line.strip(" \t") for line in LINES.split(text) if line.strip()][:MOST_LINES]
    parts = [APART.split(line, 1) for line in dict.fromkeys(lines)]
    read = resolve_all([part[0] for part in parts], viewer=viewer, now=now)
    found = []
    for part, one in zip(parts, read, strict=True):
        named = Named(", ".join(part))
        if len(part) == 2:
            _of_product(named, one.product, part[1])
        elif one.lot is not None:
            named.lots = [one.lot]
        else:
            stops = [finding.text for finding in one.reading if finding.severity == "stop"]
            notes = [finding.text for finding in one.findings if finding.severity == "note"]
            named.problem = next(iter(stops or notes), _("This is no lot."))
        found.append(named)
    return found


def _of_product(named: Named, product: Product | None, number: str) -> None:
    if product is None:
        named.problem = _("No product is known by this.")
        return
    lots = Lot.objects.select_related("product").filter(product=product)
    if number != EVERY:
        lots = lots.filter(number__iexact=number)
    named.lots = list(lots.order_by("number"))
    if not named.lots:
        text = _("Lot %(lot)s of %(name)s was never received here.")
        named.problem = text % {"lot": number, "name": product.shown_name}


# --- before it is opened ------------------------------------------------------------------------


@dataclass(frozen=True)
class Emptied:
    """A place that holds lots to be recalled: `units` of them, and `left` of the product in other
    lots that may be given."""

    place: StockPlace
    product: Product
    units: int
    left: int

    @property
    def empties(self) -> bool:
        return self.left == 0


@dataclass
class Preview:
    """What a recall of these lots would set aside. units: in stock, by the key of the lot."""

    lots: list[Lot]
    units: dict[int, int] = field(default_factory=dict)
    places: list[Emptied] = field(default_factory=list)

    @property
    def rows(self) -> list[tuple[Lot, int]]:
        return [(lot, self.units.get(lot.pk, 0)) for lot in self.lots]

    @property
    def empties(self) -> list[Emptied]:
        return [one for one in self.places if one.empties]


def preview(lots: Iterable[Lot], *, viewer: Actor) -> Preview:
    """The units that a recall of `lots` would set aside, and the places that it would empty."""
    found = Preview(list({lot.pk: lot for lot in lots}.values()))
    products = {lot.product_id: lot.product for lot in found.lots}
    called = {lot.pk for lot in found.lots}
    levels = visible_to(viewer, StockLevel.objects.filter(lot__product__in=products))
    levels = levels.filter(quantity__gt=0).select_related("lot", "place")
    there: dict[tuple[int, int], Emptied] = {}
    for level in levels.order_by("place__name", "place_id"):
        key = (level.place_id, level.lot.product_id)
        before = there.get(key) or Emptied(level.place, products[level.lot.product_id], 0, 0)
        units, left = before.units, before.left
        if level.lot_id in called:
            units += level.quantity
            found.units[level.lot_id] = found.units.get(level.lot_id, 0) + level.quantity
        elif level.lot.status == Lot.Status.RELEASED:
            left += level.quantity
        there[key] = Emptied(before.place, before.product, units, left)
    found.places = [one for one in there.values() if one.units]
    return found


# --- while it is open, and afterwards -----------------------------------------------------------


def recalls(*, viewer: Actor) -> QuerySet[Recall]:
    """All recalls, the open ones first and the newest of them on top."""
    return visible_to(viewer, Recall.objects.all()).order_by("-status", "-opened_at")


@dataclass(frozen=True)
class Left:
    """Recalled units that lie at a place now, and the task that fetches them, if there is one."""

    lot: Lot
    place: StockPlace
    there: int
    task: RecallTask | None

    @property
    def done(self) -> bool:
        return self.task is not None and self.task.done_at is not None

    @property
    def not_found(self) -> int:
        """Base units that should have been there and were not, when somebody came to fetch them."""
        return self.there if self.done else 0


def left_of(recall: Recall, *, viewer: Actor) -> list[Left]:
    """Where recalled units lie outside quarantine, and every task, what is still to do first."""
    tasks = visible_to(viewer, RecallTask.objects.filter(recall=recall))
    tasks = tasks.select_related("lot__product", "place", "done_by")
    by_key = {(task.lot_id, task.place_id): task for task in tasks}
    levels = visible_to(viewer, StockLevel.objects.filter(lot__recalls__recall=recall))
    levels = levels.filter(quantity__gt=0).exclude(place__kind=StockPlace.Kind.QUARANTINE)
    found = [
        Left(
            level.lot, level.place, level.quantity, by_key.pop((level.lot_id, level.place_id), None)
        )
        for level in levels.select_related("lot__product", "place")
    ]
    found += [Left(task.lot, task.place, 0, task) for task in by_key.values()]
    return sorted(found, key=lambda one: (one.done, one.place.name, one.lot.pk))


ACCOUNT = """
SELECT line.lot_id,
    coalesce(-sum(line.quantity) FILTER (WHERE place.kind = 'supplier'), 0),
    coalesce(sum(line.quantity) FILTER (WHERE place.kind = 'quarantine'), 0),
    coalesce(sum(line.quantity) FILTER (WHERE NOT place.virtual AND place.kind <> 'quarantine'), 0),
    coalesce(sum(line.quantity) FILTER (WHERE place.kind = 'patient'), 0),
    coalesce(sum(line.quantity) FILTER (WHERE place.kind = 'waste'), 0),
    coalesce(sum(line.quantity) FILTER (WHERE place.kind = 'count'), 0)
FROM inventory_movementline line JOIN inventory_stockplace place ON place.id = line.place_id
WHERE line.lot_id = ANY (%s) GROUP BY line.lot_id
"""


@dataclass(frozen=True)
class Account:
    """What became of the units of one lot that were ever received, in base units.

    received = in_quarantine + on_shelves + given + wasted + missing: the ledger's own sum.
    """

    received: int = 0
    in_quarantine: int = 0
    on_shelves: int = 0
    given: int = 0
    wasted: int = 0
    missing: int = 0

    @property
    def accounted(self) -> int:
        return self.in_quarantine + self.given + self.wasted

    @property
    def unaccounted(self) -> int:
        """What the ledger has on shelves and nobody has brought, and what counts found missing."""
        return self.on_shelves + self.missing


def accounts(lots: Iterable[Lot]) -> dict[int, Account]:
    """What became of each lot, by its key; lots that were never moved have an empty account."""
    keys = [lot.pk for lot in lots]
    with connection.cursor() as cursor:
        cursor.execute(ACCOUNT, [keys])
        said = {row[0]: Account(*map(int, row[1:])) for row in cursor.fetchall()}
    return {key: said.get(key, Account()) for key in keys}


def report(recall: Recall) -> dict[str, Any]:
    """The closing report of a recall as plain JSON: every unit accounted for or not. Whoever asks
    has been let to the recall."""
    called = list(recall.lots.select_related("lot__product").order_by("lot__product__name", "pk"))
    by_lot = accounts(one.lot for one in called)
    tasks = list(recall.tasks.select_related("lot", "place", "done_by").order_by("place__name"))
    return {
        "lots": [
            {
                "lot": str(one.lot.uid),
                "number": one.lot.number,
                "product": one.lot.product.shown_name,
                "unit": one.lot.product.unit,
                "base_per_unit": one.lot.product.base_per_unit,
                "units_found": one.units_found,
                **asdict(by_lot[one.lot_id]),
                "accounted": by_lot[one.lot_id].accounted,
                "unaccounted": by_lot[one.lot_id].unaccounted,
            }
            for one in called
        ],
        "tasks": [
            {
                "lot": str(task.lot.uid),
                "place": task.place.name,
                "expected": task.expected,
                "collected": task.collected,
                "done_by": task.done_by.name if task.done_by else None,
                "done_at": task.done_at.isoformat() if task.done_at else None,
            }
            for task in tasks
        ],
    }
