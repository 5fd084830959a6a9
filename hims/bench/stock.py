"""Stock, a lot's trace and the dispensing queue over a hundred thousand lots and two million
movements: the query functions beside their own SQL run bare, and the pages beside the same pages
of a pharmacy that is nearly empty.
"""

from collections.abc import Callable
from typing import Any

from django.utils import timezone

from hims.access.roles import Role
from hims.bench import hospital, stockroom
from hims.bench.compared import BARE, page_ms, query_ms
from hims.bench.figures import Figure
from hims.bench.scratch import House, Say
from inventory.models import Lot, Product, StockPlace
from inventory.queries import stock, trace
from pharmacy.queries.trace import given_from
from pharmacy.queries.worklist import queue

SPREAD = 6
"""The nearly empty pharmacy's lots are of so many products."""
WAITING = 60
"""Orders at the counter: more than a page shows, so that both pages are of one length."""


def measure(
    house: House,
    say: Say,
    *,
    lots: int = 100_000,
    few: int = 400,
    products: int = 200,
    each: int = 20,
    times: int = 20,
    rounds: int = 3,
) -> list[Figure]:
    """Milliseconds of each query function and of each page, with `lots` and with `few` lots, each
    of `each` movements."""
    # The first products have more lots than a page shows: pages of one length are compared.
    stockroom.stock(house, products=products, first=1, last=few, each=each, spread=SPREAD)
    pharmacist = hospital.somebody(Role.PHARMACIST)
    people = {"prescriber": pharmacist.actor, "verifier": pharmacist.actor}
    stockroom.queue(house, first=1, last=WAITING, products=products, **people)
    stockroom.handed_over([f"L{number}" for number in range(1, 21)], by=pharmacist.actor)
    lot = Lot.objects.get(number="L1")
    pages = {
        "stock_page_ms": "/stock/",
        "stock_product_page_ms": f"/stock/products/{lot.product.uid}/",
        "stock_lot_page_ms": f"/stock/lots/{lot.uid}/",
        "queue_page_ms": "/pharmacy/",
    }
    with house.copy() as small:
        say(f"{lots} lots with {each} movements each")
        for first in range(few + 1, lots + 1, lots // 10):
            last = min(first + lots // 10 - 1, lots)
            stockroom.stock(house, products=products, first=first, last=last, each=each)
            say(f"{last} lots")
        say(f"pages with {lots} and with {few} lots")
        full, empty = page_ms(house, small, pharmacist, pages, times, rounds)
    reference = f"the same page with {few} lots"
    figures = [Figure(name, full[name], "ms", reference, empty[name]) for name in pages]
    for name, function in _questions(pharmacist.actor, lot).items():
        say(name)
        ours, bare = query_ms(house, function, times * rounds)
        figures.append(Figure(name, ours, "ms", BARE, bare))
    return figures


def _questions(viewer: Any, lot: Lot) -> dict[str, Callable[[], Any]]:
    """The questions that the pages and the API ask, by the name of their figure."""
    place = StockPlace.objects.get(code="SHELF-01")
    product = Product.objects.get(pk=lot.product_id)
    now = timezone.now()
    return {
        "stock_levels_ms": lambda: list(stock.levels(viewer=viewer, product=product)[:100]),
        "stock_at_place_ms": lambda: list(stock.levels(viewer=viewer, place=place)[:100]),
        "stock_first_to_take_ms": lambda: stock.on_hand(product, [place]),
        "trace_places_ms": lambda: trace.places_of(lot, viewer=viewer),
        "trace_movements_ms": lambda: list(trace.movements_of(lot, viewer=viewer)[:100]),
        "trace_given_ms": lambda: given_from([lot], viewer=viewer),
        "queue_ms": lambda: queue(viewer=viewer, now=now),
    }
