"""Programs ask where equipment is, and say what they saw of it."""

from datetime import datetime

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from hims.access.scopes import the_one
from hims.api.base import PAGE_MOST, PAGE_SIZE, ApiDoor, valid, whole_number
from hims.errors import Finding, Invalid
from hims.models import Floor, Zone
from inventory.actions import assets as asset_actions
from inventory.models import Asset
from tracking.actions import sightings
from tracking.queries import locate, stays
from tracking.wire.addresses import normalise

from . import shapes

TRUTH = {"true": True, "1": True, "false": False, "0": False, "": None}


class AssetList(ApiDoor):
    """Equipment with its availability and place."""

    permissions = {"GET": "assets.view"}

    @extend_schema(
        parameters=[
            OpenApiParameter("q", str, description="Words in name, number, serial or kind."),
            OpenApiParameter("kind", str, description="Code or name of a kind."),
            OpenApiParameter("available", bool),
            OpenApiParameter("near", str, description="Zone code or id; orders by nearness."),
            OpenApiParameter("floor", str, description="Floor id."),
            OpenApiParameter("cursor", str),
            OpenApiParameter("limit", int),
        ],
        responses=shapes.AssetPage,
    )
    def get(self, request):
        asked = request.query_params
        if asked.get("available", "").lower() not in TRUTH:
            raise Invalid(
                Finding("bad_available", "available is true or false.", field="available")
            )
        near = _zone(request, asked["near"]) if asked.get("near") else None
        floor = None
        if asked.get("floor"):
            floor = the_one(request.user, Floor.objects.all(), uid=_uuid(asked["floor"], "floor"))
        most = locate.MOST_NEAR if near else PAGE_MOST
        size = whole_number(asked.get("limit"), min(PAGE_SIZE, most), 1, most, "limit")
        cursor = asked.get("cursor")
        before = whole_number(cursor, 0, 0, 2**63 - 1, "cursor") if cursor else 2**63 - 1
        found = locate.find(
            viewer=request.user,
            now=timezone.now(),
            q=asked.get("q", "")[:200],
            kind=asked.get("kind", "")[:120],
            available=TRUTH[asked.get("available", "").lower()],
            near=near,
            floor=floor,
            before=None if near else before,
            limit=size if near else size + 1,
        )
        following = None
        if near is None and len(found) > size:
            found = found[:size]
            query = asked.copy()
            query["cursor"] = str(found[-1].id)
            following = request.build_absolute_uri(f"{request.path}?{query.urlencode()}")
        return Response({"results": [worded(one) for one in found], "next": following})


class AssetStays(ApiDoor):
    """Where one asset was."""

    permissions = {"GET": "stays.view"}

    @extend_schema(operation_id="asset_stays", responses=shapes.StayPage)
    def get(self, request, uid):
        asset = the_one(request.user, Asset.objects.all(), uid=uid)
        return Response(_page_of_stays(request, asset=asset))


class StayList(ApiDoor):
    """Who was where: overlap search by zone or tag and period, for contact and recall traces."""

    permissions = {"GET": "stays.view"}

    @extend_schema(
        parameters=[
            OpenApiParameter(name, str) for name in ("zone", "tag", "from", "to", "cursor")
        ],
        responses={200: dict},
    )
    def get(self, request):
        zone = (
            _zone(request, request.query_params["zone"])
            if request.query_params.get("zone")
            else None
        )
        return Response(_page_of_stays(request, zone=zone))


class AssetState(ApiDoor):
    """Say that an asset is free, in use, dirty or broken."""

    permissions = {"POST": "asset.set_state"}

    @extend_schema(request=shapes.AssetStateBody, responses=shapes.AssetStateShape)
    def post(self, request, uid):
        asset = the_one(request.user, Asset.objects.all(), uid=uid)
        asked = valid(shapes.AssetStateBody, request.data)
        return self.act(asset_actions.set_state, word=_with_state, status=200, asset=asset, **asked)


class AssetSighting(ApiDoor):
    """Say that an asset was found in a zone, or was not there."""

    permissions = {"POST": "sighting.found"}

    @extend_schema(request=shapes.AssetSightingBody, responses={201: shapes.SightingShape})
    def post(self, request, uid):
        asset = the_one(request.user, Asset.objects.all(), uid=uid)
        asked = valid(shapes.AssetSightingBody, request.data)
        zone = _zone(request, asked["zone"])
        if not asked["there"]:
            return self.act(sightings.not_there, word=_sighting, asset=asset, zone=zone)
        return self.act(
            sightings.found_here, word=_sighting, asset=asset, zone=zone, source=asked["source"]
        )


