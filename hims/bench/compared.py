"""Query functions beside their own SQL run bare, and pages beside the same pages of a hospital
that is nearly empty.
"""

import time
from collections.abc import Callable
from typing import Any

import psycopg
from django.db import connection

from hims.bench import hospital, running
from hims.bench.figures import middle
from hims.bench.scratch import House

BARE = "the same SQL by bare psycopg, rows fetched"


def page_ms(
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


def query_ms(house: House, function: Callable[[], Any], times: int) -> tuple[float, float]:
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
