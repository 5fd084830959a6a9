"""The radio map: log-likelihood of a strength, by gateway and cell, as rows of a table.

Where survey samples are dense the map is empirical: a smoothed histogram of the samples around
each cell. Where they are sparse it leans on the smooth field of `propagation`; without any it is
that field from geometry alone. A reading then costs one row and an add.
"""

from dataclasses import dataclass
from math import lgamma

import numpy as np
from numpy.typing import NDArray

from tracking.domain.locating import propagation
from tracking.domain.locating.cells import Cells

WEAKEST, STRONGEST = -105, -26
"""dBm of the first and last bin; a bin is 1 dB wide."""
BINS = STRONGEST - WEAKEST + 1
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
class RadioMap:
    """`table[g, b]` is a row over cells: log-likelihood of bin b at gateway g, float32.

    `mean` N x G dBm is what the field expects. `fitted` is False if no survey was used: then a
    tag's power is unknown and must be followed (see `power`).
    """

    table: NDArray[np.float32]
    mean: NDArray[np.float64]
    fitted: bool

    def rows(self, gateway: NDArray[np.integer], rssi: NDArray[np.floating]) -> NDArray[np.float32]:
        """Log-likelihood of readings over cells: R x N. `rssi` in dBm, between bins is fine."""
        bin_ = np.clip(np.rint(rssi - WEAKEST), 0, BINS - 1).astype(np.int64)
        return self.table[gateway, bin_]


def from_geometry(cells: Cells, gateways, gateway_floor, zone_of_gateway) -> RadioMap:
    """The map of a site without any survey."""
    field = propagation.from_geometry(cells, gateways, gateway_floor, zone_of_gateway)
    return RadioMap(_student(field).astype(np.float32), field.mean, False)


def from_survey(cells: Cells, gateways, xy, zone, rssi) -> RadioMap:
    """The map from S labelled samples: `xy` S x 2, `zone` places, `rssi` S x G (NaN silent)."""
    field = propagation.from_survey(cells, gateways, xy, rssi)
    histogram, share = _histograms(cells, xy, zone, rssi)
    table = share * histogram + (1.0 - share) * _student(field)
    return RadioMap(table.astype(np.float32), field.mean, True)


def _student(field: propagation.Field) -> NDArray[np.float64]:
    """Log-density of each bin under Student's t about the field: G x BINS x N."""
    bins = np.arange(WEAKEST, STRONGEST + 1, dtype=float)
    nu, scale = propagation.TAIL, field.deviation.T[:, None, :]
    z = (bins[None, :, None] - field.mean.T[:, None, :]) / scale
    constant = lgamma((nu + 1) / 2) - lgamma(nu / 2) - 0.5 * np.log(nu * np.pi)
    return constant - np.log(scale) - (nu + 1) / 2 * np.log1p(z**2 / nu)


def _histograms(cells, xy, zone, rssi):
    """Log of the local histograms, G x BINS x N, and the share of the answer they earn, N."""
    gateways = rssi.shape[1]
    heard = ~np.isnan(rssi)
    bin_ = np.clip(np.rint(np.nan_to_num(rssi, nan=WEAKEST) - WEAKEST), 0, BINS - 1).astype(int)
    points = np.unique(np.round(xy, 1), axis=0)
    local = np.zeros((gateways, len(cells), BINS))
    share = np.zeros(len(cells))
    for start in range(0, len(cells), CHUNK):
        part = slice(start, start + CHUNK)
        weight = _near(cells.xy[part], xy)
        weight *= np.where(cells.zone[part, None] == zone[None, :], 1.0, BEHIND_WALL)
        for gateway in range(gateways):
            ones = np.zeros((len(xy), BINS))
            ones[heard[:, gateway], bin_[heard[:, gateway], gateway]] = 1.0
            local[gateway, part] = weight @ ones
        dense = _near(cells.xy[part], points).sum(axis=1) ** 2
        share[part] = dense / (dense + DENSE**2)
    table = np.empty((gateways, BINS, len(cells)))
    for gateway in range(gateways):
        whole = np.bincount(bin_[heard[:, gateway], gateway], minlength=BINS).astype(float)
        whole = _blurred(whole[None], WIDE_BLUR_DB)[0]
        whole = whole / whole.sum() if whole.any() else np.full(BINS, 1.0 / BINS)
        here = _blurred(local[gateway], BLUR_DB)
        here = here + PRIOR_SAMPLES * whole
        here /= here.sum(axis=1, keepdims=True)
        table[gateway] = np.log((1.0 - SURPRISE) * here + SURPRISE / BINS).T
    return table, share


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
