"""From a probability for each zone to one honest answer: room, area, floor or unknown."""

import numpy as np
from numpy.typing import NDArray

from tracking.domain import belief
from tracking.domain.found import Found
from tracking.domain.site import NOWHERE, Site
from tracking.domain.state import AREA, FLOOR, NEVER, ROOM, UNKNOWN, Bearers, State

SURE_MARGIN, RIVAL_S, RIVAL_INTERVALS = 0.6, 0.5, 0.5
"""A new zone replaces the old when it leads by the margin for RIVAL_S, and for so many adverts of a
tag that speaks rarely, or by SURE_MARGIN at once."""
DOUBT_S, TRUST_S = 2.0, 4.0
"""Time constants of the room's probability: doubt is shown soon, certainty is earned slowly, so
that flickering evidence neither flickers nor boasts. Another room or a sighting counts at once."""
SMOOTH_XY_S = 1.0
TELL_M, STORE_M, STORE_P = 1.5, 5.0, 0.25
STORE_LEVEL_S, STORE_DRIFT_S = 60.0, 300.0
"""A row whose zone stands is rewritten at most this often: the table is behind by no more than
that in its level, and in its place within the zone; what people watch live is not."""


def note_sightings(people: Bearers, sightings: NDArray[np.void], now: float) -> NDArray[np.int64]:
    """Keep what people said, in place; returns the bearers that were spoken of.

    The newest sighting of a bearer counts; an older one that arrives late changes nothing. A
    sighting in a zone takes back an earlier "not there" for it.
    """
    said = sightings[(sightings["bearer"] < people.count)]
    said = said[np.lexsort((said["zone"], said["present"], said["at"]))]
    for row in said:
        bearer, zone, at = int(row["bearer"]), int(row["zone"]), min(float(row["at"]), now)
        if not np.isfinite(at):
            at = now
        denied_zone, denied_at = people.denied_zone[bearer], people.denied_at[bearer]
        if row["present"]:
            if at < people.seen_at[bearer]:
                continue
            people.seen_zone[bearer], people.seen_at[bearer] = zone, at
            people.seen_weight[bearer] = np.clip(np.nan_to_num(row["weight"]), 0.0, 1.0)
            taken_back = (denied_zone == zone) & (denied_at <= at)
            denied_zone[taken_back], denied_at[taken_back] = NOWHERE, NEVER
        else:
            if people.seen_zone[bearer] == zone and people.seen_at[bearer] > at:
                continue
            same = np.flatnonzero(denied_zone == zone)
            place = same[0] if len(same) else denied_at.argmin()
            denied_zone[place], denied_at[place] = zone, max(at, denied_at[place])
    return np.unique(said["bearer"]).astype(np.int64)


def decide(
    people: Bearers,
    rows,
    found: Found,
    told,
    newest,
    interval,
    site: Site,
    now: float,
) -> None:
    """Choose zone, level, what is shown and its probability for these bearers; in place.

    `found` is their belief, `told` who was just spoken of, `newest` the time of the evidence,
    `interval` the usual gap between readings in seconds.
    """
    if not site.zones:
        _show(people, rows, UNKNOWN, NOWHERE, NOWHERE, 0.0, now)
        return
    by = site.place.parameters
    best, lead = found.likeliest()
    zone = people.zone[rows].astype(np.int64)
    held = found.of(zone)
    ahead = (lead - held > by.margin) & (best != zone)
    same_rival = ahead & (people.rival[rows] == best)
    since = np.where(same_rival, people.rival_since[rows], now)
    people.rival[rows] = np.where(ahead, best, NOWHERE)
    people.rival_since[rows] = since
    patience = np.maximum(RIVAL_S, RIVAL_INTERVALS * interval)
    change = ahead & ((now - since >= patience) | (lead - held > SURE_MARGIN) | (zone == NOWHERE))
    change |= (zone == NOWHERE) & (lead > 0.05)
    zone = np.where(change, best, zone)
    people.rival[rows[change]] = NOWHERE
    people.zone[rows] = zone

    place = np.where(zone == NOWHERE, 0, zone)
    room_p = found.of(zone)
    room_p = _calm(people, rows, room_p, change | told, newest)
    is_area = site.zone_is_area[place]
    area = np.where(is_area, place, site.zone_area[place])
    inside = (site.zone_area[found.zone] == area[found.row]) | (found.zone == area[found.row])
    area_p = np.where(area == NOWHERE, 0.0, found.where(inside))
    floor = site.zone_floor[place]
    floor_p = found.where(site.zone_floor[found.zone] == floor[found.row])

    was, shown = people.level[rows], people.shown[rows]
    room_needs = np.select(
        [(was == ROOM) & (shown == zone), was == AREA], [by.keep, by.back], by.show
    )
    area_needs = np.where((was >= AREA) & ((shown == area) | (shown == zone)), by.keep, by.show)
    floor_needs = np.where((was >= FLOOR) & (people.floor[rows] == floor), by.keep, by.show)
    level = np.select(
        [
            (room_p >= room_needs) & ~is_area,
            (area_p >= area_needs) & (area != NOWHERE),
            floor_p >= floor_needs,
        ],
        [ROOM, AREA, FLOOR],
        UNKNOWN,
    )
    level = np.where(zone == NOWHERE, UNKNOWN, level)
    _show(
        people,
        rows,
        level,
        np.select([level == ROOM, level == AREA], [zone, area], NOWHERE),
        np.where(level == UNKNOWN, NOWHERE, floor),
        np.choose(level, [room_p, floor_p, area_p, room_p]),
        now,
    )


