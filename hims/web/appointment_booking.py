"""To book on a page: whom, what, and one of the earliest free times; once, or again and again."""

from datetime import date

from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from hims.action import look
from hims.actions import booking
from hims.errors import Finding, Invalid, Refused
from hims.models import AppointmentSeries, Patient, Staff, Zone
from hims.queries import appointments as queries
from hims.queries.patients import search
from hims.queries.slots import free_slots, rooms_of, schedules

from .appointments import asked_time, named, slot_value
from .form import fresh_key, once
from .page import page

TIMES = 24


@page("appointment.book")
@require_http_methods(["GET", "POST"])
def book(request):
    """Step by step in one address: each choice is in it, so that one can go back."""
    viewer, now = request.user, timezone.now()
    asked = request.POST if request.method == "POST" else request.GET
    patient = (
        queries.bookable(viewer, asked.get("patient", "")[:120]) if "patient" in asked else None
    )
    service = queries.services(viewer).filter(code=asked.get("service", "")[:40]).first()
    findings: list[Finding] = []
    if request.method == "POST":
        try:
            if patient is None or service is None:
                raise Invalid(Finding("incomplete", _("Say who comes, and for what.")))
            return _booked(request, patient, service)
        except Refused as refused:
            findings = named(refused)
    context = {
        "now": now,
        "patient": patient,
        "service": service,
        "services": queries.services(viewer),
        "findings": findings,
        "about": asked.get("about", "")[:200],
        "key": fresh_key(),
        "units": AppointmentSeries.Unit.choices,
        "may_wait": viewer.may("waiting_list.change"),
        "today": timezone.localdate(now),
    }
    if patient is None:
        context |= _people_found(request, now)
    elif service is not None:
        context |= _times(request, patient, service, now)
    return render(request, "hims/appointment_book.html", context, status=409 if findings else 200)


def _people_found(request, now) -> dict:
    words = request.GET.get("q", "").strip()[:120]
    hits = search(request.user, words) if words else []
    if hits:
        seen = [hit.patient for hit in hits]
        look(viewer=request.user, now=now, what="patient.search", things=seen, reason=words)
    return {"words": words, "hits": hits}


def _times(request, patient: Patient, service, now) -> dict:
    """The earliest free times by day, from the day asked for, of one person if asked for."""
    viewer = request.user
    hours = [row for row in schedules(viewer) if row.service_id == service.pk]
    people = {row.practitioner for row in hours if row.practitioner}
    asked_who = request.GET.get("with", "")
    who = next((one for one in people if str(one.uid) == asked_who), None)
    first = _day(request.GET.get("from", ""))
    free = free_slots(
        viewer, service, now=now, first=first, practitioner=who, patient=patient, most=TIMES
    )
    by_day: dict[date, list] = {}
    for slot in free:
        day = timezone.localdate(slot.begins)
        by_day.setdefault(day, []).append((slot_value(slot), slot))
    return {
        "by_day": by_day.items(),
        "people": _by_name(people),
        "rooms": _by_name(rooms_of(viewer, service)),
        "who": who,
        "first": first or timezone.localdate(now),
    }


def _booked(request, patient: Patient, service):
    asked = {"patient": patient, "service": service, "about": request.POST.get("about", "")[:200]}
    asked |= asked_time(request)
    count = request.POST.get("count", "").strip()
    if count and count != "1":
        return _series_booked(request, asked, count)
    kept, _repeated = once(
        request, booking.book_appointment, word=lambda one: {"id": str(one.uid)}, **asked
    )
    messages.success(request, _("Booked."))
    return redirect("appointment", uid=kept["id"])


def _series_booked(request, asked: dict, count: str):
    numbers = [count, request.POST.get("every", "1")]
    if not all(text.isascii() and text.isdigit() and len(text) < 4 for text in numbers):
        raise Invalid(Finding("bad_series", _("Say how often.")))

    def word(made: booking.Series) -> dict:
        return {
            "id": str(made.booked[0].uid),
            "booked": len(made.booked),
            "missed": [f"{wall:%Y-%m-%d %H:%M}" for wall, _why in made.missed],
        }

    kept, _repeated = once(
        request,
        booking.book_series,
        word=word,
        every=int(numbers[1]),
        unit=request.POST.get("unit", "wk")[:2],
        count=int(numbers[0]),
        whole=not request.POST.get("part"),
        **asked,
    )
    said = ngettext("%(n)d time booked.", "%(n)d times booked.", kept["booked"])
    messages.success(request, said % {"n": kept["booked"]})
    if kept["missed"]:
        text = _("These did not fit: %(times)s.") % {"times": ", ".join(kept["missed"])}
        messages.warning(request, text)
    return redirect("appointment", uid=kept["id"])


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _by_name(some: set[Staff] | set[Zone]) -> list:
    return sorted(some, key=lambda one: (one.name, one.pk))
