"""Occupancy: the time that was offered, the time that was booked, and the time really used."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.utils import timezone

from hims.access.scopes import visible_to
from hims.domain.slots import Busy, Hours, days, merged, shared, slots_on
from hims.models import Actor, Appointment, Schedule, ScheduleClosure

from .appointments import day_bounds

LONGEST = timedelta(days=92)
LATE_CANCELLATION = timedelta(hours=24)
Status = Appointment.Status


@dataclass
class Occupancy:
    """Of one person or room in a period, in minutes and counts.

    offered: the hours kept, less closures. booked: appointments that took place, did not, or are
    to come; cancelled ones are not booked. used: from called in to ended. unknown: booked, over,
    and nobody said what became of it. cancelled_late: less than a day before.
    """

    name: str
    offered: float = 0
    booked: float = 0
    used: float = 0
    appointments: int = 0
    took_place: int = 0
    took_place_min: float = 0
    no_shows: int = 0
    no_shows_min: float = 0
    unknown: int = 0
    unknown_min: float = 0
    to_come: int = 0
    to_come_min: float = 0
    cancelled: int = 0
    cancelled_late: int = 0
    _offered: list[Busy] = field(default_factory=list, repr=False)

    @property
    def booked_share(self) -> float | None:
        """Booked of offered; None where nothing was offered."""
        return self.booked / self.offered if self.offered else None

    @property
    def used_share(self) -> float | None:
        """Really used of booked, of appointments whose outcome is known; None where there is no
        such time."""
        known = self.took_place_min + self.no_shows_min
        return self.used / known if known else None

    @property
    def no_show_share(self) -> float | None:
        """Did not come, of all who came or did not; None where there is nobody."""
        known = self.took_place + self.no_shows
        return self.no_shows / known if known else None


@dataclass(frozen=True)
class Occupied:
    """All people and all rooms with hours or appointments in [first, last]."""

    first: date
    last: date
    people: list[Occupancy]
    rooms: list[Occupancy]
    total: Occupancy


def occupancy(viewer: Actor, *, first: date, last: date, now: datetime) -> Occupied:
    """What was offered, booked and used from the day `first` to `last`, both included."""
    last = min(max(first, last), first + LONGEST)
    period = DateTimeTZRange(day_bounds(first).lower, day_bounds(last).upper)
    people: dict[int, Occupancy] = {}
    rooms: dict[int, Occupancy] = {}
    total = Occupancy("")

    def parties(row) -> list[Occupancy]:
        found = []
        if row.practitioner_id:
            name = row.practitioner.name
            found.append(people.setdefault(row.practitioner_id, Occupancy(name)))
        if row.zone_id:
            found.append(rooms.setdefault(row.zone_id, Occupancy(row.zone.name)))
        return found

    _count_offered(viewer, first, last, period, parties)
    booked = visible_to(viewer, Appointment.objects.all()).filter(
        period__startswith__gte=period.lower, period__startswith__lt=period.upper
    )
    for one in booked.select_related("practitioner", "zone", "rescheduled_to"):
        for tally in [*parties(one), total]:
            _count(tally, one, now)
    for tallies in (people, rooms):
        for tally in tallies.values():
            tally.offered = _minutes(sum((e - b for b, e in merged(tally._offered)), timedelta(0)))
    return Occupied(
        first,
        last,
        _by_name(people),
        _by_name(rooms),
        total,
    )


def _by_name(tallies: dict[int, Occupancy]) -> list[Occupancy]:
    return sorted(tallies.values(), key=lambda tally: tally.name)


def _count(tally: Occupancy, one: Appointment, now: datetime) -> None:
    minutes = _minutes(one.period.upper - one.period.lower)
    if one.status == Status.CANCELLED:
        if hasattr(one, "rescheduled_to"):
            return
        tally.cancelled += 1
        notice = one.period.lower - (one.cancelled_at or one.period.lower)
        tally.cancelled_late += notice < LATE_CANCELLATION
        return
    tally.appointments += 1
    tally.booked += minutes
    if one.status == Status.NO_SHOW:
        tally.no_shows += 1
        tally.no_shows_min += minutes
    elif one.began_at and one.ended_at:
        tally.took_place += 1
        tally.took_place_min += minutes
        tally.used += _minutes(one.ended_at - one.began_at)
    elif one.period.upper <= now:
        tally.unknown += 1
        tally.unknown_min += minutes
    else:
        tally.to_come += 1
        tally.to_come_min += minutes


def _count_offered(viewer, first, last, period, parties) -> None:
    closed: dict[tuple[str, int], list[Busy]] = defaultdict(list)
    for one in ScheduleClosure.objects.filter(period__overlap=period):
        when = (one.period.lower, one.period.upper)
        if one.practitioner_id:
            closed["person", one.practitioner_id].append(when)
        if one.zone_id:
            closed["room", one.zone_id].append(when)
    kept = visible_to(viewer, Schedule.objects.filter(valid_from__lte=last))
    kept = kept.exclude(valid_until__lt=first)
    home = timezone.get_default_timezone()
    for row in kept.select_related("practitioner", "zone", "service"):
        away = merged(closed["person", row.practitioner_id or 0] + closed["room", row.zone_id or 0])
        hours = Hours(
            row.weekday, row.begins, row.ends, row.valid_from, row.valid_until, row.service.minutes
        )
        for day in days(first, last):
            for slot in slots_on(day, hours, home):
                if not shared(slot, away):
                    for tally in parties(row):
                        tally._offered.append(slot)


def _minutes(time: timedelta) -> float:
    return time.total_seconds() / 60
