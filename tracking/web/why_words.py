"""The evidence of a place in the words of the ward; ages in them go on counting."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from hims.templatetags.look import ago, percent
from tracking.queries.why import Against, Hearing, Passed, Spoken, Why

WEAKEST_DBM, STRONGEST_DBM = -100, -40
SPEAKERS = {
    "device": gettext_lazy("a scanner"),
    "clock": gettext_lazy("the system"),
    "console": gettext_lazy("the system"),
}


@dataclass(frozen=True)
class HearingLine:
    """One gateway: where it hangs, what it is called, how strongly and when it heard."""

    place: str
    gateway: str
    dbm: str
    level: int
    words: SafeString | str
    now: bool
    silent: bool


def lead(found: Why, now: datetime) -> SafeString | str:
    """The one sentence that a porter needs."""
    where, hearing = found.position, found.hearing
    if hearing and hearing[0].now:
        place, at = _place(hearing[0]), hearing[0].at
        if at is None:
            return format_html(_("Heard strongest by {place}."), place=place)
        return format_html(_("Heard strongest by {place}, {ago}."), place=place, ago=ago(at, now))
    if where is not None and where.source == "sighting" and found.spoken:
        return told(found.spoken[0], now)
    last = max((one for one in hearing if one.at), key=lambda one: one.at, default=None)
    if last is not None:
        return format_html(
            _("No gateway hears it now. {place} heard it last, {ago}."),
            place=_place(last),
            ago=ago(last.at, now),
        )
    if where is None or where.level == "unknown":
        return _("No gateway hears it and nobody has told us where it is.")
    return _("No gateway hears it now.")


def line_of(one: Hearing, now: datetime) -> HearingLine:
    if one.silent:
        words = _("fallen silent")
    elif one.at is None:
        words = _("when the answer last changed")
    else:
        words = ago(one.at, now)
    return HearingLine(
        place=one.zone or one.gateway,
        gateway=", ".join(
            filter(None, [one.gateway if one.zone not in ("", one.gateway) else "", one.floor])
        ),
        dbm=dbm(one.rssi),
        level=round(min(max(one.rssi, WEAKEST_DBM), STRONGEST_DBM)),
        words=words,
        now=one.now and not one.silent,
        silent=one.silent,
    )


def dbm(rssi: float) -> str:
    """A strength with a real minus sign."""
    return _("%(n)s dBm") % {"n": f"{round(rssi)}".replace("-", "−")}


def told(one: Spoken, now: datetime) -> SafeString:
    """What somebody said, and when."""
    if one.source == "scan":
        sentence = _("Scanned in {room} by {who}, {ago}.")
    elif one.source == "pick":
        sentence = _("Found in {room} by {who}, {ago}.")
    else:
        sentence = _("Looked for in {room} by {who} and not seen, {ago}.")
    return format_html(sentence, room=one.zone, who=_who(one), ago=ago(one.at, now))


def _who(one: Spoken) -> str:
    return str(SPEAKERS.get(one.by, one.by)) or _("somebody")


def came(passed: Passed | None, now: datetime) -> SafeString | str:
    """The way it came, if it came lately."""
    if passed is None:
        return ""
    sentence = {
        "lift": _("Came by the lift from {before} to {after}, {ago}."),
        "stairs": _("Came by the stairs from {before} to {after}, {ago}."),
        "door": _("Came through the door from {before} to {after}, {ago}."),
    }.get(passed.door, _("Came from {before} to {after}, {ago}; no door joins the two."))
    return format_html(sentence, before=passed.before, after=passed.after, ago=ago(passed.at, now))


def against(one: Against, now: datetime) -> SafeString:
    """What speaks against the answer, as a sentence."""
    about: dict[str, str] = {
        name: value for name, value in one.about.items() if isinstance(value, str)
    }
    if one.about.get("age_s") is not None:
        about["ago"] = ago(now - timedelta(seconds=one.about["age_s"]), now)
    if "rssi" in one.about:
        about["dbm"] = dbm(one.about["rssi"])
    if "probability" in one.about:
        about["percent"] = percent(one.about["probability"])
    if "floors" in one.about:
        about["floors"] = ", ".join(one.about["floors"])
    about["place"] = about.get("zone") or about.get("gateway", "")
    return format_html(_SENTENCES[one.code](), **about)


# Asked for when they are needed: the language is that of the one who reads.
_SENTENCES = {
    "engine_away": lambda: _("Positions are not being worked out at the moment: all of this ages."),
    "old": lambda: _("It was last heard {ago} and may have been moved since."),
    "not_there": lambda: _("Somebody looked in {zone} {ago} and did not see it."),
    "seen_elsewhere": lambda: _("Somebody saw it in {zone} {ago}."),
    "silent": lambda: _(
        "{place} heard it at {dbm} and has fallen silent itself: it says nothing either way."
    ),
    "alone": lambda: _("Only one gateway hears it, {place}: the room next door sounds alike."),
    "two_buildings": lambda: _(
        "It is heard in two buildings at once ({floors}): its tag may have been copied."
    ),
    "two_floors": lambda: _("It is heard nearly as well on another floor ({floors})."),
    "stronger_elsewhere": lambda: _("It is heard strongest in {place} ({dbm})."),
    "deaf": lambda: _("{gateway} hangs in that very room, works, and does not hear it."),
    "rival": lambda: _("{zone} is possible too ({percent})."),
}


def _place(one: Hearing) -> str:
    return one.zone or one.gateway or "?"
