"""A floor map turned into what the template paints and what map.js keeps true."""

from collections import defaultdict
from dataclasses import dataclass, replace
from functools import lru_cache
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from PIL import Image

from hims.models import Floor, Zone
from tracking.queries.map import FloorMap, MapZone, Marker
from tracking.web.shapes import Shape, shape_of, spots, view_of

SCREEN_PX = 1000  # the width that the first paint is laid out for; map.js measures the real one
UNSURE_BELOW = 0.6
AREA_M = 4.0
OLD_S, OLDER_S = 300.0, 3600.0
NAME_PX, LETTER_PX = 12, 6.6
NAMED_PX, STAFFED_PX = 18, 60  # heights from which a room has space for its name, and for staff


@dataclass(frozen=True, slots=True)
class Room:
    """One drawn zone; numbers are texts, because SVG knows no decimal comma."""

    uid: UUID
    name: str
    kind: str
    label: str
    path: str
    x: str
    y: str
    w: str
    h: str
    chosen: bool
    named: bool


@dataclass(frozen=True, slots=True)
class Painted:
    """A marker or a cluster where it stands at the first paint."""

    zone: UUID
    x: str
    y: str
    uid: UUID | None = None
    state: str = ""
    look: str = ""
    count: int = 0


@dataclass(frozen=True, slots=True)
class Plan:
    """The floor as the template paints it."""

    view: str
    k: str
    font: str
    rooms: list[Room]
    markers: list[Painted]
    clusters: list[Painted]
    staffed: list[dict]
    image: dict | None


def plan_of(
    floor: Floor,
    shown: FloorMap,
    image_url: str,
    *,
    narrowed: bool = False,
    find: str = "",
    find_zone: UUID | None = None,
    chosen: str = "",
) -> Plan | None:
    """The drawing of the floor, or None when none of its zones has a polygon.

    narrowed: `shown` holds only the markers that match a search, so the counts are theirs.
    find, find_zone: the asset that is sought and where it is. chosen: the room that is open.
    """
    drawn = {zone.uid: shape for zone in shown.zones if (shape := _shape(zone))}
    if not drawn:
        return None
    x, y, width, height = view_of(list(drawn.values()))
    k = width / SCREEN_PX
    by_zone = markers_by_zone(shown)
    rooms, markers, clusters, staffed = [], [], [], []
    for zone in shown.zones:
        shape = drawn.get(zone.uid)
        if shape is None:
            continue
        here = by_zone.get(zone.uid, [])
        count = len(here) if narrowed else max(zone.assets, len(here))
        rooms.append(_room(zone, shape, k, str(zone.uid) == chosen))
        places = spots(shape, count, k) if count == len(here) else None
        if places is None and count:
            look = "sought" if zone.uid == find_zone else ""
            clusters.append(
                Painted(zone.uid, _text(shape.x), _text(shape.y), look=look, count=count)
            )
        for marker, (mx, my) in zip(here, places or [], strict=False):
            look = look_of(marker) + (" sought" if str(marker.uid) == find else "")
            markers.append(
                Painted(zone.uid, _text(mx), _text(my), marker.uid, state_of(marker), look)
            )
        if zone.staff is not None:
            staffed.append(
                {
                    "uid": zone.uid,
                    "x": _text(shape.x),
                    "y": _text(shape.y + shape.height / 2 - 0.6),
                    "words": staff_words(zone.staff),
                    "fits": _fits(staff_words(zone.staff), shape, k, STAFFED_PX),
                }
            )
    return Plan(
        view=" ".join(_text(part) for part in (x, y, width, height)),
        k=f"{k:.5f}",
        font=_text(NAME_PX * k),
        rooms=rooms,
        markers=markers,
        clusters=clusters,
        staffed=staffed,
        image=_image(floor, image_url),
    )


