"""`manage.py bench`: figures of this machine, each beside a reference of the same run."""

import json
import signal
import sys
from inspect import signature
from typing import Any

from django.core.management.base import BaseCommand

from hims.bench import (
    board,
    calm,
    dispense,
    engine,
    hl7,
    ingest,
    learning,
    live,
    locate,
    report,
    scratch,
    search,
    shape,
    stock,
)
from hims.bench.figures import table

BENCHES = {
    "engine": engine,
    "shape": shape,
    "locate": locate,
    "ingest": ingest,
    "live": live,
    "board": board,
    "calm": calm,
    "learning": learning,
    "dispense": dispense,
    "stock": stock,
    "hl7": hl7,
    "search": search,
    "report": report,
}
SOME: dict[str, dict[str, Any]] = {
    "shape": {"requests": 100, "rounds": 2},
    "locate": {"times": 15, "rounds": 2},
    "engine": {"tags": 20_000, "rate": 400_000},
    "ingest": {"seconds": 4.0},
    "live": {"seconds": 24},
    "board": {"changes": 30, "times": 15},
    "calm": {"seconds": 60},
    "dispense": {"dispenses": 200, "replayed": 60},
    "search": {"patients": 100_000},
    "hl7": {"messages": 1_500},
    "stock": {"lots": 10_000, "times": 10, "rounds": 2},
    "report": {"lines": (10_000, 100_000), "visited": (2_000, 20_000)},
}
"""Sizes with which `all` stays a matter of minutes."""


class Command(BaseCommand):
    help = "Measure how fast this house is here, beside references measured in the same run."

    def add_arguments(self, parser):
        parser.add_argument("name", choices=[*BENCHES, "all"])
        parser.add_argument("--seconds", type=int, help="how long each part is measured")
        parser.add_argument("--json", action="store_true", help="print nothing else on stdout")

    def handle(self, *, name, **options):
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that the database is dropped
        figures = []
        for one in BENCHES if name == "all" else [name]:
            with scratch.house(self._say) as house:
                sizes = dict(SOME.get(one, {})) if name == "all" else {}
                if options["seconds"] and "seconds" in signature(BENCHES[one].measure).parameters:
                    sizes["seconds"] = options["seconds"]
                figures += BENCHES[one].measure(house, self._say, **sizes)
        if options["json"]:
            self.stdout.write(json.dumps([figure.row() for figure in figures], indent=1))
        else:
            self.stdout.write(table(figures))

    def _say(self, text: str) -> None:
        self.stderr.write(f"  {text} …")
        self.stderr.flush()
