"""How well each room is heard, and how the maps did: what the coverage page and the survey show."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet

from hims.access.scopes import visible_to
from hims.models import Actor, Floor
from tracking.domain.locating.learning import DRIFT_DB, DRIFT_LABELS
from tracking.models import Coverage, Fingerprint, Gateway, RadioMap, Sighting

NAMED_WELL = 0.5
"""From this expected probability on, a room counts as well heard."""
ENOUGH_LABELS = 3
"""So many labels of a room, from walks or scans, and a survey need not go there."""
MAPS_SHOWN = 20


@dataclass(frozen=True, slots=True)
class HeardRoom:
    """One room: labels that teach and that judge, gateways in a label on average, when the newest
    was made; and what the map in use should do: gateways that hear a tag there, probability that
    the room is named (None where that is not worked out)."""

    pk: int
    uid: UUID
    code: str
    name: str
    kind: str
    polygon: str
    labels: int
    held_out: int
    heard_by: float | None
    newest: datetime | None
    gateways: int | None
    probability: float | None

    @property
    def state(self) -> str:
        """well, weak, silent, or unknown."""
        if self.gateways is None:
            return "unknown"
        if self.gateways == 0 and not self.heard_by:
            return "silent"
        return "well" if (self.probability or 0.0) >= NAMED_WELL else "weak"

    @property
    def wants_survey(self) -> bool:
        return self.labels + self.held_out < ENOUGH_LABELS


@dataclass(frozen=True, slots=True)
class Drifted:
    """What a gateway heard of the newest labels beside what the map expected, median dB."""

    gateway: Gateway
    n: int
    median_db: float
    drifted: bool


ROOMS = """
SELECT z.id, z.uid, z.code, z.name, z.kind, z.polygon,
       count(f.id) FILTER (WHERE NOT f.held_out), count(f.id) FILTER (WHERE f.held_out),
       avg(cardinality(f.gateways))::float8, max(f.at)
FROM hims_zone z
LEFT JOIN tracking_fingerprint f ON f.zone_id = z.id AND f.withdrawn_at IS NULL
WHERE z.floor_id = %(floor)s
  AND NOT (z.kind = 'area' AND EXISTS (SELECT FROM hims_zone m WHERE m.area_id = z.id))
GROUP BY z.id ORDER BY z.name, z.code
"""


def heard_rooms(viewer: Actor, floor: Floor) -> list[HeardRoom]:
    """The rooms of a floor by name, for those who may see coverage."""
    if not viewer.may("coverage.view") and not viewer.may("survey.stand"):
        return []
    noted = Coverage.objects.first()
    expected = noted.rooms if noted else {}
    with connection.cursor() as cursor:
        cursor.execute(ROOMS, {"floor": floor.pk})
        rows = cursor.fetchall()
    return [HeardRoom(*row, *expected.get(str(row[0]), (None, None))) for row in rows]


def coverage_noted(viewer: Actor) -> datetime | None:
    """When the expected figures were worked out last."""
    noted = visible_to(viewer, Coverage.objects.all()).first()
    return noted.made_at if noted else None


def radio_maps(viewer: Actor) -> QuerySet[RadioMap]:
    """The maps, newest first."""
    found = visible_to(viewer, RadioMap.objects.all())
    return found.select_related("proposed_by", "before").order_by("-pk")


def labels_standing(viewer: Actor) -> tuple[int, int]:
    """How many labels teach and how many judge."""
    stand = visible_to(viewer, Fingerprint.objects.filter(withdrawn_at=None))
    held_out = stand.filter(held_out=True).count()
    return stand.count() - held_out, held_out


def drift_of(viewer: Actor, radio_map: RadioMap) -> list[Drifted]:
    """What the labels said of each gateway when the map was judged, the farthest off first."""
    keys = [row[0] for row in radio_map.drift]
    there = visible_to(viewer, Gateway.objects.filter(pk__in=keys)).select_related("zone")
    known = there.in_bulk()
    return [
        Drifted(known[key], n, median, n >= DRIFT_LABELS and abs(median) > DRIFT_DB)
        for key, n, median in radio_map.drift
        if key in known
    ]


def label_of(sighting: Sighting) -> tuple[int, bool]:
    """How many gateways heard the tags at this sighting, and whether its label was taken back."""
    labels = list(sighting.fingerprints.all())
    heard = {key for label in labels for key in label.gateways}
    return len(heard), bool(labels) and all(label.withdrawn_at for label in labels)


def surveyed_by(viewer: Actor) -> QuerySet[Sighting]:
    """Where the viewer stood on survey walks, newest first."""
    mine = Sighting.objects.filter(source=Sighting.Source.SURVEY, actor=viewer)
    return visible_to(viewer, mine).select_related("zone__floor", "asset").order_by("-pk")
