"""What is pressed on a room: each button is one address, one permission and one action."""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from hims.access.scopes import the_one
from hims.actions import cleaning, departments, rooms_by_people
from hims.errors import Finding, Refused
from hims.models import BedSpace, Encounter

from .form import fresh_key, once
from .page import page

BACK = {"rooms": "rooms", "beds": "beds", "cleaning": "cleaning"}
"""The pages that a press can come from."""

Asked = Callable[..., dict]


def press(permission: str, action: Callable, asked: Asked = lambda request: {}) -> Callable:
    """A button of a room's tile; `asked(request)` is what goes with it besides the space."""

    @page(permission)
    @require_POST
    def pressed(request, uid):
        space = the_one(request.user, BedSpace.objects.select_related("zone"), uid=uid)
        try:
            once(request, action, word=lambda done: {}, space=space, **asked(request))
        except Refused as refused:
            return refused_press(request, refused)
        space.refresh_from_db()
        words = _("%(room)s: %(state)s.") % {"room": space, "state": space.get_state_display()}
        undone = action is rooms_by_people.take_back
        return done_press(request, words, None if undone else space)

    return pressed


def _typed(*fields: str) -> Asked:
    return lambda request: {field: request.POST.get(field, "").strip()[:200] for field in fields}


def _visit(request) -> dict:
    """The visit named in the form, and why it goes against a warning, if a reason is given."""
    visits = Encounter.objects.select_related("patient", "department")
    visit = the_one(request.user, visits, uid=request.POST.get("visit", ""))
    return {"encounter": visit, "reason": request.POST.get("reason", "").strip()[:200]}


def _ticked(field: str) -> Asked:
    return lambda request: {field: request.POST.get(field) == "1"}


reserve = press("bed_space.reserve", rooms_by_people.reserve, _visit)
occupy = press("bed_space.occupy", rooms_by_people.occupy, _visit)
release = press("bed_space.release", rooms_by_people.release)
left = press("bed_space.left", rooms_by_people.left, _typed("reason"))
away = press("bed_space.away", rooms_by_people.away, _typed("to"))
back = press("bed_space.back", rooms_by_people.back)
ready = press("bed_space.ready", cleaning.call_ready)
block = press("bed_space.block", rooms_by_people.block, _typed("reason"))
unblock = press("bed_space.unblock", rooms_by_people.unblock)
undo = press("bed_space.undo", rooms_by_people.take_back)
open_space = press("bed_space.open", departments.open_space)
close_space = press("bed_space.close", departments.close_space)
request_cleaning = press("cleaning.request", cleaning.request_cleaning, _ticked("isolation"))
claim = press("cleaning.claim", cleaning.claim_cleaning)
give_up = press("cleaning.claim", cleaning.give_up_cleaning)
start = press("cleaning.start", cleaning.start_cleaning)
done = press("cleaning.done", cleaning.cleaning_done, _ticked("ready"))


@page("bed_space.open")
@require_POST
def extra(request, uid):
    """One more, temporary space in the room of this one, and why."""
    space = the_one(request.user, BedSpace.objects.select_related("zone"), uid=uid)
    reason = request.POST.get("reason", "").strip()[:200]
    try:
        made, _repeated = once(
            request,
            departments.add_extra_space,
            word=lambda made: {"name": made.name},
            zone=space.zone,
            reason=reason,
        )
    except Refused as refused:
        return refused_press(request, refused)
    return done_press(request, _("%(room)s is open.") % {"room": made["name"]}, None)


@page("bed_space.reserve")
@require_POST
def give(request):
    """The bed board: a patient who waits is given a space, by dragging or by the button."""
    try:
        if not request.POST.get("space"):
            raise Refused(Finding("no_space", _("Choose a space first."), field="space"))
        space = the_one(request.user, BedSpace.objects.all(), uid=request.POST["space"])
        asked = _visit(request)
        once(
            request,
            rooms_by_people.reserve,
            word=lambda given: {},
            space=space,
            **asked,
        )
    except Refused as refused:
        return refused_press(request, refused)
    words = _("%(room)s is held for %(who)s for half an hour.")
    return done_press(request, words % {"room": space, "who": asked["encounter"]}, space)


def done_press(request, sentence: str, space: BedSpace | None) -> HttpResponse:
    """Said where all messages stand, with the way back; the page then shows what is now."""
    if not request.htmx:
        messages.success(request, sentence)
        return redirect(_came_from(request))
    context = {
        "sentence": sentence,
        "space": space if space and request.user.may("bed_space.undo") else None,
        "key": fresh_key(),
        "back": request.POST.get("back", ""),
    }
    answer = render(request, "hims/rooms_said.html", context)
    answer["HX-Trigger"] = "hims:changed"
    return answer


def refused_press(request, refused: Refused) -> HttpResponse:
    """What is in the way, what could be taken instead, and that nothing was changed."""
    findings = [
        *refused.findings,
        *(
            Finding("instead", _("Ready instead: %(room)s") % {"room": other["name"]})
            for other in refused.alternatives
            if "name" in other
        ),
    ]
    context = {
        "sentence": _("Nothing was changed."),
        "findings": findings,
        "back": _came_from(request),
    }
    whole = "hims/said.html" if request.htmx else "hims/rooms_refused.html"
    answer = render(request, whole, context, status=409)
    answer["HX-Trigger"] = "hims:refused"
    return answer


def _came_from(request) -> str:
    return reverse(BACK.get(request.POST.get("back", ""), "rooms"))
