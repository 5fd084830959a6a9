"""`manage.py simulate_flow`: what quicker news of empty rooms is worth, by simulation."""

import json
import sys
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError


class Command(BaseCommand):
    help = (
        "Simulate an emergency department on the product's own decisions, with the delays swept, "
        "controls and confidence intervals."
    )

    def add_arguments(self, parser):
        parser.add_argument(
            "--fast", action="store_true", help="fewer runs, and not the one on a real database"
        )
        parser.add_argument("--json", action="store_true", help="print nothing else on stdout")
        parser.add_argument("--chart", type=Path, help="where to write the chart (SVG)")

    def handle(self, *, fast, chart: Path | None, **options):
        try:
            from hims.simulation import chart as charts
            from hims.simulation import shown, slow, trial
        except ImportError as missing:
            raise CommandError(str(missing)) from missing
        found: dict[str, Any] = trial.evaluate(trial.FAST if fast else trial.WHOLE, self._say)
        found["product"] = [] if fast else slow.both_forms(self._say)
        where = chart or Path(settings.HIMS_VAR) / "simulate_flow.svg"
        where.parent.mkdir(parents=True, exist_ok=True)
        where.write_text(charts.svg(found), encoding="utf-8")
        self._say(f"chart written to {where}")
        if options["json"]:
            self.stdout.write(json.dumps(found, indent=1))
        else:
            self.stdout.write(f"{charts.text(found)}\n\n{shown.whole(found)}")
        if found["control_difference"] != 0:
            self.stderr.write("The control differs: nothing here may be believed.")
            sys.exit(1)

    def _say(self, text: str) -> None:
        self.stderr.write(f"  {text} …")
        self.stderr.flush()
