"""Readings into memory: which gateways hear each tag, how strongly, how freshly."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from tracking.domain.locating.tracker import Heard
from tracking.domain.site import NOWHERE
from tracking.domain.state import NEVER, SLOTS, State, Tags

LATE_S = 3.0
"""A reading this far behind the newest one of its tag is late: it never pulls an answer back."""
STALE_S = 30.0
"""A reading this old on arrival says nothing of now."""
SMOOTH_S, CALM_S, CALM_DB = 3.0, 20.0, 8.0
"""Time constant of the smoothed strength, and of one that keeps within CALM_DB of it: what only
flickers is at rest, what leaves that band is followed at once."""
QUIET_S, LOST_S = 3.0, 10.0
"""A gateway is alive within QUIET_S of a sign of life and lost after LOST_S."""
FADE_ALIVE_S, FADE_UNSURE_S, FADE_LOST_S = 4.0, 15.0, 300.0
"""How fast a gateway that no longer hears a tag is forgotten. A live gateway that is silent about
a tag speaks against it; a lost one says nothing, so what it last said stands."""
MISSES = 5.0
"""Adverts of a tag over which such a silence counts in any case; single ones are lost by chance."""
RECENT_ADVERTS = 3.0
"""Adverts over which a gateway that no longer hears a tag says less of where it is now."""
CROWD = 2
"""Tags a gateway must have heard before its silence counts as its own and not as theirs."""
WEAKEST, STRONGEST = -110.0, -20.0
LONGEST_INTERVAL_S = 120.0
GRAIN = 16.0
"""Strengths are kept in so many parts of a decibel, so that sums of them are exact and the order
in which readings came does not show."""


def hear(state: State, readings: NDArray[np.void], now: float) -> tuple[State, Heard]:
    """The state with `readings` (dtype READING, places, our clock) in it, and what was heard.

    The order of the readings does not matter: those of one tag and gateway are averaged.
    """
    gateway_at, tags = state.gateway_at.copy(), state.tags
    tag, gateway = readings["tag"].astype(np.int64), readings["gateway"].astype(np.int64)
    rssi, at = readings["rssi"], readings["at"]
    sound = (tag < tags.count) & (gateway < len(gateway_at)) & np.isfinite(rssi)
    if not sound.all():
        tag, gateway, rssi, at = tag[sound], gateway[sound], rssi[sound], at[sound]
    if not len(tag):
        return state, NOTHING_HEARD
    at = np.where(np.isfinite(at), np.minimum(at, now), now)
    fade = _fading(state, now)
    np.maximum.at(gateway_at, gateway, at)
    late = (at < tags.at[tag] - LATE_S) | (at < now - STALE_S)
    state = replace(state, gateway_at=gateway_at, late=state.late + int(late.sum()))
    if late.any():
        tag, gateway, rssi, at = tag[~late], gateway[~late], rssi[~late], at[~late]
    if not len(tag):
        return state, NOTHING_HEARD
    rssi = np.rint(rssi.clip(WEAKEST, STRONGEST) * GRAIN) / GRAIN
    heard, slot, newest = _pairs(tags, tag, gateway, rssi, at)
    tags = tags.copy()
    first = np.flatnonzero(np.diff(heard.tag, prepend=-1))
    _age(tags, heard.tag[first], np.maximum.reduceat(newest, first), fade)
    _place(tags, heard, slot, newest)
    return replace(state, tags=tags), heard


def _pairs(tags: Tags, tag, gateway, rssi, at) -> tuple[Heard, NDArray, NDArray]:
    """Readings gathered by tag and gateway; the slot of each pair (NOWHERE for a new one) and its
    newest time. Pairs that have a slot are counted in place, only new ones have to be sorted."""
    own = tags.gateway[tag] == gateway[:, None]
    slot = own.argmax(axis=1)
    known = own[np.arange(len(tag)), slot]
    size = tags.count * SLOTS
    key = tag * SLOTS + slot
    fresh = np.flatnonzero(~known)
    if len(fresh):
        pair, of_pair = np.unique(tag[fresh] * (1 << 32) + gateway[fresh], return_inverse=True)
        key[fresh] = size + of_pair
        new_tag, new_gateway = np.divmod(pair, 1 << 32)
    else:
        new_tag = new_gateway = np.empty(0, np.int64)
    size += len(new_tag)
    times = np.bincount(key, minlength=size)
    total = np.bincount(key, rssi, minlength=size)
    newest = np.full(size, NEVER)
    np.maximum.at(newest, key, at)
    used = np.flatnonzero(times)
    old = used < tags.count * SLOTS
    old_tag, old_slot = np.divmod(used[old], SLOTS)
    pair_tag = np.concatenate([old_tag, new_tag])
    pair_gateway = np.concatenate([tags.gateway[old_tag, old_slot].astype(np.int64), new_gateway])
    pair_slot = np.concatenate([old_slot, np.full(len(new_tag), NOWHERE)])
    before = np.concatenate([tags.slot_at[old_tag, old_slot], np.full(len(new_tag), NEVER)])
    order = np.lexsort((pair_gateway, pair_tag))
    used = used[order]
    heard = Heard(
        pair_tag[order],
        pair_gateway[order],
        (total[used] / times[used]).astype(np.float32),
        times[used],
        np.maximum(newest[used] - before[order], 0.0),
    )
    return heard, pair_slot[order], newest[used]


NOTHING_HEARD = Heard(
    np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.float32), np.empty(0, np.int64),
    np.empty(0),
)  # fmt: skip


def alive(state: State, gateways: NDArray[np.integer], now: float) -> State:
    """The state in which these gateways gave a sign of life, whether or not they heard a tag."""
    gateway_at = state.gateway_at.copy()
    gateways = gateways[(gateways >= 0) & (gateways < len(gateway_at))]
    gateway_at[gateways] = np.maximum(gateway_at[gateways], now)
    return replace(state, gateway_at=gateway_at)


def lost(state: State, now: float) -> NDArray[np.bool_]:
    """Which gateways have fallen silent although several tags were near them."""
    used = state.tags.gateway[: state.tags.count]
    fresh = (used != NOWHERE) & (state.tags.weight[: state.tags.count] > 0.05)
    crowd = np.bincount(used[fresh], minlength=len(state.gateway_at))
    return (now - state.gateway_at > LOST_S) & (crowd >= CROWD)


def lately(state: State, now: float) -> NDArray[np.float32]:
    """How much each slot says of where its tag is at the moment, 0 to 1. Gateways that still hear
    the tag count over those that have not for some of its adverts; one that is lost keeps its
    word."""
    tags = state.tags
    used = tags.gateway != NOWHERE
    at = np.where(np.isfinite(tags.at), tags.at, 0.0)[:, None]
    behind = np.where(used, np.maximum(at - np.where(used, tags.slot_at, 0.0), 0.0), 0.0)
    beat = RECENT_ADVERTS * np.maximum(tags.interval, 1.0)[:, None]
    gone = np.append(lost(state, now), False)[tags.gateway]
    return tags.weight * np.where(gone, 1.0, np.exp(-behind / beat)).astype(np.float32)


def _fading(state: State, now: float) -> NDArray[np.float64]:
    """Seconds over which each gateway's word fades; one entry more for an empty slot."""
    silent = now - state.gateway_at
    fade = np.where(silent <= QUIET_S, FADE_ALIVE_S, FADE_UNSURE_S)
    fade = np.where(lost(state, now), FADE_LOST_S, fade)
    return np.append(fade, FADE_UNSURE_S)


