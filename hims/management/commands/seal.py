"""`manage.py seal`: seal the audit trail now."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from hims.actions.sealing import seal
from hims.queries.actors import console


class Command(BaseCommand):
    """Prints the seal as it should be kept outside: NUMBER:HASH."""

    help = "Seal all entries of the audit trail that have no seal yet, and print the seal."

    def handle(self, *args: Any, **options: Any) -> None:
        made = seal(actor=console(), now=timezone.now())
        if made is None:
            self.stdout.write("Nothing to seal: the trail has no entry without a seal.")
            return
        entries = "entry" if made.entries == 1 else "entries"
        self.stdout.write(f"{made.number}:{made.hash.hex()} over {made.entries} {entries}.")
