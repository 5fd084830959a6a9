"""The locator and the map among twenty thousand assets: the query functions beside their own SQL
run bare, and the pages beside the same pages in a nearly empty hospital.
"""

import time
from collections.abc import Callable
from typing import Any

import psycopg
from django.db import connection
from django.utils import timezone

from hims.access.roles import Role
from hims.bench import hospital, running
from hims.bench.figures import Figure, middle
from hims.bench.scratch import House, Say
from hims.models import Floor, Zone
from tracking.queries.locate import find, kinds_with_counts
from tracking.queries.map import floor_map

BARE = "the same SQL by bare psycopg, rows fetched"


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
        full, empty = _page_ms(house, small, porter, pages, times, rounds)
    reference = f"the same page with {few} assets"
    figures = [Figure(name, full[name], "ms", reference, empty[name]) for name in pages]
    for name, function in _questions(porter.actor, floor).items():
        say(name)
        ours, bare = _query_ms(house, function, times * rounds)
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


def _page_ms(
    house: House,
    small: House,
    who: hospital.Caller,
    pages: dict[str, str],
    times: int,
    rounds: int,
) -> tuple[dict[str, float], dict[str, float]]:
    """Milliseconds from question to answer, median of the rounds' medians, of both hospitals.

    Both are asked in turns, so that what else the machine does hits both.
    """
    found: list[dict[str, list[float]]] = [{name: [] for name in pages} for _ in range(2)]
    with running.web(house) as full, running.web(small) as empty:
        for number in range(rounds + 1):
            for name, path in pages.items():
                for place, web in enumerate((full, empty)):
                    answer = running.asked(house, web, path, times=times, headers=who.browser)
                    if number:  # the first round is to warm up
                        found[place][name].append(middle(answer["seconds"]) * 1000)
    first, second = ({name: middle(ms) for name, ms in one.items()} for one in found)
    return first, second


def _query_ms(house: House, function: Callable[[], Any], times: int) -> tuple[float, float]:
    """Median milliseconds of the function, and of the SQL it sends run bare; taken in turns."""
    sent: list[tuple[str, Any]] = []

    def keep(execute, statement, parameters, many, context):
        sent.append((statement, parameters))
        return execute(statement, parameters, many, context)

    with connection.execute_wrapper(keep):
        function()
    ours, bare = [], []
    with house.connect(autocommit=True, cursor_factory=psycopg.ClientCursor) as plain:

        def run_bare() -> None:
            for statement, parameters in sent:
                plain.execute(statement, parameters).fetchall()

        for _ in range(times):
            ours.append(_ms(function))
            bare.append(_ms(run_bare))
    return middle(ours), middle(bare)


def _ms(function: Callable[[], Any]) -> float:
    begun = time.perf_counter()
    function()
    return (time.perf_counter() - begun) * 1000