def _age(tags: Tags, heard, last, fade) -> None:
    """Let what was heard of these tags fade by the time passed until `last`; in place."""
    before = tags.at[heard]
    first = ~np.isfinite(before)
    gap = np.where(first, 0.0, np.maximum(last - np.where(first, last, before), 0.0))
    # A tag that speaks rarely is missed rarely: its own beat is the measure of a silence.
    slowest = np.maximum(fade[tags.gateway[heard]], MISSES * tags.interval[heard][:, None])
    tags.weight[heard] *= np.exp(-gap[:, None] / slowest)
    # Only a real pause teaches the usual interval; two readings of one advert are not one.
    taught = ~first & (gap > 0.2) & (gap < LONGEST_INTERVAL_S)
    usual = tags.interval[heard]
    tags.interval[heard] = np.where(taught, usual + 0.2 * (gap - usual), usual)
    tags.at[heard] = np.maximum(last, np.where(first, NEVER, before))


def _place(tags: Tags, heard: Heard, slot, at) -> None:
    """Put each (tag, gateway) pair into a slot, in place: its own, a free one, or the weakest."""
    known = slot != NOWHERE
    t, s = heard.tag[known], slot[known]
    # A reading after a long silence stands for itself; one in a stream moves the mean a little.
    change = heard.rssi[known] - tags.rssi[t, s]
    constant = np.where(np.abs(change) < CALM_DB, CALM_S, SMOOTH_S)
    tags.rssi[t, s] += (1.0 - np.exp(-np.maximum(heard.gap[known], 0.25) / constant)) * change
    tags.weight[t, s] = 1.0
    tags.slot_at[t, s] = np.maximum(at[known], tags.slot_at[t, s])

    tag, gateway, rssi = heard.tag[~known], heard.gateway[~known], heard.rssi[~known]
    order = np.lexsort((gateway, -rssi, tag))
    tag, gateway, rssi, at = tag[order], gateway[order], rssi[order], at[~known][order]
    rank = np.arange(len(tag)) - np.searchsorted(tag, tag, side="left")
    for turn in range(SLOTS):
        chosen = rank == turn
        if not chosen.any():
            break
        t = tag[chosen]
        worth = np.where(
            tags.gateway[t] == NOWHERE, -np.inf, tags.rssi[t] + 20.0 * (tags.weight[t] - 1.0)
        )
        s = worth.argmin(axis=1)
        better = rssi[chosen] > worth[np.arange(len(t)), s]
        t, s = t[better], s[better]
        tags.gateway[t, s] = gateway[chosen][better]
        tags.rssi[t, s] = rssi[chosen][better]
        tags.weight[t, s] = 1.0
        tags.slot_at[t, s] = at[chosen][better]
