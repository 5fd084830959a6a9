"""`manage.py restore FILE`: a backup back into an empty place, ending with `verify`."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

from hims.backup import restore_backup
from hims.errors import Refused


class Command(BaseCommand):
    """Refuses a place that is not empty; runs as the owner of the database (manage.py)."""

    help = "Fill an empty database and an empty folder of files from a backup, then verify."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, file: Path, **options: Any) -> None:
        try:
            manifest = restore_backup(file, files=Path(settings.MEDIA_ROOT))
        except Refused as refused:
            raise CommandError(str(refused)) from refused
        call_command("migrate", verbosity=0)
        self.stdout.write(f"Restored what was saved at {manifest.made_at}.")
        call_command("verify", stdout=self.stdout, stderr=self.stderr)
