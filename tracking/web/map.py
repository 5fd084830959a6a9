"""The map of a floor: painted once by the server, kept true by the event stream."""

from dataclasses import replace
from datetime import timedelta
from urllib.parse import urlencode
from uuid import UUID

from django.http import FileResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from hims.access.scopes import the_one, visible_to
from hims.errors import NotFound
from hims.models import Actor, Floor, Zone
from hims.templatetags.look import STATES
from hims.web.page import page
from inventory.models import Asset, AssetKind
from tracking.models import Position
from tracking.queries.locate import Located
from tracking.queries.locate import find as find_assets
from tracking.queries.map import MOST_MARKERS, FloorMap, floor_map
from tracking.queries.then import floor_then
from tracking.web import rooms
from tracking.web.cards import card_of, may
from tracking.web.codes import meant
from tracking.web.plan import data_of, markers_by_zone, plan_of, staff_words, things_words

MOST_IN_PANEL = 50
DAY_MIN = 24 * 60


@page("map.view")
@require_GET
def start(request):
    """The floor that was chosen, else the lowest one of the first building that has things."""
    asked = {name: request.GET[name] for name in ("q", "kind") if request.GET.get(name)}
    if chosen := request.GET.get("floor", "").replace("/", ""):
        return redirect(reverse("map-floor", args=[chosen], query=asked))
    first = _floors(request.user).filter(level__gte=0).first() or _floors(request.user).first()
    if first is None:
        return render(request, "tracking/map_none.html")
    return redirect(reverse("map-floor", args=[first.uid], query=asked))


@page("map.view")
@require_GET
def on_floor(request, floor):
    """The page of one floor, named by its uid or, where that is unique, by its code."""
    floor = _the_floor(request.user, floor)
    if place := _place_of_code(request.user, request.GET.get("q", "").strip()[:200]):
        return redirect(place)
    context = _drawn(request, floor)
    floors = list(_floors(request.user))
    several = len({one.building_id for one in floors}) > 1
    context["floors"] = [
        {
            "uid": one.uid,
            "name": f"{one.building.name} · {one.name}" if several else one.name,
            "current": one == floor,
        }
        for one in floors
    ]
    if context["located"]:
        card = card_of(context["located"], request.user)
        context |= may(request.user) | {
            "card": replace(card, map_url=""),
            "rooms": rooms.offered(request.user),
        }
    elif named := request.GET.get("room"):
        context["room"] = _room(request.user, floor, named)
    context["kinds"] = visible_to(request.user, AssetKind.objects.order_by("name"))
    return render(request, "tracking/map.html", context)


@page("map.view")
@require_GET
def plan(request, floor):
    """The drawing alone, for a page that puts a map beside something else."""
    return render(
        request, "tracking/map_plan.html", _drawn(request, _the_floor(request.user, floor))
    )


@page("map.view")
@require_GET
def markers(request, floor):
    """The markers as data, for a page that missed some events, or looks at the last day."""
    floor = _the_floor(request.user, floor)
    if minutes := _minutes_ago(request.GET.get("ago", "")):
        at = timezone.now() - timedelta(minutes=minutes)
        shown = floor_then(viewer=request.user, floor=floor, at=at)
        words = _("%(time)s: %(things)s known here") % {
            "time": date_format(timezone.localtime(at), "D H:i"),
            "things": things_words(shown.assets_on_floor),
        }
        return JsonResponse(data_of(shown, words, narrowed=False))
    shown, asked = _shown(request, floor)
    narrowed = any(asked.values())
    return JsonResponse(data_of(shown, _summary(shown, narrowed), narrowed))


@page("map.view")
@require_GET
def room(request, floor, zone):
    """What is in a room, since when; staff as a number, never by name."""
    floor = _the_floor(request.user, floor)
    context = {"room": _room(request.user, floor, zone), "now": timezone.now()}
    return render(request, "tracking/map_room.html", context)


@page("map.view")
@require_GET
def picture(request, floor):
    """The uploaded plan picture of a floor."""
    floor = _the_floor(request.user, floor)
    if not floor.plan:
        raise NotFound("no plan picture")
    return FileResponse(floor.plan.open("rb"))


def _minutes_ago(text: str) -> int:
    """How far back to look, at most a day; 0, which is now, for what is no number."""
    return min(int(text), DAY_MIN) if text.isascii() and text.isdigit() and len(text) < 6 else 0


def _floors(viewer: Actor):
    return visible_to(viewer, Floor.objects.select_related("building")).order_by(
        "building__code", "level", "code"
    )


def _the_floor(viewer: Actor, name: str) -> Floor:
    floors = Floor.objects.select_related("building")
    try:
        return the_one(viewer, floors, uid=UUID(name))
    except ValueError:
        found = list(visible_to(viewer, floors).filter(code=name)[:2])
    if len(found) != 1:
        raise NotFound("no such floor")
    return found[0]


