"""The expiry clock: a lot whose day has passed says so."""

from datetime import datetime

from django.utils import timezone

from hims.action import action, touches
from hims.live import announce
from hims.models import Actor
from inventory.models import Lot
from inventory.queries.expiry import past

AT_ONCE = 500


@action("lots.expire")
def expire_lots(*, actor: Actor, now: datetime) -> int:
    """Mark lots as expired after the END of their day in the hospital's time zone, at most AT_ONCE;
    how many there were. What is recalled stays recalled, which is worse."""
    keys = list(past(timezone.localdate(now)).values_list("pk", flat=True)[:AT_ONCE])
    lots = list(
        Lot.objects.select_for_update(skip_locked=True, no_key=True)
        .filter(pk__in=keys)
        .order_by("pk")
    )
    for lot in lots:
        lot.status = Lot.Status.EXPIRED
        lot.save(update_fields=["status"])
    touches(*lots)
    announce("stock", [{"lot": lot.pk, "place": None} for lot in lots])
    return len(lots)
