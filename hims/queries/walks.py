"""Walking times between rooms for pages that ask again and again; the doors seldom change."""

from collections.abc import Callable, Hashable
from datetime import datetime, timedelta

from hims.models import Zone

from .places import seconds_from

KEPT = timedelta(minutes=10)
MOST_KEPT = 500

_kept: dict[int, tuple[datetime, dict[int, float]]] = {}


def walk_between(now: datetime) -> Callable[[Hashable | None, Hashable | None], float | None]:
    """A function of two zones (keys) that tells the seconds between them, None if not known.

    What was worked out is good for KEPT: a door added meanwhile is known that much later.
    """

    def walk(start: Hashable | None, end: Hashable | None) -> float | None:
        if not isinstance(start, int) or not isinstance(end, int):
            return None
        made, seconds = _kept.get(start, (None, {}))
        if made is None or not timedelta(0) <= now - made < KEPT:
            if len(_kept) >= MOST_KEPT:
                _kept.clear()
            seconds = seconds_from(Zone(pk=start))
            _kept[start] = (now, seconds)
        return seconds.get(end)

    return walk
