"""The filter over cells for many tags at once: windows, evidence, the answer of seconds later.

Each tag's belief lives in a window of cells that follows it. Readings of one tag are not
independent (a body, a shelf stands in the way for seconds), so each counts only a part of its
log-likelihood, and several of one gateway within a second as the root of their number. The live
answer leans on the newest a little more than the memory does, because what it says of now is not
yet repeated. The later answer multiplies in what the readings of the next seconds say, backwards.

What a window covers is told by `windows`, where it lies by `seeking`, how strongly its tag sends by
`transmit_power`.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from tracking.domain.locating import motion, transmit_power, windows
from tracking.domain.locating.grid import DRAWN
from tracking.domain.locating.seeking import Known, seek
from tracking.domain.locating.tracks import SLOT_S, UNSEEN, Moment, Tracks
from tracking.domain.locating.windows import CHUNK, Place

LAG_S = 3.0
"""How long after a moment the later answer about it is given."""
EDGE = 0.3
"""Share of a window's half width by which its belief may leave the middle before it follows."""


@dataclass(frozen=True)
class Heard:
    """What a step heard: P pairs of a tag and a gateway (places) in order of the tag, the mean
    `rssi` in dBm, how many readings, and `gap` seconds since that gateway last heard that tag."""

    tag: NDArray[np.int64]
    gateway: NDArray[np.int64]
    rssi: NDArray[np.float32]
    times: NDArray[np.int64]
    gap: NDArray[np.float64]


def follow(tracks: Tracks, place: Place, heard: Heard, known: Known, now: float) -> Tracks:
    """The tracks after what was heard up to `now`; `known` has a row for every tag."""
    if not len(heard.tag) or not len(place.grid.zone):
        return tracks
    first = np.flatnonzero(np.diff(heard.tag, prepend=-1))
    rows = heard.tag[first]
    before = tracks
    tracks = tracks.copy()
    seek(tracks, place, rows, known, now)
    seen = tracks.floor[rows] != UNSEEN
    said = np.zeros_like(before.live)
    ends = np.append(first[1:], len(heard.tag))
    for start in range(0, len(rows), CHUNK):
        part = slice(start, start + CHUNK)
        keep = seen[part]
        pairs = slice(first[part][0], ends[part][-1])
        _advance(tracks, place, rows[part][keep], now)
        said[rows[part][keep]] = _weigh(tracks, place, heard, pairs, now)[keep]
    return replace(tracks, past=_past(before, tracks, said, now))


def zones(tracks: Tracks, place: Place, rows):
    """Where these tags are: entries (place among `rows`, zone, probability); tags without a window
    have none."""
    home = tracks.floor[rows], tracks.i[rows], tracks.j[rows]
    row, zone, p = windows.by_zone(place, rows, home, tracks.live[rows])
    return row, zone, p * (1.0 - tracks.outside[rows])[row]


def later(tracks: Tracks, place: Place, rows, moment: float):
    """Where these tags were at `moment`, given all that was heard since: entries as of `zones`,
    and the middle of it in metres, R x 2."""
    past = tracks.past
    if not past:
        return zones(tracks, place, rows), np.column_stack([tracks.x[rows], tracks.y[rows]])
    target = moment + place.lateness
    start = int(np.argmin([abs(at.now - target) for at in past]))
    grid = place.grid
    last = past[-1]
    home = last.floor[rows], last.i[rows], last.j[rows]
    ways = windows.ways(grid, *home)
    likely = np.ones_like(tracks.belief[rows])
    for k in range(len(past) - 1, start, -1):
        said = windows.realigned(past[k], rows, home, past[k].said[rows])
        likely = likely * np.exp(said)[:, None]
        here, before = past[k].at[rows], past[k - 1].at[rows]
        known = np.isfinite(here) & np.isfinite(before)
        passed = np.where(known, here, 0.0) - np.where(known, before, 0.0)
        likely = motion.backward(likely, passed, ways, grid.spacing, place.parameters)
        likely /= np.maximum(likely.max(axis=(1, 2, 3), keepdims=True), 1e-30)
    belief = windows.realigned(past[start], rows, home, past[start].belief[rows].astype(np.float32))
    p = (belief * likely).sum(axis=1).astype(np.float64)
    # Of a tag whose window lay elsewhere at that moment only what was heard since can tell.
    p = np.where(p.any(axis=(1, 2), keepdims=True), p, likely.sum(axis=1) * ((ways & DRAWN) > 0))
    most = p.max(axis=(1, 2), keepdims=True)
    p = np.where(most > 0, p / np.where(most > 0, most, 1.0), 0.0) ** place.parameters.agreed
    p *= (ways & DRAWN) > 0
    p /= np.maximum(p.sum(axis=(1, 2), keepdims=True), 1e-30)
    return windows.by_zone(place, rows, home, p), windows.middle(grid, *home, p)


