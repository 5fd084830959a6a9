"""Programs ask why we think that something is where we say."""

from datetime import UTC, datetime

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.response import Response

from hims.access.scopes import the_one, visible_to
from hims.api.base import ApiDoor
from inventory.models import Asset
from tracking.domain.site import NOWHERE
from tracking.models import Position
from tracking.queries.retold import Told, last_minutes
from tracking.queries.spool import Unreadable, most_bytes
from tracking.queries.why import Why, why

from . import shapes

LEVELS = ("unknown", "floor", "area", "zone")


class AssetEvidence(ApiDoor):
    """What an answer rests on, what speaks against it, and how it was in the last ten minutes."""

    permissions = {"GET": "assets.view"}

    @extend_schema(
        parameters=[OpenApiParameter("replay", bool, description="Also the last ten minutes.")],
        responses=shapes.EvidenceShape,
    )
    def get(self, request, uid):
        asset = the_one(request.user, Asset.objects.all(), uid=uid)
        now = timezone.now()
        mine = visible_to(request.user, Position.objects.filter(asset=asset))
        position = mine.select_related("zone", "floor__building").first()
        found = worded(why(viewer=request.user, bearer=asset, position=position, now=now))
        if request.query_params.get("replay", "").lower() in {"true", "1"}:
            found["replay"] = _replay(request.user, asset, now)
        return Response(found)


def worded(found: Why) -> dict:
    """The evidence as JSON."""
    where = found.position
    return {
        "zone": where.zone_code or None if where else None,
        "level": where.level if where else "unknown",
        "probability": round(where.probability, 3) if where else 0.0,
        "age_s": round(where.age_s, 1) if where else None,
        "candidates": [
            {"zone": one.code, "zone_name": one.name, "probability": round(one.probability, 3)}
            for one in (where.candidates if where else [])
        ],
        "raw": found.raw,
        "gateways": [
            {
                "gateway": one.gateway,
                "zone_name": one.zone or None,
                "floor": one.floor or None,
                "rssi": one.rssi,
                "at": one.at,
                "age_s": one.age_s,
                "hears_now": one.now,
                "silent": one.silent,
            }
            for one in found.hearing
        ],
        "said": [
            {
                "source": one.source,
                "zone_name": one.zone,
                "at": one.at,
                "age_s": one.age_s,
                "by": one.by,
            }
            for one in found.spoken
        ],
        "came": None
        if found.passed is None
        else {
            "from": found.passed.before,
            "to": found.passed.after,
            "door": found.passed.door or None,
            "at": found.passed.at,
        },
        "against": [{"code": one.code, "about": one.about} for one in found.against],
    }


def _replay(viewer, asset: Asset, now: datetime) -> list[dict]:
    """The last ten minutes, a moment every two seconds; empty where no raw readings are kept."""
    if not viewer.may("stays.view") or not most_bytes():
        return []
    try:
        told = last_minutes(asset, now)
    except Unreadable:
        return []
    return _moments(told) if told else []


def _moments(told: Told) -> list[dict]:
    site = told.site
    zones = [told.zones[int(key)].code for key in site.zone_key]
    gateways = [str(told.gateways[int(key)]) for key in site.gateway_key]
    return [
        {
            "at": datetime.fromtimestamp(one.at, UTC),
            "level": LEVELS[one.level],
            "zone": None if one.zone == NOWHERE else zones[one.zone],
            "probability": round(one.p, 3),
            "x": round(one.x, 2) if one.x == one.x else None,
            "y": round(one.y, 2) if one.y == one.y else None,
            "heard": one.heard,
            "candidates": [
                {"zone": zones[zone], "probability": round(p, 3)} for zone, p in one.candidates
            ],
            "gateways": [
                {"gateway": gateways[int(row["gateway"])], "rssi": round(float(row["rssi"]), 1)}
                for row in one.hearing
            ],
        }
        for one in told.moments
    ]
