"""`manage.py spool`: what is kept of raw readings, and a copy of them as a recording."""

import csv
import gzip
from datetime import UTC, datetime
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.utils.timezone import localtime

from tracking.management.span import add_span, span_taken
from tracking.queries import spool


class Command(BaseCommand):
    help = (
        "Says how much of the raw readings is kept. `spool export FILE` copies them (CSV"
        " at,tag,gateway,rssi; .gz is packed) so that `replay FILE` can play them again."
    )

    def add_arguments(self, parser):
        parser.add_argument("what", nargs="?", choices=["show", "export"], default="show")
        parser.add_argument("file", nargs="?", type=Path)
        add_span(parser)

    def handle(self, *, what, file, **options):
        try:
            if what == "show":
                self._show()
            elif file is None:
                raise CommandError("Name the file: spool export FILE.")
            else:
                self._export(file, span_taken("export of raw readings", **options))
        except spool.Unreadable as error:
            raise CommandError(f"{str(error)[:1].upper()}{str(error)[1:]}.") from None

    def _show(self) -> None:
        kept, most = spool.standing(), spool.most_bytes()
        if kept is None:
            reason = "nothing was heard yet" if most else "HIMS_SPOOL_MB is 0"
            self.stdout.write(f"No raw readings are kept: {reason}.")
            return
        start, end = (localtime(datetime.fromtimestamp(at, UTC)) for at in (kept.start, kept.end))
        self.stdout.write(
            f"{kept.bytes / 2**20:.1f} of {most / 2**20:.0f} MB in {kept.files} files,"
            f" from {start:%Y-%m-%d %H:%M:%S} to {end:%H:%M:%S}."
        )

    def _export(self, file: Path, span) -> None:
        pack = gzip.open if file.suffix == ".gz" else open
        count = 0
        try:
            with pack(file, "xt", encoding="utf-8", newline="") as out:
                file.chmod(0o600)
                rows = csv.writer(out, lineterminator="\n")
                rows.writerow(["at", "tag", "gateway", "rssi"])
                for at, tag, gateway, rssi in spool.addressed(span.start, span.end, span.keys):
                    rows.writerow([f"{at:.3f}", tag, gateway, f"{rssi:g}"])
                    count += 1
        except spool.Unreadable:
            file.unlink()  # half a recording would be taken for a whole one
            raise
        except FileExistsError:
            raise CommandError(f"{file} is there already.") from None
        except OSError as error:
            raise CommandError(f"{file} cannot be written: {error.strerror}.") from None
        self.stdout.write(f"{count} readings in {file}; they tell where people were.")
