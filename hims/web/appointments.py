"""Appointments on pages: the day by person or room, one appointment, and what is pressed there."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.contrib import messages
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from hims import subjects
from hims.access.scopes import the_one
from hims.action import look
from hims.actions import booking
from hims.actions.appointments import EARLIEST_CHECK_IN, LATE_AFTER
from hims.errors import Finding, Invalid, Refused
from hims.models import Appointment, Milestone, Patient, Schedule
from hims.queries import appointments as queries
from hims.queries.slots import free_slots, who_fits
from hims.queries.timeline import timeline

from .form import fresh_key, once
from .page import page

Status = Appointment.Status
OFFERED = 8


@dataclass(frozen=True)
class Row:
    """An appointment as a row shows it. who: the patient, None where the viewer may not know.
    late: they should be here, and nobody has said whether they are. comes: it is the day on which
    they can be checked in."""

    one: Appointment
    who: Patient | None
    late: bool
    comes: bool


@page("appointments.view")
@require_GET
def day(request):
    """A day's appointments by person or by room; those who have not come yet first."""
    return _day(request)


def _day(request, findings: Iterable[Finding] = (), choices: Iterable[Appointment] = ()):
    now = timezone.now()
    asked = request.GET
    shown = _asked_day(asked.get("day", ""), now)
    by = "room" if asked.get("by") == "room" else "person"
    who = _whose(request, asked.get("who"))
    everything = list(queries.on_day(request.user, shown))
    rows = rows_of(request, everything, now)
    if who == "mine":
        rows = [row for row in rows if row.one.practitioner_id == request.user.staff.pk]
    context = {
        "now": now,
        "day": shown,
        "is_today": shown == timezone.localdate(now),
        "before": shown - timedelta(days=1),
        "after": shown + timedelta(days=1),
        "by": by,
        "who": who,
        "has_own": _practises(request.user),
        "groups": _groups(rows, by),
        "late": [row for row in rows if row.late],
        "findings": findings,
        "choices": rows_of(request, choices, now),
        "key": fresh_key(),
        "here": f"{request.path}?day={shown.isoformat()}&by={by}&who={who}",
        **_may(request.user),
    }
    if request.htmx and not request.htmx.history_restore_request:
        return render(request, "hims/appointments_day.html", context)
    _looked_at(request, rows, now)
    return render(request, "hims/appointments.html", context, status=409 if findings else 200)


@page("appointments.view")
@require_GET
def one(request, uid):
    """One appointment: its code, what can be done with it, and what became of it."""
    return _shown(request, _found(request, uid))


def _shown(request, found: Appointment, findings: Iterable[Finding] = ()):
    now = timezone.now()
    viewer = request.user
    (row,) = rows_of(request, [found], now)
    _looked_at(request, [row], now)
    movable = found.status in (Status.BOOKED, Status.NO_SHOW)
    free = found.status == Status.CANCELLED and found.period.lower > now
    context = {
        "row": row,
        "now": now,
        "code": queries.code_of(found),
        "movable": movable,
        "cancellable": found.status in (Status.BOOKED, Status.ARRIVED) and not found.began_at,
        "slots": _other_times(viewer, found, now) if movable else [],
        "fits": _who_would_come(viewer, found) if free else [],
        "changes": timeline(found, viewer=viewer),
        "findings": findings,
        "key": fresh_key(),
        "here": request.path
        if request.method == "GET"
        else reverse("appointment", args=[found.uid]),
        **_may(viewer),
    }
    return render(request, "hims/appointment.html", context, status=409 if findings else 200)


@page("appointment.check_in")
@require_POST
def check_in_by_code(request):
    """A letter's code or a wristband checks in; with several appointments today one chooses."""
    text = request.POST.get("code", "").strip()[:200]
    now = timezone.now()
    try:
        waiting = _meant_by(request, text, now)
        if len(waiting) > 1:
            return _day(request, choices=waiting)
        _press(request, booking.check_in_patient, waiting[0], source=Milestone.Source.SCAN)
    except Refused as refused:
        return _day(request, findings=refused.findings)
    messages.success(request, _("Checked in. They wait to be called."))
    return redirect(_back(request))


