"""The smooth part of a radio map: path loss with distance, corrected where samples say so.

Mean strength at distance d: power - 10 n log10(d) (log-distance path loss), power per gateway and
n fitted to the samples. What remains is a Gaussian process over the floor (Matern 3/2), whose
length, size and noise are chosen by leave-one-out likelihood of the points themselves (Rasmussen
and Williams 2006, 5.4.2), so that thirteen points serve as well as a thousand.
"""

from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

TAG_HEIGHT_M, GATEWAY_HEIGHT_M = 1.0, 2.5
NEAREST_M = 0.5
EXPONENT, POWER_AT_1M = 2.4, -57.0
"""Without samples: exponent of indoor paths and a tag's usual strength at one metre, dBm."""
FLOOR_DB, WALL_DB, STOREY_M = 15.0, 3.0, 4.0
"""Lost through a ceiling; lost on the way into another zone; height of a storey."""
POINT_M = 0.5
"""Samples within a square of this side are one point."""
MOST_POINTS = 400
TRUSTED = 12
"""Gateways with most points whose left-out points choose length, size and noise for all."""
USUAL_POINTS, USUAL_EXPONENT, POINT_DB = 1.0, 0.5, 6.0
"""Points' worth of the usual power in a gateway's own; spread of exponents between sites; scatter
of a point about path loss alone."""
USUAL_CHOICE = (3.0, 4.5, 3.0)
"""Length m, size dB and noise dB where of all samples only the zone is known."""
APART_M = 100.0
LENGTHS_M, SIZES_DB, NOISES_DB = (2.0, 3.0, 5.0), (3.0, 4.5, 6.5), (1.0, 2.0, 3.0)
DOUBT_DB = 4.0
"""Scatter of a live reading about the mean of the map."""
TAIL = 6.0
"""Degrees of freedom of that scatter (Student's t): fades are common."""
FLAT_DB = 6.0
"""The same without any samples."""


@dataclass(frozen=True)
class Heard:
    """What one gateway heard of S samples: `xy` S x 2 metres, `rssi` S dBm, `away` S: storeys
    between the sample and the gateway, `walled`: it was in another zone than the gateway, `exact`:
    the place is known to the metre."""

    xy: NDArray[np.float64]
    rssi: NDArray[np.float64]
    away: NDArray[np.floating]
    walled: NDArray[np.bool_]
    exact: NDArray[np.bool_]


@dataclass(frozen=True)
class _Points:
    xy: NDArray[np.float64]
    mean: NDArray[np.float64]
    count: NDArray[np.float64]
    scatter: float
    trend: NDArray[np.float64]


@dataclass(frozen=True)
class Field:
    """Path loss of a site and the process about it.

    `power` per gateway, dBm at one metre; `exponent`; `choice` length m, size dB, noise dB.
    `points` per gateway, None for one that no sample heard; `exact` whether such a sample's place
    was known to the metre.
    """

    gateways: NDArray[np.float64]
    power: NDArray[np.float64]
    exponent: float
    choice: tuple[float, float, float]
    points: list[_Points | None]
    exact: NDArray[np.bool_]

    def loss(self, gateway: int, xy: NDArray[np.float64], storeys, walled) -> NDArray[np.float64]:
        """Mean dBm that geometry expects at places (N x 2), `storeys` away, `walled` or not."""
        decades = _decades(xy, self.gateways[gateway], storeys)
        return self.power[gateway] - _lost(self.exponent, decades, storeys, walled)

    def at(self, gateway: int, xy: NDArray[np.float64], storeys, walled):
        """Mean and scatter in dB at places (N x 2)."""
        mean = self.loss(gateway, xy, storeys, walled)
        points = self.points[gateway]
        if points is None:
            return mean, np.full(len(xy), FLAT_DB)
        length, size, noise = self.choice
        near = _matern(_raised(xy, np.full(len(xy), storeys)), points.xy, length, size)
        inverse = _inverse(points, length, size, noise)
        weight = near @ inverse
        mean = mean + weight @ (points.mean - points.trend)
        left = np.maximum(size**2 - (weight * near).sum(axis=1), 0.0)
        return mean, np.sqrt(left + DOUBT_DB**2)


def unlearnt(gateways: NDArray[np.float64]) -> Field:
    """The field from positions alone: `gateways` G x 3 metres, NaN where unknown."""
    power = np.full(len(gateways), POWER_AT_1M)
    nobody: list[_Points | None] = [None] * len(gateways)
    return Field(gateways, power, EXPONENT, (0.0, 0.0, 0.0), nobody, np.zeros(len(gateways), bool))


