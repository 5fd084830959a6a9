"""Encounters: begun, arrived, triaged, decided, moved, ended, cancelled, and reopened."""

from collections.abc import Sequence
from datetime import datetime

from django.db import IntegrityError
from django.utils.translation import gettext as _

from hims.action import action, step, touches
from hims.actions import rooms
from hims.actions.milestones import believed_at, locked, note_milestone, tell, withdraw_milestone
from hims.actions.predictions import predict_wait, settle_wait
from hims.errors import Finding, Refused
from hims.models import (
    Actor,
    BedAssignment,
    Capability,
    Department,
    Encounter,
    LeavingSign,
    Milestone,
    Patient,
)

Kind, Source, Status = Milestone.Kind, Milestone.Source, Encounter.Status
Disposition = Encounter.Disposition

TICKETS = 999  # then numbers begin again; one that is still in the department is passed over
STAYS = (Disposition.ADMIT, Disposition.OBSERVE)  # decisions after which the patient is still here


@step
def begin_encounter(
    *,
    patient: Patient,
    department: Department,
    visit_class: str,
    actor: Actor,
    now: datetime,
    source: str,
    at: datetime | None = None,
    arrival: str = Encounter.Arrival.WALK_IN,
    expected_at: datetime | None = None,
    complaint: str = "",
    acuity: int | None = None,
    needs: Sequence[str] = (),
    attending: Actor | None = None,
    source_system: str = "",
    visit_number: str = "",
    source_at: datetime | None = None,
) -> Encounter:
    """A visit begins at `at`, or is expected at `expected_at` while `at` is None.

    Emergency visits get the next ticket of the department. Raises Refused when the patient has an
    open visit of this class in this department, or the other system's visit number is taken; the
    caller's transaction is over then.
    """
    Department.objects.select_for_update(of=("self",)).get(pk=department.pk)
    _refuse_a_second(patient, department, visit_class)
    encounter = Encounter(
        patient=patient,
        department=department,
        visit_class=visit_class,
        status=Status.PLANNED if at is None else Status.ARRIVED,
        arrival=arrival,
        expected_at=expected_at,
        started_at=None if at is None else believed_at(at, now, source),
        complaint=complaint[:200],
        acuity=acuity,
        needs=_known_needs(needs),
        attending=attending,
        source_system=source_system,
        visit_number=visit_number,
        source_at=source_at,
    )
    if visit_class == Encounter.Class.EMERGENCY:
        encounter.ticket = _next_ticket(department)
    try:
        encounter.save()
    except IntegrityError as error:
        if "encounter_visit_number" not in str(error):
            raise
        raise Refused(
            Finding("visit_number_taken", _("Another visit has this visit number already."))
        ) from None
    touches(encounter, patient)
    if at is not None:
        _here(encounter, True, at=at, actor=actor, now=now, source=source)
    else:
        tell(encounter)
    return encounter


@step
def arrive(
    *, encounter: Encounter, at: datetime, actor: Actor, now: datetime, source: str, **said
) -> Milestone:
    """The patient is here. Emergency patients begin to wait, and are told how long."""
    first = encounter.status == Status.PLANNED
    return _here(encounter, first, at=at, actor=actor, now=now, source=source, **said)


def _here(encounter: Encounter, first: bool, *, now: datetime, **said) -> Milestone:
    milestone = note_milestone(encounter=encounter, kind=Kind.ARRIVAL, now=now, **said)
    if first and encounter.visit_class == Encounter.Class.EMERGENCY:
        predict_wait(encounter=encounter, now=now)
    return milestone


