"""The survey walk: somebody stands in a room with a thing whose tag is heard, and says so."""

from datetime import datetime

from django.utils.translation import gettext as _

from hims.action import action
from hims.errors import Finding, Invalid
from hims.models import Actor, Zone
from inventory.models import Asset
from tracking.models import Sighting, TagAssignment

from .sightings import saw


@action("survey.stand")
def stand_here(*, actor: Actor, now: datetime, asset: Asset, zone: Zone) -> Sighting:
    """The asset, carried by a surveyor, stood in `zone` for the last seconds: a sighting, and
    where its tag is heard, a label. A person's tag is never carried for this."""
    if not TagAssignment.objects.filter(asset=asset, period__contains=now).exists():
        raise Invalid(Finding("no_tag", _("No tag is fastened to what you carry."), field="thing"))
    if zone.kind == Zone.Kind.AREA and zone.members.exists():
        raise Invalid(Finding("area", _("Scan a room, not the area around it."), field="room"))
    return saw(bearer=asset, zone=zone, at=now, now=now, actor=actor, source=Sighting.Source.SURVEY)
