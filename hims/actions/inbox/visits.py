"""What an ADT message does to a visit: begun, moved, ended, cancelled, and each taken back.

Messages come late and out of order: whatever comes first makes the visit from what it says, and
what is older than the newest that was applied to the visit changes nothing.
"""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from hims.action import step
from hims.actions import encounters, rooms
from hims.actions.milestones import locked
from hims.errors import Finding, Refused
from hims.models import (
    BedAssignment,
    BedSpace,
    Department,
    Encounter,
    LeavingSign,
    Milestone,
    Patient,
    Staff,
)
from hims.queries.inbox import default_department, mapped
from hims.wire.hl7v2 import Admission, Location, VisitSaid

from .account import Account

HL7 = Milestone.Source.HL7
Status = Encounter.Status
OVER = (Status.FINISHED, Status.CANCELLED)
_LONGEST = 80


@step
def apply_visit(account: Account, said: Admission, patient: Patient) -> None:
    """Do to the visit what the trigger says."""
    if not account.owns("visits"):
        return
    visit = said.visit or VisitSaid()
    found = _found(account, visit, patient)
    account.encounter = found
    if found and found.source_at and account.ordered_at < found.source_at:
        account.left("older", _("Older than what was said of the visit since: not applied."))
        account.unused = True
        return
    if found and found.patient_id != patient.pk:
        raise Refused(
            Finding("visit_of_another", _("This visit number is of another patient's visit."))
        )
    _TRIGGERS[said.trigger](account, said, visit, patient, found)
    if account.encounter:
        _remember_order(account.encounter, account.ordered_at)


# --- what the triggers do -------------------------------------------------------------------------


def _come(account, said, visit, patient, found) -> None:
    """A01, A04: the patient is here."""
    if found and found.status in OVER:
        if found.source_at is None or account.ordered_at > found.source_at:
            _reopen(account, found, said.trigger)
        else:
            account.left("older", _("This visit is over; nothing newer says it goes on."))
    found = found or _begun(account, said, visit, patient, planned=False)
    _arrived(account, said, visit, found)
    _described(account, visit, found)
    _placed(account, said, found, visit.location)


@step
def _expected(account, said, visit, patient, found) -> None:
    """A05: the patient is expected."""
    found = found or _begun(account, said, visit, patient, planned=True)
    expected = visit.expected_at or visit.admitted_at or said.planned_at
    if found.status == Status.PLANNED and expected and found.expected_at != expected:
        found.expected_at = expected
        found.save(update_fields=["expected_at"])
    _described(account, visit, found)


def _moved(account, said, visit, patient, found) -> None:
    """A02, and A12 which takes one back: the patient is where the message says."""
    found = found or _begun(account, said, visit, patient, planned=False)
    _arrived(account, said, visit, found)
    _described(account, visit, found)
    where = visit.location or (visit.prior_location if said.trigger == "A12" else None)
    if where is None:
        account.left("text", _("The message does not say where to (PV1-3)."))
    _placed(account, said, found, where)


def _left(account, said, visit, patient, found) -> None:
    """A03: the patient has left."""
    found = found or _begun(account, said, visit, patient, planned=False)
    if found.status in OVER:
        account.left("older", _("This visit is over already."))
        return
    _arrived(account, said, visit, found)
    _described(account, visit, found)
    encounters.end_encounter(
        encounter=found,
        at=account.believable(visit.discharged_at, said.said_at),
        disposition=account.word("disposition", visit.disposition.split("^")[0]),
        actor=account.actor,
        now=account.now,
        source=HL7,
    )
    account.did(_("visit ended"))


def _updated(account, said, visit, patient, found) -> None:
    """A08: what is said of the visit now; one that nobody has told of is made from it."""
    if found is None:
        planned = visit.patient_class == "P" or (visit.admitted_at or account.now) > account.now
        found = _begun(account, said, visit, patient, planned=planned)
        if not planned:
            _arrived(account, said, visit, found)
            _placed(account, said, found, visit.location)
        if visit.discharged_at and visit.discharged_at <= account.now and not planned:
            _left(account, said, visit, patient, found)
    elif not found.beds.filter(status=BedAssignment.Status.ACTIVE).exists():
        _placed(account, said, found, visit.location)
    _described(account, visit, found)


