"""What an ADT message says: who, which visit, where, what happened, allergies, contacts, beds.

A value that is None or empty was not said and stays as it is; what the sender wants blank stands
in `blank`, by the name of our field.
"""

from dataclasses import dataclass
from datetime import datetime, tzinfo

from .errors import REQUIRED_MISSING, SEGMENT_SEQUENCE, Unreadable
from .message import Message, Segment, part
from .times import PartialDate, day_said, moment_said
from .values import (
    Coded,
    Identifier,
    Location,
    Name,
    Phone,
    Provider,
    coded,
    identifiers,
    legal_name,
    location,
    phones,
    provider,
)


@dataclass(frozen=True, slots=True)
class PatientSaid:
    """PID: who it is about."""

    identifiers: tuple[Identifier, ...]
    name: Name | None = None
    birth: PartialDate | None = None
    sex: str = ""  # table 0001: F M O U A N
    phones: tuple[Phone, ...] = ()
    address: str = ""
    account: str = ""
    died_at: datetime | None = None
    dead: bool = False
    blank: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class VisitSaid:
    """PV1 and PV2: the visit."""

    number: Identifier | None = None
    preadmit: Identifier | None = None
    patient_class: str = ""  # table 0004: E I O P R B …
    location: Location | None = None
    prior_location: Location | None = None
    temporary_location: Location | None = None
    attending: Provider | None = None
    service: str = ""
    admission_type: str = ""
    admitted_at: datetime | None = None
    discharged_at: datetime | None = None
    disposition: str = ""
    expected_at: datetime | None = None
    reason: str = ""
    blank: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class MergeSaid:
    """PID with MRG: the patient who stays, and the numbers that were theirs under another."""

    patient: PatientSaid
    prior: tuple[Identifier, ...]


@dataclass(frozen=True, slots=True)
class AllergySaid:
    """AL1 or IAM. action: A add, D delete, U update (table 0206); AL1 lists what there is."""

    substance: Coded
    kind: str = ""  # table 0127: DA FA MA EA …
    severity: str = ""  # table 0128: SV MO MI U
    reactions: tuple[str, ...] = ()
    action: str = "A"
    identified_on: PartialDate | None = None


@dataclass(frozen=True, slots=True)
class ContactSaid:
    """NK1: somebody near to the patient."""

    name: Name
    relationship: Coded | None = None
    phones: tuple[Phone, ...] = ()


@dataclass(frozen=True, slots=True)
class BedSaid:
    """NPU: a bed and its state (table 0116: C closed, H housekeeping, I isolated, K contaminated,
    O occupied, U unoccupied)."""

    location: Location
    status: str


@dataclass(frozen=True, slots=True)
class Admission:
    """An ADT message, read. `said_at` is when it says that it happened (EVN-6, EVN-2, MSH-7)."""

    trigger: str
    said_at: datetime | None
    recorded_at: datetime | None
    planned_at: datetime | None = None
    patient: PatientSaid | None = None
    visit: VisitSaid | None = None
    merges: tuple[MergeSaid, ...] = ()
    allergies: tuple[AllergySaid, ...] = ()
    contacts: tuple[ContactSaid, ...] = ()
    beds: tuple[BedSaid, ...] = ()


def admission(message: Message, zone: tzinfo) -> Admission:
    """What the ADT message says, times without an offset being of `zone`.

    Raises Unreadable when the segments that carry its meaning are not there.
    """
    event = message.first("EVN")
    if event is None:
        raise Unreadable(SEGMENT_SEQUENCE, "An ADT message needs a segment EVN.")
    recorded_at = moment_said(event.text(2), zone) or moment_said(message.sent_at, zone)
    beds = tuple(_bed(each) for each in message.all("NPU"))
    if message.trigger == "A20" and not beds:
        raise Unreadable(SEGMENT_SEQUENCE, "ADT^A20 needs a segment NPU.")
    if message.trigger != "A20" and message.first("PID") is None:
        raise Unreadable(SEGMENT_SEQUENCE, f"{message.event} needs a segment PID.")
    merges = _merges(message, zone)
    if message.trigger == "A40" and not merges:
        raise Unreadable(SEGMENT_SEQUENCE, "ADT^A40 needs a segment MRG after PID.")
    about = message.first("PID")
    stay = message.first("PV1")
    return Admission(
        trigger=message.trigger,
        said_at=moment_said(event.text(6), zone) or recorded_at,
        recorded_at=recorded_at,
        planned_at=moment_said(event.text(3), zone),
        patient=patient(about, zone) if about else None,
        visit=_visit(stay, message.first("PV2"), zone) if stay else None,
        merges=merges,
        allergies=tuple(_allergies(message)),
        contacts=tuple(_contacts(message)),
        beds=beds,
    )


