"""What people saw: a bearer in a zone, or a zone without it."""

from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from hims.action import action, step, touches
from hims.errors import Finding, Invalid
from hims.models import Actor, Zone
from inventory.models import Asset
from tracking.domain.ageing import still_there
from tracking.models import EngineStatus, Position, Sighting

CHANNEL = "hims_sighting"
AT_ONCE = timedelta(minutes=1)
"""What is said of a moment longer ago is not held against what is believed now."""


@action("sighting.found")
def found_here(
    *, actor: Actor, now: datetime, asset: Asset, zone: Zone, source: str = Sighting.Source.PICK
) -> Sighting:
    """Somebody found the asset in `zone`, which they scanned or picked from the list.

    Whether we had said so counts for the find-rate only if we had named a zone at all.
    """
    if source not in {Sighting.Source.SCAN, Sighting.Source.PICK}:
        raise Invalid(Finding("bad_source", _("Scan the room or pick it."), field="source"))
    answered = _answered(asset)
    return saw(
        bearer=asset,
        zone=zone,
        at=now,
        now=now,
        actor=actor,
        source=source,
        was_first_answer=None if answered is None else zone.pk == answered,
    )


@action("sighting.not_there")
def not_there(*, actor: Actor, now: datetime, asset: Asset, zone: Zone) -> Sighting:
    """Somebody went to `zone` for the asset and it was not there; others are warned for 30 min."""
    return saw(
        bearer=asset,
        zone=zone,
        at=now,
        now=now,
        actor=actor,
        source=Sighting.Source.NOT_THERE,
        was_first_answer=False if zone.pk == _answered(asset) else None,
    )


@step
def saw(
    *,
    bearer,
    zone: Zone,
    at: datetime,
    now: datetime,
    actor: Actor,
    source: str,
    was_first_answer: bool | None = None,
) -> Sighting:
    """Keep what was seen; the row is the evidence, the engine is told to read it."""
    sighting = Sighting.objects.create(
        **{bearer._meta.model_name: bearer},
        zone=zone,
        at=at,
        received_at=now,
        actor=actor,
        source=source,
        was_first_answer=was_first_answer,
        **(_believed(bearer, now) if isinstance(bearer, Asset) and now - at <= AT_ONCE else {}),
    )
    # The trail says of whom somebody spoke; where a person is, it does not say.
    touches(bearer, *([zone] if isinstance(bearer, Asset) else []))
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, %s)", [CHANNEL, str(sighting.pk)])
    return sighting


def _answered(asset: Asset) -> int | None:
    """The zone that the locator names first for the asset at this moment."""
    return Position.objects.filter(asset=asset).values_list("zone_id", flat=True).first()


def _believed(asset: Asset, now: datetime) -> dict[str, Any]:
    """What the locator says of the asset at this moment, as columns of a sighting."""
    believed = Position.objects.filter(asset=asset).first()
    if believed is None:
        return {"believed_level": Position.Level.UNKNOWN, "believed_probability": 0.0}
    # While it is being heard its age is that of the engine's last beat.
    beat = EngineStatus.objects.values_list("beat_at", flat=True).first()
    seen_at = believed.heard_at or beat or believed.since
    return {
        "believed_zone_id": believed.zone_id,
        "believed_floor_id": believed.floor_id,
        "believed_level": believed.level,
        "believed_probability": still_there(believed.probability, (now - seen_at).total_seconds()),
        "believed_source": believed.source,
    }