@step
def decide(
    *,
    encounter: Encounter,
    disposition: str,
    at: datetime,
    actor: Actor,
    now: datetime,
    source: str,
) -> Encounter:
    """Where the patient goes from here. To be admitted asks for a bed; to go is a sign of leaving
    the one they have."""
    encounter.disposition = Disposition(disposition)
    encounter.save(update_fields=["disposition"])
    note_milestone(
        encounter=encounter,
        kind=Kind.DISPOSITION,
        at=at,
        actor=actor,
        now=now,
        source=source,
        evidence={"disposition": disposition},
    )
    if disposition == Disposition.ADMIT:
        note_milestone(
            encounter=encounter,
            kind=Kind.BED_REQUESTED,
            at=at,
            actor=actor,
            now=now,
            source=source,
        )
    if disposition not in STAYS:
        said = {"disposition": disposition}
        _sign(encounter, LeavingSign.Kind.DISPOSITION, at, actor, now, said)
    return encounter


@step
def move_to(
    *,
    encounter: Encounter,
    department: Department,
    at: datetime,
    actor: Actor,
    now: datetime,
    source: str,
) -> Encounter:
    """The visit goes on in another department. From an emergency department this is when the
    patient left it."""
    if department == encounter.department:
        return encounter
    if encounter.department.kind == Department.Kind.EMERGENCY:
        note_milestone(
            encounter=encounter, kind=Kind.LEFT, at=at, actor=actor, now=now, source=source
        )
    tell(encounter)
    encounter.department = department
    encounter.save(update_fields=["department"])
    tell(encounter)
    return encounter


@step
def end_encounter(
    *,
    encounter: Encounter,
    at: datetime,
    actor: Actor,
    now: datetime,
    source: str,
    disposition: str = "",
) -> Encounter:
    """The patient has left. A person who says so leaves the bed space too; a message is one sign
    that it is empty."""
    if encounter.status in (Status.FINISHED, Status.CANCELLED):
        raise Refused(Finding("encounter_over", _("This visit is over already.")))
    if encounter.status == Status.PLANNED:
        raise Refused(
            Finding("not_arrived", _("This patient has not arrived. Cancel the visit instead."))
        )
    left = note_milestone(
        encounter=encounter, kind=Kind.LEFT, at=at, actor=actor, now=now, source=source
    )
    if disposition:
        encounter.disposition = Disposition(disposition)
    encounter.status = Status.FINISHED
    encounter.ended_at = max(left.at, encounter.started_at or left.at)
    encounter.save(update_fields=["disposition", "status", "ended_at"])
    if source == Source.TAP:
        _give_back_beds(encounter, left.at, actor, now, source)
    else:
        _release_reservations(encounter, actor, now, source)
        _sign(encounter, LeavingSign.Kind.ADT, left.at, actor, now, {"source": source})
    settle_wait(encounter=encounter, at=None)
    touches(encounter)
    tell(encounter)
    return encounter


@step
def cancel_encounter(
    *, encounter: Encounter, actor: Actor, now: datetime, source: str, reason: str = ""
) -> Encounter:
    """The visit never was, or will not be: what was said of it stays, it counts nowhere."""
    if encounter.status in (Status.FINISHED, Status.CANCELLED):
        raise Refused(Finding("encounter_over", _("This visit is over already.")))
    encounter.status = Status.CANCELLED
    encounter.save(update_fields=["status"])
    _give_back_beds(encounter, now, actor, now, source)
    settle_wait(encounter=encounter, at=None)
    touches(encounter)
    tell(encounter)
    return encounter


@step
def reopen(
    *, encounter: Encounter, actor: Actor, now: datetime, source: str, reason: str
) -> Encounter:
    """The end, or the cancelling, was wrong: the patient is still here. The milestone of leaving is
    withdrawn; the bed space is not given back, since somebody may be in it."""
    if encounter.status not in (Status.FINISHED, Status.CANCELLED):
        raise Refused(Finding("encounter_open", _("This visit is open.")))
    _refuse_a_second(encounter.patient, encounter.department, encounter.visit_class)
    left = encounter.milestones.filter(kind=Kind.LEFT, stands=True).first()
    encounter.ended_at = None
    told = set(encounter.milestones.filter(stands=True).values_list("kind", flat=True))
    encounter.status = (
        Status.IN_PROGRESS
        if told & {Kind.IN_ROOM, Kind.PROVIDER}
        else Status.TRIAGED
        if Kind.TRIAGE_END in told
        else Status.ARRIVED
        if Kind.ARRIVAL in told
        else Status.PLANNED
    )
    if encounter.disposition == Disposition.UNSEEN:
        encounter.disposition = ""
    encounter.save(update_fields=["ended_at", "status", "disposition"])
    if left:
        withdraw_milestone(milestone=left, now=now, reason=reason)
    touches(encounter)
    tell(encounter)
    return encounter


