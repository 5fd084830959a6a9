"""The radio map of a site by its labels: geometry, corrected where labels say otherwise.

What geometry expects of a gateway (`propagation`) is moved by what labels heard of it: by one
amount for the gateway as a whole (its own gain, its cable), and about each label by more
(walls that nobody drew), as a Gaussian process on the floor of the label (Rasmussen and Williams
2006, 2.2). A label that names only its zone is put where in that zone the present map likes it
best.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import shapely
from numpy.typing import NDArray

from tracking.domain.locating import cells, propagation
from tracking.domain.locating.fingerprints import Fingerprints
from tracking.domain.site import FloorIn, GatewayIn, ZoneIn, places_of

SPACING_M = 1.25
MOST = 8_000_000
"""Cells times gateways: a larger site has wider cells."""
HANGS_AT_M = 2.6
GATEWAY_DB, NEAR_DB, LABEL_DB = 6.0, 4.5, 4.0
"""Deviations: of a gateway's own gain, of what is special about a place, of one label."""
NEAR_M = 4.0
TAG_DB = 3.0
LIMIT_DBM, LIMIT_DB, LOST = -93.0, 4.0, 0.1
"""Strength at which half of the packets are lost, how softly, and the share lost by chance."""
ROUNDS = 2


@dataclass(frozen=True)
class Learnt:
    """`zone_key`, `gateway_key` ascending; N cells with `zone` and `floor` places, `xy` metres;
    `mean` and `deviation` dBm N x G of what a gateway hears there."""

    zone_key: NDArray[np.int64]
    gateway_key: NDArray[np.int64]
    zone: NDArray[np.int32]
    floor: NDArray[np.int32]
    xy: NDArray[np.float64]
    mean: NDArray[np.float64]
    deviation: NDArray[np.float64]


def learn(
    floors: Sequence[FloorIn],
    zones: Sequence[ZoneIn],
    gateways: Sequence[GatewayIn],
    fingerprints: Fingerprints | None = None,
) -> Learnt:
    """The map of these rows, from geometry alone without fingerprints. Zones that are not drawn
    and gateways of unknown place are left out."""
    found = _geometry(floors, zones, gateways)
    if fingerprints is None or not len(fingerprints) or not len(found.zone):
        return found
    place = places_of(found.zone_key, fingerprints.zone)
    has_cells = np.isin(place, found.zone)
    fingerprints, place = fingerprints.only(has_cells), place[has_cells]
    heard = fingerprints.by_gateway(found.gateway_key)
    geometry = found
    for _ in range(ROUNDS):
        cell = _cell_of_labels(found, fingerprints, place, heard)
        found = _corrected(geometry, cell, heard)
    return found


def zones_of(learnt: Learnt, fingerprints: Fingerprints) -> NDArray[np.float64]:
    """Probability of each zone for each label: S x Z, rows sum to one (all zero without cells)."""
    return zones_of_strengths(learnt, fingerprints.by_gateway(learnt.gateway_key))


def zones_of_strengths(learnt: Learnt, heard: NDArray[np.float64]) -> NDArray[np.float64]:
    """The same for strengths by label and gateway of the map: S x G dBm, NaN not heard."""
    out = np.zeros((len(heard), len(learnt.zone_key)))
    if not len(learnt.zone):
        return out
    for s, p in enumerate(_over_cells(learnt, heard)):
        out[s] = np.bincount(learnt.zone, p, minlength=len(learnt.zone_key))
    return out


def expected(learnt: Learnt, fingerprints: Fingerprints) -> NDArray[np.float64]:
    """dBm that the map expects of each gateway at the place of each label: S x G, NaN where the
    zone has no place."""
    place = places_of(learnt.zone_key, fingerprints.zone)
    heard = fingerprints.by_gateway(learnt.gateway_key)
    out = np.full(heard.shape, np.nan)
    drawn = np.flatnonzero(np.isin(place, learnt.zone))
    cell = _cell_of_labels(learnt, fingerprints.only(drawn), place[drawn], heard[drawn])
    out[drawn] = learnt.mean[cell]
    return out


