"""What can happen to one appointment. Steps: people's actions and messages of other systems share
them (hims.actions.booking has the actions). What holds whom is in hims.actions.appointment_holds;
the visit that a patient comes for is an encounter of the service's department."""

from datetime import datetime, timedelta

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.utils import timezone
from django.utils.translation import gettext as _

from hims.action import step, touches
from hims.actions.encounters import arrive, begin_encounter, cancel_encounter, end_encounter
from hims.actions.milestones import locked as locked_visit
from hims.actions.milestones import note_milestone
from hims.actions.timers import cancel_timer, set_timer
from hims.errors import Finding, Invalid, Refused
from hims.jobs import register_timer
from hims.live import announce
from hims.models import (
    Actor,
    Appointment,
    AppointmentSeries,
    AppointmentService,
    Encounter,
    Milestone,
    Patient,
    Staff,
    Timer,
    Zone,
)

from .appointment_holds import check_bookable, check_free, kept, lock

LATE_AFTER = timedelta(minutes=15)  # then somebody is asked whether the patient came
LONGEST = timedelta(hours=24)
FARTHEST = timedelta(days=20 * 366)
EARLIEST_CHECK_IN = timedelta(hours=12)
RESCHEDULED = "rescheduled"
CANCELLABLE = (Appointment.Status.BOOKED, Appointment.Status.ARRIVED)
REMINDED = timedelta(hours=24)
LATE, REMIND = "appointment.late", "appointment.remind"
TAP = Milestone.Source.TAP


@step
def book(
    *,
    patient: Patient,
    service: AppointmentService,
    begins: datetime,
    actor: Actor,
    now: datetime,
    ends: datetime | None = None,
    practitioner: Staff | None = None,
    zone: Zone | None = None,
    reason: str = "",
    series: AppointmentSeries | None = None,
    rescheduled_from: Appointment | None = None,
    source_system: str = "",
    source_number: str = "",
) -> Appointment:
    """A new appointment [begins, ends); without `ends` as long as the service takes.

    What another system has booked (`source_system`) may lie in the past or in a closure: it was
    agreed there. Raises Invalid for an impossible time, Refused where somebody or something is
    held, naming the other as far as `actor` may know of it.
    """
    check_imaginable(begins, now)
    ends = ends or begins + timedelta(minutes=service.minutes)
    period = _period(begins, ends)
    patient = _goes_on(patient)
    if practitioner is None and zone is None:
        raise Invalid(
            Finding("nobody", _("Say with whom, or in which room."), field="practitioner")
        )
    lock(patient, practitioner, zone)
    if not source_system:
        check_bookable(service, patient, practitioner, zone, period, now)
    check_free(actor, period, patient, practitioner, zone)
    booked = Appointment(
        patient=patient,
        service=service,
        practitioner=practitioner,
        zone=zone,
        period=period,
        reason=reason,
        series=series,
        rescheduled_from=rescheduled_from,
        source_system=source_system,
        source_number=source_number,
        booked_by=actor,
        booked_at=now,
    )
    kept(booked, actor)
    touches(booked, patient)
    _watch(booked, now)
    _tell(booked)
    return booked


@step
def reschedule(
    *,
    appointment: Appointment,
    begins: datetime,
    actor: Actor,
    now: datetime,
    ends: datetime | None = None,
    practitioner: Staff | None = None,
    zone: Zone | None = None,
    reason: str = "",
) -> Appointment:
    """The same visit at another time: a new appointment; the old one says it was rescheduled.

    It stays as long, and with the same person and room, as it was, unless said otherwise. A
    number of another system goes on to the new one.
    """
    old = locked(appointment)
    _in_state(old, (Appointment.Status.BOOKED, Appointment.Status.NO_SHOW))
    check_imaginable(begins, now)
    ends = ends or begins + (old.period.upper - old.period.lower)
    system, number = old.source_system, old.source_number
    old.status = Appointment.Status.CANCELLED
    old.cancelled_at = now
    old.cancelled_why = RESCHEDULED
    old.source_number = ""
    old.save()
    _forget(old, now)
    same_parties = practitioner is None and zone is None
    new = book(
        patient=old.patient,
        service=old.service,
        begins=begins,
        ends=ends,
        practitioner=old.practitioner if same_parties else practitioner,
        zone=old.zone if same_parties else zone,
        reason=reason or old.reason,
        series=old.series,
        rescheduled_from=old,
        source_system=system,
        source_number=number,
        actor=actor,
        now=now,
    )
    touches(old)
    _tell(old)
    return new


