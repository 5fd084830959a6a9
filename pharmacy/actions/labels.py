"""To print a label: each print is counted, and every one after the first says that it is a copy."""

from datetime import datetime

from django.db.models import F

from hims.action import action, touches
from hims.models import Actor
from pharmacy.models import Dispense


@action("dispensing.print")
def print_label(*, actor: Actor, now: datetime, dispense: Dispense) -> int:
    """Count one print of the label of `dispense`; returns its number, 1 for the first."""
    found = Dispense.objects.filter(pk=dispense.pk)
    found.update(prints=F("prints") + 1)
    touches(dispense)
    return found.values_list("prints", flat=True).get()
