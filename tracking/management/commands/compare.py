"""`manage.py compare`: what if the engine had run with other parameters? Nothing is changed."""

import tomllib
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from tracking.domain.site import NOWHERE
from tracking.domain.what_if import Comparison, Run, compare, with_parameters
from tracking.management.span import add_span, span_taken
from tracking.queries import what_if
from tracking.queries.roster import Roster, roster
from tracking.queries.spool import Unreadable

SAID_EVERY_S = 60.0
MOST_PAIRS = 10


class Command(BaseCommand):
    help = (
        "Runs two sets of parameters over the same raw readings of the spool, from a cold start,"
        " and says how they differ and what people's scans say of each. A is the first file or,"
        " without one, the parameters in use; B the next file, changed by each --set."
    )

    def add_arguments(self, parser):
        parser.add_argument(
            "files", nargs="*", type=Path, metavar="FILE", help="TOML: name = value"
        )
        parser.add_argument(
            "--set", action="append", default=[], metavar="NAME=VALUE", help="for B; repeatable"
        )
        add_span(parser, tags=False)

    def handle(self, *, files, start, end, **options):
        a, b = _values(files, options["set"])
        now = timezone.now()
        known = roster(now)
        try:
            first, second = (with_parameters(known.site, values) for values in (a, b))
        except ValueError as error:
            raise CommandError(str(error)) from None
        span = span_taken("comparison of parameters", start=start, end=end)
        state = what_if.beginning(known)
        found, told = None, 0.0
        try:
            traffic = what_if.batches(known, state, span.start, span.end)
            said = what_if.said(known, state, span.start, span.end)
            for found in compare(Run(first, state), Run(second, state), traffic, said):
                if found.seconds - told >= SAID_EVERY_S:
                    told = found.seconds
                    self.stderr.write(f"{told / 60:.0f} min …")
        except Unreadable as error:
            raise CommandError(f"{str(error)[:1].upper()}{str(error)[1:]}.") from None
        if found is None or not found.looks:
            raise CommandError("Too little was heard in that time to compare anything.")
        self._print(found, known)

    def _print(self, found: Comparison, known: Roster) -> None:
        a, b = found.a, found.b
        rows = [
            ("minutes of traffic", f"{found.seconds / 60:.1f}", f"{found.seconds / 60:.1f}"),
            ("answers looked at", str(a.looks), str(b.looks)),
            ("answers that name a room", _share(a.rooms, a.looks), _share(b.rooms, b.looks)),
            ("mean stated probability", _number(a.mean_probability), _number(b.mean_probability)),
            ("rows written", str(a.positions), str(b.positions)),
            ("changes of room", str(a.moves), str(b.moves)),
            ("changes per tag and hour", _number(a.moves_per_hour), _number(b.moves_per_hour)),
            ("right where people scanned", _right(a), _right(b)),
            ("wider than a room there", str(a.wider), str(b.wider)),
            ("calibration error", _number(a.calibration), _number(b.calibration)),
        ]
        self.stdout.write(f"{'':30}{'A':>18}{'B':>18}")
        for name, first, second in rows:
            self.stdout.write(f"{name:30}{first:>18}{second:>18}")
        self.stdout.write(f"\nthe same answer: {_share(found.same, found.looks)}")
        for (here, there), count in found.apart.most_common(MOST_PAIRS):
            names = f"{_zone(known, here)} | {_zone(known, there)}"
            self.stdout.write(f"  {_share(count, found.looks):>16}  {names}")


def _values(files: list[Path], changes: list[str]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The parameters of A and of B that are not those in use."""
    if len(files) > 2 or (not files and not changes):
        raise CommandError("Name one or two files, or --set NAME=VALUE.")
    sets = [_read(file) for file in files]
    a = sets[0] if len(sets) == 2 else {}
    b = dict(sets[-1]) if sets else {}
    for change in changes:
        name, equals, text = change.partition("=")
        try:
            b |= tomllib.loads(f"{name.strip()} = {text}") if equals else _no(change)
        except tomllib.TOMLDecodeError:
            _no(change)
    return a, b


def _no(change: str):
    raise CommandError(f"--set {change} is not NAME=VALUE with a number.")


def _read(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text())
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise CommandError(f"{file} cannot be read: {error}.") from None


def _zone(known: Roster, place: int) -> str:
    if place == NOWHERE:
        return "(wider)"
    return known.zone_name[int(known.site.zone_key[place])]


def _share(count: int, of: int) -> str:
    return f"{100 * count / of:.1f} % of {of}" if of else "n/a"


def _right(run: Run) -> str:
    return f"{sum(run.right)} of {len(run.right)}" if run.right else "n/a"


def _number(value: float | None) -> str:
    return "n/a" if value is None else f"{value:.3f}"
