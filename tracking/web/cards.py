"""A located asset in the words of the ward: what a card of the locator says."""

from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from uuid import UUID

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from hims.models import Actor
from hims.templatetags.look import STATES, percent, sureness
from tracking.queries.locate import Located, Where

HEARD_NOW_S = 120.0  # a tag heard within this long is heard now; beyond it the age comes first
WORTH_NAMING = 0.05  # a second candidate below this is not worth the words
WORTH_LOOKING = 0.1  # nor is a room of a wide place below this worth the steps


@dataclass(frozen=True)
class Card:
    """What one card shows; every text is ready to print. `doors`: where its buttons
    lead to; `why`: the page of its evidence."""

    uid: UUID
    url: str
    doors: str
    why: str
    name: str
    number: str
    state: str
    state_word: str
    available: bool | None
    reasons: list[str]
    before: str
    place: str
    floor: str
    zone: str
    map_url: str
    seen_at: datetime | None
    heard: bool
    certainty: str
    walk_s: float | None
    said_not_there: str
    evidence: list[str] = field(default_factory=list)
    reply: str = ""


def card_of(found: Located, viewer: Actor, reply: str = "") -> Card:
    """The card of one located asset for `viewer`."""
    where = found.position
    return Card(
        uid=found.uid,
        url=f"{_under('assets')}{found.uid}/",
        doors=f"{_under('locate')}{found.uid}/",
        why=f"{_under('locate')}asset/{found.uid}/why/",
        name=found.name,
        number=found.number,
        state=_look(found),
        state_word=_state_word(found),
        available=found.available,
        reasons=_reasons(found, viewer),
        before=_before(where),
        place=place_words(where),
        floor=_floor_words(where),
        zone=where.zone_code if where else "",
        map_url=_map_url(found),
        seen_at=where.seen_at if where else None,
        heard=where.heard if where else False,
        certainty=certainty_words(where),
        walk_s=found.walk_s,
        said_not_there=_("Somebody looked here in the last 30 minutes and did not see it.")
        if found.warned_not_there
        else "",
        evidence=[words for line in (where.evidence if where else []) if (words := _told(line))],
        reply=reply,
    )


@cache
def _under(name: str) -> str:
    """The address that all pages of one kind begin with; reverse() for each card costs more than
    the card."""
    return reverse(name)


def may(viewer: Actor) -> dict:
    """What the buttons of a card ask of the role table."""
    return {
        "may_find": viewer.may("sighting.found"),
        "may_reserve": viewer.may("asset.reserve"),
    }


def place_words(where: Where | None) -> str:
    """The place in big type: no finer than we know it."""
    if where is None or where.level == "unknown":
        return _("Not known")
    if where.level == "floor":
        return _("Somewhere on %(floor)s") % {"floor": where.floor_name}
    if where.level == "area":
        return _("Somewhere in %(area)s") % {"area": where.zone_name}
    return where.zone_name


def certainty_words(where: Where | None) -> str:
    """How sure, and what else it could be; nothing for a scan, whose age says it all."""
    if where is None or where.level == "unknown" or where.source != "radio":
        return ""
    if where.level in {"area", "floor"}:
        return _where_first(where)
    if where.words == "sure":
        return sureness(where.probability)
    word = sureness(where.probability)
    text = _("%(word)s (%(percent)s)") % {"word": word, "percent": percent(where.probability)}
    others = [one for one in where.candidates if one.code != where.zone_code]
    if others and others[0].probability >= WORTH_NAMING:
        text = _("%(first)s, else %(place)s (%(percent)s)") % {
            "first": text,
            "place": others[0].name,
            "percent": percent(others[0].probability),
        }
    return text


def _where_first(where: Where) -> str:
    """How sure of a wide place, and the one or two rooms to look into first."""
    rooms = [one for one in where.candidates if one.code != where.zone_code][:2]
    rooms = [one for one in rooms if one.probability >= WORTH_LOOKING]
    named = [
        _("%(place)s (%(percent)s)") % {"place": one.name, "percent": percent(one.probability)}
        for one in rooms
    ]
    sure = sureness(where.probability)
    if len(named) == 2:
        return _("%(sure)s; look in %(first)s, then %(second)s") % {
            "sure": sure, "first": named[0], "second": named[1],
        }  # fmt: skip
    if named:
        return _("%(sure)s; look in %(first)s") % {"sure": sure, "first": named[0]}
    return sure


def _before(where: Where | None) -> str:
    if where is None or where.level == "unknown":
        return ""
    if where.source != "radio":
        return _("Last scanned in")
    return _("Last heard in") if where.age_s > HEARD_NOW_S else ""


def _floor_words(where: Where | None) -> str:
    if where is None or where.floor is None or where.level == "unknown":
        return ""
    return ", ".join(filter(None, [where.floor_name, where.building]))


def _map_url(found: Located) -> str:
    where = found.position
    if where is None or where.floor is None or where.level == "unknown":
        return ""
    return f"{_under('map')}{where.floor}/?find={found.uid}"


def _look(found: Located) -> str:
    """The shape and colour: what keeps it from being taken comes before what it is."""
    if found.available is False and found.state in {"free", "unknown"}:
        return "warn"
    return found.state


def _state_word(found: Located) -> str:
    if _look(found) == "warn":
        return _("Overdue") if "overdue" in found.reasons else _("Reserved")
    return str(STATES[found.state])


def _reasons(found: Located, viewer: Actor) -> list[str]:
    """What the word of state does not say already."""
    lines = []
    if "overdue" in found.reasons:
        lines.append(
            _("Service was due on %(day)s.") % {"day": date_format(found.service_due_on, "j M Y")}
        )
    if "reserved" in found.reasons and found.reserved_until:
        until = date_format(localtime(found.reserved_until), "H:i")
        name = _("you") if found.reserved_by == viewer.name else found.reserved_by
        lines.append(_("Reserved by %(name)s until %(time)s.") % {"name": name, "time": until})
    return lines


def _told(line: dict) -> str:
    """One piece of evidence as a sentence; "" for a kind that we have no words for."""
    kind = line.get("kind")
    if kind == "radio":
        named = {"gateway": line.get("gateway") or "?", "rssi": line.get("rssi")}
        if line.get("silent"):
            return _("Gateway %(gateway)s heard it at %(rssi)s dBm and is silent now.") % named
        return _("Gateway %(gateway)s hears it at %(rssi)s dBm.") % named
    if kind in {"sighting", "not_there"}:
        at = datetime.fromisoformat(line["at"])
        told = {"room": line.get("zone"), "time": date_format(localtime(at), "j M H:i")}
        if kind == "sighting":
            return _("Somebody saw or scanned it in %(room)s on %(time)s.") % told
        return _("Somebody looked in %(room)s on %(time)s and did not see it.") % told
    return ""
