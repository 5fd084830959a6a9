"""Milestones of an encounter: the first of a kind stands, whatever else is said is kept."""

from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from hims.action import action, step, touches
from hims.actions.predictions import settle_wait
from hims.errors import Finding, Refused
from hims.live import announce
from hims.models import Actor, Encounter, Milestone

Kind, Source = Milestone.Kind, Milestone.Source

CLOCKS_DIFFER = timedelta(minutes=1)  # so far ahead of ours a clock may be and still be believed
PEOPLE_SAY = (Source.TAP, Source.SCAN)

# What a milestone says about the state of the visit; a later state is never taken back by it.
STATUS_AFTER = {
    Kind.ARRIVAL: Encounter.Status.ARRIVED,
    Kind.TRIAGE_START: Encounter.Status.ARRIVED,
    Kind.TRIAGE_END: Encounter.Status.TRIAGED,
    Kind.IN_ROOM: Encounter.Status.IN_PROGRESS,
    Kind.PROVIDER: Encounter.Status.IN_PROGRESS,
}
_ORDER = [
    Encounter.Status.PLANNED,
    Encounter.Status.ARRIVED,
    Encounter.Status.TRIAGED,
    Encounter.Status.IN_PROGRESS,
]


@step
def note_milestone(
    *,
    encounter: Encounter,
    kind: str,
    at: datetime,
    actor: Actor,
    now: datetime,
    source: str,
    evidence: dict[str, Any] | None = None,
    reason: str = "",
) -> Milestone:
    """Keep that `kind` happened at `at`, as `source` says; the caller holds the encounter's lock.

    The first told of a kind stands, unless it was only inferred; what comes later is kept beside
    it. A machine's clock that is ahead of ours is not believed: the milestone then happened when
    we heard of it, and its evidence says what the clock said. Raises Refused for a person's time
    in the future.
    """
    evidence = dict(evidence or {}, department=encounter.department.code)
    believed = believed_at(at, now, source)
    if believed != at:
        evidence["said_at"], at = at.isoformat(), believed
    standing = encounter.milestones.filter(kind=kind, stands=True).first()
    replaces = standing is not None and standing.source == Source.INFERRED != source
    if standing is not None and replaces:
        _stands(standing, False)
    milestone = Milestone.objects.create(
        encounter=encounter,
        kind=kind,
        at=at,
        recorded_at=now,
        source=source,
        actor=actor,
        evidence=evidence,
        stands=standing is None or replaces,
        reason=reason[:200],
    )
    if milestone.stands:
        begins = kind == Kind.ARRIVAL and encounter.started_at is None
        _advance(encounter, STATUS_AFTER.get(Kind(kind)), at if begins else None)
    tell(encounter)
    return milestone


def believed_at(at: datetime, now: datetime, source: str) -> datetime:
    """When something happened that `source` says happened at `at`: a machine's clock that is ahead
    of ours is not believed, and a person is told so (Refused)."""
    if at <= now + CLOCKS_DIFFER:
        return at
    if source in PEOPLE_SAY:
        raise Refused(_future())
    return now


@step
def in_room(
    *, encounter: Encounter, at: datetime, actor: Actor, now: datetime, source: str, **said
) -> Milestone:
    """The patient is in a room: the wait for it is over."""
    milestone = note_milestone(
        encounter=encounter, kind=Kind.IN_ROOM, at=at, actor=actor, now=now, source=source, **said
    )
    if milestone.stands:
        settle_wait(encounter=encounter, at=milestone.at)
    return milestone


@step
def withdraw_milestone(*, milestone: Milestone, now: datetime, reason: str) -> Milestone | None:
    """Take back what was said; of what else was said of this kind the first stands again, if
    anything was. Returns what stands now."""
    if milestone.withdrawn_at:
        raise Refused(Finding("withdrawn", _("This was withdrawn already.")))
    milestone.stands = False
    milestone.withdrawn_at = now
    milestone.withdrawn_reason = reason[:200]
    milestone.save(update_fields=["stands", "withdrawn_at", "withdrawn_reason"])
    encounter = milestone.encounter
    said = encounter.milestones.filter(kind=milestone.kind, withdrawn_at=None)
    following = said.filter(corrected_by=None).order_by("pk").first()
    if following and not said.filter(stands=True).exists():
        _stands(following, True)
    tell(encounter)
    return said.filter(stands=True).first()


