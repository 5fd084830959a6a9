"""Stock is counted, found where the ledger knew of none, and the differences are reviewed."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from hims.action import action, step, touches
from hims.errors import Finding, Invalid, Refused
from hims.models import Actor
from inventory.actions.ledger import OPEN_LEVELS, Entry
from inventory.domain.counting import CannotBook, Since, difference
from inventory.domain.quantities import said
from inventory.models import Count, Movement, MovementLine, StockLevel, StockPlace

from . import serials
from .lines import Moved, record_new, understood
from .moving import Done, only_usable, reasons, write
from .places import quarantine_place, stands
from .reading import Asked
from .reversing import mirror

Kind, World = Movement.Kind, StockPlace.Kind
MOST_SHOWN = 20


@action("stock.count")
def count(
    *,
    actor: Actor,
    now: datetime,
    place: StockPlace,
    lines: Sequence[Asked],
    reason: str = "",
) -> Done:
    """Somebody counted these lots at `place`; each line carries the version of the level that they
    saw. Stock may have moved since: what is booked is the difference to what the ledger said then.

    Raises Refused with the movements between when that difference is no longer true.
    """
    stands(place)
    asked = understood(lines, actor=actor, now=now, none=True)
    serials.refuse_twice(asked.lines)
    merged = _together(asked.lines)
    levels = _held(merged, place)
    counts, posted = [], None
    for one in merged:
        level = levels[one.lot.pk]
        seen = _seen(one, level)
        since = _since(one, level)
        try:
            off = difference(
                counted=one.quantity, seen=seen, since=[_plain(each) for each in since]
            )
        except CannotBook as wrong:
            raise _moved_since(wrong.code, one, level, since) from None
        made = None
        if off:
            made = write(
                kind=Kind.COUNT,
                actor=actor,
                now=now,
                reason=reasons(reason, asked),
                entries=[Entry(one.lot.pk, place.pk, off), Entry(one.lot.pk, World.COUNT, -off)],
            )
        posted = posted or made
        counts.append(
            Count.objects.create(
                lot=one.lot,
                place=place,
                counted=one.quantity,
                seen_version=one.version,
                seen_quantity=seen,
                movement_id=made.id if made else None,
                actor=actor,
                at=now,
            )
        )
    touches(*counts)
    return Done(posted, asked.notes, place, counts)


@action("stock.found")
def found(
    *,
    actor: Actor,
    now: datetime,
    place: StockPlace,
    lines: Sequence[Asked],
    reason: str = "",
    into_quarantine: bool = False,
) -> Done:
    """These packs are in somebody's hand at `place`, and the ledger knows of fewer there, or not
    even of the lot. They can be used at once; a pharmacist reviews the entry afterwards."""
    stands(place)
    if into_quarantine:
        place = quarantine_place(place)
    asked = understood(lines, actor=actor, now=now, new_lots=True)
    serials.refuse_twice(asked.lines)
    notes = asked.notes + only_usable(asked.lines, place, now)
    moved = record_new(asked.lines)
    serials.refuse_issued(moved)
    merged = _together([replace(one, version=None) for one in moved])
    levels = _held(merged, place)
    counts, posted = [], None
    for one in merged:
        level = levels[one.lot.pk]
        off = one.quantity - level.quantity
        if off <= 0:
            text = _("The ledger knows of %(there)s of lot %(lot)s here. Count it instead.")
            words = {"there": _words(one, level.quantity), "lot": one.lot.number or "-"}
            raise Refused(Finding("known_already", text % words, field=one.field))
        made = write(
            kind=Kind.FOUND,
            actor=actor,
            now=now,
            reason=reasons(reason, asked),
            entries=[
                Entry(one.lot.pk, place.pk, off, one.serials),
                Entry(one.lot.pk, World.COUNT, -off, one.serials),
            ],
        )
        posted = posted or made
        counts.append(
            Count.objects.create(
                lot=one.lot,
                place=place,
                counted=one.quantity,
                seen_version=level.version,
                seen_quantity=level.quantity,
                found=True,
                movement_id=made.id,
                actor=actor,
                at=now,
            )
        )
    touches(*counts)
    return Done(posted, notes, place, counts)


@action("count.review")
def review(*, actor: Actor, now: datetime, count: Count, accepted: bool, words: str = "") -> Count:
    """Somebody else looks at a difference or at found stock: it stands, or it is taken back with
    the words why."""
    held = Count.objects.select_for_update(of=("self",)).select_related("movement").get(pk=count.pk)
    touches(held)
    if held.reviewed_at:
        raise Refused(Finding("reviewed", _("This has been reviewed already.")))
    if held.movement is None:
        raise Refused(Finding("no_difference", _("There was no difference to review.")))
    if held.actor_id == actor.pk:
        raise Refused(Finding("own_count", _("Somebody else reviews what you counted.")))
    if not accepted:
        if not words.strip():
            raise Refused(Finding("no_reason", _("Say why, in a few words."), field="words"))
        mirror(held.movement, actor=actor, now=now, reason=words)
    held.reviewed_by, held.reviewed_at = actor, now
    held.review = words.strip()[:300]
    held.save(update_fields=["reviewed_by", "reviewed_at", "review"])
    return held


# --- what the ledger said -----------------------------------------------------------------------


def _together(lines: Sequence[Moved]) -> list[Moved]:
    """One line for each lot, in the order in which levels are locked. Raises Refused where two
    lines of one lot saw different versions."""
    by_lot: dict[int, Moved] = {}
    for one in lines:
        before = by_lot.get(one.lot.pk)
        if before is None:
            by_lot[one.lot.pk] = one
            continue
        if before.version != one.version:
            text = _("Lot %(lot)s stands there twice, with two versions of its level.")
            words = {"lot": one.lot.number or "-"}
            raise Refused(Finding("counted_twice", text % words, field=one.field))
        by_lot[one.lot.pk] = replace(
            before, quantity=before.quantity + one.quantity, serials=before.serials + one.serials
        )
    return [by_lot[lot] for lot in sorted(by_lot)]


@step
def _held(lines: Sequence[Moved], place: StockPlace) -> dict[int, StockLevel]:
    """The levels of the lines' lots at the place, which nobody else changes until this is done."""
    lots = [one.lot.pk for one in lines]
    with connection.cursor() as cursor:
        cursor.execute(OPEN_LEVELS, [lots, [place.pk] * len(lots)])
    levels = StockLevel.objects.filter(place=place, lot__in=lots).order_by("lot_id", "place_id")
    return {level.lot_id: level for level in levels.select_for_update()}


