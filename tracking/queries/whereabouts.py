"""Where tags say that patients are, for the board of the ground floor."""

from collections.abc import Iterable
from datetime import datetime

from django.db import connection

from hims.queries.board_rows import Whereabouts
from tracking.domain.ageing import still_there
from tracking.models import Position

SURE_ENOUGH = 0.5  # below it the board says that it does not know

POSITIONS = """
SELECT p.patient_id, p.zone_id, z.name, p.probability, coalesce(p.heard_at, e.beat_at, p.since),
       p.source
FROM tracking_position p
LEFT JOIN hims_zone z ON z.id = p.zone_id
LEFT JOIN tracking_enginestatus e ON true
WHERE p.patient_id = ANY(%s)
"""


def patients_at(patients: Iterable[int], now: datetime) -> dict[int, Whereabouts]:
    """The believed place of each of these patients (keys) who has a tag.

    Only the board asks, which shows places to those who may see the flow of the house and names to
    those who care for the patient. A tag that is being heard is as old as the engine's last beat;
    one that is not heard any more grows old, and its probability falls, until its zone is not
    known.
    """
    with connection.cursor() as cursor:
        cursor.execute(POSITIONS, [list(patients)])
        rows = cursor.fetchall()
    found = {}
    for patient, zone, name, probability, seen_at, source in rows:
        age_s = max(0.0, (now - seen_at).total_seconds())
        probability = still_there(probability, age_s)
        known = zone is not None and probability >= SURE_ENOUGH
        found[patient] = Whereabouts(
            zone=zone if known else None,
            name=name if known else "",
            seen_at=seen_at,
            probability=probability,
            source="scan" if source == Position.Source.SIGHTING else "tag",
        )
    return found
