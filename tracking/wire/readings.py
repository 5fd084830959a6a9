"""Bodies of POST /api/readings/: rows or columns, JSON or MessagePack, to one Batch.

The typed path takes a well-formed body in one pass. Only when it fails is the body read again
row by row, so that a bad row is named and the good ones beside it are kept.
"""

import json
import math
import zlib
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Annotated, Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from tracking.wire import addresses

MOST_ROWS = 10_000
"""Readings in one body."""
MOST_BYTES = 4 * 1024 * 1024
"""Bytes of one body after decompression."""
WEAKEST_DBM, STRONGEST_DBM = -127.0, 10.0
"""Received powers that a receiver can report; the Bluetooth HCI uses 127 for "not available"."""

_MILLISECONDS_FROM = 1e11
_LATEST = 32_503_680_000.0
"""The year 3000 in seconds: above it a number is no time at all."""


class Malformed(ValueError):
    """The body as a whole cannot be read; the text says why."""


class TooLarge(ValueError):
    """The body has more bytes or rows than one request may carry."""


@dataclass(slots=True)
class Batch:
    """What one body holds, before tags and gateways are looked up.

    `tags`, `rssi` (dBm) and `at` (seconds since 1970, NaN where the sender gave none) have one
    entry for each good row; `gateways` too, or it is one address for all, "" for "the sender
    itself". `index` gives each good row's place in the body, `rejected` the others with reason.
    An address may still be none (`addresses.fault`): that is looked at only when nobody knows it.
    """

    tags: list[str]
    gateways: list[str] | str
    rssi: NDArray[np.float32]
    at: NDArray[np.float64]
    index: NDArray[np.int64]
    rejected: list[tuple[int, str]] = field(default_factory=list)

    @property
    def timed(self) -> bool:
        """Whether every good row carries its own time: only then can a repeat be told."""
        return bool(len(self.at)) and not bool(np.isnan(self.at).any())


_Moment = float | Annotated[datetime, msgspec.Meta(tz=True)] | None
_MANY = msgspec.Meta(max_length=MOST_ROWS)


class _Row(msgspec.Struct, gc=False):
    tag: str
    rssi: float
    gateway: str = ""
    at: _Moment = None


class _Body(msgspec.Struct, gc=False):
    readings: Annotated[list[_Row], _MANY] | msgspec.UnsetType = msgspec.UNSET
    tag: Annotated[list[str], _MANY] | msgspec.UnsetType = msgspec.UNSET
    rssi: Annotated[list[float], _MANY] | msgspec.UnsetType = msgspec.UNSET
    gateway: Annotated[list[str], _MANY] | str = ""
    at: Annotated[list[_Moment], _MANY] | _Moment = None


_FROM_JSON = msgspec.json.Decoder(_Body)
_FROM_MSGPACK = msgspec.msgpack.Decoder(_Body)


def inflate(body: bytes, most: int = MOST_BYTES) -> bytes:
    """A gzip body, unpacked; TooLarge as soon as it passes `most` bytes, Malformed if broken."""
    out = b""
    rest = body
    while rest:
        stream = zlib.decompressobj(16 + zlib.MAX_WBITS)
        try:
            out += stream.decompress(rest, most + 1 - len(out))
        except zlib.error:
            raise Malformed("the body is not valid gzip") from None
        if len(out) > most:
            raise TooLarge(f"the body unpacks to more than {most} bytes")
        if not stream.eof:
            raise Malformed("the gzip body ends too early")
        rest = stream.unused_data.lstrip(b"\0")
    return out


def decode(body: bytes, *, packed: bool) -> Batch:
    """The readings in `body` (MessagePack if `packed`, else JSON); Malformed or TooLarge."""
    if not body:
        raise Malformed("the body is empty")
    try:
        parsed = (_FROM_MSGPACK if packed else _FROM_JSON).decode(body)
        batch = _taken_whole(parsed)
    except (ValueError, TypeError, RecursionError, OverflowError, msgspec.MsgspecError) as error:
        if f"of length <= {MOST_ROWS}" in str(error):
            raise _too_many() from None
        batch = None
    return batch if batch is not None else _row_by_row(loosely(body, packed=packed))


def loosely(body: bytes, *, packed: bool) -> Any:
    """The body as plain values; JSON may hold NaN and numbers of any length. Malformed if not."""
    if not body:
        raise Malformed("the body is empty")
    try:
        if packed:
            return msgspec.msgpack.decode(body)
        try:
            return msgspec.json.decode(body)
        except (ValueError, msgspec.MsgspecError):
            return json.loads(body, parse_int=_whole_number)
    except RecursionError:
        raise Malformed("the body is nested too deeply") from None
    except (ValueError, TypeError, OverflowError, msgspec.MsgspecError) as error:
        name = "MessagePack" if packed else "JSON"
        raise Malformed(f"the body is not valid {name}: {str(error)[:120]}") from None


