"""The engine process: frames and sightings in, steps, rows and events out.

One process; one thread steps and writes, another takes in (feeds.intake). Its state is soft: it
begins from the current positions and the last sightings, and a few seconds of readings make it
whole again. What it could not write, because the database was away, it writes later; what is
newest of each bearer wins. Doors hear that a frame is done when what came of it is written: a
killed engine loses what was under way (feeds.link says how much that is at most), no more.
"""

import logging
import signal
import time
from collections import Counter, deque
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from django.db import Error, connection

from hims.action import stream
from hims.database import DatabaseUnavailable
from hims.queries.actors import clock
from tracking.actions import maps, positions
from tracking.domain import clocks, engine
from tracking.domain.site import NOWHERE, places_of
from tracking.domain.state import State, empty, enrolled, resettled
from tracking.feeds import fingerprints
from tracking.feeds.building import Builder
from tracking.feeds.health import Health
from tracking.feeds.intake import Intake
from tracking.feeds.listener import Listener
from tracking.feeds.numbers import Numbers
from tracking.feeds.spool import Spool
from tracking.feeds.wording import Wording, recall
from tracking.queries import evidence as evidences
from tracking.queries import roster as rosters
from tracking.queries import spool
from tracking.wire import frames

STEP_S, SLOWEST_STEP_S = 0.25, 1.0
"""Steps begin so far apart when there is little to do and when there is much: a large batch costs
less for each reading."""
BEAT_S = 1.0
BEAT_BYTES = 200_000
"""After a step of so much, the counts are written with it: what doors heard is done, is counted."""
TOLD_S = 5.0
"""So often open pages hear that the engine is alive, and how late it is."""
REFRESH_S = 15.0
"""The roster is read again at least this often, should a message of its change be lost."""
SELDOM = 5
"""In a large hospital that takes a while: never more than a fifth of the time goes into it, and
without a word of a change a fiftieth."""
MONTHS_EVERY_S = 24 * 3600.0
SPOKEN_S = 24 * 3600.0
"""A sighting older than this is in the positions of the last run, if anywhere."""
REPEAT_S = 600.0
MOST_DIGESTS = 100_000
STREAM = "positions.follow"

log = logging.getLogger(__name__)


