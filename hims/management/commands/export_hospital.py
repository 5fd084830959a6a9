"""Write the hospital as the CSV files that import_hospital reads."""

from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from hims.action import look
from hims.hospital.difference import counted
from hims.hospital.stored import stored
from hims.models import Patient
from hims.queries.actors import console
from hims.wire.hospital import write


class Command(BaseCommand):
    help = "Writes the hospital as CSV files; importing them again changes nothing."

    def add_arguments(self, parser):
        parser.add_argument("folder", metavar="DIR", type=Path)

    def handle(self, *, folder, **options):
        hospital = stored()
        if hospital.patients:
            look(
                viewer=console(),
                now=timezone.now(),
                what="hospital.export",
                things=list(Patient.objects.only("pk", "uid")),
            )
        try:
            folder.mkdir(parents=True, exist_ok=True)
            for file, content in write(hospital).items():
                (folder / file).write_bytes(content)
                self.stderr.write(f"  {file}")
        except OSError as error:
            raise CommandError(f"{folder} cannot be written: {error.strerror}") from error
        counts = (f"{n} {counted(sheet, n)}" for sheet, n in hospital.counts().items() if n)
        self.stdout.write(f"Exported {', '.join(counts) or 'nothing'}.")
