"""The last minutes of one bearer as a picture that moves, and as a table of what changed."""

from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from hims.models import Zone
from hims.templatetags.look import percent, sureness
from tracking.domain.retold import EVERY_S, Moment
from tracking.domain.site import NOWHERE
from tracking.domain.state import AREA, FLOOR, UNKNOWN
from tracking.queries.retold import Told
from tracking.web.shapes import Shape, shape_of
from tracking.web.why_words import dbm

MARGIN_M = 3.0
LEAST_M = 18.0
"""The picture shows at least so much, however little moved."""
WORTH_SHOWING = 0.1
NAMED_EARS = 3
"""Gateways that the picture must hold at each moment, the strongest first."""


@dataclass(frozen=True)
class Drawing:
    """One floor: its rooms as paths, the part to show, and the number of the floor in the story."""

    number: int
    name: str
    view: str
    rooms: list[dict]
    ears: list[dict]


@dataclass(frozen=True)
class Row:
    """A stretch of time in which the answer was the same."""

    start: datetime
    end: datetime
    place: str
    sure: str
    heard: str


@dataclass(frozen=True)
class Story:
    """What the template paints; `data` is what why.js works with."""

    drawings: list[Drawing]
    rows: list[Row]
    data: dict
    last: int
    minutes: int
    shortened: bool


def story_of(told: Told, now: datetime) -> Story:
    """The story as shown: a floor is drawn if anything of it is."""
    site = told.site
    zone_of = [told.zones[int(key)] for key in site.zone_key]
    floor_of = [told.floors[int(key)] for key in site.floor_key]
    seen = {int(site.zone_floor[zone]) for one in told.moments for zone, _p in one.candidates}
    seen |= {one.floor for one in told.moments}
    shapes = [shape_of(zone.polygon) for zone in zone_of]
    drawings = [
        drawing
        for number in sorted(seen - {NOWHERE})
        if (drawing := _drawing(number, floor_of[number].name, told, zone_of, shapes))
    ]
    places = [_place(one, zone_of, floor_of) for one in told.moments]
    ears = [str(told.gateways[int(key)]) for key in site.gateway_key]
    moments = [
        {
            "t": f"{_local(one.at):%H:%M:%S}",
            "ago": round(now.timestamp() - one.at),
            "f": one.floor,
            "w": place,
            "s": _sure(one),
            "h": one.heard,
            **({"x": round(one.x, 1), "y": round(-one.y, 1)} if np.isfinite(one.x) else {}),
            "c": [[zone, round(p, 2)] for zone, p in one.candidates],
            "g": [
                [int(row["gateway"]), round(float(row["rssi"])), round(one.at - row["at"])]
                for row in one.hearing
            ],
        }
        for one, place in zip(told.moments, places, strict=True)
    ]
    return Story(
        drawings=drawings,
        rows=_rows(told, places, ears),
        data={
            "every": EVERY_S,
            "zones": [zone.name for zone in zone_of],
            "ears": ears,
            "floors": [floor.name for floor in floor_of],
            "moments": moments,
        },
        last=len(moments) - 1,
        minutes=max(1, round(len(moments) * EVERY_S / 60)),
        shortened=told.shortened,
    )


def _drawing(number: int, name: str, told: Told, zone_of, shapes) -> Drawing | None:
    site = told.site
    here = [place for place in np.flatnonzero(site.zone_floor == number) if shapes[place]]
    if not here:
        return None
    ears = _ears(number, told, shapes)
    view = _view(number, told, shapes, ears)
    rooms = [
        {
            "zone": int(place),
            "name": zone_of[place].name,
            "kind": zone_of[place].kind,
            "path": shape.path,
            **{key: f"{getattr(shape, key):.2f}" for key in ("x", "y", "width", "height")},
        }
        for place in sorted(here, key=lambda place: zone_of[place].kind != Zone.Kind.AREA)
        if (shape := shapes[place])
    ]
    return Drawing(
        number=number,
        name=name,
        view=" ".join(f"{part:.2f}" for part in view),
        rooms=rooms,
        ears=[{"ear": ear, "x": f"{x:.2f}", "y": f"{y:.2f}"} for ear, (x, y) in ears.items()],
    )