def _never_was(account, said, visit, patient, found) -> None:
    """A11: the admission is cancelled. Before its A01 came, this keeps that from counting."""
    found = found or _begun(account, said, visit, patient, planned=True)
    if found.status in OVER:
        account.left("older", _("This visit is over already."))
        return
    encounters.cancel_encounter(
        encounter=found, actor=account.actor, now=account.now, source=HL7, reason="ADT^A11"
    )
    account.did(_("visit cancelled"))


def _still_here(account, said, visit, patient, found) -> None:
    """A13: the discharge is cancelled."""
    found = found or _begun(account, said, visit, patient, planned=False)
    if found.status in OVER:
        _reopen(account, found, said.trigger)
        rooms.withdraw_sign(
            encounter=found, kind=LeavingSign.Kind.ADT, actor=account.actor, now=account.now
        )
    _arrived(account, said, visit, found)
    _placed(account, said, found, visit.location)


_TRIGGERS = {
    "A01": _come,
    "A02": _moved,
    "A03": _left,
    "A04": _come,
    "A05": _expected,
    "A08": _updated,
    "A11": _never_was,
    "A12": _moved,
    "A13": _still_here,
}


# --- parts ----------------------------------------------------------------------------------------


@step
def _found(account: Account, visit: VisitSaid, patient: Patient) -> Encounter | None:
    """The visit by its number, else the one open visit that another door began without one."""
    system, number = _number(account, visit)
    if number:
        asked = Encounter.objects.filter(source_system=system, visit_number=number)
        numbered = asked.only("pk", "patient_id").first()
        if numbered:
            return locked(numbered)
    mine = Encounter.objects.filter(
        patient=patient, status__in=[*Encounter.OPEN, Status.PLANNED]
    ).order_by("-pk")
    candidates = list(mine.filter(visit_number="")[:2]) if number else list(mine[:2])
    if len(candidates) != 1:
        return None
    found = locked(candidates[0])
    if number:
        found.source_system, found.visit_number = system, number
        found.save(update_fields=["source_system", "visit_number"])
        account.did(_("joined to the visit that was begun here"))
    return found


def _number(account: Account, visit: VisitSaid) -> tuple[str, str]:
    said = visit.number
    if said is None:
        return "", ""
    return (said.assigner or account.application)[:_LONGEST], said.value[:_LONGEST]


def _begun(account, said: Admission, visit: VisitSaid, patient: Patient, *, planned) -> Encounter:
    visit_class = account.word("class", visit.patient_class)
    visit_class = visit_class or ("AMB" if said.trigger == "A04" else "IMP")
    place = account.place(visit.location)
    department = place.department or default_department(visit_class)
    if department is None:
        raise Refused(Finding("no_department", _("This hospital has no department yet.")))
    _superseded(account, patient, department, visit_class)
    system, number = _number(account, visit)
    begun = encounters.begin_encounter(
        patient=patient,
        department=department,
        visit_class=visit_class,
        at=None if planned else account.believable(visit.admitted_at, said.said_at),
        source_at=account.ordered_at,
        expected_at=visit.expected_at or (visit.admitted_at if planned else None),
        complaint=visit.reason,
        attending=_attending(account, visit),
        source_system=system,
        visit_number=number,
        actor=account.actor,
        now=account.now,
        source=HL7,
    )
    account.encounter = begun
    account.did(_("visit begun in %(department)s") % {"department": department})
    return begun


