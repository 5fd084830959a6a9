"""The files in which raw readings are kept for a while: fixed records, in the order they came.

A file is a header and records of 16 bytes. Each batch that the engine took in begins with a mark:
a record without a tag whose time is when that was, so that the traffic can be told again as it
came. Times are milliseconds since the file was begun. What a crash left half written is at the
end of a file and is skipped.
"""

import struct
from dataclasses import dataclass
from mmap import mmap

import numpy as np
from numpy.typing import NDArray

from tracking.domain.readings import READING

MAGIC, VERSION = b"HIMSread", 1
HEADER = struct.Struct("<8sHHd")
"""Magic, version, bytes of a record, when the file was begun (seconds since 1970)."""
RECORD = np.dtype([("tag", "<u4"), ("gateway", "<u4"), ("at", "<i4"), ("rssi", "<f4")])
NO_TAG = 0


class Foreign(ValueError):
    """These bytes are no file of ours; the text says why."""


@dataclass(frozen=True)
class Spooled:
    """READING records with database keys and our clock, and when the engine took each in
    (`taken`, seconds since 1970)."""

    readings: NDArray[np.void]
    taken: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.readings)

    def only(self, chosen: NDArray[np.bool_]) -> "Spooled":
        return Spooled(self.readings[chosen], self.taken[chosen])


def header(begun: float) -> bytes:
    """The first bytes of a file begun at `begun`."""
    return HEADER.pack(MAGIC, VERSION, RECORD.itemsize, begun)


def pack(
    rows: NDArray[np.void],
    records: NDArray[np.void],
    made: NDArray[np.float64],
    now: float,
    begun: float,
    private: NDArray[np.bool_] | None = None,
) -> None:
    """Fill `rows` (RECORD, one more than `records`) with a mark and these READING records, made at
    `made` by our clock and taken in at `now`, for a file begun at `begun`; in place. Those that
    are `private` become marks."""
    taken = round((now - begun) * 1000.0)
    rows["tag"][0], rows["gateway"][0], rows["at"][0], rows["rssi"][0] = NO_TAG, 0, taken, 0
    kept = rows[1:]
    for name in ("tag", "gateway", "rssi"):
        kept[name] = records[name]
    milliseconds = made - begun
    milliseconds *= 1000.0
    kept["at"] = np.rint(milliseconds, out=milliseconds)
    if private is not None:
        kept[private] = rows[0]


def begun_at(first: bytes) -> float | None:
    """When the file that begins so was begun; None if these are not the first bytes of one."""
    if len(first) < HEADER.size or not first.startswith(MAGIC):
        return None
    return HEADER.unpack_from(first)[-1]


def unpacked(raw: bytes | mmap, tags: NDArray[np.integer] | None = None) -> Spooled:
    """What a file holds, of these tags alone if any are named. Raises Foreign.

    A file that ends within its header is one that was just begun.
    """
    rows, begun = _rows(raw)
    tag = np.ascontiguousarray(rows["tag"])
    marks = np.flatnonzero(tag == NO_TAG)
    wanted = tag != NO_TAG if tags is None else np.isin(tag, tags[tags != NO_TAG])
    place = np.flatnonzero(wanted)
    batch = np.searchsorted(marks, place, side="right") - 1
    readings = np.empty(len(place), READING)
    for name in ("tag", "gateway", "rssi"):
        readings[name] = rows[name][place]
    readings["at"] = begun + rows["at"][place] / 1000.0
    return Spooled(readings, begun + rows["at"][marks][batch] / 1000.0)


def signs_of_life(
    raw: bytes | mmap,
    gateways: NDArray[np.integer],
    begin: float,
    every: float,
    alive: NDArray[np.bool_],
) -> None:
    """Mark in `alive` (spans of `every` seconds from `begin` x gateways, ascending keys), in
    place, in which spans each gateway heard anything at all. Raises Foreign."""
    rows, begun = _rows(raw)
    place = np.full(int(gateways.max(initial=0)) + 2, -1, dtype=np.int64)
    place[gateways] = np.arange(len(gateways))
    column = place[np.minimum(np.ascontiguousarray(rows["gateway"]), len(place) - 1)]
    passed = rows["at"].astype(np.int64) + round((begun - begin) * 1000.0)
    span = passed // round(every * 1000.0)
    told = (column >= 0) & (span >= 0) & (span < len(alive))
    alive[span[told], column[told]] = True


def _rows(raw: bytes | mmap) -> tuple[NDArray[np.void], float]:
    """The whole records of a file, and when it was begun."""
    if len(raw) < HEADER.size:
        if MAGIC.startswith(raw[: len(MAGIC)]):
            return np.empty(0, RECORD), 0.0
        raise Foreign("it is no file of readings")
    magic, version, size, begun = HEADER.unpack_from(raw)
    if magic != MAGIC:
        raise Foreign("it is no file of readings")
    if (version, size) != (VERSION, RECORD.itemsize) or not np.isfinite(begun):
        raise Foreign(f"it was written by another version ({version})")
    rows = np.frombuffer(raw, RECORD, (len(raw) - HEADER.size) // size, HEADER.size)
    if len(rows) and rows["tag"][0] != NO_TAG:
        raise Foreign("it does not begin with a batch")
    return rows, begun
