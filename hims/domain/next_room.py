"""Who goes next, and into which room: a suggestion in a stated order, with its reasons.

The order is lexicographic: what the patient needs the room must offer; then acuity, then the time
waited; then the room that wastes least of what others may need, then the shorter walk. A person
accepts it or says why not; what was refused is not suggested again.
"""

from collections.abc import Callable, Collection, Hashable, Iterable
from dataclasses import dataclass
from datetime import datetime

ACUITY_UNKNOWN = 3
"""An ESI level not given yet counts as the middle one, and the reason says that it is unknown."""

SCARCE = {
    "resuscitation": 16,
    "negative_pressure": 8,
    "isolation": 4,
    "monitor": 2,
    "bariatric": 1,
}
"""What a room can offer, and how much it is missed when given away without need."""


@dataclass(frozen=True)
class Waiting:
    """A patient without a room. acuity: ESI 1 (most urgent) to 5, or None; needs: of SCARCE."""

    patient: Hashable
    acuity: int | None
    since: datetime
    needs: frozenset[str] = frozenset()
    place: Hashable | None = None


@dataclass(frozen=True)
class Space:
    """A space that is READY. hallway: a space in a corridor, offered when no room fits."""

    space: Hashable
    offers: frozenset[str] = frozenset()
    place: Hashable | None = None
    hallway: bool = False


@dataclass(frozen=True)
class Reason:
    """Why, as a code and its value.

    fits: what is needed and there (tuple, empty when nothing is needed) · acuity: ESI or None ·
    waited_min: whole minutes · spares: specials of other ready rooms that stay free ·
    spends: specials given away without need because nothing plainer fits · walk_s: seconds ·
    hallway: True · passed_over: how many with a better claim fit no room that is ready.
    """

    code: str
    value: object


@dataclass(frozen=True)
class Suggestion:
    patient: Hashable
    space: Hashable
    reasons: tuple[Reason, ...]


Walk = Callable[[Hashable | None, Hashable | None], float | None]
"""Walking seconds between two places, None when the way is not known."""


def suggest(
    waiting: Iterable[Waiting],
    spaces: Iterable[Space],
    walk: Walk | None = None,
    *,
    now: datetime,
    refused: Collection[tuple[Hashable, Hashable]] = frozenset(),
) -> Suggestion | None:
    """The next patient and room, or None when no pair fits.

    refused: (patient, space) pairs that a person has said no to.
    """
    ready = list(spaces)
    for passed_over, one in enumerate(sorted(waiting, key=claim)):
        fitting = [
            space
            for space in ready
            if one.needs <= space.offers and (one.patient, space.space) not in refused
        ]
        if fitting:
            best = min(fitting, key=lambda space: _cost(one, space, walk))
            reasons = _reasons(one, best, fitting, walk, now, passed_over)
            return Suggestion(one.patient, best.space, reasons)
    return None


def claim(one: Waiting) -> tuple[int, datetime, str]:
    """The order of those who wait: acuity, then since when."""
    acuity = ACUITY_UNKNOWN if one.acuity is None else one.acuity
    return acuity, one.since, str(one.patient)


def wasted(needs: frozenset[str], offers: frozenset[str]) -> int:
    """How much of what others may need this room would give away."""
    return sum(SCARCE.get(offer, 1) for offer in offers - needs)


def _cost(one: Waiting, space: Space, walk: Walk | None) -> tuple[bool, int, float, str]:
    seconds = walk(one.place, space.place) if walk else None
    return (
        space.hallway,
        wasted(one.needs, space.offers),
        float("inf") if seconds is None else seconds,
        str(space.space),
    )


def _reasons(
    one: Waiting,
    best: Space,
    fitting: list[Space],
    walk: Walk | None,
    now: datetime,
    passed_over: int,
) -> tuple[Reason, ...]:
    reasons = [
        Reason("fits", tuple(sorted(one.needs))),
        Reason("acuity", one.acuity),
        Reason("waited_min", max(0, int((now - one.since).total_seconds() // 60))),
    ]
    spent = best.offers - one.needs
    spared = {offer for space in fitting for offer in space.offers} - best.offers
    if spared:
        reasons.append(Reason("spares", tuple(sorted(spared))))
    if spent:
        reasons.append(Reason("spends", tuple(sorted(spent))))
    seconds = walk(one.place, best.place) if walk else None
    if seconds is not None:
        reasons.append(Reason("walk_s", round(seconds)))
    if best.hallway:
        reasons.append(Reason("hallway", True))
    if passed_over:
        reasons.append(Reason("passed_over", passed_over))
    return tuple(reasons)