def worded(one: locate.Located) -> dict:
    """An asset as JSON (CONTRACT, `GET /api/assets/`)."""
    where = one.position
    return {
        "id": str(one.uid),
        "number": one.number,
        "name": one.name,
        "kind": one.kind_code,
        "kind_name": one.kind,
        "status": one.state,
        "available": one.available,
        "reasons": list(one.reasons),
        "service_due_on": one.service_due_on,
        "warned_not_there": one.warned_not_there,
        "walk_s": None if one.walk_s is None else round(one.walk_s),
        "position": None
        if where is None
        else {
            "zone": where.zone_code or None,
            "zone_name": where.zone_name or None,
            "floor": where.floor_name or None,
            "building": where.building or None,
            "level": where.level,
            "probability": round(where.probability, 3),
            "words": where.words,
            "candidates": [
                {
                    "zone": one.code,
                    "zone_name": one.name,
                    "probability": round(one.probability, 3),
                }
                for one in where.candidates
            ],
            "since": where.since,
            "seen_at": where.seen_at,
            "age_s": round(where.age_s, 1),
            "source": where.source,
            "x": where.x,
            "y": where.y,
            "evidence": where.evidence,
        },
    }


def _with_state(asset: Asset) -> dict:
    return {
        "id": str(asset.uid),
        "number": asset.number,
        "status": asset.state,
        "state_at": asset.state_at.isoformat(),
    }


def _sighting(sighting) -> dict:
    return {"id": str(sighting.uid), "zone": sighting.zone.code, "source": sighting.source}


def _zone(request, text: str) -> Zone:
    """A zone by its code, or by its id."""
    zones = Zone.objects.all()
    if zone := zones.filter(code=text).first():
        return the_one(request.user, zones, pk=zone.pk)
    return the_one(request.user, zones, uid=_uuid(text, "zone"))


def _uuid(text: str, name: str) -> str:
    try:
        return str(serializers.UUIDField().to_internal_value(text))
    except serializers.ValidationError:
        raise Invalid(Finding("bad_id", f"{name} is not known.", field=name)) from None


def _moment(text: str | None, name: str) -> datetime | None:
    if not text:
        return None
    try:
        return serializers.DateTimeField().to_internal_value(text)
    except (serializers.ValidationError, OverflowError):
        raise Invalid(
            Finding("bad_time", f"{name} is a time in ISO 8601 with offset.", field=name)
        ) from None


def _page_of_stays(request, *, asset: Asset | None = None, zone: Zone | None = None) -> dict:
    asked = request.query_params
    size = whole_number(asked.get("limit"), PAGE_SIZE, 1, PAGE_MOST, "limit")
    before = None
    if asked.get("cursor"):
        moment, _, key = asked["cursor"].partition("~")
        before = (_moment(moment, "cursor"), key)
        if before[0] is None:
            raise Invalid(Finding("bad_cursor", "The cursor is not one of ours.", field="cursor"))
    start, end = _moment(asked.get("from"), "from"), _moment(asked.get("to"), "to")
    if start and end and end <= start:
        raise Invalid(Finding("bad_period", "`to` lies before `from`.", field="to"))
    found = stays.stays(
        viewer=request.user,
        asset=asset,
        zone=zone,
        tag_address=normalise(asked.get("tag", "")[:80]),
        start=start,
        end=end,
        before=before,
        limit=size + 1,
    )
    following = None
    if len(found) > size:
        found = found[:size]
        query = asked.copy()
        query["cursor"] = f"{found[-1].started_at.isoformat()}~{found[-1].key}"
        following = request.build_absolute_uri(f"{request.path}?{query.urlencode()}")
    return {"results": [_stay(one) for one in found], "next": following}


def _stay(one: stays.StayShown) -> dict:
    return {
        "id": one.key,
        "asset": str(one.asset),
        "asset_name": one.asset_name,
        "zone": str(one.zone),
        "zone_name": one.zone_name,
        "floor": one.floor_name,
        "from": one.started_at,
        "to": one.ended_at,
        "probability": round(one.probability, 3),
        "source": one.source,
    }
