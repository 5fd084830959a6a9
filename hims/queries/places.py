"""What is asked about places: the way there, and where a zone's middle is."""

import shapely

from hims.domain.routes import Way, walking_seconds
from hims.models import Door, Zone


def seconds_from(zone: Zone) -> dict[int, float]:
    """Walking seconds from `zone` to every zone (by key) that can be reached through doors.

    An area is as far as the farthest of its rooms: who is sent to it may have to look in all.
    """
    ways = [
        Way(*row) for row in Door.objects.values_list("a_id", "b_id", "kind", "seconds", "x", "y")
    ]
    seconds = walking_seconds(zone.pk, ways, centres())
    members = Zone.objects.filter(area__isnull=False).values_list("pk", "area_id")
    for room, area in members:
        if room in seconds:
            seconds[area] = max(seconds[room], seconds.get(area, seconds[room]))
    return seconds


def centres() -> dict[int, tuple[float, float]]:
    """The middle of each drawn zone in metres: a point that lies inside it."""
    drawn = list(Zone.objects.exclude(polygon="").values_list("pk", "polygon"))
    shapes = shapely.from_wkt([polygon for _, polygon in drawn], on_invalid="ignore")
    points = shapely.point_on_surface(shapes)
    return {
        key: (float(point.x), float(point.y))
        for (key, _), point in zip(drawn, points, strict=True)
        if point is not None and not point.is_empty
    }
