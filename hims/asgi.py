"""One address: readings, events and health as plain ASGI, everything else as WSGI in threads."""
# ruff: noqa: E402  (Django is set up before what needs it is imported)

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hims.settings")

from django.core.wsgi import get_wsgi_application

pages = get_wsgi_application()  # sets Django up; what follows needs it

from django.conf import settings

from hims import checks, live
from hims.api.events import EventDoor
from hims.bridge import Bridge, Receive, Scope, Send
from hims.web.health import PATHS as HEALTH_PATHS
from hims.web.health import HealthDoor
from tracking.feeds import door

checks.refuse_to_start()

WAITING = 256  # requests that may wait for a page thread before others hear 503

bridge = Bridge(
    pages,
    threads=settings.HIMS_WEB_THREADS,
    waiting=WAITING,
    body_limit=settings.HIMS_BODY_LIMIT,
)
events = EventDoor(live.hub, bridge.run)
health = HealthDoor(
    bridge.run,
    bridge.answered,
    lambda: {
        "streams_open": len(events.streams),
        "requests_under_way": bridge.under_way,
        "listening": float(live.hub.listening),
    },
)


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    """Send each request to its door."""
    if scope["type"] == "http":
        path = scope["path"]
        if path == "/api/readings/" or path.startswith("/api/gateways/"):
            await door.app(scope, receive, _counted(send))
        elif path == "/api/events/":
            await events(scope, receive, _counted(send))
        elif path in HEALTH_PATHS:
            await health(scope, receive, send)
        else:
            await bridge(scope, receive, send)
    elif scope["type"] == "lifespan":
        await _live(receive, send)
    else:
        await receive()
        await send({"type": "websocket.close", "code": 1000})


def _counted(send: Send) -> Send:
    """`send` that counts answers by status, as the bridge does for the pages."""

    async def count_and_send(message):
        if message["type"] == "http.response.start":
            bridge.answered[message["status"]] += 1
        await send(message)

    return count_and_send


async def _live(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            live.hub.start()
            events.start()
            door.app.start()
        else:
            await events.stop()
            await door.app.stop()
            await live.hub.stop()
        await send({"type": message["type"] + ".complete"})
        if message["type"] == "lifespan.shutdown":
            return
