"""The engine: evidence in, positions and moves out.

    step(state, evidence, site, now) -> state, positions, moves

Nothing here reads a clock, a file or a database. A step looks at the bearers that evidence
touched, at those whose pending move or silence is due, and at a slice of all others, so that
each is looked at every half minute.
"""

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from tracking.domain import answers, belief, hearing, history
from tracking.domain.readings import READING, SIGHTING
from tracking.domain.site import NOWHERE, Site
from tracking.domain.state import NEVER, State

CANDIDATES = 5
SLICES = 120
"""Steps in which every bearer is looked at once."""
CHUNK = 2048
"""Bearers worked on at a time: bounds the memory of a step."""
SILENT_S, SILENT_INTERVALS = 20.0, 3.0
"""A bearer counts as heard until it was silent for the larger of the two."""

POSITION = np.dtype(
    [
        ("bearer", "<i4"), ("level", "i1"), ("zone", "<i4"), ("floor", "<i4"), ("p", "<f4"),
        ("x", "<f4"), ("y", "<f4"), ("since", "<f8"), ("heard", "?"), ("heard_at", "<f8"),
        ("source", "i1"), ("candidates", "<i4", (CANDIDATES,)),
        ("candidate_p", "<f4", (CANDIDATES,)), ("store", "?"), ("tell", "?"),
    ]
)  # fmt: skip
"""What is believed of a bearer (places in the engine's arrays, NOWHERE for none).

`level`: 0 unknown, 1 floor, 2 area, 3 room; `zone` the room or area shown; `p` of what is
shown. `x`, `y` metres, NaN if unknown. `heard`: being heard now, else last at `heard_at`.
`source`: 0 radio, 1 a person. `store`: the row in the database must change; `tell`: so must what
people see.
"""


@dataclass(frozen=True)
class Evidence:
    """What came since the last step: READING and SIGHTING records, and `alive`, the places of
    gateways that gave a sign of life without a reading."""

    readings: NDArray[np.void] = field(default_factory=lambda: np.empty(0, READING))
    sightings: NDArray[np.void] = field(default_factory=lambda: np.empty(0, SIGHTING))
    alive: NDArray[np.integer] = field(default_factory=lambda: np.empty(0, np.int32))


def step(
    state: State, evidence: Evidence, site: Site, now: float
) -> tuple[State, NDArray[np.void], NDArray[np.void]]:
    """The state after the evidence, the POSITION rows that changed, the moves (history.MOVE).

    `now` in seconds since 1970. The state given is not changed. Readings carry our clock (see
    clocks.follow) and places in the state's and the site's arrays.
    """
    state, heard = hearing.hear(state, evidence.readings, now)
    state = hearing.alive(state, evidence.alive, now)
    state = replace(state, bearers=state.bearers.copy(), ticks=state.ticks + 1)
    told = answers.note_sightings(state.bearers, evidence.sightings, now)
    due = _due(state, heard, told, now)
    positions, moves = [], []
    for start in range(0, len(due), CHUNK):
        rows = due[start : start + CHUNK]
        positions.append(_look_at(state, site, rows, np.isin(rows, told), now))
        moves.append(history.moves(state.bearers, rows, now))
    empty = np.empty(0, POSITION), np.empty(0, history.MOVE)
    return (
        state,
        np.concatenate(positions) if positions else empty[0],
        np.concatenate(moves) if moves else empty[1],
    )


def beliefs(
    state: State, site: Site, bearers: NDArray[np.integer], now: float
) -> NDArray[np.float64]:
    """Per bearer the probability of each zone and, last, of elsewhere: N x (Z + 1)."""
    return _belief(state, site, bearers, now)[0]


def _due(state: State, heard, told, now: float) -> NDArray[np.int64]:
    people = state.bearers
    due = np.zeros(people.count, dtype=bool)
    worn = state.tags.bearer[heard]
    due[worn[worn != NOWHERE]] = True
    due[told] = True
    live = slice(0, people.count)
    due |= people.heard[live] & (people.heard_at[live] < now - SILENT_S)
    due |= history.pending(people, now)[live]
    due[state.ticks % SLICES :: SLICES] = True
    due &= people.key[live] >= 0
    return np.flatnonzero(due)


def _belief(state: State, site: Site, rows: NDArray[np.integer], now: float):
    """Belief, newest evidence, carried by a sighting, newest reading and usual interval by row;
    and the tags used with their row."""
    row_of = np.full(max(state.bearers.count, 1), NOWHERE, dtype=np.int64)
    row_of[rows] = np.arange(len(rows))
    tags = state.tags
    worn = tags.bearer[: tags.count]
    tag = np.flatnonzero(
        (worn != NOWHERE) & (row_of[worn] != NOWHERE) & np.isfinite(tags.at[: tags.count])
    )
    tag_row = row_of[worn[tag]]
    radio_at = np.full(len(rows), NEVER)
    np.maximum.at(radio_at, tag_row, tags.at[tag])
    interval = np.zeros(len(rows))
    np.maximum.at(interval, tag_row, tags.interval[tag])
    tag_belief = belief.of_tags(site, state, tag)
    found, newest, sighted = belief.of_bearers(
        site, state, rows, tag, tag_row, tag_belief, radio_at, now
    )
    return found, newest, sighted, radio_at, interval, tag, tag_row


def _look_at(state: State, site: Site, rows, told, now: float) -> NDArray[np.void]:
    """Work out these bearers' answers, keep them in the state (in place), return what changed."""
    found, newest, sighted, radio_at, interval, tag, tag_row = _belief(state, site, rows, now)
    people = state.bearers
    heard = now - radio_at <= np.maximum(SILENT_S, SILENT_INTERVALS * interval)
    # Until this run has heard it, a bearer of the last run is given the time to be heard again.
    waiting = people.heard[rows] & ~np.isfinite(radio_at) & (now - people.heard_at[rows] < SILENT_S)
    heard |= waiting
    people.heard[rows] = heard
    known = np.isfinite(newest) & ~waiting
    people.heard_at[rows] = np.where(known, newest, people.heard_at[rows])
    people.source[rows] = sighted
    answers.decide(people, rows, found, told, newest, interval, site, now)
    answers.locate(state, site, rows, tag, tag_row, newest)
    history.follow(people, rows, site, newest, now)
    store, tell = answers.changed(people, rows, told, now)
    place = np.flatnonzero(store | tell)
    out = np.zeros(len(place), POSITION)
    chosen = rows[place]
    out["bearer"] = chosen
    out["zone"] = people.shown[chosen]
    for name in ("level", "floor", "p", "x", "y", "since", "heard", "heard_at", "source"):
        out[name] = getattr(people, name)[chosen]
    out["candidates"], out["candidate_p"] = _candidates(found[place, : site.zones])
    out["store"], out["tell"] = store[place], tell[place]
    return out


def _candidates(found: NDArray[np.float64]) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """The likeliest zones, likeliest first; NOWHERE and 0 where there are fewer."""
    zone = np.full((len(found), CANDIDATES), NOWHERE, dtype=np.int32)
    p = np.zeros((len(found), CANDIDATES), dtype=np.float32)
    many = min(CANDIDATES, found.shape[1])
    if many and len(found):
        order = np.argsort(-found, axis=1, kind="stable")[:, :many]
        best = np.take_along_axis(found, order, axis=1)
        zone[:, :many] = np.where(best >= 0.01, order, NOWHERE)
        p[:, :many] = np.where(best >= 0.01, best, 0.0)
    return zone, p