def _calm(people: Bearers, rows, p, at_once, newest) -> NDArray[np.float64]:
    """The probability of the room without its flicker; keeps it, in place."""
    fresh = at_once | ~np.isfinite(people.calm_at[rows]) | ~np.isfinite(newest)
    passed = np.where(fresh, 0.0, newest) - np.where(fresh, 0.0, people.calm_at[rows])
    change = p - people.calm_p[rows]
    constant = np.where(change < 0, DOUBT_S, TRUST_S)
    step = 1.0 - np.exp(-np.maximum(passed, 0.0) / constant)
    calm = people.calm_p[rows] + np.where(fresh, 1.0, step) * change
    people.calm_p[rows], people.calm_at[rows] = calm, newest
    return calm


def _show(people: Bearers, rows, level, shown, floor, p, now: float) -> None:
    moved = (people.level[rows] != level) | (people.shown[rows] != shown)
    moved |= people.floor[rows] != floor
    people.since[rows] = np.where(moved | ~np.isfinite(people.since[rows]), now, people.since[rows])
    people.level[rows], people.shown[rows], people.floor[rows] = level, shown, floor
    people.p[rows] = np.clip(p, 0.0, 1.0)


def locate(state: State, site: Site, rows, tags, tag_row, newest) -> None:
    """Work out x and y in metres for these bearers, in place: the middle of the
    tags' beliefs on the floor shown, kept inside the zone shown; else the middle of that zone."""
    people = state.bearers
    floor, shown = people.floor[rows], people.shown[rows]
    x, y, weight = _middles(state, site, tags, floor[tag_row])
    weight = weight * np.minimum(
        np.exp((state.tags.at[tags] - newest[tag_row]) / belief.TAG_FADE_S), 1.0
    )
    sums = np.zeros((len(rows), 3))
    for column, value in enumerate((x, y, 1.0)):
        np.add.at(sums[:, column], tag_row, weight * value)
    heard = (sums[:, 2] > 1e-6) & (people.source[rows] == 0)
    middle = np.vstack([site.centroid, [[np.nan, np.nan]]]).astype(np.float64)[shown]
    bounds = np.vstack([site.bounds, [[np.nan] * 4]]).astype(np.float64)[shown]
    old = np.stack([people.x[rows], people.y[rows]], axis=1).astype(np.float64)
    # The last run's place stands until somebody hears or says something else.
    recalled = (people.source[rows] == 0) & np.isfinite(old).all(axis=1)
    middle = np.where(recalled[:, None], old, middle)
    new = np.where(heard[:, None], sums[:, :2] / np.maximum(sums[:, 2:], 1e-9), middle)
    drawn = np.isfinite(bounds).all(axis=1)
    new[drawn] = np.clip(new[drawn], bounds[drawn, :2], bounds[drawn, 2:])

    timed = np.isfinite(newest) & np.isfinite(people.xy_at[rows])
    passed = np.subtract(newest, people.xy_at[rows], out=np.zeros(len(rows)), where=timed)
    passed = np.maximum(passed, 0.0)
    blend = np.where(np.isfinite(old).all(axis=1), 1.0 - np.exp(-passed / SMOOTH_XY_S), 1.0)
    outside = drawn & ((old < bounds[:, :2]) | (old > bounds[:, 2:])).any(axis=1)
    blend = np.where(outside | ~heard, 1.0, blend)[:, None]
    mixed = np.where(blend < 1.0, np.nan_to_num(old) * (1.0 - blend), 0.0) + blend * new
    mixed[people.level[rows] == UNKNOWN] = np.nan
    people.x[rows], people.y[rows] = mixed[:, 0], mixed[:, 1]
    people.xy_at[rows] = newest


