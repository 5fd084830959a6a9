"""The ninety days before the demonstration began: visits, stock, equipment, appointments, alerts
and their trail, so that reports have something to tell.

Roof. Three months lived through the actions would take many minutes, so this much is written in
bulk. Every constraint and every proof of the database holds while it is; `verify` finds nothing
wrong with what comes of it. Everybody is invented; the same hospital has the same past. Some
things are wrong with it on purpose: see BAD_WEEK in `visits`, MISSING and OUT in `stock`.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import transaction

from hims.models import Encounter

from . import alerts, appointments, equipment, stock, trail, visits

LASTED = timedelta(days=90)


def written() -> bool:
    """Whether there is a past, or a hospital that had its first patients without one."""
    return Encounter.objects.exists()


def write(now: datetime, progress: Callable[[str], None]) -> None:
    """Write the past of a hospital that is about to have its first patient."""
    begins, ends = now - LASTED, now - stock.ENDED
    with transaction.atomic():
        progress("writing three months of visits")
        visits.write(begins, ends)
        progress("writing three months of stock, alerts and equipment")
        stock.write(begins, ends)
        alerts.write(begins, ends)
        equipment.write(begins, ends)
        trail.write(begins, ends)


def book(now: datetime) -> None:
    """Write what became of the appointments of that time, once there are services."""
    with transaction.atomic():
        appointments.write(now - LASTED, now)