def _seen(one: Moved, level: StockLevel) -> int:
    """What the ledger said at the version that the counter saw."""
    if one.version is None:
        text = _("Say which version of the level was seen when counting began.")
        raise Invalid(Finding("no_version", text, field=f"{one.field}.version"))
    if one.version > level.version:
        text = _("Lot %(lot)s has no such version here; the newest is %(newest)d.")
        words = {"lot": one.lot.number or "-", "newest": level.version}
        raise Refused(Finding("unknown_version", text % words, field=f"{one.field}.version"))
    if one.version in (0, level.version):
        return level.quantity if one.version else 0
    at = MovementLine.objects.filter(lot=one.lot, place_id=level.place_id, seq=one.version)
    return at.values_list("balance_after", flat=True).get()


def _since(one: Moved, level: StockLevel) -> list[MovementLine]:
    if one.version == level.version:
        return []
    lines = MovementLine.objects.filter(
        lot=one.lot, place_id=level.place_id, seq__gt=one.version, seq__lte=level.version
    )
    return list(lines.select_related("movement__actor").order_by("seq"))


def _plain(line: MovementLine) -> Since:
    return Since(line.seq, line.movement.kind, line.quantity)


def _moved_since(
    code: str, one: Moved, level: StockLevel, since: Sequence[MovementLine]
) -> Refused:
    text = {
        "counted_meanwhile": _("Somebody else put lot %(lot)s right meanwhile. Count it again."),
        "moved_meanwhile": _(
            "More of lot %(lot)s was taken meanwhile than you counted. Count again."
        ),
    }[code]
    finding = Finding(code, text % {"lot": one.lot.number or "-"}, field=f"{one.field}.version")
    between: list[dict[str, Any]] = [
        {
            "kind": "moved_since",
            "movement": str(line.movement.uid),
            "movement_kind": line.movement.kind,
            "at": line.movement.at.isoformat(),
            "by": line.movement.actor.name,
            "quantity": line.quantity,
            "balance": line.balance_after,
            "version": line.seq,
            "text": _("%(what)s, %(quantity)s, by %(who)s")
            % {
                "what": line.movement.get_kind_display(),
                "quantity": _words(one, line.quantity),
                "who": line.movement.actor.name,
            },
        }
        for line in since[-MOST_SHOWN:]
    ]
    again = {
        "kind": "count_again",
        "lot": str(one.lot.uid),
        "version": level.version,
        "quantity": level.quantity,
        "text": _("The ledger now says %(there)s.") % {"there": _words(one, level.quantity)},
    }
    return Refused(finding, alternatives=[*between, again])


def _words(one: Moved, quantity: int) -> str:
    return said(quantity, one.product.unit, one.product.base_per_unit)
