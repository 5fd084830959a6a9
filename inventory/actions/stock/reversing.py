"""A movement that was a mistake is taken back by one that mirrors it; nothing is ever erased."""

from datetime import datetime

from django.utils.translation import gettext as _

from hims.action import action, step, touches
from hims.actions.taken import refused_when_taken
from hims.errors import Finding, Refused
from hims.models import Actor
from inventory.actions.ledger import Entry, Posted, post
from inventory.models import Movement, StockPlace

from .moving import MOST_REASON, Done, because

Kind = Movement.Kind


@action("stock.reverse")
def reverse(*, actor: Actor, now: datetime, movement: Movement, reason: str) -> Done:
    """Take a movement back, wholly. Refused when it was reversed before, when what it brought is
    gone, and for what left for or came from a patient: that is returned or dispensed anew."""
    because(reason)
    return Done(mirror(movement, actor=actor, now=now, reason=reason))


@step
def mirror(movement: Movement, *, actor: Actor, now: datetime, reason: str) -> Posted:
    """The movement that mirrors another one."""
    touches(movement)
    if movement.kind == Kind.REVERSAL:
        raise _no("is_reversal", _("This took another movement back. Enter what is right instead."))
    lines = list(movement.lines.select_related("place").order_by("pk"))
    if any(line.place.kind == StockPlace.Kind.PATIENT for line in lines):
        text = _("What was dispensed is returned, and what was returned is dispensed anew.")
        raise _no("of_a_patient", text)
    entries = [
        Entry(
            line.lot_id,
            line.place.kind if line.virtual else line.place_id,
            -line.quantity,
            tuple(line.serials),
        )
        for line in lines
    ]
    again = _again()
    if Movement.objects.filter(reverses=movement).exists():
        raise Refused(again)
    with refused_when_taken(again):
        posted = post(
            kind=Kind.REVERSAL,
            entries=entries,
            actor=actor,
            now=now,
            reason=reason.strip()[:MOST_REASON],
            document=movement.document,
            reverses=movement.pk,
        )
    touches(Movement(pk=posted.id, uid=posted.uid))
    return posted


def _again() -> Finding:
    return Finding("reversed_already", _("This movement was taken back already."))


def _no(code: str, text: str) -> Refused:
    return Refused(Finding(code, text, field="movement"))
