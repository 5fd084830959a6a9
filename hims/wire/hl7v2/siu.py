"""What a SIU message says: an appointment, its time, and the people and rooms that it needs."""

from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from .adt import PatientSaid, patient
from .errors import REQUIRED_MISSING, SEGMENT_SEQUENCE, Unreadable
from .message import Message, Segment, part
from .times import moment_said
from .values import Coded, Identifier, Location, Provider, coded, entity, location, provider

LONGEST = timedelta(days=7)
_UNITS = {"S": 1, "SEC": 1, "MIN": 60, "M": 60, "H": 3600, "HR": 3600, "D": 86400}


@dataclass(frozen=True, slots=True)
class Resource:
    """One of AIS, AIP, AIL or AIG: what, where or who is needed."""

    kind: str
    what: Coded | None = None
    who: Provider | None = None
    where: Location | None = None
    starts_at: datetime | None = None
    status: str = ""


@dataclass(frozen=True, slots=True)
class Booking:
    """A SIU message, read. placer and filler are the two numbers that the booking goes by."""

    trigger: str
    said_at: datetime | None
    placer: Identifier | None
    filler: Identifier | None
    starts_at: datetime | None
    ends_at: datetime | None
    kind: str = ""
    reason: str = ""
    status: str = ""
    note: str = ""
    patient: PatientSaid | None = None
    resources: tuple[Resource, ...] = ()

    @property
    def number(self) -> str:
        """The number that stays: the filler's, else the placer's."""
        known = self.filler or self.placer
        return known.value if known else ""


def booking(message: Message, zone: tzinfo) -> Booking:
    """What the SIU message says, times without an offset being of `zone`; raises Unreadable."""
    schedule = message.first("SCH")
    if schedule is None:
        raise Unreadable(SEGMENT_SEQUENCE, "A SIU message needs a segment SCH.")
    placer, filler = _entity(schedule, 1), _entity(schedule, 2)
    if placer is None and filler is None:
        raise Unreadable(REQUIRED_MISSING, "SCH gives the appointment no number.")
    resources = tuple(
        _resource(each, zone)
        for each in message.segments
        if each.name in {"AIS", "AIP", "AIL", "AIG"}
    )
    starts_at, ends_at = _times(message, schedule, resources, zone)
    about = message.first("PID")
    note = message.first("NTE")
    reason = coded(schedule, 7)
    kind = coded(schedule, 8)
    return Booking(
        trigger=message.trigger,
        said_at=moment_said(message.sent_at, zone),
        placer=placer,
        filler=filler,
        starts_at=starts_at,
        ends_at=ends_at,
        kind=kind.words if kind else "",
        reason=reason.words if reason else "",
        status=schedule.text(25),
        note=note.text(3) if note else "",
        patient=patient(about, zone) if about else None,
        resources=resources,
    )


def _entity(segment: Segment, number: int) -> Identifier | None:
    found = [entity(said) for said in segment.repetitions(number)]
    return found[0] if found and found[0].value else None


def _resource(segment: Segment, zone: tzinfo) -> Resource:
    kind = segment.name
    starts = segment.text({"AIS": 4, "AIG": 8}.get(kind, 6))
    return Resource(
        kind=kind,
        what=coded(segment, 4 if kind == "AIP" else 3) if kind != "AIL" else None,
        who=provider(segment, 3) if kind == "AIP" else None,
        where=location(segment, 3) if kind == "AIL" else None,
        starts_at=moment_said(starts, zone),
        status=segment.text({"AIS": 10, "AIG": 14}.get(kind, 12)),
    )


def _times(
    message: Message, schedule: Segment, resources: tuple[Resource, ...], zone: tzinfo
) -> tuple[datetime | None, datetime | None]:
    """From TQ1 (2.5 and later), else from the resources, else from SCH-11 (before 2.5)."""
    timing = message.first("TQ1")
    starts = moment_said(timing.text(7), zone) if timing else None
    ends = moment_said(timing.text(8), zone) if timing else None
    quantity = schedule.repetitions(11)
    if starts is None:
        starts = min((each.starts_at for each in resources if each.starts_at), default=None)
    if starts is None and quantity:
        starts = moment_said(part(quantity[0], 4), zone)
        ends = moment_said(part(quantity[0], 5), zone)
    if starts and (ends is None or ends <= starts):
        lasts = _duration(message, schedule)
        ends = starts + lasts if lasts else None
    return starts, ends


def _duration(message: Message, schedule: Segment) -> timedelta | None:
    service = message.first("AIS")
    for segment, number in ((service, 7), (schedule, 9)):
        if segment is None:
            continue
        amount, unit = segment.text(number), segment.text(number + 1).upper()
        seconds = _UNITS.get(unit) or _UNITS.get(unit[:3]) or 60
        if amount.isascii() and amount.isdigit() and len(amount) < 7:
            lasts = timedelta(seconds=int(amount) * seconds)
            if timedelta(0) < lasts <= LONGEST:
                return lasts
    return None
