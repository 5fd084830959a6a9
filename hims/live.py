"""What changes, told at once: from a transaction, through NOTIFY, to every open page.

`announce` speaks inside the caller's transaction, so nothing is told that was not committed. Each
web worker holds one listening connection (`Hub`) for all its event streams and for the registries
that must hear of a change (keys, gateways). Only the latest events are kept, in a bounded ring.
"""

import asyncio
import logging
import secrets
from collections import defaultdict, deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import psycopg
from django.db import DEFAULT_DB_ALIAS, connection, connections

from hims.database import DatabaseUnavailable, ensure_running

if TYPE_CHECKING:
    from hims.models import Actor

EVENTS = "hims_events"
REGISTRY = "hims_registry"
PAYLOAD_BYTES = 7_500  # PostgreSQL takes less than 8,000 in one NOTIFY
RING_EVENTS = 1_024
FLOORS_KEPT = 100_000
SILENCE_S = 5.0  # after so long without a word the connection is asked whether it lives
RETRY_S = 1.0

Row = dict[str, Any]
_encode = msgspec.json.Encoder().encode
log = logging.getLogger(__name__)


# --- Speaking ---------------------------------------------------------------------------------


def payloads(kind: str, rows: list[Row], limit: int = PAYLOAD_BYTES) -> Iterator[str]:
    """`{"kind":…,"rows":[…]}` texts of at most `limit` bytes that hold all `rows` in order.

    Raises ValueError for a row that does not fit alone.
    """
    frame = len(_encode({"kind": kind, "rows": []}))
    part: list[bytes] = []
    size = frame
    for row in rows:
        text = _encode(row)
        if frame + len(text) > limit:
            raise ValueError(f"a row of {len(text)} bytes is too large to announce")
        if part and size + len(text) + 1 > limit:
            yield _joined(kind, part)
            part, size = [], frame
        part.append(text)
        size += len(text) + 1
    if part:
        yield _joined(kind, part)


def _joined(kind: str, rows: list[bytes]) -> str:
    return (b'{"kind":' + _encode(kind) + b',"rows":[' + b",".join(rows) + b"]}").decode()


def announce(kind: str, rows: list[Row]) -> None:
    """Tell all open pages about `rows` of `kind` when the transaction under way commits."""
    texts = list(payloads(kind, rows))
    if texts:
        _notify(EVENTS, texts)


def announce_registry(what: str) -> None:
    """Tell all web workers that keys, devices or gateways changed: `what` says which kind."""
    _notify(REGISTRY, [what])


def _notify(channel: str, texts: list[str]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_notify(%s, text) FROM json_array_elements_text(%s::json) AS text",
            [channel, _encode(texts).decode()],  # an array would be quoted once more, slowly
        )


# --- Who may see what -------------------------------------------------------------------------


class Event:
    """Rows of one kind, told together.

    `before` holds for each row the floor it was on last, None where that is not known: whoever
    watches one floor must hear that something left it.
    """

    __slots__ = ("_texts", "before", "kind", "rows")

    def __init__(self, kind: str, rows: list[Row], before: list[str | None]) -> None:
        self.kind, self.rows, self.before = kind, rows, before
        self._texts: dict[str, bytes] = {}

    def only(self, wanted: Callable[[Row], bool]) -> "Event | None":
        """The same event with the wanted rows; itself if all are, None if none is."""
        kept = [n for n, row in enumerate(self.rows) if wanted(row)]
        if len(kept) == len(self.rows):
            return self
        if not kept:
            return None
        return Event(self.kind, [self.rows[n] for n in kept], [self.before[n] for n in kept])

    def text(self, floor: str = "") -> bytes:
        """The rows as JSON; with `floor` those that are on it, or were, or may have been."""
        if floor not in self._texts:
            rows = self.rows
            if floor:
                rows = [
                    row
                    for row, before in zip(self.rows, self.before, strict=True)
                    if "floor" not in row or row["floor"] == floor or before in (floor, None)
                ]
            self._texts[floor] = _encode({"kind": self.kind, "rows": rows}) if rows else b""
        return self._texts[floor]


MaySee = Callable[["Actor", Event], Event | None]
_kinds: dict[str, MaySee] = {}


def register_kind(kind: str, may_see: MaySee) -> None:
    """Hand down what a viewer may see of `kind`; a kind that nobody registered is shown to none.

    `may_see` runs in the event loop: it looks at the viewer's permissions and the rows, never at
    the database.
    """
    _kinds[kind] = may_see


def registered_kinds() -> set[str]:
    return set(_kinds)


def seen_by(viewer: "Actor", event: Event) -> Event | None:
    """What `viewer` may see of `event`."""
    may_see = _kinds.get(event.kind)
    return may_see(viewer, event) if may_see else None


# --- Hearing ----------------------------------------------------------------------------------