def _advance(tracks: Tracks, place: Place, rows, now: float) -> None:
    """Let time pass for these tags, and let their windows follow; in place."""
    grid = place.grid
    home = tracks.floor[rows], tracks.i[rows], tracks.j[rows]
    passed = np.where(np.isfinite(tracks.at[rows]), now - tracks.at[rows], 0.0)
    ways = windows.ways(grid, *home)
    belief = motion.forward(
        tracks.belief[rows], np.maximum(passed, 0.0), ways, grid.spacing, place.parameters
    )
    tracks.at[rows] = now
    wide, high = grid.window.wide, grid.window.high
    p = belief.sum(axis=1)
    with np.errstate(invalid="ignore"):  # BLAS now and then flags lanes that hold nothing of ours
        i = p.sum(axis=2) @ np.arange(wide, dtype=np.float32)
        j = p.sum(axis=1) @ np.arange(high, dtype=np.float32)
    i, j = i - (wide - 1) / 2, j - (high - 1) / 2
    off = (np.abs(i) > EDGE * wide / 2) | (np.abs(j) > EDGE * high / 2)
    to_i, to_j = grid.anchored(
        home[0],
        home[1] + wide // 2 + np.rint(i).astype(np.int32),
        home[2] + high // 2 + np.rint(j).astype(np.int32),
    )
    off &= (to_i != home[1]) | (to_j != home[2])
    if off.any():
        which, there = rows[off], (home[0][off], to_i[off], to_j[off])
        moved = np.maximum(windows.realigned(tracks, which, there, belief[off]), 0.0)
        moved = (moved + 1e-6) * windows.drawn(grid, *there)[:, None]
        belief[off] = moved / moved.sum(axis=(1, 2, 3), keepdims=True)
        tracks.i[which], tracks.j[which] = there[1], there[2]
    tracks.belief[rows] = belief


def _weigh(tracks: Tracks, place: Place, heard: Heard, pairs: slice, now: float):
    """Weigh the beliefs of the tags of these pairs by what was heard, in place; returns that in
    log-likelihood by tag and cell."""
    grid, radio = place.grid, place.radio
    tag, gateway = heard.tag[pairs], heard.gateway[pairs]
    first = np.flatnonzero(np.diff(tag, prepend=-1))
    rows = tag[first]
    power = np.where(radio.fitted[gateway], 0.0, transmit_power.offset(tracks, tag))
    home = np.maximum(tracks.floor[tag], 0), tracks.i[tag], tracks.j[tag]
    places = radio.over(gateway, *home, grid.window.wide, grid.window.high)
    said = radio.rows(places, heard.rssi[pairs] - power)
    count = heard.times[pairs] * np.clip(heard.gap[pairs] / place.parameters.repeated_s, 0.05, 1.0)
    said *= (place.parameters.evidence * np.sqrt(count)).astype(np.float32)[:, None, None]
    said = np.add.reduceat(said, first, axis=0)
    home = np.maximum(tracks.floor[rows], 0), tracks.i[rows], tracks.j[rows]
    drawn = windows.drawn(grid, *home)
    said -= np.where(drawn > 0, said, -np.inf).max(axis=(1, 2), keepdims=True)
    said = np.where(drawn > 0, said, 0.0).astype(np.float32)
    belief = tracks.belief[rows] * (np.exp(said) * drawn)[:, None]
    total = belief.sum(axis=(1, 2, 3), keepdims=True)
    flat = (drawn / np.maximum(drawn.sum(axis=(1, 2), keepdims=True), 1.0))[:, None] / motion.MODES
    belief = np.where(total > 1e-30, belief / np.where(total > 0, total, 1.0), flat)
    tracks.belief[rows] = belief
    _answer(tracks, place, rows, belief, said, home)
    transmit_power.learn(tracks, radio, tag, gateway, heard.rssi[pairs], first, places, now)
    return said


def _answer(tracks: Tracks, place: Place, rows, belief, said, home) -> None:
    """The live belief of these tags, its likeliest zone and its middle; in place."""
    grid = place.grid
    live = belief * np.exp((place.parameters.newest - 1.0) * said)[:, None]
    if place.lateness > 0:
        late = np.full(len(rows), place.lateness)
        live = motion.forward(live, late, windows.ways(grid, *home), grid.spacing, place.parameters)
    live = live.sum(axis=1)
    live /= np.maximum(live.sum(axis=(1, 2), keepdims=True), 1e-30)
    tracks.live[rows] = live
    zone = windows.zones(grid, *home)
    flat = live.reshape(len(rows), -1)
    top = np.take_along_axis(zone.reshape(len(rows), -1), flat.argmax(axis=1)[:, None], axis=1)
    tracks.zone[rows] = top[:, 0]
    held = (flat * (zone.reshape(len(rows), -1) == top)).sum(axis=1)
    tracks.p[rows] = held * (1.0 - tracks.outside[rows])
    floor, i, j = home
    middle = windows.middle(grid, floor, i, j, live)
    tracks.x[rows], tracks.y[rows] = middle[:, 0], middle[:, 1]


def _past(before: Tracks, tracks: Tracks, said, now: float) -> tuple[Moment, ...]:
    """The moments kept for the later answer, with this step as the newest."""
    past = before.past
    if len(past) > 1 and now - past[-2].now < SLOT_S:
        last = past[-1]
        moved = np.flatnonzero(
            (last.i != tracks.i) | (last.j != tracks.j) | (last.floor != tracks.floor)
        )
        earlier = last.said
        if len(moved):
            home = tracks.floor[moved], tracks.i[moved], tracks.j[moved]
            earlier = earlier.copy()
            earlier[moved] = windows.realigned(last, moved, home, earlier[moved])
        said, past = said + earlier, past[:-1]
    elif past:
        closed = past[-1]
        past = (
            *past[:-1],
            replace(
                closed,
                belief=closed.belief.astype(np.float16),
                said=closed.said.astype(np.float16),
            ),
        )
    newest = Moment(now, tracks.at, tracks.floor, tracks.i, tracks.j, tracks.belief, said)
    return (*(m for m in past if m.now >= now - LAG_S - SLOT_S), newest)