def seconds(value: object, *, naive_is_utc: bool = False) -> float:
    """A moment as the sender wrote it, in seconds since 1970; NaN for none. ValueError if it is
    none: ISO 8601 with offset, or a number of seconds or milliseconds since 1970."""
    if value is None or value == "":
        return math.nan
    if isinstance(value, str):
        text = value.strip()
        try:
            value = float(text)
        except ValueError:
            try:
                value = datetime.fromisoformat(text)
            except ValueError:
                raise ValueError("at is not a time (ISO 8601 or seconds since 1970)") from None
    if isinstance(value, datetime):
        if value.tzinfo is None:
            if not naive_is_utc:
                raise ValueError("at has no offset from UTC")
            value = value.replace(tzinfo=UTC)
        # Not timestamp(): it overflows for year 1 and 9999 on some offsets.
        return (value - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds()
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("at is not a time (ISO 8601 or seconds since 1970)")
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if number >= _MILLISECONDS_FROM:
        number /= 1000.0
    if not 0.0 <= number <= _LATEST:
        raise ValueError("at is not a time between 1970 and 3000")
    return number


def power(value: object) -> float:
    """A received signal strength in dBm, or ValueError with the reason."""
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value:
        raise ValueError("rssi is not a number")
    if not WEAKEST_DBM <= value <= STRONGEST_DBM:
        shown = f"{value:g}" if abs(value) < 1e6 else "so large"
        raise ValueError(
            f"rssi {shown} is not a received power ({WEAKEST_DBM:.0f} to +{STRONGEST_DBM:.0f} dBm)"
        )
    return float(value)


def address(value: object, what: str) -> str:
    """`value` as the address of a `what`, or ValueError with the reason."""
    if not isinstance(value, str):
        raise ValueError(f"{what} is missing" if value is None else f"{what} is not a text")
    fault = addresses.fault(value, what)
    if fault:
        raise ValueError(fault)
    return value


def _too_many() -> TooLarge:
    return TooLarge(f"one request carries at most {MOST_ROWS} readings")


def _whole_number(digits: str) -> int | float:
    # int() refuses thousands of digits with an error for the whole body.
    return int(digits) if len(digits) < 30 else float(digits)


def _taken_whole(body: _Body) -> Batch | None:
    """The batch of a body in which everything is good, else None."""
    if body.readings is not msgspec.UNSET:
        rows = body.readings
        tags = [row.tag for row in rows]
        gateways: list[str] | str = [row.gateway for row in rows]
        rssi = np.fromiter([row.rssi for row in rows], np.float32, len(rows))
        at = _times([row.at for row in rows])
        if body.gateway:
            return None
    elif body.tag is not msgspec.UNSET and body.rssi is not msgspec.UNSET:
        tags, gateways = body.tag, body.gateway
        rssi = np.fromiter(body.rssi, np.float32, len(body.rssi))
        several = isinstance(body.at, list)
        at = _times(body.at) if several else np.full(len(tags), seconds(body.at))
        if len(rssi) != len(tags) or len(at) != len(tags):
            return None
        if isinstance(gateways, list) and len(gateways) != len(tags):
            return None
    else:
        return None
    if not np.all((rssi >= WEAKEST_DBM) & (rssi <= STRONGEST_DBM)):
        return None
    return Batch(tags, gateways, rssi, at, np.arange(len(tags)))


def _times(values: Any) -> NDArray[np.float64]:
    """Column of moments to seconds; ValueError at the first that is none."""
    try:
        at = np.array(values, dtype=np.float64)  # None becomes NaN
    except TypeError:
        return np.array([seconds(value) for value in values], dtype=np.float64)
    given = np.array([value is not None for value in values]) if np.isnan(at).any() else True
    at = np.where(at >= _MILLISECONDS_FROM, at / 1000.0, at)
    if np.any(given & ~((at >= 0.0) & (at <= _LATEST))):
        raise ValueError("a time is out of range")
    return at


def _row_by_row(body: Any) -> Batch:
    """Each row of a body judged alone."""
    if not isinstance(body, dict):
        raise Malformed('the body is not an object with "readings" or with columns "tag", "rssi"')
    if "readings" in body:
        rows = body["readings"]
        if not isinstance(rows, list):
            raise Malformed('"readings" is not a list')
        common = body.get("gateway", "")
    elif "tag" in body and "rssi" in body:
        rows = _rows_of_columns(body)
        common = ""
    else:
        raise Malformed('the body has neither "readings" nor the columns "tag" and "rssi"')
    if len(rows) > MOST_ROWS:
        raise _too_many()
    tags: list[str] = []
    gateways: list[str] = []
    rssi: list[float] = []
    at: list[float] = []
    index: list[int] = []
    rejected: list[tuple[int, str]] = []
    for place, row in enumerate(rows):
        try:
            if not isinstance(row, dict):
                raise ValueError("the row is not an object")
            tag = address(row.get("tag"), "tag")
            heard_by = row.get("gateway")
            heard_by = common if heard_by is None else heard_by
            gateway = address(heard_by, "gateway") if heard_by != "" else ""
            strength = power(row.get("rssi"))
            moment = seconds(row.get("at"))
        except (ValueError, OverflowError) as error:
            rejected.append((place, str(error)))
            continue
        tags.append(tag)
        gateways.append(gateway)
        rssi.append(strength)
        at.append(moment)
        index.append(place)
    return Batch(
        tags,
        gateways,
        np.array(rssi, dtype=np.float32),
        np.array(at, dtype=np.float64),
        np.array(index, dtype=np.int64),
        rejected,
    )


def _rows_of_columns(body: dict[str, Any]) -> list[dict[str, Any]]:
    columns = {name: body.get(name) for name in ("tag", "rssi", "gateway", "at")}
    for name in ("tag", "rssi"):
        if not isinstance(columns[name], list):
            raise Malformed(f'the column "{name}" is not a list')
    length = len(body["tag"])
    if length > MOST_ROWS:
        raise _too_many()
    for name, column in columns.items():
        if not isinstance(column, list):
            columns[name] = [column] * length
        elif len(column) != length:
            raise Malformed(f'the column "{name}" has {len(column)} entries, "tag" has {length}')
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
