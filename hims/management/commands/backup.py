"""`manage.py backup FILE`: one consistent copy of database and uploaded files."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from hims.backup import write_backup
from hims.errors import Refused


class Command(BaseCommand):
    """Write a new file; it holds patient data and is readable by this user only."""

    help = "Copy the database and the uploaded files of one moment into a new file."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, file: Path, **options: Any) -> None:
        try:
            manifest = write_backup(file, files=Path(settings.MEDIA_ROOT), now=timezone.now())
        except Refused as refused:
            raise CommandError(str(refused)) from refused
        size = file.stat().st_size / 1e6
        self.stdout.write(
            f"{file}: {size:.1f} MB, the database and {len(manifest.members) - 1} uploaded files. "
            "It holds patient data: keep it as you keep the database."
        )
