"""Stock is wasted, for a reason from a list; what is controlled only before a second person."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from hims.action import action
from hims.actions.confirmations import use_confirmation
from hims.errors import Finding, Refused
from hims.models import Actor
from inventory.domain.quantities import said
from inventory.models import Movement, StockPlace

from . import serials
from .lines import Moved, understood
from .moving import Done, World, entries_between, reasons, write
from .places import stands
from .reading import Asked

PURPOSE = "stock.waste"

REASONS = {
    "expired": gettext_lazy("expired"),
    "damaged": gettext_lazy("damaged or spilt"),
    "part_used": gettext_lazy("rest of an opened pack"),
    "cold_chain": gettext_lazy("was too warm or too cold"),
    "contaminated": gettext_lazy("contaminated"),
    "recalled": gettext_lazy("recalled"),
    "not_needed": gettext_lazy("prepared, then not needed"),
    "other": gettext_lazy("something else"),
}
"""Why stock is wasted; "other" needs words."""


@action("stock.waste")
def waste(
    *,
    actor: Actor,
    now: datetime,
    place: StockPlace,
    lines: Sequence[Asked],
    why: str,
    words: str = "",
    confirmation: str = "",
    document: str = "",
) -> Done:
    """Stock of `place` is destroyed. why: one of REASONS. confirmation: the yes of a second person
    to exactly this (see `question`), without which nothing controlled is wasted."""
    stands(place)
    reason = _reason(why, words)
    asked = understood(lines, actor=actor, now=now)
    serials.refuse_twice(asked.lines)
    serials.refuse_issued(asked.lines)
    witness = None
    if confirmation or controlled(asked.lines):
        if not confirmation:
            text = _("A second person must see this wasted: it is controlled.")
            raise Refused(Finding("witness_needed", text, field="confirmation"))
        about = _about(place, asked.lines, why)
        second = use_confirmation(confirmation, purpose=PURPOSE, about=about, actor=actor, now=now)
        witness = second.given_by
    posted = write(
        kind=Movement.Kind.WASTE,
        entries=entries_between(asked.lines, place.pk, World.WASTE),
        actor=actor,
        now=now,
        document=document[:120],
        reason=reasons(reason, asked),
        witness=witness,
        lines=asked.lines,
        source=place,
    )
    return Done(posted, asked.notes, place)


def controlled(lines: Sequence[Moved]) -> bool:
    """Whether any of the lines needs a second person."""
    return any(one.product.controlled for one in lines)


def question(
    *, actor: Actor, now: datetime, place: StockPlace, lines: Sequence[Asked], why: str
) -> dict[str, Any]:
    """What a second person is asked before this is wasted: purpose, shown and about, as
    `ask_confirmation` takes them. Raises as `waste` does for lines that mean nothing."""
    stands(place)
    _reason(why, "-")
    moved = understood(lines, actor=actor, now=now).lines
    shown = [
        [
            one.product.shown_name,
            _("%(quantity)s, lot %(lot)s%(until)s")
            % {
                "quantity": said(one.quantity, one.product.unit, one.product.base_per_unit),
                "lot": one.lot.number or "-",
                "until": f", {date_format(one.lot.expiry, 'j M Y')}" if one.lot.expiry else "",
            },
        ]
        for one in moved
    ]
    return {
        "purpose": PURPOSE,
        "shown": {
            "title": _("Waste at %(place)s") % {"place": place.name},
            "lines": [*shown, [_("Why"), str(REASONS[why])]],
        },
        "about": _about(place, moved, why),
    }


def _about(place: StockPlace, lines: Sequence[Moved], why: str) -> dict[str, Any]:
    per_lot: dict[str, int] = {}
    for one in lines:
        per_lot[str(one.lot.uid)] = per_lot.get(str(one.lot.uid), 0) + one.quantity
    taken = sorted(serial for one in lines for serial in one.serials)
    return {"place": str(place.uid), "why": why, "lots": per_lot, "serials": taken}


def _reason(why: str, words: str) -> str:
    words = words.strip()
    if why not in REASONS or (why == "other" and not words):
        text = _("Say why it is wasted: choose a reason, and say it in words where none fits.")
        raise Refused(Finding("no_reason", text, field="why"))
    return f"{REASONS[why]}: {words}" if words else str(REASONS[why])
