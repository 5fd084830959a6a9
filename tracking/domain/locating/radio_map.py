"""The radio map: log-likelihood of a strength, by gateway and cell, as bytes in one table.

Where samples are dense the map is empirical: a smoothed histogram of the samples around each cell.
Where they are sparse it leans on the smooth field of `propagation`; without any it is that field
from geometry alone. Each gateway has a patch of cells on every floor where it can be heard; beyond
it, the patch's edge speaks. A reading then costs one lookup for each cell of a window.
"""

from dataclasses import dataclass, replace
from math import lgamma

import numpy as np
from numpy.typing import NDArray

from tracking.domain.locating import propagation
from tracking.domain.locating.fingerprints import Fingerprints
from tracking.domain.locating.grid import NOTHING, Grid

WEAKEST, STRONGEST = -105, -26
"""dBm of the first and last bin of a histogram; a bin is 1 dB wide."""
BINS = STRONGEST - WEAKEST + 1
KNOT_DB = 4
"""The table holds every fourth bin; between them it is read by straight lines."""
KNOTS = BINS // KNOT_DB
PER_NAT = 20.0
"""Units of a byte to one nat."""
HEARD_DBM = -99.0
"""A gateway's patch ends where it expects less."""
SPARE_DB, FARTHEST_M = 6.0, 20.0
"""On its own floor it reaches on for stronger tags; but never farther than this."""
REACH_M = 0.8
"""How far a sample speaks for its surroundings (standard deviation)."""
BEHIND_WALL = 0.2
"""Weight of a sample taken in another zone."""
BLUR_DB, WIDE_BLUR_DB = 2.5, 6.0
PRIOR_SAMPLES = 5.0
"""Samples' worth of what the gateway hears on the whole site, mixed into each histogram."""
SURPRISE = 0.02
"""Share of readings that follow no map."""
DENSE = 0.4
"""Survey points in reach of a cell from which the histogram counts as much as the field."""
CHUNK = 512


@dataclass(frozen=True)
class Samples:
    """S labelled moments and what was heard at them: `floor`, `zone` places and `xy` metres by
    sample; `exact`: the place is known to the metre, not only the zone. Readings: `sample`,
    `gateway` places and mean `rssi` dBm, one row for each pair that was heard."""

    floor: NDArray[np.integer]
    zone: NDArray[np.integer]
    xy: NDArray[np.float64]
    exact: NDArray[np.bool_]
    sample: NDArray[np.integer]
    gateway: NDArray[np.integer]
    rssi: NDArray[np.float64]


@dataclass(frozen=True)
class RadioMap:
    """Patches of K gateways and floors in one flat `table` of bytes, each cell KNOTS of them.

    `floor` of each gateway, NOTHING if it has no patch. `patch` G x F: which patch, 0 for none (a
    patch of one cell that says nothing). `left`, `low` the cell of its corner, `wide`, `high` its
    size, `base` its first cell in the table. `mean` dBm of each cell of the table, float16.
    `fitted` by gateway: a survey with the same tags was used; else a tag's power is unknown and
    must be followed.
    """

    floor: NDArray[np.int32]
    patch: NDArray[np.int32]
    left: NDArray[np.int32]
    low: NDArray[np.int32]
    wide: NDArray[np.int32]
    high: NDArray[np.int32]
    base: NDArray[np.int64]
    table: NDArray[np.uint8]
    mean: NDArray[np.float16]
    fitted: NDArray[np.bool_]

    def over(self, gateway, floor, i, j, wide: int, high: int, stride: int = 1):
        """Places in the table of P windows of `wide` x `high` cells from (i, j): P x W x H."""
        patch = self.patch[gateway, floor]
        limit_i, limit_j = self.wide[patch] - 1, self.high[patch] - 1
        across = (i - self.left[patch])[:, None] + stride * np.arange(wide, dtype=np.int32)
        up = (j - self.low[patch])[:, None] + stride * np.arange(high, dtype=np.int32)
        np.clip(across, 0, limit_i[:, None], out=across)
        np.clip(up, 0, limit_j[:, None], out=up)
        across *= self.high[patch][:, None]
        cell = self.base[patch][:, None] + across
        return cell[:, :, None] + up[:, None, :]

    def rows(self, places, rssi: NDArray[np.floating]) -> NDArray[np.float32]:
        """Log-likelihood of readings (P, dBm) over the cells of `over`: P x W x H."""
        knot = np.clip((rssi - WEAKEST) / KNOT_DB, 0.0, KNOTS - 1.001)
        low = knot.astype(np.int64)
        share = ((knot - low) / PER_NAT).astype(np.float32)[:, None, None]
        places = places * KNOTS + low[:, None, None]
        out = self.table.take(places).astype(np.float32)
        out *= np.float32(1.0 / PER_NAT) - share
        places += 1
        out += share * self.table.take(places)
        return out


