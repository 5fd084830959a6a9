"""Small pieces that every page is made of: icons, words of state, ages and probabilities."""

from datetime import datetime
from functools import cache

from django import template
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.timezone import localtime
from django.utils.translation import gettext, gettext_lazy, ngettext

from hims.domain.sureness import in_words

register = template.Library()

HEARD = mark_safe(" data-heard")
STATES = {
    "free": gettext_lazy("Free"),
    "in_use": gettext_lazy("In use"),
    "dirty": gettext_lazy("Dirty"),
    "broken": gettext_lazy("Broken"),
    "unknown": gettext_lazy("Not known"),
}
"""Words of an asset's state; each has a symbol of the same name in icons.svg."""

SURENESS = {
    "sure": gettext_lazy("sure"),
    "likely": gettext_lazy("likely"),
    "maybe": gettext_lazy("maybe"),
    "unsure": gettext_lazy("unsure"),
}
"""Words of a probability, after hims.domain.sureness."""


@register.simple_tag
@cache
def icon(name: str) -> SafeString:
    """A decorative icon from the sprite; the words beside it carry the meaning."""
    return format_html(
        '<svg class="icon" aria-hidden="true"><use href="{}#{}"></use></svg>',
        static("hims/icons.svg"),
        name,
    )


@register.simple_tag
def state(value: str, word: str = "") -> SafeString:
    """A state as colour, shape and word; `word` replaces the usual one."""
    return format_html(
        '<span class="state {}">{}{}</span>', value, icon(value), word or STATES.get(value, value)
    )


@register.filter
def age_words(seconds: float | None) -> str:
    """An age as people say it: "just now", "40 s ago", "3 h ago", "2 days ago"."""
    if seconds is None:
        return gettext("never")
    whole = max(0, int(seconds))
    if whole < 5:
        return gettext("just now")
    if whole < 60:
        return gettext("%(n)d s ago") % {"n": whole}
    if whole < 3600:
        return gettext("%(n)d min ago") % {"n": whole // 60}
    if whole < 48 * 3600:
        return gettext("%(n)d h ago") % {"n": whole // 3600}
    days = whole // 86400
    return ngettext("%(n)d day ago", "%(n)d days ago", days) % {"n": days}


@register.simple_tag
def ago(when: datetime | None, now: datetime, heard: bool = False) -> SafeString | str:
    """How long ago, kept fresh in the browser by frame.js, with the exact time on demand.

    heard: it goes on being heard, so that its age starts anew with each beat of the engine.
    """
    if when is None:
        return gettext("never")
    local = localtime(when)
    return format_html(
        '<time datetime="{}" title="{}" data-age="{}"{}>{}</time>',
        local.isoformat(timespec="seconds"),
        local.strftime("%Y-%m-%d %H:%M:%S %Z"),
        max(0, int((now - when).total_seconds())),
        HEARD if heard else "",
        age_words((now - when).total_seconds()),
    )


@register.filter
def percent(probability: float | None) -> str:
    """A probability as a whole percentage; never 100, because we are never that sure."""
    if probability is None:
        return gettext("n/a")
    return gettext("%(n)d %%") % {"n": min(99, max(1, round(probability * 100)))}


@register.filter
def share(part: float | None) -> str:
    """A share of something counted as a whole percentage; n/a where there was nothing to share."""
    if part is None:
        return gettext("n/a")
    return gettext("%(n)d %%") % {"n": round(part * 100)}


@register.filter
def sureness(probability: float | None) -> str:
    """A probability in words."""
    if probability is None:
        return gettext("not known")
    return str(SURENESS[in_words(probability)])


@register.filter
def walk_words(seconds: float | None) -> str:
    """A walking time, rounded up to whole minutes beyond the first."""
    if seconds is None:
        return ""
    if seconds < 60:
        return gettext("under 1 min walk")
    return gettext("%(n)d min walk") % {"n": -(-int(seconds) // 60)}
