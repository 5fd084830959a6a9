"""Cleaning bed spaces: asked for, claimed by one, begun, done; and then a person calls it ready.

Each has two times: when it happened and when we were told. A machine may say that a space was
cleaned; only a person on the spot says that it is ready, and after isolation only when an isolation
clean is done.
"""

from datetime import datetime

from hims.action import action, step
from hims.actions.rooms_beds import end_bed, release_held
from hims.actions.rooms_changing import Change, Held, changing
from hims.actions.rooms_refused import refused
from hims.domain.rooms import Clean, State, What
from hims.models import Actor, BedSpace, CleaningTask

Status = CleaningTask.Status


@step
def ready_space(
    *, space: BedSpace, actor: Actor, now: datetime, source: str, reason: str = ""
) -> BedSpace:
    """A person looked: it is clean and empty. A clean under way is done by that. Said again of a
    ready space it keeps what is known of it young."""
    with changing(space, actor=actor, now=now, source=source, reason=reason) as change:
        _ready(change, change.of(space))
    return change.of(space).row


@step
def finish_cleaning(
    *,
    space: BedSpace,
    actor: Actor,
    now: datetime,
    source: str,
    at: datetime | None = None,
    ready: bool = False,
) -> BedSpace:
    """The clean that is under way was done at `at`; with `ready` the same person calls it ready."""
    with changing(space, actor=actor, now=now, source=source, at=at) as change:
        held = change.of(space)
        if held.task is None or held.row.state != State.CLEANING:
            raise refused("nothing_to_clean", held.row, actor, now)
        _done(change, held)
        if ready:
            _ready(change, held)
        else:
            change.note(held, "cleaned")
    return change.of(space).row


@action("bed_space.ready")
def call_ready(*, actor: Actor, now: datetime, space: BedSpace) -> BedSpace:
    """A person says that a space is clean and empty."""
    return ready_space(space=space, actor=actor, now=now, source="tap")


@action("cleaning.request")
def request_cleaning(
    *, actor: Actor, now: datetime, space: BedSpace, isolation: bool = False, reason: str = ""
) -> BedSpace:
    """A person saw that a space is not clean, or that it needs an isolation clean. A reservation
    is given up."""
    with changing(space, actor=actor, now=now, source="tap", reason=reason) as change:
        held = change.of(space)
        if held.reservation:
            release_held(change, held)
        if isolation and held.row.state in (State.DIRTY, State.CLEANING):
            _to_isolation(change, held)
        else:
            if isolation:
                held.row.cleaning = Clean.ISOLATION.value
            change.happen(held, What.NEEDS_CLEANING)
    return held.row


@action("cleaning.claim")
def claim_cleaning(*, actor: Actor, now: datetime, space: BedSpace) -> CleaningTask:
    """I will clean it: exactly one person does. Also where it is left but not yet confirmed."""
    with changing(space, actor=actor, now=now, source="tap") as change:
        held = change.of(space)
        task = _waiting(change, held)
        if held.row.state == State.DIRTY:
            change.happen(held, What.CLAIM_CLEANING, cleaner=actor.pk)
        elif task.claimed_by_id not in (None, actor.pk):
            raise _claimed_by_another(change, held)
        else:
            change.note(held, What.CLAIM_CLEANING.value)
        task.status, task.claimed_by = Status.ACCEPTED, actor
        task.claimed_at = task.claimed_at or now
        task.save(update_fields=["status", "claimed_by", "claimed_at"])
    return task


@action("cleaning.claim")
def give_up_cleaning(*, actor: Actor, now: datetime, space: BedSpace) -> CleaningTask:
    """Somebody else may clean it."""
    with changing(space, actor=actor, now=now, source="tap") as change:
        held = change.of(space)
        task = _waiting(change, held)
        if task.claimed_by_id != actor.pk or task.status != Status.ACCEPTED:
            raise refused("nothing_to_clean", held.row, actor, now)
        task.status, task.claimed_by, task.claimed_at = Status.REQUESTED, None, None
        task.save(update_fields=["status", "claimed_by", "claimed_at"])
        change.note(held, "give_up_cleaning")
    return task


