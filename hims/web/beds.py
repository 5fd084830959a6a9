"""The bed board of the whole hospital: who waits for a bed, and every space by department.

A patient is dragged to a space, or given one by the button beside their name.
"""

from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from hims.domain.rooms import State
from hims.queries.rooms import rooms_now, spaces, waiting_for_bed

from .form import fresh_key
from .page import page
from .rooms import fragment_or, log_names, room_pages
from .rooms_buttons import tile


@page("flow.view")
@require_GET
def bed_board(request):
    """Departments with their spaces, and beside them who waits."""
    now = timezone.now()
    found = rooms_now(request.user, now, spaces(request.user))
    waiting = waiting_for_bed(request.user, now)
    log_names(request, [*found, *waiting])
    ready = [room for room in found if room.state is State.READY]
    departments: dict = {}
    for room in found:
        departments.setdefault(room.row.department, []).append(tile(room, request.user))
    context = {
        "now": now,
        "departments": [
            {"department": department, "tiles": tiles, "ready": _ready(tiles)}
            for department, tiles in sorted(departments.items(), key=lambda one: one[0].name)
        ],
        "waiting": [
            {
                "one": one,
                "fits": [room for room in ready if one.fits(room.row)],
                "others": [room for room in ready if not one.fits(room.row)],
            }
            for one in waiting
        ],
        "room_pages": room_pages(request.user),
        "may_give": request.user.may("bed_space.reserve"),
        "key": fresh_key(),
    }
    return render(request, fragment_or(request, "hims/beds.html", "hims/beds_list.html"), context)


def _ready(tiles: list[dict]) -> int:
    return sum(one["room"].state is State.READY for one in tiles)
