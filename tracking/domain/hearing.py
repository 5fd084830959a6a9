"""Readings into memory: which gateways hear each tag, how strongly, how freshly."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

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
CROWD = 2
"""Tags a gateway must have heard before its silence counts as its own and not as theirs."""
WEAKEST, STRONGEST = -110.0, -20.0
LONGEST_INTERVAL_S = 120.0


def hear(state: State, readings: NDArray[np.void], now: float) -> tuple[State, NDArray[np.int32]]:
    """The state with `readings` (dtype READING, places, our clock) in it, and the tags heard.

    The order of the readings does not matter: those of one tag and gateway are averaged.
    """
    gateway_at, tags = state.gateway_at.copy(), state.tags
    none = np.empty(0, dtype=np.int32)
    tag, gateway = readings["tag"].astype(np.int64), readings["gateway"].astype(np.int64)
    sound = (tag < tags.count) & (gateway < len(gateway_at)) & np.isfinite(readings["rssi"])
    readings, tag, gateway = readings[sound], tag[sound], gateway[sound]
    at = np.where(np.isfinite(readings["at"]), np.minimum(readings["at"], now), now)
    if not len(tag):
        return state, none
    fade = _fading(state, now)
    np.maximum.at(gateway_at, gateway, at)
    late = (at < tags.at[tag] - LATE_S) | (at < now - STALE_S)
    state = replace(state, gateway_at=gateway_at, late=state.late + int(late.sum()))
    tag, gateway, at = tag[~late], gateway[~late], at[~late]
    rssi = readings["rssi"][~late].clip(WEAKEST, STRONGEST)
    if not len(tag):
        return state, none
    pair, of_pair, times = np.unique(
        tag * len(gateway_at) + gateway, return_inverse=True, return_counts=True
    )
    # Summed in double precision from sorted values, so that no order of arrival shows.
    order = np.lexsort((rssi, of_pair))
    mean = np.bincount(of_pair[order], rssi[order].astype(np.float64)) / times
    newest = np.full(len(pair), NEVER)
    np.maximum.at(newest, of_pair, at)
    pair_tag, pair_gateway = np.divmod(pair, len(gateway_at))
    tags = tags.copy()
    heard = _age(tags, pair_tag, newest, fade)
    _place(tags, pair_tag, pair_gateway, mean.astype(np.float32), newest)
    return replace(state, tags=tags), heard.astype(np.int32)


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


def _fading(state: State, now: float) -> NDArray[np.float64]:
    """Seconds over which each gateway's word fades; one entry more for an empty slot."""
    silent = now - state.gateway_at
    fade = np.where(silent <= QUIET_S, FADE_ALIVE_S, FADE_UNSURE_S)
    fade = np.where(lost(state, now), FADE_LOST_S, fade)
    return np.append(fade, FADE_UNSURE_S)


def _age(tags: Tags, pair_tag, newest, fade) -> NDArray[np.int64]:
    """Let what was heard of these tags fade by the time passed; in place. Returns the tags."""
    heard, of_heard = np.unique(pair_tag, return_inverse=True)
    last = np.full(len(heard), NEVER)
    np.maximum.at(last, of_heard, newest)
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
    return heard


def _place(tags: Tags, tag, gateway, rssi, at) -> None:
    """Put each (tag, gateway) pair into a slot, in place: its own, a free one, or the weakest."""
    own = tags.gateway[tag] == gateway[:, None]
    known = own.any(axis=1)
    slot = own.argmax(axis=1)
    t, s = tag[known], slot[known]
    gap = np.maximum(at[known] - tags.slot_at[t, s], 0.0)
    # A reading after a long silence stands for itself; one in a stream moves the mean a little.
    change = rssi[known] - tags.rssi[t, s]
    constant = np.where(np.abs(change) < CALM_DB, CALM_S, SMOOTH_S)
    tags.rssi[t, s] += (1.0 - np.exp(-np.maximum(gap, 0.25) / constant)) * change
    tags.weight[t, s] = 1.0
    tags.slot_at[t, s] = np.maximum(at[known], tags.slot_at[t, s])

    order = np.lexsort((gateway[~known], -rssi[~known], tag[~known]))
    tag, gateway, rssi, at = (v[~known][order] for v in (tag, gateway, rssi, at))
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
