"""Recordings: what a recorded tag was fastened to is not known, so it gets a thing of its own."""

from collections.abc import Sequence
from datetime import datetime

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from hims.action import action, touches
from hims.actions.registry import tell_registry
from inventory.models import Asset, AssetKind
from tracking.models import Tag, TagAssignment, UnknownTransmitter
from tracking.wire.addresses import normalise

KIND = ("recorded", "Recorded tag")


@action("recording.follow_tags")
def follow_tags(*, actor, now: datetime, addresses: Sequence[str]) -> list[Tag]:
    """Register these tags, each fastened to a new asset "Recorded …" of its own, so that it can
    be seen moving. Tags that are registered already are left as they are."""
    kind, _ = AssetKind.objects.get_or_create(code=KIND[0], defaults={"name": KIND[1]})
    new = []
    for address in dict.fromkeys(map(normalise, addresses)):
        if Tag.objects.filter(address=address).exists():
            continue
        tag = Tag(address=address)
        tag.save()
        asset, _ = Asset.objects.get_or_create(
            number=f"REC-{address}"[:40], defaults={"kind": kind, "name": f"Recorded {address}"}
        )
        TagAssignment(tag=tag, asset=asset, period=DateTimeTZRange(now, None)).save()
        touches(tag, asset)
        new.append(tag)
    UnknownTransmitter.objects.filter(
        kind=UnknownTransmitter.Kind.TAG, address__in=[tag.address for tag in new]
    ).delete()
    if new:
        tell_registry("tags")
    return new
