"""What the engine remembers between steps: arrays over tags and bearers, doubling as they fill."""

from dataclasses import dataclass, field, fields, replace
from typing import Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from tracking.domain.locating import tracks
from tracking.domain.locating.tracks import Tracks
from tracking.domain.site import NOWHERE, Site, places_of

SLOTS = 8
"""Gateways remembered for each tag."""
DENIALS = 4
"""Zones remembered in which a bearer was looked for and not found."""
NEVER = -np.inf

UNKNOWN, FLOOR, AREA, ROOM = range(4)
"""How narrow an answer is."""
RADIO, SIGHTED = range(2)
"""What an answer rests on."""

Rows = TypeVar("Rows", bound="_Rows")
_I4, _F4, _F8 = np.int32, np.float32, np.float64


def _of(dtype, fill, width=None):
    return {"dtype": dtype, "fill": fill, "width": width}


@dataclass(frozen=True)
class _Rows:
    """Columns of equal length, `key` among them; the first `count` rows are in use."""

    count: int
    key: NDArray[np.int64] = field(metadata=_of(np.int64, -1))

    @classmethod
    def none(cls, capacity: int = 64) -> Self:
        return cls(0, **{f.name: _filled(f, capacity) for f in fields(cls) if f.metadata})

    @property
    def capacity(self) -> int:
        return len(self.key)

    def copy(self) -> Self:
        return replace(self, **{f.name: getattr(self, f.name).copy() for f in _columns(self)})

    def grown(self, count: int) -> Self:
        """The same rows with room for at least `count`; capacity doubles."""
        if count <= self.capacity:
            return replace(self, count=max(count, self.count))
        capacity = max(count, 2 * self.capacity)
        columns = {}
        for f in _columns(self):
            columns[f.name] = _filled(f, capacity)
            columns[f.name][: self.count] = getattr(self, f.name)[: self.count]
        return replace(self, count=count, **columns)

    def blank(self, rows: NDArray[np.integer]) -> None:
        """Set these rows, in place, to what a new row holds."""
        for f in _columns(self):
            getattr(self, f.name)[rows] = f.metadata["fill"]


def _columns(rows):
    return [f for f in fields(rows) if f.metadata]


def _filled(f, capacity):
    width = f.metadata["width"]
    shape = capacity if width is None else (capacity, width)
    return np.full(shape, f.metadata["fill"], dtype=f.metadata["dtype"])


@dataclass(frozen=True)
class Tags(_Rows):
    """Per tag: its database key, its bearer's place, and the gateways that hear it.

    Slots: `gateway` place, smoothed `rssi` in dBm, `weight` 0 to 1 (how fresh), `slot_at`
    seconds. `at` the newest reading used, `interval` its usual gap in seconds.
    """

    bearer: NDArray[np.int32] = field(metadata=_of(_I4, NOWHERE))
    at: NDArray[np.float64] = field(metadata=_of(_F8, NEVER))
    interval: NDArray[np.float32] = field(metadata=_of(_F4, 1.0))
    gateway: NDArray[np.int32] = field(metadata=_of(_I4, NOWHERE, SLOTS))
    rssi: NDArray[np.float32] = field(metadata=_of(_F4, -127.0, SLOTS))
    weight: NDArray[np.float32] = field(metadata=_of(_F4, 0.0, SLOTS))
    slot_at: NDArray[np.float64] = field(metadata=_of(_F8, NEVER, SLOTS))


