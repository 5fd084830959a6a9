"""The room board: each room of a floor with its state, why it is not ready, and what helps."""

from itertools import groupby
from uuid import UUID

from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from hims.access.scopes import visible_to
from hims.action import look
from hims.models import Department, Floor, Patient
from hims.queries.rooms import Room, rooms_now, spaces

from .form import fresh_key
from .page import page
from .rooms_buttons import tile

PAGES = (
    ("rooms", gettext_lazy("Rooms"), "rooms.view"),
    ("beds", gettext_lazy("Beds"), "flow.view"),
    ("cleaning", gettext_lazy("Cleaning"), "cleaning.view"),
)


@page("rooms.view")
@require_GET
def room_board(request):
    """Rooms by floor and department; `wall=1` for a screen that nobody touches."""
    now = timezone.now()
    floor, department = request.GET.get("floor", ""), request.GET.get("department", "")
    shown = spaces(request.user, closed=True)
    floors = visible_to(request.user, Floor.objects.filter(zones__bed_spaces__isnull=False))
    if floor:
        shown = shown.filter(zone__floor__uid=floor) if _is_uid(floor) else shown.none()
    if department:
        shown = shown.filter(department__code=department)
    found = rooms_now(request.user, now, shown)
    context = {
        **rooms_context(request, found),
        "floors": floors.distinct().select_related("building").order_by("building__code", "level"),
        "departments": visible_to(
            request.user, Department.objects.filter(active=True, bed_spaces__isnull=False)
        )
        .distinct()
        .order_by("name"),
        "floor": floor,
        "department": department,
        "wall": bool(request.GET.get("wall")),
        "room_pages": room_pages(request.user),
    }
    return render(request, fragment_or(request, "hims/rooms.html", "hims/rooms_list.html"), context)


def rooms_context(request, found: list[Room]) -> dict:
    """Tiles by floor and department, what is closed, and how many are in which state. That
    patients' names were shown is kept."""
    now = timezone.now()
    log_names(request, found)
    open_now = [room for room in found if room.row.active]
    groups = [
        {"floor": floor, "department": department, "tiles": [tile(r, request.user) for r in rooms]}
        for (floor, department), rooms in groupby(
            open_now, key=lambda room: (room.row.zone.floor, room.row.department)
        )
    ]
    counts = {}
    for group in groups:
        for one in group["tiles"]:
            key = (one["look"], str(one["word"]))
            counts[key] = counts.get(key, 0) + 1
    return {
        "now": now,
        "groups": groups,
        "closed": [room for room in found if not room.row.active],
        "may_open": request.user.may("bed_space.open"),
        "counts": [(look_, word, n) for (look_, word), n in sorted(counts.items())],
        "key": fresh_key(),
        "query": request.GET.urlencode(),
    }


def room_pages(viewer) -> list[tuple[str, object]]:
    """Which of the pages about rooms the viewer may open, for the row of links on each of them."""
    return [(reverse(name), word) for name, word, needs in PAGES if viewer.may(needs)]


def log_names(request, found) -> None:
    """Each patient whose name is shown was looked at; a refresh of an open page is no new look."""
    known = [Patient(uid=one.patient) for one in found if one.patient]
    if known and not request.htmx:
        look(viewer=request.user, now=timezone.now(), what="rooms.look", things=known)


def fragment_or(request, whole: str, fragment: str) -> str:
    """The template to show: the part that is live, or the page around it."""
    partly = request.htmx and not request.htmx.history_restore_request
    return fragment if partly else whole


def _is_uid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
