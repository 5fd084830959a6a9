"""What a site's radio map makes of labels: the zone each would be named, what it expects to hear.

A label is a thing at rest, so no motion helps: every drawn cell of the floors in question is asked,
and strengths, each a mean of several packets, count for more than one reading.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tracking.domain.locating.fingerprints import Fingerprints, of_rows
from tracking.domain.site import NOWHERE, Site, places_of

SHARE = 2.0
"""Readings' worth of a label: it is the mean of about four packets, which count as their root."""
LIMIT_DBM = -93.0
"""Weaker than this a tag is hardly heard."""
SCATTER_DB = 3.0
"""What is left of the map's scatter in what is heard of a thing that stands there for a while."""


@dataclass
class Cells:
    """The drawn cells of one floor: columns, rows, zone places; and where in the map's table each
    gateway's word on them stands, as it is asked for."""

    floor: int
    i: NDArray[np.integer]
    j: NDArray[np.integer]
    zone: NDArray[np.integer]

    def places(self, site: Site, gateway: int) -> NDArray[np.int64]:
        count = len(self.i)
        asked = np.full(count, gateway), np.full(count, self.floor)
        return site.place.radio.over(*asked, self.i, self.j, 1, 1)


def floors_of(site: Site) -> list[Cells]:
    """The drawn floors, by place."""
    grid = site.place.grid
    return [Cells(f, *grid.cells(f)) if grid.columns[f] else Cells(f, *_NONE)
            for f in range(len(grid.first))]  # fmt: skip


_NONE = tuple(np.empty(0, np.int64) for _ in range(3))


def zones_of(site: Site, fingerprints: Fingerprints) -> NDArray[np.float64]:
    """Probability of each zone for each label, S x Z; a row is zero where no gateway of the site,
    or none that hangs somewhere, heard it."""
    out = np.zeros((len(fingerprints), site.zones))
    floors = floors_of(site)
    radio = site.place.radio
    gateway = places_of(site.gateway_key, fingerprints.gateway)
    kept: dict[tuple[int, int], NDArray[np.int64]] = {}
    for s in range(len(fingerprints)):
        rows = np.arange(fingerprints.start[s], fingerprints.start[s + 1])
        rows = rows[gateway[rows] != NOWHERE]
        rows = rows[radio.floor[gateway[rows]] != NOWHERE]
        said, zone = [], []
        # Any floor on which the strongest of them hang may be it, no other.
        for f in np.unique(radio.floor[gateway[rows]]).tolist():
            here = floors[f]
            total = np.zeros(len(here.i))
            for row in rows.tolist():
                key = int(gateway[row]), f
                if key not in kept:
                    kept[key] = here.places(site, key[0])
                dbm = np.full(len(here.i), fingerprints.rssi[row], dtype=float)
                total += radio.rows(kept[key].copy(), dbm)[:, 0, 0]
            said.append(total)
            zone.append(here.zone)
        if said and sum(map(len, said)):
            p = np.concatenate(said)
            p = np.exp(SHARE * (p - p.max()))
            out[s] = np.bincount(np.concatenate(zone), p / p.sum(), minlength=site.zones)
    return out


def expected(site: Site, fingerprints: Fingerprints) -> NDArray[np.float64]:
    """dBm that the map expects of the gateway of each reading, R: at the metres of its label, else
    where in its zone the map likes the label best; NaN where it has no place for it."""
    radio, floors = site.place.radio, floors_of(site)
    out = np.full(len(fingerprints.gateway), np.nan)
    zone = places_of(site.zone_key, fingerprints.zone)
    gateway = places_of(site.gateway_key, fingerprints.gateway)
    for s in np.flatnonzero(zone != NOWHERE).tolist():
        whole = floors[site.zone_floor[zone[s]]]
        own = np.flatnonzero(whole.zone == zone[s])
        rows = np.arange(fingerprints.start[s], fingerprints.start[s + 1])
        rows = rows[gateway[rows] != NOWHERE]
        rows = rows[radio.patch[gateway[rows], whole.floor] > 0]
        if not len(own) or not len(rows):
            continue
        cells = Cells(whole.floor, whole.i[own], whole.j[own], whole.zone[own])
        places = [cells.places(site, int(gateway[row])) for row in rows]
        if np.isfinite(fingerprints.xy[s]).all():
            xy = site.place.grid.xy(cells.floor, cells.i, cells.j)
            best = ((xy - fingerprints.xy[s]) ** 2).sum(axis=1).argmin()
        else:
            said = [
                radio.rows(at.copy(), np.full(len(own), fingerprints.rssi[row], dtype=float))
                for at, row in zip(places, rows, strict=True)
            ]
            best = np.sum(said, axis=0)[:, 0, 0].argmax()
        out[rows] = [float(radio.mean[at[best, 0, 0]]) for at in places]
    return out


def standing_about(site: Site, each: int, random: np.random.Generator):
    """Things that stand in every drawn zone, `each` in a cell by chance, as labels that the map
    itself would expect; and by label how many gateways should hear it."""
    radio = site.place.radio
    rows: list[tuple] = []
    heard_by: list[int] = []
    for cells in floors_of(site):
        order = random.permutation(len(cells.i))
        order = order[np.argsort(cells.zone[order], kind="stable")]
        nth = np.arange(len(order)) - np.searchsorted(cells.zone[order], cells.zone[order])
        tried = order[nth < each]
        there = Cells(cells.floor, cells.i[tried], cells.j[tried], cells.zone[tried])
        mean = np.full((len(tried), site.gateways), -np.inf)
        for g in np.flatnonzero(radio.patch[:, cells.floor] > 0).tolist():
            patch = radio.patch[g, cells.floor]
            inside = (there.i >= radio.left[patch]) & (there.j >= radio.low[patch])
            inside &= there.i < radio.left[patch] + radio.wide[patch]
            inside &= there.j < radio.low[patch] + radio.high[patch]
            expects = radio.mean[there.places(site, g)[:, 0, 0]].astype(float)
            mean[:, g] = np.where(inside, expects, -np.inf)
        strength = mean + random.normal(0.0, SCATTER_DB, mean.shape)
        for n in range(len(tried)):
            heard = np.flatnonzero(strength[n] > LIMIT_DBM)
            key = int(site.zone_key[there.zone[n]])
            rows.append((len(rows), key, None, None, 0.0, site.gateway_key[heard],
                         strength[n, heard]))  # fmt: skip
            heard_by.append(int((mean[n] > LIMIT_DBM).sum()))
    return of_rows(rows), np.array(heard_by, dtype=int)