@dataclass(frozen=True)
class Bearers(_Rows):
    """Per bearer: what people said, what is believed now, what was written, and its stay.

    Said: `seen_*` the newest scan or pick, `denied_*` "not there". Seeded from the last run:
    `prior_*`. Believed: `zone` the likeliest place (sticky), `level`, `shown` the zone or area
    that is shown (NOWHERE above), `floor`, `p` of what is shown, `x`, `y` metres as of `xy_at`,
    `since`, `heard` now or last at `heard_at`, `source`. `rival`, `rival_since`: a place that may
    replace `zone`; `calm_p` of `zone` without its flicker, as of `calm_at`. Written: `stored_*`;
    shown live: `told_*`. Stay: `stay` the zone of the open stay, `target` where the answer
    points, since `target_since`, noticed at `target_set`; `supported_at` the newest evidence for
    the stay.
    """

    seen_zone: NDArray[np.int32] = field(metadata=_of(_I4, NOWHERE))
    seen_at: NDArray[np.float64] = field(metadata=_of(_F8, NEVER))
    seen_weight: NDArray[np.float32] = field(metadata=_of(_F4, 0.0))
    denied_zone: NDArray[np.int32] = field(metadata=_of(_I4, NOWHERE, DENIALS))
    denied_at: NDArray[np.float64] = field(metadata=_of(_F8, NEVER, DENIALS))
    prior_zone: NDArray[np.int32] = field(metadata=_of(_I4, NOWHERE))
    prior_p: NDArray[np.float32] = field(metadata=_of(_F4, 0.0))
    prior_at: NDArray[np.float64] = field(metadata=_of(_F8, NEVER))
    prior_source: NDArray[np.int8] = field(metadata=_of(np.int8, RADIO))
    zone: NDArray[np.int32] = field(metadata=_of(_I4, NOWHERE))
    rival: NDArray[np.int32] = field(metadata=_of(_I4, NOWHERE))
    rival_since: NDArray[np.float64] = field(metadata=_of(_F8, NEVER))
    level: NDArray[np.int8] = field(metadata=_of(np.int8, UNKNOWN))
    shown: NDArray[np.int32] = field(metadata=_of(_I4, NOWHERE))
    floor: NDArray[np.int32] = field(metadata=_of(_I4, NOWHERE))
    p: NDArray[np.float32] = field(metadata=_of(_F4, 0.0))
    x: NDArray[np.float32] = field(metadata=_of(_F4, np.nan))
    y: NDArray[np.float32] = field(metadata=_of(_F4, np.nan))
    calm_p: NDArray[np.float32] = field(metadata=_of(_F4, 0.0))
    calm_at: NDArray[np.float64] = field(metadata=_of(_F8, NEVER))
    xy_at: NDArray[np.float64] = field(metadata=_of(_F8, NEVER))
    since: NDArray[np.float64] = field(metadata=_of(_F8, NEVER))
    heard: NDArray[np.bool_] = field(metadata=_of(bool, False))
    heard_at: NDArray[np.float64] = field(metadata=_of(_F8, NEVER))
    source: NDArray[np.int8] = field(metadata=_of(np.int8, RADIO))
    stored_zone: NDArray[np.int32] = field(metadata=_of(_I4, NOWHERE))
    stored_level: NDArray[np.int8] = field(metadata=_of(np.int8, UNKNOWN))
    stored_shown: NDArray[np.int32] = field(metadata=_of(_I4, NOWHERE))
    stored_p: NDArray[np.float32] = field(metadata=_of(_F4, 0.0))
    stored_x: NDArray[np.float32] = field(metadata=_of(_F4, np.nan))
    stored_y: NDArray[np.float32] = field(metadata=_of(_F4, np.nan))
    stored_heard: NDArray[np.bool_] = field(metadata=_of(bool, False))
    stored_at: NDArray[np.float64] = field(metadata=_of(_F8, NEVER))
    told_level: NDArray[np.int8] = field(metadata=_of(np.int8, UNKNOWN))
    told_shown: NDArray[np.int32] = field(metadata=_of(_I4, NOWHERE))
    told_x: NDArray[np.float32] = field(metadata=_of(_F4, np.nan))
    told_y: NDArray[np.float32] = field(metadata=_of(_F4, np.nan))
    stay: NDArray[np.int32] = field(metadata=_of(_I4, NOWHERE))
    target: NDArray[np.int32] = field(metadata=_of(_I4, NOWHERE))
    target_since: NDArray[np.float64] = field(metadata=_of(_F8, NEVER))
    target_set: NDArray[np.float64] = field(metadata=_of(_F8, NEVER))
    supported_at: NDArray[np.float64] = field(metadata=_of(_F8, NEVER))


@dataclass(frozen=True)
class State:
    """All of it. `tracks` what the filter over cells remembers, by tag. `gateway_at`: when each
    gateway of the site was last alive. `late`: readings that came too late to be used, `ticks`:
    steps made."""

    tags: Tags
    bearers: Bearers
    tracks: Tracks
    gateway_at: NDArray[np.float64]
    late: int = 0
    ticks: int = 0

    def copy(self) -> "State":
        return replace(
            self,
            tags=self.tags.copy(),
            bearers=self.bearers.copy(),
            tracks=self.tracks.copy(),
            gateway_at=self.gateway_at.copy(),
        )


def empty(site: Site) -> State:
    """Nothing known of anybody."""
    tags = Tags.none()
    followed = tracks.none(site.place.grid.window, tags.capacity)
    return State(tags, Bearers.none(), followed, np.full(site.gateways, NEVER))


def enrolled(
    state: State,
    tag_key: NDArray[np.int64],
    bearer_key: NDArray[np.int64],
    of_tag: NDArray[np.int64],
) -> State:
    """The state in which exactly these tags and bearers are followed.

    `of_tag[i]` is the key of the bearer that wears tag i, -1 for nobody. Those already known
    keep their place and memory, new ones are added; the rows of those gone are blanked. A bearer
    that loses a tag keeps what was last believed of it; the tag takes its own memory along.
    """
    tags = _followed(state.tags, tag_key)
    bearers = _followed(state.bearers, bearer_key)
    wearer = np.full(tags.capacity, NOWHERE, dtype=np.int32)
    wearer[places(tags, tag_key)] = places(bearers, of_tag)
    known = np.arange(tags.capacity) < state.tags.count
    before = np.where(known, np.resize(state.tags.bearer, tags.capacity), NOWHERE)
    lost = np.unique(before[(before != NOWHERE) & (before != wearer)])
    bearers.prior_zone[lost], bearers.prior_p[lost] = bearers.zone[lost], bearers.p[lost]
    bearers.prior_at[lost], bearers.prior_source[lost] = (
        bearers.heard_at[lost],
        bearers.source[lost],
    )
    tags.bearer[:] = wearer
    followed = state.tracks.grown(tags.capacity)
    followed.blanked(np.flatnonzero(tags.key != _resized(state.tags.key, tags.capacity)))
    return replace(state, tags=tags, bearers=bearers, tracks=followed)


