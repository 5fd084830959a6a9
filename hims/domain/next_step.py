"""A row of the board: what a patient waits for, the next action, why a room is not ready."""

from dataclasses import dataclass

from hims.domain.milestones import Kind
from hims.domain.rooms import State
from hims.domain.stuck import PatientFacts, SpaceFacts, decided_at


@dataclass(frozen=True)
class Step:
    """waiting_for and action are codes; owner is the role whose move it is."""

    waiting_for: str
    action: str
    owner: str


def next_step(patient: PatientFacts, *, room_ready: bool) -> Step:
    """The one next step of a patient who is here.

    room_ready: a space that fits is READY now. The latest thing known decides: whoever has been
    seen does not wait for triage any more, whatever was not recorded.
    """
    if patient.has(Kind.LEFT):
        return Step("nothing", "", "")
    if patient.away:
        return Step("return", "", "")
    if decided_at(patient) is not None:
        return _after_decision(patient)
    if patient.has(Kind.RESULTS):
        back = patient.milestones[Kind.RESULTS]
        read = patient.results_read_at is not None and patient.results_read_at >= back
        return Step("decision", "decide" if read else "read_results", "physician")
    if patient.has(Kind.PROVIDER):
        return Step("results", "decide", "physician")
    if patient.has(Kind.IN_ROOM):
        return Step("provider", "see_patient", "physician")
    if patient.has(Kind.ROOM_ASSIGNED):
        return Step("walk_to_room", "bring_to_room", "nurse")
    if patient.has(Kind.TRIAGE_END):
        if room_ready:
            return Step("room", "give_room", "charge_nurse")
        return Step("clean_room", "find_room", "charge_nurse")
    if patient.has(Kind.TRIAGE_START):
        return Step("triage", "finish_triage", "nurse")
    return Step("triage", "triage", "nurse")


def _after_decision(patient: PatientFacts) -> Step:
    if not patient.admitted:
        return Step("departure", "let_leave", "nurse")
    if patient.has(Kind.BED_READY):
        return Step("transport", "bring_to_ward", "nurse")
    if patient.has(Kind.BED_ASSIGNED):
        return Step("bed_ready", "chase_bed", "charge_nurse")
    if patient.has(Kind.BED_REQUESTED):
        return Step("bed", "chase_bed", "charge_nurse")
    return Step("bed", "request_bed", "nurse")


@dataclass(frozen=True)
class Hindrance:
    """Why a room is not ready: a code, the one action that helps ("" for none), and words."""

    code: str
    action: str
    said: str = ""


def why_not_ready(space: SpaceFacts) -> Hindrance | None:
    """Why this space is not READY and what helps, or None when it is."""
    bed = space.bed
    if bed.state is State.OCCUPIED:
        if space.asked:
            return Hindrance("seems_empty", "confirm_empty")
        return Hindrance("patient_going", "let_leave") if space.going else Hindrance("occupied", "")
    if bed.state is State.UNKNOWN and bed.patient is not None:
        return Hindrance("not_known_if_empty", "confirm_empty")
    if bed.state is State.CLEANING:
        if bed.cleaned:
            return Hindrance("clean_not_confirmed", "say_ready")
        return Hindrance("being_cleaned", "finish_cleaning")
    if bed.state is State.DIRTY and bed.cleaner is None:
        code = "isolation_clean_owed" if bed.isolation_owed else "not_claimed"
        return Hindrance(code, "call_cleaner")
    return {
        State.READY: None,
        State.RESERVED: Hindrance("reserved", "release"),
        State.VACATED: Hindrance("not_confirmed_empty", "confirm_empty"),
        State.DIRTY: Hindrance("cleaner_on_the_way", "start_cleaning"),
        State.BLOCKED: Hindrance("blocked", "unblock", bed.reason),
        State.UNKNOWN: Hindrance("not_known", "look"),
    }[bed.state]
