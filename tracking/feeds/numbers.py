"""Database keys to places in the engine's arrays, for a hundred thousand records in one go."""

import numpy as np
from numpy.typing import NDArray

from tracking.domain.site import NOWHERE, places_of

LARGEST_KEY = 10_000_000
"""Up to this key a table of all keys is kept (four bytes for each); beyond it keys are searched."""


class Numbers:
    """The place of each of these keys, unique and in any order; negative ones are passed over."""

    def __init__(self, keys: NDArray[np.int64]) -> None:
        place = np.flatnonzero(keys >= 0)
        keys = keys[place]
        self._table: NDArray[np.int32] | None = None
        if keys.max(initial=0) <= LARGEST_KEY:
            self._table = np.full(int(keys.max(initial=-1)) + 2, NOWHERE, dtype=np.int32)
            self._table[keys] = place
        order = np.argsort(keys, kind="stable")
        self._keys, self._places = keys[order], place[order].astype(np.int32)

    def of(self, wanted: NDArray[np.integer]) -> NDArray[np.int32]:
        """The place of each wanted key, NOWHERE for those that are not among ours."""
        if self._table is not None:
            # The last entry stands for all keys above.
            return self._table[np.minimum(wanted, len(self._table) - 1)]
        found = places_of(self._keys, wanted.astype(np.int64))
        return np.where(found == NOWHERE, NOWHERE, self._places[found]).astype(np.int32)
