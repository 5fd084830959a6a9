"""The evidence of a place in the words of the ward."""

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from hims.templatetags.look import age_words, percent
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
    words: str
    now: bool
    silent: bool


def lead(found: Why) -> str:
    """The one sentence that a porter needs."""
    where = found.position
    if found.hearing and found.hearing[0].now:
        first = found.hearing[0]
        if first.age_s is None:
            return _("Heard strongest by %(place)s.") % {"place": _place(first)}
        return _("Heard strongest by %(place)s, %(ago)s.") % {
            "place": _place(first),
            "ago": age_words(first.age_s),
        }
    if where is not None and where.source == "sighting" and found.spoken:
        return told(found.spoken[0])
    if found.hearing and found.hearing[0].age_s is not None:
        last = min(found.hearing, key=lambda one: one.age_s or 0.0)
        return _("No gateway hears it now. %(place)s heard it last, %(ago)s.") % {
            "place": _place(last),
            "ago": age_words(last.age_s),
        }
    if where is None or where.level == "unknown":
        return _("No gateway hears it and nobody has told us where it is.")
    return _("No gateway hears it now.")


def line_of(one: Hearing) -> HearingLine:
    if one.silent:
        words = _("fallen silent")
    elif one.age_s is None:
        words = _("when the answer last changed")
    else:
        words = age_words(one.age_s)
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
    """A strength with a real minus sign, which does not break from its number."""
    return _("%(n)s dBm") % {"n": f"{round(rssi)}".replace("-", "−")}


def told(one: Spoken) -> str:
    """What somebody said, without its age."""
    named = {"who": _who(one), "room": one.zone, "ago": age_words(one.age_s)}
    if one.source == "scan":
        return _("Scanned in %(room)s by %(who)s, %(ago)s.") % named
    if one.source == "pick":
        return _("Found in %(room)s by %(who)s, %(ago)s.") % named
    return _("Looked for in %(room)s by %(who)s and not seen, %(ago)s.") % named


def _who(one: Spoken) -> str:
    return str(SPEAKERS.get(one.by, one.by)) or _("somebody")


def came(passed: Passed | None) -> str:
    """The way it came, if it came lately."""
    if passed is None:
        return ""
    named = {"before": passed.before, "after": passed.after, "ago": age_words(passed.age_s)}
    if passed.door == "lift":
        return _("Came by the lift from %(before)s to %(after)s, %(ago)s.") % named
    if passed.door == "stairs":
        return _("Came by the stairs from %(before)s to %(after)s, %(ago)s.") % named
    if passed.door:
        return _("Came through the door from %(before)s to %(after)s, %(ago)s.") % named
    return _("Came from %(before)s to %(after)s, %(ago)s; no door joins the two.") % named


def against(one: Against) -> str:
    """What speaks against the answer, as a sentence."""
    about = {name: value for name, value in one.about.items() if isinstance(value, str)}
    if one.about.get("age_s") is not None:
        about["ago"] = age_words(one.about["age_s"])
    if "rssi" in one.about:
        about["dbm"] = dbm(one.about["rssi"])
    if "probability" in one.about:
        about["percent"] = percent(one.about["probability"])
    if "floors" in one.about:
        about["floors"] = ", ".join(one.about["floors"])
    about["place"] = about.get("zone") or about.get("gateway", "")
    return _SENTENCES[one.code]() % about


# Asked for when they are needed: the language is that of the one who reads.
_SENTENCES = {
    "engine_away": lambda: _("Positions are not being worked out at the moment: all of this ages."),
    "old": lambda: _("It was last heard %(ago)s and may have been moved since."),
    "not_there": lambda: _("Somebody looked in %(zone)s %(ago)s and did not see it."),
    "seen_elsewhere": lambda: _("Somebody saw it in %(zone)s %(ago)s."),
    "silent": lambda: _(
        "%(place)s heard it at %(dbm)s and has fallen silent itself: it says nothing either way."
    ),
    "alone": lambda: _("Only one gateway hears it, %(place)s: the room next door sounds alike."),
    "two_buildings": lambda: _(
        "It is heard in two buildings at once (%(floors)s): its tag may have been copied."
    ),
    "two_floors": lambda: _("It is heard nearly as well on another floor (%(floors)s)."),
    "stronger_elsewhere": lambda: _("It is heard strongest in %(place)s (%(dbm)s)."),
    "deaf": lambda: _("%(gateway)s hangs in that very room, works, and does not hear it."),
    "rival": lambda: _("%(zone)s is possible too (%(percent)s)."),
}


def _place(one: Hearing) -> str:
    return one.zone or one.gateway or "?"