def _middles(state: State, site: Site, tags, floor):
    """Per tag x, y in metres on its `floor` and how much that counts: the middle of its belief, or
    of the gateways that hear it, by strength."""
    gateway = state.tags.gateway[tags]
    share = belief.strengths(state, tags)
    xy = np.vstack([site.gateway_xy, [[np.nan, np.nan]]]).astype(np.float64)[gateway]
    on = np.append(site.gateway_floor, NOWHERE)[gateway] == floor[:, None]
    share = np.where(on & np.isfinite(xy[..., 0]), share, 0.0)
    total = share.sum(axis=1)
    middle = (share[..., None] * np.nan_to_num(xy)).sum(axis=1)
    middle /= np.maximum(total, 1e-9)[:, None]
    tracks = state.tracks
    cells = belief.by_cells(site, state, tags)
    same = tracks.floor[tags] == floor
    x = np.where(cells, np.nan_to_num(tracks.x[tags]), middle[:, 0])
    y = np.where(cells, np.nan_to_num(tracks.y[tags]), middle[:, 1])
    return x, y, np.where(cells, same, total)


def changed(people: Bearers, rows, told, now: float) -> tuple[NDArray, NDArray]:
    """Which of these answers must be written and which told; marks them as done, in place."""
    level, shown = people.level[rows], people.shown[rows]
    x, y, p = people.x[rows], people.y[rows], people.p[rows]
    never = ~np.isfinite(people.stored_at[rows])
    flipped = people.heard[rows] != people.stored_heard[rows]
    moved = (people.zone[rows] != people.stored_zone[rows]) & (level >= AREA)
    moved |= (people.stored_level[rows] == UNKNOWN) & (level >= AREA)  # found: worth a row
    wider = (level != people.stored_level[rows]) | (shown != people.stored_shown[rows])
    drifted = _metres(x, y, people.stored_x[rows], people.stored_y[rows]) > STORE_M
    drifted |= np.abs(p - people.stored_p[rows]) > STORE_P
    rested = now - people.stored_at[rows]
    store = told | flipped | moved
    store |= (wider & (rested >= STORE_LEVEL_S)) | (drifted & (rested >= STORE_DRIFT_S))
    store |= never & (people.heard[rows] | (level != UNKNOWN))
    tell = store | (level != people.told_level[rows]) | (shown != people.told_shown[rows])
    tell |= _metres(x, y, people.told_x[rows], people.told_y[rows]) > TELL_M

    written = rows[store]
    for name in ("zone", "level", "shown", "p", "x", "y", "heard"):
        getattr(people, f"stored_{name}")[written] = getattr(people, name)[written]
    people.stored_at[written] = now
    shown_now = rows[tell]
    for name in ("level", "shown", "x", "y"):
        getattr(people, f"told_{name}")[shown_now] = getattr(people, name)[shown_now]
    return store, tell


def _metres(x, y, other_x, other_y) -> NDArray[np.float64]:
    """Distance; infinite where only one of the two places is known, 0 where neither is."""
    apart = np.hypot(x - other_x, y - other_y)
    one = np.isnan(x) != np.isnan(other_x)
    return np.where(one, np.inf, np.nan_to_num(apart))
