"""Judging a radio map by labels it was not taught: is it right, does it know how sure to be, which
gateways drifted, which rooms would be found.

A new map and the one in use answer the very same held-out labels. What only one of them gets
right decides (McNemar 1947): a map is taken unless it is worse by more than chance explains. So
it is on the labels that were there before, too: a day of scans in a wrong room brings held-out
labels of its own, and they must not outvote what was known.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from tracking.domain.locating import labelled, scoring
from tracking.domain.locating.fingerprints import Fingerprints
from tracking.domain.site import NOWHERE, Site, places_of

LEAST_HELD_OUT = 8
"""Fewer held-out labels say nothing of a map."""
NOISE = 1.64
"""Standard deviations that chance explains (one side, 95 %)."""
CALIBRATION_MARGIN, CALIBRATION_NOISE = 0.05, 0.5
"""How much worse calibration may be: the margin, and this over the root of the number of labels."""
NEWEST = 200
"""Labels that speak of drift: so many newest ones."""
DRIFT_DB, DRIFT_LABELS = 6.0, 8
"""A gateway has drifted if its median lies this far off, over at least so many labels."""
TRIALS = 8
"""Places tried in each room to say how often it would be named."""


@dataclass(frozen=True)
class Judgement:
    """Of `n` labels: share whose room was named, expected calibration error, `bins` of stated
    probability [[labels, mean stated, share right], …]; `right` by label, `key` its key."""

    n: int
    accuracy: float
    calibration_error: float
    bins: list[list[float]]
    right: NDArray[np.bool_]
    key: NDArray[np.int64]


FEW, LESS_RIGHT, FORGOT, LESS_SURE = "few", "less_right", "forgot", "less_sure"
"""Why a map is not taken: too few labels judge; it names fewer rooms; it forgot what was known;
it knows less how sure to be."""


@dataclass(frozen=True)
class Verdict:
    """Whether the new map is taken or `why` not, and the figures behind it: labels that only the
    new or only the map before got right, and how much worse calibration may be."""

    why: str
    only_new: int
    only_before: int
    margin: float

    @property
    def taken(self) -> bool:
        return not self.why


@dataclass(frozen=True)
class Drift:
    """Of one gateway (key): median of heard minus expected over `n` labels, in dB."""

    gateway: int
    n: int
    median_db: float

    @property
    def drifted(self) -> bool:
        return self.n >= DRIFT_LABELS and abs(self.median_db) > DRIFT_DB


def judged(site: Site, held_out: Fingerprints) -> Judgement:
    """How the map does on labels that it was not taught. Labels of zones that are gone are left
    out."""
    zone = places_of(site.zone_key, held_out.zone)
    held_out, zone = held_out.only(zone != NOWHERE), zone[zone != NOWHERE]
    if not len(zone):
        return Judgement(0, 0.0, 0.0, [], np.empty(0, bool), held_out.key)
    p = labelled.zones_of(site, held_out)
    answered = p.argmax(axis=1)
    stated = p[np.arange(len(p)), answered]
    right = (answered == zone) & (stated > 0)
    return Judgement(
        len(zone),
        float(right.mean()),
        scoring.calibration_error(stated, right),
        _bins(stated, right),
        right,
        held_out.key,
    )


def verdict(new: Judgement, before: Judgement, known: NDArray[np.bool_] | None = None) -> Verdict:
    """Whether the new map replaces the one before; both were judged on the same labels. `known`:
    which of those were there already when the one before was judged."""
    only_new, only_before = _apart(new.right, before.right)
    margin = CALIBRATION_MARGIN + CALIBRATION_NOISE / max(new.n, 1) ** 0.5
    why = ""
    if new.n < LEAST_HELD_OUT:
        why = FEW
    elif _is_worse(only_new, only_before):
        why = LESS_RIGHT
    elif known is not None and _is_worse(*_apart(new.right[known], before.right[known])):
        why = FORGOT
    elif new.calibration_error - before.calibration_error > margin:
        why = LESS_SURE
    return Verdict(why, only_new, only_before, margin)


def _is_worse(gained: int, lost: int) -> bool:
    """Whether more was lost than chance explains."""
    return lost - gained > NOISE * (lost + gained) ** 0.5


def drift(site: Site, fingerprints: Fingerprints) -> list[Drift]:
    """What each gateway heard of the newest labels, against the map; the farthest off first.

    What all gateways of a label share is its tag's power and is taken off, where at least three
    heard it.
    """
    newest = fingerprints.only(np.argsort(fingerprints.at, kind="stable")[-NEWEST:])
    apart = (newest.rssi - labelled.expected(site, newest)).astype(np.float32)
    rest = replace(newest, rssi=apart).by_gateway(site.gateway_key)
    known = ~np.isnan(rest)
    several = known.sum(axis=1) >= 3
    rest[several] -= np.nanmedian(rest[several], axis=1, keepdims=True)
    found = [
        Drift(int(key), int(known[:, g].sum()), round(float(np.median(rest[known[:, g], g])), 1))
        for g, key in enumerate(site.gateway_key)
        if known[:, g].any()
    ]
    return sorted(found, key=lambda one: -abs(one.median_db))


def rooms(site: Site, seed: int = 1) -> dict[int, tuple[int, float]]:
    """Per zone key with a place: how many gateways should hear a tag in its middle place, and the
    mean probability with which it would be named, over places tried in it."""
    tried, gateways = labelled.standing_about(site, TRIALS, np.random.default_rng(seed))
    p = labelled.zones_of(site, tried)
    zone = places_of(site.zone_key, tried.zone)
    p = p[np.arange(len(tried)), zone]
    return {
        int(site.zone_key[place]): (
            int(np.median(gateways[zone == place])),
            round(float(p[zone == place].mean()), 3),
        )
        for place in np.unique(zone)
    }


def _apart(new, before) -> tuple[int, int]:
    """How many only the new one got right, and how many only the one before."""
    return int((new & ~before).sum()), int((before & ~new).sum())


def _bins(stated, right) -> list[list[float]]:
    count = scoring.CALIBRATION_BINS
    bin_ = np.clip((stated * count).astype(int), 0, count - 1)
    return [
        [int(here.sum()), round(float(stated[here].mean()), 3), round(float(right[here].mean()), 3)]
        if (here := bin_ == number).any()
        else [0, 0.0, 0.0]
        for number in range(count)
    ]
