"""Who waits for an appointment: the list, whom to ask for a time that became free, the answer."""

from datetime import date

from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from hims.access.scopes import the_one
from hims.action import look
from hims.actions import waiting_list as actions
from hims.errors import Finding, Invalid, Refused
from hims.models import WaitingListEntry
from hims.queries import appointments as queries
from hims.queries.slots import freed, waiting, who_fits

from .appointments import asked_time, named
from .form import fresh_key, once
from .page import page

TIMES_SHOWN, ASKED_FIRST = 20, 3


@page("appointments.view")
@require_GET
def waiting_page(request):
    """Times that became free with whom to ask, then all who wait."""
    return _shown(request)


def _shown(request, findings=()):
    viewer, now = request.user, timezone.now()
    entries = list(waiting(viewer))
    known = queries.known_patients(viewer, {one.patient_id for one in entries})
    times = []
    for gone in freed(viewer, now)[:TIMES_SHOWN]:
        fits = who_fits(
            viewer,
            service=gone.service,
            begins=gone.period.lower,
            ends=gone.period.upper,
            practitioner=gone.practitioner,
        )
        if first := list(fits)[:ASKED_FIRST]:
            times.append((gone, first))
    seen = {one.patient_id: one.patient for one in entries if one.patient_id in known}
    if seen:
        look(viewer=viewer, now=now, what="appointment.look", things=list(seen.values()))
    context = {
        "now": now,
        "entries": entries,
        "known": known,
        "times": times,
        "findings": findings,
        "key": fresh_key(),
        "may_wait": viewer.may("waiting_list.change"),
        "may_book": viewer.may("appointment.book"),
    }
    return render(
        request, "hims/appointment_waiting.html", context, status=409 if findings else 200
    )


@page("waiting_list.change")
@require_POST
def add(request):
    """Put a patient on the list, from the booking page."""
    posted = request.POST
    try:
        patient = queries.bookable(request.user, posted.get("patient", "")[:120])
        service = queries.services(request.user).filter(code=posted.get("service", "")[:40]).first()
        if patient is None or service is None:
            raise Invalid(Finding("incomplete", _("Say who comes, and for what.")))
        urgency = posted.get("urgency", "2")
        _acted(
            request,
            actions.wait_for,
            patient=patient,
            service=service,
            earliest=_day(posted.get("earliest", "")) or timezone.localdate(),
            latest=_day(posted.get("latest", "")),
            urgency=int(urgency) if urgency in ("1", "2", "3") else 0,
            note=posted.get("note", "")[:200],
        )
    except Refused as refused:
        return _shown(request, findings=refused.findings)
    messages.success(request, _("On the waiting list."))
    return redirect("appointment-waiting")


@page("waiting_list.change")
@require_POST
def offer(request, uid):
    """Somebody asks the patient now."""
    return _pressed(request, uid, actions.offer, _("Offered. Say what they answered."), timed=True)


@page("waiting_list.change")
@require_POST
def accept(request, uid):
    return _pressed(request, uid, actions.accept, _("Booked."))


@page("waiting_list.change")
@require_POST
def decline(request, uid):
    return _pressed(request, uid, actions.decline, _("They wait on."))


@page("waiting_list.change")
@require_POST
def withdraw(request, uid):
    return _pressed(request, uid, actions.withdraw, _("Taken off the list."))


def _pressed(request, uid, action, said: str, *, timed: bool = False):
    entry = the_one(request.user, WaitingListEntry.objects.all(), uid=uid)
    try:
        _acted(request, action, entry=entry, **(asked_time(request) if timed else {}))
    except Refused as refused:
        return _shown(request, findings=named(refused))
    messages.success(request, said)
    return redirect("appointment-waiting")


def _acted(request, action, **asked) -> None:
    once(request, action, word=lambda entry: {"id": str(entry.uid)}, **asked)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
