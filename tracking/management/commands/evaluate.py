"""`manage.py evaluate`: how well the positioning core finds tags in a labelled recording."""

import json
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from tracking.domain.locating import evaluation
from tracking.wire import labelled


class Command(BaseCommand):
    help = (
        "Positioning accuracy on a labelled recording: gateways.csv, zones.csv, readings.csv, "
        "truth.csv, and if there are neighbours.csv, survey_readings.csv, survey_truth.csv. "
        "Live figures use only readings up to each truth time; history is the answer given at "
        "most 3 seconds later. No database is touched. What is measured is the positioning core "
        "(tracking/domain/locating); the live engine still places tags by its plain model."
    )
    requires_system_checks = []

    def add_arguments(self, parser):
        parser.add_argument("folder", metavar="DIR", type=Path)
        parser.add_argument("--json", action="store_true", help="JSON alone on standard output")
        parser.add_argument("--predictions", metavar="FILE", type=Path)

    def handle(self, *, folder, predictions, **options):
        try:
            recording = labelled.read(folder)
        except (labelled.Unreadable, OSError, UnicodeDecodeError) as error:
            raise CommandError(str(error)) from error
        found = evaluation.predicted(recording)
        if predictions:
            labelled.write(predictions, recording, found)
        figures = evaluation.evaluated(recording, found)
        if not options["json"]:
            self.stderr.write(
                f"{len(recording.zones)} zones, {len(recording.gateways)} gateways, "
                f"survey: {'yes' if recording.survey else 'no, geometry alone'}"
            )
        self.stdout.write(json.dumps(figures, indent=None if options["json"] else 2))