@action("encounter.milestone")
def say_milestone(
    *, actor: Actor, now: datetime, encounter: Encounter, kind: str, at: datetime | None = None
) -> Milestone:
    """A person says that something happened, now or at `at`."""
    encounter = locked(encounter)
    if kind in (Kind.LEFT, Kind.TRIAGE_END, Kind.DISPOSITION):
        raise Refused(
            Finding(
                "says_more", _("This is said together with more: triage, disposition, leaving.")
            )
        )
    _must_be_open(encounter)
    touches(encounter)
    return note_milestone(
        encounter=encounter, kind=kind, at=at or now, actor=actor, now=now, source=Source.TAP
    )


@action("encounter.correct")
def correct_milestone(
    *, actor: Actor, now: datetime, milestone: Milestone, at: datetime, reason: str
) -> Milestone:
    """Another time for what stands, with a reason; what was said before is kept."""
    encounter = locked(milestone.encounter)
    old = encounter.milestones.filter(pk=milestone.pk, stands=True).first()
    if old is None:
        raise Refused(
            Finding("does_not_stand", _("This was corrected or withdrawn meanwhile. Look again."))
        )
    if not reason.strip():
        raise Refused(Finding("reason_missing", _("Say why the time is another."), field="reason"))
    if at > now + CLOCKS_DIFFER:
        raise Refused(_future())
    _stands(old, False)
    touches(encounter)
    new = Milestone.objects.create(
        encounter=encounter,
        kind=old.kind,
        at=at,
        recorded_at=now,
        source=Source.TAP,
        actor=actor,
        evidence={"department": old.evidence.get("department", "")},
        corrects=old,
        reason=reason.strip()[:200],
    )
    if old.kind == Kind.ARRIVAL:
        encounter.started_at = at
        encounter.save(update_fields=["started_at"])
    if old.kind == Kind.LEFT and encounter.ended_at:
        encounter.ended_at = max(at, encounter.started_at or at)
        encounter.save(update_fields=["ended_at"])
    tell(encounter)
    return new


@action("encounter.correct")
def take_back_milestone(
    *, actor: Actor, now: datetime, milestone: Milestone, reason: str
) -> Milestone | None:
    """Withdraw what stands, with a reason. Returns what stands instead, if anything does."""
    encounter = locked(milestone.encounter)
    if milestone.kind in (Kind.ARRIVAL, Kind.LEFT):
        raise Refused(
            Finding(
                "visit_begins_and_ends",
                _("Every visit has an arrival; its end is undone by reopening. Correct the time."),
            )
        )
    if not reason.strip():
        raise Refused(Finding("reason_missing", _("Say why it is withdrawn."), field="reason"))
    touches(encounter)
    fresh = encounter.milestones.get(pk=milestone.pk)
    return withdraw_milestone(milestone=fresh, now=now, reason=reason.strip())


def locked(encounter: Encounter) -> Encounter:
    """The encounter with its patient, both held until the transaction ends. Whatever happens to a
    patient locks the patient first."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT FROM hims_patient WHERE id = %s FOR UPDATE", [encounter.patient_id])
    rows = Encounter.objects.select_for_update(of=("self",)).select_related("department", "patient")
    return rows.get(pk=encounter.pk)


def tell(encounter: Encounter) -> None:
    """Tell open pages that something about the encounter changed."""
    announce(
        "encounter",
        [{"id": str(encounter.uid), "department": str(encounter.department.uid)}],
    )


@step
def _advance(encounter: Encounter, status: str | None, started_at: datetime | None) -> None:
    """The visit is as far as `status`, and began at `started_at`, where these are given."""
    changed = []
    if (
        status
        and encounter.status in _ORDER
        and _ORDER.index(Encounter.Status(status))
        > _ORDER.index(Encounter.Status(encounter.status))
    ):
        encounter.status = status
        changed.append("status")
    if started_at is not None:
        encounter.started_at = started_at
        changed.append("started_at")
    if changed:
        encounter.save(update_fields=changed)


@step
def _stands(milestone: Milestone, stands: bool) -> None:
    milestone.stands = stands
    milestone.save(update_fields=["stands"])


def _must_be_open(encounter: Encounter) -> None:
    if encounter.status not in (*Encounter.OPEN, Encounter.Status.PLANNED):
        raise Refused(
            Finding("encounter_over", _("This visit is over. Reopen it first if that is wrong."))
        )


def _future() -> Finding:
    return Finding(
        "in_the_future", _("This time has not come yet. Give a time up to now."), field="at"
    )
