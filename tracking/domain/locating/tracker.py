"""The filter over cells for many tags at once: windows, evidence, the answer of seconds later.

Each tag's belief lives in a window of cells that follows it. Readings of one tag are not
independent (a body, a shelf stands in the way for seconds), so each counts only a part of its
log-likelihood, and several of one gateway within a second as the root of their number. The live
answer leans on the newest a little more than the memory does, because what it says of now is not
yet repeated. The later answer multiplies in what the readings of the next seconds say, backwards.

A window is small, so what lies outside it is asked about now and then: the probability that the
tag is there is told with every answer, and if those places together explain what the tag's gateways
hear better for long enough, the window goes there. Another floor is believed sooner when the tag is
at a lift or stairs.
"""

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from tracking.domain.locating import motion
from tracking.domain.locating.grid import DRAWN, Grid
from tracking.domain.locating.parameters import Parameters
from tracking.domain.locating.radio_map import RadioMap
from tracking.domain.locating.tracks import SLOT_S, UNSEEN, Moment, Tracks

LAG_S = 3.0
POWER_SPREAD_DB, POWER_NOISE_DB, POWER_MEMORY_S = 5.0, 5.0, 60.0
"""A tag's power against the usual one: its spread among tags, the scatter of a step about the map,
and the seconds of readings that count. A single gateway cannot tell power from distance and says
nothing of it. A grid of powers inside the step was tried: it costs ten
times as much and finds no more."""
EDGE = 0.3
"""Share of a window's half width by which its belief may leave the middle before it follows."""
CHECK_S, DOUBTED_S, MOST_CHECKS, MOST_NEW = 2.0, 0.8, 2048, 8192
"""How often a tag is compared with places outside its window, and how often one that may well be
outside (DOUBTED); most of these in one step, who waited longest first, and most new tags that are
given a window."""
ELSEWHERE_NATS, PLACE_NATS, FIRM_NATS, OTHER_FLOOR_NATS = 1.5, 1.0, 0.8, 2.5
"""By how much all those together must be likelier than the window, or the best of them than the
best cell of a window that is wide and fits nowhere; to what this must add up, check by check,
before the window goes there; to what on another floor, away from lifts and stairs."""
DOUBTED, NEWLY = 0.1, 0.12
"""Probability of being outside from which a tag is compared more often; that of a window that was
only just laid."""
SETTLED = 2.0
"""Readings' worth of a smoothed strength, beside one reading, when places are compared."""
FIRST = 0.7
"""Share of its log-likelihood that counts of what is heard of a tag first: it repeats nothing."""
SEEK_M, SEEK_CELLS = 3.0, 10
"""Places asked about: so far apart, so many each way around the strongest gateway."""
LEAST = 1e-5
"""Cells less likely than this are left out of what is said of zones."""
CHUNK = 8192


@dataclass(frozen=True)
class Heard:
    """What a step heard: P pairs of a tag and a gateway (places) in order of the tag, the mean
    `rssi` in dBm, how many readings, and `gap` seconds since that gateway last heard that tag."""

    tag: NDArray[np.int64]
    gateway: NDArray[np.int64]
    rssi: NDArray[np.float32]
    times: NDArray[np.int64]
    gap: NDArray[np.float64]


@dataclass(frozen=True)
class Place:
    """The world of a filter: its grid, radio map, whether each zone leads to another floor, and
    by how many seconds readings trail what they tell of."""

    grid: Grid
    radio: RadioMap
    linked: NDArray[np.bool_]
    lateness: float = 0.0
    parameters: Parameters = field(default_factory=Parameters)


@dataclass(frozen=True)
class Known:
    """What T tags were lately heard by: gateway places (-1 none), smoothed dBm, weights 0 to 1;
    T x SLOTS each."""

    gateway: NDArray[np.int32]
    rssi: NDArray[np.float32]
    weight: NDArray[np.float32]


def follow(tracks: Tracks, place: Place, heard: Heard, known: Known, now: float) -> Tracks:
    """The tracks after what was heard up to `now`; `known` has a row for every tag."""
    if not len(heard.tag) or not len(place.grid.zone):
        return tracks
    first = np.flatnonzero(np.diff(heard.tag, prepend=-1))
    rows = heard.tag[first]
    before = tracks
    tracks = tracks.copy()
    _seek(tracks, place, rows, known, now)
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


def offset(tracks: Tracks, rows) -> NDArray[np.float32]:
    """dB by which these tags send more strongly than the map takes for granted."""
    share = tracks.power_weight[rows] + (POWER_NOISE_DB / POWER_SPREAD_DB) ** 2
    return tracks.power_sum[rows] / share


