"""Both forms side by side: the fast one, and the one that drives the product, same people."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from typing import Any

from hims.bench import scratch
from hims.simulation import measures
from hims.simulation.parameters import Scenario
from hims.simulation.product import furnish, measure
from hims.simulation.trial import LOAD, Say, by_mouth, with_system

LAG_MIN = 0.05
"""A tag's settled answer is up to three seconds late."""

MISSED = 0.15
SEED = 1


def both_forms(say: Say, *, days: int = 1, arrivals_per_day: float = LOAD) -> list[dict[str, Any]]:
    """By word of mouth and with the system: what the product's log says, and the fast form's own.

    With the system a tag is heard in all but 15 % of the turns, and a cleaner taps a minute after
    the clean.
    """
    base = replace(Scenario(), days=days, warm_up_days=0, arrivals_per_day=arrivals_per_day)
    scenarios = {
        "word of mouth": by_mouth(base),
        "system": with_system(base, told_cleaner=LAG_MIN, told_nurse=1.0, missed=MISSED),
    }
    found = []
    with scratch.house(say) as house:
        furnish(base)
        for name, scenario in scenarios.items():
            say(f"the product itself, {name}")
            with _copied(house):
                slow = asdict(measure(scenario, SEED))
            fast = measures.run(scenario, SEED)
            found.append(
                {
                    "name": name,
                    "product": slow,
                    "fast": {field: getattr(fast, field) for field in slow if hasattr(fast, field)},
                }
            )
    return found


@contextmanager
def _copied(house: scratch.House) -> Iterator[None]:
    with house.copy() as mine, scratch.pointed_at(mine):
        yield
