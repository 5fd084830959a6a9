"""The life of a bed space: which event may follow which state, and what must never happen.

READY -> RESERVED -> OCCUPIED -> VACATED (not yet confirmed) -> DIRTY -> CLEANING -> READY; BLOCKED
with a reason, UNKNOWN when the evidence is old. Nothing becomes READY without a person's word, a
space has one occupant, and isolation asks for a clean of its own.
"""

from collections.abc import Hashable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from hims.domain.leaving import PERSON, Sign, Source, signs_suffice

EVIDENCE_LASTS_MIN = 12 * 60
"""T: after so many minutes without any sign, what a space is said to be is no longer believed."""


class State(StrEnum):
    READY = "ready"
    RESERVED = "reserved"
    OCCUPIED = "occupied"
    VACATED = "vacated"
    DIRTY = "dirty"
    CLEANING = "cleaning"
    BLOCKED = "blocked"
    UNKNOWN = "unknown"


class What(StrEnum):
    """What can happen to a bed space."""

    RESERVE = "reserve"
    RELEASE = "release"
    LEASE_OVER = "lease_over"
    OCCUPY = "occupy"
    SIGN_OF_LEAVING = "sign_of_leaving"
    VACATE = "vacate"
    NEEDS_CLEANING = "needs_cleaning"
    CLAIM_CLEANING = "claim_cleaning"
    START_CLEANING = "start_cleaning"
    FINISH_CLEANING = "finish_cleaning"
    READY = "ready"
    BLOCK = "block"
    UNBLOCK = "unblock"
    EVIDENCE_OLD = "evidence_old"


class Clean(StrEnum):
    NONE = ""
    STANDARD = "standard"
    ISOLATION = "isolation"


@dataclass(frozen=True)
class BedSpace:
    """What is believed of one space.

    patient: who lies here, or for whom it is held. until: when the reservation ends.
    isolation_owed: somebody in isolation lay here since its last isolation clean.
    cleaner: who claimed the clean; cleaning: the clean under way; cleaned: the one that a machine
    reports as done and no person has confirmed. reason: why it is blocked.
    """

    state: State
    patient: Hashable | None = None
    until: datetime | None = None
    isolation_owed: bool = False
    cleaner: Hashable | None = None
    cleaning: Clean = Clean.NONE
    cleaned: Clean = Clean.NONE
    reason: str = ""


@dataclass(frozen=True)
class Event:
    """One thing that happens to a space.

    source: who says so; a tap or a scan is a person's word, the rest is a machine's (the clock
    counts as one). isolation: the patient of an OCCUPY needs isolation. elsewhere: the name of
    another space where this patient already lies, "" for none. away: the patient is in imaging or
    theatre. reason: why it is blocked, or why a person goes on against a warning.
    """

    what: What
    source: Source
    patient: Hashable | None = None
    until: datetime | None = None
    isolation: bool = False
    elsewhere: str = ""
    signs: tuple[Sign, ...] = ()
    now: datetime | None = None
    away: bool = False
    cleaner: Hashable | None = None
    clean: Clean = Clean.STANDARD
    reason: str = ""

    @property
    def by_a_person(self) -> bool:
        return self.source in PERSON


@dataclass(frozen=True)
class Transition:
    """`before` became `after`. asks: nothing changed yet, a person is asked whether it is so."""

    before: BedSpace
    after: BedSpace
    what: What
    asks: bool = False


@dataclass(frozen=True)
class Refusal:
    """Why an event is not possible. A person's reason may overrule where `severity` is warn."""

    code: str
    severity: str = "stop"


def after(space: BedSpace, event: Event) -> Transition | Refusal:
    """What the event makes of the space, or why it cannot be. Pure: the same twice is the same."""
    outcome = _DECISIONS[event.what](space, event)
    if isinstance(outcome, Refusal):
        return outcome
    asks = event.what is What.SIGN_OF_LEAVING and outcome is space
    return Transition(space, outcome, event.what, asks)


