"""`/health/live`, `/health/ready` and `/metrics`: plain ASGI answers for this machine only."""

import ipaddress
import json
import logging
import os
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from django.db import close_old_connections
from django.utils import timezone

from hims import health
from hims.bridge import Receive, Scope, Send, send_problem

PATHS = ("/health/live", "/health/ready", "/metrics")
FORWARDED = (b"forwarded", b"x-forwarded-for", b"x-real-ip")

log = logging.getLogger(__name__)
Run = Callable[..., Awaitable[Any]]


class HealthDoor:
    """Answers the three paths; everybody who is not this machine itself gets a 404."""

    def __init__(
        self, run: Run, answered: Counter[int], gauges: Callable[[], dict[str, float]]
    ) -> None:
        """`run(function)` runs in a thread with a connection; `gauges()` are of this web worker."""
        self.run, self.answered, self.gauges = run, answered, gauges

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        silent = scope["method"] == "HEAD"
        if not is_loopback(scope):
            await send_problem(send, 404, "There is nothing here.", body=not silent)
            return
        if scope["method"] not in ("GET", "HEAD"):
            await send_problem(send, 405, "Only to be read.", [(b"allow", b"GET, HEAD")])
            return
        kind = b"application/json"
        if scope["path"] == "/health/live":
            status, text = 200, '{"status": "live"}\n'
        elif scope["path"] == "/health/ready":
            status, text = await self.run(_ready)
        else:
            status, kind = 200, b"text/plain; version=0.0.4; charset=utf-8"
            text = await self.run(_measured) + written(self._own())
        content = text.encode()
        headers = [
            (b"content-type", kind),
            (b"content-length", str(len(content)).encode()),
            (b"cache-control", b"no-store"),
        ]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if silent else content})

    def _own(self) -> Iterable[health.Sample]:
        worker = ("worker", str(os.getpid()))
        for name, value in self.gauges().items():
            yield health.Sample(f"hims_{name}", value, "Of this web worker, now.", (worker,))
        for status, count in sorted(self.answered.items()):
            labels = (worker, ("status", str(status)))
            text = "Answers given by this web worker."
            yield health.Sample("hims_answers_total", count, text, labels, "counter")


def is_loopback(scope: Scope) -> bool:
    """Whether this machine itself asks, and not somebody through a proxy on it."""
    if any(name in FORWARDED for name, _ in scope["headers"]):
        return False
    try:
        peer = ipaddress.ip_address((scope.get("client") or ("",))[0])
    except ValueError:
        return False
    mapped = getattr(peer, "ipv4_mapped", None)
    return (mapped or peer).is_loopback


def _ready() -> tuple[int, str]:
    close_old_connections()
    found = health.checks(timezone.now())
    well = all(check.well for check in found.values())
    told = {
        "status": "ready" if well else "not ready",
        "checks": {
            name: {"well": check.well, "text": check.text} | check.figures
            for name, check in found.items()
        },
    }
    return (200 if well else 503), json.dumps(told, indent=1) + "\n"


def _measured() -> str:
    close_old_connections()
    try:
        return written(health.samples(timezone.now())) + "hims_database_up 1\n"
    except Exception:
        log.exception("the figures could not be read")
        return "hims_database_up 0\n"


def written(samples: Iterable[health.Sample]) -> str:
    """Samples in the Prometheus text format, each name's help and type said once."""
    lines, said = [], set()
    for sample in sorted(samples, key=lambda one: one.name):
        if sample.name not in said:
            said.add(sample.name)
            lines += [f"# HELP {sample.name} {sample.help}", f"# TYPE {sample.name} {sample.kind}"]
        labels = ",".join(f'{name}="{_escaped(value)}"' for name, value in sample.labels)
        lines.append(f"{sample.name}{'{' + labels + '}' if labels else ''} {sample.value:g}")
    return "".join(line + "\n" for line in lines)


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
