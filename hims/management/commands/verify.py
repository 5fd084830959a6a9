"""`manage.py verify`: recompute what must hold from the rows themselves."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection, transaction
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime

from hims.verifying import verify


class Command(BaseCommand):
    """Exit 0 and one line of counts when all holds; exit 1 and the first bad row of each kind."""

    help = "Recompute what must hold; exit 1 naming the first bad row of each kind."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--since",
            metavar="WHEN",
            help="only what happened since this date or time (ISO 8601, hospital time)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        since = options["since"] and _time(options["since"])
        with one_moment():
            results = list(verify(since or None))
        bad = [result for result in results if result.first_bad]
        for result in bad:
            self.stderr.write(f"{result.name}: {result.first_bad}")
        if bad:
            raise CommandError(f"{len(bad)} of {len(results)} kinds do not hold.")
        counts = ", ".join(f"{result.count} {result.name}" for result in results)
        self.stdout.write(f"All holds: {counts}.")


@contextmanager
def one_moment() -> Iterator[None]:
    """Ask everything of the same moment, and change nothing."""
    outermost = not connection.in_atomic_block
    with transaction.atomic():
        if outermost:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        yield


def _time(text: str) -> Any:
    try:
        when = parse_datetime(text)
        if when is None and (day := parse_date(text)):
            when = parse_datetime(f"{day}T00:00")
    except ValueError:
        when = None
    if when is None:
        raise CommandError(f"--since {text!r} is no date or time, such as 2026-11-22T08:00.")
    return when if timezone.is_aware(when) else timezone.make_aware(when)
