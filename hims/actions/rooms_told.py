"""What another system says of a bed space (HL7 ADT^A20, table 0116), and leases that run out.

A machine never makes a space ready. What it says against our own knowledge makes the space not
known, so that somebody looks.
"""

from dataclasses import replace
from datetime import datetime

from django.utils.translation import gettext as _

from hims.action import step
from hims.actions.rooms_beds import left_by_signs, release_held
from hims.actions.rooms_changing import LEASE, Change, Held, changing
from hims.actions.rooms_refused import refused
from hims.domain.rooms import State, What
from hims.errors import Finding, Invalid
from hims.jobs import register_timer
from hims.models import Actor, BedSpace, Cleaning, CleaningTask, LeavingSign, Timer
from hims.queries.actors import clock

# HL7 table 0116, bed status
BED_STATUS = {
    "C": "closed",
    "H": "housekeeping",
    "I": "isolated",
    "K": "contaminated",
    "O": "occupied",
    "U": "unoccupied",
}


@step
def bed_status(
    *,
    space: BedSpace,
    state: str,
    actor: Actor,
    now: datetime,
    source: str,
    at: datetime | None = None,
) -> BedSpace:
    """Another system's word: a code of HL7 table 0116, or its name in BED_STATUS.

    closed blocks an empty space; unoccupied is one sign of leaving, or a clean done that a person
    has to confirm; occupied and housekeeping agree with what we know, or make it not known;
    isolated and contaminated ask for an isolation clean.
    """
    word = BED_STATUS.get(state, state)
    if word not in BED_STATUS.values():
        raise Invalid(Finding("bad_bed_status", _("There is no such bed status."), field="state"))
    with changing(
        space, actor=actor, now=now, source=source, at=at, reason=_("other system: %s") % word
    ) as change:
        held = change.of(space)
        _SAID[word](change, held)
    return held.row


@step
def lease_over(timer: Timer, now: datetime) -> None:
    """The reservation that the timer was set for ends, if it still stands and its time has come."""
    space = BedSpace.objects.filter(uid=timer.subject).first()
    if space is not None:
        with changing(space, actor=clock(), now=now, source="clock"):
            pass  # locking the space writes down what time has done to it


register_timer(LEASE, lease_over)


def _closed(change: Change, held: Held) -> None:
    if held.reservation:
        release_held(change, held)
    if held.row.state != State.BLOCKED:
        change.happen(held, What.BLOCK)


def _unoccupied(change: Change, held: Held) -> None:
    if held.occupation:
        _sign(change, held)
    elif held.row.state == State.CLEANING and held.task:
        _cleaned(change, held)
    else:
        _agrees(change, held)


@step
def _sign(change: Change, held: Held) -> None:
    LeavingSign.objects.create(
        assignment=held.occupation,
        kind=LeavingSign.Kind.ADT,
        at=change.at,
        recorded_at=change.now,
        actor=change.actor,
        evidence={"bed_status": "unoccupied"},
    )
    left_by_signs(change, held)


@step
def _cleaned(change: Change, held: Held) -> None:
    """A clean done, as a machine says: the space stays as it is until a person has looked."""
    task = held.task
    task.status, task.done_at = CleaningTask.Status.COMPLETED, max(change.at, task.started_at)
    task.save(update_fields=["status", "done_at"])
    held.task, held.cleaned = None, task.kind
    change.note(held, "cleaned")


def _occupied(change: Change, held: Held) -> None:
    if held.row.state == State.READY:
        _doubted(change, held)
    elif held.row.state in (State.OCCUPIED, State.RESERVED):
        _agrees(change, held)


def _housekeeping(change: Change, held: Held) -> None:
    if held.row.state == State.VACATED:
        change.happen(held, What.NEEDS_CLEANING)
    elif held.row.state == State.READY:
        _doubted(change, held)
    elif held.occupation:
        _sign(change, held)


def _doubted(change: Change, held: Held) -> None:
    """What we held true is contradicted: nobody knows until somebody looks."""
    change.put(held, What.EVIDENCE_OLD, replace(held.value(), state=State.UNKNOWN))


@step
def _agrees(change: Change, held: Held) -> None:
    if held.row.state in (State.READY, State.OCCUPIED):
        held.row.evidence_at = max(change.at, held.row.evidence_at)
        held.row.save(update_fields=["evidence_at"])


@step
def _isolated(change: Change, held: Held) -> None:
    if held.row.state in (State.READY, State.RESERVED):
        raise refused("only_a_person", held.row, change.actor, change.now)
    if held.row.cleaning != Cleaning.ISOLATION:
        held.row.cleaning = Cleaning.ISOLATION
        held.row.save(update_fields=["cleaning"])
        change.note(held, "isolated")


_SAID = {
    "closed": _closed,
    "unoccupied": _unoccupied,
    "occupied": _occupied,
    "housekeeping": _housekeeping,
    "contaminated": _isolated,
    "isolated": _isolated,
}