def undo(done: Transition, space: BedSpace, *, elsewhere: str = "") -> BedSpace | Refusal:
    """The space exactly as it was before `done`, if nothing has happened to it since.

    elsewhere: another space where the patient who would lie here again has been put meanwhile.
    """
    if space != done.after:
        return Refusal("moved_on")
    back = done.before
    lies_again = back.state in (State.OCCUPIED, State.VACATED, State.UNKNOWN)
    if elsewhere and lies_again and back.patient is not None:
        return Refusal("patient_elsewhere")
    return back


def _reserve(space: BedSpace, event: Event) -> BedSpace | Refusal:
    if event.patient is None or event.until is None:
        return Refusal("reservation_incomplete")
    if space.state is State.RESERVED:
        if space.patient != event.patient:
            return Refusal("reserved_for_another")
        return replace(space, until=event.until)
    if space.state is not State.READY:
        return Refusal(_TAKEN.get(space.state, "not_ready"))
    return replace(space, state=State.RESERVED, patient=event.patient, until=event.until)


def _release(space: BedSpace, event: Event) -> BedSpace | Refusal:
    """READY again: a person had said so, and nobody has been in it since."""
    if space.state is not State.RESERVED:
        return Refusal("not_reserved")
    if event.what is What.LEASE_OVER and not (
        event.now and space.until and event.now >= space.until
    ):
        return Refusal("lease_runs")
    return replace(space, state=State.READY, patient=None, until=None)


def _occupy(space: BedSpace, event: Event) -> BedSpace | Refusal:
    if event.patient is None:
        return Refusal("no_patient")
    if event.elsewhere:
        return Refusal("patient_elsewhere")
    same = space.patient == event.patient
    if space.state is State.OCCUPIED and not same:
        return Refusal("occupied")
    if space.state in (State.VACATED, State.UNKNOWN) and space.patient is not None and not same:
        return Refusal("not_confirmed_empty")
    if space.state is State.BLOCKED:
        return Refusal("blocked")
    overruled = event.by_a_person and bool(event.reason)
    if space.state is State.RESERVED and not same and not overruled:
        return Refusal("reserved_for_another", "warn")
    if space.state in (State.DIRTY, State.CLEANING) and not overruled:
        return Refusal("not_ready", "warn")
    return BedSpace(
        State.OCCUPIED,
        patient=event.patient,
        isolation_owed=space.isolation_owed or event.isolation,
    )


def _sign_of_leaving(space: BedSpace, event: Event) -> BedSpace | Refusal:
    if space.state is not State.OCCUPIED:
        return Refusal("nobody_in_it")
    if event.away:
        return Refusal("away_holds_bed")
    if event.now is None:
        return Refusal("no_time")
    if not signs_suffice(event.signs, now=event.now, away=False):
        return space
    return replace(space, state=State.VACATED)


def _vacate(space: BedSpace, event: Event) -> BedSpace | Refusal:
    """A person answers the question: yes, it is empty."""
    if not event.by_a_person:
        return Refusal("only_a_person")
    if event.away and not event.reason:
        return Refusal("away_holds_bed", "warn")
    if space.state not in (State.OCCUPIED, State.UNKNOWN) or space.patient is None:
        return Refusal("nobody_in_it")
    return replace(space, state=State.VACATED)


def _needs_cleaning(space: BedSpace, event: Event) -> BedSpace | Refusal:
    """After VACATED by itself; from READY and UNKNOWN when a person saw that it is dirty."""
    if space.state is State.VACATED:
        return BedSpace(State.DIRTY, isolation_owed=space.isolation_owed)
    if space.state not in (State.READY, State.UNKNOWN, State.CLEANING):
        return Refusal(_TAKEN.get(space.state, "already_dirty"))
    if not event.by_a_person:
        return Refusal("only_a_person")
    if space.patient is not None:
        return Refusal("not_confirmed_empty")
    return BedSpace(State.DIRTY, isolation_owed=space.isolation_owed)


