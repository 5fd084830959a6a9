"""From answers to stays: a move is given once the answer has stood for a fixed lag."""

import numpy as np
from numpy.typing import NDArray

from tracking.domain.site import NOWHERE, Site
from tracking.domain.state import AREA, FLOOR, ROOM, Bearers

LAG_S = 3.0
"""Seconds an answer must stand before it becomes history."""
BREAK_S = 60.0
"""After a longer silence the stay before it ends when it was last supported, not at the return."""

MOVE = np.dtype(
    [
        ("bearer", "<i4"), ("left", "<i4"), ("left_at", "<f8"), ("entered", "<i4"), ("at", "<f8"),
        ("p", "<f4"), ("source", "i1"),
    ]
)  # fmt: skip
"""A bearer left a zone at `left_at` and entered another `at`; NOWHERE for none. `p` of the new."""


def follow(people: Bearers, rows, site: Site, newest: NDArray[np.float64], now: float) -> None:
    """Note where the answers of these bearers point, in place.

    A wider answer that contains the zone of the open stay does not contradict it. `newest` is
    the time of the newest evidence by row.
    """
    stay, level, shown = people.stay[rows], people.level[rows], people.shown[rows]
    stay_area = np.append(site.zone_area, NOWHERE)[stay]
    stay_floor = np.append(site.zone_floor, NOWHERE)[stay]
    within = (stay != NOWHERE) & ((stay_area == shown) | (stay == shown))
    same_floor = (stay != NOWHERE) & (stay_floor == people.floor[rows])
    target = np.select(
        [level == ROOM, level == AREA, level == FLOOR],
        [shown, np.where(within, stay, shown), np.where(same_floor, stay, NOWHERE)],
        NOWHERE,
    )
    # Within a room's own area an answer that narrows again is no move out of the room.
    supported = (target == stay) & (level >= AREA) & np.isfinite(newest)
    people.supported_at[rows] = np.where(
        supported, np.maximum(people.supported_at[rows], newest), people.supported_at[rows]
    )
    turned = target != people.target[rows]
    people.target[rows] = target
    people.target_set[rows] = np.where(turned, now, people.target_set[rows])
    evidence = np.where(np.isfinite(newest), np.minimum(newest, now), now)
    people.target_since[rows] = np.where(turned, evidence, people.target_since[rows])


def pending(people: Bearers, now: float) -> NDArray[np.bool_]:
    """Which bearers have a move that has stood for the lag."""
    return (people.target != people.stay) & (now - people.target_set >= LAG_S)


def moves(people: Bearers, rows, now: float) -> NDArray[np.void]:
    """The MOVE records of these bearers that are due; marks them as made, in place."""
    made = rows[pending(people, now)[rows]]
    out = np.zeros(len(made), MOVE)
    at = people.target_since[made]
    supported = people.supported_at[made]
    broken = at - supported > BREAK_S
    out["bearer"], out["left"], out["entered"] = made, people.stay[made], people.target[made]
    out["at"] = np.where(people.stay[made] == NOWHERE, at, np.maximum(at, supported))
    out["left_at"] = np.where(broken & np.isfinite(supported), supported, out["at"])
    gone = (people.target[made] == NOWHERE) & np.isfinite(supported)
    out["left_at"] = np.where(gone, supported, out["left_at"])
    out["p"], out["source"] = people.p[made], people.source[made]
    people.stay[made] = people.target[made]
    people.supported_at[made] = np.maximum(at, supported)
    return out
