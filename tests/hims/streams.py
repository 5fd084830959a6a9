"""Events and those who follow them: a hub that listens, open streams, and who may read them."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from importlib import import_module

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.db import connections, transaction
from django.utils import timezone

from hims import live
from hims.access import keys
from hims.api.events import EventDoor
from hims.models import AccessKey, Actor
from tests.hims.test_asgi import Client, scope_of


def row(thing="a", floor="f1", **more):
    """What is told of a thing's place."""
    return {"bearer": "asset", "id": thing, "floor": floor, "zone": "z"} | more


def event(*rows, before=None, kind="position"):
    """An announcement as the hub hears it."""
    return live.Event(kind, list(rows), list(before or [None] * len(rows)))


@asynccontextmanager
async def listening():
    """A hub that listens and an open door to it; the thread that owns the door's connection."""
    hub = live.Hub()
    with ThreadPoolExecutor(1) as pool:

        async def run(function, *arguments):
            return await asyncio.get_running_loop().run_in_executor(pool, function, *arguments)

        door = EventDoor(hub, run)
        hub.start()
        door.start()
        try:
            async with asyncio.timeout(60):
                while not hub.listening:
                    await asyncio.sleep(0.01)
                yield hub, door, run
        finally:
            await door.stop()
            await hub.stop()
            await run(connections.close_all)


def announced(kind, rows):
    """Announce and commit, in a thread of its own: the loop listens meanwhile."""

    def speak():
        try:
            with transaction.atomic():
                live.announce(kind, rows)
        finally:
            connections.close_all()

    return asyncio.to_thread(speak)


async def until(condition, seconds=10.0):
    """Let the loop run until `condition()` holds."""
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.01)


@asynccontextmanager
async def following(door, **scope):
    """A client of the door's stream, once it was answered, and the task that reads for it."""
    client = Client(door, scope_of(path="/api/events/", **scope))
    task = asyncio.create_task(client.exchange())
    await until(lambda: client.sent or task.done())
    try:
        yield client, task
    finally:
        client.hung_up.set()
        with suppress(TimeoutError):
            await asyncio.wait_for(task, 10)


def token_of(actor):
    """The header of a request with a new key of this actor."""
    secret = keys.new_secret()
    AccessKey.objects.create(
        actor=actor, digest=keys.digest(secret), label="test", created_at=timezone.now()
    )
    return [(b"authorization", f"Token {secret}".encode())]


def session_of(actor, **more):
    """A signed-in session of this actor, and the header of a request with its cookie."""
    store = import_module(settings.SESSION_ENGINE).SessionStore()
    store[SESSION_KEY] = str(actor.pk)
    store[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[-1]
    store[HASH_SESSION_KEY] = actor.get_session_auth_hash()
    store.update(more)
    store.create()
    cookie = f"{settings.SESSION_COOKIE_NAME}={store.session_key}".encode()
    return store, [(b"cookie", b"other=1; " + cookie)]


def person(username="porter-1", roles=("porter",)):
    return Actor.objects.create(
        kind="person", username=username, name=username, roles=list(roles), password="x"
    )


def in_thread(function, *arguments, **kwargs):
    """Use the database from a thread of its own, and leave no connection behind."""

    def run():
        try:
            return function(*arguments, **kwargs)
        finally:
            connections.close_all()

    return asyncio.to_thread(run)