def _shown(request, floor: Floor) -> tuple[FloorMap, dict[str, str]]:
    """The floor, narrowed to what was asked for; and what was asked for."""
    asked = {name: request.GET.get(name, "").strip()[:200] for name in ("q", "kind")}
    return floor_map(viewer=request.user, floor=floor, now=timezone.now(), **asked), asked


def _drawn(request, floor: Floor) -> dict:
    """All that map_plan.html needs."""
    shown, asked = _shown(request, floor)
    narrowed = any(asked.values())
    find = request.GET.get("find", "")[:36]
    located = _sought(request.user, find)
    drawn = plan_of(
        floor,
        shown,
        reverse("map-picture", args=[floor.uid]),
        narrowed=narrowed,
        find=find,
        find_zone=located.position.zone if located and located.position else None,
        chosen=request.GET.get("room", "")[:36],
    )
    summary = _summary(shown, narrowed)
    here = request.path.removesuffix("plan/")
    return {
        "floor": floor,
        "plan": drawn,
        "find": find,
        "located": located,
        "find_zone": located.position.zone if located and located.position else "",
        **asked,
        "states": [*STATES, "warn"],
        "now": timezone.now(),
        "summary": summary,
        "data": data_of(shown, summary, narrowed),
        "markers_url": f"{here}markers/?{urlencode(asked)}",
        "room_url": f"{here}rooms/",
        "may_count_staff": request.user.may("staff_counts.view"),
        "unplanned": [
            {"uid": zone.uid, "name": zone.name, "things": zone.assets, "staff": zone.staff}
            for zone in shown.zones
            if not zone.polygon and (zone.kind != Zone.Kind.AREA or zone.assets)
        ],
    }


def _sought(viewer: Actor, find: str) -> Located | None:
    """The asset that the map was opened for, if the viewer may know of it."""
    try:
        asset = visible_to(viewer, Asset.objects.filter(uid=UUID(find))).first()
    except ValueError:
        return None
    found = asset and find_assets(viewer=viewer, now=timezone.now(), asset_ids=[asset.pk])
    return found[0] if found else None


def _place_of_code(viewer: Actor, text: str) -> str:
    """Where on which map the thing or room of a scanned code is; "" for words and strangers."""
    thing = meant(viewer, text)
    if isinstance(thing, Zone):
        return reverse("map-floor", args=[thing.floor.uid], query={"room": thing.uid})
    if isinstance(thing, Asset):
        found = find_assets(viewer=viewer, now=timezone.now(), asset_ids=[thing.pk])
        where = found[0].position if found else None
        if where and where.floor:
            return reverse("map-floor", args=[where.floor], query={"find": thing.uid})
        return reverse("locate", query={"q": thing.number})
    return ""


def _summary(shown: FloorMap, narrowed: bool) -> str:
    if narrowed and len(shown.markers) >= MOST_MARKERS:
        return _("The first %(n)d that match") % {"n": len(shown.markers)}
    if narrowed:
        return _("%(n)d of %(all)d match") % {"n": len(shown.markers), "all": shown.assets_on_floor}
    wider = len(markers_by_zone(shown).get(None, []))
    words = _("%(things)s here") % {"things": things_words(shown.assets_on_floor)}
    if wider:
        words += ", " + _("%(n)d of them somewhere on this floor") % {"n": wider}
    return words


def _room(viewer: Actor, floor: Floor, uid: str) -> dict:
    """The panel of one room. Patients are not in it: nobody has a care relationship yet."""
    try:
        zone = the_one(viewer, Zone.objects.filter(floor=floor), uid=UUID(str(uid)))
    except ValueError:
        raise NotFound("no such room") from None
    there = visible_to(viewer, Position.objects.filter(zone=zone, asset__isnull=False))
    keys = list(there.values_list("asset_id", flat=True)[: MOST_IN_PANEL + 1])
    found = find_assets(
        viewer=viewer, now=timezone.now(), asset_ids=keys[:MOST_IN_PANEL], limit=MOST_IN_PANEL
    )
    counted = next(
        one
        for one in floor_map(
            viewer=viewer, floor=floor, now=timezone.now(), zone=str(zone.uid)
        ).zones
        if one.uid == zone.uid
    )
    return {
        "name": zone.name,
        "kind_words": zone.get_kind_display().capitalize(),
        "staff_words": staff_words(counted.staff or 0),
        "things": [{"card": card_of(one, viewer), "position": one.position} for one in found],
        "more": _("and %(n)d more") % {"n": counted.assets - len(found)}
        if counted.assets > len(found)
        else "",
    }
