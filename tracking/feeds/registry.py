"""What the door knows by heart: keys, tags and gateways, never older than five seconds."""

import asyncio
import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime

from django.db import Error, close_old_connections, connection

from hims.access.roles import permissions_of_roles, permissions_of_scopes
from hims.database import DatabaseUnavailable
from hims.models import AccessKey, Actor, Device
from tracking.models import Gateway, Tag
from tracking.wire.addresses import normalise

POST = "readings.post"
POLL_S, STALE_S = 2.0, 5.0
APART_S = 0.1
"""However many changes there are word of, readings begin at least so far apart."""
LOOK_AGAIN_S = 1.0
SPELLINGS = 4
"""Spellings remembered for each tag or gateway, on average."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who holds a key. `own`: the numbers of the gateways that are this device; `only_own`: it may
    speak for no others."""

    actor: int
    may_post: bool
    expires_at: datetime | None
    own: tuple[int, ...] = ()
    only_own: bool = False


class Numbers:
    """Addresses to numbers, in whatever spelling they come; 0 for an address nobody knows."""

    def __init__(self, known: dict[str, int]) -> None:
        self._known = known
        self._spelled = dict(known)
        self._most = SPELLINGS * len(known) + 1_000
        self.get = self._spelled.get

    def of(self, spelling: str) -> int:
        """The number of an address that `get` did not find as it is spelled."""
        number = self._known.get(normalise(spelling), 0)
        if number and len(self._spelled) < self._most:
            self._spelled[spelling] = number
        return number


@dataclass(frozen=True)
class Known:
    """One reading of the registry: callers by digest of the key, `owner` the actor of each gateway
    that is a device of its own."""

    callers: dict[bytes, Caller] = field(default_factory=dict)
    tags: Numbers = field(default_factory=lambda: Numbers({}))
    gateways: Numbers = field(default_factory=lambda: Numbers({}))
    owner: dict[int, int] = field(default_factory=dict)
    signature: tuple = ()


def read(before: Known, everything: bool) -> Known:
    """The registry as it stands. Keys are always read; tags and gateways only if `everything` is
    asked for or their number, newest row or devices changed."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT t.*, g.* FROM (SELECT count(*), max(id) FROM tracking_tag) t,"
            " (SELECT count(*), max(id), count(device_id), sum(device_id) FROM tracking_gateway) g"
        )
        signature = tuple(cursor.fetchone())
    if everything or signature != before.signature:
        gateways = list(Gateway.objects.values_list("pk", "address", "device_id"))
        tags = Numbers({address: pk for pk, address in Tag.objects.values_list("pk", "address")})
        numbers = Numbers({address: pk for pk, address, _ in gateways})
        owner = {pk: device for pk, _, device in gateways if device is not None}
    else:
        tags, numbers, owner = before.tags, before.gateways, before.owner
    return Known(_callers(owner), tags, numbers, owner, signature)


def _callers(owner: dict[int, int]) -> dict[bytes, Caller]:
    own: dict[int, list[int]] = {}
    for gateway, actor in owner.items():
        own.setdefault(actor, []).append(gateway)
    rows = AccessKey.objects.filter(revoked_at=None, actor__is_active=True).values_list(
        "digest",
        "expires_at",
        "actor_id",
        "actor__kind",
        "actor__roles",
        "actor__device__kind",
        "actor__device__scopes",
    )
    callers = {}
    for digest, expires_at, actor, kind, roles, device, scopes in rows:
        held: frozenset[str] = frozenset()
        if kind == Actor.Kind.PERSON:
            held = permissions_of_roles(roles)
        elif kind == Actor.Kind.DEVICE:
            held = permissions_of_scopes(scopes or [])
        gateways = tuple(sorted(own.get(actor, ())))
        callers[bytes(digest)] = Caller(
            actor,
            POST in held,
            expires_at,
            gateways,
            device == Device.Kind.GATEWAY and bool(gateways),
        )
    return callers


class Registry:
    """Keeps `known` fresh: read again when told of a change, and every POLL_S without a word."""

    def __init__(self) -> None:
        self.known = Known()
        self._read_at = -1.0
        self._all = True
        self._changed = asyncio.Event()
        self._done = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        # One thread, so that one connection serves all readings.
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="registry")

    def start(self, subscribe: Callable[[Callable[[str], None]], None]) -> None:
        """Begin, in the running event loop; `subscribe(callback)` is told of changes."""
        if self._task is None:
            subscribe(self.changed)
            self._task = asyncio.get_running_loop().create_task(self._stay_fresh())

    async def stop(self) -> None:
        if self._task:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
            self._task = None
        await asyncio.get_running_loop().run_in_executor(self._thread, lambda: connection.close())
        self._thread.shutdown(wait=False)

    def changed(self, what: str = "") -> None:
        """Something of the registry was changed."""
        self._all = True
        self._changed.set()

    async def fresh(self) -> bool:
        """Whether `known` is no older than STALE_S; waits for the first reading."""
        if self._read_at < 0:
            await self._read_since(0.0, STALE_S)
        return time.monotonic() - self._read_at <= STALE_S

    async def look_again(self) -> None:
        """Wait for a reading begun after now, but not long: a key may have been made just now,
        and word of it be under way."""
        self._changed.set()
        await self._read_since(time.monotonic(), LOOK_AGAIN_S)

    async def _read_since(self, begun: float, at_most: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(at_most):
                while self._read_at < begun:
                    await self._done.wait()

    async def _stay_fresh(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            self._changed.clear()
            everything, self._all = self._all, False
            begun = time.monotonic()
            try:
                self.known = await loop.run_in_executor(
                    self._thread, _read_in_thread, self.known, everything
                )
                self._read_at = begun
                done, self._done = self._done, asyncio.Event()
                done.set()
            except (Error, DatabaseUnavailable, OSError) as error:
                self._all = self._all or everything
                log.warning("the registry of keys and tags could not be read: %s", error)
                await asyncio.sleep(0.5)
                continue
            with suppress(TimeoutError):
                async with asyncio.timeout(POLL_S):
                    await self._changed.wait()
            await asyncio.sleep(max(0.0, begun + APART_S - time.monotonic()))


def _read_in_thread(before: Known, everything: bool) -> Known:
    close_old_connections()
    try:
        return read(before, everything)
    except Error:
        connection.close()
        raise