class Hub:
    """The one listening connection of a web worker, its ring of events and who follows them."""

    def __init__(self, alias: str = DEFAULT_DB_ALIAS) -> None:
        self.alias = alias
        self.listening = False
        self.followers: set[Callable[[Event | None], None]] = set()
        self._subscribers: dict[str, list[Callable[[str], None]]] = defaultdict(list)
        self._ring: deque[tuple[int, str]] = deque(maxlen=RING_EVENTS)
        self._floors: dict[str, str] = {}
        self._number = 0
        self._epoch = secrets.token_hex(4)
        self._task: asyncio.Task[None] | None = None

    def subscribe(self, channel: str, callback: Callable[[str], None]) -> None:
        """Call `callback(payload)` in the event loop for each message on `channel`.

        When listening begins, and again after a lost connection, it is called with "": anything
        may have changed meanwhile.
        """
        self._subscribers[channel].append(callback)

    def start(self) -> None:
        """Begin to listen, in the running event loop."""
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._listen_for_ever())

    async def stop(self) -> None:
        if self._task:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
            self._task = None

    @property
    def latest_id(self) -> str:
        """The id of the newest event. Its first half changes whenever something may be missing."""
        return f"{self._epoch}-{self._number}"

    def since(self, last_id: str) -> list[Event] | None:
        """The events after `last_id`, or None if the ring cannot tell (unknown or too old)."""
        epoch, _, number = last_id.partition("-")
        if epoch != self._epoch or not number.isascii() or not number.isdigit():
            return None
        last = int(number)
        oldest = self._ring[0][0] if self._ring else self._number + 1
        if last > self._number or last + 1 < oldest:
            return None
        missed = [_read(text) for n, text in self._ring if n > last]
        return [Event(kind, rows, [None] * len(rows)) for kind, rows in missed]

    async def _listen_for_ever(self) -> None:
        while True:
            try:
                await self._listen()
            except (psycopg.Error, OSError, TimeoutError, DatabaseUnavailable) as error:
                if self.listening:
                    log.warning("the event connection was lost: %s", error)
            except Exception:
                log.exception("the event connection failed")
            self.listening = False
            await asyncio.sleep(RETRY_S)

    async def _listen(self) -> None:
        if folder := connections[self.alias].settings_dict.get("EMBEDDED"):
            await asyncio.to_thread(ensure_running, Path(folder))
        found = await psycopg.AsyncConnection.connect(
            **_connection_parameters(self.alias), autocommit=True, connect_timeout=5
        )
        async with found as database:
            for channel in {EVENTS, REGISTRY, *self._subscribers}:
                await database.execute(f'LISTEN "{channel}"')
            self.listening = True
            self._begin_anew()
            while True:
                async for word in database.notifies(timeout=SILENCE_S):
                    self._hear(word.channel, word.payload)
                async with asyncio.timeout(SILENCE_S):
                    await database.execute("SELECT 1")

    def _hear(self, channel: str, payload: str) -> None:
        for callback in self._subscribers.get(channel, ()):
            _call(callback, payload)
        if channel == EVENTS:
            try:
                kind, rows = _read(payload)
            except (msgspec.DecodeError, msgspec.ValidationError):
                log.warning("an event came that nobody can read")
                return
            self._number += 1
            self._ring.append((self._number, payload))
            event = Event(kind, rows, self._floors_before(rows))
            for follower in list(self.followers):
                _call(follower, event)

    def _floors_before(self, rows: list[Row]) -> list[str | None]:
        before: list[str | None] = []
        for row in rows:
            if "floor" in row and "id" in row:
                before.append(self._floors.get(row["id"]))
                self._floors[row["id"]] = row["floor"] or ""
            else:
                before.append("")
        if len(self._floors) > FLOORS_KEPT:
            self._floors.clear()
        return before

    def _begin_anew(self) -> None:
        """A new epoch: what was said while nobody listened is missing, so older ids mean reset."""
        self._epoch = secrets.token_hex(4)
        self._ring.clear()
        for follower in list(self.followers):
            _call(follower, None)
        for callbacks in self._subscribers.values():
            for callback in callbacks:
                _call(callback, "")


def _call(function: Callable[[Any], None], argument: Any) -> None:
    """One deaf listener must not make the others deaf."""
    try:
        function(argument)
    except Exception:
        log.exception("a listener failed")


class _Told(msgspec.Struct):
    kind: str
    rows: list[Row]


_decoder = msgspec.json.Decoder(_Told)


def _read(payload: str) -> tuple[str, list[Row]]:
    told = _decoder.decode(payload)
    return told.kind, told.rows


def _connection_parameters(alias: str) -> dict[str, Any]:
    """What psycopg needs to reach the database that Django uses under `alias`."""
    given = connections[alias].settings_dict
    names = {"NAME": "dbname", "USER": "user", "PASSWORD": "password", "HOST": "host"}
    names["PORT"] = "port"
    parameters = {libpq: given[ours] for ours, libpq in names.items() if given.get(ours)}
    ours_only = {"pool", "assume_role", "isolation_level", "server_side_binding"}
    options = {key: value for key, value in given["OPTIONS"].items() if key not in ours_only}
    return {**options, **parameters}


hub = Hub()
