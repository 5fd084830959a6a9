"""What Minew G1, MG3 and MG4 gateways post: a JSON array, its first row the gateway itself.

    [{"timestamp":"2019-08-01T05:54:25Z","type":"Gateway","mac":"AC233FC001EA",
      "gatewayFree":98,"gatewayLoad":0.05},
     {"timestamp":"2019-08-01T05:54:25Z","type":"Unknown","mac":"AC233FA03208","rssi":-79,
      "rawData":"0201060303E1FF0D16E1FFA10264000832A03F23AC"}, ...]

G1 and MG4 write ISO 8601 in UTC, MG3 milliseconds since 1970. A single row can be malformed
(a numeric mac, a text for rssi): it is skipped with its reason, the rest is taken.
"""

import math
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np

from tracking.wire import adverts
from tracking.wire.readings import (
    MOST_ROWS,
    Batch,
    Malformed,
    TooLarge,
    address,
    loosely,
    power,
    seconds,
)


@dataclass(slots=True)
class Post:
    """One post: its readings, who sent it, and what gateway and tags said of themselves.

    `load` is the gateway's processor load (1.0 = one core), `free` its free memory in percent;
    `batteries` percent by tag address as in `batch.tags`.
    """

    batch: Batch
    gateway: str = ""
    load: float | None = None
    free: float | None = None
    batteries: dict[str, int] = field(default_factory=dict)


def decode(body: bytes, *, packed: bool = False) -> Post:
    """One post of a gateway; Malformed or TooLarge when it cannot be read as a whole."""
    rows = loosely(body, packed=packed)
    if not isinstance(rows, list):
        raise Malformed("the body is not an array of rows")
    if len(rows) > MOST_ROWS + 1:
        raise TooLarge(f"one request carries at most {MOST_ROWS} readings")
    post = Post(Batch([], "", np.empty(0, np.float32), np.empty(0), np.empty(0, np.int64)))
    batch = post.batch
    rssi: list[float] = []
    at: list[float] = []
    index: list[int] = []
    for place, row in enumerate(rows):
        try:
            if not isinstance(row, dict):
                raise ValueError("the row is not an object")
            mac = address(row.get("mac"), "mac")
            if row.get("type") == "Gateway":
                post.gateway = mac
                post.load = _figure(row.get("gatewayLoad"))
                post.free = _figure(row.get("gatewayFree"))
                continue
            strength = power(row.get("rssi"))
            moment = seconds(row.get("timestamp"), naive_is_utc=True)
        except (ValueError, OverflowError) as error:
            batch.rejected.append((place, str(error)))
            continue
        battery = _battery(row)
        if battery is not None:
            post.batteries[mac] = battery
        batch.tags.append(mac)
        rssi.append(strength)
        at.append(moment)
        index.append(place)
    batch.gateways = post.gateway
    batch.rssi = np.array(rssi, dtype=np.float32)
    batch.at = np.array(at, dtype=np.float64)
    batch.index = np.array(index, dtype=np.int64)
    return post


def _figure(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if math.isfinite(value) and abs(value) < 1e6 else None


def _battery(row: dict[str, Any]) -> int | None:
    said = row.get("battery")
    if isinstance(said, int) and not isinstance(said, bool) and 0 <= said <= 100:
        return said
    raw = row.get("rawData")
    return _frame(raw).battery_percent if isinstance(raw, str) and len(raw) <= 512 else None


# A tag repeats the same frame for minutes: it is taken apart once.
_frame = lru_cache(maxsize=50_000)(adverts.decode)