def built(grid: Grid, gateways, floor, zone, storeys, samples: Samples | None = None) -> RadioMap:
    """The map of a site: `gateways` G x 3 metres (NaN unknown), their `floor` and `zone` places
    or NOTHING; `storeys` F x F between floors, infinite between buildings. What samples do not
    say comes from geometry."""
    if samples is not None and not samples.exact.all():
        bare = built(grid, gateways, floor, zone, storeys)
        samples = likeliest(bare, grid, samples)
    count = len(gateways)
    if samples is None:
        heard_by: list[NDArray[np.intp]] = []
        field = propagation.unlearnt(gateways)
    else:
        heard_by = _by_gateway(samples, count)
        heard = [
            _heard(samples, rows, storeys[floor[g]], zone[g]) for g, rows in enumerate(heard_by)
        ]
        field = propagation.from_samples(gateways, heard)
    patch, corners = _patches(grid, field, floor, storeys)
    left, low, wide, high = corners.T
    sizes = wide.astype(np.int64) * high
    base = np.cumsum(sizes) - sizes
    table = np.zeros((int(sizes.sum()), KNOTS), np.uint8)
    mean = np.zeros(len(table), np.float16)
    for g in np.flatnonzero((patch > 0).any(axis=1)).tolist():
        mine = heard_by[g] if samples is not None else None
        parts, here = [], []
        for f in np.flatnonzero(patch[g]).tolist():
            k = patch[g, f]
            i, j = np.divmod(np.arange(sizes[k]), high[k])
            i, j = i + left[k], j + low[k]
            away = storeys[floor[g], f]
            part, expected = _table(grid, field, g, away, f, i, j, zone, samples, mine)
            parts.append(slice(base[k], base[k] + sizes[k]))
            mean[parts[-1]] = expected
            here.append(part)
        for part, said in zip(parts, _bytes(here), strict=True):
            table[part] = said
    own = np.where((patch > 0).any(axis=1), floor, NOTHING).astype(np.int32)
    return RadioMap(
        own, patch, left, low, wide, high, base, table.ravel(), mean, field.exact
    )  # fmt: skip


def _patches(grid: Grid, field, floor, storeys):
    """Which patch each gateway has on each floor, and their corners and sizes; the first, of one
    cell, is nobody's."""
    patch = np.zeros((len(floor), len(grid.first)), np.int32)
    corners = [(0, 0, 1, 1)]
    for g in range(len(floor)):
        if floor[g] == NOTHING or not np.isfinite(field.gateways[g, :2]).all():
            continue
        for f in range(len(grid.first)):
            corner = _patch(grid, field, g, storeys[floor[g], f], f)
            if corner is not None:
                patch[g, f] = len(corners)
                corners.append(corner)
    return patch, np.array(corners, dtype=np.int32)


def placed(fingerprints: Fingerprints, zone_key, zone_floor, gateway_key) -> Samples:
    """Fingerprints (keys) as samples of a site with these keys; what it does not know is left
    out."""
    zone = places_in(zone_key, fingerprints.zone)
    label = fingerprints.label_of_reading()
    gateway = places_in(gateway_key, fingerprints.gateway)
    known = (gateway != NOTHING) & (zone[label] != NOTHING)
    return Samples(
        np.where(zone == NOTHING, 0, zone_floor[zone] if len(zone_floor) else 0),
        zone,
        fingerprints.xy,
        np.isfinite(fingerprints.xy[:, 0]) & np.isfinite(fingerprints.xy[:, 1]),
        label[known],
        gateway[known],
        fingerprints.rssi[known].astype(float),
    )