@step
def cancel(*, appointment: Appointment, why: str, actor: Actor, now: datetime) -> Appointment:
    """It will not take place, and why; also after the patient came, not after it began."""
    one = locked(appointment)
    _in_state(one, CANCELLABLE)
    if one.began_at:
        raise Refused(Finding("began", _("This appointment has begun. End it instead.")))
    if not why.strip():
        raise Invalid(Finding("no_reason", _("Say why."), field="why"))
    visit = _visit(one)
    if visit and one.status == Appointment.Status.ARRIVED and not _others_here(one):
        cancel_encounter(encounter=visit, actor=actor, now=now, source=TAP, reason=why)
    one.status = Appointment.Status.CANCELLED
    one.cancelled_at = now
    one.cancelled_why = why.strip()[:200]
    return _changed(one, actor, now)


@step
def no_show(*, appointment: Appointment, actor: Actor, now: datetime) -> Appointment:
    """The patient did not come. A person says so; the clock only asks (see LATE_AFTER)."""
    one = locked(appointment)
    _in_state(one, (Appointment.Status.BOOKED,))
    if one.period.lower > now:
        raise Refused(Finding("not_yet", _("This appointment has not begun yet.")))
    one.status = Appointment.Status.NO_SHOW
    return _changed(one, actor, now)


@step
def check_in(
    *, appointment: Appointment, at: datetime, actor: Actor, now: datetime, source: str = TAP
) -> Appointment:
    """The patient came, at `at`: on the day itself, also when they were said not to have come.

    Their visit begins, or goes on if they have one in this department (an outpatient encounter).
    source: one of Milestone.Source.
    """
    one = locked(appointment)
    _in_state(one, (Appointment.Status.BOOKED, Appointment.Status.NO_SHOW))
    if one.period.lower - at > EARLIEST_CHECK_IN or at - one.period.upper > EARLIEST_CHECK_IN:
        day = timezone.localtime(one.period.lower).strftime("%Y-%m-%d %H:%M")
        raise Refused(
            Finding("another_day", _("This appointment is on %(day)s.") % {"day": day}, field="at")
        )
    if one.status == Appointment.Status.NO_SHOW:
        lock(one.patient, one.practitioner, one.zone)
        check_free(actor, one.period, one.patient, one.practitioner, one.zone, besides=[one.pk])
    one.status = Appointment.Status.ARRIVED
    one.checked_in_at = at
    _came(one, at, actor, now, source)
    return _changed(one, actor, now)


@step
def begin(*, appointment: Appointment, at: datetime, actor: Actor, now: datetime) -> Appointment:
    """The patient is called in: from now on the time is really used."""
    one = locked(appointment)
    _in_state(one, (Appointment.Status.ARRIVED,))
    if one.began_at:
        raise Refused(Finding("began", _("This appointment has begun already.")))
    one.began_at = at
    if (visit := _visit(one)) and visit.status in Encounter.OPEN:
        said = {"at": at, "actor": actor, "now": now, "source": TAP}
        evidence = {"appointment": str(one.uid)}
        note_milestone(encounter=visit, kind=Milestone.Kind.PROVIDER, evidence=evidence, **said)
    return _changed(one, actor, now)


@step
def end(*, appointment: Appointment, at: datetime, actor: Actor, now: datetime) -> Appointment:
    """It took place and is over; so is the visit, if nothing else waits for the patient here."""
    one = locked(appointment)
    _in_state(one, (Appointment.Status.ARRIVED,))
    if one.began_at is None:
        raise Refused(Finding("not_begun", _("This appointment has not begun yet.")))
    if at < one.began_at:
        raise Invalid(Finding("ends_before", _("It cannot end before it began."), field="at"))
    one.status = Appointment.Status.FULFILLED
    one.ended_at = at
    visit = _visit(one)
    if visit and visit.status in Encounter.OPEN and not _others_here(one):
        home = Encounter.Disposition.HOME
        end_encounter(encounter=visit, at=at, actor=actor, now=now, source=TAP, disposition=home)
    return _changed(one, actor, now)


# --- what all of them need ------------------------------------------------------------------------


def locked(appointment: Appointment) -> Appointment:
    """The row as it is now, held until the action ends."""
    rows = Appointment.objects.select_for_update(of=("self",), no_key=True)
    return rows.select_related("patient", "service__department", "practitioner", "zone").get(
        pk=appointment.pk
    )


