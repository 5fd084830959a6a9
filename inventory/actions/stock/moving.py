"""Stock comes, goes from place to place, comes back, and waits in quarantine."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Sum
from django.utils.translation import gettext as _

from hims.action import action, step, touches
from hims.errors import Finding, Refused
from hims.models import Actor
from inventory.actions.ledger import Entry, NotEnough, Posted, post
from inventory.domain.quantities import said
from inventory.models import (
    Count,
    IssuedSerial,
    Lot,
    Movement,
    MovementLine,
    StockPlace,
    Supplier,
)
from inventory.queries.stock import alternatives

from . import serials
from .lines import Moved, Understood, noted, record_new, state_of, understood
from .places import quarantine_place, stands
from .reading import Asked

Kind, World = Movement.Kind, StockPlace.Kind
MOST_REASON = 300


@dataclass(frozen=True)
class Done:
    """What the ledger took, and what is worth knowing about it.

    posted is None where a count found what was expected. place: where it lies now, if that was
    for the house to choose.
    """

    posted: Posted | None
    notes: Sequence[Finding] = ()
    place: StockPlace | None = None
    counts: list[Count] = field(default_factory=list)


@action("stock.receive")
def receive(
    *,
    actor: Actor,
    now: datetime,
    place: StockPlace,
    lines: Sequence[Asked],
    supplier: Supplier | None = None,
    document: str = "",
    reason: str = "",
    into_quarantine: bool = False,
) -> Done:
    """A delivery comes to `place`. New lots become known by it.

    What is expired, recalled or in quarantine is taken only into a quarantine place, with a note;
    into_quarantine: into the one that belongs to `place`.
    """
    stands(place)
    if into_quarantine:
        place = quarantine_place(place)
    asked = understood(lines, actor=actor, now=now, new_lots=True)
    serials.refuse_twice(asked.lines)
    notes = asked.notes + only_usable(asked.lines, place, now)
    moved = record_new(asked.lines, supplier)
    serials.refuse_issued(moved)
    serials.refuse_received(moved)
    entries = entries_between(moved, World.SUPPLIER, place.pk)
    posted = write(
        kind=Kind.RECEIPT,
        entries=entries,
        actor=actor,
        now=now,
        document=document[:120],
        reason=reasons(reason, asked),
    )
    return Done(posted, notes, place)


@action("stock.transfer")
def transfer(
    *,
    actor: Actor,
    now: datetime,
    source: StockPlace,
    target: StockPlace,
    lines: Sequence[Asked],
    document: str = "",
    reason: str = "",
) -> Done:
    """Stock goes from one place to another. Quarantine has its own ways in and out."""
    stands(source, field="from", quarantine=False)
    stands(target, field="to", quarantine=False)
    _elsewhere(source, target)
    asked = understood(lines, actor=actor, now=now)
    serials.refuse_twice(asked.lines)
    notes = asked.notes + only_usable(asked.lines, target, now)
    serials.refuse_issued(asked.lines)
    entries = entries_between(asked.lines, source.pk, target.pk)
    posted = write(
        kind=Kind.TRANSFER,
        entries=entries,
        actor=actor,
        now=now,
        document=document[:120],
        reason=reasons(reason, asked),
        lines=asked.lines,
        source=source,
    )
    return Done(posted, notes, target)


@action("stock.return")
def give_back(
    *,
    actor: Actor,
    now: datetime,
    place: StockPlace,
    lines: Sequence[Asked],
    source: StockPlace | None = None,
    document: str = "",
    reason: str = "",
) -> Done:
    """Stock comes back to `place` from a ward (`source`), or from patients where there is none, and
    waits in its quarantine place until a pharmacist releases it.

    Patients cannot give back more of a lot than was dispensed.
    """
    stands(place)
    if source is not None:
        stands(source, field="from")
        _elsewhere(source, place)
    asked = understood(lines, actor=actor, now=now)
    serials.refuse_twice(asked.lines)
    waiting = quarantine_place(place)
    issued: list[int] = []
    if source is None:
        serials.hold_lots(asked.lines)
        issued = serials.take_back(asked.lines)
        _no_more_than_was_given(asked.lines)
    else:
        serials.refuse_issued(asked.lines)
        _elsewhere(source, waiting)
    posted = write(
        kind=Kind.RETURN,
        entries=entries_between(asked.lines, source.pk if source else World.PATIENT, waiting.pk),
        actor=actor,
        now=now,
        document=document[:120],
        reason=reasons(reason, asked),
        lines=asked.lines,
        source=source,
    )
    if issued:
        IssuedSerial.objects.filter(pk__in=issued).update(returned_by=posted.id)
    states = [noted(one) for line in asked.lines if (one := state_of(line, now))]
    return Done(posted, asked.notes + states, waiting)


@action("stock.quarantine")
def quarantine(
    *,
    actor: Actor,
    now: datetime,
    place: StockPlace,
    lines: Sequence[Asked],
    reason: str,
    target: StockPlace | None = None,
) -> Done:
    """Stock of `place` is set aside until a pharmacist has looked at it."""
    stands(place, quarantine=False)
    because(reason)
    if target is not None:
        stands(target, field="to", quarantine=True)
    asked = understood(lines, actor=actor, now=now)
    serials.refuse_twice(asked.lines)
    serials.refuse_issued(asked.lines)
    waiting = target or quarantine_place(place)
    posted = write(
        kind=Kind.QUARANTINE,
        entries=entries_between(asked.lines, place.pk, waiting.pk),
        actor=actor,
        now=now,
        reason=reasons(reason, asked),
        lines=asked.lines,
        source=place,
    )
    return Done(posted, asked.notes, waiting)


@action("stock.release")
def release(
    *,
    actor: Actor,
    now: datetime,
    place: StockPlace,
    lines: Sequence[Asked],
    reason: str,
    target: StockPlace | None = None,
) -> Done:
    """A pharmacist lets stock out of the quarantine place `place`, back to where it belongs or to
    `target`. What is recalled, expired or of a lot in quarantine stays."""
    stands(place, quarantine=True)
    because(reason)
    back = target or place.within
    if back is None:
        text = _("Say where it goes: %(name)s belongs to no other place.")
        raise Refused(Finding("no_target", text % {"name": place.name}, field="to"))
    stands(back, field="to", quarantine=False)
    asked = understood(lines, actor=actor, now=now)
    serials.refuse_twice(asked.lines)
    notes = asked.notes + only_usable(asked.lines, back, now)
    posted = write(
        kind=Kind.RELEASE,
        entries=entries_between(asked.lines, place.pk, back.pk),
        actor=actor,
        now=now,
        reason=reasons(reason, asked),
        lines=asked.lines,
        source=place,
    )
    return Done(posted, notes, back)


@action("lot.quarantine")
def quarantine_lot(*, actor: Actor, now: datetime, lot: Lot, reason: str) -> Lot:
    """A whole lot, wherever it lies, may not be used until a pharmacist releases it."""
    because(reason)
    held = Lot.objects.select_for_update(of=("self",)).select_related("product").get(pk=lot.pk)
    touches(held)
    if held.status != Lot.Status.RELEASED:
        raise _not_so(held)
    held.status = Lot.Status.QUARANTINED
    held.save(update_fields=["status"])
    return held


@action("lot.release")
def release_lot(*, actor: Actor, now: datetime, lot: Lot, reason: str) -> Lot:
    """A lot that was in quarantine may be used again. A recall is withdrawn elsewhere, and what
    has expired stays so."""
    because(reason)
    held = Lot.objects.select_for_update(of=("self",)).select_related("product").get(pk=lot.pk)
    touches(held)
    if held.status != Lot.Status.QUARANTINED:
        raise _not_so(held)
    held.status = Lot.Status.RELEASED
    held.save(update_fields=["status"])
    return held


def _not_so(lot: Lot) -> Refused:
    text = _("Lot %(lot)s is %(status)s.") % {
        "lot": lot.number or "-",
        "status": lot.get_status_display(),
    }
    return Refused(Finding(f"lot_{lot.status}", text, field="lot"))


# --- shared parts -------------------------------------------------------------------------------


@step
def write(
    *,
    lines: Sequence[Moved] = (),
    source: StockPlace | None = None,
    **movement: Any,
) -> Posted:
    """Post the movement and name it in the trail. Where `source` does not hold what `lines` take
    from it, the refusal says what else can be done."""
    try:
        posted = post(**movement)
    except NotEnough as short:
        ways = []
        for one in short.shortages:
            line = next((line for line in lines if line.lot.pk == one.lot), None)
            if line and source and source.pk == one.place:
                ways += alternatives(
                    line.product,
                    source,
                    one.wanted,
                    movement["now"],
                    movement["actor"],
                    besides=line.lot,
                )
        raise NotEnough(*short.findings, shortages=short.shortages, alternatives=ways) from None
    touches(Movement(pk=posted.id, uid=posted.uid))
    return posted


def reasons(reason: str, asked: Understood) -> str:
    """The movement's reason, with why packs were not scanned."""
    parts = [reason.strip()]
    if asked.unscanned:
        parts.append(_("not scanned: %(why)s") % {"why": asked.unscanned})
    return "; ".join(filter(None, parts))[:MOST_REASON]