def patient(pid: Segment, zone: tzinfo) -> PatientSaid:
    """PID, with PID-2 and PID-4 of older versions behind PID-3; raises Unreadable without any."""
    numbers = identifiers(pid, 3) or identifiers(pid, 2) or identifiers(pid, 4)
    if not numbers:
        raise Unreadable(REQUIRED_MISSING, "PID-3 does not say who it is: there is no identifier.")
    blank = {5: "name", 7: "birth", 8: "sex", 11: "address", 13: "phones"}
    home = pid.repetitions(11)
    return PatientSaid(
        identifiers=numbers,
        name=legal_name(pid, 5),
        birth=day_said(pid.text(7)),
        sex=pid.text(8),
        phones=phones(pid, 13) + phones(pid, 14),
        address=", ".join(word for n in range(1, 7) if (word := part(home[0], n))) if home else "",
        account=pid.text(18),
        died_at=moment_said(pid.text(29), zone),
        dead=pid.text(30) == "Y",
        blank=frozenset(ours for number, ours in blank.items() if pid.is_null(number)),
    )


def _visit(pv1: Segment, pv2: Segment | None, zone: tzinfo) -> VisitSaid:
    blank = {3: "location", 7: "attending", 11: "temporary_location", 45: "discharged_at"}
    reason = coded(pv2, 3) if pv2 else None
    return VisitSaid(
        number=next(iter(identifiers(pv1, 19)), None),
        preadmit=next(iter(identifiers(pv1, 5)), None),
        patient_class=pv1.text(2).upper(),
        location=location(pv1, 3),
        prior_location=location(pv1, 6),
        temporary_location=location(pv1, 11),
        attending=provider(pv1, 7),
        service=pv1.text(10),
        admission_type=pv1.text(4),
        admitted_at=moment_said(pv1.text(44), zone),
        discharged_at=moment_said(pv1.text(45), zone),
        disposition=pv1.text(36),
        expected_at=moment_said(pv2.text(8), zone) if pv2 else None,
        reason=reason.words if reason else "",
        blank=frozenset(ours for number, ours in blank.items() if pv1.is_null(number)),
    )


def _merges(message: Message, zone: tzinfo) -> tuple[MergeSaid, ...]:
    """Each MRG with the PID before it: a message may hold several pairs."""
    found = []
    pid: Segment | None = None
    for segment in message.segments:
        if segment.name == "PID":
            pid = segment
        elif segment.name == "MRG" and pid is not None:
            prior = identifiers(segment, 1) or identifiers(segment, 4)
            if prior:
                found.append(MergeSaid(patient(pid, zone), prior))
    return tuple(found)


def _allergies(message: Message):
    for segment in message.all("AL1"):
        substance = coded(segment, 3)
        if substance:
            yield AllergySaid(
                substance=substance,
                kind=segment.text(2),
                severity=segment.text(4),
                reactions=_texts(segment, 5),
                identified_on=day_said(segment.text(6)),
            )
    for segment in message.all("IAM"):
        substance = coded(segment, 3)
        if substance:
            yield AllergySaid(
                substance=substance,
                kind=segment.text(2),
                severity=segment.text(4),
                reactions=_texts(segment, 5),
                action=segment.text(6).upper()[:1] or "A",
                identified_on=day_said(segment.text(11)),
            )


def _contacts(message: Message):
    for segment in message.all("NK1"):
        found = legal_name(segment, 2)
        if found:
            reached = phones(segment, 5) + phones(segment, 6)
            yield ContactSaid(found, coded(segment, 3), reached)


def _bed(segment: Segment) -> BedSaid:
    place = location(segment, 1)
    status = segment.text(2)
    if place is None or not status:
        raise Unreadable(REQUIRED_MISSING, "NPU does not say which bed, or not its state.")
    return BedSaid(place, status.upper())


def _texts(segment: Segment, number: int) -> tuple[str, ...]:
    return tuple(text for said in segment.repetitions(number) if (text := part(said, 1)))
