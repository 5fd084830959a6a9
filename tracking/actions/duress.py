"""A staff member calls for help: where they are is shown to all at once, until somebody ends it."""

from datetime import datetime

from django.utils.translation import gettext as _

from hims.action import action, step, touches
from hims.errors import Finding, Refused
from hims.live import announce
from hims.models import Actor, Staff
from tracking.models import Duress, Position


@action("duress.raise")
def raise_duress(*, actor: Actor, now: datetime) -> Duress:
    """Call for help as oneself. A second press while the first call is open changes nothing."""
    staff = Staff.objects.select_for_update().filter(actor=actor).first()
    if staff is None:
        raise Refused(
            Finding("not_staff", _("You are not listed as staff. Call for help by telephone."))
        )
    open_call = Duress.objects.filter(staff=staff, ended_at__isnull=True).first()
    if open_call:
        touches(open_call)
        return open_call
    zone_id = Position.objects.filter(staff=staff).values_list("zone_id", flat=True).first()
    call = Duress.objects.create(staff=staff, raised_at=now, zone_id=zone_id)
    touches(call, staff)
    _tell(call)
    return call


@action("duress.end")
def end_duress(*, actor: Actor, now: datetime, call: Duress, reason: str) -> Duress:
    """Somebody is with them. Ending it twice changes nothing."""
    call = Duress.objects.select_for_update().get(pk=call.pk)
    touches(call)
    if call.ended_at is None:
        call.ended_at, call.ended_by = now, actor
        call.save()
        _tell(call)
    return call


@step
def _tell(call: Duress) -> None:
    announce("duress", [{"id": str(call.uid), "open": call.ended_at is None}])
