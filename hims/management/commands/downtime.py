"""Downtime sheets: where the newest of each department is, or write them all now."""

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from hims.actions.downtime import write_sheets
from hims.queries.actors import console
from hims.queries.downtime import latest_sheets


class Command(BaseCommand):
    help = "Say where the newest downtime sheet of each department is; --now writes them all."

    def add_arguments(self, parser):
        parser.add_argument("--now", action="store_true", help="write a sheet of each now")

    def handle(self, *, now, **options):
        if not settings.HIMS_DOWNTIME_FOLDER:
            raise CommandError("Set HIMS_DOWNTIME_FOLDER and HIMS_DOWNTIME_PASSWORD first.")
        if now:
            write_sheets(actor=console(), now=timezone.now(), at_once=True)
        failed = 0
        for sheet in latest_sheets(console()):
            words = sheet.error or f"{sheet.size} bytes, {sheet.path}"
            failed += bool(sheet.error)
            self.stdout.write(f"{sheet.department.code}  {sheet.written_at:%Y-%m-%d %H:%M} UTC")
            self.stdout.write(f"  {words}")
        if failed:
            raise CommandError(f"{failed} departments have no fresh sheet.")