def _resized(keys: NDArray[np.int64], length: int) -> NDArray[np.int64]:
    out = np.full(length, -1, dtype=np.int64)
    out[: len(keys)] = keys[:length]
    return out


def remembered(state: State, bearer: NDArray[np.integer], now: float, **columns: NDArray) -> State:
    """The state with what was written of these bearers (places) by an earlier run.

    Columns, one entry a bearer: `zone` the likeliest with its `prior_p`, `shown`, `floor`, `stay`
    (places or NOWHERE), `level`, `p`, `x`, `y`, `since`, `heard`, `heard_at`, `source`. Who was
    being heard has SILENT_S from `now` to be heard again; `heard_at` is then when that run was
    last alive.
    """
    state = state.copy()
    people = state.bearers
    for name, values in columns.items():
        getattr(people, name)[bearer] = values
    people.prior_zone[bearer] = people.zone[bearer]
    people.prior_at[bearer] = people.heard_at[bearer]
    people.prior_source[bearer] = people.source[bearer]
    people.supported_at[bearer] = people.heard_at[bearer]
    people.target[bearer] = people.stay[bearer]
    for name in ("zone", "level", "shown", "p", "x", "y", "heard"):
        getattr(people, f"stored_{name}")[bearer] = getattr(people, name)[bearer]
    for name in ("level", "shown", "x", "y"):
        getattr(people, f"told_{name}")[bearer] = getattr(people, name)[bearer]
    people.stored_at[bearer] = now
    people.heard_at[bearer] = np.where(people.heard[bearer], now, people.heard_at[bearer])
    return state


def places(rows: _Rows, keys: NDArray[np.int64]) -> NDArray[np.int32]:
    """The row of each key, NOWHERE for those not followed."""
    order = np.argsort(rows.key[: rows.count], kind="stable")
    place = places_of(rows.key[: rows.count][order], np.asarray(keys, dtype=np.int64))
    if not rows.count:
        return place
    found = np.where(place == NOWHERE, NOWHERE, order[place]).astype(np.int32)
    return np.where(np.asarray(keys) < 0, NOWHERE, found).astype(np.int32)


def _followed(rows: Rows, keys: NDArray[np.int64]) -> Rows:
    rows = rows.copy()
    gone = np.flatnonzero(~np.isin(rows.key[: rows.count], keys))
    rows.blank(gone)
    new = np.setdiff1d(keys, rows.key[: rows.count])
    reused = gone[: len(new)]
    rows.key[reused] = new[: len(reused)]
    rest = new[len(reused) :]
    before = rows.count
    rows = rows.grown(before + len(rest))
    rows.key[before : before + len(rest)] = rest
    return rows


def resettled(state: State, old: Site, new: Site) -> State:
    """The state after the site was changed: zones, floors and gateways are found by their keys.

    Cells and radio may be others now: each tag's window is laid anew when it is next heard, from
    what its gateways last heard of it.
    """
    state = state.copy()
    zone = _renumbering(old.zone_key, new.zone_key)
    floor = _renumbering(old.floor_key, new.floor_key)
    gateway = _renumbering(old.gateway_key, new.gateway_key)
    state.tags.gateway[:] = gateway[state.tags.gateway]
    state.tags.weight[state.tags.gateway == NOWHERE] = 0.0
    for name in (
        "seen_zone", "denied_zone", "prior_zone", "zone", "rival", "shown", "stored_zone",
        "stored_shown", "told_shown", "stay", "target",
    ):  # fmt: skip
        column = getattr(state.bearers, name)
        column[:] = zone[column]
    state.bearers.floor[:] = floor[state.bearers.floor]
    kept = places_of(old.gateway_key, new.gateway_key)
    gateway_at = np.full(new.gateways, NEVER)
    gateway_at[kept != NOWHERE] = state.gateway_at[kept[kept != NOWHERE]]
    followed = tracks.none(new.place.grid.window, state.tags.capacity)
    return replace(state, gateway_at=gateway_at, tracks=followed)


def _renumbering(old: NDArray[np.int64], new: NDArray[np.int64]) -> NDArray[np.int32]:
    """Old place to new place; its last entry maps NOWHERE (-1) to itself."""
    return np.append(places_of(new, old), NOWHERE).astype(np.int32)
