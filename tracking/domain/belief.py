"""From what was heard and said to a probability for each zone.

Where floors are drawn and gateways have a place, the filter over cells says where a tag is
(locating.tracker). Where they are not, a tag is in the zone that lies least far, by metres, walls
and storeys weighted by strength, from the gateways that hear it. People's sightings are mixed in,
and what nobody supports is kept apart as "elsewhere", so that a guess never looks like knowledge.
"""

import numpy as np
from numpy.typing import NDArray

from tracking.domain.found import Found, gathered
from tracking.domain.hearing import RECENT_ADVERTS
from tracking.domain.locating import tracker
from tracking.domain.site import NOWHERE, Site
from tracking.domain.state import NEVER, SIGHTED, State

HALF_STRENGTH_DB = 4.5
"""A gateway this much weaker than the strongest counts e times less."""
SCALE_M, FAR_FROM_DBM, SCALE_PER_10DB_M = 1.0, -72.0, 1.0
"""Metres over which a zone becomes e times less likely; more when all gateways hear weakly."""
ELSEWHERE, OUTSIDE = 0.02, 0.002
"""What is kept for being nowhere that is known: by metres, and by cells."""
SIGHTING_TRUST, SIGHTING_FADE_S = 0.95, 120.0
"""A sighting beats the radio by this weight, less as the radio goes on saying otherwise."""
PRIOR_FADE_S = 5.0
"""How fast the belief of the last run gives way once the radio speaks."""
DENIAL_S, DENIAL = 1800.0, 0.02
"""How long, and how strongly, "not there" speaks against a zone."""
TAG_FADE_S = 20.0
LEAST = 1e-4
"""A zone less likely than this is not listed."""
CONTESTED, CONTESTED_DB = 1.5, 10.0
"""Odds against a zone when another building hears the tag as loudly as its own; e times less for
each so many decibels by which it is fainter."""
STUCK_DB, STUCK_GATEWAYS, STUCK = 1.0, 4, 0.4
"""So many gateways that all hear one strength measure nothing: what is left of their answer."""
Entries = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]


DRAWN = 0.5
"""Share of what hears a tag that must hang on a drawn floor for cells to say where it is."""


def of_tags(site: Site, state: State, tags: NDArray[np.integer]) -> Entries:
    """Entries (place among `tags`, zone, probability); what a tag's leave of 1 is elsewhere."""
    in_cells = by_cells(site, state, tags)
    drawn, metres = np.flatnonzero(in_cells), np.flatnonzero(~in_cells)
    row, zone, p = tracker.zones(state.tracks, site.place, tags[drawn])
    other_row, other_zone, other_p = _by_metres(site, state, tags[metres])
    row = np.concatenate([drawn[row], metres[other_row]])
    zone = np.concatenate([zone, other_zone])
    p = np.concatenate([(1.0 - OUTSIDE) * p, other_p])
    return row, zone, p * _credible(site, state, tags, row, zone)


def _credible(site: Site, state: State, tags, row, zone) -> NDArray[np.float64]:
    """How far entries can be believed, 0 to 1: a tag that two buildings hear at once was cloned, or
    a gateway hangs elsewhere than it says; strengths that are all one are stuck."""
    out = np.ones(len(row))
    tag_rows = state.tags
    gateway = tag_rows.gateway[tags]
    used = gateway != NOWHERE
    slot_at = np.where(used, tag_rows.slot_at[tags], 0.0)
    behind = np.where(used, tag_rows.at[tags][:, None] - slot_at, np.inf)
    behind /= RECENT_ADVERTS * np.maximum(tag_rows.interval[tags], 1.0)[:, None]
    recent, rssi = behind <= 1.0, tag_rows.rssi[tags]
    apart = np.where(recent, rssi, -np.inf).max(axis=1) - np.where(recent, rssi, np.inf).min(axis=1)
    stuck = (apart < STUCK_DB) & (recent.sum(axis=1) >= STUCK_GATEWAYS)
    out[stuck[row]] = STUCK
    building = np.append(site.gateway_building, NOWHERE)[gateway]
    known = building != NOWHERE
    most = np.where(known, building, NOWHERE).max(axis=1)
    several = (known & (building != most[:, None])).any(axis=1)
    entry = np.flatnonzero(several[row])
    if len(entry):
        loud = np.where(known, rssi - CONTESTED_DB * behind, -np.inf)[row[entry]]
        own = building[row[entry]] == site.zone_building[zone[entry]][:, None]
        mine = np.where(own, loud, -np.inf).max(axis=1).clip(-300.0)
        other = np.where(own, -np.inf, loud).max(axis=1).clip(-300.0)
        odds = CONTESTED * np.exp(np.clip((other - mine) / CONTESTED_DB, -50.0, 50.0))
        out[entry] /= 1.0 + odds
    return out


