"""Labels and maps as the learner needs them: what stands, what is new, what a map learnt from."""

from datetime import datetime, timedelta

from django.db import connection
from django.db.models import Q, QuerySet

from tracking.domain.locating.fingerprints import Fingerprints, of_rows
from tracking.models import Coverage, Fingerprint, RadioMap

NEW_LABELS = 20
"""So many new labels are worth a new map."""
AT_MOST_EVERY = timedelta(hours=1)
COVERAGE_AGE = timedelta(hours=6)
PER_ROOM = 40
"""Newest labels of a room that a map learns from: rooms change, and a busy store is no louder."""
MOST_JUDGING = 2_000

LEARNT_FROM = """
SELECT id, zone_id, x, y, extract(epoch FROM at)::float8, gateways, rssi FROM (
    SELECT f.*, row_number() OVER (PARTITION BY zone_id ORDER BY id DESC) AS nth
    FROM tracking_fingerprint f
    WHERE id <= %(newest)s AND NOT held_out AND (withdrawn_at IS NULL OR withdrawn_at > %(at)s)
) AS ranked WHERE nth <= %(per_room)s ORDER BY id
"""
JUDGED_BY = """
SELECT id, zone_id, x, y, extract(epoch FROM at)::float8, gateways, rssi
FROM tracking_fingerprint
WHERE id <= %(newest)s AND held_out AND (withdrawn_at IS NULL OR withdrawn_at > %(at)s)
ORDER BY id DESC LIMIT %(most)s
"""


def labels_of(radio_map: RadioMap) -> Fingerprints:
    """What the map learnt from: the same labels today as on the day it was made."""
    return _told(
        LEARNT_FROM,
        {"newest": radio_map.newest, "at": radio_map.proposed_at, "per_room": PER_ROOM},
    )


def judging(radio_map: RadioMap) -> Fingerprints:
    """The held-out labels that judge the map, and the one before it."""
    return _told(
        JUDGED_BY, {"newest": radio_map.newest, "at": radio_map.proposed_at, "most": MOST_JUDGING}
    )


def standing(**only) -> QuerySet[Fingerprint]:
    """Labels that were not withdrawn."""
    return Fingerprint.objects.filter(withdrawn_at=None, **only)


def counts_of(now: datetime) -> tuple[int, int, int]:
    """Labels that teach, labels held out, and the newest id, of those that stand."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FILTER (WHERE NOT held_out), count(*) FILTER (WHERE held_out),"
            " coalesce(max(id), 0) FROM tracking_fingerprint"
            " WHERE withdrawn_at IS NULL OR withdrawn_at > %s",
            [now],
        )
        return cursor.fetchone()


def active_map() -> RadioMap | None:
    """The map in use; None is geometry alone."""
    return RadioMap.objects.filter(state=RadioMap.State.ACTIVE).first()


def proposed_map() -> RadioMap | None:
    """The map that waits to be judged."""
    return RadioMap.objects.filter(state=RadioMap.State.PROPOSED).first()


def last_map() -> RadioMap | None:
    """The newest map, whatever became of it."""
    return RadioMap.objects.order_by("-pk").first()


def news_since(last: RadioMap) -> bool:
    """Whether any label was made or withdrawn since that map was proposed."""
    return Fingerprint.objects.filter(
        Q(withdrawn_at=None, pk__gt=last.newest)
        | Q(withdrawn_at__gt=last.proposed_at, pk__lte=last.newest)
    ).exists()


def is_learning_due(now: datetime) -> bool:
    """Whether enough was said since the last map, and that is long enough ago."""
    last = last_map()
    if last and (last.state == RadioMap.State.PROPOSED or last.proposed_at > now - AT_MOST_EVERY):
        return False
    new = standing(held_out=False, pk__gt=last.newest if last else 0)
    return new[NEW_LABELS - 1 : NEW_LABELS].exists()


def is_coverage_due(now: datetime) -> bool:
    """Whether the map in use is another one, or the figures of the rooms are old."""
    there = Coverage.objects.first()
    active = active_map()
    return (
        there is None
        or there.map_id != (active.pk if active else None)
        or there.made_at < now - COVERAGE_AGE
    )


def _told(statement: str, asked: dict) -> Fingerprints:
    with connection.cursor() as cursor:
        cursor.execute(statement, asked)
        return of_rows(cursor.fetchall())