@page("appointment.check_in")
@require_POST
def check_in(request, uid):
    return _pressed(request, uid, booking.check_in_patient, _("Checked in."))


@page("appointment.change")
@require_POST
def begin(request, uid):
    return _pressed(request, uid, booking.begin_appointment, _("It has begun."))


@page("appointment.change")
@require_POST
def end(request, uid):
    return _pressed(request, uid, booking.end_appointment, _("Done."))


@page("appointment.change")
@require_POST
def no_show(request, uid):
    said = _("Noted: they did not come. If they do, check them in.")
    return _pressed(request, uid, booking.say_no_show, said)


@page("appointment.change")
@require_POST
def cancel(request, uid):
    """Cancelled, with why; of a series, also all later ones."""
    found = _found(request, uid)
    action = booking.cancel_from_here if request.POST.get("later") else booking.cancel_appointment
    try:
        _press(request, action, found, reason=request.POST.get("reason", "").strip()[:200])
    except Refused as refused:
        return _shown(request, found, findings=refused.findings)
    messages.success(request, _("Cancelled. The time is free again."))
    return redirect("appointment", uid=uid)


@page("appointment.change")
@require_POST
def reschedule(request, uid):
    """To one of the free times shown, or to any other time."""
    found = _found(request, uid)
    try:
        asked = asked_time(request, found)
        kept = _press(request, booking.reschedule_appointment, found, **asked)
    except Refused as refused:
        return _shown(request, found, findings=named(refused))
    messages.success(request, _("Moved."))
    return redirect("appointment", uid=kept["id"])


# --- shared with the booking page -----------------------------------------------------------------


def rows_of(request, found: Iterable[Appointment], now: datetime) -> list[Row]:
    """Appointments as rows; a name only where the viewer may know it."""
    found = list(found)
    known = queries.known_patients(request.user, {one.patient_id for one in found})
    return [
        Row(
            one,
            one.patient if one.patient_id in known else None,
            one.status == Status.BOOKED and one.period.lower + LATE_AFTER <= now,
            one.period.lower - EARLIEST_CHECK_IN <= now <= one.period.upper + EARLIEST_CHECK_IN,
        )
        for one in found
    ]


def asked_time(request, moved: Appointment | None = None) -> dict:
    """begins, practitioner and zone of the slot that was pressed, or of the free time typed.

    A slot reads BEGINS~PRACTITIONER~ZONE; "free" stands for the fields begins, who and where.
    Raises Invalid for what is none.
    """
    pressed = request.POST.get("slot", "")[:200]
    if pressed == "free":
        parts = [
            request.POST.get("begins", "")[:40],
            request.POST.get("who", "")[:40],
            request.POST.get("where", "")[:40],
        ]
    else:
        parts = [*pressed.split("~"), "", ""][:3]
    asked = {"begins": _begins(parts[0])}
    if moved is None or parts[1] or parts[2]:
        asked["practitioner"] = queries.practitioner(request.user, parts[1]) if parts[1] else None
        asked["zone"] = queries.room(request.user, parts[2]) if parts[2] else None
    return asked


def named(refused: Refused) -> list[Finding]:
    """The findings, and of what stands in the way as much as the viewer may know."""
    told = list(refused.findings)
    for other in refused.alternatives:
        who = other["patient"] or _("a patient you do not care for")
        text = _("It is %(service)s for %(who)s.") % {"service": other["service"], "who": who}
        told.append(Finding("other", text))
    return told


def slot_value(slot) -> str:
    """What the button of a free time sends."""
    who = slot.practitioner.uid if slot.practitioner else ""
    return f"{slot.begins.isoformat()}~{who}~{slot.zone.uid if slot.zone else ''}"


