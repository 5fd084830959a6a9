"""Gateways and how they are."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from hims.access.scopes import visible_to
from hims.models import Actor, Floor
from tracking.models import Gateway

SILENT_S = 90.0  # the engine writes a living gateway once a minute
BUSY = 0.8


@dataclass(frozen=True)
class Health:
    """How a gateway is: a state for the eye (free, warn, stop, unknown) and words."""

    state: str
    words: str


def gateways(viewer: Actor, *, floor: Floor | None = None) -> QuerySet[Gateway]:
    """Gateways that the viewer may know of, by floor and name."""
    found = visible_to(viewer, Gateway.objects.all())
    if floor:
        found = found.filter(floor=floor)
    return found.select_related("floor__building", "zone", "device", "health").order_by(
        "floor__building__code", "floor__level", "name", "address"
    )


def silent_since(since: datetime) -> QuerySet[Gateway]:
    """Gateways that hang somewhere, were heard once, and not since then. For rules."""
    found = Gateway.objects.exclude(floor=None).filter(health__last_heard_at__lt=since)
    return found.select_related("floor__building", "zone__area", "health").order_by("pk")


def health_of(gateway: Gateway, now: datetime) -> Health:
    """What there is to say of a gateway at `now`; the worst comes first."""
    health = getattr(gateway, "health", None)
    if health is None or health.last_heard_at is None:
        return Health("unknown", _("Never heard"))
    if (now - health.last_heard_at).total_seconds() > SILENT_S:
        return Health("stop", _("Silent"))
    if health.clock_fault:
        offset = abs(round(health.clock_offset_s or 0))
        return Health("warn", _("Clock is wrong by %(s)d s") % {"s": offset})
    if health.load is not None and health.load > BUSY:
        return Health("warn", _("Busy: %(n)d %%") % {"n": round(health.load * 100)})
    return Health("free", _("Well"))
