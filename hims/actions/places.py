"""The hospital itself: buildings, floors, rooms, their outlines and the doors between them."""

from datetime import datetime

import shapely
from django.core.files.base import ContentFile
from django.utils.translation import gettext as _

from hims.action import action, step, touches
from hims.actions.registry import tell_registry
from hims.actions.taken import refused_when_taken
from hims.domain.outlines import as_polygon
from hims.errors import Finding, Invalid, Refused
from hims.models import Actor, Building, Door, Floor, Zone
from hims.wire.hospital.cells import Bad, outline
from hims.wire.plan_picture import Picture

OVERLAP_SHARE = 0.05
FARTHEST_M = 100_000.0


@action("building.add")
def add_building(*, actor: Actor, now: datetime, code: str, name: str) -> Building:
    """A new building. Raises Invalid or Refused for a code that cannot be or is taken."""
    return _kept(Building(code=_good_code(code, 40), name=_good_name(name)))


@action("building.rename")
def rename_building(*, actor: Actor, now: datetime, building: Building, name: str) -> Building:
    building.name = _good_name(name)
    return _kept(building)


@action("floor.add")
def add_floor(
    *, actor: Actor, now: datetime, building: Building, code: str, name: str, level: int
) -> Floor:
    """A new floor of a building; level 0 is the ground, its code is unique in the building."""
    return _kept(
        Floor(building=building, code=_good_code(code, 40), name=_good_name(name), level=level)
    )


@action("floor.change")
def change_floor(*, actor: Actor, now: datetime, floor: Floor, name: str, level: int) -> Floor:
    floor.name, floor.level = _good_name(name), level
    return _kept(floor)


@action("floor.set_plan")
def set_plan(
    *,
    actor: Actor,
    now: datetime,
    floor: Floor,
    width: float,
    x: float = 0.0,
    y: float = 0.0,
    picture: Picture | None = None,
) -> Floor:
    """The plan picture of a floor, and how it lies: `width` metres wide, its lower left corner
    at x, y metres. Without a picture the one that is there stays."""
    if picture is None and not floor.plan:
        raise Invalid(Finding("no_picture", _("Choose a picture of the plan."), field="picture"))
    if not 1 <= width <= 10_000:
        raise Invalid(Finding("bad_width", _("A plan is 1 to 10,000 metres wide."), field="width"))
    floor.plan_width = width
    floor.plan_x, floor.plan_y = _metres(x, "x"), _metres(y, "y")
    if picture:
        floor.plan.save(f"{floor.uid}.webp", ContentFile(picture.data), save=False)
    return _kept(floor)


@action("zone.add")
def add_zone(
    *,
    actor: Actor,
    now: datetime,
    floor: Floor,
    code: str,
    name: str,
    kind: str,
    capacity: int | None = None,
    area: Zone | None = None,
) -> Zone:
    """A new room, bay, corridor or area on a floor; it may stay undrawn for ever."""
    zone = Zone(floor=floor, code=_good_code(code, 60))
    return _kept(_described(zone, name, kind, capacity, area))


@action("zone.change")
def change_zone(
    *,
    actor: Actor,
    now: datetime,
    zone: Zone,
    name: str,
    kind: str,
    capacity: int | None = None,
    area: Zone | None = None,
) -> Zone:
    """Another name, kind, capacity or area. The code stays: it is on the door."""
    return _kept(_described(zone, name, kind, capacity, area))


@action("zone.draw")
def draw_zone(
    *, actor: Actor, now: datetime, zone: Zone, outline_typed: str
) -> tuple[Zone, list[Zone]]:
    """Give a zone its outline in metres, or take it away with an empty one.

    outline_typed: corners `0 0, 6 0, 6 4, 0 4`, two corners of a rectangle, or a WKT polygon.
    Gives back the zone and the rooms whose ground it shares. Raises Invalid for what is no
    polygon.
    """
    zone = Zone.objects.select_for_update().get(pk=zone.pk)
    try:
        polygon = as_polygon(outline_typed)
    except ValueError as error:
        raise Invalid(
            Finding(
                "bad_corner",
                _("“%(text)s” is not a corner. Write two numbers in metres: 6 4.5")
                % {"text": str(error)[:40]},
                field="outline_typed",
            )
        ) from error
    shape = None
    if polygon:
        try:
            shape = outline(polygon)
        except Bad as bad:
            raise Invalid(
                Finding("bad_outline", _cannot_be_drawn(str(bad)), field="outline_typed")
            ) from bad
    zone.polygon = polygon
    _kept(zone)
    return zone, _sharing_ground(zone, shape) if shape else []


