"""Plain methods on a labelled recording, to see what the engine is worth: strongest gateway, the
strongest after smoothing, and the nearest fingerprints (Bahl and Padmanabhan 2000)."""

import numpy as np
import shapely
from numpy.typing import NDArray

SMOOTH_S = 1.5
NEIGHBOURS = 9
SILENT_DBM = -105.0


def answered(recording, samples) -> dict[str, tuple]:
    """By method its answers at each truth row: zone places, probability, xy in metres. `recording`
    and `samples` as in evaluation; without samples there are no fingerprints."""
    home, xy = _homes(recording), recording.gateway_xyz[:, :2]
    raw, smooth = _strengths(recording, 0.0), _strengths(recording, SMOOTH_S)
    certain = np.ones(len(raw))
    found: dict[str, tuple] = {}
    for name, strength in (("strongest", raw), ("smoothed_strongest", smooth)):
        best = strength.argmax(axis=1)
        found[name] = home[best], certain, xy[best]
    if samples is not None and len(samples[0]):
        found["nearest_fingerprints"] = _nearest(samples, smooth, len(recording.zones))
    return found


def _homes(recording) -> NDArray[np.int64]:
    """The zone of each gateway: around it, or the nearest on its floor; -1 for none."""
    home = np.full(len(recording.gateways), -1)
    for g, (x, y, _) in enumerate(recording.gateway_xyz):
        apart = {
            z: shapely.distance(shape, shapely.Point(x, y))
            for z, shape in enumerate(recording.shapes)
            if shape is not None and recording.zone_floor[z] == recording.gateway_floor[g]
        }
        if apart and np.isfinite([x, y]).all():
            home[g] = min(apart, key=apart.__getitem__)
    return home


def _strengths(recording, smooth_s: float) -> NDArray[np.float64]:
    """What each gateway last heard of the tag at each truth row, T x G dBm, smoothed in time."""
    truth, heard = recording.truth, recording.readings
    out = np.full((len(truth.at), len(recording.gateways)), SILENT_DBM)
    for tag in dict.fromkeys(truth.tag.tolist()):
        rows = np.flatnonzero(truth.tag == tag)
        rows = rows[np.argsort(truth.at[rows], kind="stable")]
        mine = np.flatnonzero(heard.tag == tag)
        mine = mine[np.argsort(heard.at[mine], kind="stable")]
        now = np.full(out.shape[1], SILENT_DBM)
        before = np.full(out.shape[1], -np.inf)
        first = 0
        for row in rows:
            last = int(np.searchsorted(heard.at[mine], truth.at[row], side="right"))
            for reading in mine[first:last]:
                gateway, at = heard.gateway[reading], heard.at[reading]
                passed = min(at - before[gateway], 60.0)
                share = 1.0 - np.exp(-passed / smooth_s) if smooth_s else 1.0
                now[gateway] += share * (heard.rssi[reading] - now[gateway])
                before[gateway] = at
            out[row], first = now, last
    return out


def _nearest(samples, strength, zones: int):
    _, place, zone, rssi = samples
    known = np.flatnonzero(zone >= 0)
    taught = np.nan_to_num(rssi[known], nan=SILENT_DBM)
    answer, sure = np.zeros(len(strength), np.int64), np.zeros(len(strength))
    xy = np.full((len(strength), 2), np.nan)
    for row, heard in enumerate(strength):
        apart = ((taught - heard) ** 2).sum(axis=1)
        near = np.argsort(apart, kind="stable")[:NEIGHBOURS]
        weight = 1.0 / (apart[near] + 1.0)
        votes = np.bincount(zone[known[near]], weight, minlength=zones)
        answer[row], sure[row] = votes.argmax(), votes.max() / votes.sum()
        xy[row] = (place[known[near]] * weight[:, None]).sum(axis=0) / weight.sum()
    return answer, sure, xy
