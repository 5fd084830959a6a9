"""Keep the demonstration's emergency department alive: invented staff, invented registration."""

import signal
import threading

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, connection
from django.utils import timezone

from hims.demonstration.alive import Day
from hims.models import Department

STEP_S = 10.0


class Command(BaseCommand):
    help = "Keeps the emergency department of the demonstration alive. `demo` runs it."

    def add_arguments(self, parser):
        parser.add_argument("--port", type=int, default=2575, help="where HL7 messages are taken")
        parser.add_argument("--seed", type=int, default=1, help="another seed, another day")

    def handle(self, *, port, seed, **options):
        stop = threading.Event()
        for signum in (signal.SIGINT, signal.SIGTERM):
            signal.signal(signum, lambda *_: stop.set())
        try:
            day = Day(port, seed)
        except (LookupError, Department.DoesNotExist) as error:
            raise CommandError("This hospital is not the demonstration's.") from error
        while not stop.wait(STEP_S):
            try:
                day.step(timezone.now(), STEP_S)
            except (DatabaseError, OSError) as error:
                self.stderr.write(f"waiting: {type(error).__name__}")
                connection.close()
