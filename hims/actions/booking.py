"""What people do with appointments: book one or a series, move it, check in, begin, end, cancel."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from hims.action import action, touches
from hims.actions import appointments as steps
from hims.domain.slots import LONGEST_SERIES, moment, recurring
from hims.errors import Finding, Invalid, Refused
from hims.models import (
    Actor,
    Appointment,
    AppointmentSeries,
    AppointmentService,
    Milestone,
    Patient,
    Staff,
    Zone,
)


@dataclass(frozen=True)
class Series:
    """What was booked of a series, and which times (as the clock shows them) were not, and why."""

    series: AppointmentSeries
    booked: Sequence[Appointment]
    missed: Sequence[tuple[datetime, str]]


@action("appointment.book")
def book_appointment(
    *,
    actor: Actor,
    now: datetime,
    patient: Patient,
    service: AppointmentService,
    begins: datetime,
    ends: datetime | None = None,
    practitioner: Staff | None = None,
    zone: Zone | None = None,
    about: str = "",
) -> Appointment:
    """One appointment, at a slot or at any free time; `about` is why the patient comes."""
    return steps.book(
        patient=patient,
        service=service,
        begins=begins,
        ends=ends,
        practitioner=practitioner,
        zone=zone,
        reason=about.strip()[:200],
        actor=actor,
        now=now,
    )


@action("appointment.book")
def book_series(
    *,
    actor: Actor,
    now: datetime,
    patient: Patient,
    service: AppointmentService,
    begins: datetime,
    every: int,
    unit: str,
    count: int,
    whole: bool = True,
    practitioner: Staff | None = None,
    zone: Zone | None = None,
    about: str = "",
) -> Series:
    """The same time of day, `count` times, every so many days, weeks or months.

    whole: all of them or none; else those that fit, and which do not. Raises Refused naming each
    that does not fit, when all must or none does.
    """
    if unit not in AppointmentSeries.Unit.values or not 1 <= every <= 365:
        raise Invalid(Finding("bad_series", _("Say how often."), field="every"))
    if not 2 <= count <= LONGEST_SERIES:
        text = _("A series has 2 to %(most)d times.") % {"most": LONGEST_SERIES}
        raise Invalid(Finding("bad_series", text, field="count"))
    steps.check_imaginable(begins, now)
    home = timezone.get_default_timezone()
    series = AppointmentSeries.objects.create(
        every=every, unit=unit, count=count, created_by=actor, created_at=now
    )
    booked: list[Appointment] = []
    missed: list[tuple[datetime, str]] = []
    for wall in recurring(begins.astimezone(home).replace(tzinfo=None), every, unit, count):
        at = moment(wall, home)
        if at is None:
            missed.append((wall, _("The clocks change then: this time does not exist.")))
            continue
        try:
            with transaction.atomic():
                booked.append(
                    steps.book(
                        patient=patient,
                        service=service,
                        begins=at,
                        practitioner=practitioner,
                        zone=zone,
                        reason=about.strip()[:200],
                        series=series,
                        actor=actor,
                        now=now,
                    )
                )
        except Invalid:
            raise
        except Refused as refused:
            missed.append((wall, str(refused)))
    if missed and (whole or not booked):
        raise Refused(*(_does_not_fit(wall, why) for wall, why in missed))
    touches(series)
    return Series(series, booked, missed)


def _does_not_fit(wall: datetime, why: str) -> Finding:
    text = _("%(when)s does not fit. %(why)s") % {"when": f"{wall:%Y-%m-%d %H:%M}", "why": why}
    return Finding("does_not_fit", text, field="begins")


@action("appointment.change")
def reschedule_appointment(
    *,
    actor: Actor,
    now: datetime,
    appointment: Appointment,
    begins: datetime,
    ends: datetime | None = None,
    practitioner: Staff | None = None,
    zone: Zone | None = None,
) -> Appointment:
    """The same visit at another time; with the same person and room unless said otherwise."""
    return steps.reschedule(
        appointment=appointment,
        begins=begins,
        ends=ends,
        practitioner=practitioner,
        zone=zone,
        actor=actor,
        now=now,
    )


@action("appointment.change")
def cancel_appointment(
    *, actor: Actor, now: datetime, appointment: Appointment, reason: str
) -> Appointment:
    """It will not take place, and why."""
    return steps.cancel(appointment=appointment, why=reason, actor=actor, now=now)


@action("appointment.change")
def cancel_from_here(
    *, actor: Actor, now: datetime, appointment: Appointment, reason: str
) -> list[Appointment]:
    """This one and all later ones of its series that are still booked."""
    first = steps.locked(appointment)
    if first.series_id is None:
        raise Refused(Finding("no_series", _("This appointment is not one of a series.")))
    later = Appointment.objects.filter(
        series=first.series_id,
        status=Appointment.Status.BOOKED,
        period__startswith__gte=first.period.lower,
    )
    return [
        steps.cancel(appointment=one, why=reason, actor=actor, now=now)
        for one in later.order_by("pk")
    ]


@action("appointment.change")
def say_no_show(*, actor: Actor, now: datetime, appointment: Appointment) -> Appointment:
    """Somebody confirms that the patient did not come."""
    return steps.no_show(appointment=appointment, actor=actor, now=now)


@action("appointment.check_in")
def check_in_patient(
    *,
    actor: Actor,
    now: datetime,
    appointment: Appointment,
    source: str = Milestone.Source.TAP,
) -> Appointment:
    """The patient is here now, said by a tap or by a scan."""
    return steps.check_in(appointment=appointment, at=now, actor=actor, now=now, source=source)


@action("appointment.change")
def begin_appointment(*, actor: Actor, now: datetime, appointment: Appointment) -> Appointment:
    """The patient is called in."""
    return steps.begin(appointment=appointment, at=now, actor=actor, now=now)


@action("appointment.change")
def end_appointment(
    *, actor: Actor, now: datetime, appointment: Appointment, lasted: timedelta | None = None
) -> Appointment:
    """It is over now, or `lasted` so long after it began when nobody pressed in time."""
    at = now
    if lasted is not None:
        began = steps.locked(appointment).began_at
        at = min(now, began + lasted) if began else now
    return steps.end(appointment=appointment, at=at, actor=actor, now=now)