@action("encounter.begin")
def register_visit(*, actor: Actor, now: datetime, patient: Patient, **asked) -> Encounter:
    """A person registers a visit; see `begin_encounter` for what is asked."""
    return begin_encounter(patient=patient, actor=actor, now=now, source=Source.TAP, **asked)


@action("encounter.milestone")
def triage(
    *,
    actor: Actor,
    now: datetime,
    encounter: Encounter,
    acuity: int,
    complaint: str | None = None,
    needs: Sequence[str] | None = None,
) -> Encounter:
    """How urgent it is (Emergency Severity Index, 1 is the most urgent) and what the room must
    have. The first triage is a milestone; a later one changes what is asked."""
    encounter = locked(encounter)
    _must_be_here(encounter)
    if acuity not in range(1, 6):
        raise Refused(Finding("acuity_1_to_5", _("Urgency is 1 to 5."), field="acuity"))
    encounter.acuity = acuity
    if complaint is not None:
        encounter.complaint = complaint.strip()[:200]
    if needs is not None:
        encounter.needs = _known_needs(needs)
    encounter.save(update_fields=["acuity", "complaint", "needs"])
    touches(encounter)
    note_milestone(
        encounter=encounter,
        kind=Kind.TRIAGE_END,
        at=now,
        actor=actor,
        now=now,
        source=Source.TAP,
        evidence={"acuity": acuity},
    )
    predict_wait(encounter=encounter, now=now)
    return encounter


@action("encounter.change")
def change_encounter(
    *,
    actor: Actor,
    now: datetime,
    encounter: Encounter,
    complaint: str | None = None,
    needs: Sequence[str] | None = None,
    attending: Actor | None = None,
) -> Encounter:
    """Change what is asked for, or who attends; None leaves it as it is."""
    encounter = locked(encounter)
    if complaint is not None:
        encounter.complaint = complaint.strip()[:200]
    if needs is not None:
        encounter.needs = _known_needs(needs)
    if attending is not None:
        encounter.attending = attending
    encounter.save(update_fields=["complaint", "needs", "attending"])
    touches(encounter)
    tell(encounter)
    return encounter


@action("encounter.milestone")
def set_disposition(
    *, actor: Actor, now: datetime, encounter: Encounter, disposition: str
) -> Encounter:
    """A person decides where the patient goes."""
    encounter = locked(encounter)
    _must_be_here(encounter)
    if disposition not in Disposition.values:
        raise Refused(
            Finding("unknown_disposition", _("There is no such decision."), field="disposition")
        )
    touches(encounter)
    return decide(
        encounter=encounter,
        disposition=disposition,
        at=now,
        actor=actor,
        now=now,
        source=Source.TAP,
    )


@action("encounter.end")
def patient_left(
    *,
    actor: Actor,
    now: datetime,
    encounter: Encounter,
    at: datetime | None = None,
    disposition: str = "",
) -> Encounter:
    """A person says that the patient has physically left."""
    encounter = locked(encounter)
    if disposition and disposition not in Disposition.values:
        raise Refused(
            Finding("unknown_disposition", _("There is no such decision."), field="disposition")
        )
    return end_encounter(
        encounter=encounter,
        at=at or now,
        actor=actor,
        now=now,
        source=Source.TAP,
        disposition=disposition,
    )