@action("cleaning.start")
def start_cleaning(
    *,
    actor: Actor,
    now: datetime,
    space: BedSpace,
    at: datetime | None = None,
    source: str = "tap",
) -> CleaningTask:
    """I am cleaning it. Who cleans it sees that it is empty."""
    with changing(space, actor=actor, now=now, source=source, at=at) as change:
        held = change.of(space)
        task = _waiting(change, held)
        if task.claimed_by_id not in (None, actor.pk):
            raise _claimed_by_another(change, held)
        if held.row.state == State.UNKNOWN and held.row.encounter_id is not None:
            change.happen(held, What.VACATE)
            end_bed(change, held, held.occupation)
        if held.row.state in (State.VACATED, State.UNKNOWN):
            change.happen(held, What.NEEDS_CLEANING)
        value = held.value()
        kind = Clean.ISOLATION if value.isolation_owed else Clean(task.kind)
        change.happen(held, What.START_CLEANING, cleaner=actor.pk, clean=kind)
        task.status, task.kind, task.claimed_by = Status.IN_PROGRESS, kind.value, actor
        task.claimed_at, task.started_at = task.claimed_at or change.at, change.at
        task.save(update_fields=["status", "kind", "claimed_by", "claimed_at", "started_at"])
    return task


@action("cleaning.done")
def cleaning_done(
    *,
    actor: Actor,
    now: datetime,
    space: BedSpace,
    ready: bool = False,
    at: datetime | None = None,
    source: str = "tap",
) -> BedSpace:
    """It is cleaned; with `ready` the same tap calls it ready, if this person may."""
    return finish_cleaning(
        space=space,
        actor=actor,
        now=now,
        at=at,
        source=source,
        ready=ready and actor.may("bed_space.ready"),
    )


def _waiting(change: Change, held: Held) -> CleaningTask:
    """The open task of a space that waits to be cleaned."""
    task = held.task
    if task is None or held.row.state == State.CLEANING:
        raise refused("nothing_to_clean", held.row, change.actor, change.now)
    return task


def _claimed_by_another(change: Change, held: Held):
    name = held.task.claimed_by.name if held.task and held.task.claimed_by else ""
    return refused("claimed_by_another", held.row, change.actor, change.now, other=name)


@step
def _done(change: Change, held: Held) -> None:
    """The open task is done, and what was cleaned is what is ready to be confirmed."""
    task = held.task
    task.status, task.done_at = Status.COMPLETED, max(change.at, task.started_at or change.at)
    task.save(update_fields=["status", "done_at"])
    held.task, held.cleaned = None, task.kind
    held.row.evidence_at = max(change.at, held.row.evidence_at)
    held.row.save(update_fields=["evidence_at"])


@step
def _ready(change: Change, held: Held) -> None:
    if held.row.state == State.READY and change.by_a_person:
        held.row.evidence_at = max(change.at, held.row.evidence_at)
        held.row.save(update_fields=["evidence_at"])
        change.note(held, What.READY.value)
        return
    if held.row.state == State.CLEANING and held.task:
        _done(change, held)
    change.happen(held, What.READY)


@step
def _to_isolation(change: Change, held: Held) -> None:
    """What is being cleaned, or waits to be, needs an isolation clean: it is asked for anew."""
    held.row.cleaning = Clean.ISOLATION.value
    if held.row.state == State.CLEANING:
        change.happen(held, What.NEEDS_CLEANING)
    else:
        held.row.save(update_fields=["cleaning"])
        change.note(held, What.NEEDS_CLEANING.value)
    if held.task:
        held.task.kind = Clean.ISOLATION.value
        held.task.save(update_fields=["kind"])
