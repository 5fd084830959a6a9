"""`manage.py replay FILE`: a recording moves again, through the same door as live traffic; or, with
--spool, the raw readings of the last minutes or hours."""

import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from hims.actions.devices import add_device, rotate_device
from hims.errors import Refused
from hims.models import Device
from hims.queries.actors import console
from tracking.actions.recordings import follow_tags
from tracking.feeds.replay import Replay, Tally, Unplayable, from_spool, recorded
from tracking.management.span import add_span, span_taken
from tracking.queries.spool import Unreadable, addressed

DEVICE = "replay"
SAID_EVERY_S = 2.0


class Command(BaseCommand):
    help = (
        "Feeds a recorded readings file (CSV at,tag,gateway,rssi, or JSON lines, .gz allowed)"
        " through the same path as live traffic, its times shifted to now; --spool instead of a"
        " file plays the raw readings that are kept here, best to another server (--url)."
    )

    def add_arguments(self, parser):
        parser.add_argument("file", type=Path, nargs="?")
        parser.add_argument("--spool", action="store_true", help="what the engine heard lately")
        add_span(parser)
        parser.add_argument("--speed", default="1", metavar="N|max", help="default 1: as recorded")
        parser.add_argument("--url", default="http://127.0.0.1:8000", help="the server's address")
        parser.add_argument("--key", default="", help="a device's key; default: one of its own")
        parser.add_argument(
            "--adopt-tags",
            action="store_true",
            help="register tags nobody knows, each on a new asset of its own",
        )

    def handle(self, *, file, spool, speed, url, key, adopt_tags, **options):
        self.said_at = time.monotonic()
        try:
            if (file is None) != spool:
                raise Unplayable("name a file, or --spool")
            if file and not file.is_file():
                raise Unplayable(f"there is no file {file}")
            pace = _pace(speed)
            if file and adopt_tags:
                self._adopt(file)
            readings = recorded(file) if file else from_spool(_taken_out(options))
            replay = Replay(url, key or _own_key(), pace, self._say)
            tally = replay.play(readings)
        except (Unplayable, Unreadable) as error:
            raise CommandError(f"{str(error)[:1].upper()}{str(error)[1:]}.") from None
        except Refused as error:
            raise CommandError(str(error)) from error
        except KeyboardInterrupt:
            sys.exit(130)
        self._conclude(tally)

    def _adopt(self, file: Path) -> None:
        found = {
            str(one.reading.get("tag", "")) for one in recorded(file) if one.reading is not None
        }
        for one in recorded(file):
            for row in one.post or []:
                if isinstance(row, dict) and row.get("type") != "Gateway":
                    found.add(str(row.get("mac", "")))
        new = follow_tags(actor=console(), now=timezone.now(), addresses=sorted(found - {""}))
        self.stdout.write(f"{len(new)} new tags, each on an asset of its own")

    def _say(self, tally: Tally) -> None:
        if time.monotonic() - self.said_at >= SAID_EVERY_S:
            self.said_at = time.monotonic()
            refused = sum(tally.refused.values())
            self.stdout.write(f"{tally.rows} rows: {tally.accepted} accepted, {refused} refused")
            self.stdout.flush()

    def _conclude(self, tally: Tally) -> None:
        refused = sum(tally.refused.values())
        self.stdout.write(
            f"{tally.rows} rows in {tally.posts} posts: {tally.accepted} accepted,"
            f" {refused} refused"
        )
        for reason, count in tally.refused.most_common(20):
            self.stdout.write(f"  {count} × {reason}")
        if any(reason.startswith("unknown tag") for reason in tally.refused):
            self.stdout.write("Run with --adopt-tags to register the recording's tags.")


def _taken_out(options: dict) -> Iterator[tuple[float, str, str, float]]:
    span = span_taken("replay of raw readings", **options)
    return addressed(span.start, span.end, span.keys)


def _pace(text: str) -> float | None:
    if text == "max":
        return None
    try:
        pace = float(text)
    except ValueError:
        pace = 0.0
    if not 0.01 <= pace <= 1000:
        raise Unplayable("the speed is a number from 0.01 to 1000, or max")
    return pace


def _own_key() -> str:
    """A fresh key of this command's own device; the one of its last run closes."""
    actor, now = console(), timezone.now()
    device = Device.objects.filter(actor__username=DEVICE).first()
    if device is not None:
        return rotate_device(actor=actor, now=now, device=device, overlap=timedelta(0))
    _, secret = add_device(
        actor=actor, now=now, name=DEVICE, kind=Device.Kind.INTERFACE, scopes=["readings"]
    )
    return secret
