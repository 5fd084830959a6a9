"""Settings: how well each room is heard, how often its name is right, and which map is in use."""

from dataclasses import dataclass

from django.contrib import messages
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from hims.access.scopes import the_one, visible_to
from hims.errors import Refused
from hims.models import Floor
from hims.web.page import page
from tracking.actions import maps as actions
from tracking.models import RadioMap
from tracking.queries import coverage as queries
from tracking.web.shapes import shape_of, view_of

SCREEN_PX, FONT_PX, LETTER_PX = 900, 12, 6.6
CURVE_PX = 200
HOLES = 8
"""Named at once; the others behind one press."""
STATES = {
    "well": ("check", gettext_lazy("well heard")),
    "weak": ("warn", gettext_lazy("weak")),
    "silent": ("broken", gettext_lazy("not heard")),
    "unknown": ("unknown", gettext_lazy("not worked out")),
}
"""How a room is heard: symbol and words."""
LOOKS = {"well": "free", "weak": "warn", "silent": "stop", "unknown": "unknown"}
SIGNS = {"silent": "✕", "unknown": "?"}


@dataclass(frozen=True)
class Drawn:
    """A room on the drawing; numbers are texts, because SVG knows no decimal comma."""

    name: str
    look: str
    path: str
    x: str
    y: str
    sign: str
    words: str


@page("coverage.view")
@require_GET
def coverage(request):
    """Coverage of one floor, and the maps with their figures."""
    viewer, now = request.user, timezone.now()
    floors = list(visible_to(viewer, Floor.objects.select_related("building")))
    floor = next((one for one in floors if str(one.uid) == request.GET.get("floor")), None)
    floor = floor or (floors[0] if floors else None)
    rooms = queries.heard_rooms(viewer, floor) if floor else []
    maps = list(queries.radio_maps(viewer)[: queries.MAPS_SHOWN])
    teach, judge = queries.labels_standing(viewer)
    active = next((one for one in maps if one.state == RadioMap.State.ACTIVE), None)
    judged = [one for one in maps if one.judged_at]
    context = {
        "now": now,
        "floors": floors,
        "floor": floor,
        "drawing": _drawing(rooms),
        "holes": _holes(rooms)[:HOLES],
        "more_holes": _holes(rooms)[HOLES:],
        "rooms": [_told(room) for room in rooms],
        "noted_at": queries.coverage_noted(viewer),
        "maps": [_map_told(one) for one in maps],
        "active": active,
        "under_way": any(one.state == RadioMap.State.PROPOSED for one in maps),
        "in_use": _in_use(active, judged),
        "teach": teach,
        "judge": judge,
        "curve": _curve(active, judged),
        "drift": queries.drift_of(viewer, judged[0]) if judged else [],
        "drift_at": judged[0].judged_at if judged else None,
        "may_learn": viewer.may("radio_map.propose"),
        "may_use": viewer.may("radio_map.use"),
        "may_survey": viewer.may("survey.stand"),
    }
    return render(request, "tracking/coverage.html", context)


@require_POST
@page("radio_map.propose")
def learn(request):
    """One press: a map is made of everything that was said."""
    try:
        actions.propose_map(actor=request.user, now=timezone.now())
        messages.success(request, _("A map is being made and judged. This page shows the outcome."))
    except Refused as refused:
        messages.warning(request, str(refused))
    return redirect("coverage")


@require_POST
@page("radio_map.use")
def use_map(request, uid):
    """One press: this map is in use again."""
    return _use(request, the_one(request.user, RadioMap.objects.all(), uid=uid))


@require_POST
@page("radio_map.use")
def use_geometry(request):
    """One press: no map, geometry alone."""
    return _use(request, None)


def _use(request, radio_map: RadioMap | None):
    reason = request.POST.get("reason", "").strip()[:500]
    try:
        actions.use_map(actor=request.user, now=timezone.now(), radio_map=radio_map, reason=reason)
        messages.success(request, _("That map is in use now."))
    except Refused as refused:
        messages.warning(request, str(refused))
    return redirect(f"{reverse('coverage')}#maps")


def _told(room: queries.HeardRoom) -> dict:
    symbol, words = STATES[room.state]
    return {"room": room, "look": LOOKS[room.state], "icon": symbol, "words": words}


def _holes(rooms: list[queries.HeardRoom]) -> list[dict]:
    """Rooms that are not heard or weak, the worst first."""
    found = [room for room in rooms if room.state in {"weak", "silent"}]
    found.sort(key=lambda room: (room.state != "silent", room.probability or 0.0))
    return [_told(room) for room in found]


def _drawing(rooms: list[queries.HeardRoom]) -> dict | None:
    """The floor as the template paints it; None when no room has an outline."""
    shapes = [(room, shape) for room in rooms if (shape := shape_of(room.polygon))]
    if not shapes:
        return None
    x, y, width, height = view_of([shape for _room, shape in shapes])
    k = width / SCREEN_PX
    drawn = []
    for room, shape in shapes:
        sign = SIGNS.get(room.state, f"{round(100 * (room.probability or 0))}")
        fits = len(sign) * LETTER_PX * k < shape.width and shape.height > FONT_PX * k
        drawn.append(
            Drawn(
                name=room.name,
                look=room.state,
                path=shape.path,
                x=f"{shape.x:.2f}",
                y=f"{shape.y + FONT_PX * k / 3:.2f}",
                sign=sign if fits else "",
                words=f"{room.name}: {STATES[room.state][1]}",
            )
        )
    view = " ".join(f"{part:.2f}" for part in (x, y, width, height))
    return {"view": view, "rooms": drawn, "font": f"{FONT_PX * k:.2f}"}


def _map_told(one: RadioMap) -> dict:
    return {
        "map": one,
        "right": None if one.accuracy is None else round(one.accuracy * one.held_out),
        "may_return": one.state in {RadioMap.State.KEPT, RadioMap.State.ROLLED_BACK},
        "needs_reason": one.state == RadioMap.State.REJECTED,
    }


def _in_use(active: RadioMap | None, judged: list[RadioMap]) -> dict | None:
    """Rooms named right by what is in use, of how many held-out labels; None where unknown."""
    if active and active.accuracy is not None:
        accuracy, n = active.accuracy, active.held_out
    else:
        geometry = next((one for one in judged if one.before_id is None), None)
        if active or geometry is None:
            return None
        accuracy, n = geometry.before_accuracy, geometry.held_out
    return {"right": round(accuracy * n), "n": n, "percent": round(100 * accuracy)} if n else None


def _curve(active: RadioMap | None, judged: list[RadioMap]) -> dict | None:
    """Stated beside true probability of the map in use, as drawing and as rows."""
    bins, error = (active.bins, active.calibration_error) if active else ([], None)
    if not active:
        geometry = next((one for one in judged if one.before_id is None), None)
        if geometry:
            bins, error = geometry.before_bins, geometry.before_calibration_error
    rows = [
        {
            "stated": round(100 * stated),
            "right": round(100 * right),
            "n": count,
            "x": f"{stated * CURVE_PX:.1f}",
            "y": f"{CURVE_PX * (1 - right):.1f}",
            "r": f"{min(10.0, 3.0 + count**0.5):.1f}",
        }
        for count, stated, right in bins
        if count
    ]
    if not rows:
        return None
    return {
        "rows": rows,
        "line": " ".join(f"{row['x']},{row['y']}" for row in rows),
        "error": f"{error:.2f}",
    }