def _superseded(account, patient: Patient, department: Department, visit_class: str) -> None:
    """A new visit number says that an earlier visit to the same department is over, though nobody
    told us: it ends now, marked as inferred."""
    earlier = Encounter.objects.filter(
        patient=patient,
        department=department,
        visit_class=visit_class,
        status__in=[*Encounter.OPEN, Status.PLANNED],
    )
    for one in earlier:
        one = locked(one)
        if one.status == Status.PLANNED:
            encounters.cancel_encounter(
                encounter=one,
                actor=account.actor,
                now=account.now,
                source=Milestone.Source.INFERRED,
            )
        else:
            encounters.end_encounter(
                encounter=one,
                at=account.now,
                actor=account.actor,
                now=account.now,
                source=Milestone.Source.INFERRED,
            )
        account.did(_("the visit before, %(visit)s, taken for ended") % {"visit": one})


def _arrived(account: Account, said: Admission, visit: VisitSaid, found: Encounter) -> None:
    if found.status == Status.PLANNED:
        at = account.believable(visit.admitted_at, said.said_at)
        encounters.arrive(encounter=found, at=at, actor=account.actor, now=account.now, source=HL7)


@step
def _described(account: Account, visit: VisitSaid, found: Encounter) -> None:
    """What the visit is about and who attends, where that differs."""
    facts = account.readable({"complaint": visit.reason[:200]})
    attending = _attending(account, visit)
    changed = []
    if facts.get("complaint") and found.complaint != facts["complaint"]:
        found.complaint = facts["complaint"]
        changed.append("complaint")
    if attending and found.attending_id != attending.pk:
        found.attending = attending
        changed.append("attending")
    if "attending" in visit.blank and found.attending_id:
        found.attending = None
        changed.append("attending")
    if changed:
        found.save(update_fields=changed)
        account.did(_("changed: %(fields)s") % {"fields": ", ".join(changed)})


def _attending(account: Account, visit: VisitSaid):
    """Who attends, if the number is of somebody who works here."""
    if visit.attending is None or not visit.attending.number:
        return None
    theirs = visit.attending.number
    ours = mapped(account.interface).get(("provider", theirs), theirs)
    staff = Staff.objects.filter(number=ours).select_related("actor").first()
    if staff is None:
        account.unknown("provider", theirs)
    return staff.actor if staff else None


def _placed(account: Account, said: Admission, found: Encounter, where: Location | None) -> None:
    """The patient is in this place: its department, and its bed space where one is named.

    A bed that cannot be had is a conflict to look at; the rest of the message counts.
    """
    if where is None or found.status not in Encounter.OPEN or not account.owns("location"):
        return
    place = account.place(where)
    at = account.believable(said.said_at, said.recorded_at)
    if place.department and place.department.pk != found.department_id:
        encounters.move_to(
            encounter=found,
            department=place.department,
            at=at,
            actor=account.actor,
            now=account.now,
            source=HL7,
        )
        account.did(_("moved to %(department)s") % {"department": place.department})
    if place.space is not None:
        _takes(account, found, place.space, at)


def _takes(account: Account, found: Encounter, space: BedSpace, at: datetime) -> None:
    current = found.beds.filter(status=BedAssignment.Status.ACTIVE).first()
    if current and current.bed_space_id == space.pk:
        return
    try:
        with transaction.atomic():
            rooms.occupy_space(
                space=space,
                encounter=found,
                at=at,
                actor=account.actor,
                now=account.now,
                source=HL7,
            )
    except Refused as refused:
        account.left("conflict", f"{space}: {refused}")
    else:
        account.did(_("in %(space)s") % {"space": space})


def _reopen(account: Account, found: Encounter, trigger: str) -> None:
    encounters.reopen(
        encounter=found,
        actor=account.actor,
        now=account.now,
        source=HL7,
        reason=f"ADT^{trigger}",
    )
    account.did(_("visit goes on"))


@step
def _remember_order(encounter: Encounter, ordered_at: datetime) -> None:
    """When the newest message about the visit was said. It is no fact about the visit, so it has no
    history of its own: messages are kept anyway."""
    if encounter.source_at is None or encounter.source_at < ordered_at:
        encounter.source_at = ordered_at
        Encounter.objects.filter(pk=encounter.pk).update(source_at=ordered_at)