def _ears(number: int, told: Told, shapes: list[Shape | None]) -> dict[int, tuple[float, float]]:
    """Where the gateways that heard it hang on this floor: by coordinates, else in their room."""
    site, found = told.site, {}
    heard = {int(ear) for one in told.moments for ear in one.hearing["gateway"]}
    for ear in sorted(heard):
        if ear >= len(site.gateway_key):  # heard by a gateway that is on no plan any more
            continue
        if site.gateway_floor[ear] != number:
            continue
        x, y = site.gateway_xy[ear]
        room = site.gateway_zone[ear]
        if np.isfinite(x):
            found[ear] = (float(x), -float(y))
        elif room != NOWHERE and shapes[room]:
            found[ear] = (shapes[room].x, shapes[room].y)
    return found


def _view(number: int, told: Told, shapes, ears) -> tuple[float, float, float, float]:
    """The part of the floor in which something happens: x, y, width, height."""
    boxes: list[tuple[float, float, float, float]] = []
    likely = {
        zone
        for one in told.moments
        for zone, p in one.candidates
        if p >= WORTH_SHOWING and told.site.zone_floor[zone] == number and shapes[zone]
    }
    boxes += [shapes[zone].bounds for zone in likely]
    for one in told.moments:
        if one.floor == number and np.isfinite(one.x):
            boxes.append((one.x, -one.y, one.x, -one.y))
        for ear in one.hearing["gateway"][:NAMED_EARS]:
            if int(ear) in ears:
                boxes.append(ears[int(ear)] * 2)
    if not boxes:
        boxes = [shape.bounds for shape in shapes if shape]
    corners = np.array(boxes)
    left, top = corners[:, 0].min() - MARGIN_M, corners[:, 1].min() - MARGIN_M
    width, height = corners[:, 2].max() + MARGIN_M - left, corners[:, 3].max() + MARGIN_M - top
    wide, high = max(width, LEAST_M), max(height, LEAST_M * 0.6)
    return left - (wide - width) / 2, top - (high - height) / 2, wide, high


def _place(one: Moment, zone_of, floor_of) -> str:
    if one.level == UNKNOWN:
        return _("Not known")
    if one.level == FLOOR or one.zone == NOWHERE:
        return _("Somewhere on %(floor)s") % {"floor": floor_of[one.floor].name}
    if one.level == AREA:
        return _("Somewhere in %(area)s") % {"area": zone_of[one.zone].name}
    return zone_of[one.zone].name


def _sure(one: Moment) -> str:
    if one.level == UNKNOWN:
        return ""
    return _("%(word)s (%(percent)s)") % {"word": sureness(one.p), "percent": percent(one.p)}


def _rows(told: Told, places: list[str], ears: list[str]) -> list[Row]:
    """One row for each stretch of the same answer, newest first."""
    rows: list[Row] = []
    begun = 0
    for number in range(1, len(places) + 1):
        if number < len(places) and places[number] == places[begun]:
            continue
        part = told.moments[begun:number]
        surest = max(part, key=lambda one: one.p)
        first = next((one.hearing[0] for one in part if len(one.hearing)), None)
        heard = ""
        if first is not None:
            heard = f"{ears[int(first['gateway'])]}, {dbm(float(first['rssi']))}"
        rows.append(
            Row(
                start=_local(part[0].at),
                end=_local(part[-1].at + EVERY_S),
                place=places[begun],
                sure=_sure(surest) if surest.level == part[0].level else "",
                heard=heard,
            )
        )
        begun = number
    return rows[::-1]


def _local(at: float) -> datetime:
    return localtime(datetime.fromtimestamp(at, UTC))