class Engine:
    """One run of the engine. `path` is the socket it listens on."""

    def __init__(self, path: Path) -> None:
        self.intake = Intake(path)
        self.counts: Counter[str] = Counter()
        self.gaps = 0
        self.last_sighting = 0
        self.stopping = False
        self._digests: dict[bytes, float] = {}
        self._written = positions.Written()
        self._wrong_since = 0.0
        self._write_again_at = 0.0
        self._told_at = 0.0
        self._said: list[evidences.Said] = []
        self._labels: list[maps.Label] = []
        self._known_sightings: deque[int] = deque(maxlen=10 * evidences.OVERLAP)
        self._staff_zone: dict[int, str] = {}
        self.health = Health()
        self._builder = Builder()
        self.spool = Spool(spool.folder(), spool.most_bytes())

    # --- Life ---------------------------------------------------------------------------------

    def run(self) -> None:
        """Follow until SIGTERM or SIGINT. Raises AlreadyRunning (feeds.listener) if another
        engine does."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        self.listener = Listener()
        self.listener.open()
        now = time.time()
        self.started = now
        self._begin(now)
        gate = {"step_s": STEP_S, "lag_s": 3.0, "gaps": self.gaps}
        with stream(STREAM, actor=clock(), now=_aware(now), configuration=gate) as self._write:
            self.intake.open()
            try:
                self._loop()
                self.intake.last()
                self._step(time.time())
            finally:
                self._beat(time.time())
                self._flush(time.time())
                self.intake.close()
                self.listener.close()

    def _stop(self, number, frame) -> None:
        self.stopping = True

    def _begin(self, now: float) -> None:
        """Take up where the last run, if there was one, left off."""
        self.roster = rosters.roster(_aware(now))
        self.clocks = clocks.unset(self.roster.site.gateways)
        self.state = self._enrol(empty(self.roster.site))
        before = evidences.last_run()
        if before is not None:
            self.gaps = before.gaps + 1
            self.last_sighting = before.last_sighting_id
        beat = before.beat_at.timestamp() if before else now
        stays = evidences.open_stays()
        self.state = recall(self.state, self.roster, evidences.positions_now(), stays, now, beat)
        self._number()
        since = _aware(now - SPOKEN_S)
        self._said = evidences.sightings_since(since)
        self._known_sightings.extend(row.id for row in self._said)
        self.last_sighting = max(self.last_sighting, evidences.newest_sighting())

    def _loop(self) -> None:
        next_step = next_beat = next_months = refresh_from = time.monotonic()
        next_refresh = next_step + REFRESH_S
        changed = False
        while not self.stopping:
            self.intake.full(max(0.0, next_step - time.monotonic()))
            begun = time.monotonic()
            now = time.time()
            news = self.listener.news()
            due = begun >= next_refresh
            changed = (
                changed
                or news.registry
                or self._builder.ready
                or 0.0 < self._wrong_since <= now - 1.0
            )
            if due or (changed and begun >= refresh_from):
                changed = not self._refresh(now)
                took_s = time.monotonic() - begun
                refresh_from = begun + SELDOM * took_s
                next_refresh = begun + max(REFRESH_S, 10 * SELDOM * took_s)
            if news.sightings or due:
                self._hear_sightings()
            much = self._step(now) >= BEAT_BYTES
            if begun >= next_months:
                self._prepare_months(now)
                next_months = begun + MONTHS_EVERY_S
            if much or begun >= next_beat:
                self._beat(now)
                next_beat = begun + BEAT_S
            self._flush(now)
            busy_s = time.monotonic() - begun
            self.intake.stepped(busy_s)
            next_step = begun + apart_s(busy_s)

    # --- In -----------------------------------------------------------------------------------

    def _hear_sightings(self) -> None:
        """Read the rows that came since; those of bearers not followed yet wait for the roster."""
        try:
            rows = evidences.sightings_after(self.last_sighting, self._known_sightings)
        except Error as error:
            self._away(error)
            return
        if any(row.bearer not in self.roster.bearers for row in rows):
            self._refresh(time.time())
        self._said += rows
        self._labels += fingerprints.labels(rows, self.state, self.roster)
        self._known_sightings.extend(row.id for row in rows)
        self.last_sighting = max([self.last_sighting, *(row.id for row in rows)])

    def _refresh(self, now: float) -> bool:
        """Read the roster again and carry the state over to it; False if it cannot be read."""
        try:
            fresh = rosters.roster(_aware(now), self.roster, self._builder.of)
        except Error as error:
            self._away(error)
            return False
        if fresh.site is not self.roster.site:
            kept = places_of(self.roster.site.gateway_key, fresh.site.gateway_key)
            self.state = resettled(self.state, self.roster.site, fresh.site)
            self.clocks = clocks.resized(self.clocks, kept)
        self.roster = fresh
        self.state = self._enrol(self.state)
        self._number()
        self._wrong_since = 0.0
        return True

    def _enrol(self, state: State) -> State:
        keys = np.array(sorted(self.roster.bearers), dtype=np.int64)
        return enrolled(state, self.roster.tag_key, keys, self.roster.wearer_key)

    def _number(self) -> None:
        """Have the places of all tags and gateways at hand."""
        self._tags = Numbers(self.state.tags.key[: self.state.tags.count])
        self._gateways = Numbers(self.roster.site.gateway_key)
        self.wording = Wording(self.state, self.roster, self._staff_zone)
        self.spool.leave_out(self.roster.tags_of("staff"))

    # --- Step ---------------------------------------------------------------------------------

    def _step(self, now: float) -> int:
        """One step of all that came; returns how many bytes that was."""
        size, waiting = self.intake.collect()
        batches, arrived, alive = self._sorted_out(waiting, now)
        evidence = engine.Evidence(
            readings=self._readings(batches, arrived, now),
            sightings=self.wording.sightings(self._said, self.state),
            alive=np.array(sorted(alive), dtype=np.int32),
        )
        self._said = []
        before = self.state.late
        self.state, placed, moved = engine.step(self.state, evidence, self.roster.site, now)
        self.counts["late"] += self.state.late - before
        if len(placed) or len(moved):
            self.wording.write(self._written, self.state, placed, moved, now)
        return size

    def _sorted_out(self, waiting: list[frames.Frame], now: float):
        """The waiting frames without repeats: record arrays, when each arrived, gateways alive."""
        batches, arrived, alive = [], [], set()
        for frame in waiting:
            self.health.seen(frame.actor, frame.arrived)
            mark = b"%c%s" % (frame.kind, frame.digest)
            if frame.digest != frames.NO_DIGEST:
                if mark in self._digests:
                    if frame.kind == frames.READINGS:
                        self.counts["repeated"] += len(frame.readings())
                    continue
                self._digests[mark] = frame.arrived
            if frame.kind == frames.READINGS:
                batches.append(frame.readings())
                arrived.append(min(frame.arrived, now))
                self.counts["accepted"] += len(batches[-1])
                self.counts["lag_ms"] = int(1000 * max(0.0, now - frame.arrived))
            else:
                alive |= self.health.note(frame.notes(), self.roster, min(frame.arrived, now))
        while self._digests:
            mark, at = next(iter(self._digests.items()))
            if now - at < REPEAT_S and len(self._digests) < MOST_DIGESTS:
                break
            del self._digests[mark]
        return batches, arrived, alive

    def _readings(self, batches, arrived, now: float):
        """The records of these batches with our places and our clock."""
        if not batches:
            return _NO_READINGS
        records = np.concatenate(batches)
        came = np.repeat(arrived, [len(batch) for batch in batches])
        gateway = self._gateways.of(records["gateway"])
        tag = self._tags.of(records["tag"])
        known = (gateway != NOWHERE) & (tag != NOWHERE)
        if not known.all():
            # The door knows of somebody we do not: read the roster soon.
            self._wrong_since = self._wrong_since or now
            records, came = records[known], came[known]
            gateway, tag = gateway[known], tag[known]
        self.clocks, made = clocks.follow(self.clocks, gateway, records["at"], came)
        self.health.heard(self.roster.site.gateway_key, gateway, came)
        self.spool.keep(records, made, now)
        records["tag"], records["gateway"], records["at"] = tag, gateway, made
        return records

    # --- Out ----------------------------------------------------------------------------------

    def _beat(self, now: float) -> None:
        """Note that we are alive; open pages are told less often, and tell late from live by it."""
        self.spool.forget_old(now)
        lag_s = self.counts.pop("lag_ms", 0) / 1000.0
        if now >= self._told_at + TOLD_S:
            self._told_at = now
            self._written.told["engine"] = {"engine": {"id": "engine", "lag_s": lag_s}}
        self._written.beat = positions.Beat(
            started_at=_aware(self.started),
            beat_at=_aware(now),
            accepted=self.counts["accepted"],
            repeated=self.counts["repeated"],
            late=self.counts["late"],
            lag_s=lag_s,
            gaps=self.gaps,
            last_sighting_id=self.last_sighting,
        )

    def _flush(self, now: float) -> None:
        """Write what is to be written; keep it for later if the database is away."""
        if now < self._write_again_at:
            return
        try:
            if self._written:
                self._write(positions.keep, now=_aware(now), written=self._written)
                self._written = positions.Written()
            if self._labels:
                self._write(maps.keep_labels, now=_aware(now), labels=self._labels)
                self._labels = []
            if health := self.health.to_write(self.clocks, self.roster, now):
                self._write(positions.note_health, now=_aware(now), **health)
                self.health.written(health, now)
        except (Error, DatabaseUnavailable) as error:
            self._away(error)

    def _prepare_months(self, now: float) -> None:
        """See that the stays which end in the months to come have their partitions."""
        try:
            positions.prepare_months(actor=clock(), now=_aware(now))
        except (Error, DatabaseUnavailable) as error:
            self._away(error)

    def _away(self, error: Exception) -> None:
        log.warning("the database is away, what is to be written waits: %s", error)
        self._write_again_at = time.time() + 1.0
        with suppress(Error):
            connection.close()


def apart_s(busy_s: float) -> float:
    """Seconds from the beginning of a step that took `busy_s` to the next, if that is not due
    earlier because much has come: half of them are for others, and a slow step is not made up for
    by a burst of steps."""
    return min(max(STEP_S, 2 * busy_s), SLOWEST_STEP_S)


_NO_READINGS = engine.Evidence().readings


def _aware(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
