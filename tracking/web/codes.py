"""What a scanned or typed code means to a page that looks for equipment."""

from django.utils import timezone

from hims import subjects
from hims.access.scopes import visible_to
from hims.models import Actor, Zone
from inventory.models import Asset
from tracking.models import TagAssignment


def meant(viewer: Actor, text: str) -> Asset | Zone | None:
    """The asset or room that a code stands for; a tag stands for the asset that wears it now.

    Words are not codes: what has neither digit nor colon is not looked up. None also for what the
    viewer may not know of, and for codes of people.
    """
    if not any(sign.isdigit() or sign == ":" for sign in text):
        return None
    found = subjects.find(text)
    if found and found.kind == "tag":
        worn = visible_to(viewer, TagAssignment.objects.filter(tag=found.thing))
        worn = worn.filter(period__contains=timezone.now(), asset__isnull=False)
        held = worn.select_related("asset").first()
        return held.asset if held else None
    if found and found.kind in {"asset", "zone"}:
        return visible_to(viewer, type(found.thing).objects.filter(pk=found.thing.pk)).first()
    return None