def _begins(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise Invalid(Finding("bad_time", _("Say when."), field="begins")) from None
    if timezone.is_aware(at):
        return at
    home = queries.moment_here(at)
    if home is None:
        text = _("The clocks change then: this time does not exist.")
        raise Invalid(Finding("no_such_time", text, field="begins"))
    return home


# --- the rest -------------------------------------------------------------------------------------


def _pressed(request, uid, action, said: str):
    try:
        _press(request, action, _found(request, uid))
    except Refused as refused:
        return _shown(request, _found(request, uid), findings=refused.findings)
    messages.success(request, said)
    return redirect(_back(request))


def _press(request, action, found: Appointment, **asked) -> dict:
    def word(result) -> dict:
        return {"id": str(result.uid if isinstance(result, Appointment) else found.uid)}

    kept, _repeated = once(request, action, word=word, appointment=found, **asked)
    return kept


def _meant_by(request, text: str, now: datetime) -> list[Appointment]:
    """The appointments of today that a code can check in."""
    found = subjects.find(text) if text else None
    mine = queries.appointments(request.user)
    if found and found.kind == "appointment":
        return list(mine.filter(pk=found.thing.pk))
    if found is None or found.kind != "patient":
        raise Refused(Finding("unknown_code", _("This is no wristband and no appointment's code.")))
    today = queries.on_day(request.user, timezone.localdate(now))
    waiting = today.filter(patient=found.thing, status__in=[Status.BOOKED, Status.NO_SHOW])
    if not waiting:
        raise Refused(Finding("none_today", _("They have no appointment left today.")))
    return list(waiting)


def _found(request, uid) -> Appointment:
    return the_one(request.user, queries.appointments(request.user), uid=uid)


def _back(request) -> str:
    back = request.POST.get("back", "")
    ours = url_has_allowed_host_and_scheme(back, allowed_hosts=None)
    home = reverse("appointments")
    return back if ours and back.startswith(home) else home


def _asked_day(text: str, now: datetime) -> date:
    today = timezone.localdate(now)
    try:
        asked = date.fromisoformat(text)
    except ValueError:
        return today
    return asked if abs(asked - today) < timedelta(days=7000) else today


def _practises(viewer) -> bool:
    staff = getattr(viewer, "staff", None)
    return bool(staff) and Schedule.objects.filter(practitioner=staff).exists()


def _whose(request, asked: str | None) -> str:
    if asked in ("mine", "all"):
        return asked if getattr(request.user, "staff", None) else "all"
    return "mine" if _practises(request.user) else "all"


def _groups(rows: list[Row], by: str) -> list[tuple[str, list[Row]]]:
    groups: dict[str, list[Row]] = {}
    for row in rows:
        of = row.one.zone if by == "room" else row.one.practitioner
        nobody = _("No room") if by == "room" else _("No person")
        groups.setdefault(of.name if of else nobody, []).append(row)
    return sorted(groups.items())


def _looked_at(request, rows: list[Row], now: datetime) -> None:
    seen = list({row.who.pk: row.who for row in rows if row.who}.values())
    if seen:
        look(viewer=request.user, now=now, what="appointment.look", things=seen)


def _may(viewer) -> dict:
    return {
        "may_check_in": viewer.may("appointment.check_in"),
        "may_change": viewer.may("appointment.change"),
        "may_book": viewer.may("appointment.book"),
        "may_wait": viewer.may("waiting_list.change"),
    }


def _other_times(viewer, found: Appointment, now: datetime) -> list[tuple[str, object]]:
    free = free_slots(viewer, found.service, now=now, patient=found.patient, most=OFFERED)
    return [(slot_value(slot), slot) for slot in free]


def _who_would_come(viewer, found: Appointment) -> list:
    fits = who_fits(
        viewer,
        service=found.service,
        begins=found.period.lower,
        ends=found.period.upper,
        practitioner=found.practitioner,
    )
    return list(fits)[:5]
