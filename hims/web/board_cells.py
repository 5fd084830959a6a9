"""What the cells of a board row say: the place with its evidence, the wait, the one next action."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from hims.access.roles import ROLE_NAMES, Role
from hims.domain.milestones import Kind
from hims.domain.rooms import State
from hims.domain.stuck import Watched
from hims.models import Actor, BedSpace, Encounter, Milestone
from hims.queries.board import Board
from hims.queries.board_rows import Space, Visit

SOON = 2 / 3  # of its limit: then a wait is amber

WAITING_FOR = {
    "arrival": gettext_lazy("to arrive"),
    "triage": gettext_lazy("triage"),
    "room": gettext_lazy("a room, one is ready"),
    "clean_room": gettext_lazy("a room, none is ready"),
    "walk_to_room": gettext_lazy("to be taken to the room"),
    "provider": gettext_lazy("a doctor"),
    "results": gettext_lazy("results"),
    "decision": gettext_lazy("a decision"),
    "bed": gettext_lazy("a bed"),
    "bed_ready": gettext_lazy("the bed to be ready"),
    "transport": gettext_lazy("to be taken to the ward"),
    "departure": gettext_lazy("to leave"),
    "return": gettext_lazy("to come back"),
    "nothing": "",
}
"""Codes of hims.domain.next_step as the board words them."""


@dataclass(frozen=True)
class Move:
    """One action of the board: what its button says, who may press it, and whether it opens the
    patient's panel (more has to be said) instead of doing it at once."""

    word: object
    permission: str
    panel: bool = False


MOVES = {
    "arrive": Move(gettext_lazy("Has arrived"), "encounter.change"),
    "triage": Move(gettext_lazy("Triage"), "encounter.milestone", panel=True),
    "finish_triage": Move(gettext_lazy("Triage"), "encounter.milestone", panel=True),
    "give_room": Move(gettext_lazy("Give a room"), "suggestion.answer"),
    "find_room": Move(gettext_lazy("See the rooms"), "rooms.view", panel=True),
    "bring_to_room": Move(gettext_lazy("Is in the room"), "bed_space.occupy"),
    "see_patient": Move(gettext_lazy("Seen by a doctor"), "encounter.milestone"),
    "read_results": Move(gettext_lazy("Results read"), "encounter.milestone"),
    "decide": Move(gettext_lazy("Decide"), "encounter.milestone", panel=True),
    "let_leave": Move(gettext_lazy("Has left"), "encounter.end"),
    "request_bed": Move(gettext_lazy("Ask for a bed"), "encounter.milestone"),
    "chase_bed": Move(gettext_lazy("News of the bed"), "encounter.milestone", panel=True),
    "bring_to_ward": Move(gettext_lazy("Has left for the ward"), "encounter.end"),
}
ROOM_MOVES = {
    "confirm_empty": Move(gettext_lazy("It is empty"), "bed_space.left"),
    "call_cleaner": Move(gettext_lazy("I clean it"), "cleaning.claim"),
    "start_cleaning": Move(gettext_lazy("Cleaning begins"), "cleaning.start"),
    "finish_cleaning": Move(gettext_lazy("Clean and ready"), "cleaning.done"),
    "say_ready": Move(gettext_lazy("It is ready"), "bed_space.ready"),
    "look": Move(gettext_lazy("Looked: it is ready"), "bed_space.ready"),
    "release": Move(gettext_lazy("Give it up"), "bed_space.release"),
    "unblock": Move(gettext_lazy("May be used again"), "bed_space.unblock"),
}
HINDRANCES = {
    "seems_empty": gettext_lazy("seems empty: one sign says that the patient left"),
    "patient_going": gettext_lazy("the patient may leave"),
    "occupied": gettext_lazy("in use"),
    "not_known_if_empty": gettext_lazy("nobody has said for long whether it is empty"),
    "clean_not_confirmed": gettext_lazy("cleaned, nobody has said that it is ready"),
    "being_cleaned": gettext_lazy("is being cleaned"),
    "isolation_clean_owed": gettext_lazy("needs an isolation clean, nobody has taken it"),
    "not_claimed": gettext_lazy("to be cleaned, nobody has taken it"),
    "cleaner_on_the_way": gettext_lazy("to be cleaned, somebody has taken it"),
    "reserved": gettext_lazy("held"),
    "not_confirmed_empty": gettext_lazy("left, nobody has confirmed that it is empty"),
    "blocked": gettext_lazy("blocked"),
    "not_known": gettext_lazy("nobody has said for long how it is"),
}
STATE_LOOK = {
    State.READY: "free",
    State.RESERVED: "in_use",
    State.OCCUPIED: "in_use",
    State.VACATED: "warn",
    State.DIRTY: "dirty",
    State.CLEANING: "dirty",
    State.BLOCKED: "broken",
    State.UNKNOWN: "unknown",
}
"""The state of a space as one of the six looks of the house: colour and shape."""


@dataclass(frozen=True)
class Timer:
    """A wait in whole minutes and how near its limit: calm, soon or late."""

    level: str
    minutes: int
    limit: int | None


@dataclass(frozen=True)
class Place:
    """Where a patient is, since when somebody or something says so, and what. look: "sure",
    "likely" or "unknown"."""

    name: str
    at: datetime | None
    source: str
    look: str
    held: str = ""


