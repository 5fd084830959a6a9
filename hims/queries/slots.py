"""Free times: the slots of all schedules less what is closed, held or booked; and who of those who
wait would take one."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from hims.access.scopes import visible_to
from hims.domain.slots import Busy, Hours, days, merged, overlaps, slots_on
from hims.models import (
    Actor,
    Appointment,
    AppointmentService,
    BedAssignment,
    Patient,
    Schedule,
    ScheduleClosure,
    Staff,
    WaitingListEntry,
    Zone,
)

from .appointments import STAY_BINDS, day_bounds

LOOKED_AHEAD = timedelta(days=60)
FARTHEST = timedelta(days=20 * 366)
SHOWN = 24


@dataclass(frozen=True)
class Slot:
    """A time at which `service` can be booked with this person, in this room."""

    begins: datetime
    ends: datetime
    service: AppointmentService
    practitioner: Staff | None
    zone: Zone | None


def schedules(viewer: Actor) -> QuerySet[Schedule]:
    """Weekly hours, the newest of a service and weekday last."""
    found = visible_to(viewer, Schedule.objects.select_related("service", "practitioner", "zone"))
    return found.order_by("service__name", "weekday", "begins", "pk")


def closures(viewer: Actor, now: datetime) -> QuerySet[ScheduleClosure]:
    """Closures that are not over."""
    found = visible_to(viewer, ScheduleClosure.objects.select_related("practitioner", "zone"))
    return found.filter(period__endswith__gt=now).order_by("period", "pk")


def booked_in(closure: ScheduleClosure) -> QuerySet[Appointment]:
    """What is still booked in a closure: somebody should move it."""
    whose = Q(pk=None)
    if closure.practitioner_id:
        whose |= Q(practitioner=closure.practitioner_id)
    if closure.zone_id:
        whose |= Q(zone=closure.zone_id)
    booked = Appointment.objects.filter(whose, status=Appointment.Status.BOOKED)
    return booked.filter(period__overlap=closure.period).order_by("period")


def free_slots(
    viewer: Actor,
    service: AppointmentService,
    *,
    now: datetime,
    first: date | None = None,
    last: date | None = None,
    practitioner: Staff | None = None,
    zone: Zone | None = None,
    patient: Patient | None = None,
    most: int = SHOWN,
) -> list[Slot]:
    """The earliest `most` free slots from the day `first` (or now) to `last` (or two months on),
    of one person or room if given, that `patient` is free for too."""
    today = timezone.localdate(now)
    first = min(max(first or today, today), today + FARTHEST)
    last = min(last or first + LOOKED_AHEAD, first + LOOKED_AHEAD)
    kept = schedules(viewer).filter(service=service, valid_from__lte=last)
    kept = kept.exclude(valid_until__lt=first)
    if practitioner:
        kept = kept.filter(practitioner=practitioner)
    if zone:
        kept = kept.filter(zone=zone)
    rows = list(kept)
    if not rows or last < first:
        return []
    period = DateTimeTZRange(day_bounds(first).lower, day_bounds(last).upper)
    taken = _Taken(rows, patient, period, now)
    found: list[Slot] = []
    for day in days(first, last):
        found += _on(day, rows, service, taken, now)
        if len(found) >= most:
            break
    return found[:most]


def _on(day, rows, service, taken: "_Taken", now) -> list[Slot]:
    offered: dict[tuple, Slot] = {}
    for row in rows:
        hours = _hours(row, service.minutes)
        for begins, ends in slots_on(day, hours, timezone.get_default_timezone()):
            if begins >= now and taken.free(row, (begins, ends)):
                known_by = (begins, row.practitioner_id, row.zone_id)
                slot = Slot(begins, ends, service, row.practitioner, row.zone)
                offered.setdefault(known_by, slot)
    return sorted(
        offered.values(),
        key=lambda slot: (
            slot.begins,
            slot.practitioner.name if slot.practitioner else "",
            slot.zone.name if slot.zone else "",
        ),
    )


def _hours(row: Schedule, minutes: int) -> Hours:
    return Hours(row.weekday, row.begins, row.ends, row.valid_from, row.valid_until, minutes)


class _Taken:
    """When the people and rooms of some schedules, and a patient, cannot be booked."""

    def __init__(self, rows, patient: Patient | None, period: DateTimeTZRange, now: datetime):
        people = {row.practitioner_id for row in rows} - {None}
        rooms = {row.zone_id for row in rows} - {None}
        self.of: dict[tuple[str, int], list[Busy]] = defaultdict(list)
        self.patient = patient
        held = Q(practitioner__in=people) | Q(zone__in=rooms)
        if patient:
            held |= Q(patient=patient)
        booked = Appointment.objects.filter(
            held, period__overlap=period, status__in=Appointment.HOLDS
        )
        for person, room, whom, when in booked.values_list(
            "practitioner", "zone", "patient", "period"
        ):
            self._add(("person", person), when)
            self._add(("room", room), when)
            self._add(("patient", whom), when)
        closed = ScheduleClosure.objects.filter(
            Q(practitioner__in=people) | Q(zone__in=rooms), period__overlap=period
        )
        for person, room, when in closed.values_list("practitioner", "zone", "period"):
            self._add(("person", person), when)
            self._add(("room", room), when)
        beds = BedAssignment.objects.filter(
            bed_space__zone__in=rooms,
            period__overlap=period,
            status__in=[BedAssignment.Status.RESERVED, BedAssignment.Status.ACTIVE],
        )
        for room, when in beds.values_list("bed_space__zone", "period"):
            ends = when.upper or max(now, when.lower) + STAY_BINDS
            self._add(("room", room), DateTimeTZRange(when.lower, ends))
        self.of = {whom: merged(times) for whom, times in self.of.items()}

    def _add(self, whom: tuple[str, int | None], when: DateTimeTZRange) -> None:
        if whom[1] is not None:
            self.of[whom].append((when.lower, when.upper))

    def free(self, row: Schedule, slot: Busy) -> bool:
        whom = [("person", row.practitioner_id), ("room", row.zone_id)]
        if self.patient:
            whom.append(("patient", self.patient.pk))
        return not any(overlaps(slot, self.of.get(one, [])) for one in whom)


# --- who waits ------------------------------------------------------------------------------------


def waiting(viewer: Actor) -> QuerySet[WaitingListEntry]:
    """Those who wait, or were offered something: the most urgent first, then the longest."""
    found = visible_to(viewer, WaitingListEntry.objects.all()).select_related(
        "patient", "service", "practitioner", "offered_practitioner", "offered_zone"
    )
    still = [WaitingListEntry.Status.WAITING, WaitingListEntry.Status.OFFERED]
    return found.filter(status__in=still).order_by("urgency", "added_at", "pk")


def who_fits(
    viewer: Actor,
    *,
    service: AppointmentService,
    begins: datetime,
    ends: datetime,
    practitioner: Staff | None,
) -> Iterator[WaitingListEntry]:
    """Those who would take [begins, ends) with this person, in the order to ask them, and are not
    booked elsewhere then."""
    day = timezone.localdate(begins)
    wanted = waiting(viewer).filter(
        Q(latest=None) | Q(latest__gte=day),
        Q(practitioner=None) | Q(practitioner=practitioner),
        status=WaitingListEntry.Status.WAITING,
        service=service,
        earliest__lte=day,
    )
    busy = Appointment.objects.filter(
        status__in=Appointment.HOLDS, period__overlap=DateTimeTZRange(begins, ends)
    )
    yield from wanted.exclude(patient__in=busy.values("patient"))


def freed(viewer: Actor, now: datetime) -> QuerySet[Appointment]:
    """What was cancelled or moved away and is still to come, whose time nobody holds again."""
    held = Appointment.objects.filter(
        Q(practitioner=OuterRef("practitioner")) | Q(zone=OuterRef("zone")),
        status__in=Appointment.HOLDS,
        period__overlap=OuterRef("period"),
    )
    gone = visible_to(viewer, Appointment.objects.all()).filter(
        ~Exists(held), status=Appointment.Status.CANCELLED, period__startswith__gt=now
    )
    return gone.select_related("service", "practitioner", "zone").order_by("period", "pk")


def rooms_of(viewer: Actor, service: AppointmentService) -> set[Zone]:
    """The rooms in which a service can take place: those of its hours and of its department."""
    kept = schedules(viewer).filter(service=service, zone__isnull=False)
    inside = visible_to(viewer, Zone.objects.filter(area=service.department.area))
    return {row.zone for row in kept if row.zone} | set(
        inside.exclude(kind__in=[Zone.Kind.CORRIDOR, Zone.Kind.LIFT, Zone.Kind.STAIRS])
    )