def places_in(keys, wanted) -> NDArray[np.int64]:
    """The place of each wanted key in the ascending `keys`, NOTHING where it is not among them."""
    if not len(keys):
        return np.full(len(wanted), NOTHING)
    place = np.searchsorted(keys, wanted).clip(0, len(keys) - 1)
    return np.where(keys[place] == wanted, place, NOTHING)


def likeliest(radio: RadioMap, grid: Grid, samples: Samples) -> Samples:
    """The samples of which only the zone is known, each put where in its zone the map likes it
    best; those of zones without cells are left out of it."""
    order = np.argsort(samples.sample, kind="stable")
    edges = np.searchsorted(samples.sample[order], np.arange(len(samples.zone) + 1))
    xy = samples.xy.copy()
    lost = np.zeros(len(samples.zone), dtype=bool)
    for s in np.flatnonzero(~samples.exact).tolist():
        floor = int(samples.floor[s])
        i, j, zones = grid.cells(floor)
        mine = zones == samples.zone[s]
        rows = order[edges[s] : edges[s + 1]]
        if not mine.any() or not len(rows):
            lost[s] = True
            continue
        i, j = i[mine], j[mine]
        gateway = np.repeat(samples.gateway[rows], len(i))
        on = np.full(len(gateway), floor)
        at = radio.over(gateway, on, np.tile(i, len(rows)), np.tile(j, len(rows)), 1, 1)
        said = radio.rows(at, np.repeat(samples.rssi[rows], len(i)))
        best = said.reshape(len(rows), len(i)).sum(axis=0).argmax()
        xy[s] = grid.xy(floor, i[best], j[best])
    kept = ~lost[samples.sample]
    return replace(
        samples, xy=xy, sample=samples.sample[kept], gateway=samples.gateway[kept],
        rssi=samples.rssi[kept],
    )  # fmt: skip


def _by_gateway(samples: Samples, count: int) -> list[NDArray[np.intp]]:
    """Per gateway the rows of its readings."""
    order = np.argsort(samples.gateway, kind="stable")
    edges = np.searchsorted(samples.gateway[order], np.arange(count + 1))
    return [order[edges[g] : edges[g + 1]] for g in range(count)]


def _heard(samples: Samples, rows, storeys, zone: int) -> propagation.Heard:
    """What one gateway in `zone` heard in its own building; `storeys` F from its floor."""
    rows = rows[np.isfinite(storeys[samples.floor[samples.sample[rows]]])]
    which = samples.sample[rows]
    return propagation.Heard(
        samples.xy[which],
        samples.rssi[rows],
        storeys[samples.floor[which]],
        (samples.zone[which] != zone) & (zone != NOTHING),
        samples.exact[which],
    )


def _patch(grid: Grid, field, g: int, storeys: float, f: int):
    """Corner and size of the cells of floor f where gateway g may be heard; None for nowhere."""
    if not grid.columns[f] or not np.isfinite(storeys):
        return None
    spare = field.power[g] - propagation.FLOOR_DB * storeys - HEARD_DBM
    spare += SPARE_DB if storeys == 0 else 0.0
    reach = 10.0 ** (spare / (10.0 * field.exponent))
    if reach <= propagation.STOREY_M * storeys:
        return None
    reach = min(np.sqrt(reach**2 - (propagation.STOREY_M * storeys) ** 2), FARTHEST_M)
    near = (field.gateways[g, :2] - reach - grid.origin[f]) / grid.spacing
    far = (field.gateways[g, :2] + reach - grid.origin[f]) / grid.spacing
    size = np.array([grid.columns[f], grid.rows[f]])
    first = np.maximum(np.floor(near).astype(int), 0)
    last = np.minimum(np.ceil(far).astype(int), size)
    if (last - first < 1).any():
        return None
    return (*first.tolist(), *(last - first).tolist())