def visit_row(visit: Visit, board: Board, viewer: Actor) -> dict:
    """Everything that the template shows of one patient."""
    return {
        "visit": visit,
        "place": place_of(visit, board.now),
        "timer": visit_timer(visit, board.now),
        "here_min": _minutes(visit.started_at, board.now),
        "waits_for": WAITING_FOR.get(visit.step.waiting_for, ""),
        "move": move_of(visit, board, viewer),
        "owner": ROLE_NAMES[Role(visit.step.owner)] if visit.step.owner else "",
        "decision": Encounter.Disposition(visit.disposition).label if visit.disposition else "",
    }


def room_row(space: Space, board: Board, viewer: Actor) -> dict:
    """Everything that the template shows of one space without a patient of the board."""
    hindrance = space.hindrance
    move = ROOM_MOVES.get(hindrance.action) if hindrance else None
    return {
        "space": space,
        "look": STATE_LOOK[space.state],
        "word": BedSpace.State(space.state.value).label,
        "why": HINDRANCES.get(hindrance.code, "") if hindrance else "",
        "said": hindrance.said if hindrance else "",
        "timer": _timer(space.waits, board.now),
        "action": hindrance.action if move and viewer.may(move.permission) else "",
        "button": move.word if move else "",
    }


def move_of(visit: Visit, board: Board, viewer: Actor) -> dict | None:
    """The one next action as a button, None where the viewer may not press it."""
    move = MOVES.get(visit.step.action)
    if move is None or not viewer.may(move.permission):
        return None
    word = move.word
    if visit.step.action == "give_room" and board.suggested and board.suggested.visit is visit:
        word = _("Give %(room)s") % {"room": board.suggested.space.name}
    if visit.step.action == "bring_to_room" and visit.held:
        word = _("Is in %(room)s") % {"room": visit.held.name}
    return {"action": visit.step.action, "word": word, "panel": move.panel}


def place_of(visit: Visit, now: datetime) -> Place:
    """The bed, unless a tag says otherwise; else where the tag is; else the desk, long ago."""
    held = visit.held.name if visit.held else ""
    bed, where = visit.bed, visit.where
    if bed and bed.away_since:
        name = bed.away_to or _("Away")
        return Place(name, bed.away_since, "away", "sure", held=bed.name)
    if bed and bed.state is State.OCCUPIED:
        if where and where.zone not in (None, bed.zone) and where.seen_at > bed.since:
            return Place(where.name, where.seen_at, where.source, _sure(where), held=bed.name)
        return Place(bed.name, bed.evidence_at, "bed", "sure")
    if where and where.zone is not None:
        return Place(where.name, where.seen_at, where.source, _sure(where), held=held)
    if bed:
        return Place(bed.name, bed.evidence_at, "bed", "unknown")
    arrival = visit.said.get(Kind.ARRIVAL)
    return Place("", arrival.at if arrival else None, "desk", "unknown", held=held)


def visit_timer(visit: Visit, now: datetime) -> Timer | None:
    """The wait that is nearest to its limit, else how long the present wait lasts."""
    if visit.expected:
        return None
    if timer := _timer(visit.waits, now):
        return timer
    since = visit.waiting_since
    return Timer("calm", _minutes(since, now), None) if since else None


def _timer(waits: list[Watched], now: datetime) -> Timer | None:
    if not waits:
        return None
    wait = min(waits, key=lambda one: (one.due_at > now, one.due_at))
    minutes = max(0, int(wait.minutes(now)))
    level = "late" if wait.due_at <= now else "calm"
    whole = (wait.due_at - wait.since).total_seconds() / 60
    if level == "calm" and wait.minutes(now) >= SOON * whole:
        level = "soon"
    return Timer(level, minutes, round(wait.rule.minutes))


def _sure(where) -> str:
    return "sure" if where.probability >= 0.8 else "likely"


def _minutes(since: datetime | None, now: datetime) -> int:
    return max(0, int((now - since).total_seconds() // 60)) if since else 0


def reason_words(code: str, value) -> str:
    """A reason of a suggestion in words."""
    if code == "fits":
        needs = ", ".join(str(BED_WORDS.get(need, need)) for need in value)
        return _("has %(needs)s") % {"needs": needs} if needs else _("needs nothing special")
    if code in ("spares", "spends"):
        things = ", ".join(str(BED_WORDS.get(offer, offer)) for offer in value)
        keeps = _("keeps %(things)s free for others")
        return (keeps if code == "spares" else _("gives away %(things)s")) % {"things": things}
    words = {
        "acuity": _("urgency %(n)s") if value else _("urgency not known"),
        "waited_min": _("has waited %(n)s min"),
        "walk_s": _("%(n)s s to walk"),
        "hallway": _("a hallway space, no room fits"),
        "passed_over": _("%(n)s before them fit no ready room"),
    }
    return words[code] % {"n": value}


BED_WORDS = {
    "monitor": gettext_lazy("a monitor"),
    "isolation": gettext_lazy("isolation"),
    "negative_pressure": gettext_lazy("negative pressure"),
    "bariatric": gettext_lazy("a bariatric bed"),
    "resuscitation": gettext_lazy("resuscitation"),
}
MILESTONES = {kind.value: kind.label for kind in Milestone.Kind}
