"""From what people say to labels: what a bearer's tags are heard by at the moment of a sighting."""

from collections.abc import Iterable, Sequence

import numpy as np

from tracking.actions.maps import Label
from tracking.domain.site import NOWHERE
from tracking.domain.state import State, places
from tracking.queries.evidence import Said
from tracking.queries.roster import Roster

FRESH_S = 10.0
"""Strengths that old, or that much newer than the sighting, are of another place. A scan that
waited for the network is older than all that is remembered of the radio: it makes no label."""


def labels(said: Sequence[Said], state: State, roster: Roster) -> list[Label]:
    """The labels that these sightings make of equipment that is there and heard. A person's place
    is no label: where somebody was is kept of nobody for this."""
    wanted = [
        row
        for row in said
        if row.present and (who := roster.bearers.get(row.bearer)) and who.kind == "asset"
    ]
    bearer = places(state.bearers, np.array([row.bearer for row in wanted], dtype=np.int64))
    made: list[Label] = []
    for row, place in zip(wanted, bearer.tolist(), strict=True):
        if place != NOWHERE:
            made += _of_tags(row, place, state, roster)
    return made


def _of_tags(row: Said, bearer: int, state: State, roster: Roster) -> Iterable[Label]:
    tags = state.tags
    for tag in np.flatnonzero(tags.bearer[: tags.count] == bearer):
        apart = np.abs(tags.slot_at[tag] - row.at.timestamp())
        fresh = (tags.gateway[tag] != NOWHERE) & (tags.weight[tag] > 0.0) & (apart <= FRESH_S)
        if fresh.any():
            yield Label(
                sighting=row.id,
                tag=int(tags.key[tag]),
                gateways=roster.site.gateway_key[tags.gateway[tag][fresh]].tolist(),
                rssi=[round(float(dbm), 1) for dbm in tags.rssi[tag][fresh]],
            )
