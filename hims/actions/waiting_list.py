"""Who waits for an appointment: put on the list, offered a time that became free, booked."""

from datetime import date, datetime, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _

from hims.action import action, step, touches
from hims.actions import appointments as steps
from hims.actions.timers import cancel_timer, set_timer
from hims.errors import Finding, Invalid, Refused
from hims.jobs import register_timer
from hims.live import announce
from hims.models import (
    Actor,
    Appointment,
    AppointmentService,
    Patient,
    Staff,
    Timer,
    WaitingListEntry,
    Zone,
)

OFFER_LASTS = timedelta(hours=2)  # then the next one may be asked
OFFER = "waiting_list.offer"
OPEN = (WaitingListEntry.Status.WAITING, WaitingListEntry.Status.OFFERED)
URGENCIES = range(1, 4)


@action("waiting_list.change")
def wait_for(
    *,
    actor: Actor,
    now: datetime,
    patient: Patient,
    service: AppointmentService,
    earliest: date,
    latest: date | None = None,
    practitioner: Staff | None = None,
    urgency: int = 2,
    note: str = "",
) -> WaitingListEntry:
    """The patient would take a time from `earliest` to `latest` (both included; None: any later).

    urgency: 1 is asked first, 3 last. Raises Refused when they wait for this service already.
    """
    if latest is not None and latest < earliest:
        raise Invalid(Finding("ends_before", _("It ends before it begins."), field="latest"))
    if urgency not in URGENCIES:
        raise Invalid(Finding("bad_urgency", _("Urgency is 1, 2 or 3."), field="urgency"))
    list(Patient.objects.select_for_update(no_key=True).filter(pk=patient.pk).values("pk"))
    if WaitingListEntry.objects.filter(patient=patient, service=service, status__in=OPEN).exists():
        raise Refused(
            Finding("waits_already", _("This patient waits for this already."), field="patient")
        )
    entry = WaitingListEntry(
        patient=patient,
        service=service,
        practitioner=practitioner,
        urgency=urgency,
        earliest=earliest,
        latest=latest,
        note=note.strip()[:200],
        added_at=now,
        added_by=actor,
    )
    return _kept(entry)


@action("waiting_list.change")
def offer(
    *,
    actor: Actor,
    now: datetime,
    entry: WaitingListEntry,
    begins: datetime,
    practitioner: Staff | None = None,
    zone: Zone | None = None,
) -> WaitingListEntry:
    """Somebody asks the patient whether they would come then. Held for nobody: whoever books first
    has it; without an answer the entry waits on after two hours."""
    entry = _locked(entry, (WaitingListEntry.Status.WAITING,))
    if begins <= now:
        raise Refused(Finding("past", _("This time is over."), field="begins"))
    day = timezone.localtime(begins).date()
    if day < entry.earliest or (entry.latest and day > entry.latest):
        raise Refused(Finding("not_wanted", _("The patient asked for other days."), field="begins"))
    entry.status = WaitingListEntry.Status.OFFERED
    entry.offered_at, entry.offered_begins_at = now, begins
    entry.offered_practitioner, entry.offered_zone = practitioner, zone
    known = {"entry": entry.pk}
    set_timer(kind=OFFER, due_at=now + OFFER_LASTS, subject=_subject(entry), payload=known)
    return _kept(entry)


@action("waiting_list.change")
def decline(*, actor: Actor, now: datetime, entry: WaitingListEntry) -> WaitingListEntry:
    """The patient cannot come then, or was not reached; they wait on."""
    entry = _locked(entry, (WaitingListEntry.Status.OFFERED,))
    entry.status = WaitingListEntry.Status.WAITING
    cancel_timer(kind=OFFER, subject=_subject(entry), now=now)
    return _kept(entry)


@action("waiting_list.change")
def accept(*, actor: Actor, now: datetime, entry: WaitingListEntry) -> WaitingListEntry:
    """The patient takes what was offered; a later appointment for the same thing is moved to it."""
    entry = _locked(entry, (WaitingListEntry.Status.OFFERED,))
    later = Appointment.objects.filter(
        patient=entry.patient,
        service=entry.service,
        status=Appointment.Status.BOOKED,
        period__startswith__gt=entry.offered_begins_at,
    ).first()
    asked = {
        "begins": entry.offered_begins_at,
        "practitioner": entry.offered_practitioner,
        "zone": entry.offered_zone,
        "actor": actor,
        "now": now,
    }
    if later:
        entry.appointment = steps.reschedule(appointment=later, **asked)
    else:
        entry.appointment = steps.book(patient=entry.patient, service=entry.service, **asked)
    entry.status = WaitingListEntry.Status.BOOKED
    cancel_timer(kind=OFFER, subject=_subject(entry), now=now)
    return _kept(entry)


@action("waiting_list.change")
def withdraw(
    *, actor: Actor, now: datetime, entry: WaitingListEntry, reason: str = ""
) -> WaitingListEntry:
    """The patient does not wait any more."""
    entry = _locked(entry, OPEN)
    entry.status = WaitingListEntry.Status.WITHDRAWN
    cancel_timer(kind=OFFER, subject=_subject(entry), now=now)
    return _kept(entry)


@step
def offer_ended(timer: Timer, now: datetime) -> None:
    """Nobody answered: the patient waits on, and the next may be asked."""
    rows = WaitingListEntry.objects.select_for_update(no_key=True)
    entry = rows.get(pk=timer.payload["entry"])
    if entry.status == WaitingListEntry.Status.OFFERED:
        entry.status = WaitingListEntry.Status.WAITING
        _kept(entry)


def _locked(entry: WaitingListEntry, allowed: tuple) -> WaitingListEntry:
    rows = WaitingListEntry.objects.select_for_update(of=("self",), no_key=True)
    rows = rows.select_related("patient", "service", "offered_practitioner", "offered_zone")
    entry = rows.get(pk=entry.pk)
    if entry.status not in allowed:
        text = _("This entry is %(state)s.") % {"state": entry.get_status_display()}
        raise Refused(Finding(f"is_{entry.status}", text))
    return entry


@step
def _kept(entry: WaitingListEntry) -> WaitingListEntry:
    entry.save()
    touches(entry, entry.patient)
    announce("appointment", [{"id": str(entry.uid), "status": entry.status}])
    return entry


def _subject(entry: WaitingListEntry) -> str:
    return f"waiting:{entry.uid}"


register_timer(OFFER, offer_ended)
