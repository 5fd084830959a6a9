"""Labelled radio: what tags were heard by where somebody said that they were."""

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

HELD_OUT = 10
"""One label in so many is never taught: it judges."""


@dataclass(frozen=True)
class Fingerprints:
    """S labels with R readings. `key` S database keys; `zone` S zone keys; `xy` S x 2 metres, NaN
    where only the zone is known; `at` S seconds since 1970. The readings of label s are
    `gateway` (gateway keys) and `rssi` (mean dBm) from `start[s]` to `start[s + 1]`.
    """

    key: NDArray[np.int64]
    zone: NDArray[np.int64]
    xy: NDArray[np.float64]
    at: NDArray[np.float64]
    start: NDArray[np.int64]
    gateway: NDArray[np.int64]
    rssi: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.key)

    def label_of_reading(self) -> NDArray[np.int64]:
        """The place of the label to which each reading belongs: R."""
        return np.repeat(np.arange(len(self)), np.diff(self.start))

    def only(self, chosen: NDArray) -> "Fingerprints":
        """The labels chosen by a mask or by their places."""
        places = np.arange(len(self))[chosen]
        lengths = np.diff(self.start)[places]
        readings = np.concatenate(
            [np.arange(self.start[s], self.start[s + 1]) for s in places] or [np.empty(0, np.int64)]
        )
        return Fingerprints(
            self.key[places],
            self.zone[places],
            self.xy[places],
            self.at[places],
            np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
            self.gateway[readings],
            self.rssi[readings],
        )

    def by_gateway(self, gateway_key: NDArray[np.int64]) -> NDArray[np.float64]:
        """dBm by label and gateway, S x G, NaN where it was not heard. `gateway_key` ascending;
        readings of other gateways are left out."""
        out = np.full((len(self), len(gateway_key)), np.nan)
        if len(gateway_key) and len(self.gateway):
            place = np.searchsorted(gateway_key, self.gateway).clip(0, len(gateway_key) - 1)
            known = gateway_key[place] == self.gateway
            out[self.label_of_reading()[known], place[known]] = self.rssi[known]
        return out


def of_rows(rows: Iterable[tuple]) -> Fingerprints:
    """Fingerprints of rows (key, zone key, x or None, y or None, at in seconds, gateway keys,
    dBm)."""
    rows = list(rows)
    lengths = [len(row[5]) for row in rows]
    places = [(np.nan, np.nan) if None in row[2:4] else row[2:4] for row in rows]
    return Fingerprints(
        np.array([row[0] for row in rows], dtype=np.int64),
        np.array([row[1] for row in rows], dtype=np.int64),
        np.array(places, dtype=np.float64).reshape(-1, 2),
        np.array([row[4] for row in rows], dtype=np.float64),
        np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
        np.array([key for row in rows for key in row[5]], dtype=np.int64),
        np.array([dbm for row in rows for dbm in row[6]], dtype=np.float32),
    )


def is_held_out(uid: UUID) -> bool:
    """Whether the label made from what `uid` names only judges: a tenth of all, by a hash, so
    that nobody chooses. All tags heard at one sighting share its uid: none is taught what
    another is judged by."""
    return int.from_bytes(sha256(uid.bytes).digest()[:8], "big") % HELD_OUT == 0
