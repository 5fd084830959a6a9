"""A ledger with a past: movements at named times, posted as the house posts them."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils import timezone

from hims import gate
from hims.domain.periods import Period
from hims.models import Actor
from inventory.actions.ledger import Entry, Posted, post
from inventory.models import Lot, Movement, Par, Product, StockPlace

Kind, World = Movement.Kind, StockPlace.Kind
ZONE = ZoneInfo("America/New_York")
MARCH = Period(date(2026, 3, 2), date(2026, 3, 12))
"""Ten days, in one of which clocks in New York go forward."""


def at(day: int, hour: int = 12, minute: int = 0) -> datetime:
    """A time in March 2026, by the clocks on the wall."""
    first = datetime(2026, 3, 1, hour, minute, tzinfo=timezone.get_default_timezone())
    return first + timedelta(days=day - 1)


class Ledger:
    """Products, lots, places and what moved, by the codes that a test gives them."""

    def __init__(self, actor: Actor):
        self.actor = actor
        self.places: dict[str, StockPlace] = {}
        self.lots: dict[str, Lot] = {}
        self.products: dict[str, Product] = {}

    def place(self, code: str, kind: str = World.SHELF, within: str = "") -> StockPlace:
        self.places[code] = StockPlace.objects.create(
            code=code, name=f"Place {code}", kind=kind, within=self.places.get(within)
        )
        return self.places[code]

    def product(self, code: str, *, per: int = 1, **more) -> Product:
        self.products[code] = Product.objects.create(
            code=code, name=f"Product {code}", unit="tablet", base_per_unit=per, **more
        )
        return self.products[code]

    def lot(self, product: str, number: str, expiry: date | None = date(2031, 1, 31)) -> Lot:
        self.lots[number] = Lot.objects.create(
            product=self.products[product], number=number, expiry=expiry
        )
        return self.lots[number]

    def par(self, place: str, product: str, reorder_at: int, par: int, since: datetime) -> Par:
        """A par level that was written down at `since`."""
        found = Par.objects.filter(place=self.places[place], product=self.products[product])
        row = found.first() or Par(place=self.places[place], product=self.products[product])
        row.reorder_at, row.par = reorder_at, par
        row._history_date = since
        row.save()
        return row

    def move(self, when: datetime, kind: str, lot: str, source: str, target: str, units: int,
             **more) -> Posted:  # fmt: skip
        """`units` base units of a lot from a place (by its code) or a part of the world (by its
        kind) to another."""
        key = self.lots[lot].pk
        act = gate.Act(name="stock.transfer", actor=self.actor, now=when)
        with transaction.atomic(), gate.opened(act):
            return post(
                kind=kind,
                entries=[
                    Entry(key, self._where(source), -units),
                    Entry(key, self._where(target), units),
                ],
                actor=self.actor,
                now=when,
                **more,
            )

    def _where(self, named: str) -> int | World:
        return self.places[named].pk if named in self.places else World(named)
