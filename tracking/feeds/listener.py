"""The engine's own ear at the database: what changed, and the lock that makes it the only one."""

import logging
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

import psycopg
from django.db import connection

from hims.live import REGISTRY
from tracking.actions.sightings import CHANNEL as SIGHTING

LOCK = 0x48494D53
"""The number of the advisory lock of the one engine."""
RETRY_S = 1.0

log = logging.getLogger(__name__)


class AlreadyRunning(RuntimeError):
    """Another engine follows the same hospital."""


@dataclass(frozen=True, slots=True)
class News:
    """What there was word of since the last question."""

    registry: bool = False
    sightings: bool = False


class Listener:
    """One listening connection, made again when it is lost."""

    def __init__(self) -> None:
        self._connection: psycopg.Connection | None = None
        self._try_again = 0.0

    def open(self, sleep: Callable[[float], None] = time.sleep) -> None:
        """Connect, and take the lock; AlreadyRunning if another engine keeps it for two seconds
        (one that was just killed may hold it for a moment)."""
        for _ in range(20):
            if self._connect():
                return
            sleep(0.1)
        raise AlreadyRunning("another engine follows this hospital already")

    def _connect(self) -> bool:
        connection.ensure_connection()  # starts the embedded server where there is one
        wanted = dict(connection.get_connection_params())
        for ours in ("cursor_factory", "context", "prepare_threshold"):
            wanted.pop(ours, None)
        ear = psycopg.connect(**wanted, autocommit=True)
        taken = ear.execute("SELECT pg_try_advisory_lock(%s)", [LOCK]).fetchone()
        if not taken or not taken[0]:
            ear.close()
            return False
        ear.execute(f'LISTEN "{REGISTRY}"')
        ear.execute(f'LISTEN "{SIGHTING}"')
        self._connection = ear
        return True

    def news(self) -> News:
        """What was said since the last call, without waiting. After a lost connection anything
        may have been said."""
        if self._connection is None:
            return self._again()
        try:
            heard = {word.channel for word in self._connection.notifies(timeout=0)}
        except psycopg.Error as error:
            log.warning("the listening connection was lost: %s", error)
            self.close()
            return News()
        return News(REGISTRY in heard, SIGHTING in heard)

    def _again(self) -> News:
        if time.monotonic() < self._try_again:
            return News()
        self._try_again = time.monotonic() + RETRY_S
        try:
            if not self._connect():
                raise AlreadyRunning("another engine took over while the database was away")
        except (psycopg.Error, OSError) as error:
            log.warning("the database is away: %s", error)
            return News()
        return News(registry=True, sightings=True)

    def close(self) -> None:
        """Let go of the connection, and with it of the lock."""
        if self._connection is not None:
            with suppress(psycopg.Error):
                self._connection.close()
            self._connection = None
