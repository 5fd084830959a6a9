"""The pharmacy's queue: what waits, the most urgent and the soonest promised first."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count, OuterRef, QuerySet, Subquery, Sum

from hims.access.scopes import visible_to
from hims.models import Actor
from pharmacy.models import BasketItem, Clarification, Dispense

SHOWN = 60
"""So many rows of the queue are drawn; the rest is counted."""

S = Dispense.Status

STAGES: dict[str, tuple[str, ...]] = {
    "waiting": (S.RECEIVED, S.VERIFIED, S.HELD),
    "verify": (S.RECEIVED,),
    "pick": (S.VERIFIED,),
    "held": (S.HELD,),
    "ready": (S.PICKED, S.CHECKED),
}
"""What a queue may be narrowed to. "ready" is what only has to be handed over."""


@dataclass(frozen=True)
class Waiting:
    """One row of the queue; `mine` when the viewer has claimed it, `taken_by` when another has."""

    supply: Dispense
    late: bool
    mine: bool
    taken_by: str
    picked: int

    @property
    def uid(self) -> UUID:
        return self.supply.uid


@dataclass(frozen=True)
class Queue:
    """The first rows of the queue, and how many there are at each stage."""

    rows: list[Waiting]
    counts: dict[str, int]
    more: int


def queue(*, viewer: Actor, now: datetime, stage: str = "waiting") -> Queue:
    """What waits at `stage`, by urgency and then by the time it was promised for."""
    everything = visible_to(viewer, Dispense.objects.filter(status__in=Dispense.OPEN))
    by_status = dict(everything.order_by().values_list("status").annotate(Count("pk")))
    counts = {
        name: sum(by_status.get(str(status), 0) for status in statuses)
        for name, statuses in STAGES.items()
    }
    statuses = STAGES.get(stage, STAGES["waiting"])
    items = BasketItem.objects.filter(dispense=OuterRef("pk")).order_by().values("dispense")
    in_basket = items.annotate(picked=Sum("quantity")).values("picked")
    found = (
        everything.filter(status__in=statuses)
        .select_related("order__patient", "product", "claimed_by", "owed_from")
        .annotate(in_basket=Subquery(in_basket))
        .order_by("urgency", "promised_at", "pk")[:SHOWN]
    )
    rows = [_row(one, viewer, now) for one in found]
    total = sum(by_status.get(str(status), 0) for status in statuses)
    return Queue(rows, counts, max(total - len(rows), 0))


def _row(one: Dispense, viewer: Actor, now: datetime) -> Waiting:
    held = one.claimed_until is not None and one.claimed_until > now
    mine = held and one.claimed_by_id == viewer.pk
    taken_by = one.claimed_by.name if held and not mine and one.claimed_by else ""
    return Waiting(one, one.promised_at < now, mine, taken_by, vars(one)["in_basket"] or 0)


def dispenses(*, viewer: Actor, status: str = "", order: UUID | None = None) -> QuerySet[Dispense]:
    """All dispenses that `viewer` may know of."""
    found = visible_to(viewer, Dispense.objects.all()).select_related(
        "order__patient", "product", "place", "movement", "verified_by", "dispensed_by",
        "handed_over_by", "owed_from", "rest", "claimed_by",
    )  # fmt: skip
    if status:
        found = found.filter(status=status)
    if order is not None:
        found = found.filter(order__uid=order)
    return found.prefetch_related("lines__lot", "lines__place")


def open_questions(*, viewer: Actor) -> QuerySet[Clarification]:
    """What the pharmacy asked and nobody has answered; a prescriber sees their own first."""
    found = visible_to(viewer, Clarification.objects.filter(answered_at=None)).select_related(
        "dispense__order__patient", "dispense__product", "dispense__order__prescriber", "asked_by"
    )
    return found.order_by("asked_at", "pk")
