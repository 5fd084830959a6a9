"""What is pressed on the board: the next step of a patient or a room, an answer to a suggestion."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from hims.access.scopes import the_one
from hims.actions import cleaning, next_steps, rooms_by_people, suggestions
from hims.actions.encounters import arrive_or_reopen, patient_left, set_disposition, triage
from hims.actions.milestones import correct_milestone, say_milestone, take_back_milestone
from hims.errors import Finding, Refused
from hims.models import BedSpace, Encounter, Milestone
from hims.queries.board import board

from .board import TriageForm, panel
from .form import once
from .page import page

Kind = Milestone.Kind
AT_ONCE = {
    "arrive": (arrive_or_reopen, {}),
    "bring_to_room": (next_steps.bring_to_room, {}),
    "see_patient": (say_milestone, {"kind": Kind.PROVIDER}),
    "read_results": (next_steps.read_results, {}),
    "let_leave": (patient_left, {}),
    "request_bed": (say_milestone, {"kind": Kind.BED_REQUESTED}),
    "bring_to_ward": (next_steps.leave_for_ward, {}),
}
ROOMS = {
    "confirm_empty": (rooms_by_people.left, {}),
    "call_cleaner": (cleaning.claim_cleaning, {}),
    "start_cleaning": (cleaning.start_cleaning, {}),
    "finish_cleaning": (cleaning.cleaning_done, {"ready": True}),
    "say_ready": (cleaning.call_ready, {}),
    "look": (cleaning.call_ready, {}),
    "release": (rooms_by_people.release, {}),
    "unblock": (rooms_by_people.unblock, {}),
}


@page("flow.view")
@require_POST
def next_step(request, uid):
    """The one button of a patient's row."""
    encounter = _the_visit(request, uid)
    word = request.POST.get("action", "")
    try:
        if word == "give_room":
            return _give_best(request, encounter)
        if word not in AT_ONCE:
            raise _no_such_step()
        action, asked = AT_ONCE[word]
        _once(request, action, encounter=encounter, **asked)
    except Refused as refused:
        return _refused(request, refused)
    return _said(request, encounter, _("%(who)s: noted.") % {"who": encounter})


@page("flow.view")
@require_POST
def room_step(request, uid):
    """The one button of a room's row: what helps it to be ready."""
    space = the_one(request.user, BedSpace.objects.all(), uid=uid)
    try:
        if request.POST.get("action", "") not in ROOMS:
            raise _no_such_step()
        action, asked = ROOMS[request.POST["action"]]
        _once(request, action, space=space, **asked)
    except Refused as refused:
        return _refused(request, refused)
    return _said(request, space, _("%(room)s: noted.") % {"room": space})


@page("suggestion.answer")
@require_POST
def answer(request):
    """The suggested room is given to the suggested patient, or not and why."""
    encounter = _the_visit(request, request.POST.get("visit", ""))
    space = the_one(request.user, BedSpace.objects.all(), uid=request.POST.get("space", ""))
    asked = {"encounter": encounter, "space": space, "reasons": _reasons(request, encounter, space)}
    try:
        if "no" in request.POST:
            why = request.POST.get("reason", "").strip()[:200]
            _once(request, suggestions.refuse_room, reason=why, **asked)
            return _said(request, encounter, _("Noted. The next best is suggested."))
        _once(request, suggestions.give_room, **asked)
    except Refused as refused:
        return _refused(request, refused)
    return _given(request, encounter, space.name)


@page("encounter.milestone")
@require_POST
def triage_visit(request, uid):
    """Urgency, complaint and what the room must have: two taps and a few words."""
    encounter = _the_visit(request, uid)
    form = TriageForm(request.POST)
    if not form.is_valid():
        unclear = Finding("unclear", _("Choose how urgent it is, 1 to 5."))
        return panel(request, uid, findings=[unclear], status=400, triage=form)
    return _from_panel(request, uid, triage, encounter=encounter, **form.cleaned_data)


