"""Lines that are understood: of which lot how many base units move, and which serial numbers."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from hims.action import step
from hims.errors import Finding, Refused
from hims.models import Actor
from inventory.domain.fefo import unusable
from inventory.models import Lot, Product
from inventory.queries.scanned import NOTE

from .reading import Asked, conflict, day_words, read_lines


@dataclass(frozen=True)
class Moved:
    """One line, understood. `quantity` is in base units; `lot` is not saved yet where a new one is
    received; `field` names the line in findings."""

    product: Product
    lot: Lot
    quantity: int
    field: str
    serials: tuple[str, ...] = ()
    unscanned: str = ""
    version: int | None = None


@dataclass
class Understood:
    """The lines of one request, and what is worth knowing although it stops nothing."""

    lines: list[Moved] = field(default_factory=list)
    notes: list[Finding] = field(default_factory=list)

    @property
    def unscanned(self) -> str:
        """Why packs were not scanned, for the movement's reason."""
        why = dict.fromkeys(one.unscanned for one in self.lines if one.unscanned)
        return "; ".join(why)


def understood(
    asked: Sequence[Asked],
    *,
    actor: Actor,
    now: datetime,
    new_lots: bool = False,
    none: bool = False,
) -> Understood:
    """The lines as they are meant. Raises Invalid for what is no line, Refused with all that is
    wrong with the lines.

    new_lots: a lot that was never received may be named; `record_new` then keeps it. none: a
    quantity may be zero.
    """
    read = read_lines(asked, actor=actor, now=now, new_lots=new_lots, none=none)
    if wrong := [stop for line in read for stop in line.stops]:
        raise Refused(*wrong)
    lines = [
        Moved(
            product=line.product,
            lot=line.lot,
            quantity=line.quantity,
            field=line.where,
            serials=line.serials,
            unscanned=line.unscanned,
            version=line.version,
        )
        for line in read
    ]
    return Understood(lines, [note for line in read for note in line.notes])


@step
def record_new(lines: Sequence[Moved], supplier: Any = None) -> list[Moved]:
    """The lines with their new lots saved. Raises Refused when somebody saved the same lot at the
    same moment with another expiry date."""
    kept: dict[tuple[int, str], Lot] = {}
    result = []
    for one in lines:
        if one.lot.pk is None:
            key = (one.product.pk, one.lot.number)
            if key not in kept:
                kept[key], _fresh = Lot.objects.get_or_create(
                    product=one.product,
                    number=one.lot.number,
                    defaults={"expiry": one.lot.expiry, "supplier": supplier},
                )
            if kept[key].expiry != one.lot.expiry:
                raise Refused(conflict(kept[key], one.lot.expiry, f"{one.field}.expiry"))
            one = replace(one, lot=kept[key])
        result.append(one)
    return result


def state_of(one: Moved, now: datetime, **more: str) -> Finding | None:
    """Why what the line names may not be used: recalled, quarantined or expired; None if it may."""
    state = unusable(one.lot.status, one.lot.expiry, timezone.localdate(now))
    text = {
        "recalled": _("Lot %(lot)s of %(name)s is recalled."),
        "quarantined": _("Lot %(lot)s of %(name)s is in quarantine."),
        "expired": _("Lot %(lot)s of %(name)s expired on %(day)s."),
    }.get(state)
    if text is None:
        return None
    words = {
        "lot": one.lot.number or "-",
        "name": one.product.shown_name,
        "day": day_words(one.lot.expiry),
    }
    return Finding(state, text % words, field=one.field, **more)


def noted(found: Finding) -> Finding:
    """A finding that informs, where the way that was taken makes it harmless."""
    return replace(found, severity=NOTE)
