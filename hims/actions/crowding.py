"""Crowding is written down every quarter of an hour, by the clock: a trend to look at."""

from datetime import datetime

from hims.action import action, touches
from hims.models import Actor, CrowdingReading, Department
from hims.queries.crowding import inputs, quarter, scores


@action("crowding.note")
def note_crowding(*, actor: Actor, now: datetime) -> int:
    """Write the reading of the present quarter for each emergency department that has none yet;
    how many were written. A quarter in which nothing ran stays empty."""
    written = 0
    at = quarter(now)
    departments = Department.objects.filter(active=True, kind=Department.Kind.EMERGENCY)
    for department in departments.exclude(crowding__at=at).order_by("pk"):
        given = inputs(department, now)
        nedocs, edwin = scores(given)
        _reading, new = CrowdingReading.objects.get_or_create(
            department=department,
            at=at,
            defaults={"nedocs": nedocs, "edwin": edwin, "inputs": given},
        )
        touches(department)
        written += new
    return written