def _visit(one: Appointment) -> Encounter | None:
    """The visit that this appointment is part of, held: its own, or the patient's open one in the
    department, which began with another appointment."""
    if one.encounter_id:
        return locked_visit(one.encounter)
    here = Encounter.objects.filter(
        patient=one.patient,
        department=one.service.department,
        visit_class=Encounter.Class.AMBULATORY,
        status__in=[*Encounter.OPEN, Encounter.Status.PLANNED],
    ).first()
    return locked_visit(here) if here else None


def _others_here(one: Appointment) -> bool:
    """Whether the patient is here for another appointment in the same department."""
    here = Appointment.objects.filter(
        patient=one.patient,
        service__department=one.service.department,
        status=Appointment.Status.ARRIVED,
    )
    return here.exclude(pk=one.pk).exists()


def _came(one: Appointment, at: datetime, actor: Actor, now: datetime, source: str) -> None:
    """The visit begins; a second appointment on the way is part of the same visit."""
    visit = _visit(one)
    if visit is None:
        visit = begin_encounter(
            patient=one.patient,
            department=one.service.department,
            visit_class=Encounter.Class.AMBULATORY,
            arrival=Encounter.Arrival.WALK_IN,
            at=at,
            actor=actor,
            now=now,
            source=source,
            complaint=one.reason,
        )
    elif visit.status == Encounter.Status.PLANNED:
        arrive(encounter=visit, at=at, actor=actor, now=now, source=source)
    if not Appointment.objects.filter(encounter=visit).exists():
        one.encounter = visit


def _in_state(one: Appointment, allowed: tuple) -> None:
    if one.status not in allowed:
        text = _("This appointment is %(state)s.") % {"state": one.get_status_display()}
        raise Refused(Finding(f"is_{one.status}", text, field="status"))


def _changed(one: Appointment, actor: Actor, now: datetime) -> Appointment:
    kept(one, actor)
    _forget(one, now)
    touches(one, one.patient)
    _tell(one)
    return one


def check_imaginable(begins: datetime, now: datetime) -> None:
    """Raises Invalid for a time without a zone, or so far away that it is a slip of the finger."""
    if timezone.is_naive(begins):
        raise Invalid(Finding("no_offset", _("A time needs its time zone."), field="begins"))
    if abs(begins - now) > FARTHEST:
        raise Invalid(Finding("too_far", _("This time is too far away."), field="begins"))


def _period(begins: datetime, ends: datetime) -> DateTimeTZRange:
    if timezone.is_naive(ends):
        raise Invalid(Finding("no_offset", _("A time needs its time zone."), field="ends"))
    if not begins < ends:
        raise Invalid(Finding("ends_before", _("It ends before it begins."), field="ends"))
    if ends - begins > LONGEST:
        raise Invalid(Finding("too_long", _("An appointment lasts a day at most."), field="ends"))
    return DateTimeTZRange(begins, ends)


def _goes_on(patient: Patient) -> Patient:
    """The record that goes on, where two turned out to be of one person."""
    while patient.merged_into_id:
        patient = patient.merged_into
    return patient


def _subject(one: Appointment) -> str:
    return f"appointment:{one.uid}"


def _watch(one: Appointment, now: datetime) -> None:
    """Have the patient reminded, and ask for them when they do not come."""
    due = {LATE: one.period.lower + LATE_AFTER, REMIND: one.period.lower - REMINDED}
    for kind, due_at in due.items():
        if due_at > now or kind == LATE:
            known = {"appointment": one.pk}
            set_timer(kind=kind, due_at=due_at, subject=_subject(one), payload=known)


def _forget(one: Appointment, now: datetime) -> None:
    for kind in (LATE, REMIND):
        cancel_timer(kind=kind, subject=_subject(one), now=now)


def _tell(one: Appointment) -> None:
    announce(
        "appointment",
        [
            {
                "id": str(one.uid),
                "status": one.status,
                "department": str(one.service.department.uid),
                "day": timezone.localtime(one.period.lower).date().isoformat(),
            }
        ],
    )


@step
def ask_for_late(timer: Timer, now: datetime) -> None:
    """Open pages show that somebody has not come; whether they did, a person says."""
    one = Appointment.objects.select_related("service__department").filter(
        pk=timer.payload["appointment"], status=Appointment.Status.BOOKED
    )
    for late in one:
        _tell(late)


register_timer(LATE, ask_for_late)
