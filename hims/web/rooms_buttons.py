"""What can be pressed on a room's tile: the one button that helps, and the others behind "More"."""

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from hims.domain.rooms import State
from hims.models import Actor, BedSpace
from hims.queries.rooms import Room

from .board_cells import HINDRANCES, STATE_LOOK


@dataclass(frozen=True)
class Button:
    """A press: the address it is sent to, its words, what goes with it unseen, and the field that
    a person fills in first ("" for none)."""

    url: str
    word: object
    hidden: tuple[tuple[str, str], ...] = ()
    asks: str = ""
    label: object = ""


WHO_MAY = {
    "left-space": "bed_space.left",
    "occupy-space": "bed_space.occupy",
    "ready-space": "bed_space.ready",
    "release-space": "bed_space.release",
    "away-space": "bed_space.away",
    "back-space": "bed_space.back",
    "block-space": "bed_space.block",
    "unblock-space": "bed_space.unblock",
    "undo-space": "bed_space.undo",
    "open-space": "bed_space.open",
    "close-space": "bed_space.close",
    "extra-space": "bed_space.open",
    "request-cleaning": "cleaning.request",
    "claim-cleaning": "cleaning.claim",
    "give-up-cleaning": "cleaning.claim",
    "start-cleaning": "cleaning.start",
    "done-cleaning": "cleaning.done",
}
EMPTY = Button("left-space", gettext_lazy("It is empty"))
READY = Button("ready-space", gettext_lazy("It is ready"))
RELEASE = Button("release-space", gettext_lazy("Give it up"))
CLAIM = Button("claim-cleaning", gettext_lazy("I clean it"))
START = Button("start-cleaning", gettext_lazy("Cleaning begins"))
BACK = Button("back-space", gettext_lazy("Is back"))
UNBLOCK = Button("unblock-space", gettext_lazy("May be used again"))
CLEAN_AND_READY = Button("done-cleaning", gettext_lazy("Clean and ready"), hidden=(("ready", "1"),))
HELPS = {
    "confirm_empty": EMPTY,
    "call_cleaner": CLAIM,
    "start_cleaning": START,
    "finish_cleaning": CLEAN_AND_READY,
    "say_ready": READY,
    "look": Button("ready-space", gettext_lazy("Looked: it is ready")),
    "release": RELEASE,
    "unblock": UNBLOCK,
}
BLOCK = Button(
    "block-space", gettext_lazy("Block"), asks="reason", label=gettext_lazy("Why is it blocked?")
)
AWAY = Button(
    "away-space", gettext_lazy("Is away"), asks="to", label=gettext_lazy("Where to? CT, theatre …")
)
NOT_CLEAN = Button("request-cleaning", gettext_lazy("Not clean"))
ISOLATION = Button(
    "request-cleaning", gettext_lazy("Needs an isolation clean"), hidden=(("isolation", "1"),)
)
CLEANED = Button("done-cleaning", gettext_lazy("Cleaned, somebody else looks"))
GIVE_UP = Button("give-up-cleaning", gettext_lazy("Somebody else cleans it"))
CLOSE = Button("close-space", gettext_lazy("Close it"))
EXTRA = Button(
    "extra-space",
    gettext_lazy("One more space in this room"),
    asks="reason",
    label=gettext_lazy("Why one more than there is room for?"),
)
EVENTS = {
    "reserve": gettext_lazy("held"),
    "release": gettext_lazy("given up"),
    "occupy": gettext_lazy("in use"),
    "sign_of_leaving": gettext_lazy("left, not confirmed"),
    "vacate": gettext_lazy("empty"),
    "needs_cleaning": gettext_lazy("to be cleaned"),
    "claim_cleaning": gettext_lazy("cleaning taken"),
    "give_up_cleaning": gettext_lazy("cleaning given up"),
    "start_cleaning": gettext_lazy("cleaning begun"),
    "cleaned": gettext_lazy("cleaned"),
    "ready": gettext_lazy("ready"),
    "block": gettext_lazy("blocked"),
    "unblock": gettext_lazy("may be used again"),
    "away": gettext_lazy("away"),
    "back": gettext_lazy("back"),
    "open": gettext_lazy("opened"),
    "close": gettext_lazy("closed"),
}


def tile(room: Room, viewer: Actor) -> dict:
    """Everything that the template shows of one room."""
    main = _main(room)
    main = main if main and viewer.may(WHO_MAY[main.url]) else None
    others = [one for one in _others(room) if one != main and viewer.may(WHO_MAY[one.url])]
    hindrance = room.hindrance
    word = BedSpace.State(room.state.value).label
    if room.away_since:
        word = _("away, bed kept")
    return {
        "room": room,
        "look": STATE_LOOK[room.state],
        "word": word,
        "why": HINDRANCES.get(hindrance.code, "") if _worth_saying(room) else "",
        "said": hindrance.said if hindrance else "",
        "main": main,
        "others": others,
        "undo": EVENTS.get(room.undo.event, "") if room.undo else "",
    }


def _worth_saying(room: Room) -> bool:
    """Why it is not ready, where the word of its state does not say so already."""
    plain = {"occupied", "reserved", "being_cleaned"}
    return room.hindrance is not None and room.hindrance.code not in plain


def _main(room: Room) -> Button | None:
    if room.away_since:
        return BACK
    if room.state is State.RESERVED and room.visit:
        return _in_it(room, _("Is in the room"))
    return HELPS.get(room.hindrance.action) if room.hindrance else None


def _others(room: Room) -> list[Button]:
    state = room.state
    found: list[Button] = []
    if state is State.READY:
        found = [NOT_CLEAN, ISOLATION, BLOCK]
    elif state is State.RESERVED:
        found = [RELEASE, NOT_CLEAN]
    elif state is State.OCCUPIED:
        found = [EMPTY, AWAY]
    elif state is State.DIRTY:
        mine = room.task is not None and room.task.claimed_by_id is not None
        found = [START, READY, ISOLATION, BLOCK, *([GIVE_UP] if mine else [])]
    elif state is State.CLEANING:
        found = [CLEANED, ISOLATION, BLOCK]
    elif state in (State.VACATED, State.UNKNOWN):
        found = [EMPTY, NOT_CLEAN, START] if room.task else [EMPTY, NOT_CLEAN, BLOCK]
    stays = state in (State.VACATED, State.UNKNOWN) or room.asked
    if stays and room.visit:
        found.insert(0, _in_it(room, _("Still here")))
    elif state is State.UNKNOWN and room.row.encounter_id is None:
        found.remove(EMPTY)
    closable = state not in (State.RESERVED, State.OCCUPIED, State.VACATED)
    if closable and room.row.kind == BedSpace.Kind.HALLWAY:
        found.append(CLOSE)
    return [*found, EXTRA]


def _in_it(room: Room, word: str) -> Button:
    return Button("occupy-space", word, hidden=(("visit", str(room.visit)),))