def silence(mean: NDArray[np.float64]) -> NDArray[np.float64]:
    """Probability that a tag is not heard where `mean` dBm is expected."""
    return LOST + (1.0 - LOST) / (1.0 + np.exp(1.7 * (mean - LIMIT_DBM) / LIMIT_DB))


def _geometry(floors, zones, gateways) -> Learnt:
    floors = sorted(floors, key=lambda one: one.key)
    zones = sorted(zones, key=lambda one: one.key)
    floor_key = np.array([one.key for one in floors], dtype=np.int64)
    zone_key = np.array([one.key for one in zones], dtype=np.int64)
    zone_floor = places_of(floor_key, np.array([one.floor for one in zones], dtype=np.int64))
    parents = {one.area for one in zones if one.area}
    shapes = [
        None if one.kind == "area" and one.key in parents else _shape(one.polygon) for one in zones
    ]
    spacing = SPACING_M
    layout = cells.cut(shapes, zone_floor, [], spacing=spacing)
    while len(layout) * len(gateways) > MOST and spacing < 10.0:
        spacing *= 2.0
        layout = cells.cut(shapes, zone_floor, [], spacing=spacing)
    placed = [
        (one, at)
        for one in sorted(gateways, key=lambda one: one.key)
        if (at := _where(one, zones, shapes, zone_floor, floor_key)) is not None
    ]
    xyz = np.array([at[:3] for _, at in placed], dtype=float).reshape(-1, 3)
    floor = np.array([at[3] for _, at in placed], dtype=int)
    home = np.array([at[4] for _, at in placed], dtype=int)
    level = np.array([one.level for one in floors], dtype=float)
    building = np.array([one.building for one in floors])
    field = propagation.from_geometry(layout, xyz, floor, home)
    # Storeys by level, not by place in the list of floors, and nothing through the open air.
    storeys = np.abs(level[layout.floor][:, None] - level[floor][None, :])
    storeys = np.maximum(storeys, layout.floor[:, None] != floor[None, :])
    counted = np.abs(layout.floor[:, None] - floor[None, :])
    mean = field.mean - propagation.FLOOR_DB * (storeys - counted)
    mean[building[layout.floor][:, None] != building[floor][None, :]] = -200.0
    return Learnt(
        zone_key,
        np.array([one.key for one, _ in placed], dtype=np.int64),
        layout.zone,
        layout.floor,
        layout.xy,
        mean,
        field.deviation,
    )


def _shape(wkt: str):
    shape = shapely.from_wkt(wkt, on_invalid="ignore") if wkt else None
    if shape is None or shape.is_empty:
        return None
    shape = shape if shape.is_valid else shapely.make_valid(shape)
    return shape if shape.area > 0 and np.isfinite(shape.bounds).all() else None


def _where(gateway: GatewayIn, zones, shapes, zone_floor, floor_key):
    """x, y, z, floor and zone (place or -1) of a gateway; None if unknown."""
    home = next((n for n, one in enumerate(zones) if one.key == gateway.zone), -1)
    floor = int(places_of(floor_key, np.array([gateway.floor or -1]))[0])
    floor = int(zone_floor[home]) if home >= 0 else floor
    if floor < 0:
        return None
    if gateway.x is not None and gateway.y is not None:
        return gateway.x, gateway.y, HANGS_AT_M, floor, home
    if home >= 0 and shapes[home] is not None:
        middle = shapes[home].centroid
        return middle.x, middle.y, HANGS_AT_M, floor, home
    return None


