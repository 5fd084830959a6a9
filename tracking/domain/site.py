"""The site as the engine sees it: zones, floors and gateways as arrays.

Everything is optional but the zones themselves: a site may have no polygons, no doors, no
coordinates and no gateways; what is not known widens the answer.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from tracking.domain.locating import grid, radio_map
from tracking.domain.locating.fingerprints import Fingerprints
from tracking.domain.locating.parameters import Parameters
from tracking.domain.locating.windows import Place

WALL_M = 2.0
"""Metres that a wall between a gateway and a zone counts as."""
STOREY_M = 12.0
"""Metres that each floor between them counts as."""
HOP_M = 8.0
"""Metres from one undrawn zone through a door to the next."""
SAME_AREA_M, SAME_FLOOR_M, ELSEWHERE_M = 10.0, 25.0, 500.0
NOWHERE = -1
LINKS = ("lift", "stairs")
WINDOWS = ((40, 200, grid.FINE), (3_000, 1_000, grid.MIDDLE))
"""Most tags and gateways for each window; beyond them grid.SMALL."""


@dataclass(frozen=True)
class ZoneIn:
    """A zone as it is described: database keys, WKT polygon in metres or ""."""

    key: int
    floor: int
    kind: str
    area: int | None = None
    polygon: str = ""


@dataclass(frozen=True)
class FloorIn:
    key: int
    building: int
    level: int


@dataclass(frozen=True)
class GatewayIn:
    """A gateway as it is described; every place of it may be unknown."""

    key: int
    floor: int | None = None
    zone: int | None = None
    x: float | None = None
    y: float | None = None
    z: float | None = None


@dataclass(frozen=True)
class Site:
    """Zones Z, floors F, gateways G; places in these arrays are what the engine counts in.

    `zone_key`, `floor_key`, `gateway_key` are database keys, ascending. `zone_floor`,
    `zone_area` (NOWHERE for none), `zone_is_area`, `zone_is_answer` (a place a thing can be in:
    not an area that has rooms), `centroid` Z x 2, `bounds` Z x 4 (x0, y0, x1, y1), metres, NaN
    if undrawn. `gateway_xy` G x 2, NaN if unknown; `gateway_floor`, `gateway_zone` or NOWHERE.
    `sketched` G: the row in `apart` of a gateway that hangs on no drawn floor but whose floor is
    known, NOWHERE for the others; `apart`: metres, walls and storeys between such a gateway and
    each zone. `neighbours` N x 2: zones joined by a door.
    `place` the drawn floors as the filter sees them: cells, radio map, lifts and stairs.
    `floor_building` F: the key of each floor's building.
    """

    zone_key: NDArray[np.int64]
    zone_floor: NDArray[np.int32]
    zone_area: NDArray[np.int32]
    zone_is_area: NDArray[np.bool_]
    zone_is_answer: NDArray[np.bool_]
    centroid: NDArray[np.float32]
    bounds: NDArray[np.float32]
    floor_key: NDArray[np.int64]
    gateway_key: NDArray[np.int64]
    gateway_xy: NDArray[np.float32]
    gateway_floor: NDArray[np.int32]
    gateway_zone: NDArray[np.int32]
    sketched: NDArray[np.int32]
    apart: NDArray[np.float32]
    neighbours: NDArray[np.int32]
    place: Place
    floor_building: NDArray[np.int64]

    @property
    def zone_building(self) -> NDArray[np.int64]:
        """The building of each zone, NOWHERE for one on no floor."""
        return np.append(self.floor_building, NOWHERE)[self.zone_floor]

    @property
    def gateway_building(self) -> NDArray[np.int64]:
        """The building of each gateway, NOWHERE where its floor is unknown."""
        return np.append(self.floor_building, NOWHERE)[self.gateway_floor]

    @property
    def zones(self) -> int:
        return len(self.zone_key)

    @property
    def gateways(self) -> int:
        return len(self.gateway_key)


def places_of(keys: NDArray[np.int64], wanted: NDArray[np.integer]) -> NDArray[np.int32]:
    """The place of each wanted key in the ascending `keys`, NOWHERE where it is not among them."""
    if not len(keys):
        return np.full(len(wanted), NOWHERE, dtype=np.int32)
    place = np.searchsorted(keys, wanted).clip(0, len(keys) - 1)
    return np.where(keys[place] == wanted, place, NOWHERE).astype(np.int32)


def build(
    floors: Sequence[FloorIn],
    zones: Sequence[ZoneIn],
    gateways: Sequence[GatewayIn] = (),
    doors: Sequence[tuple[int, int]] = (),
    fingerprints: Fingerprints | None = None,
    *,
    window: grid.Window | None = None,
    lateness: float = 0.0,
    parameters: Parameters | None = None,
) -> Site:
    """The site of these rows. A polygon that cannot be read counts as undrawn.

    `fingerprints` correct what geometry expects of the radio. `window`: how finely tags are
    followed, by default what a site of its size can afford (`window_for`). `lateness` in seconds:
    by how much readings trail what they tell of. `parameters`: how the engine weighs and moves.
    """
    floors = sorted(floors, key=lambda floor: floor.key)
    zones = sorted(zones, key=lambda zone: zone.key)
    gateways = sorted(gateways, key=lambda gateway: gateway.key)
    floor_key = _keys([floor.key for floor in floors])
    zone_key = _keys([zone.key for zone in zones])
    zone_area = places_of(zone_key, _keys([zone.area or NOWHERE for zone in zones]))
    is_area = np.array([zone.kind == "area" for zone in zones], dtype=bool)
    has_rooms = np.isin(np.arange(len(zones)), zone_area)
    shapes = np.array([_shape(zone.polygon) for zone in zones], dtype=object)
    zone_floor = places_of(floor_key, _keys([zone.floor for zone in zones]))
    gateway_zone = places_of(zone_key, _keys([gateway.zone or NOWHERE for gateway in gateways]))
    gateway_floor = places_of(floor_key, _keys([gateway.floor or NOWHERE for gateway in gateways]))
    # A gateway in a zone is on that zone's floor, whatever its own row says.
    if len(zones):
        known = gateway_zone != NOWHERE
        gateway_floor = np.where(known, zone_floor[gateway_zone], gateway_floor)
    gateway_xy = np.array(
        [(_metres(gateway.x), _metres(gateway.y)) for gateway in gateways], dtype=np.float32
    ).reshape(-1, 2)
    gateway_xy[np.isnan(gateway_xy).any(axis=1)] = np.nan
    ends = np.array(list(doors), dtype=np.int64).reshape(-1, 2)
    neighbours = np.stack([places_of(zone_key, ends[:, 0]), places_of(zone_key, ends[:, 1])], 1)
    neighbours = neighbours[(neighbours != NOWHERE).all(axis=1)]
    centroid, bounds = _outlines(shapes)
    storeys = _storeys(floors)
    is_answer = ~(is_area & has_rooms)
    place = _place(
        [shape if answer else None for shape, answer in zip(shapes, is_answer, strict=True)],
        zones,
        zone_key,
        zone_floor,
        neighbours,
        _levels(floors),
        _hung(gateways, gateway_xy, gateway_zone, centroid),
        gateway_floor,
        gateway_zone,
        _keys([gateway.key for gateway in gateways]),
        fingerprints,
        window or window_for(0, len(gateways)),
        lateness,
        parameters or Parameters(),
    )
    undrawn = np.append(place.grid.columns == 0, True)[gateway_floor]
    undrawn |= place.radio.floor == NOWHERE
    sketched = np.flatnonzero((gateway_floor != NOWHERE) & undrawn)
    row_of = np.full(len(gateways), NOWHERE, dtype=np.int32)
    row_of[sketched] = np.arange(len(sketched))
    return Site(
        zone_key=zone_key,
        zone_floor=zone_floor,
        zone_area=zone_area,
        zone_is_area=is_area,
        zone_is_answer=is_answer,
        centroid=centroid,
        bounds=bounds,
        floor_key=floor_key,
        gateway_key=_keys([gateway.key for gateway in gateways]),
        gateway_xy=gateway_xy,
        gateway_floor=gateway_floor.astype(np.int32),
        gateway_zone=gateway_zone,
        sketched=row_of,
        apart=_apart(
            gateway_xy[sketched],
            gateway_floor[sketched],
            gateway_zone[sketched],
            shapes,
            zone_floor,
            zone_area,
            neighbours,
            storeys,
        ),
        neighbours=neighbours,
        place=place,
        floor_building=_keys([floor.building for floor in floors]),
    )


def window_for(tags: int, gateways: int) -> grid.Window:
    """How finely a site with so many tags and gateways is followed."""
    return next(
        (window for most_tags, most_gateways, window in WINDOWS
         if tags <= most_tags and gateways <= most_gateways),
        grid.SMALL,
    )  # fmt: skip


def _place(
    shapes,
    zones,
    zone_key,
    zone_floor,
    neighbours,
    levels,
    gateway_xyz,
    gateway_floor,
    gateway_zone,
    gateway_key,
    fingerprints,
    window,
    lateness,
    parameters,
) -> Place:
    """The drawn part of the site for the filter."""
    pairs = neighbours.tolist() if len(neighbours) else None
    cells = grid.cut(shapes, zone_floor, len(levels), pairs, window)
    linked = np.array([zone.kind in LINKS for zone in zones], dtype=bool)
    if len(neighbours):
        ends = neighbours[zone_floor[neighbours[:, 0]] != zone_floor[neighbours[:, 1]]]
        linked[ends.ravel()] = True
    home = np.where(
        gateway_zone == NOWHERE, _zones_at(shapes, zone_floor, gateway_xyz, gateway_floor),
        gateway_zone,
    )  # fmt: skip
    radio = radio_map.built(
        cells, gateway_xyz, gateway_floor, home, levels,
        radio_map.placed(fingerprints, zone_key, zone_floor, gateway_key) if fingerprints else None,
    )  # fmt: skip
    return Place(cells, radio, linked, lateness, parameters)


def _zones_at(shapes, zone_floor, xyz, floor) -> NDArray[np.int32]:
    """The drawn zone around each place, NOWHERE for none."""
    found = np.full(len(xyz), NOWHERE, dtype=np.int32)
    drawn = np.array([z for z, shape in enumerate(shapes) if shape is not None], dtype=np.int64)
    known = np.flatnonzero(np.isfinite(xyz[:, :2]).all(axis=1))
    if len(drawn) and len(known):
        tree = shapely.STRtree([shapes[z] for z in drawn])
        place, zone = tree.query(shapely.points(xyz[known, :2]), predicate="intersects")
        same = zone_floor[drawn[zone]] == floor[known[place]]
        found[known[place[same]]] = drawn[zone[same]]
    return found


def _levels(floors: Sequence[FloorIn]) -> NDArray[np.float64]:
    """Storeys between floors, F x F; at least one between two floors, no number of them between
    two buildings."""
    level = np.array([floor.level for floor in floors], dtype=float)
    building = np.array([floor.building for floor in floors])
    between = np.maximum(np.abs(level[:, None] - level[None, :]), 1.0)
    np.fill_diagonal(between, 0.0)
    return np.where(building[:, None] == building[None, :], between, np.inf)


def _hung(gateways, gateway_xy, gateway_zone, centroid) -> NDArray[np.float64]:
    """Where gateways hang, G x 3 metres: in the middle of their room if nobody says more."""
    xyz = np.full((len(gateways), 3), np.nan)
    xyz[:, :2] = gateway_xy
    middle = np.vstack([centroid, [[np.nan, np.nan]]])[gateway_zone]
    xyz[:, :2] = np.where(np.isnan(xyz[:, :2]), middle, xyz[:, :2])
    xyz[:, 2] = [_metres(gateway.z) for gateway in gateways]
    return xyz


def _keys(values: Sequence[int]) -> NDArray[np.int64]:
    return np.array(values, dtype=np.int64)


def _metres(value: float | None) -> float:
    return value if value is not None and np.isfinite(value) and abs(value) < 1e6 else np.nan


def _shape(wkt: str) -> object:
    """A polygon, mended if it crosses itself; None for none."""
    shape = shapely.from_wkt(wkt, on_invalid="ignore") if wkt else None
    if shape is None or shape.is_empty:
        return None
    shape = shape if shape.is_valid else shapely.make_valid(shape)
    return shape if shape.area > 0 and np.isfinite(shape.bounds).all() else None


def _outlines(shapes: NDArray[np.object_]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """A point inside each shape and its bounding box; NaN where undrawn."""
    centroid = np.full((len(shapes), 2), np.nan, dtype=np.float32)
    bounds = np.full((len(shapes), 4), np.nan, dtype=np.float32)
    for place, shape in enumerate(shapes):
        if shape is not None:
            middle = shape.centroid if shape.contains(shape.centroid) else None
            middle = middle or shape.representative_point()
            centroid[place] = middle.x, middle.y
            bounds[place] = shape.bounds
    return centroid, bounds


def _storeys(floors: Sequence[FloorIn]) -> NDArray[np.float32]:
    """Metres between floors, F x F; ELSEWHERE_M between buildings."""
    level = np.array([floor.level for floor in floors], dtype=np.float32)
    building = np.array([floor.building for floor in floors])
    between = np.abs(level[:, None] - level[None, :]) * STOREY_M
    # Two floors of one level in one building (wings) still have something between them.
    between = np.maximum(between, STOREY_M)
    np.fill_diagonal(between, 0.0)
    return np.where(building[:, None] == building[None, :], between, ELSEWHERE_M)


def _hops(neighbours: NDArray[np.int32], zones: int, start: int) -> NDArray[np.float32]:
    """Metres from zone `start` through at most three doors, +inf beyond."""
    far = np.full(zones, np.inf, dtype=np.float32)
    far[start] = 0.0
    edge = np.array([start])
    for hop in range(1, 4):
        a, b = neighbours[:, 0], neighbours[:, 1]
        reached = np.concatenate([b[np.isin(a, edge)], a[np.isin(b, edge)]])
        edge = np.unique(reached[np.isinf(far[reached])])
        far[edge] = hop * HOP_M
    return far


def _apart(xy, floor, zone, shapes, zone_floor, zone_area, neighbours, storeys):
    apart = np.full((len(xy), len(shapes)), ELSEWHERE_M, dtype=np.float32)
    drawn = np.array([shape is not None for shape in shapes], dtype=bool)
    if not len(shapes):
        return apart
    for g in range(len(xy)):
        if floor[g] == NOWHERE:
            continue
        across = np.full(len(shapes), SAME_FLOOR_M, dtype=np.float32)
        point = None
        if np.isfinite(xy[g]).all():
            point = shapely.Point(xy[g])
        elif zone[g] != NOWHERE and shapes[zone[g]] is not None:
            point = shapes[zone[g]].centroid
        if point is not None:
            metres = shapely.distance(point, shapes[drawn])
            across[drawn] = metres + np.where((metres == 0) & (zone[g] == NOWHERE), 0.0, WALL_M)
        elif zone[g] == NOWHERE:
            across[:] = SAME_AREA_M
        if zone[g] != NOWHERE:
            if point is None or not drawn.all():
                near = np.where(zone_area == zone_area[zone[g]], SAME_AREA_M, SAME_FLOOR_M)
                near = np.where(zone_area[zone[g]] == NOWHERE, SAME_FLOOR_M, near)
                near = np.minimum(near, _hops(neighbours, len(shapes), zone[g]))
                across = np.where(drawn & (point is not None), across, near)
            across = np.where(zone_area == zone[g], np.minimum(across, WALL_M), across)
            across[zone[g]] = 0.0
        # Without plans of its own floor a gateway is not nearer to those of another.
        own = zone_floor == floor[g]
        nearest = across[own].min(initial=ELSEWHERE_M)
        across[~own] = np.maximum(across[~own], nearest)
        apart[g] = across + storeys[floor[g], zone_floor]
    return np.minimum(apart, ELSEWHERE_M)