@page("encounter.milestone")
@require_POST
def decide(request, uid):
    """Where the patient goes from here."""
    disposition = request.POST.get("disposition", "")
    encounter = _the_visit(request, uid)
    return _from_panel(request, uid, set_disposition, encounter=encounter, disposition=disposition)


@page("encounter.milestone")
@require_POST
def say(request, uid):
    """Something happened, now."""
    kind = request.POST.get("kind", "")
    if kind not in Kind.values:
        return panel(request, uid, findings=_no_such_step().findings, status=409)
    return _from_panel(request, uid, say_milestone, encounter=_the_visit(request, uid), kind=kind)


@page("encounter.end")
@require_POST
def has_left(request, uid):
    """The patient has physically left."""
    return _from_panel(request, uid, patient_left, encounter=_the_visit(request, uid))


@page("encounter.correct")
@require_POST
def correct(request, uid, number):
    """Another time for what was said, or it was wrong; the reason is kept with it."""
    encounter = _the_visit(request, uid)
    said = the_one(request.user, Milestone.objects.filter(encounter=encounter), pk=number)
    reason = request.POST.get("reason", "").strip()[:200]
    if "withdraw" in request.POST:
        return _from_panel(request, uid, take_back_milestone, milestone=said, reason=reason)
    at = _local_time(request.POST.get("at", ""))
    if at is None:
        unclear = Finding("no_time", _("Give the date and the time."), field="at")
        return panel(request, uid, findings=[unclear], status=400)
    return _from_panel(request, uid, correct_milestone, milestone=said, at=at, reason=reason)


def _give_best(request, encounter: Encounter):
    """The room that fits this patient best, of those that are ready now."""
    kept, _again = once(
        request,
        suggestions.give_best_room,
        word=lambda given: {"room": given.bed_space.name},
        encounter=encounter,
    )
    return _given(request, encounter, kept["room"])


def _given(request, encounter: Encounter, room: str):
    words = _("%(room)s is held for %(who)s for half an hour.")
    return _said(request, encounter, words % {"room": room, "who": encounter})


def _reasons(request, encounter: Encounter, space: BedSpace) -> list[dict]:
    """Why it was suggested, if it still is."""
    seen = board(viewer=request.user, department=encounter.department, now=timezone.now())
    found = seen.suggested
    if found and (found.visit.id, found.space.id) == (encounter.pk, space.pk):
        return suggestions.as_rows(found.reasons)
    return []


def _once(request, action, **asked) -> None:
    once(request, action, word=lambda result: {}, **asked)


def _from_panel(request, uid, action, **asked):
    """Run an action of the panel; what is refused is shown there, else the board is next."""
    try:
        _once(request, action, **asked)
    except Refused as refused:
        return panel(request, uid, findings=refused.findings, status=409)
    back = request.POST.get("back", "")
    return redirect(f"{reverse('board')}?department={back}" if back else "board")


def _said(request, thing, sentence: str) -> HttpResponse:
    """Said in place, and the page is told which row changed; without scripts, the board again."""
    if not request.htmx:
        code = request.POST.get("back", "")
        return redirect(f"{reverse('board')}?department={code}" if code else "board")
    answer = render(request, "hims/board_said.html", {"sentence": sentence})
    answer["HX-Trigger"] = f'{{"hims:board": {{"id": "{thing.uid}"}}}}'
    return answer


def _refused(request, refused: Refused) -> HttpResponse:
    context = {"sentence": _("Nothing was changed."), "findings": refused.findings}
    return render(request, "hims/said.html", context, status=409)


def _the_visit(request, uid) -> Encounter:
    rows = Encounter.objects.select_related("department", "patient")
    return the_one(request.user, rows, uid=uid)


def _no_such_step() -> Refused:
    return Refused(Finding("no_step", _("There is no such step. Reload the page.")))


def _local_time(text: str):
    """A time typed into the page, in the hospital's zone; None for what is no time. In the hour
    that comes twice it is the first."""
    try:
        at = parse_datetime(text)
    except ValueError:
        return None
    if at is None:
        return None
    return timezone.make_aware(at) if timezone.is_naive(at) else at
