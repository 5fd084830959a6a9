"""How strongly tags send: what is learned of each where the radio map knows it of no gateway."""

import numpy as np
from numpy.typing import NDArray

from tracking.domain.locating.radio_map import RadioMap
from tracking.domain.locating.tracks import UNSEEN, Tracks

SPREAD_DB, NOISE_DB, MEMORY_S = 5.0, 5.0, 60.0
"""A tag's power against the usual one: its spread among tags, the scatter of a step about the map,
and the seconds of readings that count. A single gateway cannot tell power from distance and says
nothing of it. A grid of powers inside the step was tried: it costs ten times as much and finds no
more."""


def offset(tracks: Tracks, rows) -> NDArray[np.float32]:
    """dB by which these tags send more strongly than the map takes for granted."""
    share = tracks.power_weight[rows] + (NOISE_DB / SPREAD_DB) ** 2
    return tracks.power_sum[rows] / share


def unfitted(radio: RadioMap, gateway) -> NDArray[np.bool_]:
    """Whether a tag's power still shows in what each gateway (place, -1 none) hears, because no
    survey with the same tags was used for its map; false for none."""
    return ~np.append(radio.fitted, True)[gateway]


def learn(tracks: Tracks, radio: RadioMap, tag, gateway, rssi, first, places, now: float) -> None:
    """Follow the tags' powers where the map knows none, in place: the mean of what was heard
    against the map where the tag is believed to be.

    `tag`, `gateway`, `rssi` (dBm): P pairs in order of the tag, of which `first` begin a tag;
    `places` of the map's cells under the tag's window, P x W x H.
    """
    unfitted = ~radio.fitted[gateway]
    if not unfitted.any():
        return
    rows = tag[first]
    expected = (radio.mean[places] * tracks.live[tag]).sum(axis=(1, 2))
    rest = np.where(unfitted, rssi - expected, 0.0)
    number = np.add.reduceat(unfitted.astype(float), first)
    rest = np.add.reduceat(rest, first) / np.maximum(number, 1.0)
    learns = (number > 1) & (tracks.floor[rows] != UNSEEN)
    passed = np.clip(
        now - np.where(np.isfinite(tracks.heard_at[rows]), tracks.heard_at[rows], now), 0.0, 600.0
    )
    fade = np.exp(-passed / MEMORY_S)
    kept = tracks.power_sum[rows] * fade + rest, tracks.power_weight[rows] * fade + 1.0
    tracks.power_sum[rows] = np.where(learns, kept[0], tracks.power_sum[rows])
    tracks.power_weight[rows] = np.where(learns, kept[1], tracks.power_weight[rows])
    tracks.heard_at[rows] = now