def because(reason: str) -> None:
    """Raise Refused where nobody says why."""
    if not reason.strip():
        raise Refused(Finding("no_reason", _("Say why, in a few words."), field="reason"))


def entries_between(
    lines: Sequence[Moved], source: int | StockPlace.Kind, target: int | StockPlace.Kind
) -> list[Entry]:
    """Out of one place, into another: places by key, the world by its kind."""
    return [
        entry
        for one in lines
        for entry in (
            Entry(one.lot.pk, source, -one.quantity, one.serials),
            Entry(one.lot.pk, target, one.quantity, one.serials),
        )
    ]


def _elsewhere(source: StockPlace, target: StockPlace) -> None:
    if source.pk == target.pk:
        text = _("It lies at %(name)s already. Name another place.")
        raise Refused(Finding("same_place", text % {"name": target.name}, field="to"))


def only_usable(lines: Sequence[Moved], place: StockPlace, now: datetime) -> list[Finding]:
    """Notes about stock that may not be used, when it comes to a quarantine place; anywhere else
    it is refused."""
    found = [state for one in lines if (state := state_of(one, now))]
    if place.kind == World.QUARANTINE:
        return [noted(one) for one in found]
    if found:
        way = {"kind": "quarantine", "text": _("Put it into quarantine.")}
        raise Refused(*found, alternatives=[way])
    return []


def _no_more_than_was_given(lines: Sequence[Moved]) -> None:
    """Raise Refused for more of a lot than is out with patients. The lots are held meanwhile."""
    wanted: dict[int, int] = {}
    for one in lines:
        wanted[one.lot.pk] = wanted.get(one.lot.pk, 0) + one.quantity
    at_patients = MovementLine.objects.filter(
        lot__in=wanted, virtual=True, place__kind=World.PATIENT
    )
    rows = at_patients.values_list("lot").annotate(Sum("quantity")).order_by()
    out = dict(rows)
    found = []
    for one in lines:
        there = out.get(one.lot.pk, 0)
        if wanted.pop(one.lot.pk, 0) > there:
            text = _("Only %(out)s of lot %(lot)s were dispensed and not returned.")
            words = {
                "out": said(there, one.product.unit, one.product.base_per_unit),
                "lot": one.lot.number or "-",
            }
            found.append(Finding("more_than_given", text % words, field=f"{one.field}.quantity"))
    if found:
        raise Refused(*found)
