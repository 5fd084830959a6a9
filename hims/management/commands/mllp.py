"""`manage.py mllp`: listen for HL7 v2 messages until told to stop."""

import asyncio
import logging

from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from hims.feeds.mllp import Limits, Listener
from hims.feeds.mllp_shared import SharedListener


class Command(BaseCommand):
    help = "Listen for HL7 v2 messages over MLLP; listed senders only, unless told otherwise."

    def add_arguments(self, parser):
        parser.add_argument("--host", default="127.0.0.1", help="address to listen at")
        parser.add_argument("--port", type=int, default=2575, help="0 takes a free one")
        parser.add_argument("--workers", type=int, default=8, help="database connections")
        parser.add_argument(
            "--processes",
            type=int,
            default=2,  # one Python process keeps one processor busy; the database needs one too
            help="processes among which connections are shared (default 2)",
        )
        parser.add_argument(
            "--any-sender", action="store_true", help="also apply what unlisted senders send"
        )

    def handle(self, *, host, port, workers, processes, any_sender, **options):
        logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(message)s")
        if processes < 1 or workers < 1:
            raise CommandError("At least one process and one database connection are needed.")
        connection.ensure_connection()
        each = -(-workers // processes)
        asked = {"any_sender": any_sender, "limits": Limits(workers=each)}
        try:
            if processes == 1:
                asyncio.run(Listener(host, port, **asked).run(self._ready))
            else:
                connection.close()  # what a child inherits of it could not be shared
                SharedListener(host, port, processes=processes, **asked).run(self._ready)
        except OSError as error:
            raise CommandError(f"{host}:{port}: {error.strerror}.", returncode=2) from None

    def _ready(self, host, port):
        self.stdout.write(f"listening mllp://{host}:{port}")
        self.stdout.flush()