def _table(grid, field, g, storeys, f, i, j, zone, samples, mine):
    """Log-likelihood of the knots by cell, C x KNOTS, and the mean expected there."""
    xy = grid.xy(f, i, j)
    cell_zone = grid.zone[grid.at(f, i, j)]
    walled = (cell_zone != zone[g]) & (zone[g] != NOTHING)
    mean, deviation = field.at(g, xy, storeys, walled)
    knots = WEAKEST + KNOT_DB * np.arange(KNOTS, dtype=float)
    z = (knots[None, :] - mean[:, None]) / deviation[:, None]
    nu = propagation.TAIL
    constant = lgamma((nu + 1) / 2) - lgamma(nu / 2) - 0.5 * np.log(nu * np.pi)
    table = constant - np.log(deviation)[:, None] - (nu + 1) / 2 * np.log1p(z**2 / nu)
    if samples is not None and len(mine):
        _empirical(table, samples, mine, f, xy, cell_zone)
    return table, mean


def _empirical(table, samples: Samples, mine, f, xy, cell_zone) -> None:
    """Mix the local histograms of one gateway's samples into its table, in place."""
    on = samples.exact & (samples.floor == f)
    which = samples.sample[mine]
    here = on[which]
    if not here.any():
        return
    points = np.unique(np.round(samples.xy[on], 1), axis=0)
    which, rssi = which[here], samples.rssi[mine][here]
    bin_ = np.clip(np.rint(rssi - WEAKEST), 0, BINS - 1).astype(int)
    ones = np.zeros((len(which), BINS))
    ones[np.arange(len(which)), bin_] = 1.0
    whole = _blurred(ones.sum(axis=0)[None], WIDE_BLUR_DB)[0]
    whole = whole / whole.sum()
    near = np.flatnonzero(_reached(xy, points))
    for start in range(0, len(near), CHUNK):
        part = near[start : start + CHUNK]
        weight = _near(xy[part], samples.xy[which])
        weight *= np.where(cell_zone[part, None] == samples.zone[which][None], 1.0, BEHIND_WALL)
        local = _blurred(weight @ ones, BLUR_DB) + PRIOR_SAMPLES * whole
        local /= local.sum(axis=1, keepdims=True)
        dense = _near(xy[part], points).sum(axis=1)[:, None] ** 2
        share = dense / (dense + DENSE**2)
        said = np.log((1.0 - SURPRISE) * local[:, ::KNOT_DB] + SURPRISE / BINS)
        table[part] = share * said + (1.0 - share) * table[part]


def _reached(xy, points) -> NDArray[np.bool_]:
    low, high = points.min(axis=0) - 4 * REACH_M, points.max(axis=0) + 4 * REACH_M
    return ((xy >= low) & (xy <= high)).all(axis=1)


def _bytes(tables: list[NDArray[np.float64]]) -> list[NDArray[np.uint8]]:
    """One gateway's tables in bytes, each knot against its likeliest cell on any floor: what all
    cells share says nothing."""
    if not tables:
        return []
    most = np.max([table.max(axis=0) for table in tables], axis=0)
    return [
        np.rint(np.clip(255.0 + PER_NAT * (table - most), 0.0, 255.0)).astype(np.uint8)
        for table in tables
    ]


def _near(a, b):
    return np.exp(-((a[:, None, :] - b[None, :, :]) ** 2).sum(axis=2) / (2.0 * REACH_M**2))


def _blurred(rows: NDArray[np.float64], deviation: float) -> NDArray[np.float64]:
    """Rows over bins, each bin spread over its neighbours (Gaussian, dB); edges are repeated."""
    reach = int(4 * deviation + 1)
    kernel = np.exp(-(np.arange(-reach, reach + 1) ** 2) / (2.0 * deviation**2))
    kernel /= kernel.sum()
    padded = np.pad(rows, ((0, 0), (reach, reach)), mode="edge")
    out = np.zeros_like(rows)
    for shift, weight in enumerate(kernel):
        out += weight * padded[:, shift : shift + rows.shape[1]]
    return out
