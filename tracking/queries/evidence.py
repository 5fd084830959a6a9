"""What the engine reads of the past: its last run, current positions, open stays, sightings."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from tracking.models import BEARERS, EngineStatus, OpenStay, Position, Sighting
from tracking.queries.roster import SPOKEN_OF, bearer_key

OVERLAP = 200
"""Rows read again below the newest known id: who took an id first need not commit first."""
TRUST = {
    Sighting.Source.SCAN: 1.0,
    Sighting.Source.PICK: 0.9,
    Sighting.Source.NOT_THERE: 1.0,
    Sighting.Source.SURVEY: 1.0,
}


@dataclass(frozen=True, slots=True)
class Said:
    """A sighting as the engine takes it; `bearer` as in queries.roster, `zone` a key, `weight`
    from 0 to 1."""

    id: int
    bearer: int
    zone: int
    at: datetime
    present: bool
    weight: float


def last_run() -> EngineStatus | None:
    """How far the last run of the engine got, if there was one."""
    return EngineStatus.objects.first()


def newest_sighting() -> int:
    """The newest sighting's id, 0 for none."""
    return Sighting.objects.order_by("-pk").values_list("pk", flat=True).first() or 0


def sightings_after(newest: int, known: Collection[int]) -> list[Said]:
    """Sightings above the id `newest`, and late ones just below it that are not `known`."""
    rows = _said(Sighting.objects.filter(pk__gt=newest - OVERLAP).order_by("pk"))
    return [row for row in rows if row.id not in known]


def sightings_since(at: datetime) -> list[Said]:
    """Of the last SPOKEN_OF sightings those made after `at`, oldest first."""
    first = newest_sighting() - SPOKEN_OF
    return _said(Sighting.objects.filter(pk__gt=first, at__gt=at).order_by("pk"))


def _said(rows) -> list[Said]:
    columns = ("pk", "asset_id", "patient_id", "staff_id", "zone_id", "at", "source")
    return [
        Said(
            pk,
            _who(who),
            zone,
            at,
            source != Sighting.Source.NOT_THERE,
            TRUST[Sighting.Source(source)],
        )
        for pk, *who, zone, at, source in rows.values_list(*columns)
    ]


def _who(columns: Sequence[int | None]) -> int:
    kind, pk = next((kind, pk) for kind, pk in zip(BEARERS, columns, strict=True) if pk is not None)
    return bearer_key(kind, pk)


def positions_now() -> list[tuple]:
    """Per bearer: key, zone, floor, level, probability, x, y, candidates, source, since,
    heard_at."""
    columns = (
        "zone_id",
        "floor_id",
        "level",
        "probability",
        "x",
        "y",
        "candidates",
        "source",
        "since",
        "heard_at",
    )
    rows = Position.objects.values_list("asset_id", "patient_id", "staff_id", *columns)
    return [(_who(row[:3]), *row[3:]) for row in rows]


def open_stays() -> dict[int, int]:
    """The zone of each bearer's open stay."""
    rows = OpenStay.objects.values_list("asset_id", "patient_id", "staff_id", "zone_id")
    return {_who(row[:3]): row[3] for row in rows}
