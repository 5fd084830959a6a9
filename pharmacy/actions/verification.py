"""A pharmacist verifies a supply, or holds it with a question that the prescriber answers."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from hims.action import action, step, touches
from hims.errors import Finding, Refused
from hims.live import announce
from hims.models import Actor
from pharmacy.domain.checks import at_dispensing
from pharmacy.models import Clarification, Dispense, MedicationOrder
from pharmacy.queries import safety

from .firings import settle
from .order_steps import queue_for_dispensing

S = Dispense.Status
MOST_WORDS = 500


@action("dispensing.verify")
def verify(
    *,
    actor: Actor,
    now: datetime,
    dispense: Dispense,
    overrides: Sequence[Mapping[str, Any]] = (),
) -> Dispense:
    """Say that the order is right for this patient; the checks are asked once more.

    Raises Refused with the findings that stop it or need a reason.
    """
    found = held_still(dispense)
    if found.status != S.RECEIVED:
        raise _not_from(found)
    known = safety.facts(found.order, found.product, (), now=now, quantity=found.wanted)
    settle(at_dispensing(known), overrides, order=found.order, actor=actor, now=now)
    found.status, found.verified_by, found.verified_at = S.VERIFIED, actor, now
    return _kept(found, "status", "verified_by", "verified_at")


@action("dispensing.hold")
def hold(*, actor: Actor, now: datetime, dispense: Dispense, question: str) -> Clarification:
    """Hold a supply until the prescriber has answered `question`."""
    found = held_still(dispense)
    if found.status not in (S.RECEIVED, S.VERIFIED):
        raise _not_from(found)
    words = _words(question, "question", _("Say what you want to know."))
    asked = Clarification.objects.create(
        dispense=found, question=words, asked_by=actor, asked_at=now
    )
    found.status, found.verified_by, found.verified_at = S.HELD, None, None
    found.claimed_by, found.claimed_until = None, None
    _kept(found, "status", "verified_by", "verified_at", "claimed_by", "claimed_until")
    return asked


@action("dispensing.answer")
def answer(
    *, actor: Actor, now: datetime, clarification: Clarification, answer: str
) -> Clarification:
    """Answer what the pharmacy asked; the supply then waits to be verified again."""
    found = held_still(clarification.dispense)
    asked = Clarification.objects.select_for_update().get(pk=clarification.pk)
    if asked.answered_at is not None:
        raise Refused(Finding("answered", _("This has been answered already.")))
    words = _words(answer, "answer", _("Say what you answer."))
    asked.answer, asked.answered_by, asked.answered_at = words, actor, now
    asked.save(update_fields=["answer", "answered_by", "answered_at"])
    others = Clarification.objects.filter(dispense=found, answered_at=None)
    if found.status == S.HELD and not others.exists():
        found.status = S.RECEIVED
        _kept(found, "status")
    else:
        touches(found)
    return asked


@action("dispensing.verify")
def drop(*, actor: Actor, now: datetime, dispense: Dispense, reason: str) -> Dispense:
    """Supply it no more: the rest that is owed is not wanted any longer, or was got elsewhere."""
    found = held_still(dispense)
    if found.status not in (S.RECEIVED, S.HELD, S.VERIFIED):
        raise _not_from(found)
    if len(reason.strip()) < 3:
        text = _("Say why it is not supplied any more.")
        raise Refused(Finding("no_reason", text, field="reason"))
    found.basket.all().delete()
    found.status, found.claimed_by, found.claimed_until = S.CANCELLED, None, None
    return _kept(found, "status", "claimed_by", "claimed_until")


@action("dispensing.verify")
def supply_again(*, actor: Actor, now: datetime, order: MedicationOrder) -> Dispense:
    """Put the next supply of an order that goes on into the queue."""
    order = (
        MedicationOrder.objects.select_for_update(of=("self",), no_key=True)
        .select_related("product", "ingredient")
        .get(pk=order.pk)
    )
    if order.status != MedicationOrder.Status.ACTIVE:
        text = _("The order is %(status)s.") % {"status": order.get_status_display()}
        raise Refused(Finding("order_not_active", text))
    waiting = Dispense.objects.filter(order=order, movement=None, status__in=Dispense.OPEN)
    if waiting.exists():
        raise Refused(Finding("waits_already", _("A supply of this order waits already.")))
    touches(order)
    return queue_for_dispensing(order, now=now)


@step
def held_still(dispense: Dispense) -> Dispense:
    """The dispense as it is now, locked with its order: the order first, as everybody does."""
    MedicationOrder.objects.select_for_update(no_key=True).get(pk=dispense.order_id)
    return (
        Dispense.objects.select_for_update(of=("self",), no_key=True)
        .select_related("order__patient", "order__product", "order__ingredient", "product")
        .get(pk=dispense.pk)
    )


@step
def _kept(dispense: Dispense, *fields: str) -> Dispense:
    dispense.save(update_fields=fields)
    touches(dispense.order, dispense)
    tell([dispense])
    return dispense


@step
def tell(dispenses: Iterable[Dispense]) -> None:
    """Tell the open queues how supplies stand now."""
    announce("dispense", [{"id": str(one.uid), "status": one.status} for one in dispenses])


def _words(text: str, field: str, missing: str) -> str:
    words = " ".join(text.split())
    if len(words) < 3:
        raise Refused(Finding("no_words", missing, field=field))
    return words[:MOST_WORDS]


def _not_from(dispense: Dispense) -> Refused:
    text = _("It is %(status)s.") % {"status": dispense.get_status_display()}
    return Refused(Finding("not_now", text))
