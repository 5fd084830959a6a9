"""The traffic of the spool as the engine took it in, and what people said meanwhile."""

from collections.abc import Iterator
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from tracking.domain.site import NOWHERE, places_of
from tracking.domain.state import State, empty, enrolled, places
from tracking.domain.what_if import SAID
from tracking.models import BEARERS, Sighting
from tracking.queries import spool
from tracking.queries.roster import Roster, bearer_key


def beginning(roster: Roster) -> State:
    """The engine's state with everybody enrolled and nothing known."""
    keys = np.array(sorted(roster.bearers), dtype=np.int64)
    return enrolled(empty(roster.site), roster.tag_key, keys, roster.wearer_key)


def batches(
    roster: Roster, state: State, start: datetime, end: datetime
) -> Iterator[tuple[float, NDArray[np.void]]]:
    """What was taken in together, and when: READING records in places of the state and the site;
    those of strangers to the roster are left out. Raises spool.Unreadable."""
    for piece in spool.heard(start.timestamp(), end.timestamp()):
        readings = piece.readings
        readings["tag"] = tag = places(state.tags, readings["tag"].astype(np.int64))
        gateway = places_of(roster.site.gateway_key, readings["gateway"].astype(np.int64))
        readings["gateway"] = gateway
        known = (tag != NOWHERE) & (gateway != NOWHERE)
        readings, taken = readings[known], piece.taken[known]
        if not len(taken):
            continue
        edges = np.flatnonzero(np.diff(taken)) + 1
        for first, last in zip([0, *edges.tolist()], [*edges.tolist(), len(taken)], strict=True):
            yield float(taken[first]), readings[first:last]


def said(roster: Roster, state: State, start: datetime, end: datetime) -> NDArray[np.void]:
    """SAID records of the scans and picks of that time."""
    found = Sighting.objects.filter(at__gte=start, at__lt=end).exclude(
        source=Sighting.Source.NOT_THERE
    )
    columns = [f"{kind}_id" for kind in BEARERS]
    rows = list(found.values_list(*columns, "zone_id", "at"))
    out = np.zeros(len(rows), SAID)
    keys = [
        next(bearer_key(kind, pk) for kind, pk in zip(BEARERS, row, strict=False) if pk is not None)
        for row in rows
    ]
    out["bearer"] = places(state.bearers, np.array(keys, dtype=np.int64))
    out["zone"] = places_of(
        roster.site.zone_key, np.array([row[-2] for row in rows], dtype=np.int64)
    )
    out["at"] = [row[-1].timestamp() for row in rows]
    return out[(out["bearer"] != NOWHERE) & (out["zone"] != NOWHERE)]
