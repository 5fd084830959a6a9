"""Load a list of interacting pairs: a CSV file a,b,severity,text with where it is from."""

from argparse import RawDescriptionHelpFormatter
from datetime import date
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from hims.queries.actors import console
from pharmacy.actions.knowledge import load_interactions
from pharmacy.wire import interactions

SHOWN = 50


class Command(BaseCommand):
    help = "Loads a list of interacting pairs; what the list of this name held is replaced."

    def add_arguments(self, parser):
        parser.formatter_class = RawDescriptionHelpFormatter
        parser.epilog = interactions.__doc__
        parser.add_argument("file", metavar="FILE", type=Path)
        parser.add_argument("--name", default="", help="of the list, where the file does not say")
        parser.add_argument("--citation", default="", help="likewise")
        parser.add_argument("--dated", type=date.fromisoformat, help="likewise, YYYY-MM-DD")
        parser.add_argument(
            "--accept-good", action="store_true", help="take the good lines and leave the others"
        )

    def handle(self, *, file, name, citation, dated, accept_good, **options):
        try:
            with file.open(encoding="utf-8", newline="") as lines:
                found = interactions.read(
                    lines, progress=lambda n: self.stderr.write(f"  {n} lines read")
                )
        except OSError as error:
            raise CommandError(f"{file} cannot be read: {error.strerror}") from error
        except UnicodeDecodeError as error:
            raise CommandError(f"{file} is not UTF-8.") from error
        for line, reason in found.rejects[:SHOWN]:
            self.stderr.write(f"{file.name} line {line}: {reason}")
        if len(found.rejects) > SHOWN:
            self.stderr.write(f"… and {len(found.rejects) - SHOWN} more")
        if found.rejects and not accept_good:
            raise CommandError(f"Nothing was loaded: {len(found.rejects)} lines to mend.")
        if not found.pairs:
            raise CommandError("Nothing was loaded: the file holds no pairs.")
        name, citation = name or found.name, citation or found.citation
        dated = dated or found.dated_on
        if not (name and citation and dated):
            raise CommandError("Say where it is from: --name, --citation and --dated.")
        source = load_interactions(
            actor=console(),
            now=timezone.now(),
            name=name,
            citation=citation,
            dated_on=dated,
            pairs=found.pairs,
            reason=f"import_interactions {file.name}",
        )
        self.stdout.write(f"Loaded {source.rows} pairs of {source.name}, {source.dated_on}.")