@action("encounter.cancel")
def cancel_visit(*, actor: Actor, now: datetime, encounter: Encounter, reason: str) -> Encounter:
    """Registered by mistake, or the ambulance went elsewhere."""
    encounter = locked(encounter)
    _reason_given(reason)
    return cancel_encounter(
        encounter=encounter, actor=actor, now=now, source=Source.TAP, reason=reason
    )


@action("encounter.change")
def arrive_or_reopen(
    *, actor: Actor, now: datetime, encounter: Encounter, reason: str = ""
) -> Encounter:
    """The patient is here: an expected one arrived, or a visit that was ended goes on."""
    encounter = locked(encounter)
    if encounter.status == Status.PLANNED:
        touches(encounter)
        arrive(encounter=encounter, at=now, actor=actor, now=now, source=Source.TAP)
        return encounter
    _reason_given(reason)
    return reopen(
        encounter=encounter, actor=actor, now=now, source=Source.TAP, reason=reason.strip()
    )


def _give_back_beds(encounter, at, actor, now, source) -> None:
    if encounter.beds.filter(status=BedAssignment.Status.ACTIVE).exists():
        rooms.leave_space(
            encounter=encounter,
            actor=actor,
            now=now,
            at=at,
            source=source,
        )
    _release_reservations(encounter, actor, now, source)


def _release_reservations(encounter, actor, now, source) -> None:
    held = encounter.beds.filter(status=BedAssignment.Status.RESERVED)
    for bed in held.select_related("bed_space").order_by("bed_space_id"):
        rooms.release_reservation(space=bed.bed_space, actor=actor, now=now, source=source)


def _sign(encounter, kind, at, actor, now, evidence) -> None:
    """One sign that the bed space of the encounter, if it has one, is empty."""
    if encounter.beds.filter(status=BedAssignment.Status.ACTIVE).exists():
        rooms.sign_of_leaving(
            encounter=encounter, kind=kind, at=at, actor=actor, now=now, evidence=evidence
        )


def _refuse_a_second(patient: Patient, department: Department, visit_class: str) -> None:
    open_one = Encounter.objects.filter(
        patient=patient,
        department=department,
        visit_class=visit_class,
        status__in=[*Encounter.OPEN, Status.PLANNED],
    ).first()
    if open_one:
        raise Refused(
            Finding(
                "here_already",
                _("This patient has an open visit here (%(visit)s). Go on with that one.")
                % {"visit": open_one},
            )
        )


def _reason_given(reason: str) -> None:
    if not reason.strip():
        raise Refused(Finding("reason_missing", _("Say why, in a few words."), field="reason"))


def _must_be_here(encounter: Encounter) -> None:
    if encounter.status not in Encounter.OPEN:
        raise Refused(
            Finding("not_here", _("This patient is not here: the visit is over or expected."))
        )


def _known_needs(needs: Sequence[str]) -> list[str]:
    unknown = sorted(set(needs) - set(Capability.values))
    if unknown:
        raise Refused(
            Finding(
                "unknown_need",
                _("No room is described by %(word)s.") % {"word": unknown[0]},
                field="needs",
            )
        )
    return sorted(set(needs))


def _next_ticket(department: Department) -> str:
    """The next number of the department; the caller holds the department's lock."""
    taken = set(
        Encounter.objects.filter(
            department=department, status__in=[*Encounter.OPEN, Status.PLANNED]
        ).values_list("ticket", flat=True)
    )
    last = (
        Encounter.objects.filter(department=department)
        .exclude(ticket="")
        .order_by("-pk")
        .values_list("ticket", flat=True)
        .first()
    )
    number = int(last or 0)
    for _try in range(TICKETS):
        number = number % TICKETS + 1
        if f"{number:03}" not in taken:
            return f"{number:03}"
    raise Refused(Finding("no_ticket", _("All ticket numbers are in use.")))
