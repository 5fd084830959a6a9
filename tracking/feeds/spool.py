"""The spool: raw readings of the last minutes or hours, in a bounded ring of files.

The engine writes each batch it takes in with one append. Nothing waits for the disk to have it,
and nothing that goes wrong here stops a step: after an error the spool pauses, says so once, and
begins a new file. The oldest file goes, whole, when there is no room or when it is too old.
"""

import logging
import os
from collections import deque
from contextlib import suppress
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tracking.queries.spool import SUFFIX, kept_files
from tracking.wire import spooled

FILE_S = 60.0
MOST_FILE_BYTES = 16 * 2**20
FILES = 16
"""At least so many files share the room, so that little is lost with the oldest."""
OLDEST_S = 6 * 3600.0
"""Raw readings are personal: they go after this long although there is room."""
PAUSE_S = 30.0

_NONE = np.zeros(0, dtype=bool)

log = logging.getLogger(__name__)


class Spool:
    """Writes into `folder`, never more than `most_bytes` in all; 0 turns it off and empties it.

    `lost`: readings that could not be kept. `fault`: why not, "" while all is well.
    """

    def __init__(self, folder: Path, most_bytes: int) -> None:
        self.folder, self.most_bytes = folder, most_bytes
        self.file_bytes = min(MOST_FILE_BYTES, most_bytes // FILES)
        self.lost = 0
        self.fault = ""
        self._private = _NONE
        self._rows = np.empty(0, spooled.RECORD)
        self._file = -1
        self._begun = 0.0
        self._bytes = 0  # of the open file
        self._total = 0  # of all files
        self._name = 0
        self._old: deque[tuple[Path, float, int]] = deque()
        self._again_at = 0.0
        try:
            self._take_stock()
        except OSError as error:
            self._failed(error, 0, 0.0)

    def leave_out(self, tags: NDArray[np.integer]) -> None:
        """From now on nothing is kept of these tags (database keys)."""
        self._private = np.zeros(int(tags.max()) + 2, dtype=bool) if len(tags) else _NONE
        self._private[tags] = True

    def keep(self, records: NDArray[np.void], made: NDArray[np.float64], now: float) -> None:
        """Append READING records (database keys), made at `made` by our clock, taken in `now`."""
        if not self.most_bytes or now < self._again_at:
            self.lost += len(records) if self.most_bytes else 0
            return
        most = max(1, (self.file_bytes - spooled.HEADER.size) // spooled.RECORD.itemsize - 1)
        for start in range(0, len(records), most):
            part = slice(start, start + most)
            try:
                self._append(records[part], made[part], now)
            except OSError as error:
                self._failed(error, len(records) - start, now)
                return

    def forget_old(self, now: float) -> None:
        """Let go of what is older than OLDEST_S, also while nothing comes in."""
        if self._file >= 0 and now - self._begun > OLDEST_S:
            self.close()
        try:
            self._make_room(0, now)
        except OSError as error:
            self._failed(error, 0, now)

    def close(self) -> None:
        """Close the open file; the next write begins another."""
        if self._file >= 0:
            with suppress(OSError):
                os.close(self._file)
            self._old.append((self._path(), self._begun, self._bytes))
        self._file = -1

    def _append(self, records, made, now: float) -> None:
        size = (len(records) + 1) * spooled.RECORD.itemsize
        full = self._bytes + size > self.file_bytes
        if self._file < 0 or full or not 0.0 <= now - self._begun < FILE_S:
            self._begin(now)
        self._make_room(size, now)
        if len(self._rows) <= len(records):
            self._rows = np.empty(2 * len(records) + 1, spooled.RECORD)
        rows = self._rows[: len(records) + 1]
        spooled.pack(rows, records, made, now, self._begun, self._private_of(records["tag"]))
        self._write(rows.view(np.uint8).data)
        self.fault = ""

    def _private_of(self, tags) -> NDArray[np.bool_] | None:
        if not len(self._private):
            return None
        last = len(self._private) - 1  # of a tag that nobody wears
        return self._private[np.minimum(tags, last)]

    def _begin(self, now: float) -> None:
        self.close()
        self._make_room(spooled.HEADER.size, now)
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        # The names keep their order even if the clock is set back.
        self._name = max(self._name + 1, int(now * 1000))
        self._begun, self._bytes = now, 0
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND
        self._file = os.open(self._path(), flags, 0o600)
        self._write(spooled.header(now))

    def _write(self, raw: bytes | memoryview) -> None:
        written = os.write(self._file, raw)
        self._bytes += written
        self._total += written
        if written < len(raw):
            raise OSError("the disk took only a part")

    def _path(self) -> Path:
        return self.folder / f"{self._name:015d}{SUFFIX}"

    def _make_room(self, size: int, now: float) -> None:
        while self._old and (
            self._total + size > self.most_bytes or self._old[0][1] < now - OLDEST_S
        ):
            path, _, freed = self._old.popleft()
            path.unlink(missing_ok=True)
            self._total -= freed

    def _take_stock(self) -> None:
        """Count what the last run left; it is never appended to, its end may be torn."""
        for path in kept_files(self.folder):
            size = path.stat().st_size
            if not self.most_bytes:
                path.unlink(missing_ok=True)
                continue
            self._name = int(path.name.removesuffix(SUFFIX))
            self._old.append((path, self._name / 1000.0, size))
            self._total += size
        if self.folder.is_dir():
            self.folder.chmod(0o700)

    def _failed(self, error: OSError, lost: int, now: float) -> None:
        """Half a record may be at the end of the open file: the next write begins another."""
        self.lost += lost
        if not self.fault:
            log.warning("raw readings are not kept for now: %s", error)
        self.fault = str(error)
        self._again_at = now + PAUSE_S
        self.close()