def _claim_cleaning(space: BedSpace, event: Event) -> BedSpace | Refusal:
    if space.state is not State.DIRTY:
        return Refusal("nothing_to_clean")
    if event.cleaner is None:
        return Refusal("no_cleaner")
    if space.cleaner not in (None, event.cleaner):
        return Refusal("claimed_by_another")
    return replace(space, cleaner=event.cleaner)


def _start_cleaning(space: BedSpace, event: Event) -> BedSpace | Refusal:
    if space.state is not State.DIRTY:
        return Refusal("nothing_to_clean")
    if event.clean is Clean.NONE:
        return Refusal("no_kind_of_clean")
    if space.isolation_owed and event.clean is not Clean.ISOLATION:
        return Refusal("isolation_clean_owed")
    cleaner = event.cleaner if event.cleaner is not None else space.cleaner
    return replace(space, state=State.CLEANING, cleaner=cleaner, cleaning=event.clean)


def _finish_cleaning(space: BedSpace, event: Event) -> BedSpace | Refusal:
    """READY by the word of whoever cleaned it; a machine's word waits for a person."""
    if space.state is not State.CLEANING:
        return Refusal("nothing_to_clean")
    if not event.by_a_person:
        return replace(space, cleaned=space.cleaning)
    if space.isolation_owed and space.cleaning is not Clean.ISOLATION:
        return Refusal("isolation_clean_owed")
    return BedSpace(State.READY)


def _ready(space: BedSpace, event: Event) -> BedSpace | Refusal:
    """A person looked: it is clean and empty."""
    if not event.by_a_person:
        return Refusal("only_a_person")
    if space.state is State.CLEANING:
        return _finish_cleaning(space, event)
    if space.state not in (State.DIRTY, State.UNKNOWN):
        return Refusal(_TAKEN.get(space.state, "already_ready"))
    if space.patient is not None:
        return Refusal("not_confirmed_empty")
    if space.isolation_owed:
        return Refusal("isolation_clean_owed")
    return BedSpace(State.READY)


def _block(space: BedSpace, event: Event) -> BedSpace | Refusal:
    """From any state in which nobody can be lying there; a reservation is given up."""
    if not event.reason:
        return Refusal("no_reason")
    if space.state is State.OCCUPIED:
        return Refusal("occupied")
    if space.state in (State.VACATED, State.UNKNOWN) and space.patient is not None:
        return Refusal("not_confirmed_empty")
    return BedSpace(State.BLOCKED, isolation_owed=space.isolation_owed, reason=event.reason)


def _unblock(space: BedSpace, event: Event) -> BedSpace | Refusal:
    """What was blocked is cleaned before it is used: somebody worked there."""
    if space.state is not State.BLOCKED:
        return Refusal("not_blocked")
    if not event.by_a_person:
        return Refusal("only_a_person")
    return BedSpace(State.DIRTY, isolation_owed=space.isolation_owed)


def _evidence_old(space: BedSpace, event: Event) -> BedSpace | Refusal:
    """Who was said to lie there still holds it: old evidence frees nothing."""
    if space.state not in (State.READY, State.OCCUPIED, State.VACATED):
        return Refusal("rests_on_no_evidence")
    return replace(space, state=State.UNKNOWN)


_TAKEN = {
    State.READY: "already_ready",
    State.RESERVED: "reserved_for_another",
    State.OCCUPIED: "occupied",
    State.VACATED: "not_confirmed_empty",
    State.BLOCKED: "blocked",
}

_DECISIONS = {
    What.RESERVE: _reserve,
    What.RELEASE: _release,
    What.LEASE_OVER: _release,
    What.OCCUPY: _occupy,
    What.SIGN_OF_LEAVING: _sign_of_leaving,
    What.VACATE: _vacate,
    What.NEEDS_CLEANING: _needs_cleaning,
    What.CLAIM_CLEANING: _claim_cleaning,
    What.START_CLEANING: _start_cleaning,
    What.FINISH_CLEANING: _finish_cleaning,
    What.READY: _ready,
    What.BLOCK: _block,
    What.UNBLOCK: _unblock,
    What.EVIDENCE_OLD: _evidence_old,
}
