"""Has the patient left the bed? Two independent signs say so; one sign only asks.

Two gateways or two tags are one sign: what misleads one (a tag left on a chair, radio through a
wall) misleads the other.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class Source(StrEnum):
    """Where a piece of news comes from."""

    TAG = "tag"
    TAP = "tap"
    ADT = "adt"
    DISPOSITION = "disposition"
    SCAN = "scan"
    CLOCK = "clock"


PERSON = frozenset({Source.TAP, Source.SCAN})
"""A person's word; the rest is a machine's."""

LASTS = {
    Source.TAG: timedelta(minutes=15),
    Source.TAP: timedelta(minutes=30),
    Source.SCAN: timedelta(minutes=15),
    Source.ADT: timedelta(minutes=60),
    Source.DISPOSITION: timedelta(hours=4),
}
"""How long a sign counts. A decision to send somebody home stands while they wait for the lift."""


@dataclass(frozen=True)
class Sign:
    """One sign that a patient has left: where it comes from, and when it was seen."""

    source: Source
    at: datetime


def standing(
    signs: Iterable[Sign], *, now: datetime, since: datetime | None = None
) -> frozenset[Source]:
    """The kinds of sign that count now: not too old, not of the future, not before `since`.

    since: when this patient came into the bed; an earlier sign is about somebody else.
    """
    return frozenset(
        sign.source
        for sign in signs
        if sign.source in LASTS
        and timedelta(0) <= now - sign.at <= LASTS[sign.source]
        and (since is None or sign.at >= since)
    )


def signs_suffice(
    signs: Iterable[Sign], *, now: datetime, away: bool, since: datetime | None = None
) -> bool:
    """Whether a bed becomes VACATED by itself: two kinds of sign, and the patient is not away.

    away: in imaging or theatre, which holds the bed whatever the signs say.
    """
    return not away and len(standing(signs, now=now, since=since)) >= 2
