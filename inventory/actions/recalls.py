"""Recalls: opened in one go and reversible, collected place by place, closed with a report."""

from collections.abc import Sequence
from datetime import datetime

from django.db.models import Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from hims.action import action, step, touches
from hims.errors import Finding, Invalid, Refused
from hims.live import announce
from hims.models import Actor
from inventory.actions.ledger import Entry
from inventory.domain.fefo import unusable
from inventory.domain.quantities import MOST, said
from inventory.models import (
    Count,
    Lot,
    Movement,
    Recall,
    RecalledLot,
    RecallTask,
    StockLevel,
    StockPlace,
)
from inventory.queries.recalls import report

from .stock.moving import because, write
from .stock.places import quarantine_place, stands

MOST_LOTS = 500


@action("recall.open")
def open_recall(
    *, actor: Actor, now: datetime, reference: str, reason: str, lots: Sequence[Lot]
) -> Recall:
    """These lots may not be used from now on, wherever they lie; each place that holds some gets a
    task to bring them. `withdraw_recall` puts back what was."""
    because(reason)
    if not reference.strip():
        text = _("Give the number or title of the notice.")
        raise Invalid(Finding("no_reference", text, field="reference"))
    if not lots:
        raise Invalid(Finding("no_lots", _("Name at least one lot."), field="lots"))
    if len(lots) > MOST_LOTS:
        text = _("More than %(most)d lots are too many at once.") % {"most": MOST_LOTS}
        raise Invalid(Finding("too_many_lots", text, field="lots"))
    held = _held([lot.pk for lot in lots])
    recall = Recall.objects.create(
        reference=reference.strip()[:120],
        reason=reason.strip()[:500],
        opened_by=actor,
        opened_at=now,
    )
    touches(recall, *held)
    there = dict(
        StockLevel.objects.filter(lot__in=held)
        .values_list("lot_id")
        .annotate(Sum("quantity"))
        .order_by()
    )
    for lot in held:
        RecalledLot.objects.create(
            recall=recall, lot=lot, status_before=lot.status, units_found=there.get(lot.pk, 0)
        )
        if lot.status != Lot.Status.RECALLED:
            lot.status = Lot.Status.RECALLED
            lot.save(update_fields=["status"])
    lying = StockLevel.objects.filter(lot__in=held, quantity__gt=0)
    RecallTask.objects.bulk_create(
        RecallTask(
            recall=recall, lot_id=level.lot_id, place_id=level.place_id, expected=level.quantity
        )
        for level in lying.exclude(place__kind=StockPlace.Kind.QUARANTINE).order_by("pk")
    )
    _tell(held)
    return recall


@action("recall.withdraw")
def withdraw_recall(*, actor: Actor, now: datetime, recall: Recall, reason: str) -> Recall:
    """It was opened in error, or taken back: every lot has the status again that it had before,
    unless another open recall names it or its day has passed since."""
    because(reason)
    recall = _open(recall)
    called = list(recall.lots.order_by("pk"))
    held = {lot.pk: lot for lot in _held([one.lot_id for one in called])}
    others = RecalledLot.objects.filter(lot__in=held, recall__status=Recall.Status.OPEN)
    by_lot = {one.lot_id: one for one in others.exclude(recall=recall).order_by("-pk")}
    for one in called:
        lot, other = held[one.lot_id], by_lot.get(one.lot_id)
        if other is not None:
            if (
                other.status_before == Lot.Status.RECALLED
            ):  # what ours had changed, theirs puts back
                other.status_before = one.status_before
                other.save(update_fields=["status_before"])
            continue
        if lot.status == Lot.Status.RECALLED and one.status_before != Lot.Status.RECALLED:
            past = unusable(one.status_before, lot.expiry, timezone.localdate(now)) == "expired"
            lot.status = Lot.Status.EXPIRED if past else one.status_before
            lot.save(update_fields=["status"])
    _tell(list(held.values()))
    return _ended(recall, Recall.Status.WITHDRAWN, actor, now)