def _over_cells(learnt: Learnt, heard: NDArray[np.float64]):
    """For each label the probability of each cell."""
    quiet = np.log(silence(learnt.mean))
    all_quiet = quiet.sum(axis=1)
    for row in heard:
        said = _likelihood(learnt, row, quiet, all_quiet)
        p = np.exp(said - said.max())
        yield p / p.sum()


def _likelihood(learnt: Learnt, row, quiet, all_quiet) -> NDArray[np.float64]:
    """Log-likelihood over cells of one label's strengths (G, NaN not heard)."""
    here = np.flatnonzero(~np.isnan(row))
    apart = row[here] - learnt.mean[:, here]
    deviation = learnt.deviation[:, here]
    # The tag's own power: its likeliest offset at each cell.
    weight = deviation**-2.0
    apart = apart - ((apart * weight).sum(axis=1) / (weight.sum(axis=1) + TAG_DB**-2.0))[:, None]
    nu = propagation.TAIL
    fits = -np.log(deviation) - (nu + 1) / 2 * np.log1p((apart / deviation) ** 2 / nu)
    return fits.sum(axis=1) + all_quiet - quiet[:, here].sum(axis=1)


def _cell_of_labels(learnt: Learnt, fingerprints: Fingerprints, place, heard):
    """The cell of each label: nearest to its metres, else the likeliest of its zone."""
    quiet = np.log(silence(learnt.mean))
    all_quiet = quiet.sum(axis=1)
    out = np.empty(len(fingerprints), dtype=np.int64)
    for s in range(len(fingerprints)):
        own = np.flatnonzero(learnt.zone == place[s])
        if np.isfinite(fingerprints.xy[s]).all():
            best = ((learnt.xy[own] - fingerprints.xy[s]) ** 2).sum(axis=1).argmin()
        else:
            part = replace(learnt, mean=learnt.mean[own], deviation=learnt.deviation[own])
            best = _likelihood(part, heard[s], quiet[own], all_quiet[own]).argmax()
        out[s] = own[best]
    return out


def _corrected(geometry: Learnt, cell, heard) -> Learnt:
    """Geometry moved by what labels at these cells heard: per gateway, and about each label."""
    rest = heard - geometry.mean[cell]
    # What a label's gateways share is its tag's power, not theirs.
    counts = (~np.isnan(rest)).sum(axis=1, keepdims=True)
    shared = np.nansum(rest, axis=1, keepdims=True) / (counts + (LABEL_DB / TAG_DB) ** 2)
    rest = rest - shared
    mean, deviation = geometry.mean.copy(), geometry.deviation.copy()
    for g in range(rest.shape[1]):
        here = np.flatnonzero(~np.isnan(rest[:, g]))
        if not len(here):
            continue
        own = rest[here, g].sum() / (len(here) + (LABEL_DB / GATEWAY_DB) ** 2)
        mean[:, g] += own
        left = rest[here, g] - own
        for floor in np.unique(geometry.floor[cell[here]]):
            mine = geometry.floor[cell[here]] == floor
            points = geometry.xy[cell[here][mine]]
            cells_here = np.flatnonzero(geometry.floor == floor)
            near = _kernel(geometry.xy[cells_here], points)
            inner = _kernel(points, points) + LABEL_DB**2 * np.eye(len(points))
            solved = np.linalg.solve(inner, np.column_stack([left[mine][:, None], near.T]))
            mean[cells_here, g] += near @ solved[:, 0]
            known = (near * solved[:, 1:].T).sum(axis=1)
            variance = deviation[cells_here, g] ** 2 - np.minimum(known, 0.6 * NEAR_DB**2)
            deviation[cells_here, g] = np.sqrt(np.maximum(variance, 4.0**2))
    return replace(geometry, mean=mean, deviation=deviation)


def _kernel(a, b):
    apart = np.sqrt(((a[:, None, :] - b[None, :, :]) ** 2).sum(axis=2)) * np.sqrt(3.0) / NEAR_M
    return NEAR_DB**2 * (1.0 + apart) * np.exp(-apart)
