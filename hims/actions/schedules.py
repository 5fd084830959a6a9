"""What can be booked, when, and when not: services, weekly hours and closures."""

from datetime import date, datetime, time

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.utils.translation import gettext as _

from hims.action import action, step, touches
from hims.errors import Finding, Invalid, Refused
from hims.models import (
    Actor,
    AppointmentService,
    Department,
    Schedule,
    ScheduleClosure,
    Staff,
    Zone,
)


@action("schedule.change")
def add_service(
    *, actor: Actor, now: datetime, code: str, name: str, department: Department, minutes: int
) -> AppointmentService:
    """Something new can be booked; `minutes` is how long it takes."""
    _check_minutes(minutes)
    if AppointmentService.objects.filter(code=code).exists():
        raise Refused(Finding("taken", _("This code is in use."), field="code"))
    return _kept(AppointmentService(code=code, name=name, department=department, minutes=minutes))


@action("schedule.change")
def change_service(
    *,
    actor: Actor,
    now: datetime,
    service: AppointmentService,
    name: str,
    minutes: int,
    active: bool,
) -> AppointmentService:
    """Another name or length, or not offered any more. What is booked stays as it is."""
    _check_minutes(minutes)
    service.name, service.minutes, service.active = name, minutes, active
    return _kept(service)


@action("schedule.change")
def add_hours(
    *,
    actor: Actor,
    now: datetime,
    service: AppointmentService,
    weekday: int,
    begins: time,
    ends: time,
    valid_from: date,
    valid_until: date | None = None,
    practitioner: Staff | None = None,
    zone: Zone | None = None,
) -> Schedule:
    """A weekday (Monday is 0) on which somebody, or a room, can be booked for a service."""
    if practitioner is None and zone is None:
        raise Invalid(Finding("nobody", _("Say who, or which room."), field="practitioner"))
    if weekday not in range(7):
        raise Invalid(Finding("bad_weekday", _("There is no such weekday."), field="weekday"))
    if ends <= begins or (valid_until is not None and valid_until < valid_from):
        raise Invalid(Finding("ends_before", _("It ends before it begins."), field="ends"))
    return _kept(
        Schedule(
            service=service,
            practitioner=practitioner,
            zone=zone,
            weekday=weekday,
            begins=begins,
            ends=ends,
            valid_from=valid_from,
            valid_until=valid_until,
        )
    )


@action("schedule.change")
def end_hours(*, actor: Actor, now: datetime, schedule: Schedule, valid_until: date) -> Schedule:
    """These hours are kept up to and with `valid_until`; what is booked later stays booked."""
    if valid_until < schedule.valid_from:
        valid_until = schedule.valid_from
    schedule.valid_until = valid_until
    return _kept(schedule)


@action("schedule.change")
def close(
    *,
    actor: Actor,
    now: datetime,
    begins: datetime,
    ends: datetime,
    reason: str,
    practitioner: Staff | None = None,
    zone: Zone | None = None,
) -> ScheduleClosure:
    """Nobody books this person or room in [begins, ends). What is booked already stays until a
    person moves it (hims.queries.schedules.booked_in)."""
    if practitioner is None and zone is None:
        raise Invalid(Finding("nobody", _("Say who, or which room."), field="practitioner"))
    if ends <= begins:
        raise Invalid(Finding("ends_before", _("It ends before it begins."), field="ends"))
    if not reason.strip():
        raise Invalid(Finding("no_reason", _("Say why."), field="reason"))
    period = DateTimeTZRange(begins, ends)
    return _kept(
        ScheduleClosure(
            practitioner=practitioner, zone=zone, period=period, reason=reason.strip()[:200]
        )
    )


@action("schedule.change")
def open_again(*, actor: Actor, now: datetime, closure: ScheduleClosure) -> None:
    """The closure was a mistake, or is over early; its history stays."""
    touches(closure)
    closure.delete()


def _check_minutes(minutes: int) -> None:
    if not 1 <= minutes <= 24 * 60:
        raise Invalid(Finding("bad_minutes", _("It takes 1 minute to 24 hours."), field="minutes"))


@step
def _kept(row):
    row.save()
    touches(row)
    return row
