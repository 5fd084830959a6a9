"""Load a hospital from a folder of CSV files; --help names the files and their columns."""

from argparse import RawDescriptionHelpFormatter
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from hims.errors import Refused
from hims.hospital.difference import difference, in_words
from hims.hospital.stored import stored, words
from hims.hospital.taking import import_hospital
from hims.queries.actors import console
from hims.wire.hospital import Reject, read, rejects_to_csv
from hims.wire.hospital.layout import SHEETS
from tracking.wire.addresses import normalise

SHOWN = 50
"""Rejects that are printed; a file of rejects holds all."""

LAYOUT = "\n".join(
    [
        "Files, each optional, and their columns (UTF-8, a header row, any order; * is needed):",
        *(
            f"  {sheet.file:<16} "
            + ", ".join(name + "*" * (name in sheet.needed) for name in sheet.columns)
            for sheet in SHEETS.values()
        ),
        "",
        "zone, floor, building, area, home, ward, product, place, within and supplier are codes.",
        "polygon is WKT in metres, x and y are metres on that plan, z is the height above the",
        "floor. seconds is the way through a lift, stairs or a door. tag and roles hold several",
        "words apart by blanks; classes, routes and strengths (amoxicillin 500 mg; clavulanic acid",
        "125 mg) several apart by semicolons. quantity, reorder_at and par are in the product's",
        "unit. Dates are YYYY-MM-DD, true and false yes and no.",
        "An empty name, kind, state, sex, level, unit, storage or yes/no, and a column that is not",
        "there, change nothing.",
        "Rows that are stored and not in the files stay. The layout of a labelled recording",
        "(gateways, zones and neighbours.csv) is a hospital too; its folder names the building.",
    ]
)


class Command(BaseCommand):
    help = (
        "Loads a hospital from CSV files: buildings, floors, zones, doors, gateways, kinds,"
        " assets, staff, patients, suppliers, products, packs, stock places, par levels,"
        " ingredients, medicines. Wholly or not at all."
    )

    def add_arguments(self, parser):
        parser.formatter_class = RawDescriptionHelpFormatter
        parser.epilog = LAYOUT
        parser.add_argument("folder", metavar="DIR", type=Path)
        parser.add_argument("--dry-run", action="store_true", help="say what would change")
        parser.add_argument(
            "--accept-good",
            metavar="FILE",
            type=Path,
            help="take the good rows and write the others, with reasons, to FILE",
        )

    def handle(self, *, folder, dry_run, accept_good, **options):
        try:
            contents = {
                path.name: path.read_bytes()
                for path in sorted(folder.iterdir())
                if path.suffix.lower() == ".csv"
            }
        except OSError as error:
            raise CommandError(f"{folder} cannot be read: {error.strerror}") from error
        if not contents:
            raise CommandError(f"{folder} holds no CSV file.")
        now = timezone.now()
        self.progress(f"reading {', '.join(contents)}")
        there = stored()
        hospital, rejects = read(
            contents,
            folder=folder.resolve().name,
            known=there,
            words=words(),
            address=normalise,
            today=timezone.localdate(now),
        )
        self.tell(hospital.remarks, "Please look at ")
        self.tell(rejects)
        if accept_good:
            accept_good.write_bytes(rejects_to_csv(rejects))
        elif rejects:
            raise CommandError(f"Nothing was imported: {_times(len(rejects), 'fault')} to mend.")
        if dry_run:
            self.stdout.write(f"Would import {in_words(difference(hospital, there))}.")
            return
        if not any(difference(hospital, there).values()):
            self.stdout.write("Nothing to change: everything is there already.")
            return
        try:
            found = import_hospital(
                actor=console(),
                now=now,
                hospital=hospital,
                progress=self.progress,
                reason=f"import_hospital {folder.resolve().name}",
            )
        except Refused as refused:
            raise CommandError(f"Nothing was imported: {refused}") from refused
        self.stdout.write(f"Imported {in_words(found)}.")
        if rejects:
            self.stdout.write(f"{_times(len(rejects), 'reject')} written to {accept_good}.")

    def progress(self, text: str) -> None:
        self.stderr.write(f"  {text}")

    def tell(self, rejects: list[Reject], how: str = "") -> None:
        for reject in rejects[:SHOWN]:
            self.stderr.write(f"{how}{reject.file} line {reject.line}: {reject.reason}")
        if len(rejects) > SHOWN:
            self.stderr.write(f"… and {len(rejects) - SHOWN} more")


def _times(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"