@action("door.add")
def add_door(
    *,
    actor: Actor,
    now: datetime,
    a: Zone,
    b: Zone,
    kind: str,
    seconds: float | None = None,
    x: float | None = None,
    y: float | None = None,
) -> Door:
    """A way between two zones. A door and stairs may join the same two; two doors do not."""
    if a.pk == b.pk:
        raise Invalid(Finding("same_room", _("A door joins two different rooms."), field="b"))
    if kind not in Door.Kind.values:
        raise Invalid(Finding("bad_kind", _("It is a door, a lift or stairs."), field="kind"))
    if kind == Door.Kind.DOOR and a.floor_id != b.floor_id:
        raise Invalid(
            Finding("two_floors", _("Only a lift or stairs join two floors."), field="kind")
        )
    if seconds is not None and not 0 <= seconds <= 3600:
        raise Invalid(
            Finding("bad_seconds", _("The walk takes 0 to 3,600 seconds."), field="seconds")
        )
    there_is = Finding("door_is_there", _("There is such a way already."), field="b")
    if Door.objects.filter(a=b, b=a, kind=kind).exists():
        raise Refused(there_is)
    door = Door(a=a, b=b, kind=kind, seconds=seconds)
    door.x = None if x is None else _metres(x, "x")
    door.y = None if y is None else _metres(y, "y")
    with refused_when_taken(there_is):
        door.save()
    touches(a, b)
    tell_registry("places")
    return door


@action("door.remove")
def remove_door(*, actor: Actor, now: datetime, door: Door) -> None:
    """There is no way through here, or none any more."""
    touches(door.a, door.b)
    door.delete()
    tell_registry("places")


# --- what is asked of codes, names and outlines ---------------------------------------------------


@step
def _kept(place):
    taken = Finding("taken", _("There is a place with this code already."), field="code")
    with refused_when_taken(taken):
        place.save()
    touches(place)
    tell_registry("places")
    return place


def _described(zone: Zone, name: str, kind: str, capacity: int | None, area: Zone | None) -> Zone:
    if kind not in Zone.Kind.values:
        raise Invalid(Finding("bad_kind", _("There is no such kind of room."), field="kind"))
    if capacity is not None and not 0 <= capacity <= 1000:
        raise Invalid(Finding("bad_capacity", _("A room holds 0 to 1,000."), field="capacity"))
    if area is not None:
        if area.kind != Zone.Kind.AREA or area.floor_id != zone.floor_id:
            raise Invalid(Finding("bad_area", _("Choose an area of the same floor."), field="area"))
        if zone.kind == Zone.Kind.AREA or kind == Zone.Kind.AREA:
            raise Invalid(
                Finding("area_in_area", _("An area does not lie in another one."), field="area")
            )
    if zone.pk and kind != Zone.Kind.AREA and zone.members.exists():
        raise Refused(
            Finding(
                "has_members", _("Rooms belong to this area. Take them out first."), field="kind"
            )
        )
    zone.name, zone.kind = _good_name(name), kind
    zone.capacity, zone.area = capacity, area
    return zone


def _sharing_ground(zone: Zone, shape: shapely.Polygon) -> list[Zone]:
    if zone.kind == Zone.Kind.AREA:
        return []
    others = zone.floor.zones.exclude(pk=zone.pk).exclude(polygon="").exclude(kind=Zone.Kind.AREA)
    found = []
    for other in others:
        theirs = shapely.from_wkt(other.polygon, on_invalid="ignore")
        if theirs is None or not theirs.is_valid or theirs.is_empty:
            continue
        shared = shape.intersection(theirs).area
        if shared > OVERLAP_SHARE * min(shape.area, theirs.area):
            found.append(other)
    return found


def _cannot_be_drawn(why: str) -> str:
    return _("This outline cannot be drawn: %(why)s.") % {"why": why}


def _good_code(text: str, most: int) -> str:
    text = text.strip()
    if not (1 <= len(text) <= most and text.isprintable() and "," not in text):
        raise Invalid(
            Finding(
                "bad_code",
                _("A code has 1 to %(most)d signs and no comma.") % {"most": most},
                field="code",
            )
        )
    return text


def _good_name(text: str) -> str:
    text = " ".join(text.split())
    if not (1 <= len(text) <= 120 and text.isprintable()):
        raise Invalid(Finding("bad_name", _("A name has 1 to 120 signs."), field="name"))
    return text


def _metres(number: float, field: str) -> float:
    if not abs(number) <= FARTHEST_M:
        raise Invalid(Finding("bad_metres", _("These are not metres."), field=field))
    return float(number)