def by_cells(site: Site, state: State, tags: NDArray[np.integer]) -> NDArray[np.bool_]:
    """Which of these tags the filter over cells places."""
    share = strengths(state, tags)
    mapped = (site.place.radio.floor != NOWHERE) & (site.sketched == NOWHERE)
    mapped = np.append(mapped, False)[state.tags.gateway[tags]]
    has = state.tracks.floor[tags] != NOWHERE
    return has & (np.where(mapped, share, 0.0).sum(axis=1) >= DRAWN)


def _by_metres(site: Site, state: State, tags: NDArray[np.integer]) -> Entries:
    """The same from the gateways that are on no drawn floor."""
    if not len(site.apart) or not site.zone_is_answer.any():
        return np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0)
    heard = np.append(site.sketched, NOWHERE)[state.tags.gateway[tags]] != NOWHERE
    some = np.flatnonzero(heard.any(axis=1))
    tags, count, zones = tags[some], len(some), site.zones
    share = strengths(state, tags)
    gateway = state.tags.gateway[tags]
    row_of = np.append(site.sketched, NOWHERE)[gateway]
    sketched = (row_of != NOWHERE) & (gateway != NOWHERE)
    lost = np.where(sketched, 0.0, share).sum(axis=1)
    share = np.where(sketched, share, 0.0)
    metres = np.zeros((count, zones))
    for slot in range(gateway.shape[1]):  # an empty slot has no share: its row does not matter
        metres += share[:, slot, None] * site.apart[row_of[:, slot]]
    total = share.sum(axis=1)
    metres /= np.maximum(total, 1e-9)[:, None]
    rssi = np.where(gateway != NOWHERE, state.tags.rssi[tags], -127.0)
    strongest = rssi.max(axis=1, initial=-127.0)
    scale = SCALE_M + SCALE_PER_10DB_M * np.maximum(0.0, (FAR_FROM_DBM - strongest) / 10.0)
    likely = np.where(site.zone_is_answer, -metres / scale[:, None], -np.inf)
    likely -= likely.max(axis=1, keepdims=True)
    found = np.exp(likely)
    found /= found.sum(axis=1, keepdims=True)
    # What is heard by nobody whose place is known is heard nowhere in particular.
    found *= ((1.0 - ELSEWHERE) * np.where(total > 0, 1.0 - lost, 0.0))[:, None]
    row, zone = np.nonzero(found > LEAST)
    return some[row], zone, found[row, zone]


def strengths(state: State, tags: NDArray[np.integer]) -> NDArray[np.float64]:
    """Share of each slot's gateway in the answer, by strength and freshness; rows sum to 1 or 0."""
    used = state.tags.gateway[tags] != NOWHERE
    rssi = np.where(used, state.tags.rssi[tags], -np.inf)
    best = rssi.max(axis=1, keepdims=True)
    best = np.where(np.isfinite(best), best, 0.0)
    share = np.where(used, np.exp((rssi - best) / HALF_STRENGTH_DB), 0.0).astype(np.float64)
    share *= state.tags.weight[tags]
    total = share.sum(axis=1, keepdims=True)
    return np.divide(share, total, out=np.zeros_like(share), where=total > 1e-12)