def data_of(shown: FloorMap, summary: str, narrowed: bool) -> dict:
    """What map.js works with: the markers, and per room how many things are not among them."""
    by_zone = markers_by_zone(shown)
    return {
        "markers": [
            {
                "asset": str(marker.uid),
                "number": marker.number,
                "zone": str(marker.zone) if marker.zone else "",
                "state": state_of(marker),
                "p": round(marker.probability, 3),
                "age_s": round(marker.age_s),
                "heard": marker.heard,
            }
            for marker in shown.markers
        ],
        "unlisted": {}
        if narrowed
        else {
            str(zone.uid): left
            for zone in shown.zones
            if (left := zone.assets - len(by_zone.get(zone.uid, []))) > 0
        },
        "staff": {
            str(zone.uid): staff_words(zone.staff) for zone in shown.zones if zone.staff is not None
        },
        "summary": summary,
    }


def markers_by_zone(shown: FloorMap) -> dict[UUID | None, list[Marker]]:
    """The markers by the zone they stand in; under None those of which only the floor is known."""
    by_zone: dict[UUID | None, list[Marker]] = defaultdict(list)
    for marker in sorted(shown.markers, key=lambda one: one.number):
        by_zone[marker.zone].append(marker)
    return by_zone


def state_of(marker: Marker) -> str:
    """The shape of a marker: what is overdue is not shown as free."""
    return "warn" if marker.overdue and marker.state in {"free", "unknown"} else marker.state


def look_of(marker: Marker) -> str:
    """The classes of a marker: state, doubt, fading with age."""
    age = "older" if marker.age_s > OLDER_S else "old" if marker.age_s > OLD_S else ""
    doubt = "unsure" if marker.probability < UNSURE_BELOW else ""
    return " ".join(filter(None, [state_of(marker), doubt, age]))


def staff_words(count: int) -> str:
    return ngettext("%(n)d staff", "%(n)d staff", count) % {"n": count} if count else ""


def things_words(count: int) -> str:
    if not count:
        return _("nothing known")
    return ngettext("%(n)d thing", "%(n)d things", count) % {"n": count}


def _shape(zone: MapZone) -> Shape | None:
    """A room is drawn upon; an area, whose rooms lie inside it, has its name and what is only
    known to be somewhere in it along its upper edge."""
    shape = shape_of(zone.polygon)
    if shape is None or zone.kind != Zone.Kind.AREA:
        return shape
    left, top, right, low = shape.bounds
    edge = (left, top - AREA_M, right, low)
    return replace(
        shape,
        x=(left + right) / 2,
        y=top - AREA_M / 2,
        width=right - left,
        height=AREA_M,
        bounds=edge,
    )


def _room(zone: MapZone, shape: Shape, k: float, chosen: bool) -> Room:
    return Room(
        uid=zone.uid,
        name=zone.name,
        kind=zone.kind,
        label=f"{zone.name}: {things_words(zone.assets)}",
        path=shape.path,
        x=_text(shape.x),
        y=_text(shape.y),
        w=_text(shape.width),
        h=_text(shape.height),
        chosen=chosen,
        named=_fits(zone.name, shape, k, NAMED_PX),
    )


def _fits(words: str, shape: Shape, k: float, height_px: float) -> bool:
    """Whether words stand in a room at the scale of the first paint."""
    return len(words) * LETTER_PX * k < shape.width and shape.height > height_px * k


def _image(floor: Floor, url: str) -> dict | None:
    """The plan picture behind the rooms: its lower left corner lies at (plan_x, plan_y)."""
    if not floor.plan or not floor.plan_width:
        return None
    height = floor.plan_width * _proportion(floor.plan.path)
    return {
        "url": url,
        "x": _text(floor.plan_x),
        "y": _text(-(floor.plan_y + height)),
        "width": _text(floor.plan_width),
        "height": _text(height),
    }


@lru_cache(maxsize=256)
def _proportion(path: str) -> float:
    """Height over width of a picture."""
    try:
        with Image.open(path) as picture:
            return picture.height / picture.width
    except OSError:
        return 1.0


def _text(number: float) -> str:
    return f"{number:.2f}"
