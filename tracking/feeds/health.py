"""How transmitters are, gathered between writes: a calm house must not write for nothing."""

from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from tracking.actions.positions import GatewayState, Strange, TagState
from tracking.domain.clocks import Clocks
from tracking.domain.site import NOWHERE, places_of
from tracking.queries.roster import Roster
from tracking.wire.frames import Health as Report
from tracking.wire.frames import Notes, Stranger

WRITE_S = 60.0
"""A gateway that is alive is written this often: its `last_heard_at` is no older while it is."""
NEWS_S = 5.0
"""A gateway that fell silent or came back, and strangers, are written this soon."""
SILENT_S = 30.0
MOST_STRANGERS = 2_000
"""Strangers counted between two writes; the street outside has no end."""


class Health:
    """What was heard of gateways, tags, callers and strangers and is not written yet."""

    def __init__(self) -> None:
        self._heard_at: dict[int, float] = {}
        self._readings: dict[int, int] = {}
        self._reports: dict[int, Report] = {}
        self._batteries: dict[int, tuple[int, float]] = {}
        self._batteries_written: dict[int, int] = {}
        self._strangers: dict[tuple[str, str], tuple[Stranger, float]] = {}
        self._actors: dict[int, float] = {}
        self._alive: dict[int, bool] = {}
        self._written_at = -WRITE_S
        self._news_at = -NEWS_S

    def seen(self, actor: int, at: float) -> None:
        """A device spoke."""
        self._actors[actor] = at

    def heard(
        self,
        gateway_key: NDArray[np.int64],
        gateway: NDArray[np.int32],
        came: NDArray[np.float64],
    ) -> None:
        """Readings came from these gateways (places in `gateway_key`) at these times."""
        times = np.bincount(gateway, minlength=len(gateway_key))
        newest = np.full(len(gateway_key), -np.inf)
        np.maximum.at(newest, gateway, came)
        some = np.flatnonzero(times)
        columns = (values[some].tolist() for values in (gateway_key, newest, times))
        for key, at, count in zip(*columns, strict=True):
            self._heard_at[key] = max(at, self._heard_at.get(key, at))
            self._readings[key] = self._readings.get(key, 0) + count

    def note(self, notes: Notes, roster: Roster, at: float) -> set[int]:
        """Take the notes of a batch; returns the places of gateways that are alive by them."""
        for report in notes.health:
            self._reports[report.gateway] = report
            self._heard_at[report.gateway] = max(at, self._heard_at.get(report.gateway, at))
        for tag, percent in notes.batteries.items():
            if self._batteries_written.get(tag) != percent:
                self._batteries[tag] = (percent, at)
        for stranger in notes.strangers:
            mark = (stranger.kind, stranger.address)
            known = self._strangers.get(mark)
            if known is not None:
                stranger.count += known[0].count
                if (known[0].strongest or -200.0) > (stranger.strongest or -200.0):
                    stranger.strongest = known[0].strongest
                    stranger.heard_by = known[0].heard_by
            elif len(self._strangers) >= MOST_STRANGERS:
                continue
            self._strangers[mark] = (stranger, at)
        keys = np.array([report.gateway for report in notes.health], dtype=np.int64)
        places = places_of(roster.site.gateway_key, keys)
        return set(places[places != NOWHERE].tolist())

    def to_write(self, clocks: Clocks, roster: Roster, now: float) -> dict | None:
        """What positions.note_health is to write now; None if it can wait."""
        if now - self._news_at < NEWS_S:
            return None
        self._news_at = now
        all_of_them = now - self._written_at >= WRITE_S
        flipped = [
            key
            for key, at in self._heard_at.items()
            if (now - at < SILENT_S) != self._alive.get(key, False)
        ]
        keys = sorted(self._readings.keys() | self._reports.keys() | set(flipped))
        written = {
            "gateways": self._gateways(keys if all_of_them else flipped, clocks, roster, now),
            "tags": [
                TagState(tag, percent, _aware(at)) for tag, (percent, at) in self._batteries.items()
            ],
            "strangers": [
                Strange(s.kind, s.address, s.count, _aware(at), s.strongest, s.heard_by or None)
                for s, at in self._strangers.values()
            ],
            "seen": {a: _aware(at) for a, at in self._actors.items()} if all_of_them else {},
        }
        if all_of_them:
            self._written_at = now
        return written if any(written.values()) else None

    def _gateways(self, keys, clocks: Clocks, roster: Roster, now: float) -> list[GatewayState]:
        places = places_of(roster.site.gateway_key, np.array(keys, dtype=np.int64))
        offset = np.append(clocks.offset, np.nan)
        faulty = np.append(clocks.faulty, False)
        rows = []
        for key, place in zip(keys, places.tolist(), strict=True):
            at, report = self._heard_at.get(key), self._reports.get(key)
            rows.append(
                GatewayState(
                    key,
                    _aware(at) if at else None,
                    self._readings.get(key, 0),
                    None if np.isnan(offset[place]) else round(float(offset[place]), 3),
                    bool(faulty[place]),
                    report.load if report else None,
                )
            )
        return rows

    def written(self, what: dict, now: float) -> None:
        """Forget what was written."""
        for row in what["gateways"]:
            self._readings.pop(row.gateway, None)
            self._reports.pop(row.gateway, None)
            self._alive[row.gateway] = now - self._heard_at.get(row.gateway, now) < SILENT_S
        for row in what["tags"]:
            self._batteries_written[row.tag] = row.battery_percent or 0
            self._batteries.pop(row.tag, None)
        self._strangers.clear()
        if what["seen"]:
            self._actors.clear()


def _aware(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