def of_bearers(
    site: Site,
    state: State,
    bearers: NDArray[np.integer],
    tags: NDArray[np.integer],
    tag_row: NDArray[np.integer],
    radio_at: NDArray[np.float64],
    now: float,
) -> tuple[Found, NDArray[np.float64], NDArray[np.bool_]]:
    """Of each bearer the belief as of its newest evidence, the time of that, and whether a
    sighting carries it. A belief that nothing renews is not faded here: whoever reads it knows its
    age (domain.ageing).

    `tags` are the tags of these bearers that were ever heard, `tag_row` the row in `bearers` of
    each, `radio_at` per bearer row the newest reading.
    """
    people = state.bearers
    count = len(bearers)
    place, zone, p = of_tags(site, state, tags)
    weight = np.exp(-(radio_at[tag_row] - state.tags.at[tags]) / TAG_FADE_S)
    total = np.bincount(tag_row, weight, minlength=count)
    radio = total > 0
    row = tag_row[place]
    p = p * weight[place] / np.where(radio, total, 1.0)[row]

    # The last run's belief counts as radio of its time, until radio of this run replaces it.
    prior = people.prior_zone[bearers]
    prior_at = people.prior_at[bearers]
    known = np.isfinite(radio_at) & np.isfinite(prior_at)
    passed = np.where(known, radio_at, 0.0) - np.where(known, prior_at, 0.0)
    held = np.where(radio, np.exp(-np.maximum(passed, 0.0) / PRIOR_FADE_S), 1.0)
    held = np.where(prior != NOWHERE, held * people.prior_p[bearers], 0.0)
    # A belief that rested on a sighting which is known again must not count twice.
    by_sight = people.prior_source[bearers] == SIGHTED
    again = by_sight & (people.seen_zone[bearers] != NOWHERE)
    again &= people.seen_at[bearers] <= prior_at
    held = np.where(again, 0.0, held)
    last_radio = np.where(by_sight, radio_at, np.maximum(radio_at, prior_at))

    seen, seen_at = people.seen_zone[bearers], people.seen_at[bearers]
    was_seen = seen != NOWHERE
    seen_at = np.where(was_seen, seen_at, NEVER)
    both = was_seen & np.isfinite(last_radio)
    against = np.where(both, last_radio - np.where(both, seen_at, 0.0), 0.0)
    trust = np.exp(-np.maximum(against, 0.0) / SIGHTING_FADE_S)
    trust = np.where(was_seen, SIGHTING_TRUST * people.seen_weight[bearers] * trust, 0.0)

    recalled, told = np.flatnonzero(held > 0), np.flatnonzero(trust > 0)
    found = gathered(
        count,
        site.zones,
        np.concatenate([row, recalled, told]),
        np.concatenate([zone, prior[recalled], seen[told]]),
        np.concatenate([
            p * ((1.0 - held) * (1.0 - trust))[row],
            (held * (1.0 - trust))[recalled],
            trust[told],
        ]),
    )  # fmt: skip
    newest = np.maximum(np.maximum(radio_at, prior_at), seen_at)
    sighted = trust >= 0.4
    sighted |= ~radio & (prior != NOWHERE) & by_sight & (trust < 0.4)
    denied_zone, denied_at = people.denied_zone[bearers], people.denied_at[bearers]
    return _denied(site, found, denied_zone, denied_at, now), newest, sighted


def _denied(site: Site, found: Found, zone, at, now: float) -> Found:
    """The beliefs with less for zones in which the bearer was looked for."""
    active = (zone != NOWHERE) & (now - at < DENIAL_S)
    denied = active.any(axis=1)
    if not denied.any():
        return found
    elsewhere = np.maximum(1.0 - found.where(np.ones(len(found.row), bool)), 0.0)
    elsewhere = np.where(denied, np.maximum(elsewhere, 0.05), elsewhere)
    p = found.p.copy()
    for column in range(zone.shape[1]):
        looked = active[found.row, column] & (found.zone == zone[found.row, column])
        p = np.where(looked, p * DENIAL, p)
    total = np.bincount(found.row, p, minlength=found.count) + elsewhere
    p /= np.where(denied, total, 1.0)[found.row]
    return gathered(found.count, site.zones, found.row, found.zone, p)
