"""What a ward needs on paper when nothing runs: the board, the beds, today's appointments."""

from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _

from hims.access.scopes import visible_to
from hims.domain.milestones import Kind
from hims.models import Actor, Appointment, BedSpace, Department, DowntimeSheet, Encounter
from hims.printing import Section, Sheet

from .board import Board, board, in_order
from .board_rows import Visit

EVERY = timedelta(minutes=15)
LATE = timedelta(minutes=40)
"""A sheet older than that is a fault that somebody must know of."""


def latest_sheets(viewer: Actor) -> list[DowntimeSheet]:
    """The newest sheet of each department that ever had one, by department."""
    seen = visible_to(viewer, DowntimeSheet.objects.all())
    newest = seen.order_by("department", "-written_at", "-pk").distinct("department")
    return list(newest.select_related("department"))


def downtime_sheet(viewer: Actor, department: Department, now: datetime) -> Sheet:
    """The sheet of a department at `now`, with the names that the viewer may know."""
    seen = board(viewer=viewer, department=department, now=now)
    local = timezone.localtime(now)
    return Sheet(
        title=_("%(department)s: downtime board") % {"department": department.name},
        as_of=_("as of %(at)s") % {"at": f"{local:%Y-%m-%d %H:%M} ({local:%Z})"},
        page_words=_("page %(page)d of %(pages)d"),
        sections=[
            _patients(seen),
            _beds(seen),
            _appointments(viewer, department, now),
        ],
    )


def _patients(seen: Board) -> Section:
    return Section(
        heading=_("Patients, the most urgent first (%(n)d)") % {"n": len(seen.here)},
        columns=[
            (_("ESI"), 0.5),
            (_("Place"), 1.6),
            (_("Ticket"), 0.8),
            (_("Name"), 2.4),
            (_("Born"), 1.1),
            (_("Complaint, needs"), 2.6),
            (_("Here since"), 1.1),
            (_("Room since"), 1.0),
            (_("Decision"), 1.5),
            (_("Notes"), 2.4),
        ],
        rows=[_patient(visit) for visit in seen.visits],
        nothing=_("Nobody is here."),
    )


def _patient(visit: Visit) -> list[str]:
    place = visit.bed.name if visit.bed else visit.where.name if visit.where else ""
    if visit.held:
        place = f"{place} → {visit.held.name}".strip()
    if visit.expected:
        place = _("expected %(at)s") % {"at": _clock(visit.expected_at)}
    in_room = visit.said.get(Kind.IN_ROOM)
    return [
        str(visit.acuity or "-"),
        place or _("not known"),
        visit.ticket,
        visit.name,
        str(visit.birth_date or ""),
        "; ".join(part for part in (visit.complaint, ", ".join(sorted(visit.needs))) if part),
        _clock(visit.started_at),
        _clock(in_room.at if in_room else None),
        str(Encounter.Disposition(visit.disposition).label) if visit.disposition else "",
        "",
    ]


def _beds(seen: Board) -> Section:
    lying = [(visit.bed, visit) for visit in seen.visits if visit.bed]
    spaces = [*lying, *((space, None) for space in seen.rooms)]
    spaces.sort(key=lambda pair: in_order(pair[0].name))
    return Section(
        heading=_("Bed spaces (%(n)d)") % {"n": len(spaces)},
        columns=[
            (_("Space"), 1.5),
            (_("Room"), 2.0),
            (_("State"), 1.6),
            (_("Since"), 1.0),
            (_("Patient"), 2.4),
            (_("Has"), 2.0),
            (_("Notes"), 3.0),
        ],
        rows=[
            [
                space.name,
                space.zone_name,
                str(BedSpace.State(space.state.value).label),
                _clock(space.since),
                (visit.name or visit.ticket) if visit else "",
                ", ".join(sorted(space.offers)),
                space.facts.bed.reason,
            ]
            for space, visit in spaces
        ],
        nothing=_("No bed spaces."),
    )


def _appointments(viewer: Actor, department: Department, now: datetime) -> Section:
    """Those of the hospital's day: on the nights of the clock change it has 23 or 25 hours."""
    begins, ends = day_of(now)
    booked = (
        visible_to(viewer, Appointment.objects.all())
        .filter(
            service__department=department,
            period__startswith__gte=begins,
            period__startswith__lt=ends,
        )
        .exclude(status=Appointment.Status.CANCELLED)
        .select_related("patient", "service", "practitioner", "zone")
        .order_by("period")
    )
    return Section(
        heading=_("Appointments of %(day)s") % {"day": timezone.localdate(now)},
        columns=[
            (_("From"), 0.8),
            (_("To"), 0.8),
            (_("Name"), 3.0),
            (_("Number"), 1.6),
            (_("For"), 2.4),
            (_("With"), 2.0),
            (_("Room"), 1.6),
            (_("Status"), 1.2),
        ],
        rows=[
            [
                _clock(one.period.lower),
                _clock(one.period.upper),
                ", ".join(part for part in (one.patient.family, one.patient.given) if part),
                one.patient.mrn,
                one.service.name,
                str(one.practitioner or ""),
                one.zone.name if one.zone else "",
                str(one.get_status_display()),
            ]
            for one in booked
        ],
        nothing=_("None."),
    )


def day_of(now: datetime) -> tuple[datetime, datetime]:
    """The hospital's day around `now`, from midnight to midnight by the clock on the wall."""
    today = timezone.localdate(now)
    zone = timezone.get_current_timezone()
    first = datetime(today.year, today.month, today.day, tzinfo=zone)
    after = today + timedelta(days=1)
    return first, datetime(after.year, after.month, after.day, tzinfo=zone)


def _clock(at: datetime | None) -> str:
    return f"{timezone.localtime(at):%H:%M}" if at else ""
