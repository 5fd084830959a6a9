"""What cleaners see: the rooms to clean, those that somebody waits for first. The sign of the room,
scanned into the field, begins the clean and ends it."""

from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from hims.actions import cleaning
from hims.domain.rooms import State
from hims.errors import Finding, Refused
from hims.models import CleaningTask
from hims.queries.rooms import Room, to_clean
from hims.wire import own_codes

from .form import fresh_key, once
from .page import page
from .rooms import fragment_or, room_pages
from .rooms_buttons import tile
from .rooms_presses import done_press, refused_press


@page("cleaning.view")
@require_GET
def cleaning_list(request):
    """The list, for a phone in one hand."""
    now = timezone.now()
    context = {
        "now": now,
        "tiles": [tile(room, request.user) for room in to_clean(request.user, now)],
        "room_pages": room_pages(request.user),
        "names_tickets": request.user.may("flow.view"),
        "key": fresh_key(),
    }
    template = fragment_or(request, "hims/cleaning.html", "hims/cleaning_list.html")
    return render(request, template, context)


@page("cleaning.done")
@require_POST
def scanned(request):
    """A room's sign was scanned: what waits there is begun, what is under way is done and ready."""
    try:
        room = _meant(request, request.POST.get("code", ""))
        under_way = room.task is not None and room.task.status == CleaningTask.Status.IN_PROGRESS
        asked = {"space": room.row, "source": "scan"}
        if under_way:
            once(request, cleaning.cleaning_done, word=lambda d: {}, ready=True, **asked)
        else:
            once(request, cleaning.start_cleaning, word=lambda d: {}, **asked)
    except Refused as refused:
        return refused_press(request, refused)
    words = _("%(room)s is clean and ready.") if under_way else _("%(room)s: cleaning has begun.")
    return done_press(request, words % {"room": room.row}, room.row)


def _meant(request, text: str) -> Room:
    """The space of the room with this sign that there is something to clean in: the one under way
    first, else the only one that waits."""
    text = text.strip()[:200]
    own = own_codes.parsed(text)
    code = own[1] if own and own[0] == "zone" else text
    here = [
        room
        for room in to_clean(request.user, timezone.now())
        if code in (room.row.zone.code, room.row.code)
    ]
    if not here:
        raise Refused(
            Finding("nothing_to_clean", _("Nothing waits to be cleaned there."), field="code")
        )
    running = [room for room in here if room.state is State.CLEANING]
    mine = [room for room in running if room.task and room.task.claimed_by_id == request.user.pk]
    if len(mine or running or here) > 1:
        raise Refused(Finding("several", _("Several spaces wait there. Choose one in the list.")))
    return (mine or running or here)[0]
