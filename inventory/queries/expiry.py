"""Which lots have outlived the day that is printed on them."""

from datetime import date

from django.db.models import QuerySet

from inventory.models import Lot


def past(today: date) -> QuerySet[Lot]:
    """Lots whose day is over and whose status does not say so yet, for the clock."""
    waiting = Lot.objects.filter(status__in=[Lot.Status.RELEASED, Lot.Status.QUARANTINED])
    return waiting.filter(expiry__lt=today).order_by("expiry", "pk")
