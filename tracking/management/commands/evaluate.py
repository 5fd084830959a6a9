"""`manage.py evaluate`: how well the engine finds tags in a labelled recording."""

import json
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from tracking.domain.locating import evaluation, grid
from tracking.wire import labelled

WINDOWS = {window.cells: window for window in (grid.FINE, grid.MIDDLE, grid.SMALL)}
COLUMNS = {
    "zone": "zone_accuracy",
    "F1": "macro_f1",
    "moves": "transitions",
    "calibration": "calibration_error",
    "mean m": "mean_error_m",
    "median": "median_error_m",
    "90 %": "p90_error_m",
}


class Command(BaseCommand):
    help = (
        "Positioning accuracy on a labelled recording: gateways.csv, zones.csv, readings.csv, "
        "truth.csv, and if there are neighbours.csv, survey_readings.csv, survey_truth.csv. "
        "Live figures use only readings up to each truth time; history is the answer given at "
        "most 3 seconds later. No database is touched. It is the engine's own step that is "
        "measured, as finely as a small site affords; --cells 20 is a big hospital's fineness."
    )
    requires_system_checks = []

    def add_arguments(self, parser):
        parser.add_argument("folder", metavar="DIR", type=Path)
        parser.add_argument("--json", action="store_true", help="JSON alone on standard output")
        parser.add_argument("--predictions", metavar="FILE", type=Path)
        parser.add_argument(
            "--cells", type=int, choices=sorted(WINDOWS), default=grid.FINE.cells,
            help="cells in which each tag is followed",
        )  # fmt: skip

    def handle(self, *, folder, predictions, cells, **options):
        try:
            recording = labelled.read(folder)
        except (labelled.Unreadable, OSError, UnicodeDecodeError) as error:
            raise CommandError(str(error)) from error
        site = evaluation.learned(recording, WINDOWS[cells])
        found = evaluation.predicted(recording, site)
        if predictions:
            labelled.write(predictions, recording, found)
        figures = evaluation.evaluated(recording, found)
        if not options["json"]:
            self._table(recording, figures)
        self.stdout.write(json.dumps(figures, indent=None if options["json"] else 2))

    def _table(self, recording, figures) -> None:
        self.stderr.write(
            f"{len(recording.zones)} zones, {len(recording.gateways)} gateways, "
            f"survey: {'yes' if recording.survey else 'no, geometry alone'}, "
            f"{figures['true_transitions']} true moves"
        )
        rows = {"live": figures, f"{figures['history']['lag_s']:g} s later": figures["history"]}
        rows |= {name.replace("_", " "): row for name, row in figures["references"].items()}
        wide = max(map(len, rows))
        self.stderr.write(" " * wide + "".join(f"{name:>13}" for name in COLUMNS))
        for name, row in rows.items():
            values = ("-" if row[key] is None else f"{row[key]:g}" for key in COLUMNS.values())
            self.stderr.write(f"{name:<{wide}}" + "".join(f"{value:>13}" for value in values))
