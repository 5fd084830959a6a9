"""What a command takes out of the spool: from when to when, and of which tags."""

from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
from django.core.management.base import CommandError, CommandParser
from django.utils import timezone
from django.utils.dateparse import parse_datetime, parse_time
from numpy.typing import NDArray

from hims.queries.actors import console
from tracking.actions.spool import take_out
from tracking.models import Tag
from tracking.queries import spool
from tracking.wire.addresses import normalise


@dataclass(frozen=True)
class Span:
    """A stretch of the spool; `tags` None for all."""

    start: datetime
    end: datetime
    tags: list[Tag] | None

    @property
    def keys(self) -> NDArray[np.int64] | None:
        if self.tags is None:
            return None
        return np.array(sorted(tag.pk for tag in self.tags), dtype=np.int64)


def add_span(parser: CommandParser, tags: bool = True) -> None:
    when = "a time such as 14:30 of today, or 2026-11-22T14:30 (hospital time)"
    parser.add_argument("--from", dest="start", metavar="WHEN", help=f"{when}; default: all")
    parser.add_argument("--to", dest="end", metavar="WHEN", help="default: now")
    if tags:
        parser.add_argument(
            "--tag", action="append", metavar="ADDRESS", help="this tag alone; may be repeated"
        )


def span_taken(reason: str, *, start, end, tag=None, **options) -> Span:
    """What was asked for, recorded as taken out by the console. Raises CommandError."""
    now = timezone.now()
    try:
        kept = spool.standing()
    except spool.Unreadable as error:
        raise CommandError(f"{str(error)[:1].upper()}{str(error)[1:]}.") from None
    if kept is None:
        raise CommandError("No raw readings are kept: has the engine run, and is HIMS_SPOOL_MB 0?")
    oldest = datetime.fromtimestamp(kept.start - spool.SLACK_S, UTC)
    span = Span(
        _time(start, now) if start else oldest,
        _time(end, now) if end else now,
        [_tag(address) for address in tag] if tag else None,
    )
    if span.end <= span.start:
        raise CommandError("--to lies before --from.")
    take_out(
        actor=console(), now=now, start=span.start, end=span.end, tags=span.tags or [],
        reason=reason,
    )  # fmt: skip
    return span


def _tag(address: str) -> Tag:
    tag = Tag.objects.filter(address=normalise(address)).first()
    if tag is None:
        raise CommandError(f"There is no tag {address}.")
    return tag


def _time(text: str, now: datetime) -> datetime:
    try:
        when = parse_datetime(text)
        if when is None and (hour := parse_time(text)):
            when = datetime.combine(timezone.localdate(now), hour)
    except ValueError:
        when = None
    if when is None:
        raise CommandError(f"{text!r} is no time, such as 14:30 or 2026-11-22T14:30.")
    return when if timezone.is_aware(when) else timezone.make_aware(when)
