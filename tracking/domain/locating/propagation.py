"""The smooth part of a radio map: path loss with distance, corrected where a survey says so.

Mean strength at distance d: power - 10 n log10(d) (log-distance path loss), power per gateway and
n fitted to the survey. What remains is a Gaussian process over the floor (Matern 3/2), whose
length, size and noise are chosen by leave-one-out likelihood of the survey points themselves
(Rasmussen and Williams 2006, 5.4.2), so that thirteen points serve as well as a thousand.
"""

from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

TAG_HEIGHT_M = 1.0
NEAREST_M = 0.5
EXPONENT, POWER_AT_1M = 2.6, -59.0
"""Without a survey: exponent of indoor paths and a tag's usual strength at one metre, dBm."""
FLOOR_DB, WALL_DB = 15.0, 3.0
"""Lost through a ceiling; lost on the way into another zone."""
POINT_M = 0.5
"""Survey samples within a square of this side are one point."""
MOST_POINTS = 400
LENGTHS_M, SIZES_DB, NOISES_DB = (2.0, 3.0, 5.0), (3.0, 4.5, 6.5), (1.0, 2.0, 3.0)
DOUBT_DB = 4.0
"""Scatter of a live reading about the mean of the map."""
TAIL = 6.0
"""Degrees of freedom of that scatter (Student's t): fades are common."""
FLAT_DB = 6.0
"""The same without any survey."""


@dataclass(frozen=True)
class Field:
    """Mean strength in dBm and its standard deviation by cell and gateway: N x G."""

    mean: NDArray[np.float64]
    deviation: NDArray[np.float64]


def from_geometry(cells, gateways, gateway_floor, zone_of_gateway) -> Field:
    """The field from positions alone. `gateways` G x 3 metres; `zone_of_gateway` places, -1."""
    mean = POWER_AT_1M - 10.0 * EXPONENT * _decades(cells.xy, gateways)
    apart = np.abs(cells.floor[:, None] - gateway_floor[None, :])
    mean -= FLOOR_DB * apart
    behind = (cells.zone[:, None] != zone_of_gateway[None, :]) & (zone_of_gateway >= 0)[None, :]
    mean -= WALL_DB * behind
    return Field(mean, np.full(mean.shape, FLAT_DB))


def from_survey(cells, gateways, xy, rssi) -> Field:
    """The field from labelled samples: `xy` S x 2 metres, `rssi` S x G dBm, NaN where silent."""
    points, mean, scatter, count = _points(xy, rssi)
    power, exponent = _path_loss(points, mean, gateways)
    trend = power - 10.0 * exponent * _decades(points, gateways)
    at_cells = power - 10.0 * exponent * _decades(cells.xy, gateways)
    rest = mean - trend
    length, size, noise = max(
        product(LENGTHS_M, SIZES_DB, NOISES_DB),
        key=lambda choice: _left_out(points, rest, scatter, count, *choice),
    )
    out = np.empty(at_cells.shape)
    deviation = np.full(at_cells.shape, np.hypot(size, DOUBT_DB))
    near = _matern(cells.xy, points, length, size)
    for gateway in range(rest.shape[1]):
        heard = count[:, gateway] > 0
        inverse = _inverse(points, scatter, count, heard, gateway, length, size, noise)
        weight = near[:, heard] @ inverse
        out[:, gateway] = at_cells[:, gateway] + weight @ rest[heard, gateway]
        explained = (weight * near[:, heard]).sum(axis=1)
        left = np.maximum(size**2 - explained, 0.0)
        deviation[:, gateway] = np.sqrt(left + DOUBT_DB**2)
    return Field(out, deviation)


def _decades(xy, gateways) -> NDArray[np.float64]:
    """log10 of the distance in metres from each place (at tag height) to each gateway."""
    flat = ((xy[:, None, :] - gateways[None, :, :2]) ** 2).sum(axis=2)
    height = np.nan_to_num(gateways[:, 2], nan=2.5) - TAG_HEIGHT_M
    return np.log10(np.maximum(np.sqrt(flat + height**2), NEAREST_M))


def _points(xy, rssi):
    """Samples gathered into points: places, mean, variance and count per gateway."""
    side = POINT_M
    while True:
        square, of_point = np.unique(np.floor(xy / side).astype(int), axis=0, return_inverse=True)
        if len(square) <= MOST_POINTS:
            break
        side *= 1.3
    of_point = of_point.ravel()
    times = np.bincount(of_point, minlength=len(square))
    place = np.stack([np.bincount(of_point, xy[:, k]) / times for k in (0, 1)], axis=1)
    shape = len(square), rssi.shape[1]
    count, total, squares = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    heard = ~np.isnan(rssi)
    np.add.at(count, of_point, heard)
    np.add.at(total, of_point, np.where(heard, rssi, 0.0))
    np.add.at(squares, of_point, np.where(heard, rssi, 0.0) ** 2)
    mean = total / np.maximum(count, 1)
    variance = np.maximum(squares / np.maximum(count, 1) - mean**2, 0.0)
    many = count >= 5
    scatter = np.array(
        [max(variance[many[:, g], g].mean(), 1.0) if many[:, g].any() else 9.0
         for g in range(shape[1])]
    )  # fmt: skip
    return place, np.where(count > 0, mean, np.nan), scatter, count


def _path_loss(points, mean, gateways):
    """Power per gateway and one exponent by least squares over all points."""
    decades = _decades(points, gateways)
    heard = ~np.isnan(mean)
    many = np.maximum(heard.sum(axis=0), 1)
    middle = np.where(heard, mean, 0.0).sum(axis=0) / many
    far = np.where(heard, decades, 0.0).sum(axis=0) / many
    strength = np.where(heard, mean - middle, 0.0)
    distance = np.where(heard, decades - far, 0.0)
    slope = -(strength * distance).sum() / max((distance**2).sum(), 1e-9) / 10.0
    exponent = float(np.clip(slope, 1.2, 4.0))
    unheard = ~heard.any(axis=0)
    power = np.where(unheard, POWER_AT_1M, middle + 10.0 * exponent * far)
    return power, exponent


def _matern(a, b, length, size):
    apart = np.sqrt(((a[:, None, :] - b[None, :, :]) ** 2).sum(axis=2)) * np.sqrt(3.0) / length
    return size**2 * (1.0 + apart) * np.exp(-apart)


def _inverse(points, scatter, count, heard, gateway, length, size, noise):
    place = points[heard]
    spread = scatter[gateway] / count[heard, gateway] + noise**2
    return np.linalg.inv(_matern(place, place, length, size) + np.diag(spread))


def _left_out(points, rest, scatter, count, length, size, noise) -> float:
    """Mean log-likelihood of each point given all others."""
    total, number = 0.0, 0
    for gateway in range(rest.shape[1]):
        heard = count[:, gateway] > 0
        if heard.sum() < 3:
            continue
        inverse = _inverse(points, scatter, count, heard, gateway, length, size, noise)
        variance = 1.0 / np.diag(inverse)
        error = (inverse @ rest[heard, gateway]) * variance
        total += (-0.5 * np.log(variance) - 0.5 * error**2 / variance).sum()
        number += int(heard.sum())
    return total / max(number, 1)
