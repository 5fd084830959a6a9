"""What is believed of many bearers at once: a few likely zones each, not one number a zone."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Found:
    """Beliefs of N bearers in E entries, those of a bearer together and likeliest first: `row` the
    bearer, `zone` a place, `p` its probability. What a row's entries leave of 1 is elsewhere."""

    count: int
    row: NDArray[np.int64]
    zone: NDArray[np.int64]
    p: NDArray[np.float64]

    def likeliest(self) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Zone and probability of each bearer's likeliest, 0 with probability 0 for none."""
        zone, p = np.zeros(self.count, np.int64), np.zeros(self.count)
        first = np.flatnonzero(np.diff(self.row, prepend=-1))
        zone[self.row[first]], p[self.row[first]] = self.zone[first], self.p[first]
        return zone, p

    def where(self, inside: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Sum of the entries for which `inside` (E) holds, by bearer."""
        counted = np.where(inside, self.p, 0.0)
        return np.bincount(self.row, counted, minlength=self.count).astype(np.float64)

    def of(self, zone: NDArray[np.integer]) -> NDArray[np.float64]:
        """Probability that each bearer is in its `zone` (N places)."""
        return self.where(self.zone == zone[self.row])

    def first(self, many: int, least: float, nowhere: int):
        """Of each of the bearers the zones that are likelier than `least`, at most `many`, and
        their probabilities; `nowhere` and 0 where there are fewer."""
        zone = np.full((self.count, many), nowhere, dtype=np.int32)
        p = np.zeros((self.count, many), dtype=np.float32)
        rank = np.arange(len(self.row)) - np.searchsorted(self.row, self.row, side="left")
        kept = (rank < many) & (self.p >= least)
        zone[self.row[kept], rank[kept]] = self.zone[kept]
        p[self.row[kept], rank[kept]] = self.p[kept]
        return zone, p

    def dense(self, zones: int) -> NDArray[np.float64]:
        """Probability of each zone and, last, of elsewhere: N x (zones + 1)."""
        out = np.zeros((self.count, zones + 1))
        out[self.row, self.zone] = self.p
        out[:, zones] = np.maximum(1.0 - out.sum(axis=1), 0.0)
        return out


def gathered(count: int, zones: int, row, zone, p) -> Found:
    """The beliefs of these entries in any order, several of one bearer and zone added up."""
    key = row * max(zones, 1) + zone
    order = np.argsort(key, kind="stable")
    first = np.flatnonzero(np.diff(key[order], prepend=-1))
    p = np.add.reduceat(p[order], first) if len(first) else np.empty(0)
    row, zone = np.divmod(key[order][first], max(zones, 1))
    order = np.lexsort((zone, -p, row))
    order = order[p[order] > 0]
    return Found(count, row[order], zone[order], p[order])