def from_samples(gateways: NDArray[np.float64], heard: list[Heard]) -> Field:
    """The field from what each gateway heard of samples; one with none keeps to geometry."""
    gathered = [_gathered(one) if len(one.rssi) else None for one in heard]
    decades = [
        None if part is None else _decades(part[0], gateway, part[4])
        for part, gateway in zip(gathered, gateways, strict=True)
    ]
    exponent = _exponent(gathered, decades)
    power = np.full(len(gateways), POWER_AT_1M)
    points: list[_Points | None] = []
    for g, (part, far) in enumerate(zip(gathered, decades, strict=True)):
        if part is None or far is None or not np.isfinite(far).all():
            points.append(None)
            continue
        xy, mean, count, scatter, away, walled = part
        lost = _lost(exponent, far, away, walled)
        power[g] += (mean + lost - POWER_AT_1M).sum() / (len(mean) + USUAL_POINTS)
        points.append(_Points(_raised(xy, away), mean, count, scatter, power[g] - lost))
    known = sorted((p for p in points if p is not None), key=lambda p: -len(p.xy))[:TRUSTED]
    exact = np.array([one.exact.any() for one in heard], dtype=bool)
    # Places that are only likely say little of how far a wall's word reaches.
    choice = USUAL_CHOICE
    if exact.any():
        choice = max(
            product(LENGTHS_M, SIZES_DB, NOISES_DB), key=lambda choice: _left_out(known, *choice)
        )
    return Field(gateways, power, exponent, choice, points, exact)


def _raised(xy, away):
    """Places with the storeys away as a third coordinate, so far apart that floors share nothing:
    what a ceiling lets through says nothing of the walls below it."""
    return np.column_stack([xy, APART_M * np.asarray(away, dtype=float)])


def _lost(exponent, decades, storeys, walled):
    """dB lost on the way: distance, ceilings, the wall into another zone."""
    return 10.0 * exponent * decades + FLOOR_DB * np.abs(storeys) + WALL_DB * walled


def _decades(xy, gateway, storeys) -> NDArray[np.float64]:
    """log10 of the distance in metres from each place (at tag height) to the gateway."""
    flat = ((xy - gateway[:2]) ** 2).sum(axis=-1)
    above = GATEWAY_HEIGHT_M if np.isnan(gateway[2]) else gateway[2]
    height = np.abs(above - TAG_HEIGHT_M) + STOREY_M * np.abs(storeys)
    return np.log10(np.maximum(np.sqrt(flat + height**2), NEAREST_M))


def _gathered(heard: Heard):
    """Samples gathered into points: places, mean, count, variance about them, storeys away,
    walled."""
    side = POINT_M
    while True:
        square = np.floor(heard.xy / side)
        square = np.column_stack([square, heard.away, heard.walled])
        square, of_point = np.unique(square, axis=0, return_inverse=True)
        if len(square) <= MOST_POINTS:
            break
        side *= 1.3
    of_point = of_point.ravel()
    count = np.bincount(of_point).astype(float)
    place = np.stack([np.bincount(of_point, heard.xy[:, k]) / count for k in (0, 1)], axis=1)
    mean = np.bincount(of_point, heard.rssi) / count
    variance = np.maximum(np.bincount(of_point, heard.rssi**2) / count - mean**2, 0.0)
    many = count >= 5
    scatter = max(float(variance[many].mean()), 1.0) if many.any() else 9.0
    return place, mean, count, scatter, square[:, 2], square[:, 3]


def _exponent(gathered, decades) -> float:
    """One exponent by least squares over all points, each gateway about its own mean."""
    up = down = 0.0  # of the least squares, in units of their own certainty
    for part, far in zip(gathered, decades, strict=True):
        if part is None or not np.isfinite(far).all():
            continue
        strength = part[1] + FLOOR_DB * part[4] + WALL_DB * part[5]
        distance = far - far.mean()
        up -= 10.0 * ((strength - strength.mean()) * distance).sum() / POINT_DB**2
        down += 100.0 * (distance**2).sum() / POINT_DB**2
    sure = USUAL_EXPONENT**-2
    return float(np.clip((up + sure * EXPONENT) / (down + sure), 1.2, 4.0))


def _matern(a, b, length, size):
    apart = np.sqrt(((a[:, None, :] - b[None, :, :]) ** 2).sum(axis=2)) * np.sqrt(3.0) / length
    return size**2 * (1.0 + apart) * np.exp(-apart)


def _inverse(points: _Points, length, size, noise):
    spread = points.scatter / points.count + noise**2
    return np.linalg.inv(_matern(points.xy, points.xy, length, size) + np.diag(spread))


def _left_out(known: list[_Points], length, size, noise) -> float:
    """Mean log-likelihood of each point given all others of its gateway."""
    total, number = 0.0, 0
    for points in known:
        if len(points.xy) < 3:
            continue
        inverse = _inverse(points, length, size, noise)
        variance = 1.0 / np.diag(inverse)
        error = (inverse @ (points.mean - points.trend)) * variance
        total += (-0.5 * np.log(variance) - 0.5 * error**2 / variance).sum()
        number += len(points.xy)
    return total / max(number, 1)