@action("recall.collect")
def collect(
    *, actor: Actor, now: datetime, recall: Recall, lot: Lot, place: StockPlace, collected: int
) -> RecallTask:
    """`collected` base units of a recalled lot were counted out of a place and go to quarantine; 0
    says that nothing was found there. More than the ledger knows of is found stock, which a
    pharmacist reviews."""
    stands(place, quarantine=False)
    if not 0 <= collected <= MOST:
        text = _("Count what you brought: 0 or more.")
        raise Invalid(Finding("bad_quantity", text, field="collected"))
    recall = _open(recall)
    if not recall.lots.filter(lot=lot).exists():
        text = _("Lot %(lot)s is not part of this recall.") % {"lot": lot.number or "-"}
        raise Refused(Finding("other_lot", text, field="lot"))
    level = StockLevel.objects.select_for_update().filter(lot=lot, place=place).first()
    there = level.quantity if level else 0
    task, _fresh = RecallTask.objects.select_for_update(of=("self",)).get_or_create(
        recall=recall, lot=lot, place=place, defaults={"expected": there}
    )
    document = f"recall {recall.reference}"[:120]
    if collected > there:
        _found(actor, now, lot, place, level, collected, document)
    if collected:
        target = quarantine_place(place)
        write(
            kind=Movement.Kind.QUARANTINE,
            entries=[Entry(lot.pk, place.pk, -collected), Entry(lot.pk, target.pk, collected)],
            actor=actor,
            now=now,
            reason=recall.reason[:300],
            document=document,
        )
    task.collected = (task.collected or 0) + collected
    task.done_by, task.done_at = actor, now
    task.save(update_fields=["collected", "done_by", "done_at"])
    touches(recall, task)
    return task


@action("recall.close")
def close_recall(
    *, actor: Actor, now: datetime, recall: Recall, reason: str, despite_open: bool = False
) -> Recall:
    """The end of a recall, with its report. The lots stay recalled.

    Raises Refused while tasks are open, unless `despite_open`.
    """
    because(reason)
    recall = _open(recall)
    todo = list(recall.tasks.filter(done_at=None).select_related("place"))
    if todo and not despite_open:
        names = ", ".join(dict.fromkeys(task.place.name for task in todo))
        text = _("Not everything was fetched yet: %(places)s.") % {"places": names}
        raise Refused(Finding("open_tasks", text, "warn", "despite_open"))
    recall.report = report(recall) | {
        "closed_at": now.isoformat(),
        "closed_by": actor.name,
        "words": reason.strip()[:300],
        "open_tasks": len(todo),
    }
    return _ended(recall, Recall.Status.CLOSED, actor, now)


# --- shared parts -------------------------------------------------------------------------------


@step
def _held(keys: Sequence[int]) -> list[Lot]:
    """The lots, which nobody else changes until this is done, locked in one order."""
    lots = Lot.objects.select_for_update(of=("self",), no_key=True).select_related("product")
    return list(lots.filter(pk__in=keys).order_by("pk"))


@step
def _open(recall: Recall) -> Recall:
    recall = Recall.objects.select_for_update(of=("self",)).get(pk=recall.pk)
    touches(recall)
    if recall.status != Recall.Status.OPEN:
        text = _("This recall is %(status)s already.") % {"status": recall.get_status_display()}
        raise Refused(Finding("not_open", text))
    return recall


@step
def _ended(recall: Recall, status: str, actor: Actor, now: datetime) -> Recall:
    recall.status, recall.ended_by, recall.ended_at = status, actor, now
    recall.save(update_fields=["status", "ended_by", "ended_at", "report"])
    return recall


@step
def _found(
    actor: Actor,
    now: datetime,
    lot: Lot,
    place: StockPlace,
    level: StockLevel | None,
    collected: int,
    document: str,
) -> None:
    """More was brought than the ledger had there: the rest is found stock, to be reviewed."""
    there, version = (level.quantity, level.version) if level else (0, 0)
    product = lot.product
    made = write(
        kind=Movement.Kind.FOUND,
        entries=[
            Entry(lot.pk, place.pk, collected - there),
            Entry(lot.pk, StockPlace.Kind.COUNT, there - collected),
        ],
        actor=actor,
        now=now,
        document=document,
        reason=_("The ledger had %(there)s here.")
        % {"there": said(there, product.unit, product.base_per_unit)},
    )
    Count.objects.create(
        lot=lot,
        place=place,
        counted=collected,
        seen_version=version,
        seen_quantity=there,
        found=True,
        movement_id=made.id,
        actor=actor,
        at=now,
    )


@step
def _tell(lots: Sequence[Lot]) -> None:
    announce("stock", [{"lot": lot.pk, "place": None} for lot in lots])