def zones(tracks: Tracks, place: Place, rows):
    """Where these tags are: entries (place among `rows`, zone, probability); tags without a window
    have none."""
    home = tracks.floor[rows], tracks.i[rows], tracks.j[rows]
    row, zone, p = _by_zone(place, rows, home, tracks.live[rows])
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
    ways = _ways(grid, *home)
    likely = np.ones_like(tracks.belief[rows])
    for k in range(len(past) - 1, start, -1):
        said = _realigned(past[k], rows, home, past[k].said[rows])
        likely = likely * np.exp(said)[:, None]
        here, before = past[k].at[rows], past[k - 1].at[rows]
        known = np.isfinite(here) & np.isfinite(before)
        passed = np.where(known, here, 0.0) - np.where(known, before, 0.0)
        likely = motion.backward(likely, passed, ways, grid.spacing, place.parameters)
        likely /= np.maximum(likely.max(axis=(1, 2, 3), keepdims=True), 1e-30)
    belief = _realigned(past[start], rows, home, past[start].belief[rows].astype(np.float32))
    p = (belief * likely).sum(axis=1).astype(np.float64)
    # Of a tag whose window lay elsewhere at that moment only what was heard since can tell.
    p = np.where(p.any(axis=(1, 2), keepdims=True), p, likely.sum(axis=1) * ((ways & DRAWN) > 0))
    most = p.max(axis=(1, 2), keepdims=True)
    p = np.where(most > 0, p / np.where(most > 0, most, 1.0), 0.0) ** place.parameters.agreed
    p *= (ways & DRAWN) > 0
    p /= np.maximum(p.sum(axis=(1, 2), keepdims=True), 1e-30)
    return _by_zone(place, rows, home, p), _middle(grid, *home, p)


# --- Where a window lies --------------------------------------------------------------------------


def _seek(tracks: Tracks, place: Place, rows, known: Known, now: float) -> None:
    """Give windows to tags that have none, and compare others with what lies outside; in place."""
    new = tracks.floor[rows] == UNSEEN
    every = np.where(tracks.outside[rows] > DOUBTED, DOUBTED_S, CHECK_S)
    due = rows[~new & (now - tracks.checked[rows] >= every)]
    if len(due) > MOST_CHECKS:
        due = due[np.argpartition(tracks.checked[due], MOST_CHECKS)[:MOST_CHECKS]]
    chosen = np.concatenate([rows[new][:MOST_NEW], due])
    for start in range(0, len(chosen), CHUNK):
        _compare(tracks, place, chosen[start : start + CHUNK], known, now)


