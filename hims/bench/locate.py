"""The locator and the map among twenty thousand assets: the query functions beside their own SQL
run bare, and the pages beside the same pages in a nearly empty hospital.
"""

from collections.abc import Callable
from typing import Any

from django.utils import timezone

from hims.access.roles import Role
from hims.bench import hospital
from hims.bench.compared import BARE, page_ms, query_ms
from hims.bench.figures import Figure
from hims.bench.scratch import House, Say
from hims.models import Floor, Zone
from tracking.queries.locate import find, kinds_with_counts
from tracking.queries.map import floor_map


def measure(
    house: House, say: Say, *, assets: int = 20_000, few: int = 30, times: int = 30, rounds: int = 3
) -> list[Figure]:
    """Milliseconds of each query function and of each page, at `assets` and at `few` assets.

    `few` is the least number that fills the first screen of the locator: fewer would compare
    pages of different length.
    """
    hospital.places()
    hospital.equip(house, 1, few)
    porter = hospital.somebody(Role.PORTER)
    floor = Floor.objects.order_by("pk")[0]
    pages = {
        "locate_page_ms": "/locate/?q=pump",
        "locate_page_all_ms": "/locate/",
        "map_page_ms": f"/map/{floor.uid}/",
    }
    with house.copy() as small:
        say(f"{assets} assets")
        hospital.equip(house, few + 1, assets)
        say(f"pages with {assets} and with {few} assets")
        full, empty = page_ms(house, small, porter, pages, times, rounds)
    reference = f"the same page with {few} assets"
    figures = [Figure(name, full[name], "ms", reference, empty[name]) for name in pages]
    for name, function in _questions(porter.actor, floor).items():
        say(name)
        ours, bare = query_ms(house, function, times * rounds)
        figures.append(Figure(name, ours, "ms", BARE, bare))
    return figures


def _questions(viewer: Any, floor: Floor) -> dict[str, Callable[[], Any]]:
    """The questions that the pages and the API ask, by the name of their figure."""
    near = Zone.objects.exclude(kind="area").order_by("pk")[0]

    def located(**asked: Any) -> Callable[[], Any]:
        return lambda: find(viewer=viewer, now=timezone.now(), **asked)

    def mapped(**asked: Any) -> Callable[[], Any]:
        return lambda: floor_map(viewer=viewer, floor=floor, now=timezone.now(), **asked)

    return {
        "locate_words_ms": located(q="pump"),
        "locate_number_ms": located(q="A-000777"),
        "locate_free_ms": located(q="pump", available=True),
        "locate_near_ms": located(q="pump", near=near),
        "locate_all_ms": located(),
        "locate_kinds_ms": lambda: kinds_with_counts(viewer=viewer, now=timezone.now()),
        "map_ms": mapped(),
        "map_words_ms": mapped(q="pump"),
    }
