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
from tracking.domain.found import gathered
from tracking.domain.locating import seeking, tracker
from tracking.domain.readings import READING, SIGHTING
from tracking.domain.site import NOWHERE, Site
from tracking.domain.state import NEVER, RADIO, ROOM, State

CANDIDATES, LEAST_CANDIDATE = 5, 0.01
SLICES = 120
"""Steps in which every bearer is looked at once."""
CHUNK = 16_384
"""Bearers worked on at a time: bounds the memory of a step."""
SILENT_S, SILENT_INTERVALS = 20.0, 3.0
"""A bearer counts as heard until it was silent for the larger of the two."""

NEWS_P, NEWS_M, NEWS_S, NEWS_OF_SIGHTING_S = 0.08, 1.0, 2.0, 600.0
"""A bearer is looked at when one of its tags' beliefs changed by so much since; one whose answer is
wide, so often; one of whom people spoke, for so long."""
MOST_DOUBT_S = 4 * history.LAG_S
"""An answer that has stood for so long is a move, whatever the seconds around it said."""

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
    state = replace(
        state,
        bearers=state.bearers.copy(),
        tracks=_followed(state, site, heard, now),
        ticks=state.ticks + 1,
    )
    told = answers.note_sightings(state.bearers, evidence.sightings, now)
    due = _due(state, site, _tags_of(heard), told, now)
    positions, moves = [], []
    for start in range(0, len(due), CHUNK):
        rows = due[start : start + CHUNK]
        positions.append(_look_at(state, site, rows, np.isin(rows, told), now))
        moves.append(_moves(state, site, rows, now))
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
    return _belief(state, site, bearers, now)[0].dense(site.zones)


def zones_then(
    state: State, site: Site, tags: NDArray[np.integer], moment: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Where these tags were at `moment`, at most LAG_S (tracker) ago, given all that was heard
    since: probability of each zone N x Z, and metres N x 2."""
    (row, zone, p), xy = tracker.later(state.tracks, site.place, tags, moment)
    out = np.zeros((len(tags), site.zones))
    out[row, zone] = p
    return out, xy


def _followed(state: State, site: Site, heard: tracker.Heard, now: float):
    known = seeking.Known(state.tags.gateway, state.tags.rssi, hearing.lately(state, now))
    tracks = tracker.follow(state.tracks, site.place, heard, known, now)
    return tracks.relooked()


def _tags_of(heard: tracker.Heard) -> NDArray[np.int64]:
    return heard.tag[np.diff(heard.tag, prepend=-1) > 0]


def _due(state: State, site: Site, heard, told, now: float) -> NDArray[np.int64]:
    """The bearers to look at, and in passing note of the others that they are still heard."""
    people = state.bearers
    due = np.zeros(people.count, dtype=bool)
    worn = state.tags.bearer[heard]
    heard, worn = heard[worn != NOWHERE], worn[worn != NOWHERE]
    news = _has_news(state, heard, worn, now)
    due[worn[news]] = True
    calm, at = worn[~news], state.tags.at[heard[~news]]
    np.maximum.at(people.heard_at, calm, at)
    same = (people.target[calm] == people.stay[calm]) & (people.level[calm] == ROOM)
    np.maximum.at(people.supported_at, calm[same], at[same])
    due[told] = True
    live = slice(0, people.count)
    due |= people.heard[live] & (people.heard_at[live] < now - SILENT_S)
    due |= history.pending(people, now)[live]
    due[state.ticks % SLICES :: SLICES] = True
    due &= people.key[live] >= 0
    return np.flatnonzero(due)


def _has_news(state: State, tags, bearers, now: float) -> NDArray[np.bool_]:
    """Which of these tags may change what is believed of their bearers. A tag at rest that is
    heard a thousand times in its room says nothing new."""
    people, tracks = state.bearers, state.tracks
    news = (tracks.floor[tags] == NOWHERE) | (tracks.zone[tags] != tracks.looked_zone[tags])
    news |= np.abs(tracks.p[tags] - tracks.looked_p[tags]) > NEWS_P
    apart = np.hypot(tracks.x[tags] - tracks.looked_x[tags], tracks.y[tags] - tracks.looked_y[tags])
    news |= ~(apart < NEWS_M)
    news |= tracks.zone[tags] != people.zone[bearers]
    news |= ~people.heard[bearers] | (people.rival[bearers] != NOWHERE)
    # While a wider answer narrows, or a scan fades, time itself changes the answer.
    rested = now - people.calm_at[bearers]
    news |= (people.level[bearers] != ROOM) & (rested >= NEWS_S)
    news |= now - people.seen_at[bearers] < NEWS_OF_SIGHTING_S
    return news & np.isfinite(state.tags.at[tags])


def _moves(state: State, site: Site, rows, now: float) -> NDArray[np.void]:
    """The moves of these bearers that have stood for the lag, and that what was heard since does
    not take back."""
    people = state.bearers
    due = rows[history.pending(people, now)[rows]]
    if len(due):
        tag = np.full(people.count, NOWHERE)
        worn = state.tags.bearer[: state.tags.count]
        order = np.argsort(state.tags.at[: state.tags.count], kind="stable")
        order = order[(worn[order] != NOWHERE) & (state.tracks.floor[order] != NOWHERE)]
        tag[worn[order]] = order  # the tag heard last
        asked = (tag[due] != NOWHERE) & (people.source[due] == RADIO)
        asked &= (people.target[due] != NOWHERE) & (people.stay[due] != NOWHERE)
        asked &= now - people.target_set[due] < MOST_DOUBT_S
        due = due[asked]
        entries, _ = tracker.later(state.tracks, site.place, tag[due], now - tracker.LAG_S)
        then = gathered(len(due), site.zones, *entries)
        held = then.of(people.target[due]) < then.of(people.stay[due])
        rows = np.setdiff1d(rows, due[held], assume_unique=True)
    return history.moves(people, rows, now)


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
    found, newest, sighted = belief.of_bearers(site, state, rows, tag, tag_row, radio_at, now)
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
    _note_looked(state, tag)
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
    zone, p = found.first(CANDIDATES, LEAST_CANDIDATE, NOWHERE)
    out["candidates"], out["candidate_p"] = zone[place], p[place]
    out["store"], out["tell"] = store[place], tell[place]
    return out


def _note_looked(state: State, tags) -> None:
    tracks = state.tracks
    tracks.looked_zone[tags], tracks.looked_p[tags] = tracks.zone[tags], tracks.p[tags]
    tracks.looked_x[tags], tracks.looked_y[tags] = tracks.x[tags], tracks.y[tags]