def _compare(tracks: Tracks, place: Place, rows, known: Known, now: float) -> None:
    grid, window = place.grid, place.grid.window
    gateway, rssi, weight = known.gateway[rows], known.rssi[rows], known.weight[rows]
    tracks.checked[rows] = now
    rssi = rssi - np.where(_unfitted(place, gateway), offset(tracks, rows)[:, None], 0.0)
    weight = np.where(gateway >= 0, weight, 0.0)
    stride = max(1, round(SEEK_M / grid.spacing))
    home = tracks.floor[rows], tracks.i[rows], tracks.j[rows]
    best = np.full(len(rows), -np.inf)
    weighed = np.full(len(rows), -1e3)
    found = [np.full(len(rows), UNSEEN, np.int32) for _ in range(3)]
    at_link = np.append(place.linked, False)[tracks.zone[rows]]
    for floor, centre in _starts(place, gateway, rssi, weight):
        i0, j0 = (k - stride * SEEK_CELLS // 2 for k in centre)
        score = _score(place, gateway, rssi, weight, floor, i0, j0, SEEK_CELLS, SEEK_CELLS, stride)
        steps = stride * np.arange(SEEK_CELLS)
        i, j = (i0 - home[1])[:, None] + steps, (j0 - home[2])[:, None] + steps
        inside = ((i >= 0) & (i < window.wide))[:, :, None]
        inside = inside & ((j >= 0) & (j < window.high))[:, None]
        inside &= (floor == home[0])[:, None, None]
        score = np.where(inside, -np.inf, score).reshape(len(rows), -1)
        weighed = np.logaddexp(weighed, _total(score))
        place_of = score.argmax(axis=1)
        top = score[np.arange(len(rows)), place_of]
        better = (top > best) & (floor >= 0)
        best = np.where(better, top, best)
        a, b = np.divmod(place_of, SEEK_CELLS)
        for column, value in zip(found, (floor, i0 + stride * a, j0 + stride * b), strict=True):
            column[better] = value[better]
    has = home[0] != UNSEEN
    own, own_best = np.full(len(rows), -2e3), np.full(len(rows), -2e3)
    if has.any():
        floor, i, j = (k[has] for k in home)
        inside = _score(
            place, gateway[has], rssi[has], weight[has], floor, i, j, window.wide, window.high, 1
        )
        inside = inside.reshape(len(inside), -1)
        own[has] = np.maximum(_total(inside), -2e3)
        own_best[has] = np.maximum(inside.max(axis=1), -2e3)
    # Each place asked about stands for the cells around it.
    odds = weighed + 2.0 * np.log(stride) - own - ELSEWHERE_NATS
    odds = np.clip(np.maximum(odds, best - own_best - PLACE_NATS), -50.0, 50.0)
    tracks.outside[rows] = np.where(np.isfinite(best), 1.0 / (1.0 + np.exp(-odds)), 0.0)
    tracks.doubt[rows] = np.where(
        np.isfinite(best), np.maximum(tracks.doubt[rows] + odds, 0.0), 0.0
    )
    firm = np.where((found[0] != home[0]) & ~at_link, OTHER_FLOOR_NATS, FIRM_NATS)
    goes = np.isfinite(best) & ((tracks.doubt[rows] > firm) | ~has)
    tracks.outside[rows[goes]] = NEWLY
    if goes.any():
        _settle(tracks, place, rows[goes], *(k[goes] for k in found))
        again = rows[goes]
        said = _score(
            place, gateway[goes], rssi[goes], weight[goes], tracks.floor[again], tracks.i[again],
            tracks.j[again], window.wide, window.high, 1,
        )  # fmt: skip
        share = np.where(has[goes], 1.0, FIRST / (SETTLED * place.parameters.evidence))
        said *= share.astype(np.float32)[:, None, None]
        said -= said.max(axis=(1, 2), keepdims=True)
        tracks.belief[again] *= np.exp(said)[:, None]
        tracks.belief[again] /= tracks.belief[again].sum(axis=(1, 2, 3), keepdims=True)
        tracks.at[again] = now


def _total(score):
    """Logarithm of the sum of likelihoods over the last axis; -inf where there are none."""
    most = score.max(axis=-1, keepdims=True)
    known = np.isfinite(most)
    total = np.exp(np.where(known, score - np.where(known, most, 0.0), -np.inf)).sum(axis=-1)
    return np.where(known[..., 0], np.log(np.maximum(total, 1e-30)) + most[..., 0], -np.inf)


def _starts(place: Place, gateway, rssi, weight):
    """Floors and middle cells from which to look: around the strongest gateway on its own floor,
    and around the strongest of the other floors."""
    radio = place.radio
    floors = np.where(gateway >= 0, radio.floor[gateway], UNSEEN)
    strength = np.where((floors >= 0) & (weight > 0.05), rssi + 20.0 * (weight - 1.0), -np.inf)
    rows = np.arange(len(gateway))
    for _ in range(2):
        slot = strength.argmax(axis=1)
        usable = np.isfinite(strength[rows, slot])
        if not usable.any():
            return
        chosen = np.where(usable, gateway[rows, slot], 0)
        floor = np.where(usable, floors[rows, slot], 0)
        patch = radio.patch[chosen, floor]
        middle = (
            radio.left[patch] + radio.wide[patch] // 2,
            radio.low[patch] + radio.high[patch] // 2,
        )
        yield np.where(usable & (place.grid.columns[floor] > 0), floor, UNSEEN), middle
        strength = np.where(floors == floor[:, None], -np.inf, strength)


def _score(place: Place, gateway, rssi, weight, floor, i, j, wide, high, stride):
    """How well what R tags were lately heard by fits cells (R x W x H), in log-likelihood; -inf
    where no zone is."""
    grid = place.grid
    on = np.maximum(floor, 0)
    row, slot = np.nonzero((weight > 0.05) & (gateway >= 0))
    heard = gateway[row, slot]
    places = place.radio.over(heard, on[row], i[row], j[row], wide, high, stride)
    said = place.radio.rows(places, rssi[row, slot])
    counts = SETTLED * place.parameters.evidence * weight[row, slot]
    said *= counts.astype(np.float32)[:, None, None]
    out = np.zeros((len(gateway), wide, high), np.float32)
    if len(row):
        first = np.flatnonzero(np.diff(row, prepend=-1))
        out[row[first]] = np.add.reduceat(said, first, axis=0)
    across = i[:, None, None] + stride * np.arange(wide)[:, None]
    up = j[:, None, None] + stride * np.arange(high)
    columns, rows = grid.columns[on][:, None, None], grid.rows[on][:, None, None]
    known = (across >= 0) & (across < columns) & (up >= 0) & (up < rows)
    cell = grid.at(on[:, None, None], np.where(known, across, 0), np.where(known, up, 0))
    known &= grid.zone[np.where(known, cell, 0)] >= 0
    known &= (floor >= 0)[:, None, None]
    return np.where(known, out, -np.inf)


def _settle(tracks: Tracks, place: Place, rows, floor, i, j) -> None:
    """Put the windows of these tags around cells, with nothing known inside; in place."""
    tracks.floor[rows] = floor
    tracks.i[rows], tracks.j[rows] = place.grid.anchored(floor, i, j)
    drawn = _drawn(place.grid, tracks.floor[rows], tracks.i[rows], tracks.j[rows])
    flat = drawn / np.maximum(drawn.sum(axis=(1, 2), keepdims=True), 1.0) / motion.MODES
    tracks.belief[rows] = flat[:, None]
    tracks.doubt[rows] = 0


def _realigned(then, rows, home, values):
    """Windows over cells as they lay `then` (Moment or Tracks), as windows at `home`; cells that
    were outside get the least value of the window."""
    di, dj = home[1] - then.i[rows], home[2] - then.j[rows]
    elsewhere = then.floor[rows] != home[0]
    if not (di.any() or dj.any() or elsewhere.any()):
        return values
    wide, high = values.shape[-2:]
    i, j = np.arange(wide) + di[:, None], np.arange(high) + dj[:, None]
    inside = ((i >= 0) & (i < wide))[:, :, None] & ((j >= 0) & (j < high))[:, None, :]
    inside &= ~elsewhere[:, None, None]
    i, j = np.clip(i, 0, wide - 1), np.clip(j, 0, high - 1)
    row = np.arange(len(values))[:, None, None]
    if values.ndim == 4:
        moved = values.transpose(0, 2, 3, 1)[row, i[:, :, None], j[:, None, :]]
        moved = moved.transpose(0, 3, 1, 2)
        inside = inside[:, None]
    else:
        moved = values[row, i[:, :, None], j[:, None, :]]
    return np.where(inside, moved, values.min(axis=(-2, -1), keepdims=True))


# --- A step ---------------------------------------------------------------------------------------


def _advance(tracks: Tracks, place: Place, rows, now: float) -> None:
    """Let time pass for these tags, and let their windows follow; in place."""
    grid = place.grid
    home = tracks.floor[rows], tracks.i[rows], tracks.j[rows]
    passed = np.where(np.isfinite(tracks.at[rows]), now - tracks.at[rows], 0.0)
    ways = _ways(grid, *home)
    belief = motion.forward(
        tracks.belief[rows], np.maximum(passed, 0.0), ways, grid.spacing, place.parameters
    )
    tracks.at[rows] = now
    wide, high = grid.window.wide, grid.window.high
    p = belief.sum(axis=1)
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
        moved = np.maximum(_realigned(tracks, which, there, belief[off]), 0.0)
        moved = (moved + 1e-6) * _drawn(grid, *there)[:, None]
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
    power = np.where(radio.fitted[gateway], 0.0, offset(tracks, tag))
    home = np.maximum(tracks.floor[tag], 0), tracks.i[tag], tracks.j[tag]
    places = radio.over(gateway, *home, grid.window.wide, grid.window.high)
    said = radio.rows(places, heard.rssi[pairs] - power)
    count = heard.times[pairs] * np.clip(heard.gap[pairs] / place.parameters.repeated_s, 0.05, 1.0)
    said *= (place.parameters.evidence * np.sqrt(count)).astype(np.float32)[:, None, None]
    said = np.add.reduceat(said, first, axis=0)
    home = np.maximum(tracks.floor[rows], 0), tracks.i[rows], tracks.j[rows]
    drawn = _drawn(grid, *home)
    said -= np.where(drawn > 0, said, -np.inf).max(axis=(1, 2), keepdims=True)
    said = np.where(drawn > 0, said, 0.0).astype(np.float32)
    belief = tracks.belief[rows] * (np.exp(said) * drawn)[:, None]
    total = belief.sum(axis=(1, 2, 3), keepdims=True)
    flat = (drawn / np.maximum(drawn.sum(axis=(1, 2), keepdims=True), 1.0))[:, None] / motion.MODES
    belief = np.where(total > 1e-30, belief / np.where(total > 0, total, 1.0), flat)
    tracks.belief[rows] = belief
    _answer(tracks, place, rows, belief, said, home)
    _learn_power(tracks, radio, tag, gateway, heard.rssi[pairs], first, places, now)
    return said


def _answer(tracks: Tracks, place: Place, rows, belief, said, home) -> None:
    """The live belief of these tags, its likeliest zone and its middle; in place."""
    grid = place.grid
    live = belief * np.exp((place.parameters.newest - 1.0) * said)[:, None]
    if place.lateness > 0:
        late = np.full(len(rows), place.lateness)
        live = motion.forward(live, late, _ways(grid, *home), grid.spacing, place.parameters)
    live = live.sum(axis=1)
    live /= np.maximum(live.sum(axis=(1, 2), keepdims=True), 1e-30)
    tracks.live[rows] = live
    zone = _zones(grid, *home)
    flat = live.reshape(len(rows), -1)
    top = np.take_along_axis(zone.reshape(len(rows), -1), flat.argmax(axis=1)[:, None], axis=1)
    tracks.zone[rows] = top[:, 0]
    held = (flat * (zone.reshape(len(rows), -1) == top)).sum(axis=1)
    tracks.p[rows] = held * (1.0 - tracks.outside[rows])
    floor, i, j = home
    middle = _middle(grid, floor, i, j, live)
    tracks.x[rows], tracks.y[rows] = middle[:, 0], middle[:, 1]


def _learn_power(tracks: Tracks, radio, tag, gateway, rssi, first, places, now: float) -> None:
    """Follow the tags' powers where the map knows none, in place: the mean of what was heard
    against the map where the tag is believed to be."""
    unfitted = ~radio.fitted[gateway]
    if not unfitted.any():
        return
    rows = tag[first]
    expected = (radio.mean[places] * tracks.live[tag]).sum(axis=(1, 2))
    rest = np.where(unfitted, rssi - expected, 0.0)
    number = np.add.reduceat(unfitted.astype(float), first)
    rest = np.add.reduceat(rest, first) / np.maximum(number, 1.0)
    learns = (number > 1) & (tracks.floor[rows] != UNSEEN)
    passed = np.clip(
        now - np.where(np.isfinite(tracks.heard_at[rows]), tracks.heard_at[rows], now), 0.0, 600.0
    )
    fade = np.exp(-passed / POWER_MEMORY_S)
    kept = tracks.power_sum[rows] * fade + rest, tracks.power_weight[rows] * fade + 1.0
    tracks.power_sum[rows] = np.where(learns, kept[0], tracks.power_sum[rows])
    tracks.power_weight[rows] = np.where(learns, kept[1], tracks.power_weight[rows])
    tracks.heard_at[rows] = now


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
            earlier[moved] = _realigned(last, moved, home, earlier[moved])
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


# --- Cells ----------------------------------------------------------------------------------------


def _cells(grid: Grid, floor, i, j):
    """Places in the grid of the cells of windows: R x W x H."""
    across = i[:, None, None] + np.arange(grid.window.wide)[:, None]
    up = j[:, None, None] + np.arange(grid.window.high)
    return grid.at(floor[:, None, None], across, up)


def _ways(grid: Grid, floor, i, j) -> NDArray[np.uint8]:
    return grid.ways[_cells(grid, floor, i, j)]


def _drawn(grid: Grid, floor, i, j) -> NDArray[np.float32]:
    return ((_ways(grid, floor, i, j) & DRAWN) > 0).astype(np.float32)


def _zones(grid: Grid, floor, i, j) -> NDArray[np.int32]:
    return grid.zone[_cells(grid, floor, i, j)]


def _middle(grid: Grid, floor, i, j, p) -> NDArray[np.float64]:
    """Mean place in metres of beliefs R x W x H: R x 2."""
    across = p.sum(axis=2) @ (np.arange(grid.window.wide) + 0.5)
    up = p.sum(axis=1) @ (np.arange(grid.window.high) + 0.5)
    cell = np.stack([across + i, up + j], axis=-1)
    return grid.origin[floor] + cell * grid.spacing


def _by_zone(place: Place, rows, home, p):
    """Entries (row, zone, probability) of beliefs over windows at `home`, R x W x H; each zone of
    a row once."""
    has = home[0] != UNSEEN
    if not has.any():
        return np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0)
    zone = _zones(place.grid, *(np.where(has, k, 0) for k in home))
    known = (zone >= 0) & has[:, None, None] & (p > LEAST)
    row = np.broadcast_to(np.arange(len(rows))[:, None, None], zone.shape)[known]
    most = int(place.grid.zone.max(initial=0)) + 1
    key, of_key = np.unique(row * most + zone[known], return_inverse=True)
    return *np.divmod(key, most), np.bincount(of_key, p[known], minlength=len(key))


def _unfitted(place: Place, gateway) -> NDArray[np.bool_]:
    return ~np.append(place.radio.fitted, True)[gateway]
