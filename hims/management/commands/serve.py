"""`manage.py serve`: the web server of a site, with the bounds that the house relies on."""

import os
import sys

from django.conf import settings
from django.core.management.base import BaseCommand

from hims.api.events import MAX_STREAMS

KILL_S = 5  # an open event stream must not hold up a server that shall stop
BESIDE_STREAMS = 1_000  # requests that may be under way in a worker beside its event streams


def command(host: str, port: int, workers: int) -> list[str]:
    """The program and arguments that serve the site; over TLS if the settings name a certificate.

    The key file is PKCS#8 ("BEGIN PRIVATE KEY"), without a pass phrase.
    """
    # One thread for the sockets: with several, readings cost a quarter more CPU.
    line = [sys.executable, "-m", "granian", "--interface", "asgi", "--no-ws"]
    line += ["--runtime-mode", "st"]
    line += ["--host", host, "--port", str(port), "--workers", str(workers)]
    line += ["--backpressure", str(MAX_STREAMS + BESIDE_STREAMS), "--backlog", "2048"]
    line += ["--workers-kill-timeout", str(KILL_S), "--respawn-failed-workers"]
    line += ["--log-level", "warning"]
    if settings.HIMS_TLS_CERTIFICATE:
        line += ["--ssl-certificate", settings.HIMS_TLS_CERTIFICATE]
        line += ["--ssl-keyfile", settings.HIMS_TLS_KEY, "--ssl-protocol-min", "tls1.2"]
    return [*line, "hims.asgi:application"]


class Command(BaseCommand):
    help = "Serve pages, API, readings and events at one address until stopped."

    def add_arguments(self, parser):
        parser.add_argument("--host", default="0.0.0.0" if settings.PRODUCTION else "127.0.0.1")  # noqa: S104
        parser.add_argument("--port", type=int, default=8443 if settings.PRODUCTION else 8000)
        parser.add_argument("--workers", type=int, default=2)

    def handle(self, *, host, port, workers, **options):
        line = command(host, port, workers)
        environment = {**os.environ, "PYTHONPATH": str(settings.BASE_DIR)}
        os.execve(line[0], line, environment)  # noqa: S606  (no shell; it takes our place)
