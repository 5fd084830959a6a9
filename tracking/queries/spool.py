"""Raw readings of the last minutes or hours, as the engine process keeps them in files."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import TypeVar

import numpy as np
from django.conf import settings
from numpy.typing import NDArray

from tracking.models import Gateway, Tag
from tracking.wire.spooled import HEADER, Foreign, Spooled, begun_at, signs_of_life, unpacked

T = TypeVar("T")

SUFFIX = ".readings"
SLACK_S = 2.0
"""A batch may be taken in so long before the file that holds it says it was begun."""


class Unreadable(ValueError):
    """The spool cannot be read; the text names the file and says why."""


@dataclass(frozen=True)
class Standing:
    """What is kept: files, bytes, and from when to when (seconds since 1970)."""

    files: int
    bytes: int
    start: float
    end: float


def folder() -> Path:
    """Where the files lie."""
    return Path(settings.HIMS_VAR) / "spool"


def most_bytes() -> int:
    """How much may be kept; 0 for nothing."""
    return max(0, settings.HIMS_SPOOL_MB) * 2**20


def kept_files(where: Path) -> list[Path]:
    """The files of a spool, oldest first."""
    if not where.is_dir():
        return []
    names = (path for path in where.iterdir() if path.name.endswith(SUFFIX))
    return sorted(path for path in names if path.name.removesuffix(SUFFIX).isdigit())


def standing(where: Path | None = None) -> Standing | None:
    """What is kept, None for nothing. Raises Unreadable if the folder may not be looked into."""
    try:
        found = [(path, path.stat()) for path in kept_files(where or folder())]
    except FileNotFoundError:  # the oldest went meanwhile
        return standing(where)
    except OSError as error:
        raise Unreadable(f"the spool cannot be read: {error.strerror}") from None
    if not found:
        return None
    size = sum(stat.st_size for _, stat in found)
    return Standing(len(found), size, _begun(found[0][0]), found[-1][1].st_mtime)


def heard(
    start: float,
    end: float,
    tags: NDArray[np.integer] | None = None,
    where: Path | None = None,
) -> Iterator[Spooled]:
    """What the engine took in from `start` to before `end` (seconds since 1970), in that order, of
    these tags (database keys) alone if any are named; one piece a file. Raises Unreadable.

    The engine may go on writing and deleting meanwhile; what is gone is left out.
    """
    for piece in _each(start, end, where, lambda raw: unpacked(raw, tags)):
        chosen = (piece.taken >= start) & (piece.taken < end)
        if chosen.any():
            yield piece if chosen.all() else piece.only(chosen)


def addressed(
    start: datetime, end: datetime, tags: NDArray[np.integer] | None = None
) -> Iterator[tuple[float, str, str, float]]:
    """(at, tag, gateway, rssi) of this time by radio address, in the order they were taken in;
    without those whose tag or gateway is gone. Raises Unreadable."""
    tag_of = dict(Tag.objects.values_list("pk", "address"))
    gateway_of = dict(Gateway.objects.values_list("pk", "address"))
    for piece in heard(start.timestamp(), end.timestamp(), tags):
        for tag, gateway, rssi, at in piece.readings.tolist():
            if tag in tag_of and gateway in gateway_of:
                yield at, tag_of[tag], gateway_of[gateway], rssi


def alive(
    gateways: NDArray[np.integer], begin: float, every: float, spans: int, where: Path | None = None
) -> NDArray[np.bool_]:
    """In which spans of `every` seconds from `begin` each gateway (ascending keys) heard anything:
    spans x gateways. Raises Unreadable."""
    found = np.zeros((spans, len(gateways)), dtype=bool)
    for _ in _each(
        begin,
        begin + spans * every,
        where,
        lambda raw: signs_of_life(raw, gateways, begin, every, found),
    ):
        pass
    return found


def _each(
    start: float, end: float, where: Path | None, read: Callable[[bytes | mmap], T]
) -> Iterator[T]:
    """`read` of each file that may hold something of this time."""
    try:
        files = kept_files(where or folder())
    except OSError as error:
        raise Unreadable(f"the spool cannot be read: {error.strerror}") from None
    for number, path in enumerate(files):
        until = _begun(files[number + 1]) + SLACK_S if number + 1 < len(files) else np.inf
        if until < start:
            continue
        try:
            with path.open("rb") as file:
                first = file.read(HEADER.size)
                # The name will not do: names keep their order when the clock is set back.
                begun = begun_at(first)
                if begun is not None and begun - SLACK_S >= end:
                    continue
                whole = len(first) == HEADER.size
                yield read(mmap(file.fileno(), 0, access=ACCESS_READ) if whole else first)
        except FileNotFoundError:
            continue
        except OSError as error:
            raise Unreadable(f"{path.name} cannot be read: {error.strerror}") from None
        except Foreign as error:
            raise Unreadable(f"{path.name} cannot be read: {error}") from None


def _begun(path: Path) -> float:
    return int(path.name.removesuffix(SUFFIX)) / 1000.0
