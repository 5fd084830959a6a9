"""Where a tag's window lies: who has none gets one, who has one is compared with what lies outside.

A window is small, so what lies outside it is asked about now and then: the probability that the
tag is there is told with every answer, and if those places together explain what the tag's gateways
hear better for long enough, the window goes there. Another floor is believed sooner when the tag is
at a lift or stairs.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tracking.domain.locating import motion, transmit_power, windows
from tracking.domain.locating.tracks import UNSEEN, Tracks
from tracking.domain.locating.windows import CHUNK, Place

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


@dataclass(frozen=True)
class Known:
    """What T tags were lately heard by: gateway places (-1 none), smoothed dBm, weights 0 to 1;
    T x SLOTS each."""

    gateway: NDArray[np.int32]
    rssi: NDArray[np.float32]
    weight: NDArray[np.float32]


def seek(tracks: Tracks, place: Place, rows, known: Known, now: float) -> None:
    """Give windows to tags that have none, and compare others with what lies outside; in place.

    `rows`: the tags that were just heard; `known` has a row for every tag; `now` in seconds.
    """
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
    unfitted = transmit_power.unfitted(place.radio, gateway)
    rssi = rssi - np.where(unfitted, transmit_power.offset(tracks, rows)[:, None], 0.0)
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
    drawn = windows.drawn(place.grid, tracks.floor[rows], tracks.i[rows], tracks.j[rows])
    flat = drawn / np.maximum(drawn.sum(axis=(1, 2), keepdims=True), 1.0) / motion.MODES
    tracks.belief[rows] = flat[:, None]
    tracks.doubt[rows] = 0
